"""Power fails in every block operation of a boot, a provisioning, an alert and its standby.

One flash holds the journal partition and a real LittleFS, as on a board, so that one count of
operations runs through both. Each operation is cut with none, half and all of it done, and at
every 32-byte step from either end (strided below full depth). What must hold afterwards: every
record whose append had returned is read back, the configuration is the old or the new one,
never none, and the next alert and the next configuration are taken.
"""

import json

import pytest
from harness import Rng, depth
from lfs import formatted, store_on
from nor import SECTOR, Nor, PowerCut

from firmware import config
from firmware.journal import Journal

JOURNAL_SECTORS = 3
FILE_BLOCKS = 32
WHOLE_TEARS = [(0, 1, False), (1, 2, False), (1, 2, True), (1, 1, False)]


class Part:
    """A partition: some sectors of the one flash."""

    def __init__(self, nor, first, sectors):
        self.nor = nor
        self.sectors = sectors
        self._first = first

    @property
    def off(self):
        return self.nor.off

    def readblocks(self, number, buffer, offset=0):
        assert number < self.sectors
        self.nor.readblocks(self._first + number, buffer, offset)

    def writeblocks(self, number, data, offset=None):
        assert number < self.sectors
        self.nor.writeblocks(self._first + number, data, offset)

    def ioctl(self, operation, number):
        if operation == 4:
            return self.sectors
        return self.nor.ioctl(operation, self._first + number)


def files_part(nor):
    return Part(nor, JOURNAL_SECTORS, FILE_BLOCKS)


def boot(nor):
    """What app.py does first; returns (store, journal, configuration)."""
    files = store_on(files_part(nor), {"journal": Part(nor, 0, JOURNAL_SECTORS)})
    assert files.mounted
    journal = Journal(files.log("journal"))
    made, error = config.load(files, not journal.open)
    assert error is None or made is None or "not valid JSON" in error, error
    return files, journal, made


def json_of(item):
    contacts = [{"number": "+3363998%04d" % n, "confirmed": True} for n in range(5)]
    return json.dumps({"format": 1, "name": "Julie", "item": item, "contacts": contacts}).encode()


def provisioned():
    """A board that was set up and has one alert behind it."""
    nor = Nor(JOURNAL_SECTORS + FILE_BLOCKS)
    formatted(files_part(nor))
    files, journal, made = boot(nor)
    assert made is None
    assert files.write("/config.json", json_of(1))
    _, journal, made = boot(nor)
    assert made.item == 1
    journal.append("open", (0,))
    journal.close()
    return nor


def standby(journal):
    now_ms = 0
    while journal.wake_ms(now_ms) is not None:
        now_ms = journal.wake_ms(now_ms)
        journal.idle_step(now_ms)


class Told:
    """What the firmware has been told so far: what must be true after a cut."""

    def __init__(self):
        self.dropped = False  # the new /config.json may be there
        self.config = [1]
        self.records = []
        self.next = None
        self.closing = False

    def journals(self):
        ways = [self.records]
        if self.next is not None:
            ways.append([*self.records, self.next])
        if self.closing:
            ways.append([])
        return ways


def play(nor, told):
    """The desk leaves a new configuration; boot; a long alert; its standby; boot again."""
    files, journal, made = boot(nor)
    assert made.item == 1
    told.config = [1, 2]
    assert files.write("/config.json", json_of(2))
    _, journal, made = boot(nor)
    assert made.item == 2
    told.config = [2]
    before = bytes(nor.image[JOURNAL_SECTORS * SECTOR :])
    erases = len(nor.erases)
    for n in range(60):
        told.next = ("sent", (n % 5, n, 805000000 + n, "first", "x" * 16, 1 << 40))
        assert journal.append(*told.next)
        told.records.append(told.next)
        told.next = None
        if n == 50:
            _, journal, made = boot(nor)
            assert list(journal.records()) == told.records
    assert len(nor.erases) == erases, "an erase during an alert"
    assert before == nor.image[JOURNAL_SECTORS * SECTOR :], "the files were written in an alert"
    told.closing = True
    assert journal.close()
    told.closing = False
    told.records = []
    standby(journal)
    _, journal, made = boot(nor)
    assert made.item == 2 and not journal.open


def check(nor, told):
    files, journal, made = boot(nor)
    found = list(journal.records())
    assert found in told.journals()
    assert made is not None and made.item in told.config
    assert files.read("/mode", 9) == b"field"
    assert journal.append("after", (1,)), "the next alert is not taken"
    _, journal, _ = boot(nor)
    assert list(journal.records()) == [*found, ("after", (1,))]
    assert journal.close()
    standby(journal)
    assert sum(byte != 0xFF for byte in nor.image[: JOURNAL_SECTORS * SECTOR]) <= 16
    assert files.write("/config.json", json_of(3))
    files, journal, made = boot(nor)
    assert made.item == 3 and not journal.open and files.read("/config.json", 1) is None


def cut(start, after, tear):
    nor = start.reborn()
    told = Told()
    nor.cut(after, *tear)
    with pytest.raises(PowerCut):
        play(nor, told)
    try:
        check(nor.reborn(), told)
    except BaseException:
        print("cut after", after, "operations, torn", tear)
        raise


@pytest.fixture(scope="module")
def start():
    return provisioned()


@pytest.fixture(scope="module")
def sizes(start):
    """The bytes of each operation of the whole story, in order; an erase is a sector."""
    order = []

    class Watched(Nor):
        def _part(self, size):
            order.append(size)
            return super()._part(size)

    nor = Watched(JOURNAL_SECTORS + FILE_BLOCKS)
    nor.image[:] = start.image
    play(nor, Told())
    assert len(order) == nor.operations > 50
    assert order.count(SECTOR) >= 4
    return order


def test_power_cut_in_every_operation(start, sizes):
    for tear in WHOLE_TEARS:
        for after in range(len(sizes)):
            cut(start, after, tear)


def test_power_cut_at_32_byte_steps(start, sizes):
    stride = 100 // depth(100)
    cuts = 0
    for after, size in enumerate(sizes):
        for step in range(1, (size + 31) // 32):
            for tail in (False, True):
                cuts += 1
                if cuts % stride == 0:
                    cut(start, after, (step, 0, tail))
    assert cuts > 1000


def test_power_cut_again_and_again(start):
    """Cuts while the board recovers from cuts: no record that was told is ever lost."""
    rng = Rng(29)
    for _ in range(depth(2000)):
        nor = start.reborn()
        told = Told()
        for _ in range(4):
            nor.cut(rng.below(60), rng.below(130), 0, rng.chance(50))
            try:
                _, journal, made = boot(nor)
                found = list(journal.records())
                assert found in told.journals() and made.item in (1, 2)
                told = Told()
                told.records = found
                for n in range(rng.below(20)):
                    told.next = ("sent", (n, rng.below(1 << 30)))
                    assert journal.append(*told.next)
                    told.records.append(told.next)
                    told.next = None
                if rng.chance(50):
                    told.closing = True
                    assert journal.close()
                    told.closing = False
                    told.records = []
                    standby(journal)
                    store_on(files_part(nor)).write("/config.json", json_of(2))
            except PowerCut:
                pass
            nor = nor.reborn()
        told.config = [1, 2]
        check(nor, told)
