"""HKDF with SHA-256 (RFC 5869): one good key out of a secret, and many keys out of that.

Separate from hmac256.py because not everybody who authenticates derives. The last block is wiped.
Imports hmac256 and wipe.
"""

import hmac256
import wipe

MAX_BYTES = 255 * hmac256.BYTES


def extract(out, salt, secret):
    """Section 2.2: the pseudorandom key of a secret goes into out[:32]; returns out.

    salt: bytes-like, b"" for none.
    """
    return hmac256.into(out, salt, secret)


def expand(out, key, info):
    """Section 2.3: fill all of out, a bytearray of 1..8160 bytes; returns out.

    key: from extract(), 32 bytes or more. info: bytes-like, what the output is for.
    """
    if len(out) > MAX_BYTES:
        raise ValueError("too many bytes")
    block = bytearray(hmac256.BYTES)
    try:
        for at in range(0, len(out), hmac256.BYTES):
            counter = bytes((at // hmac256.BYTES + 1,))
            hmac256.into(block, key, block if at else b"", info, counter)
            count = min(hmac256.BYTES, len(out) - at)
            out[at : at + count] = memoryview(block)[:count]
    finally:
        wipe.clear(block)
    return out
