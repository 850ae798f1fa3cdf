"""The control socket: commands and faults as JSON lines, to a world in real time.

CONTRACTS.md sections 2 and 7: the objects of a scenario's steps without `at`, and `clock`. Each
line is answered by one: {"ok": true, "t": ...} or {"ok": false, "error": "line 3: key: what"}.
Separate from what commands do. On 127.0.0.1 alone, for several clients at a time.
"""

from __future__ import annotations

import json
import re
import socket
from pathlib import Path
from typing import Any

from simulator import commands
from simulator.realtime import RealWorld
from simulator.scene import Scene
from simulator.tree import ScenarioError, read_json

HOST = "127.0.0.1"
CLIENTS_MAX = 16
LINE_MAX = 65536  # bytes
OUT_MAX = 1 << 20  # bytes of answers that a client has not read; then it is let go
ERROR_MAX = 300
# A browser that some page sent here: it gets nothing, and obtains nothing.
_HTTP = re.compile(rb"[A-Z]+ \S+ HTTP/")


class Control:
    """Listens as soon as it is made; OSError where it cannot."""

    def __init__(self, world: RealWorld, scene: Scene, folder: Path, port: int = 0) -> None:
        """folder: what files are relative to that commands name; port 0: any that is free."""
        self._world, self._scene, self._folder = world, scene, folder
        self._clients: set[_Client] = set()
        self._socket = socket.create_server((HOST, port))
        self._socket.setblocking(False)
        self.url = f"socket://{HOST}:{self._socket.getsockname()[1]}"
        world.on_readable(self._socket, self._accept)

    def _accept(self) -> None:
        try:
            taken, _ = self._socket.accept()
        except OSError:
            return  # he has gone again, or there are no file descriptors left
        if len(self._clients) >= CLIENTS_MAX:
            taken.setblocking(False)
            taken.send(_line({"ok": False, "error": f"{CLIENTS_MAX} clients at most"}))
            taken.close()
            return
        self._clients.add(_Client(self, taken))

    def forget(self, client: _Client) -> None:
        self._clients.discard(client)

    def obey(self, line: str, where: str) -> dict[str, Any]:
        """Carry out one line; the answer to it."""
        try:
            node = read_json(line, where, "command")
            command = commands.read(node, (), self._folder, live=True)
            if command.do == "clock":
                self._clock(**command.args)
            else:
                key, why = self._scene.refusal(command)
                if why:
                    raise node.entries()[key].wrong(why)
                self._scene.do(command)
        except ScenarioError as error:
            return {"ok": False, "error": _short(str(error))}
        return {"ok": True, "t": self._world.now_ms}

    def _clock(self, pause: bool | None, step: int | None, speed: int | None) -> None:
        world = self._world
        if speed is not None:
            world.pace(speed)
        if pause is not None:
            (world.pause if pause else world.go)()
        if step is not None:
            world.step(step)
            world.catch_up()

    @property
    def world(self) -> RealWorld:
        return self._world

    def close(self) -> None:
        for client in list(self._clients):
            client.close()
        self._world.forget(self._socket)
        self._socket.close()


class _Client:
    def __init__(self, control: Control, connection: socket.socket) -> None:
        self._control, self._socket = control, connection
        self._in, self._out = bytearray(), bytearray()
        self._lines = 0
        self._skipping = False  # the rest of a line that is too long
        self._ended = False  # it says nothing more, but may still read
        connection.setblocking(False)
        control.world.on_readable(connection, self._read)

    def _read(self) -> None:
        try:
            data = self._socket.recv(65536)
        except BlockingIOError:
            return
        except OSError:
            self.close()
            return
        if not data:
            self._ended = True
            self._control.world.forget(self._socket)
            data = b"\n" if self._in else b""
        self._in += data
        self._take_lines()
        self._flush()

    def _take_lines(self) -> None:
        while b"\n" in self._in:
            line, _, rest = bytes(self._in).partition(b"\n")
            self._in = bytearray(rest)
            if self._skipping:
                self._skipping = False
                continue
            if _HTTP.match(line):
                self.close()
                return
            self._line(line.strip())
        if len(self._in) > LINE_MAX and not self._skipping:
            self._skipping = True
            self._answer_long()
        if self._skipping:
            self._in.clear()

    def _line(self, line: bytes) -> None:
        if not line:
            return
        if len(line) > LINE_MAX:
            self._answer_long()
            return
        self._lines += 1
        where = f"line {self._lines}"
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            self._answer({"ok": False, "error": f"{where}: command: is not UTF-8 text"})
            return
        self._answer(self._control.obey(text, where))

    def _answer_long(self) -> None:
        self._lines += 1
        what = f"line {self._lines}: command: is longer than {LINE_MAX} bytes"
        self._answer({"ok": False, "error": what})

    def _answer(self, answer: dict[str, Any]) -> None:
        self._out += _line(answer)

    def _flush(self) -> None:
        if self._socket.fileno() < 0:
            return
        try:
            del self._out[: self._socket.send(self._out)]
        except BlockingIOError:
            pass
        except OSError:
            self.close()
            return
        if len(self._out) > OUT_MAX or self._ended and not self._out:
            self.close()
        else:
            wanted = self._flush if self._out else None
            self._control.world.on_writable(self._socket, wanted)

    def close(self) -> None:
        if self._socket.fileno() >= 0:
            self._control.world.forget(self._socket)
            self._socket.close()
        self._control.forget(self)


def _line(answer: dict[str, Any]) -> bytes:
    return json.dumps(answer).encode() + b"\n"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= ERROR_MAX else text[:ERROR_MAX] + "..."
