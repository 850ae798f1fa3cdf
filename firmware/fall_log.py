"""What is remembered of suspected falls: how many, and what she said was none, for tuning.

Separate from the journal, which knows only the alert in progress: this outlives alerts, and
nothing depends on it. A small file of lines of JSON: [format, suspected, cancelled], then for
each of the last cancelled ones [score, features], oldest first; features: what the model saw, 16
bits each, least byte first, in base64. Never a position, a number, a text, or when it was: who
reads the flash is not to learn that. It is written whole beside the old one and renamed, at rest
only: what is not written when the power goes is forgotten. A file that does not read as it should
is begun anew, and where no file can be written nothing happens. Imports binascii, json and
micropython; the store is handed in.
"""

import binascii
import json

from micropython import const

FORMAT = const(2)
KEPT_MAX = const(32)  # of the cancelled ones
PATH = "/falls"

_LINE_MAX = const(256)  # bytes, of 90 features; a longer one loses them
_SIZE_MAX = const(8256)  # bytes of the file: the head and 32 lines of the longest
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

    def add(self, score, features, cancelled, now_ms):
        """One more suspected fall (cancelled 0), or that she cancelled it (1)."""
        self._due_ms = now_ms + _LATER_MS
        if not cancelled:
            self._suspected += 1
            return
        self._cancelled += 1
        line = _line([score, _packed(features)])
        if len(line) > _LINE_MAX:
            line = _line([score, ""])
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


def counts(store):
    """(suspected, cancelled), since it was begun."""
    return tuple(_read(store.read(PATH, _SIZE_MAX) or b"")[1][1:])


def _line(fields):
    return json.dumps(fields, separators=(",", ":")).encode() + b"\n"


def _packed(features):
    """Each in 16 bits: what does not fit is the most, or the least, that does."""
    data = bytearray(2 * len(features))
    for index, value in enumerate(features):
        value = min(max(value, -32768), 32767)
        data[2 * index] = value & 0xFF
        data[2 * index + 1] = value >> 8 & 0xFF
    return binascii.b2a_base64(bytes(data)).decode().strip()


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
        if counts is None:
            counts = _fields(data[at:end], (int, int, int))
            if counts is None or counts[0] != FORMAT:
                return nothing
        else:
            fields = _fields(data[at:end], (int, str))
            if fields is None or not _is_packed(fields[1]):
                return nothing
            starts.append(at)
        at = end
    return (starts + [at], counts) if counts is not None else nothing


def _fields(line, kinds):
    """Return the fields of a line, of these types; None of what `_line` does not make of them.

    MicroPython takes more for JSON than CPython does: a carriage return within a string, say.
    """
    try:
        fields = json.loads(line)
    except (ValueError, RuntimeError):  # RuntimeError: nested too deeply
        return None
    if type(fields) is not list or tuple([type(field) for field in fields]) != kinds:
        return None
    return fields if _line(fields) == line else None


def _is_packed(text):
    try:
        return len(binascii.a2b_base64(text)) % 2 == 0
    except ValueError:
        return False
