"""The vibration motor: a level in percent as a PWM duty.

Separate from the haptic arbiter, which knows patterns and no hardware. The PWM is handed in; it
runs above what can be heard. Imports nothing.
"""

FREQUENCY_HZ = 20000  # the motor itself must not sing
_FULL = 65535


class Motor:
    """A coin motor behind a transistor; it stands still until a level is set."""

    def __init__(self, pwm):
        """pwm: machine.PWM at FREQUENCY_HZ with duty 0."""
        self._pwm = pwm
        self.level_pct = 0

    def set(self, level_pct):
        """Run at 0..100 percent; anything beyond is cut to that."""
        self.level_pct = min(max(level_pct, 0), 100)
        self._pwm.duty_u16(_FULL * self.level_pct // 100)
