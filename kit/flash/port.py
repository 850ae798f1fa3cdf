"""The board's REPL, through mpremote: run a line of MicroPython there, get its answer.

Separate because it is the only file that knows mpremote. Its transport is used for the raw REPL
and for raw paste, whose flow control a board without any other needs; opening is ours, for on
many boards the DTR and RTS that mpremote raises reset the chip, and so is reading, which it does
byte by byte. Imports mpremote and pyserial.
"""

from __future__ import annotations

import base64
import json
import os
import struct
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable

import serial
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from kit.command import Unusable

PIECE = 1024  # bytes of a file in one line
ANSWER_S = 30.0  # erasing takes 60 ms a sector; what takes longer is asked for in parts
ENTER_S = 3.0
_TRIES = 3  # to enter: a board that restarts just then says much
_BAUD = 115200
_RAW = b"raw REPL; CTRL-B to exit\r\n>"
_AGENT = Path(__file__).with_name("on_board.py")


class Gone(Unusable):
    """The port is closed, or the board no longer answers."""


class Closed(Unusable):
    """There is no REPL: a program runs that Ctrl-C does not end."""


class Failed(Unusable):
    """The board could not do it. `error` is MicroPython's last line."""

    def __init__(self, url: str, error: str) -> None:
        self.error = error
        super().__init__(f"{url}: the board says {error}")


class _Transport(SerialTransport):
    """mpremote's, over a port that is open already, and reading as much as there is."""

    def __init__(self, port: Any, url: str) -> None:
        self.serial = port
        self.device_name = url
        self.in_raw_repl = False
        self.use_raw_paste = True
        self.mounted = False
        self.is_pty = False
        self.prompted = False  # the prompt has been read already

    def read_until(
        self,
        min_num_bytes: int,
        ending: bytes,
        timeout: float | None = 10,
        data_consumer: Callable[[bytes], None] | None = None,
        timeout_overall: float | None = None,
    ) -> bytes:
        """As mpremote's: what came when it is complete or when nothing more comes in time."""
        if self.prompted:
            self.prompted = False
            return b">"
        data = b""
        ends_s = time.monotonic() + ANSWER_S
        while not data.endswith(ending) and time.monotonic() < ends_s:
            # Never beyond the ending: what follows it is for the next call.
            part = self.serial.read(1)
            data += part
            if part:
                ends_s = time.monotonic() + ANSWER_S
        return data


class Board:
    """A board at its raw REPL, with on_board.py in it."""

    def __init__(self, url: str) -> None:
        """Open the port; Unusable where that cannot be done."""
        self.url = url
        self._port = open_port(url)
        self._transport = _Transport(self._port, url)

    def close(self) -> None:
        self._port.close()

    def reopen(self) -> None:
        """After somebody else had the port."""
        self._port = open_port(self.url)
        self._transport = _Transport(self._port, self.url)

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def enter(self, within_s: float = ENTER_S) -> None:
        """End what runs there and load on_board.py. Closed where nothing answers."""
        for attempt in range(_TRIES):
            try:
                self._enter(within_s)
            except (serial.SerialException, OSError) as error:
                raise Gone(f"{self.url}: the board is gone ({_first(error)})") from None
            word = os.urandom(4).hex()
            try:
                self._exec(_AGENT.read_text())
                if self.call("begin", word) == [word]:
                    return
            except (Gone, Failed):  # of an earlier question, or restarting just now
                if attempt == _TRIES - 1:
                    raise
        raise Closed(f"{self.url}: its REPL answers something else than it is asked")

    def _enter(self, within_s: float) -> None:
        ends_s = time.monotonic() + within_s
        seen, patience_s = b"", 0.1
        self._port.timeout = 0.05
        while time.monotonic() < ends_s:
            # Twice: the first may end a program, the second what it had left half typed.
            self._port.write(b"\r\x03\x03")
            time.sleep(0.05)
            self._port.reset_input_buffer()
            self._port.write(b"\r\x01")
            again_s = time.monotonic() + patience_s
            patience_s = min(2 * patience_s, 0.8)
            while time.monotonic() < again_s:
                seen += self._port.read(max(1, self._port.in_waiting))
                if seen.endswith(_RAW):
                    time.sleep(0.05)
                    self._port.reset_input_buffer()  # of an earlier try that came late
                    self._port.timeout = ANSWER_S
                    self._transport.prompted = True
                    return
        raise Closed(f"{self.url}: no REPL; is it the right port, is the board on the bench?")

    def call(self, function: str, *args: str) -> list[Any]:
        """What a function of on_board.py prints, a value a line."""
        words = ", ".join(repr(arg) for arg in args)
        found = []
        for line in self._exec(f"{function}({words})").splitlines():
            with suppress(ValueError):
                found += [json.loads(line[1:])] if line.startswith("=") else []
        return found

    def send(self, path: str, data: bytes, told: Callable[[int], None]) -> None:
        """Write a file; told: of the bytes of every piece."""
        self.call("take", path)
        for at in range(0, len(data), PIECE):
            piece = data[at : at + PIECE]
            self.call("w", base64.b64encode(piece).decode())
            told(len(piece))
        self.call("taken_whole")

    def restart(self) -> None:
        """Reset the chip; the port is closed, for it may go away and come back."""
        try:
            self._transport.exec_raw_no_follow("restart()")
            time.sleep(0.1)  # until the last byte is out
        except (TransportError, serial.SerialException, OSError, struct.error):
            pass  # it was faster than its answer
        self.close()

    def _exec(self, code: str) -> str:
        try:
            said, complaint = self._transport.exec_raw(code)
        except (TransportError, struct.error) as error:
            raise Gone(f"{self.url}: the board does not answer ({_first(error)})") from None
        except (serial.SerialException, OSError, TypeError) as error:
            raise Gone(f"{self.url}: the board is gone ({_first(error)})") from None
        if complaint:
            lines = complaint.decode(errors="replace").strip().splitlines()
            raise Failed(self.url, lines[-1] if lines else "nothing")
        return said.decode(errors="replace")


def open_port(url: str) -> Any:
    """With DTR and RTS low, and by nobody else."""
    try:
        port = serial.serial_for_url(url, do_not_open=True, baudrate=_BAUD, timeout=ANSWER_S)
        port.dtr = port.rts = False
        port.write_timeout = ANSWER_S
        if "://" not in url:
            port.exclusive = True
        port.open()
    except (serial.SerialException, OSError, ValueError) as error:
        raise Unusable(f"{url}: cannot be opened ({_first(error)})") from None
    return port


def _first(error: Exception) -> str:
    lines = str(error).splitlines()
    return lines[0][:80] if lines else type(error).__name__
