"""The arbiter of the motor: meanings -> levels over time. BEHAVIOUR.md sections 3 and 4.

Separate because one motor speaks for everybody, and because what is felt under the clothes can
betray her. Imports messages only.

- *Asked-for* feedback answers her gesture and always plays, at once or after the asked-for
  pattern in progress; one more may queue behind it, the newer replacing the older. For how long
  it answers a gesture is said by the policy that knows the gesture.
- *Unasked* feedback plays once, weak, and only while worn, outside quiet hours (an unknown time
  counts as quiet) and never in the profile cohabiting. Otherwise it waits, and follows the next
  asked-for pattern: her next gesture that is answered at all. News of one alert merges into the
  newest and best. TRYING begins anew: what an earlier press came to does not follow it.
- Hushed (after a cancel, true or decoy), the unasked is dropped, not kept. Lifting the hush
  begins anew: nothing of an earlier alert is ever felt in a later one.
- The PULSE of a pre-alarm is felt at its time and in full, or not at all: while anything plays,
  and in the gap after it, there is none; it is never cut, kept, merged, or felt later. It is weak,
  and felt in quiet hours and hushed too: without it she could not cancel, and five people would be
  called in vain. Only a body that moves falls, so it asks nobody whether the button is worn. It is
  unasked all the same: never in the profile cohabiting, where the pre-alarm runs unfelt.
- Charging, the motor is still. `haptics: off`, it always is.
"""

from micropython import const

from firmware.messages import (
    ANSWERED,
    CANCELLED,
    DELIVERED,
    FAILED,
    FIRM,
    NOT_YET,
    PULSE,
    RECORDING,
    RECORDING_SHORT,
    TAKEN,
    TICK,
    TRYING,
    WITHDRAWN,
)

_GAP_MS = const(600)  # between patterns: several times the gap inside one
_LATE_MS = const(20)  # a step later than this moves the rest of a pattern: no pulse is lost
_MERGE_MS = const(30000)  # five phones report within this: felt once
_WEAK_PCT = const(60)  # of the level: still above what a coin motor needs to start
_WAITING_MAX = const(4)

# Pulses are short or long, never in between: told apart by count and order, not by strength,
# because cloth, skin and the weak level change the strength.
_S = (100, 90)
_L = (100, 450)
_N = (0, 150)

PATTERNS = {
    TICK: ((100, 60),),
    PULSE: ((100, 80),),
    FIRM: ((100, 500),),
    TRYING: (_S, _N, _S),
    TAKEN: (_S, _N, _L),
    DELIVERED: (_S, _N, _S, _N, _L),
    ANSWERED: (_S, _N, _S, _N, _S, _N, _S),
    FAILED: (_L, _N, _L, _N, _L),
    CANCELLED: (_L, _N, _L),
    WITHDRAWN: (_L, _N, _S),
    NOT_YET: (_L, _N, _S, _N, _S),
    RECORDING: (_S, _N, _L, _N, _S),
    RECORDING_SHORT: (_S, _N, _L, _N, _L),
}

# News of an alert, worst first: a better one makes a worse one superfluous. FAILED is no step
# of it: it replaces what was said before and is replaced by what comes after.
_NEWS = (TAKEN, DELIVERED, ANSWERED)
_ALIKE = _NEWS + (FAILED,)
# Felt in the middle of a gesture or right before more: what waited does not follow these.
_NOT_THE_LAST_WORD = (TICK, FIRM)
_OF_A_PRESS = (TAKEN, DELIVERED, FAILED)


class Haptics:
    """Give it Vibrate commands and what it must know of her; read the level in every step."""

    def __init__(self, on, unasked_on, quiet_from_min, quiet_until_min):
        """on, unasked_on: 0 or 1; quiet hours in local minutes of the day, equal for none."""
        self._on = on
        self._unasked_on = unasked_on
        self._quiet_from_min = quiet_from_min
        self._quiet_until_min = quiet_until_min
        self._now_min = None
        self._worn = 1
        self._charging = 0
        self._hushed = 0
        self._asked = None  # the asked-for meaning that comes next
        self._due = []  # unasked meanings that come after it
        self._waiting = []  # unasked meanings that wait for her
        self._told = None  # the last unasked meaning felt to its end or nearly so, and when
        self._told_ms = 0
        self._playing = None  # meaning, None when the motor rests
        self._playing_asked = 0
        self._step = 0
        self._until_ms = 0  # end of the step in progress
        self._free_ms = None  # the next pattern may begin; None: at any time

    # -- what it is told -------------------------------------------------------------------

    def play(self, vibrate, now_ms):
        """Take a Vibrate command; it may begin at once, later, or never."""
        meaning = vibrate.meaning
        if not self._on or meaning not in PATTERNS:
            return
        self._advance(now_ms)
        if meaning == PULSE:
            self._pulse(now_ms)
        elif self._charging:
            if not self._hushed and meaning in _ALIKE:
                _merge(self._waiting, meaning)
        elif vibrate.asked:
            self._answer(meaning, now_ms)
        elif not self._hushed and not self._told_lately(meaning, now_ms):
            _merge(self._due if self._may_speak() else self._waiting, meaning)
        self._advance(now_ms)

    def hush(self, on):
        """1: nothing unasked is felt until 0, nor what waited; 0 begins anew."""
        self._hushed = on
        self._told = None
        self._due = []
        self._waiting = []
        self._stop_unasked(self._until_ms)

    def worn(self, flag):
        """Whether motion shows that it is worn (assumed until the first word of it)."""
        self._worn = flag
        if not flag:
            self._keep_for_later()

    def charging(self, flag):
        """Whether power is present: the motor then stops, and stays still."""
        self._charging = flag
        if flag:
            self._keep_for_later()
            self._asked = self._playing = None

    def local_minute(self, now_min):
        """Local minute of the day, 0..1439; None while the time is not known."""
        self._now_min = now_min

    # -- what it says ----------------------------------------------------------------------

    def level(self, now_ms):
        """The motor's level now, 0..100 percent. Call it in every step."""
        self._advance(now_ms)
        if self._playing is None:
            return 0
        level_pct = PATTERNS[self._playing][self._step][0]
        return level_pct if self._playing_asked else level_pct * _WEAK_PCT // 100

    def wake_ms(self, now_ms):
        """When the level may change; None while nothing plays or queues."""
        if self._playing is not None:
            return self._until_ms
        if self._asked is not None or self._due:
            return now_ms if self._free_ms is None else self._free_ms
        return None

    # -- how -------------------------------------------------------------------------------

    def _pulse(self, now_ms):
        rests = self._playing is None and (self._free_ms is None or now_ms >= self._free_ms)
        if rests and self._unasked_on and not self._charging:
            self._start(PULSE, 0, now_ms)

    def _answer(self, meaning, now_ms):
        if self._playing is not None and not self._playing_asked:
            _merge(self._due, self._playing)  # cut short: felt in full afterwards
            self._stop_unasked(now_ms)
        if meaning == TRYING:
            for kept in (self._due, self._waiting):
                kept[:] = [old for old in kept if old not in _OF_A_PRESS]
        self._asked = meaning
        if meaning not in _NOT_THE_LAST_WORD:
            for waiting in self._waiting:
                _merge(self._due, waiting)
            self._waiting = []

    def _may_speak(self):
        return self._unasked_on and self._worn and not self._quiet()

    def _quiet(self):
        start, end, now_min = self._quiet_from_min, self._quiet_until_min, self._now_min
        if start == end:
            return False
        if now_min is None:
            return True
        if start < end:
            return start <= now_min < end
        return now_min >= start or now_min < end

    def _told_lately(self, meaning, now_ms):
        if self._told is None or now_ms - self._told_ms >= _MERGE_MS:
            return False
        return _supersedes(self._told, meaning)

    def _keep_for_later(self):
        if self._playing is not None and not self._playing_asked:
            _merge(self._due, self._playing)
            self._stop_unasked(self._until_ms)
        for meaning in self._due:
            _merge(self._waiting, meaning)
        self._due = []

    def _stop_unasked(self, by_ms):
        """by_ms: when the motor rests at the latest. A PULSE that has begun is felt in full."""
        if self._playing not in (None, PULSE) and not self._playing_asked:
            self._playing = None
            self._free_ms = by_ms + _GAP_MS

    def _advance(self, now_ms):
        while self._playing is not None and now_ms >= self._until_ms:
            self._step += 1
            if self._step == len(PATTERNS[self._playing]):
                self._playing = None
                self._free_ms = self._until_ms + _GAP_MS
            else:
                on_time = now_ms - self._until_ms <= _LATE_MS
                begin_ms = self._until_ms if on_time else now_ms
                self._until_ms = begin_ms + PATTERNS[self._playing][self._step][1]
        if self._playing is None and (self._free_ms is None or now_ms >= self._free_ms):
            self._begin_next(now_ms)

    def _begin_next(self, now_ms):
        if self._asked is not None:
            asked, self._asked = self._asked, None
            self._start(asked, 1, now_ms)
        elif self._due:
            self._told, self._told_ms = self._due.pop(0), now_ms
            self._start(self._told, 0, now_ms)

    def _start(self, meaning, asked, now_ms):
        self._playing, self._playing_asked = meaning, asked
        self._step = 0
        self._until_ms = now_ms + PATTERNS[meaning][0][1]


def _supersedes(one, other):
    """Whether a person who has just felt `one` learns nothing from `other`."""
    if one == other:
        return True
    return one in _NEWS and other in _NEWS and _NEWS.index(one) > _NEWS.index(other)


def _merge(meanings, new):
    """Add to a list to be felt in one go, in order, at most _WAITING_MAX; but for a PULSE."""
    if new == PULSE:
        return
    for old in meanings:
        if _supersedes(old, new):
            return
    if new in _ALIKE:
        meanings[:] = [old for old in meanings if old not in _ALIKE]
    while len(meanings) >= _WAITING_MAX:
        meanings.pop(0)
    meanings.append(new)


def make(config):
    """The arbiter of a configuration: `haptics`, `profile` and quiet hours."""
    unasked_on = 0 if config.profile == "cohabiting" else 1
    return Haptics(config.haptics, unasked_on, config.quiet_from_min, config.quiet_until_min)
