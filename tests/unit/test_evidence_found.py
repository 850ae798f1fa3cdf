"""What a start finds of the last recording, whole or cut off."""

import struct
from hashlib import sha256

from evidence_bench import IDENTIFIER, public
from nor import SECTOR, Nor

from firmware.evidence import found, opening
from firmware.evidence.log_area import LogArea
from firmware.store import PartitionLog

NOTHING = bytes(32)


def opened(q):
    sector = bytearray(SECTOR)
    digest = opening.write(sector, 0, b"devid..8", q, public(), public(), NOTHING, IDENTIFIER)
    return bytes(sector), digest


def segment(q, which, m):
    return struct.pack("<4sIII", b"EVS1", q, which, m) + bytes([which & 255, m] * 2040)


def seal(q, j, final=0):
    sector = struct.pack("<4sIII", b"EVSG", q, j, final) + bytes([j + 1] * 2308)
    return sector + b"\xff" * (SECTOR - len(sector))


def look(sectors):
    nor = Nor(len(sectors) + 9)
    for k, sector in enumerate(sectors):
        nor.image[k * SECTOR : k * SECTOR + len(sector)] = sector
    area = LogArea(PartitionLog(nor))
    looking = found.scan(area, len(sectors), bytearray(SECTOR))
    while True:
        try:
            next(looking)
        except StopIteration as end:
            return end.value


def test_an_empty_partition_tells_nothing():
    assert look([]) is None
    assert look([bytes(SECTOR)] * 20) is None
    assert look([segment(3, 1, 0), seal(3, 0)]) is None, "no opening sector"


def test_a_whole_recording():
    first, digest = opened(3)
    sectors = [first, segment(3, 1, 0), segment(3, 3, 0), segment(3, 2, 0), seal(3, 0)]
    sectors += [segment(3, 1, 1), segment(3, 3, 1), seal(3, 1, 1)]
    it = look(sectors)
    assert (it.q, it.opened, it.seal, it.final) == (3, digest, 1, 1)
    assert it.previous == sha256(seal(3, 1, 1)[:144]).digest()
    assert it.counts == [2, 1, 2]
    assert it.heads == [sha256(segment(3, *one)).digest() for one in ((1, 1), (2, 0), (3, 1))]


def test_only_the_last_one_counts():
    old, _ = opened(3)
    new, digest = opened(4)
    it = look([old, segment(3, 1, 0), segment(3, 2, 7), seal(3, 0, 1), new, segment(4, 1, 0)])
    assert (it.q, it.seal, it.final, it.previous) == (4, found.NONE, 0, digest)
    assert it.counts == [1, 0, 0] and it.heads[1:] == [NOTHING, NOTHING]


def test_what_a_cut_left():
    first, digest = opened(3)
    start = [first, segment(3, 1, 0)]
    for end in (32, 2048, 4064, 4080):
        it = look(start + [segment(3, 1, 1)[:end]])
        assert it.counts == [1, 0, 0], end
    for end in (160, 2304):
        it = look(start + [seal(3, 0)[:end]])
        assert (it.seal, it.previous) == (found.NONE, digest)
    it = look(start + [first[:100]])
    assert (it.q, it.counts) == (3, [1, 0, 0])
    it = look([first[:256], segment(3, 1, 0)])
    assert it.opened == digest and it.counts == [1, 0, 0]
    it = look([b"EVO1" + bytes(252) + first[256:], segment(3, 1, 0)])
    assert it.opened == digest and it.counts == [1, 0, 0]


def test_foreign_sectors_are_passed_over():
    first, _ = opened(3)
    it = look([first, segment(3, 1, 0), b"?" * SECTOR, segment(9, 1, 5), segment(3, 0, 1)])
    assert it.counts == [0, 0, 0]  # the last of that class is of another number
    it = look([first, segment(3, 1, 0), segment(3, 4, 5), segment(3, 0x101, 5), seal(9, 4)])
    assert it.counts == [1, 0, 0] and it.seal == found.NONE


def test_as_a_record():
    first, digest = opened(3)
    values = found.values(look([first, segment(3, 2, 4)]))
    assert values[:6] == [3, digest, found.NONE, 0, 0, NOTHING]
    assert values[6:8] == [5, sha256(segment(3, 2, 4)).digest()]
    assert found.values(found.void(7)) == [7, NOTHING, found.NONE, 0] + [0, NOTHING] * 3
