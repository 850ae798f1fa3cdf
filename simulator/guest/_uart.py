"""`machine.UART`, a stream over a wire of the world.

Signatures and error texts follow ports/esp32/machine_uart.c of MicroPython 1.24. Runs on both
interpreters.
"""

import _board
from _pin import gpio_of

_POLL = 3  # MP_STREAM_POLL
_POLLIN = 1
_POLLOUT = 4


class UART:
    INV_TX = 32
    INV_RX = 4
    INV_RTS = 64
    INV_CTS = 8
    RTS = 1
    CTS = 2

    def __init__(self, id, baudrate=115200, *args, **kwargs):
        if not 0 <= id < _board.facts["uarts"]:
            raise ValueError("UART(%d) does not exist" % id)
        self._id = self._wait_bit = id
        self._tx, self._rx = ((1, 3), (10, 9), (17, 16))[id]
        self._baud = 115200
        self._rxbuf = self._txbuf = 256
        self.init(baudrate, *args, **kwargs)

    def init(
        self,
        baudrate=0,
        bits=0,
        parity=-1,
        stop=0,
        *,
        tx=-1,
        rx=-1,
        rts=-1,
        cts=-1,
        txbuf=-1,
        rxbuf=-1,
        timeout=0,
        timeout_char=0,
        invert=0,
        flow=0,
    ):
        if bits not in (0, 5, 6, 7, 8):
            raise ValueError("invalid data bits")
        if stop not in (0, 1, 2):
            raise ValueError("invalid stop bits")
        self._baud = baudrate or self._baud
        self._tx = self._tx if tx == -1 else gpio_of(tx)
        self._rx = self._rx if rx == -1 else gpio_of(rx)
        self._txbuf = self._txbuf if txbuf < 0 else txbuf
        self._rxbuf = self._rxbuf if rxbuf < 0 else rxbuf
        self._timeout = timeout
        self._timeout_char = max(timeout_char, 13000 // self._baud + 1)
        _board.call(
            "uart_open", self._id, self._baud, self._tx, self._rx, self._rxbuf, self._txbuf
        )

    def deinit(self):
        _board.call("uart_close", self._id)

    def any(self):
        return _board.waiting(self._id)

    def _take(self, most, timeout_ms):
        """Up to most bytes; waits timeout_ms for the first one and then between them."""
        data = b""
        while len(data) < most:
            if not self.any() and timeout_ms:
                _board.pause(timeout_ms, 1 << self._id, 0)
            if not self.any():
                break
            data += _board.fetch("uart_read", self._id, most - len(data))
            timeout_ms = self._timeout_char if self._timeout else 0
        return data

    def read(self, *size):
        most = size[0] if size and size[0] is not None and size[0] >= 0 else 0xFFFF
        return self._take(most, self._timeout) or None

    def readinto(self, buf, *size):
        most = min(size[0], len(buf)) if size else len(buf)
        data = self._take(most, self._timeout)
        if not data:
            return None
        buf[: len(data)] = data
        return len(data)

    def readline(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = self._take(1, self._timeout)
            if not byte:
                break
            line += byte
        return line or None

    def write(self, buf):
        data = buf.encode() if isinstance(buf, str) else bytes(memoryview(buf))
        if data:
            _board.call("uart_write", self._id, blob=data)
        return len(data)

    def txdone(self):
        return _board.call("uart_idle", self._id) == 1

    def flush(self):
        while not self.txdone():
            _board.pause(1, 0, 0)

    def sendbreak(self):
        self.write(b"\0")

    def ioctl(self, request, flags):
        """The stream protocol, for select.poll: which of the flags hold."""
        if request != _POLL:
            return -22
        ready = flags & _POLLOUT
        if flags & _POLLIN and self.any():
            ready |= _POLLIN
        return ready
