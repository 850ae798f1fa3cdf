"""The self-test of the desk: one word for each part, and what is known of the modem.

Separate because it takes up to a minute and a half, and what it asks of each service is nobody
else's concern.
"""

from firmware.console import Refused
from firmware.messages import ModemDemand

_WAIT_MS = 80000  # for modem and network: a cold search takes a minute
_LOOK_MS = 250
_LISTEN_MS = 5000  # for sound and motion
_PULSE_MS = 200
_LOW_PCT = 20
_ROOM_MIN = 30
# Profile of the modem -> (what its firmware's name begins with, then its least B number). Others
# of the same family have no messages at all (docs/wiring.md).
_ACCEPTED = {"a7670e": ("A7670", 7)}


def selftest(core, console, _request):
    if core.config is None:
        raise Refused("absent")
    return _test(core, console)


def _test(core, console):
    findings = {}
    yield from _motor(core, findings)
    _battery(core, findings)
    _storage(core, findings)
    _contacts(core, findings)
    yield from _accelerometer(core, console, findings)
    yield from _microphone(core, console, findings)
    identity, accepted = yield from _modem(core, console, findings)
    _gnss(core, findings)
    room = _recording(core, findings)
    if room is not None and room < _ROOM_MIN and findings["storage"] == "ok":
        findings["storage"] = "full"
    names = "battery modem registered gnss accelerometer microphone motor storage contacts"
    told = [(name, findings[name]) for name in (names + " recording").split()]
    return (
        ("findings", tuple(told)),
        ("battery_mv", core.board.battery_mv()),
        ("room_min", room),
        ("modem_id", "".join([c for c in identity if " " <= c <= "~"])),
        ("modem_accepted", accepted),
    )


def _motor(core, findings):
    core.board.motor(100)
    try:
        yield _PULSE_MS
    finally:
        core.board.motor(0)
    findings["motor"] = "ok"


def _battery(core, findings):
    pct = core.board.battery_percent()
    findings["battery"] = "absent" if pct is None else "low" if pct < _LOW_PCT else "ok"


def _storage(core, findings):
    storage = core.kept("storage").it
    journal = None if storage is None else storage.journal
    works = journal is not None and journal.sectors and not journal.lost
    findings["storage"] = "ok" if works else "journal"
    if not core.files.mounted:
        findings["storage"] = "files"


def _contacts(core, findings):
    confirmed = all(contact.confirmed for contact in core.config.contacts)
    findings["contacts"] = "ok" if confirmed else "unconfirmed"


def _accelerometer(core, console, findings):
    motion = core.kept("motion")
    if core.board.accel is None or motion is None:
        findings["accelerometer"] = "absent"
        return
    core.ask(motion, "test")
    yield _LISTEN_MS
    wrong = core.ask(motion, "findings")
    findings["accelerometer"] = wrong[0] if wrong else "ok" if wrong is not None else "silent"


def _microphone(core, console, findings):
    evidence = core.kept("evidence")
    if evidence is None:
        findings["microphone"] = "absent" if core.config.recording else "off"
        return
    core.ask(evidence, "check", console.now_ms)
    end_ms = console.now_ms + _LISTEN_MS
    while console.now_ms < end_ms:
        yield _LOOK_MS
    found = core.ask(evidence, "heard")
    findings["microphone"] = "ok" if found == "" else "silent" if found is None else found


def _modem(core, console, findings):
    modem = core.kept("modem")
    core.ask(modem, "execute", ModemDemand(1), console.now_ms)
    end_ms = console.now_ms + _WAIT_MS
    while console.now_ms < end_ms and not (modem.it and modem.it.is_ready()):
        yield _LOOK_MS
    identity = modem.it.identity if modem.it else ""
    accepted = _is_accepted(core.board.modem_profile, identity)
    findings["modem"] = "silent" if not identity else "ok" if accepted else "refused"
    findings["registered"] = "ok" if modem.it and modem.it.is_ready() else "no"
    return identity, accepted


def _is_accepted(profile, identity):
    """Whether the firmware of the modem is one that can do what the button needs."""
    begins, least = _ACCEPTED.get(profile, ("", 0))
    if not identity or begins not in identity:
        return False
    if not least:
        return True
    for at in range(len(identity) - 2):
        digits = identity[at + 1 : at + 3]
        if identity[at] == "B" and digits.isdigit():
            return int(digits) >= least
    return False


def _gnss(core, findings):
    gnss = core.kept("gnss")
    heard = gnss is not None and gnss.it is not None and gnss.it.fault is None
    findings["gnss"] = "ok" if heard else "silent"


def _recording(core, findings):
    """Minutes of room, or None."""
    evidence = core.kept("evidence")
    if not core.config.recording:
        findings["recording"] = "off"
    elif evidence is None or core.next_q() is None:
        findings["recording"] = "absent"
    else:
        findings["recording"] = "ok" if core.next_q() < 256 else "unsealed"
    return None if evidence is None else core.ask(evidence, "room_min")
