"""The two hosts: the same events, lives that end as they must, boards that share nothing."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simulator.board import BoardModel, BoardOptions
from simulator.host import KINDS, make_host
from simulator.interpreter import NoInterpreter
from simulator.world import World

ROOT = Path(__file__).resolve().parents[2]

# A small firmware that uses what the real one uses: one poll, UART, button, motor, files, sleep.
TOY = """
import os, select, time
import esp32, machine
from micropython import const
from toy_state import counter

ECHO = const(3)
print("boot", machine.reset_cause(), sorted(os.listdir("/")))
button = machine.Pin(32, machine.Pin.IN, machine.Pin.PULL_DOWN)
pressed = []
button.irq(lambda pin: pressed.append(pin.value()), 3)
modem = machine.UART(1, 115200, tx=17, rx=16, rxbuf=4096, txbuf=1024)
motor = machine.PWM(machine.Pin(13), freq=20000, duty_u16=0)
poll = select.poll()
poll.register(modem, select.POLLIN)
watchdog = machine.WDT(timeout=60000)
while True:
    for _ in poll.ipoll(1000):
        pass
    watchdog.feed()
    counter[0] += 1
    data = modem.read()
    if data:
        modem.write(bytes([ECHO]) + data)
        if sum(data) % 2:
            motor.duty_u16(40000)
            time.sleep_ms(30)
            motor.duty_u16(0)
    if pressed:
        with open("/log", "a") as file:
            file.write("%d %d\\n" % (counter[0], pressed.pop(0)))
    if counter[0] % 40 == 0:
        machine.lightsleep(500)
"""


def make_tree(folder, main, **modules):
    """A firmware tree with this main.py, and lib/ modules by name."""
    (folder / "lib").mkdir(parents=True, exist_ok=True)
    (folder / "main.py").write_text(main)
    for name, text in modules.items():
        (folder / "lib" / f"{name}.py").write_text(text)
    return folder


def run(kind, tree, until_ms=60_000, seed=1, arrange=None, hang_cpu_s=None, **options):
    """One run; returns (events as lines, host)."""
    world = World(seed, start_utc_s=0)
    lines = []
    world.listeners.append(lambda event: lines.append(json.dumps(event, sort_keys=True)))
    board = BoardModel(world, "generic_esp32", ROOT, BoardOptions(**options))
    host = make_host(kind, board, tree)
    if hang_cpu_s is not None:
        host.hang_cpu_s = hang_cpu_s
    if arrange is not None:
        arrange(world, board)
    host.run(until_ms)
    return lines, host


def busy_evening(world, board, text=b"OK %d\r\n"):
    """Bytes, presses, a reset, a power cut and a brown-out."""
    for n in range(1, 55):
        world.at(n * 1000, board.wire("modem").device_write, text % n)
    for n in range(1, 30):
        world.at(n * 1777, board.line("button").set, n % 2)
    world.at(20_333, board.power_cut, 1500)
    world.at(30_001, board.reset, "brownout")
    world.at(45_500, board.reset, "software")


@pytest.fixture
def toy(tmp_path):
    return make_tree(tmp_path, TOY, toy_state="counter = [0]\n")


def test_events_are_equal_on_both(toy):
    for seed in (1, 2, 3):
        runs = [run(kind, toy, seed=seed, arrange=busy_evening) for kind in KINDS]
        assert runs[0][0] == runs[1][0]
        assert len(runs[0][0]) > 200
        assert "".join(runs[0][1].console) == "".join(runs[1][1].console)
        assert not runs[0][1].exceptions + runs[1][1].exceptions
        assert "".join(runs[0][1].console).count("boot") == 4


def test_ticks_start_near_their_wrap_and_by_seed(tmp_path):
    tree = make_tree(tmp_path, "import time\nprint(time.ticks_ms())\n")
    starts = [int(run("cpython", tree, 2000, seed)[1].console[0]) for seed in range(20)]
    assert len(set(starts)) == 20
    assert all((1 << 30) - 600_000 <= start < 1 << 30 for start in starts)
    assert run("cpython", tree, 2000, ticks_before_wrap_ms=5)[1].console == ["1073741818\n"]


@pytest.mark.parametrize("readable", (True, False))
def test_one_changed_byte_on_a_wire_changes_the_events(readable, tmp_path):
    """Even one that the firmware never reads, and also where the bytes are not shown."""
    tree = make_tree(tmp_path, "import time\ntime.sleep(60)\n")

    def arrange(data):
        def write(world, board):
            board.wire("gnss").text_in_events = readable
            world.at(900, board.wire("gnss").device_write, data)

        return write

    runs = [run("cpython", tree, 1000, arrange=arrange(data))[0] for data in (b"abc", b"abd")]
    assert len(runs[0]) == len(runs[1])
    assert sum(one != other for one, other in zip(*runs)) == 1


# -- what ends a life -------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_a_loop_that_never_asks_ends_by_the_watchdog(kind, tmp_path):
    text = "import machine\nprint(machine.reset_cause())\nmachine.WDT(timeout=5000)\n"
    tree = make_tree(tmp_path, text + "while True:\n    pass\n")
    lines, host = run(kind, tree, 9000, hang_cpu_s=0.3)
    assert "".join(host.console) == "1\n3\n"
    assert [json.loads(line)["t"] for line in lines if '"reset"' in line] == [5600]
    assert all("hangs" in text for text in host.exceptions)


def test_a_swallowed_hang_is_still_over(tmp_path):
    text = "import time\nwhile True:\n    try:\n        while True: pass\n"
    text += "    finally:\n        time.sleep_ms(1)\n"
    lines, host = run("cpython", make_tree(tmp_path, text), 5000, hang_cpu_s=0.2)
    assert len(host.exceptions) == 1
    assert host.board.world.now_ms == 5000


def test_the_host_can_be_traced(toy):
    """Debuggers, profilers and coverage look at every line; a pending throw would stop them."""
    seen = []

    def tracer(frame, event, _):
        seen.append(frame.f_code.co_filename)
        return tracer

    for _ in range(2):
        sys.settrace(tracer)
        try:
            run("cpython", toy, 3000, arrange=busy_evening)
        finally:
            sys.settrace(None)
    assert str(toy / "main.py") in seen


@pytest.mark.parametrize("kind", KINDS)
def test_what_catches_everything_does_not_survive_a_power_cut(kind, tmp_path):
    text = "import time\nprint('boot')\nwhile True:\n    try:\n        time.sleep_ms(100)\n"
    text += "    except:\n        print('caught')\n"

    def cut(world, board):
        world.at(3000, board.power_cut, 500)

    _, host = run(kind, make_tree(tmp_path, text), 6000, arrange=cut, hang_cpu_s=0.2)
    assert "".join(host.console).count("boot") == 2


@pytest.mark.parametrize("kind", KINDS)
def test_exceptions_that_escape_are_recorded(kind, tmp_path):
    tree = make_tree(tmp_path, "from broken import x\n", broken="x = 1 // 0\n")
    lines, host = run(kind, tree, 3000)
    assert len(host.exceptions) == 1
    assert "ZeroDivisionError" in host.exceptions[0] and "broken.py" in host.exceptions[0]
    assert host.board.world.now_ms == 3000


@pytest.mark.parametrize("kind", KINDS)
def test_a_corrupted_file_system_stops_the_boot(kind, tmp_path):
    tree = make_tree(tmp_path, "print('started')\n")

    def spoil(world, board):
        part = board.flash.find("vfs")
        board.flash.load("vfs", bytes(8192))
        assert board.flash.read(part.address, 4) == bytes(4)

    _, host = run(kind, tree, 3000, arrange=spoil)
    assert "".join(host.console) == ""
    assert host.exceptions == ["the file system is corrupted\n"]


# -- memory and isolation ---------------------------------------------------------------------


def test_the_heap_is_limited_and_measured(tmp_path):
    text = "import time\nkept = []\nfor n in range(300):\n    time.sleep_ms(1)\n"
    text += "    if n < 50:\n        kept.append(bytearray(1000))\n"
    text += "try:\n    bytearray(2000000)\nexcept MemoryError:\n    print('MemoryError')\n"
    _, host = run("micropython", make_tree(tmp_path, text), 5000)
    assert "".join(host.console) == "MemoryError\n"
    assert 20_000 < host.heap_fakes_bytes < 60_000
    assert 50_000 < host.heap_peak_bytes < 70_000


def test_heap_that_runs_out_is_an_exception_of_the_firmware(tmp_path):
    text = "kept = []\nwhile True:\n    kept.append(bytearray(1000))\n"
    _, host = run("micropython", make_tree(tmp_path, text), 2000)
    assert len(host.exceptions) == 1 and "MemoryError" in host.exceptions[0]


def test_two_boards_share_nothing(tmp_path):
    """Modules, their state and the file system of one board are unknown to another."""
    text = "import os, shared\nshared.seen.append(1)\nprint(len(shared.seen), os.listdir())\n"
    text += "import time\ntime.patched = 1\nopen('/mark', 'w').close()\n"
    text += "import json\nprint(hasattr(json, 'patched'))\njson.patched = 1\n"
    tree = make_tree(tmp_path, text, shared="seen = []\n")
    for kind in KINDS:
        for _ in range(2):
            _, host = run(kind, tree, 2000)
            assert "".join(host.console) == "1 []\nFalse\n"


def test_a_reset_forgets_modules_and_keeps_files(tmp_path):
    text = "import os, shared, machine\nshared.seen.append(1)\n"
    text += "print(len(shared.seen), os.listdir())\nopen('/mark', 'w').close()\n"
    text += "if machine.reset_cause() == 1: machine.soft_reset()\n"
    tree = make_tree(tmp_path, text, shared="seen = []\n")
    for kind in KINDS:
        _, host = run(kind, tree, 3000)
        assert "".join(host.console) == "1 []\n1 ['mark']\n"


def test_the_vm_ends_with_its_host(tmp_path):
    tree = make_tree(tmp_path, "import time\nwhile True:\n    time.sleep_ms(1000)\n")
    _, host = run("micropython", tree, 5000)
    assert host.child_pid and not alive(host.child_pid)


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's help is Linux's")
def test_even_a_vm_that_computes_ends_when_its_host_is_killed(tmp_path):
    make_tree(tmp_path, "while True:\n    pass\n")
    text = f"import sys; sys.path[:0] = [{str(ROOT)!r}, {str(Path(__file__).parent)!r}]\n"
    text += "import pathlib, threading, test_hosts\nfrom simulator import host_micropython\n"
    text += "spawn = host_micropython.MicropythonHost._spawn\n"
    text += "def told(*args):\n    child = spawn(*args)\n    print(child.pid, flush=True)\n"
    text += "    return child\nhost_micropython.MicropythonHost._spawn = told\n"
    text += f"test_hosts.run('micropython', pathlib.Path({str(tmp_path)!r}))\n"
    parent = subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True)
    try:
        vm = int(parent.stdout.readline())
        assert alive(vm)
    finally:
        parent.kill()
        parent.wait()
        parent.stdout.close()
    deadline_s = time.monotonic() + 10
    while alive(vm) and time.monotonic() < deadline_s:
        time.sleep(0.02)
    assert not alive(vm)


def alive(process):
    """Whether a process runs (one that is dead and not yet collected does not)."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_the_compiler_and_the_vm_speak_the_same_mpy(tmp_path):
    from simulator.host_micropython import compile_tree

    source = tmp_path / "one.py"
    source.write_text("x = 1\n")
    header = (compile_tree([(source, "one.py")]) / "one.mpy").read_bytes()[:2]
    program = "import sys\nprint(sys.implementation._mpy & 0xFF)\n"
    _, host = run("micropython", make_tree(tmp_path, program), 2000)
    assert header[0] == ord("M") and header[1] == int("".join(host.console))


# -- power cuts -------------------------------------------------------------------------------

WRITER = """
import os
for n in range(12):
    with open("/new", "w") as file:
        file.write("%04d" % n * 300)
    os.rename("/new", "/kept")
"""


def contents(board):
    """Its files by LittleFS, as the next boot would read them."""
    from simulator.filesystem import FileSystem, ImageDevice

    disk = FileSystem(ImageDevice(board.flash, "vfs"))
    return {name: disk.open("/" + name, "rb").read() for name in disk.listdir("/")}


def test_files_survive_a_cut_in_any_block_operation(tmp_path):
    """At each operation of the first life power fails, torn at a 32-byte step of its own."""
    step = {"1": 97, "10": 9, "100": 1}[os.environ.get("GALET_DEPTH", "1")]
    tree = make_tree(tmp_path, WRITER)
    _, host = run("cpython", tree, 20_000)
    count = host.board.block_ops
    assert count > 50
    for cut in range(1, count + 1, step):

        def arrange(world, board, cut=cut):
            board.cut_at_op = (cut, cut * 32 % 160)

        _, host = run("cpython", tree, 20_000, arrange=arrange)
        assert host.board.boots == 2 and not host.exceptions
        assert contents(host.board)["kept"] == b"0011" * 300


def test_a_cut_is_the_same_on_both(tmp_path):
    tree = make_tree(tmp_path, WRITER)

    def arrange(world, board):
        board.cut_at_op = (40, 64)

    runs = [run(kind, tree, 20_000, arrange=arrange) for kind in KINDS]
    assert runs[0][0] == runs[1][0]
    images = [host.board.flash.image("vfs") for _, host in runs]
    assert images[0] == images[1]


# -- what a board sends when it dies ----------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_that_have_not_left_die_with_the_board(kind, tmp_path):
    text = "import time\nfrom machine import UART\nu = UART(1, 1200, tx=17, rx=16, txbuf=1024)\n"
    tree = make_tree(tmp_path, text + "u.write(bytes(range(100)))\ntime.sleep(60)\n")
    got = []

    def arrange(world, board):
        board.wire("modem").device_rx = got.append
        board.wire("modem").device_baud = 1200
        world.at(1010, board.power_cut, 60_000)

    run(kind, tree, 5000, arrange=arrange)
    assert len(got) == 1 and 40 < len(got[0]) < 50
    assert got[0] == bytes(range(len(got[0])))


def test_a_test_may_change_modules_as_they_are_loaded(tmp_path):
    root = make_tree(tmp_path, "import lamp\nlamp.light()\n", lamp="def light(): pass\n")
    seen = []

    def loaded(name, module):
        if name == "lamp":
            light = module.light
            module.light = lambda: (seen.append("before"), light(), seen.append("after"))

    board = BoardModel(World(1, 0), "generic_esp32", ROOT)
    make_host("cpython", board, root, loaded).run(2000)
    assert seen == ["before", "after"]
    with pytest.raises(ValueError, match="cannot tell of modules"):
        make_host("micropython", board, root, loaded)


def test_a_program_that_ends_instead_of_connecting_is_noticed_at_once(tmp_path, monkeypatch):
    monkeypatch.setattr("simulator.host_micropython.interpreter", lambda: "/bin/true")
    board = BoardModel(World(1, 0), "generic_esp32", ROOT)
    host = make_host("micropython", board, make_tree(tmp_path, "pass"), heap_bytes=1 << 19)
    began_s = time.monotonic()
    with pytest.raises(NoInterpreter, match="/bin/true: ended with exit code"):
        host.run(5000)
    assert time.monotonic() - began_s < 30
