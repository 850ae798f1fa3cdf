"""The battery gauge, read once a minute.

A gauge that is absent or out of its range gives no event at all: messages then leave out the
battery, and never wait for it. Imports messages only.
"""

from micropython import const

from firmware.messages import BatteryRead

_PERIOD_MS = const(60000)


class Battery:
    """Step it on every wake-up; it returns BatteryRead events."""

    def __init__(self, percent):
        """percent(): 0..100, or None when the gauge gives nothing plausible."""
        self._percent = percent
        self._due_ms = None

    def step(self, now_ms):
        if self._due_ms is not None and now_ms < self._due_ms:
            return []
        self._due_ms = now_ms + _PERIOD_MS
        pct = self._percent()
        return [] if pct is None else [BatteryRead(pct)]

    def wake_ms(self, now_ms):
        return self._due_ms if self._due_ms is not None else now_ms

    def may_sleep(self, now_ms):
        return True
