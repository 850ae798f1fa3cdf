"""What happened lately, for a post-mortem: a ring of short notes.

Always on, in RAM only, and free of secrets by construction: a note is a word from the code
and one integer, never a text that came from outside. In arrays, because 64 small tuples that
come and go one by one would lie all over the heap. Imports array.
"""

from array import array

NOTES = 64
FEW = 8  # on a board that has no room to tell them: enough for a debugger


class Trace:
    """A ring of (now_ms, word, value), newest last."""

    def __init__(self, size=NOTES):
        self._size = size
        self._times_ms = array("q", [0] * size)
        self._words = [None] * size  # type: list
        self._values = array("i", [0] * size)
        self._next = 0
        self.now_ms = 0  # set once a step by the application: notes need no clock

    def note(self, word, value=0):
        """Remember that `word` happened, with an integer of 32 bits that says more about it."""
        at = self._next % self._size
        self._times_ms[at], self._words[at], self._values[at] = self.now_ms, word, value
        self._next += 1

    def notes(self):
        """The notes still held, oldest first."""
        held = []
        for index in range(max(0, self._next - self._size), self._next):
            at = index % self._size
            held.append((self._times_ms[at], self._words[at], self._values[at]))
        return held
