"""What is to become segments: pages of records, in memory until their turn to be written.

Separate because this is the one buffer between what happens and the flash: while the first
message of an alert has the right of way, or an erase holds things up, records wait here. Each
class fills a page of its own; a full one waits in `full`, in the order in which they became full.
A page is a sector with room for what surrounds the records, so that it is encrypted where it is.
All are allocated once. Imports struct, micropython and the records.
"""

import struct

from micropython import const

from firmware.evidence import records

PAGE = const(4096)
BODY_AT = const(48)
BODY_END = const(4064)
ROOM = const(4016)  # bytes of records in a page

_KEPT_BACK = const(4)  # pages that sound must leave to the other two
_RUN_MAX = const(1015)  # bytes of an AUDIO: 250 ms at 8 kHz, whose time is then told again
_LENGTH_AT = const(1)
_EMPTY = bytes(PAGE)
_CLASSES = const(4)  # counted from 1


class Pages:
    """count: pages in all; at least 8."""

    def __init__(self, count):
        self.full = []  # (class, page)
        self._spare = [bytearray(PAGE) for _ in range(count)]
        self._open = {}  # by class
        self._end = [BODY_AT] * _CLASSES  # where the next record goes
        self._run_at = self._run_next = 0  # the AUDIO that may go on: where, and with which sample

    def put(self, which, kind, at_ms, values, tail=b""):
        """Add a record to this class; False when there is no room.

        values: what records.layout() asks for; tail: bytes that follow them.
        """
        layout = records.layout(kind, which)
        length = struct.calcsize(layout) + len(tail)
        if not self.make_room(which, records.HEAD + length):
            return False
        page, at = self._open[which], self._end[which]
        end = self._end[which] = at + records.HEAD + length
        struct.pack_into(records.HEAD_LAYOUT, page, at, kind, length, at_ms)
        if values:
            struct.pack_into(layout, page, at + records.HEAD, *values)
        if tail:
            page[end - len(tail) : end] = tail
        if which == records.SOUND:
            self._run_at = 0
        return True

    def sound(self, first_sample, prediction, index, data, at_ms):
        """Add an AUDIO, or go on with the last one where this is what follows it."""
        length = len(data)
        if not self._goes_on(first_sample, length):
            state = (first_sample, prediction, index, 0)
            if not self.put(records.SOUND, records.AUDIO, at_ms, state, data):
                return False
            self._run_at = self._end[records.SOUND] - length - _AUDIO_HEAD
        else:
            page, end = self._open[records.SOUND], self._end[records.SOUND]
            page[end : end + length] = data
            self._end[records.SOUND] = end + length
            whole = end + length - self._run_at - records.HEAD
            struct.pack_into("<H", page, self._run_at + _LENGTH_AT, whole)
        self._run_next = first_sample + 2 * length
        return True

    def make_room(self, which, size):
        """Open the page where a record of this size will go; False when there is none."""
        if size > ROOM:
            return False
        if self._end[which] + size > BODY_END:
            self.flush(which)
        if which not in self._open:
            kept_back = _KEPT_BACK if which == records.SOUND else 0
            if len(self._spare) <= kept_back:
                return False
            self._open[which] = self._spare.pop()
        return True

    def flush(self, which):
        """Let the open page of a class wait for its turn, if it holds anything."""
        if which in self._open:
            self.full.append((which, self._open.pop(which)))
            self._end[which] = BODY_AT
            if which == records.SOUND:
                self._run_at = 0

    def waiting(self, which):
        """How many segments of this class are still to come, the open page included."""
        return sum(1 for one, _ in self.full if one == which) + (which in self._open)

    def release(self, page):
        """Take back a page that was written; what it held is overwritten."""
        page[:] = _EMPTY
        self._spare.append(page)

    def clear(self):
        """Forget everything."""
        for which in records.CLASSES:
            self.flush(which)
        while self.full:
            self.release(self.full.pop()[1])

    def _goes_on(self, first_sample, length):
        end = self._end[records.SOUND]
        return (
            self._run_at > 0
            and first_sample == self._run_next
            and end + length <= min(BODY_END, self._run_at + _RUN_MAX)
        )


_AUDIO_HEAD = records.HEAD + struct.calcsize(records.layout(records.AUDIO))
