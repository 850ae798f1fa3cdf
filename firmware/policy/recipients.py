"""One contact during an alert: what waits for her, what reached her, what she said.

Separate from the outbox, which decides whose turn it is. Imports micropython only.
"""

from micropython import const

# The four messages that may wait for one contact, in the order in which she gets them.
FIRST = const(0)  # the alert itself, or that it was raised again
WARNING = const(1)  # the cancel was forced or unsure
UPDATE = const(2)  # a better or a newer place: the latest counts
CLOSING = const(3)
SLOTS = const(4)

_REFS_MAX = const(8)  # references of her last messages, for reports that come late

_DIGITS = "0123456789"
_LETTERS = _DIGITS + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_YES = ("OK", "OUI", "YES", "1")
_NATIONAL_MIN = const(9)  # digits of a number without country code that may be compared


class Job:
    """One message that waits, is in flight, or is in doubt."""

    __slots__ = (
        "kind",
        "failures",
        "refusals",  # of FAIL_NUMBER
        "objections",  # of FAIL_OURS
        "doubts",
        "last_failure",
        "not_before_ms",
        "flying",
        "resent",  # an earlier copy may have left
        "notes",  # how often a try was put in the journal
    )

    def __init__(self, kind, not_before_ms):
        self.kind = kind
        self.failures = self.refusals = self.objections = self.doubts = self.notes = 0
        self.last_failure = None
        self.not_before_ms = not_before_ms
        self.flying = False
        self.resent = False


class Recipient:
    """A confirmed contact. `index` is her place in the configuration."""

    __slots__ = (
        "index",
        "number",
        "watch",
        "addressed",
        "jobs",
        "reached",
        "delivered",
        "received",
        "answered",
        "retired",
        "fix",
        "stale",
        "refined",
        "refs",
    )

    def __init__(self, index, contact):
        self.index = index
        self.number = contact.number
        self.watch = contact.watch
        self.clear()

    def clear(self):
        """Forget the last alert."""
        self.addressed = False
        self.jobs = [None] * SLOTS  # type: list
        self.reached = False  # the network took a message of this alert, or may have
        self.delivered = False
        self.received = False
        self.answered = False
        self.retired = False  # her number does not exist
        self.fix = None  # the place that she was last told
        self.stale = False  # it was old already
        self.refined = 0  # how often she was told a better one
        self.refs = []

    def waiting(self):
        """The slot of the message that comes next, None when none waits."""
        for slot in range(SLOTS):
            if self.jobs[slot] is not None:
                return slot
        return None

    def follows(self):
        """Whether she has the alert, so that places are of use to her."""
        return self.reached and not self.retired and self.jobs[FIRST] is None

    def drop(self, slot, job):
        """A message is done with; another one may have taken its place meanwhile."""
        if self.jobs[slot] is job:
            self.jobs[slot] = None

    def remember_ref(self, ref):
        if len(self.refs) >= _REFS_MAX:
            self.refs.pop(0)
        self.refs.append(ref)

    def is_number(self, seen):
        """Whether a number as the network shows it is hers: +33 6, 0033 6, 33 6 or 06."""
        own = _digits(self.number)
        seen = _digits(seen)
        if seen.startswith("00"):
            seen = seen[2:]
        if seen == own:
            return True
        return len(seen) >= _NATIONAL_MIN and seen[0] == "0" and own.endswith(seen[1:])


def is_yes(text):
    """Whether a text's first word is OK, OUI, YES or 1, in any case, whatever punctuation."""
    word = ""
    for character in text:
        if character in _LETTERS or 0xC0 <= ord(character) < 0x250:
            word += character
        elif word:
            break
    return word.upper() in _YES


def _digits(number):
    return "".join([character for character in number if character in _DIGITS])
