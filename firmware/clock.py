"""Time since start, and UTC where somebody told it.

Separate because it is the only file of the firmware that reads the hardware's time: all else
is given now_ms and can run under a virtual clock. `ticks_ms` wraps (after 12.4 days on the
board); `now_ms` does not. Imports time, micropython, civil and messages only.
"""

import time

import civil
from micropython import const

from firmware.messages import TimeKnown

# The crystal drifts by 10 ppm, but light sleep is timed by an RC oscillator that is measured
# anew at each sleep: half a per mille covers both.
_DRIFT_MS_IN = const(2000)  # one ms of doubt is added every so many ms

# A date before the bound is taken for one before a week rollover (19.6 years). That turns a
# wrong clock of a few years before the bound into one far ahead; the device is not that old.
_HORIZON_S = const(473353200)  # 15 years


class Clock:
    """Integer milliseconds since it was made, and UTC by the best source so far."""

    def __init__(self, not_before_utc, ticks=time):
        """not_before_utc: an instant known to be past, in seconds since 2000. ticks: what has
        ticks_ms and ticks_add; also for whoever counts microseconds."""
        self._not_before_utc = not_before_utc
        self.ticks = ticks
        self._mask = ticks.ticks_add(0, -1)  # the period is a power of two; this is its last tick
        self._last_tick = ticks.ticks_ms()
        self._now_ms = 0
        self._told = None  # a TimeKnown: at at_ms the second utc_s began

    def now_ms(self):
        """Return the milliseconds since start; to be called at least once a period."""
        tick = self.ticks.ticks_ms()
        self._now_ms += (tick - self._last_tick) & self._mask
        self._last_tick = tick
        return self._now_ms

    def utc_s(self, now_ms):
        """Return UTC at now_ms in seconds since 2000, or None while nobody has told."""
        if self._told is None:
            return None
        return self._told.utc_s + (now_ms - self._told.at_ms) // 1000

    def uncertainty_ms(self, now_ms):
        """Return how far utc_s may be off at now_ms; None while there is no UTC."""
        if self._told is None:
            return None
        return self._told.uncertainty_ms + abs(now_ms - self._told.at_ms) // _DRIFT_MS_IN

    def known(self):
        """Return what is known of UTC as a TimeKnown, or None."""
        return self._told

    def set_utc(self, event):
        """Take a TimeKnown; return the one that now holds, or None when it is not believed.

        The date rule comes first (civil.not_before). Then a doubtful source never replaces a
        better one, and the time does not step back by less than the doubt of the new source:
        a sentence that took longer to arrive is no reason to live a second twice.
        """
        utc_s = civil.not_before(event.utc_s, self._not_before_utc)
        if utc_s - self._not_before_utc > _HORIZON_S:
            return None
        at_ms, doubt_ms = event.at_ms, event.uncertainty_ms
        told = self._told
        if told is not None:
            if doubt_ms > self.uncertainty_ms(at_ms):
                return None
            ahead_ms = (utc_s - told.utc_s) * 1000 - (at_ms - told.at_ms)
            if -doubt_ms < ahead_ms < 0:
                at_ms += ahead_ms  # keep our own phase; the new source confirms it
        self._told = TimeKnown(utc_s, at_ms, event.source, doubt_ms)
        return self._told
