"""HMAC-SHA256 over parts, into a buffer of the caller's, leaving no key behind.

Separate because every key, tag and ratchet is made with it. Follows RFC 2104 (and FIPS 198-1):
H(K ^ opad | H(K ^ ipad | text)), K padded to a block with zeros, hashed first where it is longer.
The pads, the inner digest and the outer one are overwritten after use; see wipe.py for how far
that goes. Not for interrupts: there is one pad. Imports hashlib, micropython and wipe.
"""

from hashlib import sha256

import micropython
import wipe
from micropython import const

BYTES = 32
_BLOCK = const(64)
_TURN = const(0x36 ^ 0x5C)  # from the inner pad to the outer one

_PAD = bytearray(_BLOCK)
_DIGEST = memoryview(_PAD)[:BYTES]
_LONG = bytearray(BYTES)  # the digest of a key that is longer than a block


@micropython.viper
def _inner_pad(key: ptr8, count: int, pad: ptr8):
    k = 0
    while k < count:
        pad[k] = key[k] ^ 0x36
        k += 1
    while k < 64:
        pad[k] = 0x36
        k += 1


@micropython.viper
def _turn(pad: ptr8, by: int):
    k = 0
    while k < 64:
        pad[k] = pad[k] ^ by
        k += 1


def into(out, key, *parts):
    """Put the HMAC of the joined parts into the first 32 bytes of out; returns out.

    out: bytearray or memoryview of one; may be the key itself, which a ratchet replaces, or a
    part. key, parts: bytes-like.
    """
    try:
        if len(key) > _BLOCK:
            wipe.take(sha256(key), _LONG)
            key = _LONG
        _inner_pad(key, len(key), _PAD)
        inner = sha256(_PAD)
        _turn(_PAD, _TURN)
        outer = sha256(_PAD)
        try:
            for part in parts:
                inner.update(part)
        finally:
            # An object that is dropped before its digest keeps the pad, which is the key.
            wipe.take(inner, _PAD)
            outer.update(_DIGEST)
            wipe.take(outer, _PAD)
        out[:BYTES] = _DIGEST
    finally:
        wipe.clear(_PAD)
        wipe.clear(_LONG)
    return out


def same(one, other):
    """Whether two tags are equal, in a time that does not tell where they differ."""
    if len(one) != len(other):
        return False
    difference = 0
    for k in range(len(one)):
        difference |= one[k] ^ other[k]
    return difference == 0
