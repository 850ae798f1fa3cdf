"""A virtual board for tests: a port, a control socket, and its end.

    with VirtualBoard("--board", "generic_esp32", "--quick-flash") as board:
        board.mpremote("exec", "print(1)")   # or board.port, for whatever else takes one
        board.do(do="press", count=3)        # the world, over the control socket
        board.wait_for("gesture", kind="danger")

`flash_file` makes a flash with files in it, `firmware_files` those of the product.
"""

import json
import subprocess
import sys
from pathlib import Path

import serial

from simulator import chip_image, filesystem
from simulator.flash import Flash, read_table
from tests.system.serving import GENEROUS_S, Serving

ROOT = Path(__file__).resolve().parents[1]


class VirtualBoard(Serving):
    """`python -m simulator board` with these arguments; `port` is what a client opens."""

    def __init__(self, *arguments):
        super().__init__(*arguments, command="board")
        self.port = self.ready["port"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if not self.process.stderr.closed:  # a test may have ended it
            code, said = self.end()
            assert code == 0, said

    def mpremote(self, *arguments, code=0):
        """What mpremote prints, errors too; it must end with this code."""
        done = subprocess.run(
            [sys.executable, "-m", "mpremote", "connect", self.port, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=GENEROUS_S,
            check=False,
        )
        assert done.returncode == code, done.stdout
        return done.stdout

    def terminal(self):
        """The port, opened as a person's terminal has it."""
        return Terminal(self.port)


class Terminal:
    """Somebody at the REPL."""

    def __init__(self, port):
        self.port = serial.Serial(None, timeout=GENEROUS_S)
        self.port.dtr = self.port.rts = False
        self.port.port = port
        self.port.open()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.port.close()

    def type(self, text):
        self.port.write(text.encode())

    def until(self, text):
        """What comes up to and with this text."""
        heard = b""
        while not heard.endswith(text.encode()):
            byte = self.port.read(1)
            assert byte, heard
            heard += byte
        return heard.decode()

    def prompt(self):
        """Come to the prompt, whatever runs."""
        self.type("\r\x03\r")
        self.until(">>> ")
        self.type("print('he'+'re')\r")
        self.until("here\r\n>>> ")

    def ask(self, text):
        """Type a line at the prompt; what it prints."""
        self.type(text + "\r")
        self.until(text + "\r\n")
        return self.until(">>> ")[: -len(">>> ")].strip()


def firmware_files(board, config):
    """What a board with the firmware of this tree has in its file system, by path."""
    from simulator.host_micropython import compile_tree
    from simulator.host_micropython import firmware_files as sources

    files = {f"/{name}": (ROOT / name).read_bytes() for name in ("boot.py", "main.py")}
    folder = compile_tree(sources(ROOT))
    for path in folder.rglob("*.mpy"):
        files[f"/{path.relative_to(folder)}"] = path.read_bytes()
    files["/board"] = board.encode()
    files["/config.json"] = json.dumps(config).encode()
    files["/mode"] = config["mode"].encode()
    return files


def flash_file(path, board, files):
    """Write the flash of a board with these files; for --flash."""
    flash = Flash(read_table(ROOT / "firmware" / "boards" / f"{board}.csv"))
    filesystem.format_device(filesystem.ImageDevice(flash, "vfs"))
    disk = filesystem.FileSystem(filesystem.ImageDevice(flash, "vfs"))
    made = {"/"}
    for name, data in sorted(files.items()):
        for folder in reversed(Path(name).parents):
            if str(folder) not in made:
                made.add(str(folder))
                disk.mkdir(str(folder))
        with disk.open(name, "wb") as file:
            file.write(data)
    path.write_bytes(chip_image.dump(flash))
    return path
