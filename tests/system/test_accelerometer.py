"""The accelerometer's driver and service against the virtual chip, register by register."""

from array import array
from math import cos, radians, sin

import pytest
from harness import Rng, depth
from perils import Run, evening, fault

from firmware.drivers.lis3dh import SLOTS, Lis3dh
from firmware.motion_messages import MotionFault
from firmware.services import motion
from firmware.trace import Trace
from simulator.devices.accelerometer import FAULTS, Accelerometer
from simulator.devices.lis3dh import CTRL_REG3, SELF_TEST_MG, Chip
from simulator.edge import Bus as Buses
from simulator.edge import Line, OpenDrain
from simulator.world import World

MODELS = ("lis3dh", "lis2dh12")
REST = (0.0, 0.0, 1000.0)
MG = 16  # a step of the FIFO at +-8 g


class Bus:
    """machine.I2C with one chip on it."""

    def __init__(self, chip):
        self.chip = chip
        self.written = []

    def readfrom_mem_into(self, address, register, into):
        assert address == 0x18
        into[:] = self.chip.read(register, len(into))

    def writeto_mem(self, address, register, data):
        assert address == 0x18
        self.written.append((register, bytes(data)))
        self.chip.write(register, bytes(data))


def made(model="lis3dh", rate_hz=100, settled=True):
    """A configured chip and its driver."""
    chip = Chip(model)
    driver = Lis3dh(Bus(chip))
    assert driver.probe()
    driver.configure(rate_hz)
    if settled:
        feel(chip, [REST] * 8)
        driver.drain(room())
    return chip, driver


def room():
    return array("h", [0] * (3 * SLOTS))


def feel(chip, samples):
    for sample in samples:
        chip.tick(*sample)


def drained(driver):
    """A drain as a list of samples."""
    samples = room()
    count = driver.drain(samples)
    return [tuple(samples[3 * at : 3 * at + 3]) for at in range(count)]


def finish(script, chip, rate_hz=100):
    """What a script of delays returns, with the chip at rest meanwhile."""
    while True:
        try:
            delay_ms = next(script)
        except StopIteration as end:
            return end.value
        feel(chip, [REST] * (delay_ms * rate_hz // 1000))


# -- registers -------------------------------------------------------------------------------


@pytest.mark.parametrize("rate_hz", (100, 50))
@pytest.mark.parametrize("model", MODELS)
def test_every_write_means_something_to_the_chip(model, rate_hz):
    chip, driver = made(model, rate_hz)
    assert driver.intact() and chip.rate_hz == rate_hz
    for route in (driver.stream, driver.sleep, driver.stream):
        route()
        assert driver.intact()
    finish(driver.self_test(), chip)
    driver.configure(rate_hz)
    assert driver.intact() and chip.misused == set()


def test_a_brown_out_is_seen():
    chip, driver = made()
    chip.power_on()
    assert not driver.intact()


# -- samples ---------------------------------------------------------------------------------


def test_what_is_felt_is_drained_to_a_step_of_the_fifo():
    chip, driver = made()
    rng = Rng(1)
    felt = [tuple(rng.between(-7900, 7900) for _ in range(3)) for _ in range(SLOTS - 1)]
    feel(chip, felt)
    found = drained(driver)
    assert len(found) == len(felt) and not driver.overrun
    for one, other in zip(felt, found):
        assert all(-2 <= mg - step < MG for mg, step in zip(one, other)), (one, other)


def test_beyond_the_range_it_saturates():
    chip, driver = made()
    feel(chip, [(20000, -20000, 8190)])
    assert drained(driver) == [(8176, -8192, 8176)]


def test_no_sample_is_lost_or_read_twice_whatever_the_drains():
    for seed in range(depth(1000)):
        chip, driver = made()
        rng = Rng(seed)
        felt, found = [], []
        while len(felt) < 300:
            part = [(len(felt) + n - 150) * MG for n in range(rng.below(SLOTS))]
            feel(chip, [(mg, 0, 0) for mg in part])
            felt += part
            found += [sample[0] for sample in drained(driver)]
            assert not driver.overrun
        assert found == felt, seed


def test_a_full_fifo_keeps_the_newest_and_says_so():
    for count in (SLOTS, SLOTS + 1, 100):
        chip, driver = made()
        feel(chip, [(n * MG, 0, 0) for n in range(count)])
        found = [sample[0] // MG for sample in drained(driver)]
        assert found == list(range(count - SLOTS, count)) and driver.overrun
        assert drained(driver) == [] and not driver.overrun


# -- its line --------------------------------------------------------------------------------


@pytest.mark.parametrize(("rate_hz", "count"), ((100, 20), (50, 10)))
def test_the_line_tells_of_200_ms_of_samples(rate_hz, count):
    chip, driver = made(rate_hz=rate_hz)
    driver.stream()
    for n in range(1, 26):
        feel(chip, [REST])
        assert chip.int1 == (n >= count), n
    assert len(drained(driver)) == 25 and chip.int1 == 0


def tilt(degrees_s):
    """Samples of a body that tips over so fast."""
    turns = [radians(degrees_s * n / 100) for n in range(100)]
    return [(1000 * sin(turn), 0, 1000 * cos(turn)) for turn in turns]


MOTIONS = {
    "a knock": ([(0, 0, 1000 + 300 * (-1) ** n) for n in range(5)], True),
    "getting up": (tilt(30), True),
    "a fall": (tilt(120), True),
    "turning over": (tilt(-20), True),
    "a breath": ([(20 * n / 100, 0, 1000) for n in range(100)], False),
    "noise": ([(20 * (-1) ** n, 12, 1000 + 20 * (-1) ** (n // 2)) for n in range(100)], False),
    "one sample": ([(0, 0, 1200)], False),
}


@pytest.mark.parametrize("what", MOTIONS)
@pytest.mark.parametrize("model", MODELS)
def test_what_wakes_it(model, what):
    samples, wakes = MOTIONS[what]
    chip, driver = made(model)
    feel(chip, [REST] * 200)
    driver.sleep()
    feel(chip, [REST] * 500)
    assert chip.int1 == 0 and not driver.moved()
    feel(chip, samples)
    assert chip.int1 == wakes
    assert driver.moved() is wakes and chip.int1 == 0


def test_a_motion_before_it_sleeps_is_no_reason_to_wake():
    chip, driver = made()
    feel(chip, [(800 * (-1) ** n, 0, 1000) for n in range(100)])
    driver.sleep()
    assert chip.int1 == 0
    assert chip.read(CTRL_REG3)[0] == 0x40


def test_asleep_it_holds_the_third_of_a_second_before():
    chip, driver = made()
    driver.sleep()
    feel(chip, [REST] * 1000)
    for n in range(10):
        feel(chip, [(0, 300 * (-1) ** n, 1000)])
        if chip.int1:
            break
    found = drained(driver)
    assert len(found) == SLOTS and n <= 3
    assert [abs(sample[1]) > 200 for sample in found].count(True) == n + 1


# -- self-test -------------------------------------------------------------------------------


@pytest.mark.parametrize("model", MODELS)
def test_the_self_test_of_a_sound_chip_passes_and_of_a_broken_one_fails(model):
    cases = (
        (SELF_TEST_MG, True),
        ((70, 70, 70), True),
        ((1400, 1400, 1400), True),
        ((0, 500, 500), False),
        ((500, 60, 500), False),
        ((1500, 500, 500), False),  # on z it would saturate: gravity is there already
    )
    for force_mg, passes in cases:
        chip, driver = made(model)
        chip.self_test_mg = force_mg
        assert finish(driver.self_test(), chip) is passes, force_mg
        driver.configure(100)
        feel(chip, [REST] * 20)
        assert drained(driver)[10:] == [(0, 0, 992)] * 10  # the force is off


# -- the service on top ------------------------------------------------------------------------


class Detector:
    """Remembers; still is what does not move by more than a step of the FIFO."""

    class ring:
        count = first = 0

    def __init__(self):
        self.samples = []
        self.still = 0

    def feed(self, samples, count):
        for at in range(count):
            sample = tuple(samples[3 * at : 3 * at + 3])
            last = self.samples[-1] if self.samples else sample
            moved = max(abs(a - b) for a, b in zip(sample, last)) > MG
            self.still = 0 if moved else self.still + 1
            self.samples.append(sample)

    def restart(self):
        pass

    def busy(self):
        return False


def test_a_night_on_a_table_costs_little_and_a_touch_ends_it():
    chip = Chip()
    detector = Detector()
    it = motion.make(Lis3dh(Bus(chip)), detector, Trace(), lambda: chip.int1, lambda: 0)
    steps = told = 0
    night_ms = 3_600_000
    for now_ms in range(0, night_ms + 5000, 10):
        felt = REST if now_ms < night_ms else (0, 200 * (now_ms // 10 % 2), 1000)
        chip.tick(*felt)
        if chip.int1 or now_ms >= it.wake_ms(now_ms):
            told += len(it.step(now_ms))
            steps += 1
        if now_ms == 60_000:
            steps = 0
        if now_ms == night_ms:
            # Looked after once a minute; a self-test of a second and half a minute awake each
            # time that nothing at all has changed for 2, then 30 minutes.
            assert steps < 59 + 3 * 220, steps
    assert told == 2 and it.findings() == ()  # worn at first, then set down
    assert len(detector.samples) > 3000 + 450


class Direct:
    """The device's slave, as a Bus of this file asks a chip."""

    def __init__(self, accel):
        self._accel = accel

    def read(self, register, count):
        self._accel.written(bytes((register,)))
        return self._accel.read(count)

    def write(self, register, data):
        self._accel.written(bytes((register,)) + data)


# -- where falls are not to be noticed -----------------------------------------------------------

HALF_AN_HOUR_LATER = (
    "{at: 33min, do: press, count: 3}",
    "{at: 2000s, do: contact, number: +33 6 39 98 00 01, action: reply, text: OK}",
)
ASKED_MS = 3000  # so long after her presses what is felt answers them


@pytest.mark.parametrize(
    "kind, notices", (("still", "true"), ("still", "false"), ("walk", "false"))
)
def test_on_a_table_nothing_unasked_is_felt_whether_falls_are_noticed_or_not(kind, notices):
    steps = (f"{{at: 1s, do: motion, kind: {kind}}}", *HALF_AN_HOUR_LATER)
    settings = (f"device.config.fall_detection={notices}", "world.start_utc=2026-11-05T12:00:00Z")
    run = Run(evening(steps, "34min", settings))
    felt = [ms - run.trigger_ms for ms, _ in run.felt()]
    assert run.summary["exceptions"] == [] and min(felt) <= ASKED_MS
    assert (max(felt) > ASKED_MS) is (kind == "walk")


@pytest.mark.parametrize(
    ("settings", "told"), (((), 5), (("fall_detection=false",), 0), (("profile=cohabiting",), 0))
)
def test_a_fall_that_is_not_to_be_noticed_is_not(settings, told):
    settings = [f"device.config.{one}" for one in settings]
    run = Run(evening(("{at: 30s, do: motion, kind: slip}",), "90s", settings))
    assert len(run.rows) == told and bool(run.felt()) is bool(told)
    assert run.result.stage.accel.taken > 5000
    assert run.summary["exceptions"] == [] and run.restarts()[0]["motion"] == 0


# -- faults, in the world ----------------------------------------------------------------------


FAULT_MS = 20_000
BACK_MS = 31_000  # after the fault: the third try is 30 s after the second


@pytest.mark.parametrize("kind", sorted(FAULTS))
def test_whatever_breaks_it_is_read_again_afterwards(kind):
    line = f"fault accel {kind} for={FAULT_MS}ms"
    steps = ["{at: 1s, do: motion, kind: walk}", fault(line, 5000)]
    seen = []

    def look(stage):
        chip = stage.accel.chip
        read = chip._read_samples

        def reading(count):
            seen.append((stage.world.now_ms, count))
            return read(count)

        chip._read_samples = reading

    run = Run(evening(steps, "90s"), prepare=look)
    assert run.summary["exceptions"] == [] and run.summary["resets"] == 0
    back_ms = 5000 + FAULT_MS + BACK_MS
    before = sum(count for ms, count in seen if 2000 <= ms < 5000)
    after = sum(count for ms, count in seen if back_ms <= ms < back_ms + 10_000)
    assert abs(before - 300) <= 25 and abs(after - 1000) <= 25, (kind, before, after)
    assert run.restarts()[0]["motion"] == 0


@pytest.mark.parametrize("stuck", (True, False))
def test_samples_that_stay_the_same_are_a_fault_only_where_the_force_moves_nothing(stuck):
    """On a table, without a tremor, they stay the same too."""
    world = World(1, 0)
    sda, scl, int1 = OpenDrain(world, "sda"), OpenDrain(world, "scl"), Line(world, "int1")
    accel = Accelerometer(world, Buses(sda, scl), int1)
    it = motion.make(Lis3dh(Bus(Direct(accel))), Detector(), Trace(), None, lambda: 0)
    told = []
    while world.now_ms < 150_000:
        if stuck and world.now_ms == 10_000:
            accel.start_fault("stuck", {})
        world.run_until(world.now_ms + 10)
        if world.now_ms >= it.wake_ms(world.now_ms):
            told += [event for event in it.step(world.now_ms) if isinstance(event, MotionFault)]
    assert told == ([MotionFault("stuck")] if stuck else [])
