"""One line to or from a peripheral: the button, the modem's RI and DTR, the charger.

Separate from the board because two truths of the chip live here. An input that may wake it is
in the hands of the RTC during light sleep and reads wrong afterwards until it is configured
anew (espressif/esp-idf#245, micropython/micropython#3835). An output is let go in light sleep
on the ESP32-S3 unless its pad is held. Pins and machine constants are handed in; imports
nothing.
"""


class Input:
    """A line that is read; `pin` is the pin itself, for the wake-up mask."""

    def __init__(self, pin, mode, pull):
        """mode: Pin.IN; pull: Pin.PULL_UP, Pin.PULL_DOWN or None."""
        self.pin = pin
        self._mode = mode
        self._pull = pull
        self.regain()

    def regain(self):
        """Make it a digital input, also after light sleep."""
        if self._pull is None:
            self.pin.init(self._mode)
        else:
            self.pin.init(self._mode, self._pull)

    def level(self):
        return self.pin.value()


class Output:
    """A line that is driven and keeps its level in light sleep."""

    def __init__(self, pin, mode, active_low, on):
        """mode: Pin.OUT; active_low: 1 where a low level means on; on: 1 to begin switched on."""
        self._pin = pin
        self._mode = mode
        self._active_low = active_low
        self.set(on)

    def set(self, on):
        """Switch it on (1) or off (0), whatever level that is on this board."""
        level = 1 if bool(on) != bool(self._active_low) else 0
        self._pin.init(self._mode, value=level, hold=True)
