"""The serial port of a virtual board: a pseudo-terminal on which nothing is lost.

Separate because a modem's line loses what nobody takes (ports.py), while a console makes the
program that prints wait for a client that is slow. With no client at all what is printed is gone,
as on a wire that nobody listens to. Knows no board.
"""

from __future__ import annotations

import os
import termios
from pathlib import Path
from typing import Callable

from simulator.ports import Pty
from simulator.realtime import RealWorld

BACKLOG_MAX = 1 << 16  # bytes on their way to a slow client, from which on `full` holds


class ConsolePort(Pty):
    """drained() is called once a slow client has caught up, or has gone."""

    def __init__(self, world: RealWorld) -> None:
        super().__init__(world)
        self.drained: Callable[[], None] = lambda: None
        self._link: Path | None = None
        self._held = False

    def link(self, path: Path) -> None:
        """Have a symbolic link lead here until it is closed; OSError where something is."""
        if path.is_symlink():
            path.unlink()
        path.symlink_to(self.name)
        self._link = path

    @property
    def full(self) -> bool:
        return len(self._pending) >= BACKLOG_MAX

    def write(self, data: bytes) -> None:
        if self._fd >= 0 and self._open_elsewhere():
            self._pending += data
            self._flush(self._fd)
        else:
            self._pending.clear()

    def hold(self, on: bool) -> None:
        """Read nothing from the client for now: the board has not taken what it sent."""
        if on != self._held and self._fd >= 0:
            self._held = on
            self._world.forget(self._fd)
            self._look()
            self._flush(self._fd)

    def _serve(self, fd: int) -> None:
        if not self._held:
            super()._serve(fd)

    def _flush(self, fd: int) -> None:
        was_full = self.full
        super()._flush(fd)
        if was_full and not self.full:
            self.drained()

    def _gone(self, why: str) -> None:
        """What the last client has not read is not for the next one."""
        super()._gone(why)
        slave = os.open(self.name, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        termios.tcflush(slave, termios.TCIFLUSH)
        os.close(slave)
        self.drained()

    def close(self) -> None:
        if self._link is not None and os.path.realpath(self._link) == self.name:
            self._link.unlink()
        self._link = None
        super().close()
