"""The flash as a service: what the policy wants remembered, and room made while at rest.

Separate from journal and fall log so that a failing flash is a failing service like any other,
restarted and counted, and never keeps an alert from leaving. Imports nothing: both are handed in.
"""


class Storage:
    """Step it while no alert is open."""

    def __init__(self, journal, falls, trace):
        """falls: a FallLog; None on a board that notices none."""
        self.journal = journal
        self._falls = falls
        self._trace = trace

    def append(self, kind, values):
        return self.journal.append(kind, values)

    def recall(self):
        """Yield the records of the alert in progress, oldest first, as far as they can be read.

        Whatever the flash does, the alert policy must come up: an error ends the records.
        """
        try:
            yield from self.journal.records()
        except Exception as error:
            self._trace.note("recall_" + type(error).__name__)

    def close(self):
        return self.journal.close()

    def remember(self, fall, now_ms):
        """A RememberFall."""
        self._falls.add(fall.score, fall.features, fall.cancelled, now_ms)

    def step(self, now_ms):
        """Erase ahead: at most one sector, 60 ms. Then what is remembered of falls."""
        if self.journal.wake_ms(now_ms) is not None:
            self.journal.idle_step(now_ms)
        elif self._falls is not None:
            self._falls.step(now_ms)
        return []

    def wake_ms(self, now_ms):
        journal_ms = self.journal.wake_ms(now_ms)
        if journal_ms is not None or self._falls is None:
            return journal_ms
        return self._falls.wake_ms()
