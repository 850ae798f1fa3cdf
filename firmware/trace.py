"""What happened lately, for a post-mortem: a ring of short notes.

Always on, in RAM only, and free of secrets by construction: a note is a word from the code
and one integer, never a text that came from outside. In arrays, because 64 small tuples that
come and go one by one would lie all over the heap. Imports array.
"""

from array import array

NOTES = 64


class Trace:
    """A ring of (now_ms, word, value), newest last."""

    def __init__(self):
        self._times_ms = array("q", [0] * NOTES)
        self._words = [None] * NOTES  # type: list
        self._values = array("i", [0] * NOTES)
        self._next = 0
        self.now_ms = 0  # set once a step by the application: notes need no clock

    def note(self, word, value=0):
        """Remember that `word` happened, with an integer of 32 bits that says more about it."""
        at = self._next % NOTES
        self._times_ms[at], self._words[at], self._values[at] = self.now_ms, word, value
        self._next += 1

    def notes(self):
        """The notes still held, oldest first."""
        held = []
        for index in range(max(0, self._next - NOTES), self._next):
            at = index % NOTES
            held.append((self._times_ms[at], self._words[at], self._values[at]))
        return held
