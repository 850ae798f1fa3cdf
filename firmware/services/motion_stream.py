"""The stream of samples: to the detector, and what it finds to events.

Separate from the service that handles the chip (motion.py): here it does not matter where samples
come from, only whether they are continuous. Imports messages, micropython and the rule of wear;
the detector is handed in.
"""

from array import array

from micropython import const

from firmware.messages import FallSuspected
from firmware.motion_messages import FallTrace
from firmware.services.wear import Wear, is_of_a_body

_SAMPLE_MS = const(10)  # of what the detector is fed, whatever the chip's rate
_AXES = const(3)
_HALF = const(16)  # samples of 50 Hz that make the most that the detector takes at once

_LOST_MAX = const(25)  # samples: a longer gap is the end of one stream and the start of another
_TRACE = const(1000)  # samples before an impact, and from it on
_TRACES_MAX = const(4)


class Stream:
    """Give it what each drain of the FIFO brought; `wear` is what it says of the wearer."""

    def __init__(self, detector, trace, charging, rate_hz):
        """detector: policy/falls.py, for 100 Hz. rate_hz: of what it is given, 100 or 50."""
        self.wear = Wear()
        self._detector = detector
        self._trace = trace
        self._charging = charging
        self._rate_hz = rate_hz
        self._doubled = None if rate_hz == 100 else array("h", [0] * (2 * _HALF * _AXES))
        self._last = array("h", [0] * _AXES)  # the sample before those that come
        self._fed = 0  # samples since the stream began
        self._taken_ms = 0
        self._impacts = []  # (ms, index in the ring) whose trace is not complete

    def take(self, samples, count, now_ms, events):
        """Have the detector judge `count` samples, the last of which is of now."""
        self._taken_ms = now_ms
        if self._doubled is None:
            self._feed(samples, count, now_ms, events)
        else:
            for start in range(0, count, _HALF):
                part = min(_HALF, count - start)
                self._double(samples, start, part)
                part_ms = now_ms - 2 * _SAMPLE_MS * (count - start - part)
                self._feed(self._doubled, 2 * part, part_ms, events)
        self._hand_over(False, events)

    def miss(self, count, now_ms, events):
        """Samples were lost before these `count`: a short gap is passed over."""
        lost = (now_ms - self._taken_ms) * self._rate_hz // 1000 - count
        if lost > 0:
            self._trace.note("motion_lost", lost)
        if lost > _LOST_MAX:
            self.begin(now_ms, events)

    def begin(self, now_ms, events):
        """What follows is not continuous with what was."""
        self.end(events)
        self._detector.restart()
        self._fed = 0
        self._taken_ms = now_ms
        self.wear.pause()

    def end(self, events):
        """Nothing follows for a while."""
        self._hand_over(True, events)

    def still(self):
        """For how many samples of this stream the body has not moved."""
        return min(self._detector.still, self._fed)

    def needed(self):
        """Whether more samples are needed though nothing moves."""
        return bool(self._impacts or self._detector.busy())

    def _double(self, samples, start, count):
        """50 a second to 100: before each sample the mean of it and the one before."""
        doubled, last = self._doubled, self._last
        for index in range(count):
            for axis in range(_AXES):
                value = samples[(start + index) * _AXES + axis]
                if not self._fed and not index:
                    last[axis] = value  # it has none before
                at = 2 * index * _AXES + axis
                doubled[at] = last[axis] + value >> 1
                doubled[at + _AXES] = last[axis] = value

    def _feed(self, samples, count, now_ms, events):
        detector = self._detector
        found = detector.feed(samples, count)
        self._fed += count
        still = detector.still
        if still < self._fed:  # else the last motion was before this stream
            self.wear.moved(now_ms - still * _SAMPLE_MS)
        self.wear.pass_samples(count, still)
        if found is None or self._charging():
            return
        age, score, features = found
        impact_ms, index = now_ms - age * _SAMPLE_MS, detector.ring.count - 1 - age
        self.wear.judge(now_ms)
        if not self.wear.was_worn(impact_ms):
            if not is_of_a_body(detector.ring, index):
                return
            self.wear.put_on(now_ms)
        events.append(FallSuspected(impact_ms, score, features))
        if len(self._impacts) < _TRACES_MAX:
            self._impacts.append((impact_ms, index))

    def _hand_over(self, ended, events):
        """Tell the traces that are complete; where the stream has ended, all."""
        ring = self._detector.ring
        while self._impacts and (ended or ring.count - self._impacts[0][1] >= _TRACE):
            impact_ms, index = self._impacts.pop(0)
            start = max(ring.first, index - _TRACE)
            count = min(ring.count, index + _TRACE) - start
            events.append(FallTrace(impact_ms, (index - start) * _SAMPLE_MS, ring, start, count))
