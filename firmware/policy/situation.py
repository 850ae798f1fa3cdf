"""What is known of the world during an alert: position, cell, battery, time.

Separate because texts, tracking and resumption all ask it, and none of them should keep its
own copy. Instants are milliseconds of the running clock; UTC is tied to them by the latest
TimeKnown. Imports civil and messages only.
"""

from collections import namedtuple

import civil
from micropython import const

from firmware.messages import BatteryRead, CellSeen, FixAcquired, TimeKnown

# A clock time without its date says nothing after half a day.
_FIX_MAX_AGE_MS = const(43200000)

# An instant of this run (at_ms, UTC follows when it becomes known) or one of an earlier run,
# read from the journal (utc_s alone). Both None: unknown.
Moment = namedtuple("Moment", "at_ms utc_s")
NEVER = Moment(None, None)


class Situation:
    """Learns from events; `fix`, `cell` and `battery` are the latest, or None."""

    def __init__(self, config):
        self._tz = (config.tz_offset_min, config.tz_eu_dst)
        self.fix = None
        self.cell = None
        self.battery = None
        self._utc_s = None
        self._utc_at_ms = 0

    def learn(self, event):
        """Remember what an event tells; others are of no concern."""
        if isinstance(event, FixAcquired):
            self.fix = event.fix
        elif isinstance(event, CellSeen):
            self.cell = event.cell
        elif isinstance(event, BatteryRead):
            self.battery = event.pct
        elif isinstance(event, TimeKnown):
            self._utc_s = event.utc_s
            self._utc_at_ms = event.at_ms

    def best_fix(self, now_ms):
        """The last fix, unless it is too old to be told by its clock time; else None."""
        fix = self.fix
        return fix if fix is not None and now_ms - fix.at_ms < _FIX_MAX_AGE_MS else None

    def utc_s(self, at_ms):
        """UTC at an instant of this run, None while it is unknown."""
        if self._utc_s is None:
            return None
        return self._utc_s + (at_ms - self._utc_at_ms) // 1000

    def at_ms(self, moment):
        """The instant of a Moment on this run's clock, None while that is unknown."""
        utc_s = self.utc_of(moment)
        if self._utc_s is None or utc_s is None:
            return moment.at_ms
        return self._utc_at_ms + (utc_s - self._utc_s) * 1000

    def utc_of(self, moment):
        """UTC of a Moment, None while it is unknown."""
        if moment.utc_s is not None or moment.at_ms is None:
            return moment.utc_s
        return self.utc_s(moment.at_ms)

    def clock(self, moment, dated=False):
        """Local clock time of a Moment: "21:42", dated "05/11 21:42"; "" while unknown."""
        utc_s = self.utc_of(moment)
        if utc_s is None:
            return ""
        hhmm = civil.local_hhmm(utc_s, *self._tz)
        return civil.local_ddmm(utc_s, *self._tz) + " " + hhmm if dated else hhmm

    def fix_clock(self, fix):
        """Local clock time of a fix, "" while unknown."""
        if self._utc_s is None and fix.utc_s is not None and fix.utc_s > 0:
            return self.clock(Moment(None, fix.utc_s))
        return self.clock(Moment(fix.at_ms, None))
