"""The journal as a service: what the policy wants remembered, and room made while at rest.

Separate from the journal so that a failing flash is a failing service like any other, restarted
and counted, and never keeps an alert from leaving. Imports nothing: the journal is handed in.
"""


class Storage:
    """Step it while no alert is open."""

    def __init__(self, journal, trace):
        self._journal = journal
        self._trace = trace

    def append(self, kind, values):
        return self._journal.append(kind, values)

    def recall(self):
        """Yield the records of the alert in progress, oldest first, as far as they can be read.

        Whatever the flash does, the alert policy must come up: an error ends the records.
        """
        try:
            yield from self._journal.records()
        except Exception as error:
            self._trace.note("recall_" + type(error).__name__)

    def close(self):
        return self._journal.close()

    def step(self, now_ms):
        """Erase ahead: at most one sector, 60 ms."""
        self._journal.idle_step(now_ms)
        return []

    def wake_ms(self, now_ms):
        return self._journal.wake_ms(now_ms)
