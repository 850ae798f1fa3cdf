"""A device's service console over a serial port: requests, replies, and what it says on its own.

Separate because it is the only file of the kit that opens a port. Any URL that pyserial knows; a
device node is opened with DTR and RTS low, because on many boards they reset the chip. The lines
are those of docs/console.md. What a request holds, and what a device answers, is never shown or
logged: it may be a key or a number. Imports pyserial.
"""

from __future__ import annotations

import base64
import binascii
import json
import time
from collections import deque
from typing import Any, Callable

import serial

from kit.command import Unusable

VERSION = 1
LINE_MAX = 1024  # bytes of a request without its end
PIECE = 512  # bytes of a file in one request
ANSWER_S = 5.0
_BAUD = 115200
_EVENTS_MAX = 256
_ANSWER_MAX = 1 << 20  # bytes without an end: not a device that speaks this protocol
_WHY_MAX = 200
_BURST = 65536
_TRIES = 3
_PUT_S = 10.0

Reply = dict[str, Any]

_WORDS = {
    "version": "speaks another version of the console's protocol",
    "json": "did not understand a line: is the cable good?",
    "long": "did not understand a line: is the cable good?",
    "unknown": "does not know the command: its firmware is older than this kit",
    "locked": "does that on the bench only",
    "denied": "refuses that",
    "busy": "is in an alert or records: wait until that is over",
    "value": "does not take what was sent",
    "absent": "does not have it",
    "storage": "could not store it: its flash is full or worn",
    "memory": "has no memory left for that: restart it",
}


class Refused(Unusable):
    """The device said no; word says why, as docs/console.md has it, and reason in English."""

    def __init__(self, do: str, word: str, reason: str = "") -> None:
        self.word = word if word in _WORDS else "unknown"
        self.reason = reason
        said = f": {reason}" if reason else ""
        super().__init__(f"{do}: the device {_WORDS[self.word]} ({self.word}){said}")


class Silent(Unusable):
    """No answer in time."""


class Lost(Unusable):
    """The port is gone: unplugged, or the device restarts behind its own USB."""


class Link:
    """An open port. events: what the device said on its own and nobody has waited for."""

    def __init__(self, url: str) -> None:
        """Open it; Lost where that cannot be done."""
        self.url = url
        self.garbage = 0  # lines that are none of the protocol's
        self._events: deque[Reply] = deque(maxlen=_EVENTS_MAX)
        self._buffer = b""
        self._number = 0
        self._port = _open(url)

    def close(self) -> None:
        self._port.close()

    def __enter__(self) -> Link:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def reopen(self, within_s: float = 30.0) -> None:
        """After a restart: a board with USB of its own takes its port away for a while."""
        self.close()
        ends_s = time.monotonic() + within_s
        while True:
            try:
                self._port = _open(self.url)
                self._buffer = b""
                return
            except Lost:
                if time.monotonic() > ends_s:
                    raise
                time.sleep(0.2)

    def ask(
        self,
        do: str,
        *,
        within_s: float | None = None,
        told: Callable[[Reply], None] | None = None,
        tries: int = 1,
        **fields: Any,
    ) -> Reply:
        """The reply to a request; raises Refused, Silent or Lost.

        told: takes the parts that come before its end, each of which gives it within_s more.
        tries: how often it is sent where nothing comes back; more than once only what does the
        same when it is done twice.
        """
        patience_s = ANSWER_S if within_s is None else within_s
        for attempt in range(tries):
            try:
                return self._ask(do, patience_s, told, fields)
            except Silent:
                if attempt == tries - 1:
                    raise
        raise AssertionError

    def _ask(
        self, do: str, within_s: float, told: Callable[[Reply], None] | None, fields: Reply
    ) -> Reply:
        self._number += 1
        self._send({"v": VERSION, "id": self._number, "do": do, **fields})
        ends_s = time.monotonic() + within_s
        while True:
            line = self._line(ends_s)
            if line is None:
                raise Silent(f"{self.url}: no answer to {do} within {within_s:.0f} s")
            if line.get("id") != self._number:
                # Without a number it is of a line that reached the device damaged: maybe this.
                if line.get("ok") is False and "id" not in line:
                    raise Silent(f"{self.url}: {do} reached the device damaged")
                continue
            if line.get("ok") is True:
                return line
            if line.get("ok") is False:
                raise Refused(do, str(line.get("error")), _plain(line.get("why")))
            if told is not None:
                told(line)
            ends_s = time.monotonic() + within_s

    def event(self, *names: str, within_s: float) -> Reply | None:
        """The next thing of these names that the device says on its own; None: nothing came."""
        ends_s = time.monotonic() + within_s
        while True:
            for event in list(self._events):
                if event["ev"] in names:
                    self._events.remove(event)
                    return event
            if self._line(ends_s) is None:
                return None

    def forget(self, *names: str) -> None:
        """Drop what was said before."""
        kept = [event for event in self._events if event["ev"] not in names]
        self._events.clear()
        self._events.extend(kept)

    def drain(self, for_s: float) -> None:
        """End what may stand half written in the device's line, and read what it answers."""
        self._write(b"\n")
        ends_s = time.monotonic() + for_s
        while self._line(ends_s) is not None:
            pass

    # -- lines -------------------------------------------------------------------------------

    def _send(self, request: Reply) -> None:
        data = json.dumps(request, separators=(",", ":")).encode()
        if len(data) > LINE_MAX:
            raise ValueError(f"a request has at most {LINE_MAX} bytes")
        self._write(data + b"\n")

    def _write(self, data: bytes) -> None:
        try:
            self._port.write(data)
        except (serial.SerialException, OSError) as error:
            raise Lost(f"{self.url}: the device is gone ({_reason(error)})") from None

    def _line(self, ends_s: float) -> Reply | None:
        """The next object of the device's, None when the time is over; keeps what is an event."""
        while True:
            while b"\n" not in self._buffer:
                if not self._fill(ends_s):
                    return None
            raw, _, self._buffer = self._buffer.partition(b"\n")
            line = _parse(raw)
            if line is None:
                self.garbage += bool(raw.strip())
            elif isinstance(line.get("ev"), str):
                self._events.append(line)
                return line
            else:
                return line

    def _fill(self, ends_s: float) -> bool:
        left_s = ends_s - time.monotonic()
        if left_s <= 0:
            return False
        try:
            self._port.timeout = left_s
            self._buffer += self._port.read(1)
            self._port.timeout = 0  # whatever else is there: a socket does not say how much
            self._buffer += self._port.read(_BURST)
        except (serial.SerialException, OSError, TypeError) as error:
            raise Lost(f"{self.url}: the device is gone ({_reason(error)})") from None
        if b"\n" not in self._buffer and len(self._buffer) > _ANSWER_MAX:
            self._buffer = b""
            self.garbage += 1
        return True


def _open(url: str) -> Any:
    try:
        port = serial.serial_for_url(url, do_not_open=True, baudrate=_BAUD, timeout=0.5)
        port.dtr = port.rts = False
        port.write_timeout = ANSWER_S
        if "://" not in url:
            port.exclusive = True
        port.open()
    except (serial.SerialException, OSError, ValueError) as error:
        raise Lost(f"{url}: cannot be opened ({_reason(error)})") from None
    return port


def _reason(error: Exception) -> str:
    """A line of pyserial's without the parts that repeat the name of the port."""
    number = getattr(error, "errno", None)
    known = {2: "no such port", 11: "another program has it", 13: "no permission", 16: "busy"}
    if number in known:
        return known[number]
    text = str(error).splitlines()[0] if str(error) else type(error).__name__
    return text if len(text) <= 80 else text[:77] + "..."


def _plain(text: Any) -> str:
    """One printable line of what a device said; it may be anybody's."""
    if not isinstance(text, str):
        return ""
    return "".join(letter for letter in text if letter.isprintable())[:_WHY_MAX]


def _parse(raw: bytes) -> Reply | None:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) and line.get("v") == VERSION else None


# -- files and partitions ----------------------------------------------------------------------


def put(link: Link, name: str, data: bytes) -> Reply:
    """Leave a file on the device, in pieces; returns the answer to the last one.

    A piece whose answer was lost may be there: then all of it is sent from the beginning.
    """
    for attempt in range(_TRIES):
        try:
            return _put(link, name, data)
        except Silent:
            if attempt == _TRIES - 1:
                raise
    raise AssertionError


def _put(link: Link, name: str, data: bytes) -> Reply:
    reply: Reply = {}
    for at in range(0, len(data), PIECE):
        piece = base64.b64encode(data[at : at + PIECE]).decode()
        reply = link.ask("put", name=name, data=piece, at=at, of=len(data), within_s=_PUT_S)
    if reply.get("done") is not True:
        raise Unusable(f"{name}: the device did not take all of it")
    return reply


def get(link: Link, name: str, limit: int = 64 * 1024) -> bytes | None:
    """A file of the device's, None where there is none."""
    data = b""
    while True:
        try:
            reply = link.ask("get", name=name, at=len(data), tries=_TRIES)
        except Refused as refused:
            if refused.word == "absent" and not data:
                return None
            raise
        size, piece = reply.get("of"), unbase64(reply.get("data"))
        if not isinstance(size, int) or not 0 <= size <= limit or len(data + piece) > size:
            raise Unusable(f"{name}: the device sends something else than a file")
        data += piece
        if len(data) == size:
            return data
        if not piece:
            raise Unusable(f"{name}: the device stopped sending it")


def unbase64(text: Any) -> bytes:
    """The bytes of a line's data; Unusable where it is none."""
    try:
        return base64.b64decode(text, validate=True)
    except (TypeError, ValueError, binascii.Error):
        raise Unusable("the device sends something else than base64") from None
