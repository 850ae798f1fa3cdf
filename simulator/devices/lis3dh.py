"""LIS3DH and LIS2DH12: the accelerometer chip, register by register, one `tick` a sample.

Pure: it knows no clock and no bus; accelerometer.py puts it in the world, the evaluation of falls
drives it directly. Written from the datasheets DocID17530 and DocID025056 and the application
notes AN3308 and AN5005. What these leave open is decided against the driver:
- the FIFO keeps 10 bits of each axis, also in high-resolution mode (AN3308, AN5005 "FIFO");
- until the turn-on time has passed (7 samples into high resolution) outputs creep up from zero,
  and a change of the self-test settles over as many;
- the watermark is passed, not reached: WTM rises with sample FTH + 1, and a full FIFO reads as 31
  samples and OVRN;
- INT1_SRC shows all comparisons, also those that INT1_CFG does not enable; only IA says "now".
Must not import firmware or lib.
"""

from __future__ import annotations

from collections import deque

from simulator.devices.lis3dh_motion import (
    AUTORESET,
    COEFFICIENTS,
    REFERENCE_MODE,
    Generator,
    HighPass,
)

CTRL_REG0, TEMP_CFG, CTRL_REG1, CTRL_REG2, CTRL_REG3 = 0x1E, 0x1F, 0x20, 0x21, 0x22
CTRL_REG4, CTRL_REG5, CTRL_REG6, REFERENCE, STATUS_REG = 0x23, 0x24, 0x25, 0x26, 0x27
WHO_AM_I, OUT_X_L, OUT_Z_H, FIFO_CTRL, FIFO_SRC = 0x0F, 0x28, 0x2D, 0x2E, 0x2F
INT1_CFG, INT1_SRC, INT1_THS, INT1_DURATION = 0x30, 0x31, 0x32, 0x33
INT2_SRC, CLICK_SRC = 0x35, 0x39
IDENTITY = 0x33
AUTO_INCREMENT = 0x80  # of a sub-address

# Registers that can be written: address -> (value after power-on, bits that can be set)
WRITABLE = {
    CTRL_REG0: (0x10, 0x90), TEMP_CFG: (0x00, 0xC0),
    CTRL_REG1: (0x07, 0xFF), CTRL_REG2: (0x00, 0xFF), CTRL_REG3: (0x00, 0xFE),
    CTRL_REG4: (0x00, 0xFF), CTRL_REG5: (0x00, 0xCF), CTRL_REG6: (0x00, 0xFA),
    REFERENCE: (0x00, 0xFF), FIFO_CTRL: (0x00, 0xFF),
    INT1_CFG: (0x00, 0xFF), INT1_THS: (0x00, 0x7F), INT1_DURATION: (0x00, 0x7F),
    0x34: (0x00, 0xFF), 0x36: (0x00, 0x7F), 0x37: (0x00, 0x7F),  # INT2
    0x38: (0x00, 0x3F), 0x3A: (0x00, 0xFF), 0x3B: (0x00, 0x7F),  # CLICK, TIME
    0x3C: (0x00, 0xFF), 0x3D: (0x00, 0xFF),
    0x3E: (0x00, 0x7F), 0x3F: (0x00, 0xFF),  # ACT
}  # fmt: skip
READ_ONLY = {*range(0x07, 0x10), *range(STATUS_REG, FIFO_CTRL), FIFO_SRC, INT1_SRC, INT2_SRC}
READ_ONLY.add(CLICK_SRC)
# Only the LIS3DH has these: STATUS_AUX, two more converter inputs, INT_COUNTER, and I1_321DA
LIS3DH_ONLY, LIS3DH_ONLY_CTRL3 = (0x07, 0x08, 0x09, 0x0A, 0x0B, 0x0E), 0x08

RATES_HZ = (0, 1, 10, 25, 50, 100, 200, 400, 0, 1344)
LOW_POWER_RATES_HZ = (*RATES_HZ[:8], 1620, 5376)
# Of each full scale, +-2, 4, 8, 16 g: mg per digit at 12, 10 and 8 bits, and per unit of INT1_THS
# and REFERENCE
MG_PER_DIGIT = {12: (1, 2, 4, 12), 10: (4, 8, 16, 48), 8: (16, 32, 64, 192)}
THRESHOLD_MG = (16, 32, 62, 186)
REFERENCE_MG = (16, 31, 63, 127)
TURN_ON = {12: 7, 10: 1, 8: 1}  # samples
FIFO_DEPTH, FIFO_BITS = 32, 10
BYPASS, FIFO_MODE, STREAM, STREAM_TO_FIFO = 0, 1, 2, 3

# The actuation force, 17 to 360 digits of 4 mg by the datasheets; these are ours, in mg.
SELF_TEST_MG = (600, 560, 800)


class Chip:
    """One chip; `int1` is the level of its pin, `rate_hz` how often it samples (0: never).

    `misused` collects registers that were written though nobody may. `self_test_mg` may be set:
    a broken sensor moves too little, or too much.
    """

    def __init__(self, model: str = "lis3dh") -> None:
        """model: "lis3dh" or "lis2dh12"."""
        if model not in ("lis3dh", "lis2dh12"):
            raise ValueError(f"no model {model!r}")
        self.model = model
        self.self_test_mg = SELF_TEST_MG
        self.misused: set[int] = set()
        self._absent = () if model == "lis3dh" else LIS3DH_ONLY
        self.power_on()

    def power_on(self) -> None:
        """Everything as after the supply came back."""
        self._registers = {address: value for address, (value, _) in WRITABLE.items()}
        self._filter = HighPass()
        self._filtering = False
        self._ia1 = Generator()
        self._fifo: deque[tuple[int, int, int]] = deque(maxlen=FIFO_DEPTH)
        self._sample: tuple[float, float, float] = (0, 0, 0)
        self._output = [0, 0, 0]  # left-justified, as the output registers hold it
        self._halves = [0, 0, 0]  # of an axis held by BDU: which bytes have been read
        self._fresh = self._overrun = 0  # one bit an axis, as in STATUS_REG
        self._unread = (0, 0, 0)
        self._settling = 0
        self._force = [0.0, 0.0, 0.0]  # of the self-test, as far as it has settled
        self.int1 = 0
        self.rate_hz = 0
        self._bits = 10
        self._configure()

    # -- the bus ----------------------------------------------------------------------------

    def read(self, register: int, count: int = 1) -> bytes:
        """Read from a sub-address as sent over the bus: its bit 7 is the auto-increment."""
        if register == OUT_X_L | AUTO_INCREMENT and self._queued and count % 6 == 0:
            return self._read_samples(count // 6)
        data = bytearray()
        for address in self._addresses(register, count):
            data.append(self._get(address))
        self._drive()
        return bytes(data)

    def write(self, register: int, data: bytes) -> None:
        """Write from a sub-address on, or again and again to one without bit 7."""
        for address, value in zip(self._addresses(register, len(data)), data):
            self._set(address, value)
        self._drive()

    def booted(self) -> None:
        """The boot that BOOT asked for is over; 5 ms later."""
        self._registers[CTRL_REG5] &= 0x7F

    def _addresses(self, register: int, count: int) -> list[int]:
        address, step = register & 0x7F, register >> 7 & 1
        found = []
        for _ in range(count):
            found.append(address)
            if step:
                wraps = address == OUT_Z_H and self._queued
                address = OUT_X_L if wraps else address + 1 & 0x7F
        return found

    def _get(self, address: int) -> int:
        if OUT_X_L <= address <= OUT_Z_H:
            return self._get_output(address - OUT_X_L)
        if address in self._registers:
            if address == REFERENCE:
                self._filter.mean = self._sample if not self._filter.fixed else self._filter.mean
            return self._registers[address]
        if address == WHO_AM_I:
            return IDENTITY
        if address == STATUS_REG:
            return self._status()
        if address == FIFO_SRC:
            return self._fifo_source()
        if address == INT1_SRC:
            value = self._ia1.source()
            self._ia1.acknowledge()
            return value
        return 0

    def _set(self, address: int, value: int) -> None:
        if address not in WRITABLE or address in self._absent:
            if address not in READ_ONLY or address in self._absent:
                self.misused.add(address)
            return
        mask = WRITABLE[address][1]
        if address == CTRL_REG3 and self.model != "lis3dh":
            mask &= ~LIS3DH_ONLY_CTRL3
        if value & ~mask:
            self.misused.add(address)
        self._registers[address] = value & mask
        self._configure()

    # -- configuration ----------------------------------------------------------------------

    def _configure(self) -> None:
        """Work out what the registers ask for, so that a tick need not."""
        registers = self._registers
        before = (self.rate_hz, self._bits)
        ctrl1, ctrl4 = registers[CTRL_REG1], registers[CTRL_REG4]
        low_power, high_resolution = ctrl1 >> 3 & 1, ctrl4 >> 3 & 1
        self._bits = 8 if low_power else 12 if high_resolution else 10
        rates = LOW_POWER_RATES_HZ if low_power else RATES_HZ
        self.rate_hz = rates[ctrl1 >> 4] if ctrl1 >> 4 < len(rates) else 0
        if (self.rate_hz, self._bits) != before and self.rate_hz:
            self._settling = TURN_ON[self._bits] - 1
        scale = ctrl4 >> 4 & 3
        self._per_digit = MG_PER_DIGIT[self._bits][scale]
        self._half = self._per_digit / 2
        self._top = (1 << self._bits - 1) - 1
        self._shift = 16 - self._bits
        sign = (0, 1, -1, 0)[ctrl4 >> 1 & 3]
        self._target = [float(sign * force) for force in self.self_test_mg]
        self._axes = ctrl1 & 7
        if not ctrl4 & 0x80:
            self._halves = [0, 0, 0]
        self._configure_fifo()
        self._configure_motion(scale)
        self._odd = self._is_odd()

    def _configure_fifo(self) -> None:
        control = self._registers[FIFO_CTRL]
        self._mode = control >> 6
        self._watermark = control & 0x1F
        if self._mode == BYPASS:
            self._fifo.clear()
        self._queued = bool(self._registers[CTRL_REG5] & 0x40) and self._mode != BYPASS
        self._streams = self._queued and self._mode == STREAM

    def _configure_motion(self, scale: int) -> None:
        registers, ia1 = self._registers, self._ia1
        ctrl2, ctrl5 = registers[CTRL_REG2], registers[CTRL_REG5]
        ia1.threshold_mg = registers[INT1_THS] * THRESHOLD_MG[scale]
        ia1.duration = registers[INT1_DURATION]
        ia1.latch = bool(ctrl5 & 0x08)
        if not ia1.latch:
            ia1.acknowledge()
        ia1.configure(registers[INT1_CFG], bool(ctrl5 & 0x04))
        self._watches = bool(registers[INT1_CFG] & 0x3F)
        if not self._watches:
            ia1.forget()
        used = bool(ctrl2 & 0x09)
        self._filters_output, self._filters_ia1 = bool(ctrl2 & 0x08), bool(ctrl2 & 0x01)
        self._resets_itself = ctrl2 >> 6 == AUTORESET and self._filters_ia1
        filter = self._filter
        if used and not self._filtering:
            filter.mean = self._sample
        self._filtering = used
        filter.part = 1 / COEFFICIENTS[ctrl2 >> 4 & 3]
        filter.fixed = ctrl2 >> 6 == REFERENCE_MODE
        if filter.fixed:
            units = registers[REFERENCE] - ((registers[REFERENCE] & 0x80) << 1)
            filter.mean = (units * REFERENCE_MG[scale],) * 3
        ctrl3 = registers[CTRL_REG3]
        self._routes_ia1 = bool(ctrl3 & 0x40) and self._watches
        self._routes_data = bool(ctrl3 & 0x10)
        self._routes_watermark, self._routes_overrun = bool(ctrl3 & 0x04), bool(ctrl3 & 0x02)
        self._low = registers[CTRL_REG6] >> 1 & 1

    # -- one sample -------------------------------------------------------------------------

    def tick(self, x_mg: float, y_mg: float, z_mg: float) -> None:
        """Take one sample of the true acceleration; call it `rate_hz` times a second."""
        if self._odd:
            if not self.rate_hz:
                return
            x_mg, y_mg, z_mg = self._disturbed(x_mg, y_mg, z_mg)
        self._sample = (x_mg, y_mg, z_mg)
        if self._filtering:
            x_ac, y_ac, z_ac = self._filter.step(x_mg, y_mg, z_mg)
            if self._filters_output:
                out = self._digits(x_ac, y_ac, z_ac)
            else:
                out = self._digits(x_mg, y_mg, z_mg)
            if self._watches:
                if self._filters_ia1:
                    hit = self._ia1.step(x_ac, y_ac, z_ac)
                    if hit and self._resets_itself:
                        self._filter.mean = self._sample
                else:
                    self._ia1.step(x_mg, y_mg, z_mg)
        else:
            out = self._digits(x_mg, y_mg, z_mg)
            if self._watches:
                self._ia1.step(x_mg, y_mg, z_mg)
        if self._streams:
            self._fifo.append(out)
            self._fresh = self._axes
        else:
            self._take(out)
        self._drive()

    def _digits(self, x_mg: float, y_mg: float, z_mg: float) -> tuple[int, int, int]:
        """Quantise, clip and left-justify."""
        per_digit, half, top, shift = self._per_digit, self._half, self._top, self._shift
        x = int((x_mg + half) // per_digit)
        y = int((y_mg + half) // per_digit)
        z = int((z_mg + half) // per_digit)
        if not (-top <= x <= top and -top <= y <= top and -top <= z <= top):
            x = min(max(x, -top - 1), top)
            y = min(max(y, -top - 1), top)
            z = min(max(z, -top - 1), top)
        return x << shift, y << shift, z << shift

    def _disturbed(self, x_mg: float, y_mg: float, z_mg: float) -> tuple[float, float, float]:
        """The self-test's force, the turn-on time, axes that are off."""
        steps = TURN_ON[self._bits]
        force, given = self._target, self._force
        if force != given:
            most = max(map(abs, self.self_test_mg)) / steps
            self._force = [g + min(max(f - g, -most), most) for f, g in zip(force, given)]
        vector = [mg + force for mg, force in zip((x_mg, y_mg, z_mg), self._force)]
        if self._settling:
            share = 1 - self._settling / steps
            self._settling -= 1
            vector = [value * share for value in vector]
        vector = [v if self._axes >> i & 1 else 0 for i, v in enumerate(vector)]
        self._odd = self._is_odd()
        return vector[0], vector[1], vector[2]

    def _is_odd(self) -> bool:
        if not self.rate_hz or self._settling or self._axes != 7:
            return True
        return any(self._target) or any(self._force)

    def _take(self, out: tuple[int, int, int]) -> None:
        """A sample where the FIFO is off, or may be full."""
        self._overrun |= self._fresh
        self._fresh = self._axes
        if self._queued:
            # Stream-to-FIFO: a stream until the interrupt, by the level of the pin (TR: of INT2)
            triggered = self._registers[FIFO_CTRL] & 0x20 == 0 and self._ia1.active
            full = len(self._fifo) == FIFO_DEPTH
            if not full or (self._mode == STREAM_TO_FIFO and not triggered):
                self._fifo.append(out)
            return
        for axis in range(3):
            if not self._halves[axis]:
                self._output[axis] = out[axis]

    def _drive(self) -> None:
        """Set INT1 by what is routed to it."""
        level = (
            (self._routes_watermark and self._queued and len(self._fifo) > self._watermark)
            or (self._routes_ia1 and self._ia1.active)
            or (self._routes_overrun and self._queued and len(self._fifo) == FIFO_DEPTH)
            or (self._routes_data and self._fresh != 0)
        )
        self.int1 = (1 if level else 0) ^ self._low

    @property
    def feels(self) -> bool:
        """Whether another acceleration can change INT1: IA1 is routed, and not latched."""
        return self._routes_ia1 and not self._ia1.holds

    def patience(self) -> int | None:
        """Samples until INT1 can change, if the acceleration stays as it is; None: for ever."""
        waits = [1] if self._routes_data else []
        if self._queued:
            count = len(self._fifo)
            if self._routes_watermark and count <= self._watermark:
                waits.append(self._watermark + 1 - count)
            if self._routes_overrun and count < FIFO_DEPTH:
                waits.append(FIFO_DEPTH - count)
        if self._routes_ia1 and (self._odd or self._ia1.restless):
            waits.append(1)
        return min(waits) if waits else None

    # -- outputs ----------------------------------------------------------------------------

    def _status(self) -> int:
        fresh, overrun, axes = self._fresh, self._overrun, self._axes
        all_fresh, all_overrun = axes and fresh == axes, axes and overrun == axes
        return fresh | bool(all_fresh) << 3 | overrun << 4 | bool(all_overrun) << 7

    def _fifo_source(self) -> int:
        count = len(self._fifo)
        return (
            (count > self._watermark) << 7
            | (count == FIFO_DEPTH) << 6
            | (count == 0) << 5
            | min(count, FIFO_DEPTH - 1)
        )

    def _get_output(self, index: int) -> int:
        """One byte of the output registers; with the FIFO in use these show its oldest sample."""
        axis, byte = index >> 1, index & 1
        if self._queued:
            value = self._stored()[axis]
        else:
            value = self._output[axis]
            if self._registers[CTRL_REG4] & 0x80:  # BDU: hold it until both halves are read
                self._halves[axis] |= 1 << byte
                if self._halves[axis] == 3:
                    self._halves[axis] = 0
        if byte:
            self._fresh &= ~(1 << axis)
            self._overrun &= ~(1 << axis)
        if self._queued and index == OUT_Z_H - OUT_X_L and self._fifo:
            self._unread = self._stored()
            self._fifo.popleft()
        big_endian = self._registers[CTRL_REG4] & 0x40 and self._bits == 12
        return value >> (8 if byte ^ bool(big_endian) else 0) & 0xFF

    def _stored(self) -> tuple[int, int, int]:
        """The oldest sample in the FIFO, in its bits; of an empty one the last that was read."""
        if not self._fifo:
            return self._unread
        mask = -1 << 16 - FIFO_BITS
        x, y, z = self._fifo[0]
        return x & mask, y & mask, z & mask

    def _read_samples(self, count: int) -> bytes:
        """Whole samples out of the FIFO, the way a driver drains it."""
        data = bytearray()
        mask, fifo = -1 << 16 - FIFO_BITS, self._fifo
        swap = self._registers[CTRL_REG4] & 0x40 and self._bits == 12
        for _ in range(count):
            if fifo:
                x, y, z = fifo.popleft()
                self._unread = (x & mask, y & mask, z & mask)
            for value in self._unread:
                low, high = value & 0xFF, value >> 8 & 0xFF
                data += bytes((high, low)) if swap else bytes((low, high))
        if count:
            self._fresh = self._overrun = 0
        self._drive()
        return bytes(data)
