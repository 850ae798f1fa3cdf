"""What an impact looks like: integer features of the seconds around it.

Separate because training and detection must see the same: `tools/falls` trains on what this file
returns, and nothing is computed twice. No feature names an axis, so it does not matter how the
object turned in her pocket: exchanged axes give the same figures, other turns the same but for
the rounding. What runs over samples is viper, and every value in it stays below 2**31, as on the
board. Units: mg, samples of 10 ms, angles as cosine x 1024, strengths on a logarithmic scale of
16 steps an octave. Imports array, micropython and the size of the ring.
"""

from array import array

import micropython
from micropython import const

from firmware.policy.motion_ring import SLOTS

BLOCK = const(25)  # samples of a block, a quarter of a second
BLOCKS = const(30)
WINDOW = const(750)  # BLOCKS x BLOCK
BEFORE = const(300)  # samples of the window that lie before the impact
AFTER = const(450)  # and from it on

_LIFT = const(16384)  # added to an axis: sums of blocks are then never negative
_LIFT_ALONG = const(65536)  # added to what lies along a direction
_LIFT_SUM = const(4194304)  # and to the sum of that
_WORDS = const(6)  # of a block: x, y, z lifted; magnitude; deviation; jerk. Sums over its samples
_ONE = const(1024)  # a cosine of 1
_NORM_MIN = const(50)  # mg: below it a direction means nothing
_FALL = const(180)  # sample of the window where a fall may have begun
_HIT = const(300)
_STIRRING_MG = const(350)  # mean deviation of the magnitude, 3.25 to 4.5 s after the impact
_DONE = const(380)  # by here the body has hit what it hits

# Directions, after those of the blocks
_OLD = const(30)  # before the fall
_NEW = const(31)  # at the end
_EARLY = const(32)  # a second sooner
_DIRECTIONS = const(33)


@micropython.viper
def _survey(ring: ptr16, mags: ptr16, blocks: ptr32, span: ptr32):
    """Magnitude of every sample of the window, and the sums of its blocks.

    ring: x y z of each slot, in mg. span: slot of the first sample, number of slots, samples at
    the start that are not there (the first one that is stands for them). mags: 750 words.
    blocks: 30 x 6 words.
    """
    slot = int(span[0])
    slots = int(span[1])
    missing = int(span[2])
    slot = (slot + missing) % slots
    px = py = pz = 0
    at = 0
    block = 0
    while block < BLOCKS:
        sx = sy = sz = sm = sj = 0
        end = at + BLOCK
        while at < end:
            x = (int(ring[3 * slot]) & 0xFFFF ^ 0x8000) - 0x8000
            y = (int(ring[3 * slot + 1]) & 0xFFFF ^ 0x8000) - 0x8000
            z = (int(ring[3 * slot + 2]) & 0xFFFF ^ 0x8000) - 0x8000
            if at >= missing:
                slot += 1
                if slot == slots:
                    slot = 0
            if at:
                d = x - px
                sj += d if d > 0 else 0 - d
                d = y - py
                sj += d if d > 0 else 0 - d
                d = z - pz
                sj += d if d > 0 else 0 - d
            px = x
            py = y
            pz = z
            rest = x * x + y * y + z * z
            m = 0
            bit = 1 << 28
            while bit > rest:
                bit >>= 2
            while bit:
                if rest >= m + bit:
                    rest -= m + bit
                    m = (m >> 1) + bit
                else:
                    m >>= 1
                bit >>= 2
            mags[at] = m
            sx += x + _LIFT
            sy += y + _LIFT
            sz += z + _LIFT
            sm += m
            at += 1
        mean = sm // BLOCK
        back = at - BLOCK
        sd = 0
        while back < at:
            d = int(mags[back]) - mean
            sd += d if d > 0 else 0 - d
            back += 1
        word = _WORDS * block
        blocks[word] = sx
        blocks[word + 1] = sy
        blocks[word + 2] = sz
        blocks[word + 3] = sm
        blocks[word + 4] = sd
        blocks[word + 5] = sj
        block += 1


@micropython.viper
def _directions(blocks: ptr32, units: ptr16, span: ptr32):
    """Direction of the mean acceleration of one or more blocks, again and again.

    span: first block, blocks of a mean, how many directions (each a block further on), number of
    the first. units: x y z of each direction, x 1024.
    """
    word = _WORDS * int(span[0])
    samples = BLOCK * int(span[1])
    left = int(span[2])
    out = 3 * int(span[3])
    while left > 0:
        x = y = z = 0
        at = word
        end = word + _WORDS * int(span[1])
        while at < end:
            x += int(blocks[at])
            y += int(blocks[at + 1])
            z += int(blocks[at + 2])
            at += _WORDS
        x = x // samples - _LIFT
        y = y // samples - _LIFT
        z = z // samples - _LIFT
        rest = x * x + y * y + z * z
        norm = 0
        bit = 1 << 28
        while bit > rest:
            bit >>= 2
        while bit:
            if rest >= norm + bit:
                rest -= norm + bit
                norm = (norm >> 1) + bit
            else:
                norm >>= 1
            bit >>= 2
        if norm < _NORM_MIN:
            norm = _NORM_MIN
        units[out] = x * _ONE // norm
        units[out + 1] = y * _ONE // norm
        units[out + 2] = z * _ONE // norm
        out += 3
        word += _WORDS
        left -= 1


@micropython.viper
def _cosine(units: ptr16, one: int, other: int) -> int:
    """Of the angle between two directions, given by number, x 1024."""
    one *= 3
    other *= 3
    last = one + 3
    total = 0
    while one < last:
        a = (int(units[one]) & 0xFFFF ^ 0x8000) - 0x8000
        b = (int(units[other]) & 0xFFFF ^ 0x8000) - 0x8000
        total += a * b
        one += 1
        other += 1
    return total >> 10


@micropython.viper
def _log(value: int) -> int:
    """Sixteen times the binary logarithm of (value + 16) / 16, linear within an octave."""
    value += 16
    octaves = 0
    while value >= 32:
        value >>= 1
        octaves += 16
    return octaves + value - 16


@micropython.viper
def _extremes(mags: ptr16, found: ptr32):
    """The greatest and the least running sum of magnitudes.

    mags: of the window. found: width, from, to (samples of it; the sums lie inside) -> greatest,
    least.
    """
    width = int(found[0])
    at = int(found[1])
    end = int(found[2])
    total = 0
    greatest = 0
    least = 0x3FFFFFFF
    start = at + width
    first = at
    while at < end:
        total += int(mags[at])
        at += 1
        if at >= start:
            if total > greatest:
                greatest = total
            if total < least:
                least = total
            total -= int(mags[first])
            first += 1
    found[0] = greatest
    found[1] = least


@micropython.viper
def _levels(mags: ptr16, found: ptr32):
    """How long the magnitude is beyond levels, and by how much, from one sample to another.

    mags: of the window. found: from, to -> samples under 450, under 700, over 1500, over 2000,
    over 3000 mg; sum of what is missing to 1000 mg, and of what is above it.
    """
    at = int(found[0])
    end = int(found[1])
    n450 = n700 = n1500 = n2000 = n3000 = lacking = above = 0
    while at < end:
        m = int(mags[at])
        if m < 1000:
            lacking += 1000 - m
            if m < 700:
                n700 += 1
                if m < 450:
                    n450 += 1
        else:
            above += m - 1000
            if m > 1500:
                n1500 += 1
                if m > 2000:
                    n2000 += 1
                    if m > 3000:
                        n3000 += 1
        at += 1
    found[0] = n450
    found[1] = n700
    found[2] = n1500
    found[3] = n2000
    found[4] = n3000
    found[5] = lacking
    found[6] = above


@micropython.viper
def _along(ring: ptr16, span: ptr32, axis: ptr32, found: ptr32):
    """Acceleration along a direction, and across it, from one sample of the ring to another.

    span: slot of the first sample, number of slots, how many. axis: a direction, each part x 1024
    and lifted by 1024. found, which may be span: greatest and least along, lifted by 65536; sum
    along, lifted by 4194304; sum of the squares across >> 10. 1000 mg are subtracted along.
    """
    slot = int(span[0])
    slots = int(span[1])
    left = int(span[2])
    ax = int(axis[0]) - _ONE
    ay = int(axis[1]) - _ONE
    az = int(axis[2]) - _ONE
    greatest = 0
    least = 131072
    total = _LIFT_SUM
    across = 0
    while left > 0:
        x = (int(ring[3 * slot]) & 0xFFFF ^ 0x8000) - 0x8000
        y = (int(ring[3 * slot + 1]) & 0xFFFF ^ 0x8000) - 0x8000
        z = (int(ring[3 * slot + 2]) & 0xFFFF ^ 0x8000) - 0x8000
        v = (x * ax + y * ay + z * az) >> 10
        across += (x * x + y * y + z * z - v * v) >> 10
        v -= 1000
        total += v
        v += _LIFT_ALONG
        if v > greatest:
            greatest = v
        if v < least:
            least = v
        slot += 1
        if slot == slots:
            slot = 0
        left -= 1
    found[0] = greatest
    found[1] = least
    found[2] = total
    found[3] = across


class Features:
    """Computes them; the buffers, 2.5 KB, are made once."""

    def __init__(self):
        self._mags = array("h", bytes(2 * WINDOW))
        self._blocks = array("i", bytes(4 * _WORDS * BLOCKS))
        self._found = array("i", bytes(4 * 8))
        self._axis = array("i", bytes(4 * 3))
        self._units = array("h", bytes(2 * 3 * _DIRECTIONS))

    def of(self, ring, impact):
        """The features of the impact at sample number `impact` of a MotionRing: 76 ints, a list.

        Returns None where the body goes on walking or running afterwards. The ring must hold
        AFTER samples from the impact on. Of what it does not hold before, the oldest sample
        stands for what is missing; figures along and across gravity leave that out.
        """
        begin = impact - BEFORE
        missing = max(0, ring.first - begin)
        span = self._found
        span[0] = begin % SLOTS
        span[1] = SLOTS
        span[2] = missing
        _survey(ring.samples, self._mags, self._blocks, span)
        if self._mean(4, 25, BLOCKS) > _STIRRING_MG:
            return None
        self._point(0, 1, BLOCKS, 0)
        self._point(2, 4, 1, _OLD)
        self._point(24, 6, 1, _NEW)
        self._point(20, 6, 1, _EARLY)
        out = []
        self._turns(out)
        self._strengths(out)
        self._impact(out)
        for direction in (_OLD, _NEW):
            self._thrown(ring, begin, missing, direction, out)
        return out

    # -- how the body turned ---------------------------------------------------------------------

    def _point(self, block, width, times, number):
        """Fill in `times` directions from this number on, each of `width` blocks."""
        span = self._found
        span[0] = block
        span[1] = width
        span[2] = times
        span[3] = number
        _directions(self._blocks, self._units, span)

    def _turns(self, out):
        """Where gravity pointed before, after and in between."""
        units = self._units
        out.append(_cosine(units, _OLD, _NEW))
        out.append(_cosine(units, _EARLY, _NEW))
        for block in range(8, 15):
            out.append(_cosine(units, block, _NEW))
        for block in range(6, 16):
            out.append(_cosine(units, block, _OLD))
        bends = [_ONE - _cosine(units, k, k + 1) for k in range(BLOCKS - 1)]
        out.append(_log(sum(bends[6:15])))
        out.append(_log(max(bends[6:15])))
        out.append(_log(sum(bends[17:29])))

    # -- how much it moved, block by block --------------------------------------------------------

    def _mean(self, word, start, stop):
        total = 0
        for block in range(start, stop):
            total += self._blocks[_WORDS * block + word]
        return total // ((stop - start) * BLOCK)

    def _strengths(self, out):
        for block in range(8, BLOCKS, 2):
            out.append(_log(self._mean(5, block, block + 2)))
        for start, stop in ((8, 12), (11, 15), (15, 20), (20, 25), (25, 30)):
            out.append(_log(self._mean(4, start, stop)))
        late = [self._blocks[_WORDS * k + 4] // BLOCK for k in range(15, BLOCKS)]
        out.append(_log(max(late[3:])))
        out.append(_log(min(late)))
        for start, stop in ((0, 4), (4, 8), (8, 10), (10, 12), (12, 14), (14, 16)):
            out.append(self._mean(3, start, stop))

    # -- the impact, sample by sample ------------------------------------------------------------

    def _sums(self, width, start, stop):
        """Greatest and least mean of `width` magnitudes in a row."""
        found = self._found
        found[0] = width
        found[1] = start
        found[2] = stop
        _extremes(self._mags, found)
        return found[0] // width, found[1] // width

    def _impact(self, out):
        out.append(_log(self._sums(1, 250, _DONE)[0]))
        out.append(_log(self._sums(5, 250, _DONE)[0]))
        out.append(_log(self._sums(10, 280, 330)[0]))
        out.append(_log(self._sums(20, 280, 330)[0]))
        out.append(self._sums(20, _FALL, _HIT)[1])
        out.append(self._sums(5, _HIT, _DONE)[1])
        out.append(_log(self._sums(10, _DONE, WINDOW)[0]))
        out.append(_log(self._sums(10, 0, 220)[0]))
        out.append(_log(self._sums(1, 400, WINDOW)[0]))
        found = self._found
        found[0] = _FALL
        found[1] = 400
        _levels(self._mags, found)
        for k in range(7):
            out.append(_log(found[k] * 4) if k < 5 else _log(found[k]))
        found[0] = _FALL
        found[1] = _HIT
        _levels(self._mags, found)
        out.append(_log(found[5]))
        out.append(_log(found[6]))

    def _thrown(self, ring, begin, missing, direction, out):
        """What happened along a direction of gravity and across it, falling and hitting."""
        found = self._found
        for k in range(3):
            self._axis[k] = self._units[3 * direction + k] + _ONE
        for start, stop, whole in ((_FALL, _HIT, False), (250, _DONE, True)):
            start = max(start, min(missing, stop - 1))  # not what a gap divides from it
            found[0] = (begin + start) % SLOTS
            found[1] = SLOTS
            found[2] = stop - start
            _along(ring.samples, found, self._axis, found)
            if whole:
                out.append(found[0] - _LIFT_ALONG)
                out.append(found[1] - _LIFT_ALONG)
            out.append((found[2] - _LIFT_SUM) // (stop - start))
            out.append(_log(found[3] // (stop - start)))
