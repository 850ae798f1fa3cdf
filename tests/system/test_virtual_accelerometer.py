"""The accelerometer in the world: when it samples, what it drives, what may be wrong with it."""

import pytest

from simulator.board import BoardModel
from simulator.devices.accelerometer import ADDRESS, FAULTS, Accelerometer, Still
from simulator.edge import Bus, Line, OpenDrain
from simulator.stage import ROOT
from simulator.world import World

HOUR_MS = 3_600_000
WATERMARK = {0x22: 0x04, 0x24: 0x40, 0x2E: 0x80 | 19, 0x20: 0x57}
MOTION = {
    0x21: 0x01, 0x22: 0x40, 0x24: 0x48, 0x2E: 0x80, 0x30: 0x2A, 0x32: 0x08, 0x20: 0x57,
}  # fmt: skip


class Steps(Still):
    """Stays what it is between the moments that are given: {from_ms: (x, y, z)}."""

    def __init__(self, steps):
        self.steps, self.asked, self.run = sorted(steps.items()), 0, None

    def at(self, ms):
        return [mg for from_ms, mg in self.steps if from_ms <= ms][-1]

    def mg(self, at_ms, interval_ms):
        self.asked += 1
        every = [self.at(ms) for ms in range(at_ms - interval_ms, at_ms)]
        return tuple(sum(axis) / interval_ms for axis in zip(*every))

    def quiet_until(self, at_ms):
        later = [from_ms for from_ms, _ in self.steps if from_ms > at_ms]
        return later[0] if later else None

    def watch(self, run):
        self.run = run


class Shaken(Still):
    """Never at rest; x alternates."""

    def mg(self, at_ms, interval_ms):
        return (30 if at_ms // 10 % 2 else -30), 0, 1000

    def quiet_until(self, at_ms):
        return at_ms


class Rig:
    """`accel` on a bus of its own; `edges` of INT1 as (ms, level)."""

    def __init__(self, registers=None, motion=None):
        self.world = World(1, 0)
        sda, scl = OpenDrain(self.world, "i2c_sda"), OpenDrain(self.world, "i2c_scl")
        self.sda, self.scl, self.bus = sda, scl, Bus(sda, scl)
        self.line = Line(self.world, "accel_int1")
        self.edges = []
        self.line.watch(lambda level: self.edges.append((self.world.now_ms, level)))
        self.accel = Accelerometer(self.world, self.bus, self.line, motion)
        self.slave = self.bus.slaves[ADDRESS]
        for register, value in (registers or {}).items():
            self.write(register, value)

    def run_to(self, ms):
        self.world.run_until(ms)

    def write(self, register, value):
        self.slave.written(bytes((register, value)))

    def read(self, register, count=1):
        self.slave.written(bytes((register,)))
        return self.slave.read(count)

    def x(self, count=1):
        data = self.read(0xA8, 6 * count)
        return [
            int.from_bytes(data[n : n + 2], "little", signed=True) >> 6
            for n in range(0, len(data), 6)
        ]


# -- time ----------------------------------------------------------------------------------------


def test_it_samples_at_its_rate():
    for code, count in ((1, 1), (2, 10), (3, 25), (4, 50), (5, 100), (6, 200), (7, 400)):
        rig = Rig({0x20: code << 4 | 7})
        rig.run_to(1000)
        rig.read(0x0F)
        assert rig.accel.taken == count


def test_powered_down_or_unrouted_it_costs_nothing():
    for registers in ({}, {0x20: 0x57}, {0x20: 0x57, 0x24: 0x40, 0x2E: 0x80}):
        motion = Steps({-HOUR_MS: (0, 0, 1000), 50_000: (800, 0, 0)})
        rig = Rig(registers, motion)
        assert rig.world.next_ms() is None
        rig.run_to(24 * HOUR_MS)
        assert rig.world.next_ms() is None and motion.asked == 0
        rig.read(0xA8, 6)
        assert rig.accel.taken <= 1000


def test_after_a_long_time_unasked_the_newest_samples_are_there():
    motion = Steps({-HOUR_MS: (0, 0, 1000), HOUR_MS - 55: (400, 0, 0)})
    rig = Rig({0x20: 0x57, 0x24: 0x40, 0x2E: 0x80}, motion)
    rig.run_to(HOUR_MS)
    assert rig.x(32) == [0] * 26 + [50] + [100] * 5


def test_watermark_comes_on_time_and_is_the_only_wake_up():
    rig = Rig(WATERMARK)
    rig.run_to(199)
    assert rig.edges == [] and rig.accel.taken == 0
    rig.run_to(200)
    assert rig.edges == [(200, 1)] and rig.accel.taken == 20
    rig.run_to(250)
    assert rig.world.next_ms() is None
    assert len(rig.x(25)) == 25
    assert rig.edges == [(200, 1), (250, 0)]
    rig.run_to(450)
    assert rig.edges[2:] == [(450, 1)]


def test_at_rest_motion_detection_costs_nothing():
    motion = Steps({-HOUR_MS: (0, 0, 1000), 12 * HOUR_MS: (0, 500, 0)})
    rig = Rig(MOTION, motion)
    rig.run_to(1000)
    rig.read(0x26)
    rig.read(0x31)
    asked = motion.asked
    rig.run_to(12 * HOUR_MS - 1)
    assert motion.asked - asked < 5 and rig.line.level == 0
    rig.run_to(12 * HOUR_MS + 10)
    assert rig.edges[-1] == (12 * HOUR_MS + 10, 1)
    rig.run_to(24 * HOUR_MS)
    assert rig.edges[-1][1] == 1 and motion.asked < 5000  # latched: nothing to come back for
    assert rig.read(0x31)[0] & 0x48 == 0x48 and rig.line.level == 0


def test_a_change_in_the_middle_of_a_sample_is_not_slept_through():
    for begins_ms in range(5000, 5030):
        rig = Rig(MOTION, Steps({-HOUR_MS: (0, 0, 1000), begins_ms: (150, 0, 1000)}))
        rig.run_to(1000)
        rig.read(0x26)
        rig.read(0x31)
        rig.run_to(6000)
        assert 0 < rig.edges[-1][0] - begins_ms <= 20 and rig.line.level == 1, begins_ms


def test_a_command_ends_a_quiet_that_was_for_ever():
    motion = Steps({-HOUR_MS: (0, 0, 1000)})
    rig = Rig(MOTION, motion)
    rig.run_to(1000)
    rig.read(0x26)
    rig.read(0x31)
    rig.run_to(60_005)
    motion.steps.append((60_005, (0, 0, -1000)))
    motion.run()
    rig.run_to(70_000)
    assert rig.edges[-1] == (60_010, 1)


def test_lazy_or_looked_at_every_millisecond_it_is_the_same():
    def seen(every_ms):
        motion = Steps({n * 370: ((n * 7919) % 400 - 200, 0, 1000) for n in range(-1, 40)})
        rig = Rig({**MOTION, 0x24: 0x40, 0x33: 3}, motion)
        for ms in range(1, 12_001):
            rig.run_to(ms)
            if ms % every_ms == 0:
                rig.read(0x0F)
        rig.read(0x0F)
        return rig.edges, rig.accel.taken

    assert seen(1) == seen(12_000)
    assert len(seen(12_000)[0]) > 10


def test_shaken_below_the_threshold_nothing_is_told():
    rig = Rig(MOTION, Shaken())
    rig.run_to(1000)
    rig.read(0x26)
    rig.read(0x31)
    rig.run_to(10_000)
    assert rig.line.level == 0 and rig.accel.taken == 1000


# -- power and reset -----------------------------------------------------------------------------


def test_it_goes_on_over_a_reset_and_forgets_with_the_power():
    world = World(1, 0)
    board = BoardModel(world, "t_a7670e", ROOT)
    accel = Accelerometer(world, board.bus, board.line("accel_int1"))
    for register, value in WATERMARK.items():
        accel.written(bytes((register, value)))
    board.reset("watchdog")
    world.run_until(500)
    assert board.line("accel_int1").level == 1 and accel.chip.rate_hz == 100
    board.power_cut(100)
    assert board.line("accel_int1").level == 0 and accel.chip.rate_hz == 0
    assert world.next_ms() is None


def test_boot_is_over_after_its_time():
    rig = Rig({0x20: 0x57})
    rig.write(0x24, 0x80)
    rig.run_to(4)
    assert rig.read(0x24) == b"\x80"
    rig.run_to(5)
    assert rig.read(0x24) == b"\0"


# -- faults --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind,kept", (("absent", False), ("dies", False), ("silent", True)))
def test_nobody_at_the_address(kind, kept):
    rig = Rig(WATERMARK)
    rig.run_to(300)
    rig.accel.start_fault(kind, {})
    assert not rig.slave.listens() and rig.line.level == 0
    rig.run_to(2000)
    assert rig.line.level == 0
    rig.accel.end_fault(kind)
    assert rig.slave.listens() and rig.line.level == kept
    assert rig.read(0x20) == (b"\x57" if kept else b"\x07")


def test_stuck_gives_the_same_sample():
    rig = Rig({0x20: 0x57, 0x24: 0x40, 0x2E: 0x80}, Steps({-100: (40, 0, 0), 200: (80, 0, 0)}))
    rig.run_to(100)
    rig.accel.start_fault("stuck", {})
    rig.run_to(500)
    assert rig.x(32) == [10] * 32
    rig.accel.end_fault("stuck")
    rig.run_to(540)
    assert rig.x(4) == [20] * 4


def test_stuck_the_force_of_the_self_test_moves_nothing():
    for stuck in (False, True):
        rig = Rig()
        rig.write(0x20, 0x57)
        rig.write(0x23, 0x80)
        if stuck:
            rig.accel.start_fault("stuck", {})
        rig.run_to(200)
        rest = rig.read(0xA8, 6)
        rig.write(0x23, 0x82)
        rig.run_to(400)
        assert (rig.read(0xA8, 6) == rest) is stuck
        rig.accel.end_fault("stuck")
        rig.write(0x23, 0x82)
        rig.run_to(600)
        assert rig.read(0xA8, 6) != rest


def test_garbage_and_bitflips_hit_what_is_read():
    for kind, params, wrong in (
        ("garbage", {"rate_pct": 100}, range(150, 201)),
        ("bitflip", {"per_100000": 10_000}, range(5, 50)),
    ):
        rig = Rig()
        rig.accel.start_fault(kind, params)
        answers = [rig.read(0x0F)[0] for _ in range(200)]
        bad = [value for value in answers if value != 0x33]
        assert len(bad) in wrong, kind
        if kind == "bitflip":
            assert all((value ^ 0x33).bit_count() == 1 for value in bad)
        rig.accel.end_fault(kind)
        assert rig.read(0x0F) == b"\x33"


def test_slow_stretches_the_clock():
    rig = Rig()
    assert rig.slave.stretch_us == 0
    rig.accel.start_fault("slow", {"ms": 7})
    assert rig.slave.stretch_us == 7000
    rig.accel.end_fault("slow")
    assert rig.slave.stretch_us == 0


def test_bus_stuck_until_nine_clocks():
    rig = Rig()
    rig.accel.start_fault("bus_stuck", {})
    assert rig.bus.stuck and rig.sda.level == 0
    for n in range(9):
        assert rig.bus.stuck, n
        rig.scl.set(0)
        rig.scl.set(1)
    assert not rig.bus.stuck and rig.sda.level == 1
    rig.sda.set(0)
    assert rig.sda.level == 0
    rig.accel.start_fault("bus_stuck", {})
    rig.sda.set(1)
    assert rig.sda.level == 0
    rig.accel.end_fault("bus_stuck")
    assert rig.sda.level == 1 and not rig.bus.stuck


def test_every_kind_is_tried_here():
    tried = {"absent", "dies", "silent", "stuck", "garbage", "bitflip", "slow", "bus_stuck"}
    assert set(FAULTS) == tried


# -- on the board --------------------------------------------------------------------------------

SDA, SCL = 13, 23  # of t_a7670e, docs/wiring.md


def on_board(sda=SDA, scl=SCL, port=0):
    world = World(1, 0)
    board = BoardModel(world, "t_a7670e", ROOT)
    accel = Accelerometer(world, board.bus, board.line("accel_int1"))
    board.end_ms = 10**9
    assert board.come_up()
    board.call("i2c_open", (port, sda, scl, 400_000, 50_000), b"")
    return board, accel


def ask(board, port=0, register=0x0F, count=1):
    *_, value, data = board.call("i2c", (port, ADDRESS, count, 1), bytes((register,)))
    return value or data


@pytest.mark.parametrize("sda,scl", ((SCL, SDA), (SDA, 18), (14, SCL), (21, 22)))
@pytest.mark.parametrize("port", (0, 2))
def test_wrong_pins_lead_to_an_empty_bus(sda, scl, port):
    assert ask(on_board(port=port)[0], port) == b"\x33"
    assert ask(on_board(sda, scl, port)[0], port) == -19


def test_slow_costs_time_and_too_slow_times_out():
    board, accel = on_board()
    for ms, answer, took_ms in ((20, b"\x33", 20), (60, -116, 50)):
        accel.start_fault("slow", {"ms": ms})
        before = board.world.now_ms
        assert ask(board) == answer
        assert took_ms <= board.world.now_ms - before <= took_ms + 1


def test_a_pin_made_plain_is_lost_to_the_port_until_it_is_opened_again():
    board, _ = on_board()
    board.call("pin", (SCL, 7, -1, 1, -1), b"")
    assert ask(board) == -116
    board.call("i2c_open", (0, SDA, SCL, 400_000, 50_000), b"")
    assert ask(board) == b"\x33"


def test_a_reset_in_the_middle_of_a_read_leaves_the_bus_held():
    from simulator.board import Halt

    for cause, held in (("reset", True), ("power", False)):
        board, accel = on_board()
        accel.start_fault("slow", {"ms": 30})
        stop = board.reset if cause == "reset" else board.power_cut
        board.world.after(10, stop, "watchdog" if cause == "reset" else 5)
        with pytest.raises(Halt):
            ask(board)
        assert board.bus.stuck is held, cause
        assert board.line("i2c_sda").level == (0 if held else 1)


def test_the_bus_floats_high_over_a_reset():
    board, _ = on_board()
    board.call("pin", (SCL, 7, -1, 0, -1), b"")
    assert board.line("i2c_scl").level == 0
    board.reset("software")
    assert board.come_up()
    assert board.line("i2c_scl").level == 1
    board.call("pin", (SDA, 3, -1, 0, -1), b"")
    assert board.line("i2c_sda").level == 0
    board.call("pin", (SDA, 1, -1, -1, -1), b"")
    assert board.line("i2c_sda").level == 1
