"""The vibration motor: a level in percent as a PWM duty.

Separate from the haptic arbiter, which knows patterns and no hardware. A motor that runs until
the watchdog bites, because a step never returned, would give her away: a timer ends each run.
PWM and timer are handed in; the PWM runs above what can be heard. Imports nothing.
"""

FREQUENCY_HZ = 20000  # the motor itself must not sing
RUN_MAX_MS = 1500  # three times the longest pulse
_FULL = 65535


class Motor:
    """A coin motor behind a transistor; it stands still until a level is set."""

    def __init__(self, pwm, timer):
        """pwm: machine.PWM at FREQUENCY_HZ with duty 0. timer: a machine.Timer of its own."""
        self._pwm = pwm
        self._timer = timer
        self.level_pct = 0

    def set(self, level_pct):
        """Run at 0..100 percent; anything beyond is cut to that."""
        self.level_pct = min(max(level_pct, 0), 100)
        if self.level_pct:
            timer = self._timer
            timer.init(mode=timer.ONE_SHOT, period=RUN_MAX_MS, callback=self._overrun)
        else:
            self._timer.deinit()
        self._pwm.duty_u16(_FULL * self.level_pct // 100)

    def _overrun(self, _timer):
        self.level_pct = 0
        self._pwm.duty_u16(0)
