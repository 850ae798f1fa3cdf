"""What comes in while a recording is open: brought into records, counted, and put on a page.

Separate because it is the side that others call, at any time, also before there is a key: it
only fills pages. Times are the caller's milliseconds, and ms since the trigger in a record. What
finds no room is counted, and told as soon as there is room again. Imports the records.
"""

from micropython import const

from firmware.evidence import records

_ACCEL_BYTES = const(6)  # of a sample
_ACCEL_MAX = const(600)  # bytes in a record


class Intake:
    """clipped: samples at the end of the scale, which the microphone counts."""

    def __init__(self, pages):
        self.pages = pages
        self.clipped = 0
        self._begin(0)

    def begin(self, trigger, now_ms, settings):
        """A recording begins: its pages begin with what is needed to understand them.

        trigger: see records.config(). now_ms: of the trigger.
        """
        self.pages.clear()
        self._begin(now_ms)
        for which in records.CLASSES:
            values = records.config(which, now_ms, trigger, settings)
            self.pages.put(which, records.CONFIG, 0, values)

    def _begin(self, now_ms):
        self.clipped = 0
        self._start_ms = now_ms
        self._samples = self._lost = 0
        self._counts = {records.FIX: 0, records.CELL: 0, records.EVENT: 0}
        self._accel_samples = 0
        self._missed_from = self._missed = 0  # samples that found no room
        self._forgotten = 0  # records that found none

    def audio(self, first_sample, prediction, index, data, at_ms):
        """Sound: see lib/adpcm.py; data: two samples a byte. at_ms: of the first one."""
        count = 2 * len(data)
        since_ms = at_ms - self._start_ms
        if self.tell_missed(since_ms) and self.pages.sound(
            first_sample, prediction, index, data, since_ms
        ):
            self._samples += count
            return
        self._miss(first_sample, count)

    def _miss(self, first_sample, count):
        if not self._missed:
            self._missed_from = first_sample
        self._missed += count

    def lost(self, first_sample, count, reason, at_ms):
        """Samples that the microphone has lost; reason: 1 masked or flash, 3 restarted."""
        since_ms = at_ms - self._start_ms
        values = (first_sample, count, reason)
        if self.tell_missed(since_ms) and self.pages.put(
            records.SOUND, records.LOST, since_ms, values
        ):
            self._lost += count
        else:
            self._miss(first_sample, count)

    def accel(self, first_sample, data, at_ms):
        """A trace: x, y and z of each sample in 16 bits, low byte first; bytes or array("h")."""
        view = memoryview(bytes(data))
        for at in range(0, len(view), _ACCEL_MAX):
            part = view[at : at + _ACCEL_MAX]
            count = len(part) // _ACCEL_BYTES
            values = (first_sample + at // _ACCEL_BYTES, count)
            if self._put(records.LOG, records.ACCEL, at_ms, values, part):
                self._accel_samples += count

    def record(self, kind, at_ms, values=(), tail=b""):
        """Any other record: what records.layout() asks for, in each class it belongs to."""
        for which in records.classes(kind):
            if self._put(which, kind, at_ms, values, tail) and kind in self._counts:
                self._counts[kind] += 1

    def note(self, kind, value, at_ms):
        """An EVENT of the recorder's own."""
        self.record(records.EVENT, at_ms, (kind, value))

    def _put(self, which, kind, at_ms, values, tail):
        since_ms = at_ms - self._start_ms
        if not self.pages.put(which, kind, since_ms, values, tail):
            self._forgotten += 1
            return False
        if self._forgotten:
            told = (records.FORGOTTEN, self._forgotten)
            if self.pages.put(records.LOG, records.EVENT, since_ms, told):
                self._counts[records.EVENT] += 1
                self._forgotten = 0
        return True

    def tell_missed(self, since_ms):
        """Write down which samples found no room; False when there is no room for that either.

        They count as lost samples.
        """
        if self._missed:
            values = (self._missed_from, self._missed, records.OVERRUN)
            if not self.pages.put(records.SOUND, records.LOST, since_ms, values):
                return False
            self._lost += self._missed
            self._missed = 0
        return True

    def totals(self, which):
        """The three numbers of a CLOSE."""
        if which == records.SOUND:
            return self._samples, self._lost, self.clipped
        if which == records.PLACE:
            return self._counts[records.FIX], self._counts[records.CELL], 0
        return self._counts[records.EVENT], self._accel_samples, 0
