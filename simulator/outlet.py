"""Events as JSON lines on standard output, for whoever reads them, at his own pace.

Separate because a world in real time must not stand still when nobody reads: then lines wait,
up to a limit, and beyond it are lost. Their `seq` tells.
"""

from __future__ import annotations

import os
import select
from collections import deque
from typing import Any, Callable

from simulator.realtime import RealWorld
from simulator.run import line_of

WAITING_MAX = 16 << 20  # bytes
CHUNK = select.PIPE_BUF  # so much a pipe takes without waiting when it is ready for any
LAST_WAIT_S = 1.0  # for a reader, when all is over


class Outlet:
    """`say(event)`; broken is called when the reader has gone."""

    def __init__(
        self,
        world: RealWorld,
        fd: int,
        told: Callable[[str], None],
        broken: Callable[[], None],
    ) -> None:
        self._world, self._fd, self._told, self._broken = world, fd, told, broken
        self._waiting: deque[bytes] = deque()
        self._bytes = 0
        self._is_broken = self._losing = False
        try:
            world.on_writable(fd, self._flush)
            world.on_writable(fd, None)
            self._waits = True
        except PermissionError:  # a file: it never makes anybody wait
            self._waits = False

    def say(self, event: dict[str, Any]) -> None:
        self._line(line_of(event))

    def text(self, line: str) -> None:
        self._line(line.encode() + b"\n")

    def _line(self, line: bytes) -> None:
        if self._is_broken:
            return
        if self._bytes + len(line) > WAITING_MAX:
            if not self._losing:
                self._told("nobody reads the events: they are lost from here on")
            self._losing = True
            return
        self._losing = False
        self._waiting.append(line)
        self._bytes += len(line)
        if not self._waits:
            self._flush()
        elif len(self._waiting) == 1:
            self._world.on_writable(self._fd, self._flush)

    def _flush(self) -> None:
        chunk = bytearray()
        while self._waiting and len(chunk) < CHUNK:
            chunk += self._waiting.popleft()
        if len(chunk) > CHUNK and self._waits:
            self._waiting.appendleft(bytes(chunk[CHUNK:]))
            del chunk[CHUNK:]
        self._bytes -= len(chunk)
        try:
            _write_all(self._fd, chunk)
        except OSError:
            self._give_up()
            self._broken()
            return
        if self._waits and not self._waiting:
            self._world.on_writable(self._fd, None)

    def _give_up(self) -> None:
        self._is_broken = True
        self._waiting.clear()
        if self._waits:
            self._world.on_writable(self._fd, None)

    def close(self) -> None:
        """Write what waits, while somebody reads it."""
        while self._waiting and not self._is_broken:
            if self._waits and not select.select([], [self._fd], [], LAST_WAIT_S)[1]:
                self._give_up()
            else:
                self._flush()
        if not self._is_broken and self._waits:
            self._world.on_writable(self._fd, None)


def _write_all(fd: int, data: bytearray) -> None:
    while data:
        del data[: os.write(fd, data)]
