"""The board host: the real VM with a console and a file system of its own, as a board has them.

Separate from host_micropython.py, which runs the firmware of the PC's folder in virtual time: here
everything comes from the board's flash, the REPL follows main.py, and Ctrl-C, Ctrl-D and resets do
what they do on a board. The board model and the fakes are the same. What a VM is asked and
answered is in guest/vm/_link.py.
"""

from __future__ import annotations

import select
import socket
import struct
import sys
import tempfile
from pathlib import Path

from simulator import filesystem, wiring
from simulator.board import BoardModel
from simulator.flash import SECTOR
from simulator.host import FILES, Host
from simulator.host_micropython import compile_tree
from simulator.live.console import Console
from simulator.live.process import Process
from simulator.realtime import FOREVER_MS, RealWorld
from simulator.sandbox import GUEST

# By whether there is PSRAM, twice what a stock image offers (facts of DESIGN.md section 3), since
# everything but the contents of buffers is twice as large on this 64-bit VM; and the fakes.
HEAP_BYTES = {False: 2 * 165 * 1024 + 64 * 1024, True: 8 << 20}

HEAD = struct.Struct("<BBI")
REPLY = struct.Struct("<qqqqq")
CTRL_C_BIT = 1 << 40  # in the length of a reply
CTRL_C_LOOK_MS = 20  # between two looks whether a program computes, or waits for input
LOOKS_MAX = 25  # after which it does not wait for an end of flash operations any more
COMPUTES_S = 0.01  # of CPU time without a request between them
EXCEPTIONS_MAX = 20  # kept, of a board that may run for days
BOARD_LOST = "the MicroPython VM ended by itself\n"


def _guest_files() -> list[tuple[Path, str]]:
    found = {p.name: p for f in (GUEST, GUEST / "vm", GUEST / "live") for p in f.glob("*.py")}
    del found["bootstrap.py"]
    return [(found[name], name) for name in sorted(found)]


class BoardHost(Host):
    """`console` is the list of what was printed on other hosts; here it stays empty."""

    in_real_time = True

    def __init__(self, board: BoardModel, root: Path, console: Console) -> None:
        """root: unused but for its type; boot.py and main.py are those of the board's flash."""
        super().__init__(board, root)
        assert isinstance(board.world, RealWorld)
        self.world = board.world
        self.heap_bytes = HEAP_BYTES[wiring.BOARDS[board.name].psram]
        self._terminal = console
        self._fakes = compile_tree(_guest_files())
        self._vm: Process | None = None
        self._link: socket.socket | None = None
        self._frame = bytearray()
        self._begun = self._over = False  # it has booted so far; the VM has ended
        self._ctrl_c = False
        self._looks = 0  # since Ctrl-C was typed
        self._answering = False
        self._replies = 0
        console.heard, console.ended = self._heard, self._ended
        console.ctrl_c, board.interrupted = self._interrupt, self._cut_short

    def _attend(self) -> None:
        """Let the world go on until the VM asks, or is over, or the board is."""
        self.world.run_until(FOREVER_MS, self._called)

    def _called(self) -> bool:
        return self._over or self._is_whole() or self.board.reset_in_force

    def _cut_short(self) -> bool:
        """Whether a wait of the program is over before its time."""
        return self._ctrl_c or self._over

    def _repair_files(self) -> None:
        """A blank file system is formatted; of a corrupted one the VM complains."""
        flash = self.board.flash
        if flash.read(flash.find(FILES).address, SECTOR).count(0xFF) == SECTOR:
            filesystem.format_image(flash, FILES, {})

    # -- one life ---------------------------------------------------------------------------

    def _life(self) -> str:
        only_boot = self._terminal.raw
        with tempfile.TemporaryDirectory() as folder:
            path = f"{folder}/link"
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as door:
                door.bind(path)
                door.listen(1)
                door.setblocking(False)
                self._begun = self._over = self._ctrl_c = False
                start = [str(GUEST / "live" / "bootstrap.py"), path, str(self._fakes)]
                vm = Process(self.heap_bytes, [*start, str(int(only_boot))])
                self._vm = vm
                self.world.on_readable(door, lambda: self._joined(door))
                self._terminal.attach(vm)
                self.board.console.plug(self._terminal.type, self._terminal.unread)
                soft = False
                try:
                    soft = self._serve(only_boot)
                    return "soft" if soft else ""
                finally:
                    self._terminal.drain()
                    self._terminal.detach(keep_input=soft)
                    self.board.console.unplug()
                    self.world.forget(door)
                    self._hang_up()
                    vm.end()
                    self._vm = None
                    if soft:
                        self._terminal.tell_soft_reset()

    def _serve(self, only_boot: bool) -> bool:
        """Answer requests until the VM is over; whether that is a soft reset."""
        while True:
            self._attend()
            if self.world.stopping:
                self.board.end_ms = 0
            self.board.check()
            if self._over:
                self._bury()
                return True
            if self._is_whole():
                op, args, blob = self._take()
                self._terminal.drain()
                if op == "escaped":
                    self.exceptions[EXCEPTIONS_MAX:] = [blob.decode()]
                if op == "ended" and args[0]:
                    return True
                if op == "ended" and self._rests(only_boot):
                    return False
                link = self._link
                reply = self._answer(op, args, blob)
                if self._link is link:  # else Ctrl-C came amidst the request
                    self._send(reply)

    def _rests(self, only_boot: bool) -> bool:
        """boot.py and main.py have run: what now? Whether the VM is no longer needed."""
        self._ctrl_c = False
        if only_boot:
            self._terminal.enter_raw()
        return False

    def _bury(self) -> None:
        """The VM has ended: by Ctrl-D or sys.exit(), or something that is not to happen."""
        assert self._vm is not None
        status = self._vm.exit_status()
        if not self._begun:
            raise RuntimeError("the MicroPython VM does not start")
        if status is None or status < 0:
            self.exceptions.append(BOARD_LOST)
            print(f"the MicroPython VM ended with {status}", file=sys.stderr)
            self.board.reset("software")
            self.board.check()

    def _heard(self, text: str) -> None:
        self.board.console.hear(text)

    def _ended(self) -> None:
        self._over = True

    # -- the link ---------------------------------------------------------------------------

    def _joined(self, door: socket.socket) -> None:
        """The VM connects: at its start, and when Ctrl-C came amidst a request."""
        self._hang_up()
        self._link, _ = door.accept()
        self.world.on_readable(self._link, self._asked)

    def _hang_up(self) -> None:
        self._frame.clear()
        if self._link is not None:
            self.world.forget(self._link)
            self._link.close()
            self._link = None

    def _asked(self) -> None:
        assert self._link is not None
        try:
            data = self._link.recv(65536)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""  # it has gone without reading all of our answer
        self._frame += data
        if not data:
            self._hang_up()

    def _is_whole(self) -> bool:
        if len(self._frame) < HEAD.size:
            return False
        name_size, count, blob_size = HEAD.unpack_from(self._frame)
        return len(self._frame) >= HEAD.size + name_size + 8 * count + blob_size

    def _take(self) -> tuple[str, tuple[int, ...], bytes]:
        frame, self._frame = bytes(self._frame), bytearray()
        name_size, count, _ = HEAD.unpack_from(frame)
        args = struct.unpack_from(f"<{count}q", frame, HEAD.size)
        rest = frame[HEAD.size + 8 * count :]
        return rest[:name_size].decode(), args, rest[name_size:]

    def _answer(self, op: str, args: tuple[int, ...], blob: bytes) -> bytes:
        if op == "begins":
            self._begun = True
            self._terminal.begin()
        if op in ("begins", "escaped", "ended"):
            return REPLY.pack(0, 0, 0, self.in_real_time, 0)
        self._answering = True
        try:
            ticks, levels, received, value, data = self.board.call(op, args, blob)
        finally:
            self._answering = False
        size = len(data)
        if self._ctrl_c and self._begun and self._may_interrupt(op):
            self._ctrl_c = False
            size |= CTRL_C_BIT
        return REPLY.pack(ticks, levels, received, value, size) + data

    def _send(self, reply: bytes) -> None:
        if self._link is None:
            return
        self._replies += 1
        self._link.setblocking(True)
        try:
            self._link.sendall(reply)
        except (BrokenPipeError, ConnectionResetError):
            pass  # it has ended meanwhile
        self._link.setblocking(False)

    # -- Ctrl-C -----------------------------------------------------------------------------

    def _interrupt(self) -> None:
        """It reaches a program in its next request, or, where it makes none, by a signal."""
        if not self._ctrl_c and self._vm is not None:
            self._ctrl_c, self._looks = True, 0
            self._look_later(self._vm)

    def _may_interrupt(self, op: str) -> bool:
        """Not amidst what LittleFS does in several requests; at last, a read of it fails."""
        if op.startswith("flash_"):
            return op == "flash_read" and self._looks > LOOKS_MAX
        return True

    def _says_something(self) -> bool:
        """Whether the VM has begun a request, though we may not have got round to reading it."""
        if self._frame or self._link is None:
            return True
        return bool(select.select([self._link], [], [], 0)[0])

    def _look_later(self, vm: Process) -> None:
        replies, cpu_s = self._replies, vm.cpu_s()
        self.world.on_the_wall(CTRL_C_LOOK_MS, lambda: self._look(vm, replies, cpu_s))

    def _look(self, vm: Process, replies: int, cpu_s: float) -> None:
        if not self._ctrl_c or vm is not self._vm:
            return
        self._looks += 1
        asks = self._answering or self._says_something() or replies != self._replies
        if not vm.hears_ctrl_c():
            self._ctrl_c = False  # the program has ended
        elif self._begun and not asks and (vm.waits() or vm.cpu_s() - cpu_s >= COMPUTES_S):
            self._ctrl_c = False
            vm.interrupt()
        else:
            self._look_later(vm)
