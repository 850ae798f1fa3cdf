"""The board's console from outside: who types a line there, and what is printed.

Separate from the hosts, of which each has its own way to the interpreter's stdin and stdout, so
that what is typed arrives at the same time on all of them: at the pace of a UART, and no faster
than it is read. Of what is printed, the lines of JSON are events; a traceback would differ from
one interpreter to the other. Knows no firmware.
"""

from __future__ import annotations

from typing import Callable

from simulator.world import World

BYTES_PER_MS = 11  # 115200 baud
UNREAD_MAX = 256  # the ring buffer of the port, which then holds the other side off


class Console:
    """`type` bytes, `hear` what is printed; a host plugs the interpreter in for each life."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._typed = bytearray()  # not arrived yet
        self._arriving = False
        self._line = ""
        self._deliver: Callable[[bytes], object] = lambda data: None
        self.unread: Callable[[], int] = lambda: 0

    def plug(self, deliver: Callable[[bytes], object], unread: Callable[[], int]) -> None:
        """A new life: what was on its way is lost."""
        self._deliver, self.unread = deliver, unread
        self._typed.clear()
        self._line = ""

    def unplug(self) -> None:
        self.plug(lambda data: None, lambda: 0)

    def type(self, data: bytes) -> None:
        """Somebody types, or a program does."""
        self._typed += data
        if not self._arriving:
            self._arriving = True
            self._world.after(1, self._arrive)

    def _arrive(self) -> None:
        count = min(BYTES_PER_MS, UNREAD_MAX - self.unread())
        if count > 0 and self._typed:
            self._deliver(bytes(self._typed[:count]))
            del self._typed[:count]
        self._arriving = bool(self._typed)
        if self._arriving:
            self._world.after(1, self._arrive)

    def hear(self, text: str) -> None:
        """Something was printed."""
        *lines, self._line = (self._line + text).split("\n")
        for line in lines:
            if line.startswith("{"):
                self._world.emit("console", "board", text=line.rstrip("\r"))
