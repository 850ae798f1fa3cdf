"""The cpython host: firmware in this process, each life in a sandbox of its own."""

from __future__ import annotations

import ctypes
import threading
import time
import traceback
from pathlib import Path

from simulator.board import CONSOLE_BIT, BoardModel, Hang
from simulator.filesystem import FileSystem
from simulator.host import FILES, Host
from simulator.mounts import Mounts
from simulator.sandbox import Loaded, Sandbox

STREAM_POLL = 3  # MP_STREAM_POLL of py/stream.h
LOOKS_PER_LIMIT = 8  # of the warden, within the time after which firmware is taken to hang


class CpythonHost(Host):
    """Fast, debuggable, measurable by coverage; heap figures are not known.

    loaded: see Sandbox.
    """

    def __init__(self, board: BoardModel, root: Path, loaded: Loaded | None = None) -> None:
        super().__init__(board, root)
        self._loaded = loaded

    def _life(self) -> str:
        sandbox = self._furnish()
        try:
            with _Warden(self.board, self.hang_cpu_s):
                sandbox.run([self.root / "boot.py", self.root / "main.py"])
        except SystemExit:
            return "soft"
        except Hang as hang:
            where = traceback.extract_tb(hang.__traceback__)[-1]
            raise Hang(f"{where.filename}:{where.lineno} in {where.name}") from None
        except Exception as error:
            self.exceptions.append("".join(traceback.format_exception(error)))
        return ""

    def _furnish(self) -> Sandbox:
        """A sandbox with the link to the board and its file system."""
        link = {"call": self.board.call, "step_ends": lambda: None}
        sandbox = Sandbox(self.root, {"_link": link}, self.console, self._loaded)
        link["true_module"] = sandbox.true_module
        mounts = Mounts()
        sandbox.give_files(mounts)
        stdin = _Stdin(self.board)
        sandbox.give_console(stdin)
        self.board.console.plug(stdin.data.extend, lambda: len(stdin.data))
        sandbox.load("_board").hello()
        for device in sandbox.load("esp32").Partition.find(1, label=FILES):
            mounts.mount(FileSystem(device), "/")
        return sandbox


class _Stdin:
    """`sys.stdin`, of which the firmware reads bytes."""

    _wait_bit = CONSOLE_BIT

    def __init__(self, board: BoardModel) -> None:
        self.data = bytearray()
        self.buffer = self
        self._board = board

    def ioctl(self, request: int, flags: int) -> int:
        return flags & 1 if request == STREAM_POLL and self.data else 0

    def read(self, count: int) -> bytes:
        while len(self.data) < count:
            self._board.call("wait", (-1, 1 << CONSOLE_BIT, 0), b"")
        data = bytes(self.data[:count])
        del self.data[:count]
        return data


class _Warden:
    """Ends firmware that computes without ever asking the board for anything.

    A thread beside it compares the CPU time of the firmware's thread with the requests it has
    made, and throws Hang into it. CPU time, so that a busy PC makes no difference.
    """

    def __init__(self, board: BoardModel, limit_s: float) -> None:
        self._board, self._limit_s = board, limit_s
        self._over = threading.Event()
        self._firmware = threading.get_ident()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        try:  # what was thrown last may not have arrived: it does in any loop
            for _turn in range(3):
                pass
        except Hang:
            pass

    def _watch(self) -> None:
        clock = time.pthread_getcpuclockid(self._firmware)
        calls, since_s = -1, 0.0
        while not self._over.wait(self._limit_s / LOOKS_PER_LIMIT):
            now_s = time.clock_gettime(clock)
            if calls != self._board.calls or calls % 2:
                calls, since_s = self._board.calls, now_s
            elif now_s - since_s > self._limit_s:
                # Once is not enough for a bare `except:`: thrown at every look from now on.
                self._board.hung = True
                ident = ctypes.c_ulong(self._firmware)
                ctypes.pythonapi.PyThreadState_SetAsyncExc(ident, ctypes.py_object(Hang))
