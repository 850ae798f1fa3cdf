"""Small programs that must behave the same in the sandbox and on the real VM.

Each program of tests/conformance runs as main.py of a generic_esp32 board on every host; what
it prints, how it ends and every event must be equal, and what it prints must be its .exp file,
so that they cannot go wrong together. The virtual board has it in its own file system, where the
program then finds itself; it is in lock-step here, but for a few that run once more in real
time, put there by mpremote. Lines that begin with `# world:` are what the
world does meanwhile: `TIME LINE LEVEL`, `TIME WIRE "text"`, `TIME WIRE fill COUNT`,
`bounce TIME LINE COUNT EVERY`, `TIME power_cut MS`, `TIME brownout`, `until TIME` (ms after the
start of the first boot), `accel`: there is an accelerometer, `TIME accel FAULT`; `microphone`:
there is a microphone that hears voices, `TIME microphone FAULT`.
"""

import ast
import shlex
import sys
from pathlib import Path

import pytest

from simulator.board import BoardModel, BoardOptions
from simulator.devices.accelerometer import FAULTS, Accelerometer
from simulator.devices.microphone import FAULTS as HEARING_FAULTS
from simulator.devices.microphone import Microphone
from simulator.edge import Line
from simulator.host import KINDS, make_host
from simulator.world import World
from tools.require_vm import vm_binary

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted((ROOT / "tests" / "conformance").glob("*.py"))
UNTIL_MS = 10000


def script(board, world, text):
    """Arrange what the `# world:` lines say; returns the end of the run."""
    until = UNTIL_MS
    for line in text.splitlines():
        if not line.startswith("# world:"):
            continue
        words = shlex.split(line[8:], posix=False)
        if words[0] == "until":
            until = int(words[1])
        elif words[0] == "accel":
            accel = Accelerometer(world, board.bus, board.line("accel_int1"))
        elif words[0] == "microphone":
            microphone = Microphone(world, board.sample_bus)
            microphone.scene.play("voices", 0)
        elif words[1] == "microphone":
            fault = words[2], HEARING_FAULTS[words[2]]
            world.at(int(words[0]), microphone.start_fault, *fault)
        elif words[1] == "accel":
            world.at(int(words[0]), accel.start_fault, words[2], FAULTS[words[2]])
        elif words[0] == "bounce":
            start, count, every = int(words[1]), int(words[3]), int(words[4])
            for n in range(count):
                world.at(start + n * every, board.line(words[2]).set, 1 - n % 2)
        elif words[1] == "power_cut":
            world.at(int(words[0]), board.power_cut, int(words[2]))
        elif words[1] == "brownout":
            world.at(int(words[0]), board.reset, "brownout")
        elif words[1] in ("modem", "gnss"):
            data = bytes(n % 251 for n in range(int(words[3]))) if words[2] == "fill" else None
            data = ast.literal_eval("b" + words[2]) if data is None else data
            world.at(int(words[0]), board.wire(words[1]).device_write, data)
        else:
            world.at(int(words[0]), board.line(words[1]).set, int(words[2]))
    return until


def transcript(kind, program, folder):
    """(what was printed, last lines of escaped exceptions, events) of one run."""
    text = program.read_text()
    (folder / "main.py").write_text(text)
    on_board = kind == "board"
    world = (LockstepWorld if on_board else World)(1, 0)
    events = []
    world.listeners.append(events.append)
    options = BoardOptions(files={"/main.py": text.encode()} if on_board else {})
    board = BoardModel(world, "generic_esp32", ROOT, options)
    assert isinstance(board.line("button"), Line)
    until = script(board, world, text)
    host = LockstepHost(board, folder) if on_board else make_host(kind, board, folder)
    board.wire("gnss").device_baud = 9600
    host.run(until)
    ends = [text.strip().splitlines()[-1] for text in host.exceptions]
    printed = "".join(host.console)
    return printed, ends, events


def without_traces(printed):
    """What was printed less the lines of tracebacks, which name files differently."""
    lines = printed.splitlines()
    return [ln for ln in lines if not ln.startswith(("  ", "Traceback"))]


def fails(program):
    return [ln for ln in program.splitlines() if ln.startswith("raise ")]


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_same_on_both(program, tmp_path):
    runs = [transcript(kind, program, tmp_path) for kind in KINDS]
    assert without_traces(runs[0][0]) == without_traces(runs[1][0])
    assert runs[0][1] == runs[1][1]
    assert runs[0][2] == runs[1][2]
    assert bool(runs[0][1]) == bool(fails(program.read_text()))
    assert without_traces(runs[0][0]) == expected(program)


# -- the virtual board ------------------------------------------------------------------------

SEE_THEMSELVES = "folders full mounting".split()  # or the room that they take
# Those that tell no times and need nothing of the world
IN_REAL_TIME = (
    "aes binary chance containers files folders full hashes jsons mounting partition pins pwm "
    "rtc_memory strings"
).split()

HERE = sys.platform == "linux" and vm_binary()
if HERE:
    from lockstep_board import LockstepHost, LockstepWorld

    from tests.virtual_board import VirtualBoard

LIKE_NEW = """
import machine, os
machine.RTC().memory(b'')
for entry in os.ilistdir():
    if entry[1] == 0x8000: os.remove(entry[0])
    else: os.rmdir(entry[0])
"""

needs_board = pytest.mark.skipif(
    not HERE, reason="NOT RUN: conformance of virtual boards (Linux, the VM)"
)


def expected(program):
    return program.with_suffix(".exp").read_text().splitlines()


@needs_board
@pytest.mark.parametrize(
    "program", [p for p in PROGRAMS if p.stem not in SEE_THEMSELVES], ids=lambda path: path.stem
)
def test_same_on_a_virtual_board(program, tmp_path):
    _, ends, events = transcript(KINDS[0], program, tmp_path)
    printed, board_ends, board_events = transcript("board", program, tmp_path)
    assert board_ends == ends
    assert without_traces(printed) == expected(program) + ends
    assert board_events == events


@pytest.fixture(scope="module")
def virtual_board():
    with VirtualBoard("--board", "generic_esp32", "--quick-flash") as board:
        yield board


@needs_board
@pytest.mark.parametrize("name", IN_REAL_TIME)
def test_same_in_real_time(virtual_board, name):
    program = ROOT / "tests" / "conformance" / f"{name}.py"
    printed = virtual_board.mpremote("exec", LIKE_NEW, "+", "run", program)
    assert without_traces(printed) == expected(program)
