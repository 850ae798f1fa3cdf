"""The partition of recordings: written once, one sector after the other, found again."""

from harness import Rng, depth
from nor import SECTOR, Nor

from firmware.evidence.log_area import LogArea
from firmware.store import PartitionLog

MARKS = (b"EVO1", b"EVS1", b"EVSG")


def area(nor):
    it = LogArea(PartitionLog(nor))
    for _ in it.scan():
        pass
    return it


def sector(mark=b"EVS1", fill=0x5A):
    return bytearray(mark + bytes([fill]) * (SECTOR - 4))


def at(nor, number):
    return bytes(nor.image[number * SECTOR : (number + 1) * SECTOR])


def test_sectors_are_written_in_order():
    nor = Nor(6)
    it = area(nor)
    assert it.room() == 6
    for k in range(6):
        assert it.write(sector(fill=k))
    assert not it.write(sector()) and it.room() == 0
    assert [at(nor, k)[9] for k in range(6)] == list(range(6))
    assert nor.programs == [(k, 0, SECTOR) for k in range(6)] and nor.erases == []


def test_the_end_is_found_at_every_length():
    for written in range(41):
        nor = Nor(40)
        for k in range(written):
            nor.image[k * SECTOR : (k + 1) * SECTOR] = sector(MARKS[k % 3])
        assert area(nor).position == written
        assert nor.operations == 0


def test_gaps_that_failed_programs_left_are_passed():
    rng = Rng(3)
    for _ in range(depth(2000)):
        nor = Nor(60)
        at_sector, last = 0, 0
        while at_sector < 40:
            nor.image[at_sector * SECTOR : at_sector * SECTOR + 4] = MARKS[at_sector % 3]
            last = at_sector
            at_sector += 1 + rng.below(8)
        assert area(nor).position == last + 1


def test_what_is_ours_behind_a_longer_gap_is_not_written_before():
    for gap in range(9, 30):
        nor = Nor(60)
        for number in (0, 1, 2, 3 + gap):
            nor.image[number * SECTOR : (number + 1) * SECTOR] = sector()
        assert area(nor).position == 4 + gap


class Long:
    """A log of 12 MB, of which there is nothing but the beginnings of sectors."""

    sectors = 3000
    reads = 0

    def read(self, number, offset, buffer):
        self.reads += 1
        buffer[:] = (b"E" if number < 1234 else b"\xff") * len(buffer)


def test_a_large_partition_is_looked_at_in_few_reads():
    log = Long()
    it = LogArea(log)
    steps = sum(1 for _ in it.scan())
    assert it.position == 1234 and log.reads < 250 and steps < 40


def test_what_a_cut_left_is_not_written_again():
    """The beginning of a sector, or only its end."""
    for first, end in ((0, 32), (0, 4000), (4000, SECTOR), (64, SECTOR)):
        nor = Nor(20)
        for k in range(3):
            nor.image[k * SECTOR : (k + 1) * SECTOR] = sector()
        nor.image[3 * SECTOR + first : 3 * SECTOR + end] = sector()[first:end]
        it = area(nor)
        assert it.position == 4, first
        assert it.write(sector()) and at(nor, 4) == bytes(sector())


def test_a_failed_program_is_repeated_in_the_next_sector():
    nor = Nor(8)

    class Weak(PartitionLog):
        """Its second sector takes all but one bit."""

        def program(self, number, offset, data):
            super().program(number, offset, data)
            if number == 1:
                nor.image[SECTOR + 100] |= 1

    it = LogArea(Weak(nor))
    for _ in it.scan():
        pass
    assert [it.write(sector(fill=2)) for _ in range(3)] == [True, False, True]
    assert it.failed == 1 and at(nor, 2) == bytes(sector(fill=2))


def test_an_error_after_all_was_written_is_none():
    class Late(PartitionLog):
        def program(self, number, offset, data):
            super().program(number, offset, data)
            raise OSError(5)

    nor = Nor(4)
    it = LogArea(Late(nor))
    for _ in it.scan():
        pass
    assert it.write(sector()) and it.failed == 0 and it.position == 1


def test_a_sector_that_cannot_be_read_is_passed_over():
    nor = Nor(4)
    it = area(nor)
    nor.broken = {0, 1}
    assert it.write(sector()) and it.position == 3 and it.failed == 0


def test_an_error_of_the_flash_is_a_failed_program():
    class Failing(PartitionLog):
        def program(self, number, offset, data):
            if number == 0:
                raise OSError(5)
            super().program(number, offset, data)

    it = LogArea(Failing(Nor(4)))
    for _ in it.scan():
        pass
    assert [it.write(sector()) for _ in range(2)] == [False, True]
    assert it.failed == 1 and it.position == 2


def test_standby_erases_only_what_is_not_ours():
    nor = Nor(80)
    nor.image[:SECTOR] = sector()
    nor.image[5 * SECTOR + 4000] = 0  # isolated rubbish
    nor.image[70 * SECTOR] = 0  # far away: it is skipped when writing comes there
    it = area(nor)
    assert it.position == 1
    assert sum(1 for erased in it.tidy() if erased) == 1 and nor.erases == [5]
    nor.image[7 * SECTOR : 7 * SECTOR + 4] = b"EVS1"
    for _ in it.tidy():
        pass
    assert nor.erases == [5], "it has erased evidence"
    assert area(nor).position == 8
    while it.position < 80:
        assert it.write(sector())
    assert it.position == 80 and at(nor, 70)[:2] == b"\x00\xff"


def test_a_partition_full_of_something_else_has_no_room():
    it = area(Nor(12, 0))
    assert it.room() == 0 and not it.write(sector())
