"""The keys partition: a slot is intact and unused, or spent and zero; no number comes twice."""

import struct

from evidence_bench import PSK, SEED, planted, psk_of, seed_of
from harness import depth
from nor import SECTOR, Nor, PowerCut

from firmware.evidence.keys import NO_Q, Keys
from firmware.store import PartitionLog

SLOT = 128
BLANK, ZERO = b"\xff" * SLOT, bytes(SLOT)


def keys(nor):
    it = Keys(PartitionLog(nor))
    for _ in it.scan():
        pass
    return it


def take(it):
    seed, psk = bytearray(32), bytearray(32)
    q, sealed = it.take(seed, psk)
    return q, sealed, bytes(seed), bytes(psk)


def slot(nor, place):
    return bytes(nor.image[place * SLOT : (place + 1) * SLOT])


def at(nor, q, seed, psk):
    """Make the flash one where q is the slot in force and all below it are spent."""
    it = Keys(PartitionLog(nor))
    places = nor.sectors * 32
    for place in range(places):
        nor.image[place * SLOT : (place + 1) * SLOT] = ZERO if place < q % places else BLANK
    it._chain[:32], it._chain[32:] = seed, psk
    assert it._write(q)
    nor.programs.clear()
    return nor


def test_a_slot_is_used_up():
    nor = planted()
    it = keys(nor)
    nor.programs.clear()
    assert it.q == 0 and nor.erases == [0, 1, 2, 3]
    for q in range(5):
        assert take(it) == (q, 1, seed_of(q), psk_of(q))
        assert slot(nor, q) == ZERO and it.q == q + 1
        assert slot(nor, q + 1)[:68] == struct.pack("<I", q + 1) + seed_of(q + 1) + psk_of(q + 1)
        assert slot(nor, q + 1)[76:] == BLANK[76:]
    assert nor.programs == [(0, SLOT * place, SLOT) for q in range(5) for place in (q + 1, q)]
    assert nor.erases == [0, 1, 2, 3], "an erase at a trigger"


def test_nothing_secret_stays_in_memory():
    it = keys(planted())
    take(it)
    for buffer in (it._slot, it._other, it._chain, it._digest):
        assert not any(buffer)


def test_a_start_finds_the_slot_and_writes_nothing():
    nor = planted()
    it = keys(nor)
    for _ in range(3):
        take(it)
    nor.programs.clear()
    assert keys(nor).q == 3 and nor.programs == []


def test_an_empty_or_absent_partition_gives_none():
    for it in (keys(Nor(4)), keys(Nor(4, 0)), Keys(None)):
        for _ in it.scan():
            pass
        assert it.q == NO_Q and it.stale() is None
        assert take(it) == (NO_Q, 0, bytes(32), bytes(32))
        assert it.q == NO_Q


def test_numbers_beyond_the_registry_are_not_sealed():
    nor = at(Nor(4), 254, SEED, PSK)
    it = keys(nor)
    found = []
    for _ in range(4):
        it.refresh()
        q, sealed, _, psk = take(it)
        found.append((q, sealed, any(psk)))
    assert found == [(254, 1, True), (255, 1, True), (256, 0, True), (257, 0, True)]


def test_sectors_are_erased_in_standby_and_only_when_needed():
    nor = planted()
    it = keys(nor)
    nor.erases.clear()
    for q in range(300):
        sector = it.stale()
        assert sector == ((q + 1) % 128 // 32 if q >= 127 and q % 32 == 31 else None), q
        it.refresh()
        assert take(it)[0] == q
    assert nor.erases == [0, 1, 2, 3, 0, 1]


def test_a_sector_that_does_not_become_blank_is_tried_once():
    nor = at(Nor(4), 127, SEED, PSK)
    it = keys(nor)
    nor.broken = {0}
    it.refresh()
    assert it.stale() is None and it._worn == 0
    assert take(it)[:2] == (NO_Q, 0) and it.q == 127, "used up without a successor"


def test_a_spoilt_place_is_passed_over():
    """What a cut has left of the next slot cannot be programmed again: its number is void."""
    nor = planted()
    nor.cut(0, 2, 0)
    try:
        take(keys(nor))
    except PowerCut:
        nor = nor.reborn()
    assert slot(nor, 1)[:4] == struct.pack("<I", 1) and slot(nor, 1)[64:] == BLANK[64:]
    it = keys(nor)
    assert it.q == 0 and slot(nor, 1) == ZERO
    it.refresh()
    nor.programs.clear()
    assert take(it) == (0, 1, SEED, PSK)
    assert nor.programs == [(0, 2 * SLOT, SLOT), (0, 0, SLOT)] and nor.erases == []
    assert it.q == 2 and take(it) == (2, 1, seed_of(2), psk_of(2))


def test_a_slot_that_cannot_be_emptied_seals_nothing():
    class Stuck(Nor):
        def writeblocks(self, number, data, offset=None):
            if any(data):
                super().writeblocks(number, data, offset)

    nor = Stuck(4)
    assert Keys(PartitionLog(nor)).plant(SEED, PSK)
    assert take(keys(nor)) == (0, 0, SEED, PSK)
    assert keys(nor).q == 1


def test_of_a_next_slot_that_does_not_read_back_nothing_stays():
    class Weak(Nor):
        def writeblocks(self, number, data, offset=None):
            super().writeblocks(number, data, offset)
            if offset == SLOT and any(data):
                self.image[SLOT + 20] ^= 1

    nor = Weak(4)
    assert Keys(PartitionLog(nor)).plant(SEED, PSK)
    it = keys(nor)
    assert take(it) == (0, 1, SEED, PSK)
    assert slot(nor, 1) == ZERO and it.q == 2 and take(it) == (2, 1, seed_of(2), psk_of(2))


def test_a_flash_that_fails_uses_up_nothing():
    nor = planted()
    it = keys(nor)
    before = bytes(nor.image)
    nor.broken = {0}
    assert take(it) == (NO_Q, 0, bytes(32), bytes(32))
    nor.broken = set()
    assert bytes(nor.image) == before and keys(nor).q == 0


def test_damage_is_no_slot():
    nor = planted()
    for place in range(0, 608, 1 + 100 // depth(100)):
        spoilt = nor.reborn()
        spoilt.image[place // 8] ^= 1 << place % 8
        assert keys(spoilt).q == NO_Q and slot(spoilt, 0) == ZERO, place
    moved = nor.reborn()
    moved.image[SLOT : 2 * SLOT] = slot(nor, 0)
    moved.image[:SLOT] = BLANK
    assert keys(moved).q == NO_Q, "a slot in another's place"


def test_power_cut_in_every_operation():
    """Before any erase, at a boundary of sectors and after the first round."""
    for q in (0, 31, 127, 130):
        start = at(Nor(4), q, SEED, PSK)
        for after in range(4):
            for done in range(0, SECTOR // 32 + 1, 1 + 30 // depth(30)):
                for tail in (False, True):
                    cut(start, q, after, done, tail)


def cut(start, q, after, done, tail):
    nor = start.reborn()
    nor.cut(after, done, 0, tail)
    taken = None
    try:
        it = keys(nor)
        it.refresh()
        taken = take(it)
    except PowerCut:
        pass
    nor = nor.reborn()
    it = keys(nor)
    assert it.q in (q, q + 1, q + 2) and it.q != NO_Q
    assert not taken or it.q == q + 1
    for place in range(128):
        if place != it.q % 128:
            assert slot(nor, place) in (BLANK, ZERO), (q, after, done, tail)
    if it.q != q:
        assert slot(nor, q % 128) == ZERO
    it.refresh()
    next_q = it.q
    again = take(it)
    assert again[:2] == (next_q, 1) and slot(nor, next_q % 128) == ZERO
    assert keys(nor).q > next_q
