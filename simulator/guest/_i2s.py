"""`machine.I2S`, a receiver on the sample bus of the simulated board.

Signatures, error texts and the three ways of reading follow extmod/machine_i2s.c and
ports/esp32/machine_i2s.c of MicroPython 1.24: readinto() waits for all of its buffer; with a
handler it returns at once, and the handler is called when the buffer is full; once select has
asked, it takes what there is. Sending is not simulated. Runs on both interpreters.
"""

import _board
from _pin import gpio_of

_POLL = 3  # MP_STREAM_POLL
_POLLIN = 1
_IRQ = 60  # simulator/i2s.py
_WAIT_BIT = 8
_BLOCKING, _NON_BLOCKING, _ASYNCIO = 0, 1, 2
_PORTS = 2


class I2S:
    RX = 1
    TX = 2
    MONO = 0
    STEREO = 1

    def __init__(self, id, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        if not 0 <= id < _PORTS:
            raise ValueError("invalid id")
        self._id = id
        self._wait_bit = _WAIT_BIT + id
        self.init(sck=sck, ws=ws, sd=sd, mode=mode, bits=bits, format=format, rate=rate, ibuf=ibuf)

    def init(self, *, sck, ws, sd, mode, bits, format, rate, ibuf):
        pins = gpio_of(sck), gpio_of(ws), gpio_of(sd)
        if mode not in (self.RX, self.TX):
            raise ValueError("invalid mode")
        if bits not in (16, 32):
            raise ValueError("invalid bits")
        if format not in (self.MONO, self.STEREO):
            raise ValueError("invalid format")
        if mode == self.TX:
            raise NotImplementedError("the simulated board only receives")
        self._bits, self._format, self._rate = bits, format, rate
        self._handler, self._io, self._buffer = None, _BLOCKING, None
        self._on = True
        _board.on_interrupt(_IRQ + self._id, None, None)
        _board.call("i2s_open", self._id, *pins, rate, ibuf)

    def deinit(self):
        if self._on:
            self._on = False
            _board.on_interrupt(_IRQ + self._id, None, None)
            _board.call("i2s_close", self._id)

    def irq(self, handler):
        if handler is not None and not callable(handler):
            raise ValueError("invalid callback")
        self._handler = handler
        self._io = _BLOCKING if handler is None else _NON_BLOCKING
        _board.on_interrupt(_IRQ + self._id, None if handler is None else self._copied, None)

    def readinto(self, buf):
        if not isinstance(buf, (bytearray, memoryview)):
            raise NotImplementedError("the simulated port reads into bytes only")
        view = memoryview(buf)
        if not self._on:
            raise OSError(22)
        if len(view) % (self._bits // 8 * (self._format + 1)):
            raise OSError(22)
        if not len(view):
            return 0
        if self._io == _NON_BLOCKING:
            if self._buffer is None:  # the queue to the task holds one
                self._buffer = view
                _board.call("i2s_request", self._id, len(view), self._bits, self._format)
            return len(view)
        at = self._fill(view, 0)
        while self._io == _BLOCKING and at < len(view):
            _board.pause(-1, 1 << self._wait_bit, 0)
            at = self._fill(view, at)
        return at

    def _fill(self, view, at):
        data = _board.fetch("i2s_read", self._id, len(view) - at, self._bits, self._format)
        view[at : at + len(data)] = data
        return at + len(data)

    def _copied(self, _):
        view, self._buffer = self._buffer, None
        data = _board.fetch("i2s_copied", self._id)
        if view is not None and len(data) == len(view):
            view[:] = data
            self._handler(self)

    def write(self, buf):
        raise OSError(1)

    def ioctl(self, request, argument):
        self._io = _ASYNCIO
        if request != _POLL:
            raise OSError(22)
        ready = argument & _POLLIN and _board.call("i2s_ready", self._id)
        return _POLLIN if ready else 0

    @staticmethod
    def shift(*, buf, bits, shift):
        raise NotImplementedError("the simulated board does not shift")
