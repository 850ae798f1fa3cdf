"""The TEST at hand-over: sent to one contact, and her answer told to the desk.

Nothing that arrives is obeyed: of a text from that number its first two words are looked at, and
nothing else is told. Imports the vocabulary and the texts.
"""

from firmware.console import Refused
from firmware.console.values import whole
from firmware.messages import (
    ModemDemand,
    SmsAccepted,
    SmsAmbiguous,
    SmsFailed,
    SmsReceived,
    SmsReport,
)
from firmware.policy import texts
from firmware.policy.recipients import is_hers

TOKEN = -2  # no message of an alert has one below 0
_YES, _NO = ("OUI", "YES"), ("NON", "NO")
_WAIT_MS = 90000  # for the modem to be free
_LOOK_MS = 250
_REFS_MAX = 2


def test(core, console, request):
    if core.config is None:
        raise Refused("absent")
    contacts = core.config.contacts
    index = whole(request, "contact", 0, len(contacts) - 1)
    code = request.get("code")
    if type(code) is not str or len(code) != 4 or not all(c in "0123456789" for c in code):
        raise Refused("value")
    config = core.config
    facts = texts.Facts(config.name, config.item, "", "", None, "", None, None, 0, code)
    text = texts.compose(texts.TEST, config.language, facts)
    asked = Asked(core, console, index, contacts[index].number, code)
    return _send(core, console, asked, text)


def _send(core, console, asked, text):
    core.ask(core.kept("modem"), "execute", ModemDemand(1), console.now_ms)
    end_ms = console.now_ms + _WAIT_MS
    while not core.send(asked.number, text, TOKEN):
        if console.now_ms >= end_ms:
            raise Refused("absent")
        yield _LOOK_MS
    for take in [take for take in console.takes if getattr(take, "index", None) == asked.index]:
        console.takes.remove(take)
    console.takes.append(asked)
    return ()


class Asked:
    """One contact who is asked; called with each event."""

    def __init__(self, core, console, index, number, code):
        self._core, self._console = core, console
        self.index, self.number = index, number
        self._code = code
        self._flying = True
        self._refs = []

    def __call__(self, event, _now_ms):
        kind = type(event)
        if kind in (SmsAccepted, SmsFailed, SmsAmbiguous):
            if self._flying and event.token == TOKEN:
                self._flying = False
                self._state("failed" if kind is SmsFailed else "accepted")
                if kind is SmsAccepted:
                    self._refs.append(event.ref)
        elif kind is SmsReport:
            if (
                event.ref in self._refs
                and event.status == 0
                and is_hers(self.number, event.number)
            ):
                self._refs.remove(event.ref)
                self._state("delivered")
        elif kind is SmsReceived and is_hers(self.number, event.number):
            self._take(event.text)

    def _state(self, state):
        self._console.tell(("ev", "test"), ("contact", self.index), ("state", state))

    def _take(self, text):
        answer = meaning(text, self._code)
        if answer is not None:
            self._console.tell(("ev", "contact"), ("contact", self.index), ("answer", answer))


def meaning(text, code):
    """ "yes", "no" or "wrong" (a yes without the code); None for what is no answer."""
    words = "".join([c if c.isalpha() or c.isdigit() else " " for c in text]).upper().split()
    if not words:
        return None
    if words[0] in _NO:
        return "no"
    if words[0] not in _YES:
        return None
    return "yes" if len(words) > 1 and words[1] == code else "wrong"
