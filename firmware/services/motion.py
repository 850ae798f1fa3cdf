"""The accelerometer's service: when its chip is read, sleeps and wakes, and what is wrong with it.

Separate because nothing else needs to know that motion comes over a bus. While the body moves, the
chip tells by INT1 that 200 ms of samples wait. After 30 s of stillness INT1 tells of motion
instead; the chip goes on sampling, so that at the wake-up its FIFO holds the 0.3 s before. The
level of INT1 decides, and the clock where the line is broken; an interrupt only ends a wait.

The chip may be absent, silent, stuck, mad or lost in the middle of a byte: that is a MotionFault,
told once, and a new start now and then. It never stops anything else. Where the supervisor builds
the service anew, an impact that was being examined and traces that are not complete are lost, and
it counts as worn. Imports messages, micropython and the stream of samples; chip, detector, line
and bus are handed in.
"""

from array import array

from micropython import const

from firmware.motion_messages import MotionFault, Worn
from firmware.services.motion_stream import Stream

_AXES = const(3)
_SLOTS = const(32)  # samples that one drain gives at most

_POLL_MS = const(250)  # the line should have told by then; the FIFO takes 320
_SILENT_MS = const(1000)
_STILL = const(3000)  # samples, before it sleeps
_CHECK_MS = const(60000)  # asleep: is the chip still there, and what it should be?
# Errors and impossible answers in a row that are a fault; fewer are asked again. The FIFO has
# room for 120 ms more when its line tells of 200.
_BAD_MAX = const(3)
_AGAIN_MS = const(20)  # from one of these to the next
_LINE_MISSED = const(5)  # watermarks in a row that INT1 did not tell

_BOOT_MS = const(5)  # of the chip (datasheet, boot procedure)
_RETRY_MS = (1000, 5000, 30000, 300000)
_SOUND_MS = const(60000)  # so long without a fault, and the next one is tried again in 1 s

# At +-8 g a step of the FIFO is several times the noise of the chip: that samples do not change
# proves nothing, it is a reason to try whether they can. Time from the first of such samples to
# the first test, and to the next.
_SAME_MS = const(120000)
_SAME_AGAIN_MS = const(1800000)
_TESTS_MAX = const(3)  # of one that failed: it may have been moved


class Motion:
    """One accelerometer and one detector; `step` it, ask when it needs the next step."""

    def __init__(self, accel, stream, trace, int1, clear_bus, rate_hz):
        self._accel = accel
        self._stream = stream
        self._trace = trace
        self._int1 = int1
        self._clear_bus = clear_bus
        self._rate_hz = rate_hz
        self._samples = array("h", [0] * (_SLOTS * _AXES))
        self._told_worn = None
        # What is in progress: a script, that starts the chip; else streaming or asleep
        self._script = self._start(True, False)
        self._due_ms = None  # at once
        self._asleep = self._moved = False
        self._sample_ms = self._started_ms = 0
        self._bad = self._line_missed = 0
        # What is wrong
        self._answered = False
        self._fault = ""  # the reason told
        self._tries = 0
        self._passed = None  # the last self-test
        self._tests = 0
        self._same = None  # the sample that has been the same
        self._test_same_ms = 0

    # -- what the application calls -----------------------------------------------------------

    def step(self, now_ms):
        """Read what waits, judge it; return events."""
        events = []
        line = self._level()
        try:
            reason = self._advance(line, now_ms, events)
            if line:
                self._level()  # the board compares with the level that was seen last
        except OSError:
            if self._script is None:
                reason = self._ask_again("bus", now_ms)
            else:
                reason = "bus" if self._answered else "absent"
        if reason:
            self._fail(reason, now_ms, events)
        # While nothing is known of its motion, it is taken for worn, and everything works.
        worn = 1 if self._fault else self._stream.wear.judge(now_ms)
        if worn != self._told_worn:
            self._told_worn = worn
            events.append(Worn(worn))
        return events

    def wake_ms(self, now_ms):
        """When it needs a step though the line says nothing."""
        if self._due_ms is None:
            return now_ms
        set_down_ms = self._stream.wear.wake_ms()
        if self._fault or set_down_ms is None:
            return self._due_ms
        return min(self._due_ms, set_down_ms)

    def findings(self):
        """Words for what is wrong with it, () when it is well: for the self-check."""
        found = [self._fault] if self._fault else []
        if self._passed is False:
            found.append("self_test")
        if self._line_missed >= _LINE_MISSED:
            found.append("line")
        return tuple(found)

    def test(self):
        """Have the chip test itself in the next steps; `findings` then tells."""
        if self._script is None:
            self._begin(self._start(True, False))

    # -- one step -----------------------------------------------------------------------------

    def _advance(self, line, now_ms, events):
        """Do what is due; returns the reason of a fault, or None."""
        due = self._due_ms is None or now_ms >= self._due_ms
        if self._script is not None:
            return self._go_on(now_ms, events) if due else None
        if self._bad:
            if not due:
                return None
            self._free_bus()
        elif not due and not line:
            return None
        if self._asleep:
            return self._look(due, now_ms, events)
        return self._drain(line, now_ms, events)

    def _drain(self, line, now_ms, events):
        """Awake: read what waits."""
        self._due_ms = now_ms + _POLL_MS
        if self._bad:
            self._accel.stream()  # what failed may have been that
        count = self._accel.drain(self._samples)
        if count < 0:
            return self._ask_again("garbage", now_ms)
        if not count:
            return "silent" if now_ms - self._sample_ms >= _SILENT_MS else None
        if line:
            self._line_missed = 0
        elif count > self._rate_hz // 5 + 1:
            self._line_missed += 1
        if self._accel.overrun or self._bad:
            self._bad = 0
            self._stream.miss(count, now_ms, events)
        self._take(count, now_ms, events)
        self._all_is_well(now_ms, events)
        if self._alike(count, now_ms):
            self._begin(self._start(True, True))
        elif self._stream.still() >= _STILL and not self._stream.needed():
            self._rest(now_ms)
        return None

    def _rest(self, now_ms):
        """Nothing moves: have the line tell of motion from now on, if there is a line."""
        if self._int1 is None or self._line_missed >= _LINE_MISSED:
            return
        if self._passed is False and self._tests < _TESTS_MAX:
            self._begin(self._start(True, False))  # it may have failed because it was moved
            return
        self._accel.sleep()
        self._asleep = True
        self._moved = False
        self._due_ms = now_ms + _CHECK_MS
        self._stream.wear.pause()

    def _look(self, due, now_ms, events):
        """Asleep: wake if it moved; now and then see that the chip does what it should."""
        accel = self._accel
        if accel.moved():
            self._moved = True  # and it stays so, should what follows fail: it is told once
        if self._moved:
            accel.stream()
        elif not due:
            return None  # the line is stuck
        elif not accel.intact():
            return self._ask_again("registers", now_ms)
        count = accel.drain(self._samples)
        if count <= 0:
            return self._ask_again("garbage" if count else "silent", now_ms)
        self._bad = 0
        if self._moved:
            self._asleep = False
            self._due_ms = now_ms + _POLL_MS
            self._stream.begin(now_ms, events)
            self._stream.wear.moved(now_ms)
            self._take(count, now_ms, events)
            return None
        self._due_ms = now_ms + _CHECK_MS
        if self._alike(count, now_ms):
            self._begin(self._start(True, True))
        return None

    def _ask_again(self, reason, now_ms):
        """One answer that was none proves nothing: returns the reason once it is a fault."""
        self._bad += 1
        self._due_ms = now_ms + _AGAIN_MS
        return reason if self._bad >= _BAD_MAX else None

    def _take(self, count, now_ms, events):
        self._sample_ms = now_ms
        self._stream.take(self._samples, count, now_ms, events)

    def _alike(self, count, now_ms):
        """Whether all samples have been the same for so long that it must be looked into."""
        samples = self._samples
        for index in range(_AXES, count * _AXES):
            if samples[index] != samples[index - _AXES]:
                self._same = None
                return False
        if self._same is None or samples[:_AXES] != self._same:
            self._same = samples[:_AXES]
            self._test_same_ms = now_ms + _SAME_MS
        return now_ms >= self._test_same_ms

    def _level(self):
        return self._int1 is not None and self._int1()

    def _free_bus(self):
        if self._clear_bus is not None:
            self._clear_bus()

    # -- starting, and faults -----------------------------------------------------------------

    def _start(self, test, suspected):
        """A script of delays in ms; returns the reason why it failed, "" when samples flow.

        test: whether to begin with a self-test. suspected: it is to say whether the samples can
        change at all.
        """
        accel = self._accel
        self._free_bus()
        yield _BOOT_MS
        if not accel.probe():
            return "identity"
        self._answered = True
        if test:
            self._passed = yield from accel.self_test()
            self._tests = 0 if self._passed else self._tests + 1
            if suspected and not self._passed:
                return "stuck"
        settle_ms = accel.configure(self._rate_hz)
        if not accel.intact():
            return "registers"
        yield settle_ms
        accel.drain(self._samples)
        accel.stream()
        return ""

    def _begin(self, script):
        self._script = script
        self._due_ms = None
        self._asleep = False

    def _go_on(self, now_ms, events):
        try:
            self._due_ms = now_ms + next(self._script)
            return None
        except StopIteration as end:
            self._script = None
            self._due_ms = now_ms + _POLL_MS
            self._sample_ms = self._started_ms = now_ms
            self._bad = 0
            self._test_same_ms = now_ms + _SAME_AGAIN_MS
            self._stream.begin(now_ms, events)
            return end.value

    def _all_is_well(self, now_ms, events):
        if self._fault:
            self._fault = ""
            events.append(MotionFault(""))
        if self._tries and now_ms - self._started_ms >= _SOUND_MS:
            self._tries = 0

    def _fail(self, reason, now_ms, events):
        """Tell it once, and try again later."""
        self._stream.end(events)
        self._stream.wear.forget()
        if not self._fault:
            self._fault = reason
            self._trace.note("motion_fault")
            events.append(MotionFault(reason))
        stuck = reason == "stuck"
        self._begin(self._start(stuck or self._passed is None, stuck))
        self._due_ms = now_ms + _RETRY_MS[min(self._tries, len(_RETRY_MS) - 1)]
        self._tries += 1
        self._answered = False
        self._same = None


def make(accel, detector, trace, int1, charging, clear_bus=None, rate_hz=100):
    """Return the service. accel: drivers/lis3dh.py; detector: policy/falls.py, 100 Hz.

    int1(): level of its line, None without one (it then never sleeps). charging(): 1 while power
    is present. clear_bus(): frees a stuck bus. rate_hz: of the chip, 100 or 50.
    """
    stream = Stream(detector, trace, charging, rate_hz)
    return Motion(accel, stream, trace, int1, clear_bus, rate_hz)
