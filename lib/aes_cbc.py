"""AES-256 in CBC mode, in place, whose key does not stay behind in the interpreter's object.

Separate because it is the one user of cryptolib. Follows NIST SP 800-38A, 6.2, without padding.
An object of cryptolib keeps the key and what is made of it for as long as nothing else needs its
room. It is overwritten from where the key begins to where the chaining value ends: a probe at
import finds these places in an object of its own and then, that they hold nothing any more.

KEEPS_NO_KEY tells whether this interpreter's objects are overwritten: not on CPython, nor where
the probe finds no key or no chaining value behind it. Imports cryptolib, micropython and wipe.
"""

from binascii import unhexlify
from hashlib import sha256

import wipe
from cryptolib import aes
from micropython import const

KEY_BYTES = 32
BLOCK = 16
_CBC = const(2)
_PROBED = const(640)  # axTLS: head, key schedule and chaining value take 520
# Of 4096 zeros with the key 0, 1, 2...31 and zeros to begin with, the SHA-256's first 8 bytes
_KNOWN_BYTES = const(4096)
_KNOWN = unhexlify("d24bef47a5788d95")


def encrypt(key, start, data):
    """Encrypt data in place. key: 32 bytes, to be wiped by the caller; start: 16 bytes.

    data: bytearray, or memoryview of one, of whole blocks.
    """
    if len(key) != KEY_BYTES or len(start) != BLOCK or len(data) % BLOCK or not len(data):
        raise ValueError("32 bytes, 16 bytes and whole blocks")
    state = aes(key, _CBC, start)
    state.encrypt(data, data)
    if KEEPS_NO_KEY:
        wipe.blank(state, _LEFT_AT, _LEFT_BYTES)


def works_in(buffer):
    """Whether encryption is right in this buffer of at least 4096 bytes; overwrites it.

    Some chips have failed at memory outside them, which no test of this code would show.
    """
    view = memoryview(buffer)[:_KNOWN_BYTES]
    view[:] = bytes(_KNOWN_BYTES)
    encrypt(bytes(range(KEY_BYTES)), bytes(BLOCK), view)
    return sha256(view).digest()[: len(_KNOWN)] == _KNOWN


def _used():
    """A used object, and its masked key and chaining value: no other copy of these lies about."""
    key, data = bytearray(KEY_BYTES), bytearray(BLOCK)
    for k in range(KEY_BYTES):
        key[k] = 193 + k
    state = aes(key, _CBC, bytes(BLOCK))
    state.encrypt(data, data)
    hidden = wipe.masked(key), wipe.masked(data)
    wipe.clear(key)
    wipe.clear(data)
    return state, hidden


def _left():
    """Where a used object has its key and what follows, to the end of the chaining value."""
    if not wipe.IN_PLACE:
        return 0, 0
    state, (key, chained) = _used()
    keys = key, wipe.turned(key)
    at, found = wipe.span(state, keys, _PROBED)
    end, last = wipe.span(state, (chained,), _PROBED)
    count = end + last - at
    if not found or not last or end < at + found:
        return 0, 0
    wipe.blank(state, at, count)
    if wipe.span(state, keys + (chained,), _PROBED) != (0, 0):
        return 0, 0
    return at, count


_LEFT_AT, _LEFT_BYTES = _left()
KEEPS_NO_KEY = _LEFT_BYTES > 0
