"""An I2S microphone of the INMP441 class: blocks of samples, and how loud they are.

Separate because it is one chip on one bus; its bus is handed in, opened when it is started. Its
words have 24 bits in 32 and stand beside zero by some offset; what comes out has 16 bits, the
offset removed (a high pass of 10 Hz at 8 kHz, 20 Hz at 16), amplified by a fixed gain, cut off
and counted where it does not fit. It never waits: what the port has not got is not read.

Clocks, by the datasheets: INMP441 from 7.8 kHz (SCK 0.5 to 3.2 MHz, 64 of them a frame), ICS-43434
from 6.25 kHz, so 8 kHz is read as it is. SPH0645 from 16 kHz (SCK 1.024 MHz): for such a one the
bus runs at twice the rate, and a half-band filter of 7 taps leaves every second sample. Imports
array and micropython.
"""

from array import array

import micropython
from micropython import const

FRAMES = const(256)  # of a DMA buffer, and so of a block
LEAST_HZ = const(7813)  # of an INMP441: 0.5 MHz of SCK
GAIN_X16 = const(256)  # by which samples are amplified, times 16

_WORD_BYTES = const(4)
_TAPS_KEPT = const(6)  # samples of the block before that the filter needs

# What _refine works with and leaves behind, in one array
_AT, _GAIN, _LIMIT, _OFFSET, _PEAK, _SUM = (
    const(0),
    const(1),
    const(2),
    const(3),
    const(4),
    const(5),
)
_CLIPPED, _LOW, _HIGH, _JUMPS, _LAST = const(6), const(7), const(8), const(9), const(10)
_STATES = const(11)
_LIFT_OFFSET = const(1073741823)  # so that no word that viper reads is negative
_LIFT = const(1 << 23)
_HALF_SCALE = const(1 << 22)


@micropython.viper
def _refine(raw: ptr8, out: ptr16, state: ptr32):
    """256 words to samples out[state[0]:], with what there is to be measured on the way.

    The offset is kept in units of 2**-7 of a word of 24 bits: it lies between -2**30 + 127 and
    2**30 - 128. What is multiplied by the gain is below the limit, so that the product stays
    within 2**27.
    """
    at = int(state[0])
    gain = int(state[1])
    limit = int(state[2])
    offset = int(state[3]) - _LIFT_OFFSET
    peak = int(state[4])
    total = int(state[5])
    clipped = int(state[6])
    low = int(state[7]) - _LIFT
    high = int(state[8]) - _LIFT
    jumps = int(state[9])
    last = int(state[10]) - _LIFT
    k = 0
    while k < 1024:
        word = ((int(raw[k + 3]) ^ 128) - 128) << 16 | int(raw[k + 2]) << 8 | int(raw[k + 1])
        if word < low:
            low = word
        if word > high:
            high = word
        jump = word - last
        if jump > _HALF_SCALE or jump < 0 - _HALF_SCALE:
            jumps += 1
        last = word
        value = word - (offset >> 7)
        offset += value
        if value > limit:
            value = 32767
            clipped += 1
        elif value < 0 - limit:
            value = 0 - 32768
            clipped += 1
        else:
            value = value * gain >> 12
        out[at] = value
        at += 1
        if value < 0:
            value = 0 - value
        total += value
        if value > peak:
            peak = value
        k += 4
    state[3] = offset + _LIFT_OFFSET
    state[4] = peak
    state[5] = total
    state[6] = clipped
    state[7] = low + _LIFT
    state[8] = high + _LIFT
    state[9] = jumps
    state[10] = last + _LIFT


@micropython.viper
def _halve(wide: ptr16, out: ptr16):
    """Every second one of 256 samples, which follow six of the block before.

    The filter is (-1 0 9 16 9 0 -1) / 32; the greatest sum is 36 * 2**15.
    """
    k = 0
    while k < 128:
        i = k * 2
        value = 16 * (((int(wide[i + 3]) & 0xFFFF) ^ 0x8000) - 0x8000)
        value += 9 * (((int(wide[i + 2]) & 0xFFFF) ^ 0x8000) - 0x8000)
        value += 9 * (((int(wide[i + 4]) & 0xFFFF) ^ 0x8000) - 0x8000)
        value -= ((int(wide[i]) & 0xFFFF) ^ 0x8000) - 0x8000
        value -= ((int(wide[i + 6]) & 0xFFFF) ^ 0x8000) - 0x8000
        value = value >> 5
        if value > 32767:
            value = 32767
        elif value < 0 - 32768:
            value = 0 - 32768
        out[k] = value
        k += 1
    k = 0
    while k < 6:
        wide[k] = ((int(wide[256 + k]) & 0xFFFF) ^ 0x8000) - 0x8000
        k += 1


class Microphone:
    """Blocks of samples one after another.

    samples: the block that read() has put there, array("h"), block_samples of them. bus_hz: what
    the bus runs at. buffered_frames: what the port holds for us at most. faults: OSErrors so far.
    """

    def __init__(self, open_bus, least_hz=LEAST_HZ):
        """open_bus(rate_hz, frames): a port that can hold so many frames, with deinit() and a
        readinto(buffer) that never waits. least_hz: the slowest that this microphone can do."""
        self.running = False
        self.samples = array("h", bytes(2 * FRAMES))
        self.block_samples = FRAMES
        self.bus_hz = 0
        self.buffered_frames = 0
        self.faults = 0
        self._open_bus = open_bus
        self._least_hz = least_hz
        self._port = None
        self._raw = bytearray(_WORD_BYTES * FRAMES)
        self._filled = 0  # bytes of it
        self._wide = None
        self._state = array("i", bytes(4 * _STATES))

    def start(self, rate_hz, gain_x16=GAIN_X16, buffered_ms=320):
        """Begin to hear, rate_hz samples a second; False when the port does not open."""
        self.stop()
        factor = 1 if rate_hz >= self._least_hz else 2
        self.bus_hz = rate_hz * factor
        self.block_samples = FRAMES // factor
        if factor == 2 and self._wide is None:
            self._wide = array("h", bytes(2 * (FRAMES + _TAPS_KEPT)))
        buffers = self.bus_hz * buffered_ms // 1000 // FRAMES + 1
        self.buffered_frames = (buffers - 1) * FRAMES  # one is being filled
        state = self._state
        state[_GAIN] = gain_x16
        state[_LIMIT] = (32767 << 12) // gain_x16
        state[_OFFSET] = _LIFT_OFFSET
        state[_LAST] = _LIFT
        self.measure()
        try:
            self._port = self._open_bus(self.bus_hz, buffers * FRAMES)
        except (OSError, RuntimeError):
            self.faults += 1
            return False
        self._filled = 0
        self.running = True
        return True

    def stop(self):
        """Hear no more: the clocks stop, and the microphone stands by."""
        if self._port is not None:
            self._port.deinit()
            self._port = None
        self.running = False

    def read(self):
        """Put the next block into samples; False when it is not there yet, or the port fails."""
        raw = self._raw
        if not self.running:
            return False
        view = raw if not self._filled else memoryview(raw)[self._filled :]
        try:
            self._filled += self._port.readinto(view) or 0
        except OSError:
            self.faults += 1
            return False
        if self._filled < len(raw):
            return False
        self._filled = 0
        if self.block_samples == FRAMES:
            self._state[_AT] = 0
            _refine(raw, self.samples, self._state)
        else:
            self._state[_AT] = _TAPS_KEPT
            _refine(raw, self._wide, self._state)
            _halve(self._wide, self.samples)
        return True

    # -- measured since measure() was called ----------------------------------------------------

    def measure(self):
        """Begin to measure anew."""
        state = self._state
        state[_PEAK] = state[_SUM] = state[_CLIPPED] = state[_JUMPS] = 0
        state[_LOW] = 2 * _LIFT - 1
        state[_HIGH] = 0

    def peak(self):
        """The greatest sample, 0 to 32768."""
        return self._state[_PEAK]

    def total(self):
        """The sum of all, without their signs; of at most 256 blocks."""
        return self._state[_SUM]

    def clipped(self):
        """How many did not fit into 16 bits."""
        return self._state[_CLIPPED]

    def lowest(self):
        """The lowest word that came, of 24 bits; above highest() when none came."""
        return self._state[_LOW] - _LIFT

    def highest(self):
        return self._state[_HIGH] - _LIFT

    def jumps(self):
        """How often one word was further from the next than half the scale."""
        return self._state[_JUMPS]
