"""The first sector of a recording: what may be known without a key.

Separate because it is what an anchor in a message stands for: O is the SHA-256 of these bytes.
docs/ev1.md has the layout. It tells no time, no place and no name. Imports hashlib, struct and
micropython.
"""

import struct
from hashlib import sha256

from micropython import const

NO_ENTROPY = const(1)  # in flags: the radio gave no randomness

O_AT = const(224)
BYTES = const(256)
COPIES_AT = (0, 2048)
_LAYOUT = "<4sBBH8sI32s8s32s16s"
_MAGIC = b"EVO1"
_VERSION = const(1)
_ALGORITHMS = const(1)
_Q_AT = const(16)
_BLANK = b"\xff" * 256


def write(sector, flags, devid, q, public, agreement_key, previous, identifier):
    """Fill a buffer of 4096 bytes with both copies; returns O.

    public: E. previous: H_prev of the recording before, 32 bytes.
    """
    for at in range(0, 4096, BYTES):
        sector[at : at + BYTES] = _BLANK
    fingerprint = sha256(agreement_key).digest()[:8]
    head = (_MAGIC, _VERSION, _ALGORITHMS, flags, devid, q, public, fingerprint)
    view = memoryview(sector)
    for at in COPIES_AT:
        struct.pack_into(_LAYOUT, sector, at, *head, previous, identifier)
        opened = sha256(view[at : at + O_AT]).digest()
        sector[at + O_AT : at + BYTES] = opened
    return opened


def read(block):
    """(q, O) of one copy of 256 bytes, None when it is not whole."""
    view = memoryview(block)
    opened = sha256(view[:O_AT]).digest()
    if bytes(view[:4]) != _MAGIC or bytes(view[O_AT:BYTES]) != opened:
        return None
    return struct.unpack_from("<I", block, _Q_AT)[0], opened
