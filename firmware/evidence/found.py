"""What a start finds of the last recording: how far it had come, for the next one to tell.

Separate because a recording that was cut off cannot say so itself. Read backwards from where
writing goes on to the opening sector. What is told is only what is seen: whether the last segment
is whole cannot be judged without its key. Imports collections, hashlib, struct and micropython;
the area is handed in.
"""

import struct
from collections import namedtuple
from hashlib import sha256

from micropython import const

from firmware.evidence import opening

NONE = const(0xFFFFFFFF)  # in place of a number

# q of the recording, O; number of the last seal; final: 1 where it says that it is the last;
# previous: H_prev of the next recording; counts and heads of the three classes
Found = namedtuple("Found", "q opened seal final previous counts heads")

_NOTHING = bytes(32)
_SECTOR = const(4096)
_HEAD = const(16)  # magic, q, class or number of the seal, number or flags
_STATEMENT = const(144)
_SEAL_END = const(2324)
_END_BYTES = const(8)  # a program that was cut off leaves these blank
_BLANK_END = b"\xff" * _END_BYTES
_PER_STEP = const(8)  # sectors between two yields
_CLASSES = const(3)


def void(q):
    """What there is to tell of a number that was used up without a recording."""
    return Found(q, _NOTHING, NONE, 0, _NOTHING, (0, 0, 0), (_NOTHING, _NOTHING, _NOTHING))


def values(it):
    """The values of a FOUND record."""
    told = [it.q, it.opened, it.seal, it.final]
    for count, head in zip(it.counts, it.heads):
        told += (count, head)
    return told


def scan(area, end, sector):
    """A generator; its value is a Found, None where there is no recording.

    end: the sector after the last one. sector: a buffer of 4096 bytes, overwritten.
    """
    head = memoryview(sector)[:_HEAD]
    last = [None] * _CLASSES  # (q, number, where) of each class
    seal = None
    at = end
    while at > 0:
        at -= 1
        if at % _PER_STEP == 0:
            yield 0
        if not area.read(at, 0, head):
            continue
        magic, q, which, number = struct.unpack_from("<4sIII", sector, 0)
        if magic == b"EVS1" and 0 < which <= _CLASSES and last[which - 1] is None:
            if _whole(area, at, _SECTOR, sector):
                last[which - 1] = (q, number, at)
        elif magic == b"EVSG" and seal is None and _whole(area, at, _SEAL_END, sector):
            seal = (q, which, number & 1, at)
        elif magic == b"EVO1":
            opened = _opening(area, at, sector)
            if opened is not None:
                return (yield from _told(area, opened, last, seal, sector))
    return None


def _whole(area, at, end, sector):
    """Whether what was to end there has its end."""
    tail = memoryview(sector)[:_END_BYTES]
    return area.read(at, end - _END_BYTES, tail) and tail != _BLANK_END


def _opening(area, at, sector):
    block = memoryview(sector)[: opening.BYTES]
    for offset in opening.COPIES_AT:
        opened = opening.read(block) if area.read(at, offset, block) else None
        if opened is not None:
            return opened
    return None


def _told(area, opened, last, seal, sector):
    q, digest = opened
    counts, heads = [0] * _CLASSES, [_NOTHING] * _CLASSES
    for k, one in enumerate(last):
        if one is not None and one[0] == q and area.read(one[2], 0, sector):
            counts[k], heads[k] = one[1] + 1, sha256(sector).digest()
            yield 0
    if seal is None or seal[0] != q or not area.read(seal[3], 0, sector):
        return Found(q, digest, NONE, 0, digest, counts, heads)
    previous = sha256(memoryview(sector)[:_STATEMENT]).digest()
    return Found(q, digest, seal[1], seal[2], previous, counts, heads)
