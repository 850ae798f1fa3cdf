"""Serial ports of this PC: any URL that pyserial knows, or a pty of our own.

Separate because each kind has its own way to be waited for, to be full and to go away; to its
user each only hears bytes and takes them. None ever blocks: what nobody reads is lost, as it is
on a UART. A port that goes away is tried again every second. Knows no device.
"""

from __future__ import annotations

import errno
import io
import os
import select
import socket
import threading
import tty
from typing import Any, Callable

import serial

from simulator.realtime import RealWorld

READ_MAX = 4096
PENDING_MAX = 65536  # bytes for a socket or a driver that takes no more just now
RETRY_MS = 1000
LOOK_MS = 50  # how often a pty that nobody has open is looked at
THREAD_READ_S = 0.2
WRITE_S = 0.5  # of ports that can only be written by waiting

LINES = ("dtr", "rts")


class PortError(Exception):
    """Why a port cannot be had, in words."""


class Port:
    """One open port. `heard` is called with what arrives; `told` with what a person must know."""

    has_lines = False

    def __init__(self, world: RealWorld, name: str) -> None:
        self.name = name
        self.heard: Callable[[bytes], None] = lambda data: None
        self.told: Callable[[str], None] = lambda what: None
        self._world = world
        self._pending = bytearray()

    def write(self, data: bytes) -> None:
        """Send, now or as soon as it can be; what is too much is lost."""

    def speed(self, baud: int) -> None:
        """Set the rate, where there is such a thing."""

    def line(self, name: str, on: bool) -> None:
        """Drive DTR or RTS, one of LINES, where `has_lines`."""

    def close(self) -> None:
        """Give it back."""

    # -- file descriptors ---------------------------------------------------------------------

    def _serve(self, fd: int) -> None:
        self._world.on_readable(fd, lambda: self._read(fd))

    def _read(self, fd: int) -> None:
        try:
            data = os.read(fd, READ_MAX)
        except BlockingIOError:
            return
        except OSError as error:
            self._gone(_why(error))
            return
        if data:
            self.heard(data)
        else:
            self._gone("it has ended")

    def _send(self, fd: int, data: bytes) -> None:
        self._pending += data[: max(0, PENDING_MAX - len(self._pending))]
        if len(self._pending) == len(data):
            self._flush(fd)

    def _flush(self, fd: int) -> None:
        try:
            del self._pending[: os.write(fd, self._pending)]
        except BlockingIOError:
            pass
        except OSError as error:
            self._gone(_why(error))
            return
        self._world.on_writable(fd, (lambda: self._flush(fd)) if self._pending else None)

    def _gone(self, why: str) -> None:
        raise NotImplementedError


class Pty(Port):
    """A pseudo-terminal; others open `name` as if it were a device, one after another."""

    def __init__(self, world: RealWorld) -> None:
        self._fd, slave = os.openpty()
        tty.setraw(slave)
        super().__init__(world, os.ttyname(slave))
        # Ours is closed, so that the pty tells whether somebody else has it open.
        os.close(slave)
        os.set_blocking(self._fd, False)
        self._look()

    def _poll(self) -> int:
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        return sum(what for _, what in poll.poll(0))

    def _open_elsewhere(self) -> bool:
        return not self._poll() & select.POLLHUP

    def _look(self) -> None:
        if self._fd < 0:
            return
        # Who has closed it again may have left something to be read.
        if self._open_elsewhere() or self._poll() & select.POLLIN:
            self._serve(self._fd)
        else:
            self._world.on_the_wall(LOOK_MS, self._look)

    def write(self, data: bytes) -> None:
        if self._fd >= 0 and self._open_elsewhere():
            self._send(self._fd, data)
        else:
            self._pending.clear()

    def _gone(self, why: str) -> None:
        """The program that had it open has closed it."""
        self._pending.clear()
        self._world.forget(self._fd)
        self._world.on_the_wall(LOOK_MS, self._look)

    def close(self) -> None:
        if self._fd >= 0:
            self._world.forget(self._fd)
            os.close(self._fd)
            self._fd = -1


class SerialPort(Port):
    """Whatever `serial.serial_for_url` opens; opened at once, or PortError says why not."""

    def __init__(self, world: RealWorld, url: str, baud: int) -> None:
        super().__init__(world, url)
        self._baud = baud
        self._levels = dict.fromkeys(LINES, False)
        self._port: Any = None
        self._fd = -1
        self._away, self._closed = False, False
        self._open()
        self.has_lines = self._try_lines()

    def _open(self) -> None:
        # DTR and RTS low: on many boards they reset the chip.
        try:
            self._port = _opened(self.name, self._baud, self._levels)
        except (serial.SerialException, OSError, ValueError) as error:
            raise PortError(_why(error)) from None
        try:
            self._fd = self._port.fileno()
        except (io.UnsupportedOperation, AttributeError):
            self._fd = self._by_thread(self._port)
        os.set_blocking(self._fd, False)
        self._serve(self._fd)

    def _by_thread(self, port: Any) -> int:
        """For ports that no selector can wait for (loop, rfc2217): a thread reads them."""
        ours, its = socket.socketpair()
        port.timeout, port.write_timeout = THREAD_READ_S, WRITE_S
        threading.Thread(target=_pump, args=(port, its), daemon=True).start()
        self._ours: socket.socket | None = ours
        return ours.fileno()

    @property
    def _threaded(self) -> bool:
        return getattr(self, "_ours", None) is not None

    def write(self, data: bytes) -> None:
        if self._away:
            return
        if not self._threaded:
            self._send(self._fd, data)
            return
        try:
            self._port.write(data)
        except serial.SerialTimeoutException:
            pass
        except (serial.SerialException, OSError) as error:
            self._gone(_why(error))

    def speed(self, baud: int) -> None:
        self._baud = baud
        self._set("baudrate", baud)

    def line(self, name: str, on: bool) -> None:
        self._levels[name] = on
        self._set(name, on)

    def _try_lines(self) -> bool:
        if self.name.startswith("socket:"):  # it takes them, to nowhere
            return False
        try:
            self._port.dtr = self._levels["dtr"]
        except (serial.SerialException, OSError):  # a pty, for one
            return False
        return True

    def _set(self, name: str, value: Any) -> None:
        if self._away:
            return
        try:
            setattr(self._port, name, value)
        except (serial.SerialException, OSError, ValueError) as error:
            self._gone(_why(error))

    def _gone(self, why: str) -> None:
        if not self._away:
            self.told(f"is gone ({why}); tried again every second")
            self._release()
            self._away = True
            self._world.on_the_wall(RETRY_MS, self._again)

    def _again(self) -> None:
        if self._closed:
            return
        try:
            self._open()
        except PortError:
            self._world.on_the_wall(RETRY_MS, self._again)
            return
        self._away = False
        self.told("is back")

    def _release(self) -> None:
        self._pending.clear()
        self._world.forget(self._fd)
        if self._threaded and self._ours is not None:
            self._ours.close()
            self._ours = None
        try:
            self._port.close()
        except (serial.SerialException, OSError):
            pass  # it is gone anyway

    def close(self) -> None:
        if not self._away and not self._closed:
            self._release()
        self._closed = True


def _opened(url: str, baud: int, levels: dict[str, bool]) -> Any:
    port = serial.serial_for_url(url, baudrate=baud, timeout=0, do_not_open=True)
    for name, level in levels.items():
        setattr(port, name, level)
    if isinstance(port, serial.Serial):
        port.exclusive = True
    port.open()
    return port


def _pump(port: Any, out: socket.socket) -> None:
    """What arrives goes into a socket; the port's end is the socket's."""
    with out:
        try:
            while port.is_open:
                data = port.read(1)
                if data:
                    out.sendall(data + port.read(min(port.in_waiting, READ_MAX)))
        except (serial.SerialException, OSError, TypeError, AttributeError):
            pass  # pyserial's ways to say that it was closed meanwhile


_WHY = {
    errno.EAGAIN: "is in use by another program",
    errno.EBUSY: "is in use by another program",
    errno.EACCES: "Permission denied (is this user in the group of the device?)",
}


def _why(error: Exception) -> str:
    """One line of what pyserial and the system say at length."""
    number = getattr(error, "errno", None)
    if number in _WHY:
        return _WHY[number]
    if number:
        return os.strerror(number)
    text = " ".join(str(error).split())
    for opening in ("Could not open port", "could not open port"):
        if text.startswith(opening):
            text = text.partition(": ")[2] or text
    return text[:200]
