"""The console of the virtual board: between its serial port and the VM that runs at the moment.

Separate because it makes a VM on pipes look like a board on a wire: lines end in \\r\\n, Ctrl-C
reaches a program that runs and is a character at a prompt, and after a soft reset the board is in
the raw REPL if it was there before. What MicroPython prints at its prompts: pyexec.c.
"""

from __future__ import annotations

from typing import Callable

from simulator.live.port import ConsolePort
from simulator.live.process import Process
from simulator.realtime import RealWorld

CTRL_A, CTRL_C, CTRL_X = b"\x01", b"\x03", b"\x18"
RAW = b"raw REPL; CTRL-B to exit\r\n>"
FRIENDLY = b'Type "help()" for more information.\r\n'
PROMPTS = (b"\x04>", b">>> ")
SOFT_RESET = b"MPY: soft reboot\r\n"
INPUT_MAX = 4096  # bytes that wait to get into the VM, from which on the port is held


class Console:
    """`raw`: in the raw REPL. ended() is called when the VM has; ctrl_c() when a program is to."""

    def __init__(self, world: RealWorld, port: ConsolePort) -> None:
        self._world, self._port = world, port
        self.heard: Callable[[str], None] = lambda text: None  # what the VM has printed
        self.ended: Callable[[], None] = lambda: None
        self.ctrl_c: Callable[[], None] = lambda: None
        self.raw = False
        self._vm: Process | None = None
        self._input = bytearray()
        self._early: bytearray | None = bytearray()  # what is typed before a program runs
        self._tail = b""
        self._hidden = False  # what the VM prints until it has come to the raw REPL
        self._binary = False
        port.heard, port.drained = self.type, self._listen

    # -- which VM ---------------------------------------------------------------------------

    def attach(self, vm: Process) -> None:
        """This VM has the console from now on."""
        self._vm, self._tail, self._hidden, self._binary = vm, b"", False, False
        self._listen()
        self._feed()

    def begin(self) -> None:
        """The VM is about to run boot.py: from now on Ctrl-C is for it."""
        early, self._early = self._early, None
        if early:
            self.type(bytes(early))

    def detach(self, keep_input: bool) -> None:
        """The VM is over; keep_input: what it has not read is for the next one."""
        vm, self._vm = self._vm, None
        if vm is None:
            return
        self._world.forget(vm.printed)
        self._world.forget(vm.typed)
        self._early = self._early or bytearray()
        if keep_input:
            self._input[:0] = vm.take_unread()
        else:
            self._input.clear()
            self.raw = False
        self._port.hold(False)

    def unread(self) -> int:
        """How many bytes there are for the program to read."""
        return 0 if self._vm is None else self._vm.unread()

    # -- to the VM --------------------------------------------------------------------------

    def type(self, data: bytes) -> None:
        """Bytes for the board."""
        if self._early is not None or self._vm is None:
            self._early = self._early or bytearray()
            self._early += data[: max(0, INPUT_MAX - len(self._early))]
            return
        for index, part in enumerate(data.split(CTRL_C)):
            if index:
                if self._vm.hears_ctrl_c():
                    self.ctrl_c()
                else:
                    self._input += CTRL_C
            self._input += part
        self._feed()

    def _feed(self) -> None:
        if self._vm is None:
            return
        sent = self._vm.write(bytes(self._input)) if self._input else 0
        del self._input[:sent]
        self._world.on_writable(self._vm.typed, self._feed if self._input else None)
        self._port.hold(len(self._input) >= INPUT_MAX)

    def enter_raw(self) -> None:
        """The VM is about to show its prompt after a soft reset in the raw REPL: go on there."""
        assert self._vm is not None
        self._hidden = True
        self._input[:0] = CTRL_A + self._vm.take_unread()
        self._feed()

    # -- from the VM ------------------------------------------------------------------------

    def _listen(self) -> None:
        if self._vm is not None:
            self._world.on_readable(self._vm.printed, self._printed)

    def _printed(self) -> None:
        if self._vm is None:
            return
        if self._port.full:
            self._world.forget(self._vm.printed)  # it waits until the client has caught up
            return
        data = self._vm.read()
        if data:
            self._tell(data)
        elif data is not None:
            self._world.forget(self._vm.printed)
            self.ended()

    def drain(self) -> None:
        """Pass on all that the VM has printed so far."""
        while self._vm is not None:
            data = self._vm.read()
            if not data:
                return
            self._tell(data)

    def tell_soft_reset(self) -> None:
        self._port.write(SOFT_RESET)

    def _tell(self, data: bytes) -> None:
        self.heard(data.decode(errors="replace"))
        if self._hidden:
            text = self._tail + data
            at = text.find(RAW)
            if at < 0:
                self._tail = text[-len(RAW) :]
                return
            self._hidden, self._tail, data = False, b"", text[at:]
        self._note_mode(data)
        self._port.write(data if self._is_binary(data) else self._lines(data))
        self._tail = (self._tail + data)[-len(FRIENDLY) :]

    def _note_mode(self, data: bytes) -> None:
        text = self._tail + data
        raw, friendly = text.rfind(RAW), text.rfind(FRIENDLY)
        if raw != friendly:
            self.raw = raw > friendly

    def _is_binary(self, data: bytes) -> bool:
        """Whether this is of mpremote's file server, which is not to be touched.

        A request of it begins with Ctrl-X, while Ctrl-C is switched off, and that is on again
        once the request has been answered. At a prompt, too, it is off.
        """
        if self._vm is None or (not self._binary and CTRL_X not in data):
            return False
        self._binary = not self._vm.hears_ctrl_c()
        if self._binary and (self._tail + data).endswith(PROMPTS):
            self._binary = False
            return True
        return self._binary

    def _lines(self, data: bytes) -> bytes:
        """A \\n alone becomes \\r\\n, as print() does it on a board."""
        if self._tail[-1:] == b"\r" and data[:1] == b"\n":
            return b"\n" + self._lines_from(data[1:])
        return self._lines_from(data)

    @staticmethod
    def _lines_from(data: bytes) -> bytes:
        return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
