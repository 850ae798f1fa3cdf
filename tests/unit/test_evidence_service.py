"""The recording as a service: what it writes down of what happens, holds back, and survives."""

from firmware.evidence import records
from firmware.evidence_messages import (
    BY_DANGER,
    BY_FALL,
    BY_GESTURE,
    END_CANCELLED,
    EvidenceFault,
    RecordingBegun,
    RecordingClosed,
    RecordingOpened,
    StartRecording,
    StopRecording,
)
from firmware.messages import (
    BatteryRead,
    ButtonDown,
    ButtonUp,
    Cell,
    CellSeen,
    FallSuspected,
    Fix,
    FixAcquired,
    Gesture,
    JournalAppend,
    SmsAccepted,
    SmsReport,
    TimeKnown,
)
from firmware.motion_messages import FallTrace
from firmware.policy.motion_ring import MotionRing
from firmware.services.evidence import Evidence
from firmware.services.microphone import SOUND
from firmware.services.motion_trace import MotionTrace

NUMBERS = ("+33639980001", "+33639980002")


class Settings:
    rate_hz = 8000


class Recorder:
    def __init__(self, room_ms=3600000, seals=256):
        self.open = False
        self.held = 0
        self.taken, self.sound, self.steps = [], [], 0
        self.closing = None
        self._room_ms, self._seals = room_ms, seals
        self.clips = 0
        self.accels = []

    def start(self, trigger, now_ms, settings):
        self.open, self.closing = True, None
        self.taken = [("start", trigger)]
        return True

    def hold(self, flag):
        self.held = flag

    def close(self, reason, now_ms):
        self.closing = reason

    def step(self, now_ms):
        if self.held:
            return []
        self.steps += 1
        if self.steps == 1:
            return [RecordingOpened(0, "0oA")]
        if self.closing is not None:
            self.open = False
            return [RecordingClosed(0, "0hB", self.closing)]
        return []

    def wake_ms(self, now_ms):
        return now_ms

    def idle_step(self, now_ms):
        self.steps += 1

    def room_ms(self, rate_hz):
        return self._room_ms

    def seals_left(self):
        return self._seals

    def audio(self, first, prediction, index, data, at_ms):
        self.sound.append(first)

    def lost(self, first, count, reason, at_ms):
        self.sound.append((first, count, reason))

    def clipped(self, count):
        self.clips += count

    def accel(self, first, data, at_ms):
        if not self.accels:
            self.first_x = data[0]
        self.accels.append((first, len(data) // 3, at_ms))

    def record(self, kind, at_ms, values=(), tail=b""):
        self.taken.append((kind, values or tail))


class Microphone:
    def __init__(self):
        self.finding, self.clipped, self.running = "", 0, False
        self.pieces = []

    def start(self, now_ms):
        self.running = True

    def stop(self):
        self.running = False

    def arm(self, now_ms):
        return False

    def step(self, now_ms):
        pass

    def take(self):
        return self.pieces.pop(0) if self.pieces else None

    def wake_ms(self, now_ms):
        return now_ms + 90 if self.running else None


class Trace:
    def __init__(self):
        self.words = []

    def note(self, word, value=0):
        self.words.append((word, value))


def birth():
    yield
    return None


def made(recorder=None, microphone=None, ring=None):
    recorder = recorder or Recorder()
    microphone = microphone or Microphone()
    trace, motion, power = Trace(), MotionTrace(lambda: ring), (lambda: 3900, lambda: 0)
    it = Evidence(birth(), lambda: recorder, microphone, motion, Settings, NUMBERS, power, trace)
    assert it.step(0) == [EvidenceFault("restarted")]
    it.idle_step(0)
    it.idle_step(10)
    return it, recorder, microphone, trace


def begun(trigger=BY_DANGER, **how):
    it, recorder, microphone, trace = made(**how)
    it.execute(StartRecording(trigger), 1000)
    return it, recorder, microphone, trace


def test_nothing_is_recorded_without_keys_or_a_microphone():
    for recorder, microphone in ((None, Microphone()), (Recorder(), None)):
        it = Evidence(
            birth(),
            lambda r=recorder: r,
            microphone,
            MotionTrace(lambda: None),
            Settings,
            (),
            (lambda: 0, lambda: 0),
            Trace(),
        )
        it.step(0)
        it.idle_step(0)
        it.idle_step(1)
        it.execute(StartRecording(BY_DANGER), 5)
        assert it.step(6) == [EvidenceFault("absent")]
        assert it.may_sleep(7) and it.wake_ms(7) is None


def test_the_room_is_told_when_it_begins():
    it, recorder, microphone, trace = begun()
    assert it.step(1000)[0] == RecordingBegun(BY_DANGER, 60)
    assert ("minutes", 60) in trace.words and microphone.running
    it, _, _, trace = begun(recorder=Recorder(seals=16))
    assert EvidenceFault("few_seals") in it.step(1000) and ("seals", 16) in trace.words


def test_the_first_message_goes_first():
    it, recorder, _, _ = begun()
    it.step(3000)
    assert recorder.held and not recorder.steps
    recorder.steps = 0
    it.learn(SmsAccepted(1, 1), 4000)
    it.step(4000)
    assert not recorder.held and recorder.steps == 1
    it, recorder, _, _ = begun()
    it.step(8999)
    assert recorder.held
    it.step(9000)
    assert not recorder.held, "at most eight seconds"
    it, recorder, _, _ = begun(BY_GESTURE)
    assert not recorder.held, "nobody is told"


def test_what_happens_is_written_down():
    it, recorder, _, _ = begun()
    it.learn(ButtonDown(), 1100)
    it.learn(Gesture("danger_again", 1100), 1200)
    it.learn(FixAcquired(Fix(1, 2, 3, 4, 1300, 5, 6, 7, 8)), 1300)
    it.learn(CellSeen(Cell("208", "01", "1A2B", "0123456")), 1400)
    it.learn(BatteryRead(80), 1500)
    it.learn(TimeKnown(1000, 1600, "gnss", 1000), 1600)
    it.learn(SmsReport(1, NUMBERS[1], 0), 1700)
    it.learn(SmsReport(1, "+33639980099", 0), 1700)
    it.execute(JournalAppend("sent", (1, 0, 0)), 1800)
    it.execute(JournalAppend("sent", (5, 8, 0)), 1800)  # the witness
    it.execute(JournalAppend("answer", (0,)), 1900)
    it.execute(JournalAppend("raised", ("danger", 5)), 2000)
    it.execute(JournalAppend("closed", ("cancel", 5)), 2100)
    events = [values for kind, values in recorder.taken if kind == records.EVENT]
    assert events == [(1, 0), (3, 8), (5, 1), (4, 1), (6, 0), (7, 2), (8, 1)]
    kinds = [kind for kind, _ in recorder.taken if kind not in ("start", records.EVENT)]
    assert kinds == [records.POWER, records.FIX, records.CELL, records.POWER, records.TIME]
    assert (records.CELL, b"208-01-1A2B-0123456") in recorder.taken


def test_what_she_did_just_before_is_in_it():
    it, recorder, _, _ = made()
    for k in range(20):
        it.learn(ButtonDown() if k % 2 else ButtonUp(), 100 + k)
    it.learn(ButtonDown(), 14000)
    it.learn(ButtonUp(), 14100)
    it.learn(Gesture("danger", 14000), 17000)
    it.learn(FixAcquired(Fix(1, 2, 3, 4, 1300, 5, 6, 7, 8)), 17000)  # nobody asked yet
    it.execute(JournalAppend("trigger", ("danger", 5)), 17000)
    it.execute(JournalAppend("sent", (0, 0, 0)), 17000)
    it.execute(StartRecording(BY_DANGER), 17000)
    events = [values for kind, values in recorder.taken if kind == records.EVENT]
    assert events == [(1, 0), (2, 0), (3, 2), (7, 2)], "the twenty are too old"
    assert records.FIX not in [kind for kind, _ in recorder.taken]
    it.execute(StopRecording(END_CANCELLED), 18000)
    for now_ms in (18001, 18002, 18003):
        it.step(now_ms)
    it.execute(StartRecording(BY_GESTURE), 19000)
    assert records.EVENT not in [kind for kind, _ in recorder.taken], "told once"
    it, recorder, _, _ = made()
    for k in range(20):
        it.learn(ButtonDown(), 100 + k)
    it.execute(StartRecording(BY_GESTURE), 500)
    assert [kind for kind, _ in recorder.taken].count(records.EVENT) == 12


def test_a_time_from_before_is_written_down_first():
    it, recorder, _, _ = made()
    it.learn(TimeKnown(1000, 500, "gnss", 1000), 500)
    it.execute(StartRecording(BY_DANGER), 1000)
    assert recorder.taken[1][0] == records.TIME


def test_all_that_was_heard_is_handed_over_before_the_end():
    microphone = Microphone()
    it, recorder, _, _ = begun(microphone=microphone)
    microphone.pieces = [(SOUND, 1280 * k, 0, 0, b"", 0) for k in range(20)]
    microphone.pieces.append((1, 25600, 256, 0))
    it.execute(StopRecording(END_CANCELLED), 5000)
    assert recorder.sound == [1280 * k for k in range(20)] + [(25600, 256, 1)]
    it.step(5001)
    closed = it.step(5002)
    assert closed == [RecordingClosed(0, "0hB", END_CANCELLED)] and not microphone.running


def test_a_press_while_it_ends_begins_the_next_one():
    it, recorder, microphone, _ = begun()
    it.step(1000)
    it.execute(StopRecording(END_CANCELLED), 5000)
    it.execute(StartRecording(BY_DANGER), 5001)
    for now_ms in range(5002, 5010):
        it.step(now_ms)
    assert recorder.open and recorder.taken[0] == ("start", BY_DANGER) and microphone.running


def test_a_microphone_that_fails_is_told_and_the_rest_goes_on():
    it, recorder, microphone, _ = begun()
    it.step(1000)
    microphone.finding = "stuck"
    assert EvidenceFault("microphone") in it.step(2000)
    assert EvidenceFault("microphone") not in it.step(2100)
    it.learn(ButtonDown(), 600000)
    it.step(600000)
    assert recorder.closing is None and recorder.taken[-1] == (records.EVENT, (1, 0))


def test_a_fall_that_is_told_later_is_recorded_with_its_trace():
    """The pre-alarm lasts longer than the ring holds what was felt."""
    ring = MotionRing()
    for number in range(2400):
        at = 3 * (number % 2400)
        ring.samples[at] = number
    ring.count = 2400
    for late_ms, wanted in ((35000, 2000), (130000, 0)):
        it, recorder, _, _ = made()
        it.learn(FallSuspected(10000, -3, ()), 14000)
        it.learn(FallTrace(10000, 9000, ring, 100, 2000), 20500)
        it.execute(StartRecording(BY_FALL), 10000 + late_ms)
        assert sum(count for _, count, _ in recorder.accels) == wanted
        events = [values for kind, values in recorder.taken if kind == records.EVENT]
        assert events == ([(9, 0x7FFFFFFD)] if wanted else [])
        if wanted:
            assert recorder.accels[0] == (0, 100, 1000) and recorder.first_x == 100
            assert recorder.accels[-1] == (1900, 100, 20000)


def felt(ring, count):
    """So many more samples, numbered in x."""
    for _ in range(count):
        ring.samples[3 * (ring.count % 2400)] = ring.count
        ring.count += 1


def test_what_is_felt_is_recorded_from_ten_seconds_before_on():
    ring = MotionRing()
    felt(ring, 1500)
    it, recorder, _, _ = made(ring=ring)
    it.execute(StartRecording(BY_GESTURE), 20000)
    for k in range(12):
        it.step(20000 + 100 * k)
    assert recorder.accels[0] == (0, 100, 10000) and recorder.first_x == 500
    assert [first for first, _, _ in recorder.accels] == list(range(0, 1000, 100))
    felt(ring, 150)
    it.step(22000)
    it.step(22100)
    assert recorder.accels[10:] == [(1000, 100, 20500)]
    ring.restart()  # the chip slept: what follows has no time of its own before it
    felt(ring, 30)
    it.execute(StopRecording(END_CANCELLED), 40000)
    assert recorder.accels[11:] == [(1150, 30, 39700)]


def test_another_ring_is_followed_as_well():
    rings = [MotionRing()]
    felt(rings[0], 1500)
    trace = MotionTrace(lambda: rings[0])
    trace.begin(1000)
    rings[0] = MotionRing()
    assert trace.take(1100) is None
    felt(rings[0], 250)
    assert trace.take(3600) is not None
    rings[0] = None
    assert trace.take(3700, True) is None
