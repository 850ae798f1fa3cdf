"""The button's line -> clean edges.

Separate because contacts bounce and gestures must not know. The press is told at its first high
level: help never waits for a contact to settle. After every edge the line is not believed for
20 ms, and for as long as it goes on chattering, up to 100 ms: a worn switch that bounces longer
than the lock-out still gives one press, and a line that chatters for ever gives at most ten
edges a second, each of them a press or a release in turn. Levels may be read at any times: a
lock-out ends by the clock, not by a count of readings. Imports messages only.
"""

from micropython import const

from firmware.messages import ButtonDown, ButtonUp

_LOCK_OUT_MS = const(20)
_CHATTER_MAX_MS = const(100)  # then the level is believed though it chatters
_HELD_LOOK_MS = const(50)  # a lost interrupt must not make a press longer than this
_HELD_LOOK_MAX_MS = const(10000)  # beyond any gesture: a line stuck high costs no power

_DOWN = ButtonDown()
_UP = ButtonUp()


class Debounce:
    """Give it every level read, with its time; it returns an edge or None."""

    def __init__(self):
        self._pressed = 0  # what it last told
        self._level = 0  # what it last read
        self._edge_ms = 0
        self._lock_ms = None  # None: never an edge yet

    def sample(self, level, now_ms):
        """ButtonDown, ButtonUp or None, for the level (0 or 1) read at now_ms.

        A level that is high at the very first reading is a press: it woke the board.
        """
        if level != self._level:
            self._level = level
            if self._locked(now_ms):
                self._lock_ms = min(now_ms + _LOCK_OUT_MS, self._edge_ms + _CHATTER_MAX_MS)
        if level == self._pressed or self._locked(now_ms):
            return None
        self._pressed = level
        self._edge_ms = now_ms
        self._lock_ms = now_ms + _LOCK_OUT_MS
        return _DOWN if level else _UP

    def wake_ms(self, now_ms):
        """When the line must be read again though no interrupt came; None when only then."""
        if self._locked(now_ms):
            return self._lock_ms
        if self._pressed and now_ms - self._edge_ms < _HELD_LOOK_MAX_MS:
            return now_ms + _HELD_LOOK_MS
        return None

    def _locked(self, now_ms):
        return self._lock_ms is not None and now_ms < self._lock_ms
