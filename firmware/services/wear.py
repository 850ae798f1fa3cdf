"""Worn or set down: what the motion of the object says of that. BEHAVIOUR.md section 4.

Separate because it is a rule about a person and knows no chip. Set down is what has not moved for
30 minutes. Worn again is what moves in 5 of 10 seconds: a knock on the table does not, nor does
the fall of the object itself.

Who dozed for half an hour, gets up and faints falls before those seconds are over. So an impact
of what was set down is judged by the 3 s before it. A knock has no before; a thing that falls off
a table falls freely, for 0.38 s from 0.7 m. People never do for so long: acted falls 0.2 s at
most, one out of a bed 0.26 s by its physics (simulator/motion/falls.py). Imports array and
micropython.
"""

from array import array

from micropython import const

SET_DOWN_MS = const(1800000)
_SECOND = const(100)  # samples
_SECONDS = const(10)
_MOVING = const(5)  # of these

# An impact of what was set down. Samples; time in free fall is none of moving.
_BEFORE = const(300)
_AFTER = const(10)  # the impact told is the middle of its 0.2 s
_MOVED = const(40)  # less is a knock
_MOVED_LONG = const(150)  # somebody has it: even what then falls freely
_MOVES_MG = const(120)  # from the mean of the last third of a second, as the detector has it
_FREE = const(28)  # without a pause: from 0.4 m
_FREE_MG2 = const(122500)  # under 350 mg: what a spin and the chip's offsets make of zero


class Wear:
    """Tell it how long the body has been still, or that something moved; `worn` is 1 or 0."""

    def __init__(self):
        self._lately = 0  # a bit for each of the last seconds, 1: it moved
        self._left = _SECOND  # samples until the second in progress is over
        self._moved_ms = None
        self.forget()

    def moved(self, at_ms):
        """It moved, at the latest then; one motion does not make it worn."""
        if self._moved_ms is None or at_ms > self._moved_ms:
            self._moved_ms = at_ms

    def pass_samples(self, count, still):
        """So many more samples have come; still: since how many it has not moved."""
        self._left -= count
        if self._left > 0:
            return
        self._left += _SECOND
        self._lately = (self._lately << 1 | (still < _SECOND)) & (1 << _SECONDS) - 1

    def pause(self):
        """The samples stop for a while."""
        self._lately = 0
        self._left = _SECOND

    def forget(self):
        """Nothing is known any more: until the contrary is, it is worn, and has been."""
        self.worn = 1
        self._since_ms = None
        self._moved_ms = None
        self.pause()

    def judge(self, now_ms):
        """What it is now, 1 or 0."""
        if self._moved_ms is None:
            self._moved_ms = now_ms
        if self.worn:
            if now_ms - self._moved_ms >= SET_DOWN_MS:
                self.worn = 0
                self._lately = 0
        elif _ones(self._lately) >= _MOVING:
            self.put_on(now_ms)
        return self.worn

    def put_on(self, now_ms):
        """It is worn again."""
        self.worn = 1
        self._since_ms = now_ms

    def was_worn(self, at_ms):
        """Whether it is worn, and was so then: what moves it later says nothing of that."""
        return self.worn and (self._since_ms is None or self._since_ms <= at_ms)

    def wake_ms(self):
        """When time alone makes it set down; None when it does not."""
        if not self.worn or self._moved_ms is None:
            return None
        return self._moved_ms + SET_DOWN_MS


def _ones(bits):
    count = 0
    while bits:
        count += bits & 1
        bits >>= 1
    return count


def is_of_a_body(ring, impact):
    """Whether what came before an impact, sample `impact` of the ring, was a body's motion.

    Only what the ring holds of these 3 s and what is continuous with the impact counts: before
    that it lay still.
    """
    start = max(ring.first, impact - _BEFORE)
    count = min(impact + _AFTER, ring.count) - start
    samples = array("h", bytes(6 * max(0, count)))
    if count <= 0 or not ring.read(start, count, samples):
        return False
    means = [32 * samples[axis] for axis in range(3)]
    moved = free = free_most = 0
    for at in range(0, len(samples), 3):
        strength = change = 0
        for axis in range(3):
            value = samples[at + axis]
            strength += value * value
            away = value - (means[axis] >> 5)
            means[axis] += away
            change += abs(away)
        if strength < _FREE_MG2:
            free += 1
            free_most = max(free_most, free)
        else:
            free = 0
            if change > _MOVES_MG:
                moved += 1
    return moved >= (_MOVED if free_most < _FREE else _MOVED_LONG)
