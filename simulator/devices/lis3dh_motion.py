"""Two blocks inside the LIS3DH and LIS2DH12: the high-pass filter and the interrupt generator IA1.

Separate from the registers (lis3dh.py), which configure them and show what they say. Accelerations
are in mg. AN3308 and AN5005: sections on the high-pass filter and on interrupt generation;
datasheets DocID17530 and DocID025056. Must not import firmware or lib.
"""

from __future__ import annotations

Vector = tuple[float, float, float]

# INT1_CFG, INT1_SRC
AND_OR, SIX_D = 0x80, 0x40
ACTIVE = 0x40  # IA of INT1_SRC
ZH, ZL, YH, YL, XH, XL = 0x20, 0x10, 0x08, 0x04, 0x02, 0x01
HIGH, AXES, NO_Z = ZH | YH | XH, 0x3F, 0x0F

# HPCF: the filter follows the mean by one part in so many each sample, which puts its corner at
# f = ln(1 - 1/HPc) * ODR / (2 * pi), about ODR / (6 * HPc).
COEFFICIENTS = (8, 16, 32, 64)
REFERENCE_MODE, AUTORESET = 1, 3  # HPM; 0 and 2 are the normal mode


class HighPass:
    """What is left of an acceleration without its mean, or without the reference."""

    def __init__(self) -> None:
        self.mean: Vector = (0.0, 0.0, 0.0)
        self.part = 1 / COEFFICIENTS[0]
        self.fixed = False  # reference mode: the mean is what REFERENCE says

    def step(self, x_mg: float, y_mg: float, z_mg: float) -> Vector:
        x_mean, y_mean, z_mean = self.mean
        x_mg -= x_mean
        y_mg -= y_mean
        z_mg -= z_mean
        if not self.fixed:
            part = self.part
            self.mean = (x_mean + x_mg * part, y_mean + y_mg * part, z_mean + z_mg * part)
        return x_mg, y_mg, z_mg


class Generator:
    """IA1: compares axes with a threshold, for a duration, and latches if asked to.

    `active` is the interrupt; `true` whether the condition holds now, whatever the duration.
    """

    def __init__(self) -> None:
        self.threshold_mg = 0
        self.duration = 0  # samples that the condition must have lasted
        self.latch = False
        self.active = False
        self.true = False
        self._zone = 0
        self.configure(0, False)
        self.forget()

    def configure(self, config: int, four_d: bool) -> None:
        """config: INT1_CFG; four_d: D4D_INT1, only X and Y tell positions."""
        self._config = config
        self._enabled = config & (NO_Z if four_d and config & SIX_D else AXES)
        # The usual one, made fast: any of the three axes beyond the threshold.
        self._any_high = config & (AND_OR | SIX_D) == 0 and self._enabled == HIGH

    def forget(self) -> None:
        """As after power-on: nothing has been seen."""
        self._at: Vector = (0, 0, 0)
        self._lasted = 0
        self._latched: int | None = None
        self._zone = 0
        self.active = self.true = False

    def step(self, x_mg: float, y_mg: float, z_mg: float) -> bool:
        """Judge one sample; returns `active`."""
        limit = self.threshold_mg
        self._at = (x_mg, y_mg, z_mg)
        if self._any_high:
            true = not (
                -limit <= x_mg <= limit and -limit <= y_mg <= limit and -limit <= z_mg <= limit
            )
        else:
            true = self._holds()
        self.true = true
        if true:
            self._lasted += 1
            if self._lasted > self.duration:
                if self.latch and self._latched is None:
                    self._latched = self._bits() | ACTIVE
                self.active = True
                return True
        else:
            self._lasted = 0
        self.active = self._latched is not None
        return self.active

    def source(self) -> int:
        """INT1_SRC, as it reads now."""
        if self._latched is not None:
            return self._latched
        return self._bits() | (ACTIVE if self.active else 0)

    def acknowledge(self) -> None:
        """INT1_SRC has been read: a latched interrupt is over, until the next sample."""
        if self._latched is not None:
            self._latched = None
            self.active = False

    @property
    def holds(self) -> bool:
        """Whether `active` stays until it is acknowledged."""
        return self._latched is not None

    @property
    def restless(self) -> bool:
        """Whether `active` may change though the acceleration does not."""
        if self._latched is not None:
            return False
        return self.true or self.active or not self._any_high

    def _bits(self) -> int:
        """The six comparisons, of all axes, whether they are enabled or not.

        High and low are those of the amount; in 6D they are the two signs.
        """
        limit, bits = self.threshold_mg, 0
        for index, value in enumerate(self._at):
            low, high = XL << 2 * index, XH << 2 * index
            if self._config & SIX_D:
                bits |= high if value > limit else low if value < -limit else 0
            else:
                bits |= high if abs(value) > limit else low if abs(value) < limit else 0
        return bits

    def _holds(self) -> bool:
        if not self._enabled:
            return False
        bits = self._bits() & self._enabled
        if not self._config & SIX_D:
            return bits == self._enabled if self._config & AND_OR else bits != 0
        known = bits if bits and not bits & (bits - 1) else 0  # one axis alone tells a position
        if self._config & AND_OR:
            return known != 0
        moved = known != 0 and known != self._zone
        self._zone = known
        return moved
