"""Pieces of encoded sound in the order they came, with the losses between them, in one buffer.

Separate because it is bookkeeping that knows neither time nor microphone. A slot is a piece of 640
bytes, or a loss. All of it is allocated once. Imports array and micropython.
"""

from array import array

from micropython import const

PIECE_BYTES = const(640)
PIECE_SAMPLES = const(1280)
SOUND = const(0)  # in place of a reason

NONE = const(-1)


class SoundRing:
    """By slot: first (number of its first sample), count (of samples), reason (why they are lost,
    or SOUND), prediction and index (of the encoder before the first), at_ms. used: slots."""

    def __init__(self, slots):
        self.slots = slots
        self.used = 0  # the one that is being filled included
        self.filling = NONE
        self.first = array("i", bytes(4 * slots))
        self.count = array("i", bytes(4 * slots))
        self.prediction = array("h", bytes(2 * slots))
        self.index = bytearray(slots)
        self.reason = bytearray(slots)
        self.at_ms = [0] * slots
        self.bytes = bytearray(PIECE_BYTES * slots)
        self._oldest = 0
        self._view = memoryview(self.bytes)

    def clear(self):
        self.used = 0
        self.filling = NONE

    def open(self, first, prediction, index, at_ms):
        """Begin a piece; False when there is no room."""
        slot = self._claim(first, SOUND, at_ms)
        if slot == NONE:
            return False
        self.prediction[slot] = prediction
        self.index[slot] = index
        self.filling = slot
        return True

    def end(self):
        """Where in bytes the piece that is being filled goes on."""
        return self.filling * PIECE_BYTES + (self.count[self.filling] >> 1)

    def grew(self, samples):
        """So many samples have been put there; a full piece is closed."""
        slot = self.filling
        self.count[slot] += samples
        if self.count[slot] >= PIECE_SAMPLES:
            self.filling = NONE

    def close(self):
        """The piece that is being filled gets no longer."""
        self.filling = NONE

    def lose(self, first, count, reason, at_ms):
        """Put a loss; False when there is no room. What follows another of its kind joins it."""
        self.close()
        if self.used:
            last = (self._oldest + self.used - 1) % self.slots
            if self.reason[last] == reason and self.first[last] + self.count[last] == first:
                self.count[last] += count
                return True
        slot = self._claim(first, reason, at_ms)
        if slot == NONE:
            return False
        self.count[slot] = count
        return True

    def pop(self):
        """The oldest slot, which is then free; NONE while there is none that is closed."""
        slot = self._oldest
        if not self.used or slot == self.filling:
            return NONE
        self._oldest = (slot + 1) % self.slots
        self.used -= 1
        return slot

    def oldest_first(self):
        """Number of the oldest sample that is kept; NONE without any."""
        return self.first[self._oldest] if self.used else NONE

    def renumber(self, by):
        """Take so much off every number."""
        for k in range(self.used):
            self.first[(self._oldest + k) % self.slots] -= by

    def data(self, slot):
        """The bytes of a piece: a view, until the slot is used again."""
        at = slot * PIECE_BYTES
        return self._view[at : at + (self.count[slot] >> 1)]

    def _claim(self, first, reason, at_ms):
        if self.used == self.slots:
            return NONE
        slot = (self._oldest + self.used) % self.slots
        self.used += 1
        self.first[slot] = first
        self.count[slot] = 0
        self.reason[slot] = reason
        self.at_ms[slot] = at_ms
        return slot
