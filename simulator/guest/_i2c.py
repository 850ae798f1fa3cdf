"""`machine.I2C` and `machine.SoftI2C`, on the bus of the simulated board.

Signatures and error texts follow extmod/machine_i2c.c and ports/esp32/machine_i2c.c of
MicroPython 1.24. Runs on both interpreters.
"""

import _board
from _pin import gpio_of

_SOFT = 2  # the number of the bit-banged port
_PORTS = 2


class _Transfers:
    """What both kinds of port have."""

    def _transfer(self, addr, blob, count, reads):
        value, data = _board.exchange("i2c", self._id, addr, count, reads, blob=blob)
        if value < 0:
            raise OSError(-value)
        return data if reads else value

    def scan(self):
        found = []
        for addr in range(0x08, 0x78):
            try:
                self._transfer(addr, b"", 0, 0)
                found.append(addr)
            except OSError:
                pass
        return found

    def readfrom(self, addr, nbytes, stop=True):
        return self._transfer(addr, b"", nbytes, 1)

    def readfrom_into(self, addr, buf, stop=True):
        _fill(buf, self._transfer(addr, b"", _size(buf), 1))

    def writeto(self, addr, buf, stop=True):
        return self._transfer(addr, _bytes(buf), 0, 0)

    def writevto(self, addr, vector, stop=True):
        return self._transfer(addr, b"".join([_bytes(part) for part in vector]), 0, 0)

    def readfrom_mem(self, addr, memaddr, arg, *, addrsize=8):
        return self._transfer(addr, _place(memaddr, addrsize), arg, 1)

    def readfrom_mem_into(self, addr, memaddr, arg, *, addrsize=8):
        _fill(arg, self._transfer(addr, _place(memaddr, addrsize), _size(arg), 1))

    def writeto_mem(self, addr, memaddr, arg, *, addrsize=8):
        self._transfer(addr, _place(memaddr, addrsize) + _bytes(arg), 0, 0)


class I2C(_Transfers):
    def __init__(self, id, *, scl=None, sda=None, freq=400000, timeout=50000):
        if not 0 <= id < _PORTS:
            raise ValueError("I2C(%d) doesn't exist" % id)
        self._id = id
        default_scl, default_sda = ((18, 19), (25, 26))[id]
        self._scl = default_scl if scl is None else gpio_of(scl)
        self._sda = default_sda if sda is None else gpio_of(sda)
        self._freq = freq
        _board.call("i2c_open", id, self._sda, self._scl, freq, timeout)

    def __repr__(self):
        return "I2C(%d, scl=%d, sda=%d, freq=%d)" % (self._id, self._scl, self._sda, self._freq)

    def _unsupported(self, *args, **kwargs):
        raise OSError("I2C operation not supported")

    init = start = stop = readinto = write = _unsupported


class SoftI2C(_Transfers):
    _id = _SOFT

    def __init__(self, scl, sda, *, freq=400000, timeout=50000):
        self.init(scl, sda, freq=freq, timeout=timeout)

    def init(self, scl, sda, *, freq=400000, timeout=50000):
        _board.call("i2c_open", _SOFT, gpio_of(sda), gpio_of(scl), freq, timeout)


def _place(memaddr, addrsize):
    if addrsize & 7 or not 0 <= addrsize <= 32:
        raise ValueError("invalid addrsize")
    return bytes([memaddr >> shift & 0xFF for shift in range(addrsize - 8, -1, -8)])


def _bytes(buf):
    return buf.encode() if isinstance(buf, str) else bytes(memoryview(buf))


def _size(buf):
    if not isinstance(buf, (bytearray, memoryview)):
        raise NotImplementedError("the simulated bus reads into bytes only")
    return len(buf)


def _fill(buf, data):
    buf[:] = data
