"""What the firmware's recorder writes, judged by the kit and by the second verifier.

On CPython, on flash that fails and is cut off; the same recorder runs on the VM in its unit tests.
"""

import evidence_bench as made
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from ev1_judges import Desk, judge
from ev1_writer import SECTOR, Association, Device
from evidence_bench import Bench, Chip, planted
from harness import Rng, depth
from nor import PowerCut

from firmware.evidence import records
from kit import sound, verify


class Theirs(Association):
    """The association whose key the bench's recorder has."""

    def __init__(self):
        super().__init__()
        self.private = X25519PrivateKey.from_private_bytes(made.SECRET)
        self.public = self.private.public_key().public_bytes_raw()


def owner():
    device = Device("bench")
    device.devid, device.identifier = made.identity().devid, made.IDENTIFIER
    device.psk_0, device.seed_0 = made.PSK, made.SEED
    return device


DESK = Desk(Theirs(), [owner()])


def begin(sectors=80):
    it = Bench(planted(), Chip(sectors))
    it.standby()
    return it


def image(it):
    blank = b"\xff" * SECTOR
    return b"".join(bytes(it.ev_nor.held.get(n, blank)) for n in range(it.ev_nor.sectors))


def test_a_whole_evening():
    it = begin()
    assert it.start()
    it.it.record(records.TIME, it.now_ms, (847226467, 1, 60))
    it.second(5)
    it.it.record(records.EVENT, it.now_ms, (1, 0))
    it.it.record(records.FIX, it.now_ms, (457604300, 48356600, 8, 110, 9, 3, 40, 0xFFFFFFFF))
    it.second(12)
    it.close()
    (one,) = judge(image(it), DESK)
    assert one.grade == "A" and not one.failed and one.seals == 2
    (one,) = verify.verify(image(it), DESK.given()).recordings
    assert not one.remarks and one.sound.samples == 17 * 8000 and not one.sound.holes
    assert one.clock.at(0).sources == ("GNSS",) and one.previous == "none"
    assert len(sound.samples_of(one.recording.records)) == 17 * 8000
    (alone,) = judge(image(it), DESK, keyed=False)
    assert alone.grade == "B"


def test_codes_that_were_sent_are_of_what_is_there():
    it = begin()
    it.start()
    it.second(12)
    it.close()
    from kit import anchors

    told = [event.code for event in it.told if hasattr(event, "code")]
    rows = "".join(f"2026-11-05T20:41:19Z,x,Code {code}\n" for code in told)
    found = anchors.parse("received_utc,from,text\n" + rows)
    (one,) = verify.verify(image(it), DESK.given(), found).recordings
    assert len(one.matched) == len(told) >= 4 and not one.unmatched
    assert {match.of for match in one.matched} == {"opening", "seal 0", "seal 1"}


def test_evenings_one_after_another():
    it = begin(200)
    for _ in range(3):
        it.start()
        it.second(2)
        it.close()
        it.standby()
    result = verify.verify(image(it), DESK.given())
    assert [one.grade for one in result.recordings] == ["A"] * 3
    assert [one.previous for one in result.recordings] == ["none", "found", "found"]
    assert not any(one.remarks for one in result.recordings)
    judge(image(it), DESK)


@pytest.mark.parametrize("seconds", [0, 1, 9, 11, 30])
def test_an_evening_that_was_cut(seconds):
    it = begin()
    it.start()
    it.work()
    it.second(seconds)
    grades = {"D"} if seconds == 0 else {"B0"} if seconds < 10 else {"B"}
    (one,) = judge(image(it), DESK)
    assert one.grade in grades, (one.grade, one.faults)
    again = Bench(it.keys_nor.reborn(), it.ev_nor.reborn(), seed=2)
    again.standby()
    again.start()
    again.second(1)
    again.close()
    first, second = sorted(judge(image(again), DESK), key=lambda one: one.q)
    assert first.grade in grades and second.grade == "A"
    first, second = verify.verify(image(again), DESK.given()).recordings
    assert not first.remarks and second.previous == "found"


def test_power_lost_in_any_program():
    """Torn at any 32 bytes: what was written stands, and nothing of it looks tampered with."""
    whole = begin()
    whole.start()
    whole.second(11)
    whole.close()
    programs = [len for _, _, len in whole.ev_nor.programs]
    rng = Rng(5)
    seen = set()
    for after in range(0, len(programs), 1 if depth(100) > 1 else 4):
        it = begin()
        it.ev_nor.cut(after, rng.below(1 + programs[after] // 32), 0)
        with pytest.raises(PowerCut):
            it.start()
            it.second(11)
            it.close()
        found = judge(image(it), DESK)
        seen |= {one.grade for one in found}
        for one in found:
            segments = sum(len(numbers) for numbers in one.got.values())
            assert one.grade in ("A", "B", "B0") or not segments, (after, one.grade, one.faults)
            assert not one.bad and not one.foreign and not one.unreadable, after
    assert seen >= {"B", "B0", "D"}


def test_sectors_that_fail_are_passed_over():
    """A bad sector is left as it is, and the same bytes are written into the next."""
    rng = Rng(3)
    for _ in range(depth(40)):
        it = begin()
        bad = {rng.below(14) for _ in range(1 + rng.below(3))}
        fail(it.ev_nor, bad, rng)
        it.start()
        it.second(12)
        it.close()
        (one,) = judge(image(it), DESK)
        assert one.grade == "A", (bad, one.grade, one.foreign, one.unreadable, one.faults)
        assert one.failed <= bad


def fail(chip, bad, rng):
    """Programs of these sectors end on their way, or leave a bit that cannot be programmed."""
    program = chip.writeblocks

    def writeblocks(number, data, offset=None):
        if number in bad and rng.chance(50):
            program(number, bytes(data[: 32 * rng.below(1 + len(data) // 32)]), offset)
            raise OSError(5)
        program(number, data, offset)
        if number in bad:
            at = offset + rng.below(len(data))
            chip.held[number][at] ^= 1 << rng.below(8)

    chip.writeblocks = writeblocks
