"""Keeps services alive: one that raises is built anew; one that keeps raising resets the board.

Separate because this is the only place that may catch every exception. It knows nothing of
what a service does. Of an exception only which service it stopped is kept: its text could hold a
number or a position. Imports nothing.
"""

# A fault that returns faster than this is not cured by building the service anew.
RESTARTS_MAX = 5
RESTARTS_WINDOW_MS = 600000
REST_MS = 10000  # between two tries of a service that not even a reset has cured


class Supervisor:
    """Runs the steps of services and rebuilds what fails.

    count(index): told of every restart, for counters that outlive a reset.
    reset(kept): called when a service is beyond its budget; resets the board, or returns where
    that is in vain: the service is then left out most of the time, so that the others can do
    their work. report(error): told of the exception itself (bench mode shows it).
    """

    def __init__(self, trace, count, reset, report):
        self._trace = trace
        self._count = count
        self._reset = reset
        self._report = report
        self.services = []

    def add(self, name, build):
        """Build a service and keep it: `build()` makes it, now and after each failure.

        Returns a Kept, whose `it` is the living service.
        """
        kept = Kept(self, name, len(self.services), build)
        self.services.append(kept)
        return kept

    def drop(self, kept):
        """Keep it no longer; the last one that was added."""
        self.services.remove(kept)

    def failed(self, kept, error, now_ms):
        """Count a failure and build the service anew, or reset the board beyond the budget."""
        self._trace.note("restart", kept.index)
        self._report(error)
        self._count(kept.index)
        kept.restarts = [t for t in kept.restarts if now_ms - t < RESTARTS_WINDOW_MS]
        kept.restarts.append(now_ms)
        kept.it = None
        if len(kept.restarts) > RESTARTS_MAX:
            self._trace.note("reset", kept.index)
            self._reset(kept)
            self._trace.note("rest", kept.index)
            kept.restarts = kept.restarts[-RESTARTS_MAX:]
            kept.rests_until_ms = now_ms + REST_MS
            return
        kept.rebuild()

    def crippled(self):
        """Whether any service has been beyond its budget since the start."""
        for kept in self.services:
            if kept.rests_until_ms is not None:
                return True
        return False


class Kept:
    """One service under supervision."""

    def __init__(self, supervisor, name, index, build):
        self._supervisor = supervisor
        self._build = build
        self.name = name
        self.index = index
        self.restarts = []
        self.rests_until_ms = None
        self.it = None
        self.rebuild()

    def rebuild(self):
        """Build it again; left None where that fails too: the next call tries and counts it."""
        try:
            self.it = self._build()
        except Exception:
            self.it = None

    def rests(self, now_ms):
        """Whether it is left out for now: it costs more than it gives."""
        return self.rests_until_ms is not None and now_ms < self.rests_until_ms

    def call(self, method, now_ms, otherwise, *args):
        """What `method(*args)` returns; `otherwise` when it raises (it is then built anew)."""
        if self.rests(now_ms):
            return otherwise
        try:
            if self.it is None:
                self.it = self._build()
            return getattr(self.it, method)(*args)
        except Exception as error:
            self._supervisor.failed(self, error, now_ms)
            return otherwise
