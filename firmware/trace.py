"""What happened lately, for a post-mortem: a ring of short notes.

Always on, in RAM only, and free of secrets by construction: a note is a word from the code
and one integer, never a text that came from outside. Imports nothing.
"""

NOTES = 64  # some 64 x (small int, word, small int): about 2 KB


class Trace:
    """A ring of (now_ms, word, value), newest last."""

    def __init__(self):
        self._notes = [None] * NOTES  # type: list
        self._next = 0
        self.now_ms = 0  # set once a step by the application: notes need no clock

    def note(self, word, value=0):
        """Remember that `word` happened, with an integer that says more about it."""
        self._notes[self._next % NOTES] = (self.now_ms, word, value)
        self._next += 1

    def notes(self):
        """The notes still held, oldest first."""
        start = max(0, self._next - NOTES)
        return [self._notes[i % NOTES] for i in range(start, self._next)]
