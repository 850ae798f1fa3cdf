"""The lines of the modem beside its serial port: PWRKEY, DTR, RESET, supply, RI.

Separate because boards differ in which of them exist: those that a board lacks are None here and
do nothing. Levels are what they mean, not what is on the wire: Output knows the polarity.
Imports nothing: lines are handed in.
"""


class ModemPins:
    """See the modem's profile for the times; PWRKEY is a toggle (SIMCom hardware design)."""

    def __init__(self, power_key, dtr, reset, supply, ri):
        """Outputs, and ri an Input; each may be None."""
        self._power_key = power_key
        self._dtr = dtr
        self._reset = reset
        self._supply = supply
        self._ri = ri
        self._rang = 0

    def power_key(self, on):
        """1: the key is pressed."""
        _drive(self._power_key, on)

    def dtr(self, level):
        """1: the modem may sleep; 0: it wakes."""
        _drive(self._dtr, level)

    def reset(self, on):
        """1: held in reset."""
        _drive(self._reset, on)

    def supply(self, on):
        """1: powered."""
        _drive(self._supply, on)

    def ri(self):
        """0 while it rings, and once if it has rung since the last call; else 1."""
        level = 1 if self._ri is None else self._ri.level()
        if self._rang:
            self._rang = 0
            level = 0
        return level

    def note_ring(self):
        """The pulse of RI lasts 100 ms: an interrupt or a wake-up that saw it says so here."""
        self._rang = 1


def _drive(line, level):
    if line is not None:
        line.set(level)
