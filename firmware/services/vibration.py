"""Vibration: the arbiter's level at the motor.

Separate from the arbiter, which is pure, and from the motor driver, which knows no patterns.
Imports nothing: motor, arbiter and what the arbiter must know of her are handed in.
"""


class Vibration:
    """Step it on every wake-up."""

    def __init__(self, motor, haptics, charging, local_minute):
        """motor(level_pct) drives the motor; haptics is the arbiter of policy/haptics.py;
        charging() and local_minute(now_ms) tell it when she may not be disturbed."""
        self._motor = motor
        self._haptics = haptics
        self._charging = charging
        self._local_minute = local_minute
        self._level = None
        self._motor(0)

    def play(self, vibrate, now_ms):
        self._haptics.charging(self._charging())
        self._haptics.local_minute(self._local_minute(now_ms))
        self._haptics.play(vibrate, now_ms)

    def hush(self, hush, now_ms):
        self._haptics.hush(hush)

    def worn(self, flag):
        self._haptics.worn(flag)

    def step(self, now_ms):
        level = self._haptics.level(now_ms)
        if level != self._level:
            self._motor(level)
            self._level = level
        return []

    def wake_ms(self, now_ms):
        return self._haptics.wake_ms(now_ms)

    def may_sleep(self, now_ms):
        return not self._level and self._haptics.wake_ms(now_ms) is None
