"""What the accelerometer feels, on its way into a recording: from ten seconds before it began.

Separate because the ring of samples belongs to whoever notices falls, and goes on whether or not
anything is recorded. What is read lags by what the chip keeps in its FIFO; while the chip sleeps,
after 30 s of stillness, there is nothing to read. Imports array and micropython; the ring is
handed in.
"""

from array import array

from micropython import const

_BEFORE = const(1000)  # samples before a recording began
_PART = const(100)  # that are handed over at once
_STEP_MS = const(10)
_AXES = const(3)


class MotionTrace:
    """ring(): a policy/motion_ring.MotionRing, or None where motion is not felt now."""

    def __init__(self, ring):
        self._ring = ring
        self._part = array("h", bytes(2 * _AXES * _PART))
        self._from = self._next = self._seen = 0
        self._seen_ms = 0

    def begin(self, now_ms):
        """A recording begins."""
        ring = self._ring()
        if ring is not None:
            self._next = self._from = max(ring.first, ring.count - _BEFORE)
        self._seen = -1
        self._look(ring, now_ms)

    def take(self, now_ms, rest=False):
        """(number of the first sample, x y z of each in mg, when the first was), or None.

        rest: also what is less than a second. The samples are a buffer that is used again.
        """
        ring = self._ring()
        if ring is None:
            return None
        self._look(ring, now_ms)
        if not ring.first <= self._next <= ring.count:  # a gap, or another ring
            self._next = max(ring.first, min(self._next, ring.count))
        count = min(ring.count - self._next, _PART)
        if count < _PART and not (rest and count):
            return None
        part = self._part
        if not ring.read(self._next, count, part):
            return None
        first = self._next
        self._next += count
        samples = part if count == _PART else part[: _AXES * count]
        return max(first - self._from, 0), samples, self._seen_ms - (self._seen - first) * _STEP_MS

    def _look(self, ring, now_ms):
        """Note when the newest sample came."""
        if ring is not None and ring.count != self._seen:
            self._seen, self._seen_ms = ring.count, now_ms
