"""A board to be flashed that is no process: on_board.py and boot.py on CPython, over NOR flash.

Its files lie in a LittleFS as on a board, and what talks to it is kit.flash.port.Board without its
transport. So power can fail in any operation of the flash, hundreds of times a minute;
test_flash_cuts.py has the transport and the real interpreter.
"""

import json
import traceback
from hashlib import sha256

from nor import SECTOR

from kit.flash import port, work
from simulator import filesystem
from simulator.flash import read_table
from simulator.mounts import Mounts
from simulator.sandbox import Sandbox
from tests.virtual_board import ROOT

NAME = "t_a7670x_s3"


class Killed(Exception):
    """The program that flashes has ended here."""


def sectors(name=NAME):
    """How large the file system of a board is."""
    table = read_table(ROOT / f"firmware/boards/{name}.csv")
    return next(part.size for part in table if part.label == "vfs") // SECTOR


class Chip:
    """What is switched on: a flash and the memory that lasts for as long as there is power."""

    def __init__(self, nor):
        self.nor, self._rtc = nor, b""
        self.start()

    def start(self, boot=True):
        """A restart; without boot, it is interrupted before boot.py."""
        printed, mounts = [], Mounts()
        partition = {"find": lambda kind, label: [self.nor] if label == "vfs" else []}
        fakes = {
            "machine": {"RTC": lambda: self, "reset": lambda: None},
            "micropython": {"kbd_intr": lambda code: None},
            "esp32": {"Partition": type("Partition", (), partition)},
            "os": mounts.os_functions(),
        }
        self._printed = printed
        self._sandbox = Sandbox(ROOT, fakes, printed)
        self._sandbox.give_files(mounts)
        self._names = {"__name__": "__main__", "__builtins__": self._sandbox.builtins}
        mounts.mount(filesystem.FileSystem(self.nor), "/")
        text = self.files().read("/boot.py")
        if text and boot:
            self.run(text.decode())
        return self.slot()

    def memory(self, *data):
        """machine.RTC().memory"""
        if not data:
            return self._rtc
        self._rtc = bytes(data[0])

    def run(self, text):
        """Execute this there; what it prints."""
        del self._printed[:]
        exec(compile(text, "<board>", "exec"), self._names)
        return "".join(self._printed)

    def slot(self):
        """Which slot boot.py has picked, None: none."""
        path = self._sandbox.load("sys").path
        return path[1][1:] if path[1] in ("/a", "/b") else None

    def files(self):
        return Files(self.nor)


class Files:
    """What is in the flash, looked at from outside."""

    def __init__(self, nor):
        self._disk = filesystem.FileSystem(nor)

    def read(self, path):
        try:
            with self._disk.open(path, "rb") as file:
                return file.read()
        except OSError:
            return None

    def below(self, folder):
        found = {}
        for name, kind, *_ in self._disk.ilistdir(folder):
            path = f"{folder}/{name}"
            if kind == 0x4000:
                found.update(self.below(path))
            else:
                found[path] = self.read(path)
        return found

    def slot(self, name):
        """The SHA-256 of a slot's manifest; all that it names is there, and nothing else."""
        manifest = self.read(f"/{name}/manifest.json")
        if manifest is None:
            return None
        found = self.below(f"/{name}")
        del found[f"/{name}/manifest.json"]
        named = json.loads(manifest)["files"]
        there = {path[3:]: sha256(data).hexdigest() for path, data in found.items()}
        assert there == named, f"slot {name} is no whole version"
        return sha256(manifest).hexdigest()


class ModelBoard(port.Board):
    """kit's Board with a Chip in place of a port.

    written: by path, the first of the flash's operations that wrote it, and the one after the
    last. kill_at: how many lines reach the board before the program is killed.
    """

    def __init__(self, chip, kill_at=None):
        self.url, self.chip, self.written, self.lines = "board", chip, {}, 0
        self._kill_at, self._path = kill_at, ""

    def _enter(self, within_s):
        """It is at its REPL."""

    def _exec(self, code):
        if self.lines == self._kill_at:
            raise Killed
        self.lines += 1
        try:
            return self.chip.run(code)
        except Exception as error:
            raise port.Failed(self.url, traceback.format_exc()) from error

    def call(self, function, *args):
        began = self.chip.nor.operations
        found = super().call(function, *args)
        if function not in ("w", "taken_whole"):  # which go on with what was taken
            self._path = args[-1] if args else ""
        if self.chip.nor.operations > began and function not in ("remove", "clear"):
            first = self.written.get(self._path, (began, 0))[0]
            self.written[self._path] = (first, self.chip.nor.operations)
        return found


def flash(chip, release, kill_at=None):
    """What kit/flash/doing.py does until the restart; the Board, and what was planned."""

    def told(done, of):
        pass

    board = ModelBoard(chip, kill_at)
    board.enter()
    known = work.facts(board)
    todo = work.plan(board, known, release, NAME, told)
    if not work.settled(known, todo):
        work.write(board, known, release, NAME, todo, told)
    return board, todo
