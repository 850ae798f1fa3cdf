"""Faults: the grammar, and what each of the modem's looks like on its line."""

import pytest
from rig import MARC, Rig
from test_virtual_modem import quiet, submit

from simulator import faults
from simulator.devices.battery import Battery, millivolt
from simulator.devices.button import BOUNCE_MS, Button
from simulator.devices.motor import Motor
from simulator.devices.storage import Storage
from simulator.edge import Line
from simulator.world import World

GOOD = (
    ("fault gnss silent", ("gnss", "silent", {}, None, None)),
    ("gnss garbage rate_pct=50 at=40s", ("gnss", "garbage", {"rate_pct": 50}, 40_000, None)),
    ("modem cms=38", ("modem", "cms", {"code": 38, "count": 0}, None, None)),
    ("fault modem cms code=331 count=2 for=2min",
     ("modem", "cms", {"code": 331, "count": 2}, None, 120_000)),
    ("board power_cut for=10min at=1s", ("board", "power_cut", {}, 1000, 600_000)),
)  # fmt: skip

BAD = (
    ("fault", "is not of the form"),
    ("fault modem", "is not of the form"),
    ("fault toaster silent", "no device 'toaster'"),
    ("fault motor cms=38", "motor cannot be 'cms'; it can be absent, silent, stuck, garbage"),
    ("fault button slow", "button cannot be 'slow'; it can be absent, dies, stuck, garbage"),
    ("fault gnss silent rate_pct=5", "'rate_pct=5' is not understood"),
    ("fault gnss garbage rate_pct=much", "'rate_pct=much' is not understood"),
    ("fault gnss silent for=90", "'for=90' is not a time"),
    ("fault modem cms=x", "'code=x' is not understood"),
    ("modem cms=²", "'code=²' is not understood"),
    ("modem cms=1000", "'code=1000' is not from 1 to 999"),
    ("modem cms=" + "9" * 5000, "'code=999"),
    ("gnss garbage rate_pct=101", "'rate_pct=101' is not from 0 to 100"),
    ("gnss silent for=500d", "'for=500d' is longer than any scenario"),
    ("fault board reset for=2s", "board reset is over at once"),
)


@pytest.mark.parametrize("line,fault", GOOD, ids=[row[0] for row in GOOD])
def test_good_line(line, fault):
    assert tuple(faults.parse(line)) == fault


@pytest.mark.parametrize("line,complaint", BAD, ids=[row[0] for row in BAD])
def test_bad_line(line, complaint):
    with pytest.raises(faults.FaultError) as caught:
        faults.parse(line)
    assert str(caught.value).startswith(complaint)


def test_every_row_of_the_catalogue_can_be_said():
    rows = faults.catalogue()
    assert len(rows) > 30
    assert {key for row in rows for key in row["params"]} == set(faults.LIMITS)
    for row in rows:
        words = [f"{key}={value}" for key, value in row["params"].items()]
        fault = faults.parse(" ".join(["fault", row["device"], row["kind"], *words]))
        assert (fault.device, fault.kind, fault.params) == tuple(row.values())[:3]


def started(kind, **params):
    rig = quiet(Rig(fixed_ms=1000))
    rig.modem.start_fault(kind, {**faults.DEVICES["modem"][kind], **params})
    return rig


def test_modem_silent_still_sends():
    rig = started("silent")
    pdus = submit("x")
    assert rig.say(f"AT+CMGS={pdus[0].tpduLength}\r") == ""
    assert rig.say(str(pdus[0]).encode() + b"\x1a", 5000) == ""
    assert rig.phones[0].texts == ["x"] and rig.seen("at_lost") and not rig.seen("at_accept")
    rig.modem.end_fault("silent")
    assert rig.lines_of("AT\r") == ["OK"]


def test_modem_stuck_until_reset():
    rig = started("stuck")
    assert rig.say("AT\r") == ""
    rig.lines["modem_reset"].set(1)
    rig.run(2600)
    rig.lines["modem_reset"].set(0)
    rig.run(15_000)
    assert "OK" in rig.lines_of("AT\r")


@pytest.mark.parametrize("kind", ("dies", "absent"))
def test_modem_dead_then_off(kind):
    rig = started(kind)
    assert rig.say("AT\r") == ""
    rig.lines["modem_pwrkey"].set(1)
    rig.run(100)
    rig.lines["modem_pwrkey"].set(0)
    rig.run(20_000)
    assert not rig.heard
    rig.modem.end_fault(kind)
    assert rig.say("AT\r", 20_000) == ""
    rig.lines["modem_pwrkey"].set(1)
    rig.run(100)
    rig.lines["modem_pwrkey"].set(0)
    rig.run(20_000)
    assert b"PB DONE" in rig.heard


def test_modem_slow_keeps_its_order():
    rig = started("slow", ms=2000)
    assert rig.say("AT\r", 1900) == ""
    rig.run(200)
    assert rig.heard == b"\r\nOK\r\n"
    rig.say("AT+CGMM\r", 100)
    rig.modem.end_fault("slow")
    rig.say("AT+CSQ\r", 3000)
    assert rig.heard.index(b"A7670E") < rig.heard.index(b"+CSQ")


def test_modem_garbage_damages():
    rig = started("garbage", rate_pct=50)
    assert rig.say("AT+CGMR\r") != "\r\n+CGMR: A7670M7_B07V01\r\n\r\nOK\r\n"


def test_modem_lost_result_then_well():
    rig = started("lost_result", count=1)
    assert rig.send(submit("a"), 5000) == ""
    assert "+CMGS" in rig.send(submit("b"), 5000)
    assert sorted(rig.phones[0].texts) == ["a", "b"]


def test_modem_refuses_with_a_code():
    rig = started("cms", code=42, count=1)
    assert "+CMS ERROR: 42" in rig.send(submit("a", MARC))
    assert "+CMGS" in rig.send(submit("a", MARC))


def test_modem_late_prompt():
    rig = started("late_prompt", ms=4000)
    assert rig.say("AT+CMGS=20\r", 3900) == ""
    rig.run(200)
    assert rig.heard == b"\r\n> "


def test_modem_without_sim():
    rig = started("no_sim")
    rig.say("AT+CMEE=1\r")
    assert rig.lines_of("AT+CPIN?\r") == ["+CME ERROR: 10"]
    assert rig.lines_of("AT+CMGS=20\r") == ["+CMS ERROR: 310"]
    assert rig.lines_of("AT+CREG?\r")[0] == "+CREG: 0,0"
    rig.modem.end_fault("no_sim")
    rig.run(9000)
    assert rig.lines_of("AT+CREG?\r")[0] == "+CREG: 0,1"


def test_modem_reset_announces_itself():
    rig = started("reset")
    rig.run(15_000)
    assert b"*ATREADY: 1" in rig.heard and b"+CPIN: READY" in rig.heard
    assert rig.say("AT\r").startswith("AT\r")  # echo is on again


class Chip:
    battery_mv = 0


def test_battery():
    world, chip = World(1, 0), Chip()
    battery = Battery(world, chip, 80)
    assert chip.battery_mv == millivolt(80) == 3990
    battery.start_fault("absent", {})
    assert chip.battery_mv == 0
    battery.end_fault("absent")
    battery.start_fault("stuck", {})
    battery.charge(5)
    assert chip.battery_mv == 3990
    battery.end_fault("stuck")
    assert chip.battery_mv == 3550
    battery.start_fault("slow", {"ms": 5000})
    battery.charge(20)
    world.run_until(world.now_ms + 4999)
    assert chip.battery_mv == 3550
    world.run_until(world.now_ms + 1)
    assert chip.battery_mv == 3700


def test_button_bounces_less_than_ten_ms():
    bounced = 0
    for seed in range(30):
        world = World(seed, 0)
        line = Line(world, "button")
        edges = []
        line.watch(lambda level, w=world, e=edges: e.append((w.now_ms, level)))
        Button(world, line).press(3, 250, 150)
        world.run_until(5000)
        assert line.level == 0
        for moment in (0, 150, 400, 550, 800, 950):
            near = [(t, level) for t, level in edges if moment <= t <= moment + BOUNCE_MS]
            assert near[0] == (moment, near[-1][1])
            bounced += len(near) > 1
            edges = [edge for edge in edges if edge not in near]
        assert not edges
    assert bounced > 60


def test_motor_patterns():
    world = World(1, 0)
    line = Line(world, "motor")
    motor = Motor(world, line)
    for at_ms, level in ((100, 80), (180, 0), (280, 80), (360, 0), (5000, 40), (5500, 0)):
        world.at(at_ms, line.set, level)
    world.run_until(10_000)
    assert motor.patterns() == [
        {"t": 100, "pattern": [80, 100, 80], "level_pct": 80},
        {"t": 5000, "pattern": [500], "level_pct": 40},
    ]


def felt_of(kind, **params):
    """What is felt of a pulse of 200 ms while the motor has this fault."""
    world = World(1, 0)
    line = Line(world, "motor")
    motor = Motor(world, line)
    motor.start_fault(kind, params)
    world.at(1000, line.set, 80)
    world.at(1200, line.set, 0)
    world.run_until(3000)
    return [(row["t"], row["pattern"]) for row in motor.patterns()]


def test_motor_faults():
    for kind in ("absent", "silent", "dies"):
        assert felt_of(kind) == []
    assert felt_of("slow", ms=300) == [(1300, [200])]
    assert felt_of("stuck") == [(0, [3000])]
    whims = felt_of("garbage")
    assert len(whims) == 1 and len(whims[0][1]) > 5


class Part:
    """The one data partition of this chip; what lies behind it holds the program."""

    label, type, subtype, address, size = "journal", 1, 6, 0, 64


class Flash:
    table = (Part,)

    def __init__(self):
        self.data = bytearray(b"\xff" * 96)

    def read(self, address, size):
        return bytes(self.data[address : address + size])

    def program(self, address, data):
        self.data[address : address + len(data)] = data

    def erase(self, address):
        self.data[:] = b"\xff" * len(self.data)


class Chips:
    class options:
        erase_us, program_us = (45_000, 60_000), 700

    def __init__(self):
        self.flash = Flash()


def test_storage():
    board = Chips()
    storage = Storage(World(1, 0), board)
    board.flash.program(0, b"abcd")
    storage.start_fault("dies", {})
    board.flash.program(4, b"efgh")
    assert board.flash.read(0, 8) == b"\xff" * 8
    storage.end_fault("dies")
    assert board.flash.read(0, 8) == b"abcd" + b"\xff" * 4
    storage.start_fault("stuck", {})
    board.flash.erase(0)
    assert board.flash.read(0, 4) == b"abcd"
    storage.start_fault("slow", {"times": 5})
    assert (board.options.erase_us, board.options.program_us) == ((225_000, 300_000), 3500)
    storage.end_fault("slow")
    storage.end_fault("stuck")
    storage.start_fault("garbage", {"per_100000": 50_000})
    assert board.flash.read(0, 64) != bytes(board.flash.data[:64])


def test_storage_spares_the_program():
    board = Chips()
    storage = Storage(World(1, 0), board)
    for kind in ("absent", "silent", "stuck", "garbage", "dies"):
        storage.start_fault(kind, {"per_100000": 100_000})
        board.flash.program(64, kind.encode())
        assert board.flash.read(64, len(kind)) == kind.encode()
        storage.end_fault(kind)
