"""The last 24 seconds of acceleration, 100 samples a second, in one buffer that never moves.

Separate because two read it: the detector around an impact, and whoever keeps the trace of one.
A sample has a number that only grows, beyond 2**31 too; `first` is the oldest that is still there
and joined to the newest without a gap. Imports array.
"""

from array import array

SLOTS = 2400  # 14400 bytes
STEP_MS = 10


class MotionRing:
    """count: samples ever written. samples: x y z in mg of each slot, number n in n % SLOTS."""

    def __init__(self):
        self.samples = array("h", bytes(6 * SLOTS))
        self.count = 0
        self._since = 0

    @property
    def first(self):
        """Number of the oldest sample that is there and continuous with the newest."""
        return max(self._since, self.count - SLOTS)

    def restart(self):
        """What follows is not continuous with what is there."""
        self._since = self.count

    def read(self, start, count, out):
        """Copy `count` samples, at most SLOTS, from number `start` on into an array("h").

        x y z in mg of each. Returns False, with nothing copied, where some have not come yet or
        are gone; whether a gap lies among them `first` tells.
        """
        if start < self.count - SLOTS or start < 0 or start + count > self.count:
            return False
        begin = start % SLOTS
        head = min(count, SLOTS - begin)
        view = memoryview(out)
        view[: 3 * head] = memoryview(self.samples)[3 * begin : 3 * (begin + head)]
        view[3 * head : 3 * count] = memoryview(self.samples)[: 3 * (count - head)]
        return True
