"""The accelerometer's service with a chip, a bus and a detector that do what a test says."""

from array import array

from firmware.messages import FallSuspected
from firmware.motion_messages import FallTrace, MotionFault, Worn
from firmware.policy.motion_ring import SLOTS as SIZE
from firmware.policy.motion_ring import MotionRing
from firmware.services import motion
from firmware.services.wear import SET_DOWN_MS, Wear, is_of_a_body
from firmware.trace import Trace

SLOTS = 32
REST = (0, 0, 992)
MINUTE = 60000


class Detector:
    """Still is what does not change; `found` is what the next feed that reaches `at` tells."""

    def __init__(self):
        self.ring = MotionRing()
        self.still = 0
        self.log = []  # "restart" or (x, y, z); of samples the first `keep`
        self.keep = 1500
        self.at = None
        self.found = None
        self.examines = False
        self.raises = None
        self._last = None

    def feed(self, samples, count):
        assert 0 < count <= SLOTS
        if self.raises:
            raise self.raises
        for index in range(count):
            sample = tuple([samples[3 * index + axis] for axis in range(3)])
            if self.keep:
                self.keep -= 1
                self.log.append(sample)
            self.still = self.still + 1 if sample == self._last else 0
            self._last = sample
            for axis in range(3):
                self.ring.samples[3 * (self.ring.count % SIZE) + axis] = sample[axis]
            self.ring.count += 1
        if self.at is not None and self.ring.count > self.at:
            age = self.ring.count - 1 - self.at
            self.at = None
            return (age,) + self.found
        return None

    def restart(self):
        self.at = None  # an impact that was examined is forgotten
        self.ring.restart()
        self.log.append("restart")

    def busy(self):
        return self.examines


class Chip:
    """What drivers/lis3dh.py looks like from above; `rig` has the time and the motion."""

    def __init__(self, rig):
        self.rig = rig
        self.log = []
        self.rate_hz = None
        self.route = None
        self.taken_ms = 0  # the last sample that has been read
        self.overrun = False
        self.latched = False
        self.fails = None  # an OSError
        self.naks = 0  # so many of the next transactions are not acknowledged
        self.answers = self.whole = self.passes = True
        self.flows = True
        self.level = None  # what a mad chip says

    def count(self):
        if self.rate_hz is None or not self.flows:
            return 0
        period = 1000 // self.rate_hz
        return self.rig.now // period - self.taken_ms // period

    def line(self):
        if self.fails or self.rig.deaf:
            return 0
        if self.route == "motion":
            return 1 if self.latched else 0
        return 1 if self.route == "watermark" and self.count() >= self.rate_hz // 5 else 0

    def _do(self, what):
        self.log.append(what)
        if self.fails:
            raise self.fails
        if self.naks:
            self.naks -= 1
            raise OSError(19)

    def probe(self):
        self._do("probe")
        return self.answers

    def self_test(self):
        self._do("test")
        yield 90
        self._do("test more")
        yield 90
        return self.passes

    def configure(self, rate_hz):
        self._do("configure")
        self.rate_hz, self.route, self.taken_ms = rate_hz, None, self.rig.now
        return 80

    def intact(self):
        self._do("intact")
        return self.whole

    def stream(self):
        self._do("stream")
        self.route = "watermark"

    def sleep(self):
        self._do("sleep")
        self.route, self.latched = "motion", False

    def moved(self):
        self._do("moved")
        moved, self.latched = self.latched, False
        return moved

    def drain(self, samples):
        self._do("drain")
        if self.level is not None:
            return self.level
        waiting = self.count()
        self.overrun = waiting >= SLOTS
        count = min(waiting, SLOTS)
        period = 1000 // self.rate_hz
        newest = self.rig.now // period * period
        for index in range(count):
            sample = self.rig.motion(newest - (count - 1 - index) * period)
            for axis in range(3):
                samples[3 * index + axis] = sample[axis]
        self.taken_ms = self.rig.now
        return count


class Rig:
    """Time, motion(ms) -> mg, and the service between chip and detector."""

    def __init__(self, rate_hz=100, deaf=False, line=True):
        self.now = 0
        self.motion = lambda ms: REST
        self.deaf = deaf  # the line is cut
        self.power = 0
        self.cleared = 0
        self.events = []  # (ms, event)
        self.chip = Chip(self)
        self.detector = Detector()
        self.trace = Trace()
        self.seen = 0  # the level of the line that the service saw last
        int1 = self._int1 if line else None
        self.it = motion.make(
            self.chip, self.detector, self.trace, int1, lambda: self.power, self._clear, rate_hz
        )

    def _clear(self):
        self.cleared += 1

    def _int1(self):
        self.seen = self.chip.line()
        return self.seen

    def run(self, until_ms, every_ms=10):
        """Step it as the board would: when it asks for it, and when its line has risen."""
        while self.now <= until_ms:
            if self.chip.route == "motion" and self.motion(self.now) != REST:
                self.chip.latched = True
            rose = self.chip.line() and not self.seen
            if rose or self.now >= self.it.wake_ms(self.now):
                for event in self.it.step(self.now):
                    self.events.append((self.now, event))
            self.now += every_ms
        return self

    def told(self, kind):
        return [(ms, event) for ms, event in self.events if isinstance(event, kind)]

    def asleep(self):
        return self.chip.route == "motion"


def shaking(ms):
    return (0, 0, 700 if ms // 40 % 2 else 1300)


def moving(*spans):
    """A motion that shakes in these (from, until) ms."""

    def at(ms):
        return shaking(ms) if [1 for start, end in spans if start <= ms < end] else REST

    return at


def restarts(rig):
    return [at for at, entry in enumerate(rig.detector.log) if entry == "restart"]


# -- samples ---------------------------------------------------------------------------------


def test_it_starts_the_chip_and_then_reads_it():
    rig = Rig().run(1000)
    start = ["probe", "test", "test more", "configure", "intact", "drain", "stream"]
    assert rig.chip.log[:7] == start and rig.cleared == 1
    assert rig.chip.log[7:] == ["drain"] * 3  # 200 ms each
    assert rig.detector.log == ["restart"] + [REST] * 60
    assert [event for _, event in rig.events] == [Worn(1)]
    assert rig.it.findings() == ()


def test_every_sample_comes_once_and_in_order():
    for deaf in (False, True):
        rig = Rig(deaf=deaf)
        rig.motion = lambda ms: (ms // 10 % 4096, 0, 0)
        rig.run(10000)
        seen = [entry[0] for entry in rig.detector.log[1:]]
        assert len(seen) > 900
        assert seen == list(range(seen[0], seen[0] + len(seen))), deaf


def test_50_hz_becomes_100_by_means():
    rig = Rig(rate_hz=50)
    rig.motion = lambda ms: (ms // 20 * 8, -(ms // 20) * 8, 992)
    rig.run(5000)
    log = rig.detector.log[1:]
    first = log[1][0]
    assert log[0] == log[1]  # the first one has no neighbour
    assert len(log) > 400
    for at, sample in enumerate(log[1:]):
        assert sample == (first + 4 * at, -(first + 4 * at), 992), at


def test_50_hz_takes_a_full_fifo_too():
    rig = Rig(rate_hz=50).run(1000)
    before = rig.detector.ring.count
    rig.now += 540
    rig.run(rig.now)
    assert rig.detector.ring.count - before >= 54
    assert len(restarts(rig)) == 1


def test_a_short_gap_is_passed_over_and_a_long_one_ends_the_stream():
    for late_ms, stream_ends in ((250, False), (320, False), (570, False), (600, True)):
        rig = Rig().run(1000)
        while rig.chip.taken_ms != rig.now - 10:
            rig.run(rig.now)
        rig.now = rig.chip.taken_ms + late_ms
        rig.run(2500)
        assert len(restarts(rig)) == (2 if stream_ends else 1), late_ms
        lost = [value for _, word, value in rig.trace.notes() if word == "motion_lost"]
        assert bool(lost) == (late_ms > 320), late_ms


# -- sleep -----------------------------------------------------------------------------------


def test_it_sleeps_after_30_s_of_stillness():
    rig = Rig()
    rig.motion = moving((0, 20000))
    rig.run(49000)
    assert not rig.asleep()
    rig.run(51000)
    assert rig.asleep()
    reads = rig.chip.log.count("drain")
    rig.run(105000)
    assert rig.chip.log.count("drain") == reads  # costs nothing


def test_what_is_examined_keeps_it_awake():
    rig = Rig()
    rig.detector.examines = True
    rig.run(60000)
    assert not rig.asleep()
    rig.detector.examines = False
    rig.run(61000)
    assert rig.asleep()


def test_motion_wakes_it_and_the_past_comes_first():
    rig = Rig()
    rig.motion = moving((50000, 52000))
    rig.detector.keep = 0
    rig.run(49000)
    rig.detector.keep = 100
    rig.run(50040)
    assert not rig.asleep()
    (_, wake) = restarts(rig)
    first = rig.detector.log[wake + 1 : wake + 1 + SLOTS]
    assert first[:31] == [REST] * 31 and first[31] == shaking(50000)
    rig.run(81000)
    assert not rig.asleep()  # still for 29 s
    rig.run(83000)
    assert rig.asleep() and len(restarts(rig)) == 2


def test_a_line_that_is_stuck_does_not_wake_it():
    rig = Rig().run(40000)
    rig.chip.line = lambda: 1
    rig.run(50000)
    assert rig.asleep() and len(restarts(rig)) == 1


def test_without_its_line_it_never_sleeps_and_says_so():
    cut = Rig(deaf=True).run(60000)
    assert not cut.asleep() and cut.it.findings() == ("line",)
    none = Rig(line=False).run(60000)
    assert not none.asleep()


def test_asleep_the_chip_is_looked_after():
    for breakage, reason in (("whole", "registers"), ("flows", "silent")):
        rig = Rig().run(40000)
        setattr(rig.chip, breakage, False)
        rig.run(101000)
        assert [event for _, event in rig.told(MotionFault)] == [MotionFault(reason)], breakage


# -- worn or set down ------------------------------------------------------------------------


def test_set_down_after_half_an_hour_asleep_or_not():
    for examines in (False, True):
        rig = Rig()
        rig.detector.keep = 0
        rig.detector.examines = examines
        rig.motion = moving((0, 10000))
        rig.run(SET_DOWN_MS + 2 * MINUTE)
        assert rig.asleep() != examines
        ((start_ms, worn), (ms, down)) = rig.told(Worn)
        assert (start_ms, worn, down) == (0, Worn(1), Worn(0))
        assert 0 <= ms - (10000 + SET_DOWN_MS) <= 250, ms


def test_only_a_body_makes_it_worn_again():
    at = SET_DOWN_MS + 5 * MINUTE
    cases = (
        (((at, at + 300),), False),  # a knock
        (((at, at + 2900),), False),
        (((at, at + 400), (at + 3000, at + 3400), (at + 6000, at + 6400)), False),
        (((at, at + 6500),), True),
        (tuple([(at + n * 2000, at + n * 2000 + 700) for n in range(6)]), True),
    )
    for spans, worn in cases:
        rig = Rig()
        rig.detector.keep = 0
        rig.motion = moving(*spans)
        rig.run(at + MINUTE)
        flags = [event.flag for _, event in rig.told(Worn)]
        assert flags == ([1, 0, 1] if worn else [1, 0]), spans


def test_no_fall_while_set_down_or_charging():
    for at_ms, power, told in ((60000, 0, 1), (60000, 1, 0), (SET_DOWN_MS + MINUTE, 0, 0)):
        rig = Rig()
        rig.detector.keep = 0
        rig.motion = moving((at_ms - 200, at_ms))
        rig.run(at_ms)
        rig.power = power
        rig.detector.at, rig.detector.found = rig.detector.ring.count + 5, (7, (1, 2))
        rig.run(at_ms + 20000)
        assert len(rig.told(FallSuspected)) == told, (at_ms, power)
        assert len(rig.told(FallTrace)) == told, (at_ms, power)


FREE, BLOW = (0, 0, 16), (0, 0, 4000)


def of(*parts):
    """A motion of (until ms, what it is until then) from 0 on, and rest."""

    def at(ms):
        for until_ms, what in parts:
            if ms < until_ms:
                return what(ms) if callable(what) else what
        return REST

    return at


def test_set_down_an_impact_is_a_body_s_by_what_was_before_it():
    at = SET_DOWN_MS + 5 * MINUTE
    end = at + 10000
    cases = (
        ("a knock", ((at, REST), (at + 100, shaking)), 0, False),
        (
            "it is pushed off the table",
            ((at - 700, REST), (at - 380, shaking), (at, FREE)),
            0,
            False,
        ),
        ("it is let go after long", ((at - 2300, REST), (at - 380, shaking), (at, FREE)), 0, True),
        ("and picked up", ((at - 380, REST), (at, FREE), (at, BLOW), (end, shaking)), 450, False),
        ("she gets up and falls", ((at - 1000, REST), (end, shaking)), 450, True),
        ("she slides down", ((at - 600, REST), (at - 200, shaking), (at, FREE)), 450, True),
    )
    for what, parts, age, told in cases:
        for rate_hz in (100, 50):
            rig = Rig(rate_hz)
            rig.detector.keep = 0
            rig.motion = of(*parts)
            rig.run(at - 3000)
            assert rig.told(Worn)[-1][1] == Worn(0)
            fall(rig, at, age)
            rig.run(at + 12000)
            falls = [event for _, event in rig.told(FallSuspected)]
            assert len(falls) == told, (what, rate_hz)
            if told:
                assert rig.told(Worn)[-1][1] == Worn(1), what
                assert len(rig.told(FallTrace)) == 1


def test_wear_by_itself():
    wear = Wear()
    assert (wear.judge(5000), wear.wake_ms()) == (1, 5000 + SET_DOWN_MS)
    wear.moved(9000)
    wear.moved(8000)
    assert wear.wake_ms() == 9000 + SET_DOWN_MS
    assert wear.judge(8999 + SET_DOWN_MS) == 1
    assert wear.judge(9000 + SET_DOWN_MS) == 0 and wear.wake_ms() is None
    for still in (0, 99, 100, 100, 50, 3, 100):
        wear.pass_samples(100, still)
    assert wear.judge(9000 + SET_DOWN_MS) == 0
    wear.pass_samples(60, 0)
    wear.pass_samples(60, 10)
    assert not wear.was_worn(9000)
    assert wear.judge(9000 + SET_DOWN_MS) == 1
    assert wear.was_worn(9000 + SET_DOWN_MS) and not wear.was_worn(8999 + SET_DOWN_MS)
    wear.forget()
    assert (wear.worn, wear.wake_ms()) == (1, None) and wear.was_worn(0)


def ring_of(*samples):
    ring = MotionRing()
    for number, sample in enumerate(samples):
        for axis in range(3):
            ring.samples[3 * number + axis] = sample[axis]
    ring.count = len(samples)
    return ring


def test_what_moved_before_an_impact():
    shaken = [shaking(10 * n) for n in range(1000)]
    for moved, free, of_a_body in (
        (0, 0, False),
        (24, 0, False),
        (32, 0, True),
        (32, 24, True),
        (32, 34, False),
        (139, 34, False),
        (160, 34, True),
        (290, 0, True),
    ):
        samples = [REST] * 700 + shaken[:moved] + [FREE] * free + [BLOW] * 10 + [REST] * 440
        impact = 700 + moved + free
        for turn in (lambda s: s, lambda s: (s[2], s[0], s[1]), lambda s: (s[1], -s[2], s[0])):
            ring = ring_of(*[turn(sample) for sample in samples])
            assert is_of_a_body(ring, impact) == of_a_body, (moved, free)
    for count in (0, 1, 200):  # as far as the stream goes back
        ring = ring_of(*([REST] * 100 + shaken[:400]))
        ring.count = 100 + 400 - count
        ring.restart()
        ring.count = 500
        assert is_of_a_body(ring, 485) == (count == 200)


# -- falls -----------------------------------------------------------------------------------


def fall(rig, at_ms, age, score=9):
    """Have the detector find an impact of at_ms once `age` samples have passed since it."""
    rig.run(at_ms)
    rig.detector.at = rig.detector.ring.count + (rig.now - rig.chip.taken_ms) // 10
    rig.detector.found = (score, (1, 2, 3))
    feed = rig.detector.feed
    wanted = rig.detector.at + age

    def late(samples, count):
        found = feed(samples, count) if rig.detector.at is None else None
        if found is None and rig.detector.at is not None:
            at, rig.detector.at = rig.detector.at, None
            feed(samples, count)
            rig.detector.at = at
            if rig.detector.ring.count > wanted:
                rig.detector.at = None
                rig.detector.feed = feed
                return (rig.detector.ring.count - 1 - at,) + rig.detector.found
        return found

    rig.detector.feed = late


def test_the_time_of_the_impact_is_told():
    for rate_hz in (100, 50):
        for age in (0, 7, 250, 500):
            rig = Rig(rate_hz)
            fall(rig, 20000, age)
            rig.run(26000)
            ((ms, event),) = rig.told(FallSuspected)
            assert abs(event.impact_ms - 20010) <= 20, (rate_hz, age, event)
            assert (event.score, event.features) == (9, (1, 2, 3))
            assert ms - event.impact_ms <= 10 * age + 260


def test_at_50_hz_a_late_drain_does_not_move_the_impact():
    rig = Rig(50).run(1000)
    while rig.chip.taken_ms != rig.now - 10:
        rig.run(rig.now)
    detector = rig.detector
    impact_ms = rig.chip.taken_ms + 100
    detector.at, detector.found = detector.ring.count + 9, (7, ())
    rig.now = rig.chip.taken_ms + 560  # 28 samples wait; the impact is among the first 16
    rig.run(rig.now)
    ((_, event),) = rig.told(FallSuspected)
    assert abs(event.impact_ms - impact_ms) <= 20


def test_the_trace_follows_ten_seconds_after_the_impact():
    for at_ms, before_ms in ((4000, 3700), (9000, 8700), (20000, 10000)):
        rig = Rig()
        fall(rig, at_ms, 300)
        rig.run(at_ms + 9900)
        assert not rig.told(FallTrace)
        rig.run(at_ms + 10400)
        ((_, suspected),) = rig.told(FallSuspected)
        ((_, trace),) = rig.told(FallTrace)
        assert trace.impact_ms == suspected.impact_ms and trace.ring is rig.detector.ring
        assert abs(trace.before_ms - before_ms) <= 50
        impact = trace.start + trace.before_ms // 10
        assert trace.count == trace.before_ms // 10 + 1000
        assert abs(impact - (rig.detector.ring.count - 1000)) <= 30


def test_each_of_several_impacts_has_its_trace():
    rig = Rig()
    for at_ms in (20000, 23000, 26000):
        fall(rig, at_ms, 50)
    rig.run(40000)
    impacts = [event.impact_ms for _, event in rig.told(FallSuspected)]
    assert len(impacts) == 3
    assert [event.impact_ms for _, event in rig.told(FallTrace)] == impacts


def test_a_trace_keeps_it_awake_and_a_stream_that_ends_hands_it_over():
    rig = Rig()
    fall(rig, 25000, 0)  # nothing has moved since the start: at 30 s it would sleep
    rig.run(34000)
    assert not rig.asleep() and not rig.told(FallTrace)
    rig.chip.fails = OSError(19)
    rig.run(34300)
    ((_, trace),) = rig.told(FallTrace)
    assert 800 <= trace.count - trace.before_ms // 10 < 1000


# -- faults ----------------------------------------------------------------------------------


def test_an_absent_chip_is_told_once_and_tried_again_ever_more_rarely():
    rig = Rig()
    rig.chip.fails = OSError(19)
    rig.run(20 * MINUTE)
    assert [event for _, event in rig.told(MotionFault)] == [MotionFault("absent")]
    assert rig.it.findings() == ("absent",)
    # At 5 ms after: 0, 1 s, 5 s, 30 s, then every 5 min
    assert rig.chip.log == ["probe"] * 7 and rig.cleared == 7
    rig.chip.fails = None
    rig.run(26 * MINUTE)
    assert [event for _, event in rig.told(MotionFault)][1:] == [MotionFault("")]
    assert rig.it.findings() == () and rig.detector.ring.count > 1000


def breakages():
    """(reason, what breaks the chip, what mends it)"""

    def bus(chip, broken):
        chip.fails = OSError(116) if broken else None

    def identity(chip, broken):
        chip.answers = not broken
        bus(chip, False)

    def silent(chip, broken):
        chip.flows = not broken

    def garbage(chip, broken):
        chip.level = -1 if broken else None

    return (("bus", bus), ("silent", silent), ("garbage", garbage))


def test_a_chip_that_breaks_is_told_and_comes_back():
    for reason, breaks in breakages():
        rig = Rig()
        rig.motion = shaking
        rig.run(5000)
        breaks(rig.chip, True)
        rig.run(7000)
        assert [event for _, event in rig.told(MotionFault)] == [MotionFault(reason)], reason
        assert rig.it.findings() == (reason,)
        breaks(rig.chip, False)
        rig.run(50000)
        assert [e for _, e in rig.told(MotionFault)] == [MotionFault(reason), MotionFault("")]
        assert len(restarts(rig)) >= 2
        assert rig.it.findings() == ()


def test_a_chip_of_another_kind_or_that_forgets_is_a_fault():
    for breakage, reason in (("answers", "identity"), ("whole", "registers")):
        rig = Rig()
        setattr(rig.chip, breakage, False)
        rig.run(2 * MINUTE)
        assert [event for _, event in rig.told(MotionFault)] == [MotionFault(reason)]
        assert rig.detector.ring.count == 0


def test_one_mad_answer_is_thrown_away():
    rig = Rig().run(2000)
    rig.chip.level = -1
    rig.run(rig.chip.taken_ms + 220)
    rig.chip.level = None
    rig.run(5000)
    assert not rig.told(MotionFault) and len(restarts(rig)) == 1


def test_one_error_on_the_bus_loses_no_fall():
    for after_ms in range(0, 4600, 70):
        for naks in (1, 2):
            rig = Rig()
            rig.motion = shaking
            rig.detector.keep = 0
            fall(rig, 5000, 450)
            rig.run(5000 + after_ms)
            rig.chip.naks = naks
            rig.run(12000)
            ((_, event),) = rig.told(FallSuspected)
            assert abs(event.impact_ms - 5000) <= 20, (after_ms, event)
            assert not rig.told(MotionFault) and len(restarts(rig)) == 1
            assert rig.cleared == 1 + naks and not rig.trace.notes()


def test_errors_in_a_row_are_a_fault_and_it_recovers_with_a_gap():
    rig = Rig()
    rig.motion = shaking
    rig.run(5000)
    rig.chip.naks = 3
    rig.run(10000)
    assert [event for _, event in rig.told(MotionFault)] == [MotionFault("bus"), MotionFault("")]
    assert len(restarts(rig)) == 2 and rig.detector.ring.count > 800


def test_after_an_error_it_waits_though_the_line_is_high():
    rig = Rig().run(5000)
    rig.chip.naks = 1
    asked = len(rig.chip.log)
    while len(rig.chip.log) == asked:
        rig.run(rig.now)
    failed_ms = rig.now - 10
    assert rig.chip.line()
    rig.it.step(failed_ms + 1)
    assert len(rig.chip.log) == asked + 1 and rig.it.wake_ms(failed_ms + 1) == failed_ms + 20


def test_one_error_asleep_is_no_fault_and_keeps_no_motion_from_waking_it():
    for nth in range(4):  # of moved, stream, drain, then the first drain awake
        rig = Rig()
        rig.detector.keep = 0
        rig.motion = moving((50000, 50020))
        rig.run(49990)
        log, do = [], rig.chip._do

        def one_fails(what, log=log, do=do, nth=nth):
            log.append(what)
            do(what)
            if len(log) == nth + 1:
                raise OSError(19)

        rig.chip._do = one_fails
        if nth == 0:
            rig.motion = moving((50000, 50100))  # what told of it may be gone: it goes on
        rig.run(51000)
        assert not rig.asleep() and not rig.told(MotionFault), nth
        assert rig.detector._last == REST and rig.detector.still < 100


def test_one_flipped_bit_asleep_is_no_fault():
    for breakage, broken in (("whole", False), ("flows", False), ("level", -1), ("naks", 1)):
        rig = Rig().run(40000)
        sound = getattr(rig.chip, breakage)
        setattr(rig.chip, breakage, broken)
        asked = len(rig.chip.log)
        while len(rig.chip.log) == asked:
            rig.run(rig.now)
        setattr(rig.chip, breakage, sound)
        rig.run(rig.now + 5000)
        assert rig.asleep() and not rig.told(MotionFault) and len(restarts(rig)) == 1, breakage


def test_a_fault_that_returns_at_once_is_not_told_every_second():
    rig = Rig()
    rig.motion = shaking
    for _ in range(400):
        rig.run(rig.now + 1000)
        rig.chip.fails = OSError(19)
        rig.run(rig.now + 300)
        rig.chip.fails = None
    assert len(rig.told(MotionFault)) <= 14


def test_while_it_is_broken_it_counts_as_worn():
    rig = Rig()
    rig.detector.keep = 0
    rig.run(SET_DOWN_MS + MINUTE)
    rig.chip.fails = OSError(19)
    rig.run(2 * SET_DOWN_MS + 3 * MINUTE)
    assert [event.flag for _, event in rig.told(Worn)] == [1, 0, 1]


def test_what_the_detector_raises_is_not_swallowed():
    rig = Rig().run(1000)
    rig.detector.raises = ValueError("a bug")
    try:
        rig.run(2000)
    except ValueError:
        return
    raise AssertionError("a bug would stay unseen")


# -- self-test -------------------------------------------------------------------------------


def test_a_failed_self_test_is_a_finding_and_tried_again_at_rest():
    rig = Rig()
    rig.chip.passes = False
    rig.motion = moving((0, 60000))
    rig.run(30000)
    assert rig.it.findings() == ("self_test",) and not rig.told(MotionFault)
    assert rig.chip.log.count("test") == 1
    rig.run(200000)
    assert rig.chip.log.count("test") == 3 and rig.asleep()
    rig.chip.passes = True
    rig.it.test()
    rig.run(202000)
    assert rig.it.findings() == () and rig.chip.log.count("test") == 4


def test_samples_that_never_change_are_looked_into():
    for passes in (True, False):
        rig = Rig()
        rig.detector.keep = 0
        rig.motion = moving((0, 10000))
        rig.run(9000)
        rig.chip.passes = passes
        rig.run(10 * MINUTE)
        tests = rig.chip.log.count("test")
        if passes:
            assert tests == 2 and not rig.told(MotionFault)
            rig.run(45 * MINUTE)
            assert rig.chip.log.count("test") == 3
        else:
            assert [event for _, event in rig.told(MotionFault)] == [MotionFault("stuck")]
            assert tests > 2


def test_one_array_holds_every_drain():
    rig = Rig().run(1000)
    samples = rig.it._samples
    rig.run(5000)
    assert rig.it._samples is samples and isinstance(samples, array)
