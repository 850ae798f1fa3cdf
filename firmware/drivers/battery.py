"""The battery gauge: the voltage behind a divider, and what it means in percent.

Separate because a voltage says little of a lithium cell and the little is written down here. The
curve is that of a LiPo cell at rest or little load (an assumption, to be measured with the
cell that is fitted); the board gives up near 3.4 V. The ADC is handed in. Imports nothing.
"""

# (millivolts, percent), rising
_CURVE = (
    (3400, 0),
    (3550, 5),
    (3650, 10),
    (3700, 20),
    (3740, 30),
    (3770, 40),
    (3810, 50),
    (3860, 60),
    (3920, 70),
    (3990, 80),
    (4070, 90),
    (4160, 100),
)
# Outside of this no cell runs the board: the divider is missing, cut off or broken.
_PLAUSIBLE_MIN_MV = 2800
_PLAUSIBLE_MAX_MV = 4500
_SAMPLES = 5  # odd: the median sits out the dips while the modem transmits


class Battery:
    """A cell read through a divider that shows `below` of `whole` parts of its voltage."""

    def __init__(self, adc, whole, below):
        """adc: machine.ADC at full range, or None where the board has no gauge."""
        self._adc = adc
        self._whole = whole
        self._below = below

    def raw_mv(self):
        """What the divider says in millivolts of the cell, plausible or not; None without one."""
        if self._adc is None:
            return None
        samples = [self._adc.read_uv() for _ in range(_SAMPLES)]
        samples.sort()
        return samples[_SAMPLES // 2] // 1000 * self._whole // self._below

    def mv(self):
        """The cell's voltage in millivolts; None when the gauge gives nothing plausible."""
        mv = self.raw_mv()
        if mv is None or not _PLAUSIBLE_MIN_MV <= mv <= _PLAUSIBLE_MAX_MV:
            return None
        return mv

    def percent(self):
        """0..100; None when the gauge gives nothing plausible."""
        mv = self.mv()
        return None if mv is None else percent_of(mv)


def percent_of(mv):
    """The charge of a cell at rest, 0..100, from its millivolts."""
    low_mv, low_pct = _CURVE[0]
    if mv <= low_mv:
        return low_pct
    for high_mv, high_pct in _CURVE:
        if mv <= high_mv:
            return low_pct + (high_pct - low_pct) * (mv - low_mv) // (high_mv - low_mv)
        low_mv, low_pct = high_mv, high_pct
    return 100
