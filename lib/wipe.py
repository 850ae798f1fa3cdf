"""Secrets overwritten where they lie, as far as an interpreter lets a program do that.

Separate because everything that handles keys needs it, and because it is the one place that
writes into `bytes`. A digest comes as new bytes that stay in the heap until something else needs
the room; with viper they can be overwritten where they are. So can the hash object, where a build
of MicroPython leaves the last block or the result in it: a probe at import finds that out, with
functions that other probes of such objects (aes_cbc.py) use too.

IN_PLACE tells whether this interpreter does it. It does not where there is no viper: CPython and
builds without it cannot change bytes, so there only bytearrays are overwritten. Even where it is
true, this is best effort: MicroPython keeps 16 bits of a checksum beside every bytes object, and
what C code leaves on its stack is out of reach. Imports hashlib and micropython only.
"""

from hashlib import sha256

import micropython
from micropython import const

_DIGEST = const(32)
_PROBED = const(128)  # bytes of a hash object that are looked at: a head, 64 + 32 and counters


@micropython.viper
def _zero(where: ptr8, count: int):
    k = 0
    while k < count:
        where[k] = 0
        k += 1


@micropython.viper
def _move(digest: ptr8, out: ptr8, at: int):
    """The 32 bytes of digest to out[at:], zeros in their place."""
    k = 0
    while k < 32:
        out[at + k] = digest[k]
        digest[k] = 0
        k += 1


@micropython.viper
def _complement(where: ptr8, out: ptr8, count: int):
    k = 0
    while k < count:
        out[k] = where[k] ^ 255
        k += 1


def _changes_bytes():
    """Whether viper code can overwrite bytes here, tried on some."""
    victim = bytes((1, 2, 3))
    try:
        _zero(victim, 3)
    except TypeError:  # CPython, or MicroPython without viper
        return False
    return victim == bytes(3)


def clear(secret):
    """Zeros in place of a bytearray, a memoryview of bytes, or bytes where IN_PLACE is true.

    Never for a literal or for bytes that others hold too: there is one copy of these.
    """
    if IN_PLACE or not isinstance(secret, bytes):
        _zero(secret, len(secret))


def take(state, out, at=0):
    """Finish a SHA-256 object: its digest goes to out[at : at + 32] and stays nowhere else.

    state: of hashlib, dead afterwards. out: bytearray, or memoryview of one.
    """
    if at < 0 or len(out) < at + _DIGEST:
        raise ValueError("no room for a digest")
    digest = state.digest()
    if not IN_PLACE:
        out[at : at + _DIGEST] = digest
        return
    _move(digest, out, at)
    if LEFT_BYTES:
        blank(state, LEFT_AT, LEFT_BYTES)


def blank(state, at, count):
    """Zeros in place of these bytes of an object of the interpreter; only with IN_PLACE."""
    _zero(id(state) + at, count)


def masked(secret):
    """Its complement; so that a search of the heap does not find the searcher's own copy."""
    out = bytearray(len(secret))
    _complement(secret, out, len(secret))
    return bytes(out)


def turned(secret):
    """The same with the bytes of each word in the other order, as C code may keep it."""
    return bytes([secret[k ^ 3] for k in range(len(secret))])


def span(state, hidden, probed=_PROBED):
    """(offset, bytes) of what an object keeps of these masked secrets; (0, 0) for nothing.

    probed: bytes that are looked at. Only with IN_PLACE.
    """
    seen = bytearray(probed)
    _complement(id(state), seen, probed)
    first, end = probed, 0
    for secret in hidden:
        at = seen.find(secret)
        if at >= 0:
            first, end = min(first, at), max(end, at + len(secret))
    return (first, end - first) if end else (0, 0)


def _left():
    """Where a finished hash object still has its last block or its result.

    No other copy of these may lie about: what stands behind the object is not to be zeroed.
    """
    block = bytearray(55)
    for k in range(55):
        block[k] = 65 + k
    state = sha256(block)
    hidden = [masked(block)]
    _zero(block, 55)
    digest = state.digest()
    hidden.append(masked(digest))
    hidden.append(turned(hidden[1]))
    _zero(digest, _DIGEST)
    return span(state, hidden)


IN_PLACE = _changes_bytes()
LEFT_AT, LEFT_BYTES = _left() if IN_PLACE else (0, 0)
