"""The accelerometer LIS3DH or LIS2DH12: samples by its FIFO, and a line that tells of motion.

Separate because every register is here and nowhere else. Sources: ST datasheets LIS3DH (DocID17530
Rev 2) and LIS2DH12 (DocID025056), whose registers used here are the same, and the application
notes AN3308 and AN5005. The chip samples without a pause, in stream mode (datasheet 5.1.3); what
its line INT1 tells is either that enough samples wait, or that something moved. So at a wake-up
by motion the FIFO holds what happened just before.

At +-8 g a sample has 4 mg a digit in 12 bits, left-justified. ST says that the FIFO keeps but the
10 most significant bits, so steps of 16 mg are to be expected of it.

Errors of the bus are OSError and pass through. The bus is handed in. Imports micropython.
"""

from micropython import const

ADDRESS = const(0x18)  # SA0 to GND
SLOTS = const(32)  # of the FIFO
AXES = const(3)

# Registers: datasheet 6 (map) and 8 (what each bit does)
_WHO_AM_I = const(0x0F)
_CTRL1 = const(0x20)
_CTRL2 = const(0x21)
_CTRL3 = const(0x22)
_CTRL4 = const(0x23)
_REFERENCE = const(0x26)
_STATUS = const(0x27)
_OUT_X_L = const(0x28)
_FIFO_CTRL = const(0x2E)
_FIFO_SRC = const(0x2F)
_INT1_CFG = const(0x30)
_INT1_SRC = const(0x31)
_INT1_THS = const(0x32)
_INT1_DURATION = const(0x33)
_MANY = const(0x80)  # with the register's number: the next byte is of the next one

_IDENTITY = const(0x33)
_OFF = const(0x00)  # CTRL1: power-down
_50_HZ = const(0x47)  # CTRL1: rate in the high half, LPen 0, three axes on
_100_HZ = const(0x57)
# CTRL2: high-pass for the interrupt only; of the four cut-offs the second lowest, 0.5 Hz at
# 100 Hz (AN3308 4.3), so that a slow tilt wakes it and breathing does not.
_HIGH_PASS = const(0x21)
_ON_NOTHING = const(0x00)  # CTRL3: what INT1 tells
_ON_WATERMARK = const(0x04)
_ON_MOTION = const(0x40)
_SCALE_8G = const(0xA8)  # CTRL4: BDU, +-8 g, high resolution
_SCALE_2G = const(0x80)  # as the self-test wants it: BDU, +-2 g, normal mode
_SELF_TEST = const(0x02)  # CTRL4: ST = 01
_FIFO_ON = const(0x48)  # CTRL5: FIFO, and IA1 latched until INT1_SRC is read
_ACTIVE_HIGH = const(0x00)  # CTRL6
_BYPASS = const(0x00)  # FIFO_CTRL: empties it (5.1.1)
_STREAM = const(0x80)
_ANY_AXIS = const(0x2A)  # INT1_CFG: OR of the three high events, of either sign
_MOTION_THS = const(1)  # 62 mg at +-8 g
_MOTION_SAMPLES = const(2)  # and for longer than this: no single outlier of the noise

_WATERMARK = const(0x80)  # FIFO_SRC
_OVERRUN = const(0x40)
_EMPTY = const(0x20)
_LEVEL = const(0x1F)
_DATA_READY = const(0x08)  # STATUS: ZYXDA
_INTERRUPT = const(0x40)  # INT1_SRC: IA

_TURN_ON_SAMPLES = const(8)  # 7/ODR to high resolution (table 11), and one for safety

# Self-test (AN3308): the mean of 5 samples without the force and with it. Each axis must
# change by 17 to 360 digits of 4 mg (datasheet table 4, Vst).
_TEST_SETTLE_MS = const(90)
_TEST_SAMPLES = const(5)
_TEST_MIN = const(17)
_TEST_MAX = const(360)
_TEST_SAMPLE_MS = const(10)
_TEST_TRIES = const(20)  # looks for those five samples


class Lis3dh:
    """One chip. `overrun`: the last drain found the FIFO full: before it, samples may be lost."""

    def __init__(self, i2c, address=ADDRESS):
        """i2c: readfrom_mem_into and writeto_mem, as machine.I2C has them."""
        self._i2c = i2c
        self._address = address
        self._one = bytearray(1)
        self._bytes = bytearray(SLOTS * AXES * 2)
        whole = memoryview(self._bytes)
        # A slice is an allocation: every length that a burst can have is made once.
        self._bursts = [whole[: n * AXES * 2] for n in range(SLOTS + 1)]
        self._controls = bytearray((_OFF, _HIGH_PASS, _ON_NOTHING, _SCALE_8G, _FIFO_ON, 0))
        self._fifo_control = _BYPASS
        self.overrun = False

    def probe(self):
        """Whether a chip of this kind answers."""
        return self._read(_WHO_AM_I) == _IDENTITY

    def configure(self, rate_hz):
        """Start sampling, 100 or 50 a second; INT1 tells nothing yet.

        Returns for how many ms what is drained must be thrown away.
        """
        controls = self._controls
        controls[0] = _50_HZ if rate_hz == 50 else _100_HZ
        controls[2] = _ON_NOTHING
        controls[5] = _ACTIVE_HIGH
        self._fifo_control = _STREAM | (rate_hz // 5 - 1)  # told at N + 1 samples, 200 ms (5.1.3)
        self._write(_INT1_CFG, 0)
        self._write(_FIFO_CTRL, _BYPASS)
        self._i2c.writeto_mem(self._address, _CTRL1 | _MANY, controls)
        self._write(_INT1_THS, _MOTION_THS)
        self._write(_INT1_DURATION, _MOTION_SAMPLES)
        self._read(_REFERENCE)  # sets the high-pass filter to what is there now (AN3308 4.3)
        self._write(_INT1_CFG, _ANY_AXIS)
        self._write(_FIFO_CTRL, self._fifo_control)
        self.overrun = False
        return _TURN_ON_SAMPLES * 1000 // rate_hz

    def intact(self):
        """Whether the registers still hold what was written: a brown-out empties them."""
        found = self._bursts[1]  # six bytes, CTRL1 to CTRL6
        self._i2c.readfrom_mem_into(self._address, _CTRL1 | _MANY, found)
        return (
            bytes(found) == self._controls
            and self._read(_FIFO_CTRL) == self._fifo_control
            and self._read(_INT1_CFG) == _ANY_AXIS
            and self._read(_INT1_THS) == _MOTION_THS
            and self._read(_INT1_DURATION) == _MOTION_SAMPLES
            and self.probe()
        )

    def stream(self):
        """INT1 tells from now on that 200 ms of samples wait."""
        self._route(_ON_WATERMARK)

    def sleep(self):
        """INT1 tells from now on that something moved; the chip goes on sampling."""
        self._read(_REFERENCE)
        self._read(_INT1_SRC)
        self._route(_ON_MOTION)

    def moved(self):
        """Whether something moved since the last look; looking lets go of the line."""
        return self._read(_INT1_SRC) & _INTERRUPT != 0

    def drain(self, samples):
        """Read all samples that wait, x y z in mg each, into an array("h") of 96.

        Returns how many; -1 when the chip tells a level, or a sample, that cannot be.
        """
        source = self._read(_FIFO_SRC)
        count = source & _LEVEL
        self.overrun = source & _OVERRUN != 0
        if source & _EMPTY:
            return -1 if count or self.overrun else 0
        if self.overrun:
            count = SLOTS  # the level stops at 31
        if not count:
            return -1
        # In one burst: after the last byte of a sample the address returns to the first (AN3308).
        self._i2c.readfrom_mem_into(self._address, _OUT_X_L | _MANY, self._bursts[count])
        return count if _unpack(self._bytes, samples, count * AXES) else -1

    def self_test(self):
        """A generator of delays in ms; returns whether the force moved every axis as it should.

        The chip must not be moved meanwhile, and must be configured again afterwards.
        """
        self._write(_FIFO_CTRL, _BYPASS)
        controls = bytes((_100_HZ, 0, 0, _SCALE_2G, 0, 0))
        self._i2c.writeto_mem(self._address, _CTRL1 | _MANY, controls)
        rest = yield from self._mean()
        self._write(_CTRL4, _SCALE_2G | _SELF_TEST)
        forced = yield from self._mean()
        self._write(_CTRL4, _SCALE_2G)
        if rest is None or forced is None:
            return False
        changes = [abs(forced[axis] - rest[axis]) for axis in range(AXES)]
        return min(changes) >= _TEST_MIN and max(changes) <= _TEST_MAX

    def _mean(self):
        """The mean of the next samples in digits of the normal mode; None when none come."""
        yield _TEST_SETTLE_MS
        burst = self._bursts[1]
        sums = [0] * AXES
        left = _TEST_SAMPLES + 1  # the first one may be from before
        for _ in range(_TEST_TRIES):
            if self._read(_STATUS) & _DATA_READY:
                self._i2c.readfrom_mem_into(self._address, _OUT_X_L | _MANY, burst)
                left -= 1
                for axis in range(AXES if left < _TEST_SAMPLES else 0):
                    raw = burst[2 * axis] | burst[2 * axis + 1] << 8
                    sums[axis] += ((raw ^ 0x8000) - 0x8000) >> 6
                if not left:
                    return [total // _TEST_SAMPLES for total in sums]
            yield _TEST_SAMPLE_MS
        return None

    def _route(self, what):
        self._controls[2] = what
        self._write(_CTRL3, what)

    def _read(self, register):
        self._i2c.readfrom_mem_into(self._address, register, self._one)
        return self._one[0]

    def _write(self, register, value):
        self._one[0] = value
        self._i2c.writeto_mem(self._address, register, self._one)


def _unpack(raw, samples, count):
    """To mg, `count` values: little-endian, two's complement, left-justified (OUT_X_L).

    Returns whether all could be of 12 bits. Plain bytecode: 0.4 us a sample on the VM, so some
    20 us on the board, 0.2 % of its time.
    """
    below = at = 0
    for index in range(count):
        low = raw[at]
        below |= low
        samples[index] = ((low | raw[at + 1] << 8) ^ 0x8000) - 0x8000 >> 4 << 2
        at += 2
    return not below & 0x0F
