"""`random` of MicroPython: the Yasmarang generator, seeded from the board's entropy.

Ilya Levin's Yasmarang as MicroPython's extmod/modrandom.c uses it, so that sequences of a seed
are those of a board. Runs on both interpreters.
"""

import _board

_M32 = 0xFFFFFFFF
_state = [0, 0, 0, 0]  # pad, n, d, dat


def _next():
    pad, n, d, dat = _state
    pad = (pad + dat + d * n) & _M32
    pad = ((pad << 3) + (pad >> 29)) & _M32
    n = pad | 2
    d = (d ^ ((pad << 31) + (pad >> 1))) & _M32
    dat = (dat ^ (pad & 0xFF) ^ (d >> 8 & 0xFF) ^ 1) & 0xFF
    _state[:] = [pad, n, d, dat]
    return (pad ^ (d << 5 & _M32) ^ (pad >> 18) ^ (dat << 1)) & _M32


def seed(value=None):
    if value is None:
        value = int.from_bytes(_board.fetch("entropy", 4), "little")
    _state[:] = [value & _M32, 69, 233, 0]


def getrandbits(count):
    if not 0 <= count <= 32:
        raise ValueError("bits must be 32 or less")
    return _next() & ((1 << count) - 1)


def _below(n):
    mask = 1
    while mask < n:
        mask = mask << 1 | 1
    value = _next() & mask
    while value >= n:
        value = _next() & mask
    return value


def randrange(start, stop=None, step=1):
    if stop is None:
        start, stop = 0, start
    count = (stop - start + step - (1 if step > 0 else -1)) // step
    if count <= 0:
        raise ValueError()
    return start + step * _below(count)


def randint(low, high):
    return low + _below(high - low + 1)


def choice(items):
    if not len(items):
        raise IndexError()
    return items[_below(len(items))]


def random():
    return (_next() >> 8) / 16777216


def uniform(low, high):
    return low + (high - low) * random()


seed()
