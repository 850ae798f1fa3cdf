"""Worn or set down: what the motion of the object says of that. BEHAVIOUR.md section 4.

Separate because it is a rule about a person and knows no chip. Set down is what has not moved for
30 minutes. Worn again is what moves in 5 of 10 seconds: a knock on the table does not, nor does
the fall of the object itself. Imports micropython.
"""

from micropython import const

SET_DOWN_MS = const(1800000)
_SECOND = const(100)  # samples
_SECONDS = const(10)
_MOVING = const(5)  # of these


class Wear:
    """Tell it how long the body has been still, or that something moved; `worn` is 1 or 0."""

    def __init__(self):
        self._lately = 0  # a bit for each of the last seconds, 1: it moved
        self._left = _SECOND  # samples until the second in progress is over
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
        """Nothing is known any more: until the contrary is, it is worn."""
        self.worn = 1
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
            self.worn = 1
        return self.worn

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
