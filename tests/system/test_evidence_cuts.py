"""Power fails in every block operation of two recordings and of the standby between them.

One flash holds both partitions, so that one count of operations runs through all of it: an erase
of spent slots, a slot taken, an opening sector, segments, seals. The firmware runs once, and every
cut is made of what it had done (cut_images.py), at 32-byte steps. After each: every segment whose
write was completed is read back, every seal that was completed holds, a slot is intact and was
never used or spent and zero, and the next recording is whole, under a number that nothing was ever
sealed with.
"""

import struct
from functools import lru_cache

import cut_images
import ev1_reader as reader
import evidence_bench as bench
import pytest
import quick_x25519
from harness import Rng, depth
from nor import SECTOR, Nor, PowerCut

from firmware.evidence import records
from firmware.evidence.keys import Keys
from firmware.store import PartitionLog

KEYS, EV = 4, 60
FIRST_Q = 127  # the next slot lies in a sector that must be erased first
SLOT = 128
BLANK, ZERO = b"\xff" * SLOT, bytes(SLOT)
WHOLE_TEARS = [(0, False), (SECTOR // 2, False), (SECTOR // 2, True), (SECTOR, False)]


class Part:
    """A partition: some sectors of the one flash."""

    def __init__(self, nor, first, sectors):
        self.nor, self._first, self.sectors = nor, first, sectors

    def readblocks(self, number, buffer, offset=0):
        self.nor.readblocks(self._first + number, buffer, offset)

    def writeblocks(self, number, data, offset=None):
        self.nor.writeblocks(self._first + number, data, offset)

    def ioctl(self, operation, number):
        if operation == 4:
            return self.sectors
        return self.nor.ioctl(operation, self._first + number)


@pytest.fixture(autouse=True, scope="module")
def quick_agreements():
    with pytest.MonkeyPatch.context() as patch:
        quick_x25519.install(patch)
        yield


def provisioned(nor):
    """Slots 0 to 126 are spent, 127 is in force."""
    nor.image[: KEYS * SECTOR] = bytes(KEYS * SECTOR)
    nor.image[(FIRST_Q % 128) * SLOT : (FIRST_Q % 128 + 1) * SLOT] = BLANK
    it = Keys(PartitionLog(Part(nor, 0, KEYS)))
    it._chain[:32], it._chain[32:] = bench.seed_of(FIRST_Q), bench.psk_of(FIRST_Q)
    assert it._write(FIRST_Q)
    nor.programs.clear()


def on(nor, seed):
    return bench.Bench(Part(nor, 0, KEYS), Part(nor, KEYS, EV), seed)


def play(nor):
    """Standby; 12 s recorded and closed; standby; 11 s and no end."""
    it = on(nor, 1)
    it.standby()
    it.start()
    it.second(4)
    it.it.record(records.EVENT, it.now_ms, (1, 0))
    it.it.record(records.CELL, it.now_ms, (), b"208-01-1A2B-0123456")
    it.second(8)
    it.close()
    it.standby()
    it.start()
    it.second(11)


@pytest.fixture(scope="module")
def story(quick_agreements):
    """(the flash before, the operations)."""
    nor = cut_images.Recorded(KEYS + EV)
    provisioned(nor)
    nor.log.clear()
    before = bytes(nor.image)
    play(nor)
    erases = [address for address, data in nor.log if data is None]
    assert erases == [0] and len(nor.log) > 35
    sectors = reader.sectors(nor.image[KEYS * SECTOR :])
    assert [len(one.seals) for one in reader.recordings(sectors)] == [2, 1]
    return before, nor.log


def images(story, wanted):
    """(cut, image, what is to be read of it) for each cut: operation, bytes done, from its end."""
    for cut, torn, image in cut_images.images(*story, wanted):
        yield cut, torn, completed(image)


def completed(image):
    """The sectors of recordings that were wholly there before the cut."""
    return [one for one in reader.sectors(image[KEYS * SECTOR :]) if one != reader.BLANK]


def used(sectors):
    """Numbers of recordings that have an opening sector, or the beginning of one."""
    return {struct.unpack_from("<I", one, 16)[0] for one in sectors if one[:4] == b"EVO1"}


def slots(image):
    return [bytes(image[at : at + SLOT]) for at in range(0, KEYS * SECTOR, SLOT)]


def check(image, whole):
    sectors = completed(image)
    assert [one for one in sectors if one in whole] == whole, "something completed has changed"
    numbers = {q for q in used(sectors) if q != 0xFFFFFFFF}
    for q in numbers:
        assert slots(image)[q % 128] == ZERO, "used, and still there"
    sealed = read(tuple(whole))

    nor = Nor(KEYS + EV)
    nor.image[:] = image
    it = on(nor, 2)
    it.standby()
    live = [k for k, slot in enumerate(slots(nor.image)) if slot not in (BLANK, ZERO)]
    assert len(live) == 1
    q = struct.unpack_from("<I", slots(nor.image)[live[0]])[0]
    assert FIRST_Q <= q <= FIRST_Q + 4 and q not in numbers
    it.start()
    it.second(1)
    it.close()
    made = reader.recordings(reader.sectors(nor.image[KEYS * SECTOR :]))[-1]
    assert made.q == q and slots(nor.image)[q % 128] == ZERO
    assert made.check_seals(bench.seal_key_of(q))[-1] == tuple(
        [len(made.segments[which]) for which in (1, 2, 3)]
    )
    assert all(made.read(bench.SECRET, bench.psk_of(q), which) for which in (1, 2, 3))
    assert (q, 0) not in sealed
    return made


@lru_cache(None)
def read(whole):
    """Read all that was completed; returns the (q, j) that were sealed."""
    sealed, counted = set(), 0
    for one in reader.recordings(whole):
        counted += 1 + len(one.seals)
        for which in (1, 2, 3):
            pages = one.read(bench.SECRET, bench.psk_of(one.q), which)
            assert len(pages) == len(one.segments[which])
            counted += len(pages)
            at = 0
            for kind, _, value in [record for page in pages for record in page]:
                if which == 1 and kind == records.AUDIO:
                    assert struct.unpack_from("<I", value)[0] == at
                    at += 2 * (len(value) - 8)
        one.check_seals(bench.seal_key_of(one.q))
        sealed |= {(one.q, j) for j in range(len(one.seals))}
    assert counted == len(whole), "a sector that was completed is not read"
    return sealed


def run(story, wanted):
    for cut, image, whole in images(story, wanted):
        try:
            check(image, whole)
        except BaseException:
            print("cut", cut, "of", story[1][cut[0]][0])
            raise


def test_power_cut_in_every_operation(story):
    wanted = [(k, *tear) for k in range(len(story[1])) for tear in WHOLE_TEARS]
    wanted += [(k, "bits", False) for k, (_, data) in enumerate(story[1]) if data is None]
    run(story, wanted)


def test_power_cut_at_32_byte_steps(story):
    steps = []
    for k, (_, data) in enumerate(story[1]):
        size = SECTOR if data is None else len(data)
        steps += [(k, done, tail) for done in range(32, size, 32) for tail in (False, True)]
    assert len(steps) > 5000
    run(story, steps[:: max(1, 97 // depth(100))])


def test_power_cut_again_and_again():
    """Cuts while it recovers from cuts: no number comes twice, and all that was sealed holds."""
    rng = Rng(31)
    for _ in range(depth(200)):
        nor = Nor(KEYS + EV)
        provisioned(nor)
        for start in range(6):
            nor.cut(rng.below(30), rng.below(129), 0, rng.chance(50))
            try:
                it = on(nor, start)
                it.standby()
                it.start()
                it.second(rng.below(12))
                it.close()
            except PowerCut:
                pass
            nor = nor.reborn()
        it = on(nor, 9)
        it.standby()
        made = reader.recordings(completed(nor.image))
        numbers = [one.q for one in made]
        assert numbers == sorted(set(numbers)) and it.it._keys.q > numbers[-1]
        for one in made:
            one.check_seals(bench.seal_key_of(one.q))
            for which in (1, 2, 3):
                one.read(bench.SECRET, bench.psk_of(one.q), which)


def test_at_most_the_open_segment_of_each_class_is_lost(story):
    """What came in until the last operation but for what had not filled a segment yet."""
    *_, (_, image, whole) = images(story, [(len(story[1]) - 1, SECTOR, False)])
    cut = reader.recordings(completed(image))[-1]
    told = cut.read(bench.SECRET, bench.psk_of(cut.q), 1)
    samples = sum(2 * (len(value) - 8) for page in told for kind, _, value in page if kind == 2)
    assert 11 * 8000 - samples < 8000 + 1000
    assert len(whole) < len(completed(image))


def test_a_segment_that_is_missing_would_be_noticed(story):
    """The check itself: it fails where a completed segment or a spent slot is changed."""
    number = len(story[1]) - 1
    ((_, image, whole),) = images(story, [(number, SECTOR, False)])
    check(image, whole)
    for at in (KEYS * SECTOR + 3 * SECTOR + 100, FIRST_Q % 128 * SLOT + 5):
        spoilt = bytearray(image)
        spoilt[at] ^= 1
        with pytest.raises(AssertionError):
            check(spoilt, whole)
