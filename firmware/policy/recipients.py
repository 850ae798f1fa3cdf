"""One contact during an alert: what waits for her, what reached her, what she said.

Separate from the outbox, which decides whose turn it is. Imports texts and micropython only.
"""

from micropython import const

from firmware.policy import texts

# The messages that may wait for one contact, in the order in which she gets them. Some slots are
# for what alerts before this one could not say, newest first.
FIRST = const(0)  # the alert itself, or that it was raised again
EARLIER_FIRST = const(1)
WARNING = const(4)  # the cancel was forced or unsure
EARLIER_CLOSING = const(5)
UPDATE = const(8)  # a better or a newer place: the latest counts
CLOSING = const(9)
SLOTS = const(10)
_EARLIER = const(3)  # how many earlier alerts

CURRENT = (FIRST, WARNING, UPDATE, CLOSING)
_MILD = (texts.WATCH, texts.WATCH_END)

_REFS_MAX = const(8)  # references of her last messages, for reports that come late

_DIGITS = "0123456789"
_LETTERS = _DIGITS + "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_YES = ("OK", "OUI", "YES", "1")
_NATIONAL_MIN = const(9)  # digits of a number without country code that may be compared


class Job:
    """One message that waits, is in flight, or is in doubt."""

    __slots__ = (
        "kind",
        "then",  # the kind of what she is to be told right after it, None mostly
        "past",  # the story.Past of an earlier alert, None of this one
        "failures",
        "objections",  # of FAIL_OURS
        "doubts",
        "last_failure",
        "not_before_ms",
        "flying",
        "resent",  # an earlier copy may have left
        "notes",  # how often a try was put in the journal
    )

    def __init__(self, kind, not_before_ms, past=None):
        self.kind = kind
        self.then = None
        self.past = past
        self.failures = self.objections = self.doubts = self.notes = 0
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
        "answered",
        "fix",
        "stale",
        "refined",
        "refs",
        "press_ref",
    )

    def __init__(self, index, contact):
        self.index = index
        self.number = contact.number
        self.watch = contact.watch
        self.clear()

    def clear(self):
        """Nothing is known of an alert, and nothing waits."""
        self.addressed = False
        self.jobs = [None] * SLOTS  # type: list
        self.reached = False  # the network took a message of this alert, or may have
        self.delivered = False
        self.answered = False
        self.fix = None  # the place that she was last told
        self.stale = True  # it was old already, or unknown
        self.refined = 0  # how often since then she was told a better one
        self.refs = []
        self.press_ref = None  # of the message that her last press queued

    def age(self, past):
        """A new alert begins; what still waits is of an earlier one, of which `past` tells."""
        jobs = self.jobs
        self.clear()
        for slot, earlier in ((FIRST, EARLIER_FIRST), (CLOSING, EARLIER_CLOSING)):
            self.jobs[earlier : earlier + _EARLIER] = jobs[earlier : earlier + _EARLIER]
            if jobs[slot] is not None:
                jobs[slot].past = past
                self.keep(earlier, jobs[slot])

    def keep(self, slot, job):
        """One more of an earlier alert (EARLIER_FIRST or EARLIER_CLOSING).

        Where they are too many, an alert of danger is not given up for one of a watch.
        """
        kept = [job] + [j for j in self.jobs[slot : slot + _EARLIER] if j is not None]
        if len(kept) > _EARLIER:
            kept.remove(([j for j in kept if j.kind in _MILD] or kept)[-1])
        self.jobs[slot : slot + _EARLIER] = kept + [None] * (_EARLIER - len(kept))

    def closing_of(self, past):
        """The closing text of an earlier alert that still waits, None when none does."""
        for slot in range(EARLIER_CLOSING, EARLIER_CLOSING + _EARLIER):
            job = self.jobs[slot]
            if job is not None and job.past is past:
                return job
        return None

    def cancel_earlier(self):
        """Her true cancel: of earlier alerts only those hear who may have heard of them."""
        for slot in range(EARLIER_FIRST, EARLIER_FIRST + _EARLIER):
            first, self.jobs[slot] = self.jobs[slot], None
            if first is not None and not first.resent:
                self.drop(self.closing_of(first.past))

    def drop_earlier(self):
        """Forget what earlier alerts still had to say to her."""
        for slot in range(SLOTS):
            if slot not in CURRENT:
                self.jobs[slot] = None

    def waiting(self):
        """The slot of the message that comes next, None when none waits."""
        for slot in range(SLOTS):
            if self.jobs[slot] is not None:
                return slot
        return None

    def follows(self):
        """Whether she has the alert, so that places are of use to her."""
        return self.reached and self.jobs[FIRST] is None

    def slot_of(self, job):
        """Where it waits, None when another one has taken its place or none is due any more."""
        return self.jobs.index(job) if job in self.jobs else None

    def drop(self, job):
        """A message is done with."""
        slot = self.slot_of(job)
        if slot is not None:
            self.jobs[slot] = None

    def accepted(self, slot, job, ref):
        """The network took a message of this alert for her, with this reference."""
        if len(self.refs) >= _REFS_MAX:
            self.refs.pop(0)
        self.refs.append(ref)
        if slot == FIRST and self.jobs[FIRST] is job:
            self.press_ref = ref

    def told(self, kind, fix, stale):
        """The network took a message that tells her this place."""
        self.fix = fix
        self.stale = stale
        self.refined = 0 if stale else self.refined + int(kind == texts.REFINED)

    def is_number(self, seen):
        """Whether a number as the network shows it is hers: +33 6, 0033 6, 33 6 or 06."""
        return is_hers(self.number, seen)


def is_hers(number, seen):
    """Whether a number as the network shows it is that one."""
    own = _digits(number)
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
