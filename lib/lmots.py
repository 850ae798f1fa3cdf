"""LM-OTS: a signature that can be made once, out of nothing but SHA-256.

Separate because it is a standard of its own: RFC 8554, section 4, with the parameters
LMOTS_SHA256_N32_W4, and the chains of a private key out of a seed as appendix A has it. Who signs
twice with one (identifier, q, seed) gives the key away: to see to it is the caller's part.

Public key and signature take a thousand hashes, so they are generators that yield every few
milliseconds of a board's time. What lies between is overwritten; see wipe.py for how far that
goes. The seed is the caller's, to be wiped after the signature. Imports hashlib, micropython and
wipe.
"""

from hashlib import sha256

import wipe
from micropython import const

KEY_BYTES = 32
SIGNATURE_BYTES = 4 + 32 + 67 * 32
IDENTIFIER_BYTES = 16

_TYPE = b"\x00\x00\x00\x03"  # lmots_sha256_n32_w4
_CHAINS = const(67)  # 64 digits of a digest, 3 of its checksum
_LAST = const(15)  # position in a chain that the public key is made of
_PUBLIC = b"\x80\x80"
_MESSAGE = b"\x81\x81"
_HASHES = const(128)  # between two yields: 5 ms of a board, 8 at worst

# A block that is hashed: identifier, q, number of the chain, position in it, value
_CHAIN_AT, _POSITION_AT, _VALUE_AT, _BLOCK_BYTES = const(20), const(22), const(23), const(55)
_SEEDED = const(255)  # in place of a position: the value is the seed


def public_key(identifier, q, seed, out):
    """A generator: put the 32 bytes K of the public key into out[:32].

    identifier: 16 bytes. q: 0 to 2**32 - 1. seed: 32 bytes. K alone: type, identifier and q,
    which a public key of the RFC has in front, are known.
    """
    block = _block(identifier, q)
    return _public_key(block, seed, out)


def _public_key(block, seed, out):
    top = sha256(memoryview(block)[:_CHAIN_AT])
    top.update(_PUBLIC)
    value = memoryview(block)[_VALUE_AT:]
    spent = 0
    try:
        for number in range(_CHAINS):
            _begin(block, number, seed)
            _walk(block, 0, _LAST)
            top.update(value)
            spent += _LAST + 1
            if spent >= _HASHES:
                spent = 0
                yield
        wipe.take(top, out)
    finally:
        wipe.clear(block)


def sign(identifier, q, seed, randomizer, parts, out):
    """A generator: put the signature of the joined parts into out[:2180].

    randomizer: C of the RFC, 32 bytes that cannot be foreseen. parts: bytes-like, not changed
    before the first yield.
    """
    if len(out) < SIGNATURE_BYTES or len(randomizer) != KEY_BYTES:
        raise ValueError("2180 and 32 bytes")
    block = _block(identifier, q)
    digits = _digits(block, randomizer, parts)
    return _sign(block, seed, randomizer, digits, out)


def _sign(block, seed, randomizer, digits, out):
    value = memoryview(block)[_VALUE_AT:]
    out[:4] = _TYPE
    out[4:36] = randomizer
    spent = 0
    try:
        for number in range(_CHAINS):
            _begin(block, number, seed)
            _walk(block, 0, digits[number])
            at = 36 + 32 * number
            out[at : at + 32] = value
            spent += digits[number] + 1
            if spent >= _HASHES:
                spent = 0
                yield
    finally:
        wipe.clear(block)


def verify(identifier, q, key, signature, parts):
    """A generator; its value (of `yield from`) is whether the signature is one by that key.

    key: K as of public_key(). A signature of another length or type is none.
    """
    if len(signature) != SIGNATURE_BYTES or bytes(signature[:4]) != _TYPE:
        return False
    block = _block(identifier, q)
    signed = memoryview(signature)
    digits = _digits(block, signed[4:36], parts)
    top = sha256(memoryview(block)[:_CHAIN_AT])
    top.update(_PUBLIC)
    value = memoryview(block)[_VALUE_AT:]
    spent = 0
    for number in range(_CHAINS):
        at = 36 + 32 * number
        value[:] = signed[at : at + 32]
        _number(block, number)
        _walk(block, digits[number], _LAST)
        top.update(value)
        spent += _LAST - digits[number]
        if spent >= _HASHES:
            spent = 0
            yield
    return top.digest() == bytes(key)


def _block(identifier, q):
    if len(identifier) != IDENTIFIER_BYTES:
        raise ValueError("an identifier of 16 bytes")
    block = bytearray(_BLOCK_BYTES)
    block[:IDENTIFIER_BYTES] = identifier
    for k in range(4):
        block[IDENTIFIER_BYTES + k] = q >> 24 - 8 * k & 255
    return block


def _number(block, number):
    block[_CHAIN_AT] = number >> 8
    block[_CHAIN_AT + 1] = number & 255


def _begin(block, number, seed):
    """Appendix A: the first value of a chain."""
    _number(block, number)
    block[_POSITION_AT] = _SEEDED
    block[_VALUE_AT:] = seed
    wipe.take(sha256(block), block, _VALUE_AT)


def _walk(block, start, end):
    """The value at one position of the chain becomes that at another."""
    take = wipe.take
    for position in range(start, end):
        block[_POSITION_AT] = position
        take(sha256(block), block, _VALUE_AT)


def _digits(block, randomizer, parts):
    """The digest of the message in digits of 4 bits, and those of its checksum (section 4.4)."""
    state = sha256(memoryview(block)[:_CHAIN_AT])
    state.update(_MESSAGE)
    state.update(randomizer)
    for part in parts:
        state.update(part)
    digits = bytearray(_CHAINS)
    total = 0
    for k, byte in enumerate(state.digest()):
        digits[2 * k] = byte >> 4
        digits[2 * k + 1] = byte & 15
        total += 2 * _LAST - (byte >> 4) - (byte & 15)
    for k in range(3):  # of a sum of 12 bits, which the RFC puts highest in 16
        digits[64 + k] = total >> 8 - 4 * k & 15
    return digits
