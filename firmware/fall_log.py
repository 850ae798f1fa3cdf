"""What is remembered of suspected falls: how many, and what she said was none, for tuning.

Separate from the journal, which knows only the alert in progress: this outlives alerts, and
nothing depends on it. A small file of lines of JSON: [format, suspected, cancelled], then for
each of the last cancelled ones [utc or 0, score, [features]], oldest first; never a position, a
number or a text. It is written whole beside the old one and renamed, at rest only: what is not
written when the power goes is forgotten. A file that does not read as it should is begun anew,
and where no file can be written nothing happens. Imports json; the store is handed in.
"""

import json

from micropython import const

FORMAT = const(1)
KEPT_MAX = const(32)  # of the cancelled ones
PATH = "/falls"

_LINE_MAX = const(192)  # bytes; a longer one loses its features
_SIZE_MAX = const(6400)  # bytes of the file: the head and 32 lines of the longest
# From the last word of a fall to the file: writing takes some 200 ms, and until then she may
# still be pressing, or feel what her cancel came to.
_LATER_MS = const(10000)


class FallLog:
    """Tell it what is to be remembered; `step` it while no alert is open and nothing pressed."""

    def __init__(self, store):
        self._store = store
        self._suspected = self._cancelled = 0  # since the file was written
        self._lines = []
        self._due_ms = None

    def add(self, utc_s, score, features, cancelled, now_ms):
        """One more suspected fall (cancelled 0), or that she cancelled it (1)."""
        self._due_ms = now_ms + _LATER_MS
        if not cancelled:
            self._suspected += 1
            return
        self._cancelled += 1
        line = _line([utc_s, score, list(features)])
        if len(line) > _LINE_MAX:
            line = _line([utc_s, score, []])
        self._lines = self._lines[1 - KEPT_MAX :] + [line]

    def wake_ms(self):
        """When there is something to write, None when there is not."""
        return self._due_ms

    def step(self, now_ms):
        """Write what is due; if that fails it is forgotten: nothing depends on it."""
        if self._due_ms is None or now_ms < self._due_ms:
            return
        lines, self._lines = self._lines, []
        suspected, self._suspected = self._suspected, 0
        cancelled, self._cancelled = self._cancelled, 0
        self._due_ms = None
        data = self._store.read(PATH, _SIZE_MAX) or b""
        starts, counts = _read(data)
        head = _line([FORMAT, counts[1] + suspected, counts[2] + cancelled])
        # Most of the file is written as it was read: on a small board there is no room for two.
        first = max(0, len(starts) - 1 - (KEPT_MAX - len(lines)))
        self._store.write(PATH, head, memoryview(data)[starts[first] :], b"".join(lines))


def _line(fields):
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def _read(data):
    """Return (where each line after the head begins, and the last one ends; the head).

    What is not such a file is an empty one.
    """
    nothing = [len(data)], [FORMAT, 0, 0]
    starts = []
    counts = None
    at = 0
    while at < len(data):
        end = data.find(b"\n", at) + 1
        fields = _fields(data[at:end])
        if fields is None:
            return nothing
        if counts is None:
            counts = fields
            if counts[0] != FORMAT or type(counts[2]) is not int:
                return nothing
        elif type(fields[2]) is not list:
            return nothing
        else:
            starts.append(at)
        at = end
    return (starts + [at], counts) if counts is not None else nothing


def _fields(line):
    """Return the three fields of a line; None of what is no line of such a file."""
    try:
        fields = json.loads(line)
    except (ValueError, RuntimeError):  # RuntimeError: nested too deeply
        return None
    if type(fields) is not list or len(fields) != 3:
        return None
    numbers = fields[:2] + (fields[2] if type(fields[2]) is list else fields[2:])
    for number in numbers:
        if type(number) is not int:
            return None
    return fields
