"""Presses -> gestures: BEHAVIOUR.md section 1, "the table in words that decide".

Separate because one wrong row here costs a life or wakes five families: this file holds the
states, the times and the tables, and nothing else. What a gesture leads to, and where it is
felt, is the alert policy's business. Two rules of section 1 live there because only it can
know: no cancel in the first 3 s of an alert, and whether power is present (SERVICE without
power means CHECK). Imports messages only.

A gesture obeys the context in which its first press went down, but when the alert in which it
began ends before it does, it is one at rest. Its presses are *spent* once it has raised danger:
they and all that follow by less than 2 s mean nothing any more, so that a panic can never cancel
itself. Where it is not certain that they are that near, a gesture is *barred*: it cannot cancel,
and raises as at rest. That is so in the 100 ms after those 2 s, for a press may be seen late, and
just after a reset into an alert, for nobody knows what she pressed before. More pressing never
means less help:
- any three presses of a gesture within 4 s are danger, not its first three alone;
- a train too slow for that is danger at its eighth press: it cannot put off its end for ever;
- after a withdrawal a further press less than 2 s later takes it back, and is danger.

In the pre-alarm of a fall two shorts cancel, in both profiles: there also in that in which two
are danger at rest, because here they are an answer, and the third is danger as everywhere. Any
other one or two presses mean nothing, so that the fall is told. It is told of each that it is in
progress, and that it became nothing, so that the end can wait. All that leaves a doubt raises:
- a gesture that began before it, before its first pulse can have been felt, or where none can, is
  one at rest: it may ask for a watch, but never cancels;
- three presses within 4 s are danger when the first is in it, however they are paused and whatever
  follows it. After the cancel the third takes it back, as does one that is seen less than 100 ms
  after the cancel;
- a gesture that outlasts it still raises as in it, and cancels nothing.

One more context is one more row in _MEANINGS and, where it decides sooner than a pause, one
more line in _danger_at_down or _released.
"""

from micropython import const

from firmware.messages import (
    AT_REST,
    CHECK,
    DANGER,
    DANGER_AGAIN,
    DECOY_CANCEL,
    EVIDENCE,
    FALL_CANCEL,
    IN_ALERT,
    IN_GUARD,
    IN_PREALARM,
    NOTHING,
    PRESSING,
    SERVICE,
    TICK_1S,
    TRUE_CANCEL,
    WATCH,
    WITHDRAW,
    ButtonDown,
    ButtonUp,
    Gesture,
)

_FELT_MS = const(300)  # from the start of a pre-alarm: what is pressed sooner answers no pulse
_LONG_MS = const(1000)  # short is less, long is this to under _HOLD_MS
_HOLD_MS = const(3000)
_PAUSE_MS = const(2000)  # release to press: less is the same gesture
_PANIC_MS = const(4000)  # third press since the first; in the guard, any since the watch's first
# A press may be seen late, by the budget of a step and its bounce: it may still be of the gesture.
_LATE_MS = const(100)

_PRESSES_MAX = const(8)  # at rest: danger at the down edge of this one, however slow
_PREALARM_MAX = const(3)  # in the pre-alarm: likewise
_PATTERN_MIN = const(4)
_PATTERN_MAX = const(16)  # her pattern; presses beyond it are counted, not remembered

# States
_QUIET = const(0)
_PRESSED = const(1)
_BETWEEN = const(2)
_SPENT_PRESSED = const(3)
_SPENT = const(4)

# What happens to them: two edges and three times
_DOWN = const(0)
_UP = const(1)
_AT_1S = const(2)
_AT_3S = const(3)
_AT_PAUSE = const(4)

# Shapes of three presses or more, or with a hold; the others are spelt in s(hort) and l(ong)
_ALL_SHORT = const("many")
_MIXED = const("mixed")

# context -> (shape of a gesture that has ended -> what it means, what the rest means)
_MEANINGS = {
    AT_REST: (
        {
            "s": None,
            "ss": WATCH,
            "sl": EVIDENCE,
            "ll": SERVICE,
            _ALL_SHORT: DANGER,
            _MIXED: DANGER,
        },
        CHECK,
    ),
    IN_GUARD: ({}, None),
    IN_PREALARM: ({"ss": FALL_CANCEL}, NOTHING),
    IN_ALERT: ({"s": None, "l": None, _ALL_SHORT: DANGER_AGAIN}, DECOY_CANCEL),
}
# A second press is danger before any pause, and a long press is never less than a short one.
_AT_REST_MONSHERIF = ({"s": WATCH, "l": WATCH}, DANGER)

# The context that a gesture leads to, for an edge that is handled in the same step
_AFTER = {
    WATCH: IN_GUARD,
    DANGER: IN_ALERT,
    DANGER_AGAIN: IN_ALERT,
    TRUE_CANCEL: AT_REST,
    FALL_CANCEL: AT_REST,
}


class Gestures:
    """Give it every edge and, at wake_ms, a Tick; it returns the gestures decided by then."""

    def __init__(self, profile, pattern, felt=1):
        """profile: "default" or "monsherif"; pattern: her cancel, of s and l.

        A pattern that section 1 does not allow is none: nothing is then a true cancel.
        felt: 0 where nothing of a pre-alarm can be felt.
        """
        trained = profile == "monsherif"
        self._at_rest = _AT_REST_MONSHERIF if trained else _MEANINGS[AT_REST]
        self._enough = 2 if trained else _PRESSES_MAX  # presses of a gesture at rest: danger
        self._pattern = pattern if pattern_allowed(pattern) else None
        self._fresh = True
        self._state = _QUIET
        self._due = None  # which of the three times comes next, and when
        self._due_ms = 0
        self._context = AT_REST  # that the gesture going on obeys, or the last one did
        self._felt = felt
        self._felt_ms = None  # a press before it answers no pulse; None: no pre-alarm
        self._in_prealarm = False  # the last gesture began in one, felt or not
        self._barred = False  # it began in an alert and cannot cancel it
        self._clear_ms = 0  # a gesture that begins before, in an alert, is barred
        self._presses = 0
        self._shape = ""
        self._longest_ms = 0
        self._first_ms = 0
        self._down_ms = None  # down edges of the last three presses, newest first
        self._down2_ms = None
        self._down3_ms = None
        self._watch_ms = None  # first press of the watch whose guard may be running
        self._regret_ms = -1  # until then a press takes the cancel of a fall back

    def handle(self, event, now_ms, context):
        """The Gestures decided by now_ms, in order, when `event` is ButtonDown, ButtonUp or Tick.

        context: AT_REST, IN_GUARD, IN_PREALARM or IN_ALERT, before this event.
        """
        found = []
        if self._fresh:
            # A reset in the middle of an alert (the modem's current peak at the first message,
            # say) may fall into the very presses that raised it.
            self._fresh = False
            if context == IN_ALERT:
                self._clear_ms = now_ms + _PAUSE_MS + _LATE_MS
        if context in (AT_REST, IN_PREALARM) and self._context == IN_ALERT:
            self._alert_ended(now_ms)
        if context != IN_PREALARM:
            self._felt_ms = None
        elif self._felt_ms is None:
            self._felt_ms = now_ms + _FELT_MS
        while self._due is not None and now_ms >= self._due_ms:
            self._take(self._due, self._due_ms, context, found)
            if found:
                context = _AFTER.get(found[-1].kind, context)
        if isinstance(event, ButtonDown):
            self._take(_DOWN, now_ms, context, found)
        elif isinstance(event, ButtonUp):
            self._take(_UP, now_ms, context, found)
        return found

    def wake_ms(self, now_ms):
        """When a Tick may decide something; None when only an edge can."""
        if self._fresh:
            return now_ms
        return None if self._due is None else self._due_ms

    def _alert_ended(self, now_ms):
        self._context = AT_REST
        if self._state == _PRESSED and self._due is None:
            self._wait(_PRESSED, _AT_3S, now_ms)  # which meant nothing while the alert went on

    def _take(self, what, at_ms, context, found):
        row = _ROWS.get((self._state, what))
        if row is None:
            return
        kind = row(self, at_ms, context)
        if kind is not None:
            found.append(Gesture(kind, self._first_ms))

    # -- the rows: (at_ms, context now) -> a kind or None ----------------------------------

    def _open(self, at_ms, context):
        if not self._in_prealarm:
            self._down_ms = self._down2_ms = None
        self._in_prealarm = context == IN_PREALARM
        if self._in_prealarm and not (self._felt and at_ms >= self._felt_ms):
            context = AT_REST
        self._barred = context == IN_ALERT and at_ms < self._clear_ms
        self._context = AT_REST if self._barred else context
        self._presses = 0
        self._shape = ""
        self._longest_ms = 0
        self._first_ms = at_ms
        return self._press(at_ms, context)

    def _press(self, at_ms, context):
        self._presses += 1
        self._down3_ms, self._down2_ms, self._down_ms = self._down2_ms, self._down_ms, at_ms
        if self._danger_at_down(at_ms):
            return self._danger(_SPENT_PRESSED, at_ms, context)
        self._wait(_PRESSED, _AT_1S, at_ms + _LONG_MS)
        return PRESSING if self._context == IN_PREALARM == context else None

    def _held_1s(self, _at_ms, _context):
        self._wait(_PRESSED, _AT_3S, self._down_ms + _HOLD_MS)
        return TICK_1S

    def _held_3s(self, at_ms, context):
        if self._context == IN_ALERT:
            self._wait(_PRESSED, None, 0)
            return None
        return self._danger(_SPENT_PRESSED, at_ms, context)

    def _release(self, at_ms, context):
        held_ms = at_ms - self._down_ms
        self._longest_ms = max(self._longest_ms, held_ms)
        if len(self._shape) < _PATTERN_MAX:
            self._shape += "s" if held_ms < _LONG_MS else "l" if held_ms < _HOLD_MS else "h"
        self._wait(_BETWEEN, _AT_PAUSE, at_ms + _PAUSE_MS)
        if self._barred:
            self._clear_ms = at_ms + _PAUSE_MS + _LATE_MS
        return self._released(at_ms, held_ms, context)

    def _decide(self, at_ms, context):
        self._wait(_QUIET, None, 0)
        kind = self._meaning()
        if kind == DANGER:
            self._clear_ms = at_ms + _LATE_MS
            return self._raised(context)
        if self._barred and context == IN_ALERT:
            return None
        if self._context == IN_PREALARM:
            self._clear_ms = at_ms + _LATE_MS
            if context != IN_PREALARM:
                return None
        if kind == FALL_CANCEL:
            self._regret_ms = at_ms + _LATE_MS
        if kind == WATCH:
            self._watch_ms = self._first_ms
        return kind

    def _spent_press(self, _at_ms, _context):
        self._wait(_SPENT_PRESSED, None, 0)

    def _spent_release(self, at_ms, _context):
        self._spend(_SPENT, at_ms)

    def _rest(self, _at_ms, _context):
        self._wait(_QUIET, None, 0)

    # -- what they are made of -------------------------------------------------------------

    def _danger_at_down(self, at_ms):
        """Whether the press that now goes down is danger, whatever its length."""
        panic = self._down3_ms is not None and at_ms - self._down3_ms <= _PANIC_MS
        if self._context in (AT_REST, IN_PREALARM):
            enough = self._enough if self._context == AT_REST else _PREALARM_MAX
            return panic or self._presses >= enough or at_ms <= self._regret_ms
        if panic and self._down3_ms < self._first_ms:
            return True  # the first of the three was in a pre-alarm that has ended
        # A fall may have cut the guard short, or have come before it.
        soon = self._watch_ms is not None and at_ms - self._watch_ms <= _PANIC_MS
        return soon or self._context == IN_GUARD and self._presses >= 2

    def _released(self, at_ms, held_ms, context):
        """What the end of a press decides at once: the guard's one press, nothing elsewhere."""
        if self._context != IN_GUARD:
            return None
        if held_ms < _LONG_MS:
            return self._danger(_SPENT, at_ms, context)
        # Once the guard has ended the watch has left, and can only be cancelled.
        return WITHDRAW if context == IN_GUARD else None

    def _meaning(self):
        shape = self._shape
        if self._context == IN_ALERT and self._presses == len(shape) and shape == self._pattern:
            return TRUE_CANCEL
        if self._presses > 2 or self._longest_ms >= _HOLD_MS:
            shape = _ALL_SHORT if self._longest_ms < _LONG_MS else _MIXED
        context = self._context
        meanings, rest = self._at_rest if context == AT_REST else _MEANINGS[context]
        return meanings.get(shape, rest)

    def _danger(self, state, at_ms, context):
        self._in_prealarm = False  # its presses are spent
        self._spend(state, at_ms)
        return self._raised(context)

    def _raised(self, context):
        return DANGER_AGAIN if self._barred and context == IN_ALERT else DANGER

    def _spend(self, state, at_ms):
        if state == _SPENT:
            self._clear_ms = at_ms + _PAUSE_MS + _LATE_MS
            self._wait(_SPENT, _AT_PAUSE, at_ms + _PAUSE_MS)
        else:
            self._wait(state, None, 0)

    def _wait(self, state, due, due_ms):
        self._state = state
        self._due = due
        self._due_ms = due_ms


# Pairs not listed change nothing.
_ROWS = {
    (_QUIET, _DOWN): Gestures._open,
    (_PRESSED, _UP): Gestures._release,
    (_PRESSED, _AT_1S): Gestures._held_1s,
    (_PRESSED, _AT_3S): Gestures._held_3s,
    (_BETWEEN, _DOWN): Gestures._press,
    (_BETWEEN, _AT_PAUSE): Gestures._decide,
    (_SPENT_PRESSED, _UP): Gestures._spent_release,
    (_SPENT, _DOWN): Gestures._spent_press,
    (_SPENT, _AT_PAUSE): Gestures._rest,
}


def pattern_allowed(pattern):
    """Whether section 1 allows it: four presses or more, short or long, at least one long."""
    if not _PATTERN_MIN <= len(pattern) <= _PATTERN_MAX or "l" not in pattern:
        return False
    for letter in pattern:
        if letter not in "sl":
            return False
    return True


def make(config):
    """The recogniser of a configuration: `gestures`, `cancel_pattern`, and whether she is told."""
    felt = config.haptics and config.profile != "cohabiting"  # as haptics.py has it
    return Gestures(config.gestures, config.cancel_pattern, felt)
