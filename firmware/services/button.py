"""The button: level -> debounced edges -> gestures.

Separate from the recogniser because edges outlive a restart: the last ones are kept in a list
that the application owns, and a service built anew is taught them again, so that a failure in
the middle of three presses does not cost her the first two. Imports messages only.
"""

from micropython import const

from firmware.messages import ButtonDown, Tick

EDGES_MAX = const(32)  # a panic gesture of 16 presses; older edges no longer matter
EDGES_KEPT_MS = const(10000)  # longer than any gesture is remembered


class Past:
    """What outlives a restart: the last edges, and until when everything has been told."""

    def __init__(self):
        self.edges = []  # (at_ms, event, context)
        self.told_ms = 0


class Button:
    """Step it on every wake-up; it returns Gesture events, then a ButtonDown as it is."""

    def __init__(self, level, debounce, gestures, context, past):
        """level(): 1 pressed; context(): what the recogniser must know of the alert.

        past: a Past, kept by the caller across restarts.
        """
        self._level = level
        self._debounce = debounce
        self._gestures = gestures
        self._context = context
        self._past = past
        for at_ms, event, was in past.edges:
            debounce.sample(int(isinstance(event, ButtonDown)), at_ms)
            gestures.handle(event, at_ms, was)
        if past.edges:
            gestures.handle(Tick(), past.told_ms, past.edges[-1][2])

    def step(self, now_ms):
        """The gestures decided by now, in order."""
        context = self._context()
        found = []
        edge = self._debounce.sample(self._level(), now_ms)
        if edge is not None:
            found += self._gestures.handle(edge, now_ms, context)
            self._remember(now_ms, edge, context)
            if isinstance(edge, ButtonDown):
                found.append(edge)  # last: a gesture must be in the journal before all else
        else:
            found += self._gestures.handle(Tick(), now_ms, context)
        self._past.told_ms = now_ms
        return found

    def _remember(self, now_ms, edge, context):
        edges = self._past.edges
        edges.append((now_ms, edge, context))
        while len(edges) > EDGES_MAX or now_ms - edges[0][0] > EDGES_KEPT_MS:
            edges.pop(0)

    def wake_ms(self, now_ms):
        """When it must be stepped though nothing happens; None when only an edge matters."""
        times = (self._debounce.wake_ms(now_ms), self._gestures.wake_ms(now_ms))
        return min([t for t in times if t is not None], default=None)

    def may_sleep(self, now_ms):
        """Light sleep only between gestures: their times are counted in milliseconds."""
        return self.wake_ms(now_ms) is None
