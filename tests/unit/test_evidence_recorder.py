"""The recorder: from standby to the last seal, and what another reads of it afterwards."""

import struct
from hashlib import sha256

from evidence_bench import (
    DANGER,
    PSK,
    SECRET,
    SETTINGS,
    Bench,
    Chip,
    identity,
    planted,
    psk_of,
    seal_key_of,
    sound,
)
from nor import PowerCut

from firmware.evidence import records
from firmware.evidence.keys import NO_Q
from firmware.evidence.recorder import Recorder
from firmware.store import PartitionLog


def bench(sectors=60, keys=True, **more):
    it = Bench(planted() if keys else None, Chip(sectors), **more)
    it.standby()
    return it


def kinds(told):
    return [type(event).__name__ for event in told]


def read(whole, which, psk=None):
    told = whole.read(SECRET, psk_of(whole.q) if psk is None else psk, which)
    return [one for page in told for one in page]


def samples(told, piece=1000):
    """Check that the sound is that which was put in; returns how many samples and lost ones.

    piece: samples that came in at a time.
    """
    at = lost = 0
    for kind, _, value in told:
        if kind == records.AUDIO:
            first = struct.unpack_from("<I", value)[0]
            assert first == at
            for part in range(8, len(value), piece // 2):
                assert value[part : part + piece // 2] == sound(at, piece // 2)
                at += piece
        elif kind == records.LOST:
            first, count = struct.unpack_from("<II", value)
            assert first == at
            at += count
            lost += count
    return at - lost, lost


def close_of(told):
    assert told[-1][0] == records.CLOSE and [one[0] for one in told].count(records.CLOSE) == 1
    return struct.unpack("<IBIIII", told[-1][2])


def test_a_recording_is_read_by_the_association():
    it = bench()
    assert it.it.ready() and it.it.wake_ms(it.now_ms) is None
    assert it.start() and not it.it.ready() and it.it.open
    it.second(5)
    it.it.record(records.EVENT, it.now_ms, (1, 0))
    it.second(10)
    it.it.record(records.CELL, it.now_ms, (), b"208-01-1A2B-0123456")
    it.second(2)
    it.close()
    assert not it.it.open
    want = "EvidenceFault RecordingOpened Sealed Sealed RecordingClosed"
    assert " ".join(kinds(it.told)) == want
    (whole,) = it.recordings()
    assert whole.previous == bytes(32) and whole.q == 0 and whole.flags == 0
    stated = whole.check_seals(seal_key_of(0))
    assert stated[-1] == tuple([len(whole.segments[which]) for which in (1, 2, 3)])
    assert min(stated[0]) == 1 and len(stated) == 2
    told = {which: read(whole, which) for which in (1, 2, 3)}
    assert samples(told[1]) == (17000 * 8, 0)
    assert [one[:2] for one in told[2]] == [(1, 0), (7, 15000), (127, 17000)]
    events = [value for kind, _, value in told[3] if kind == records.EVENT]
    assert [value[0] for value in events] == [records.NEARLY_FULL, 1]
    totals = ((17000 * 8, 0, 0), (0, 1, 0), (2, 0, 0))
    for which in (1, 2, 3):
        assert close_of(told[which]) == (stated[-1][which - 1], 3, 17000) + totals[which - 1]
    opened, sealed, closed = it.told[1].code, it.told[-2].code, it.told[-1].code
    assert opened[:2] == "0o" and sealed[:2] == "0h" and closed == sealed


def test_seals_come_at_ten_seconds_and_every_minute():
    it = bench(200)
    it.start()
    times = []
    for _ in range(140):
        it.second(rate_hz=1600)
        times += [it.now_ms - it.start_ms for event in it.told if kinds([event]) == ["Sealed"]]
        it.told.clear()
    assert times == [10000, 70000, 130000]
    it.it.close(3, it.now_ms)
    it.work()
    (whole,) = it.recordings()
    stated = whole.check_seals(seal_key_of(0))
    assert len(stated) == 4 and [one[1] for one in stated] == [1, 1, 1, 2]


def test_the_next_one_tells_of_the_last():
    it = bench()
    for _ in range(3):
        it.start()
        it.second(1)
        it.close()
        assert it.it.start(DANGER, it.now_ms, SETTINGS) and not it.it.ready()
        it.close()
        it.standby()
    made = it.recordings()
    assert [one.q for one in made] == [0, 1, 2, 3, 4, 5]
    for before, one in zip(made, made[1:]):
        found = [value for kind, _, value in read(one, 3) if kind == records.FOUND]
        assert len(found) == 1
        q, opened, seal, final = struct.unpack_from("<I32sIB", found[0])
        assert (q, opened, seal, final) == (before.q, before.opened, len(before.seals) - 1, 1)
        counts = [struct.unpack_from("<I", found[0], 41 + 36 * k)[0] for k in range(3)]
        assert counts == [len(before.segments[which]) for which in (1, 2, 3)]
        assert one.check_seals(seal_key_of(one.q))
    fresh = Bench(it.keys_nor, it.ev_nor, seed=2)
    fresh.standby()
    assert fresh.it._found == it.it._found, "a start sees something else"


def test_a_trigger_before_all_is_ready_waits():
    it = Bench(planted(), Chip(60))
    it.start()
    it.second(1, work=False)
    assert not it.ev_nor.programs
    it.second(1)
    it.close()
    (whole,) = it.recordings()
    assert samples(read(whole, 1)) == (16000, 0) and whole.check_seals(seal_key_of(0))


def test_no_agreement_is_used_twice():
    it = bench()
    for _ in range(3):
        it.start()
        it.close()
    assert len({one.public for one in it.recordings()}) == 3


def test_nothing_is_written_or_computed_while_it_is_held():
    it = bench()
    slots = len(it.keys_nor.programs)
    it.it.hold(1)
    it.start()
    it.second(12, work=False)
    assert it.it.wake_ms(it.now_ms) is None and it.it.step(it.now_ms) == []
    assert not it.ev_nor.programs and len(it.keys_nor.programs) == slots
    it.it.hold(0)
    assert it.it.wake_ms(it.now_ms) == it.now_ms
    it.work()
    it.close()
    (whole,) = it.recordings()
    assert samples(read(whole, 1)) == (96000, 0)
    assert len(whole.check_seals(seal_key_of(0))) == 2


def test_what_finds_no_room_while_it_is_held_is_counted():
    for more_s in (2, 0):
        it = bench(pages=10)
        it.it.hold(1)
        it.start()
        it.second(12, work=False)
        it.it.hold(0)
        it.second(more_s)
        it.close()
        (whole,) = it.recordings()
        stored, lost = samples(read(whole, 1))
        assert stored + lost == (12 + more_s) * 8000 and lost > 40000
        assert close_of(read(whole, 1))[3:] == (stored, lost, 0)


def test_an_end_that_does_not_fit_gets_a_segment_of_its_own():
    for size in range(3970, 4000):
        it = bench()
        it.start()
        it.it.record(records.CELL, it.now_ms, (), bytes(size))
        it.close()
        (whole,) = it.recordings()
        told = read(whole, 2)
        assert [one[0] for one in told] == [1, 7, 127]
        assert close_of(told)[:2] == (len(whole.segments[2]), 3)
        if len(whole.segments[2]) == 2:
            return
    raise AssertionError("it always fitted")


def test_every_class_is_in_the_first_seal():
    it = bench()
    it.start()
    it.it.audio(0, 0, 0, bytes(10), it.now_ms)
    it.now_ms += 10000
    it.work()
    (whole,) = it.recordings()
    assert whole.check_seals(seal_key_of(0)) == [(1, 1, 1)]


def test_numbers_that_were_used_up_in_vain_are_told():
    for vain, told in ((0, []), (1, [1]), (3, [1, 2, 3]), (12, [1, 2, 3, 4, 5, 6, 7, 8])):
        it = bench()
        it.start()
        it.close()
        it.standby()
        for _ in range(vain):
            it.it._keys.take(bytearray(32), bytearray(32))
        it.start()
        it.close()
        first, whole = it.recordings()
        found = [value for kind, _, value in read(whole, 3) if kind == records.FOUND]
        assert [struct.unpack_from("<I", value)[0] for value in found] == [0] + told
        assert found[0][4:36] == first.opened
        for value in found[1:]:
            assert value[4:] == bytes(32) + b"\xff" * 4 + bytes(1 + 3 * 36)


def test_a_slice_does_one_thing():
    it = bench()
    it.start()
    it.second(30, work=False)
    while it.it.wake_ms(it.now_ms) == it.now_ms:
        before = it.ev_nor.operations, it.keys_nor.operations
        it.told += it.it.step(it.now_ms)
        assert it.ev_nor.operations <= before[0] + 1
        assert it.keys_nor.operations in (before[1], before[1] + 2)
    assert it.ev_nor.erases == [] and len(it.keys_nor.erases) == 4


def test_it_ends_while_there_is_room_for_the_end():
    for sectors in (22, 23, 40):
        it = bench(sectors)
        it.start()
        it.second(60)
        assert not it.it.open and it.told[-1].reason == 4
        it.told.clear()
        (whole,) = it.recordings()
        for which in (1, 2, 3):
            assert close_of(read(whole, which))[:2] == (len(whole.segments[which]), 4)
        assert whole.check_seals(seal_key_of(0))[-1][0] == len(whole.segments[1])
        left = sectors - sum(len(one) for one in whole.segments.values()) - len(whole.seals) - 1
        assert 2 <= left <= 8
        it.standby()
        it.start()
        it.work()
        assert kinds(it.told) == ["EvidenceFault"] and it.told[0].reason == "full"
        assert not it.it.open and len(it.recordings()) == 1 and it.it.seals_left() == 255


def test_room_is_told_in_minutes_that_can_be_recorded():
    it = bench(200)
    told_ms = it.it.room_ms(8000)
    it.start()
    at = 0
    while it.it.open:
        it.it.audio(at, 0, 0, bytes(640), it.now_ms)  # as services/microphone.py hands it out
        it.work()
        at += 1280
        it.now_ms += 160
    # Told is what there is room for while she moves; here nothing of that is recorded.
    assert 80 <= told_ms * 100 // (it.now_ms - it.start_ms) <= 90
    assert bench(200).it.room_ms(16000) * 10 // told_ms == 5


def test_without_a_slot_nothing_is_sealed():
    for it, faults in ((bench(120, keys=False), 2), (bench(120), 1)):
        if faults == 1:
            it.it._keys.q = 300
            it.keys_nor.image[:] = slot_of(300)
        assert it.it.seals_left() == 0
        it.start()
        it.second(75, rate_hz=1600)
        it.close()
        reasons = [event.reason for event in it.told if kinds([event]) == ["EvidenceFault"]]
        assert "unsealed" in reasons and it.told[-1].code[-17] == "o"
        (whole,) = it.recordings()
        assert whole.seals == [] and whole.q == (NO_Q if faults == 2 else 300)
        told = read(whole, 1, bytes(32) if faults == 2 else PSK)
        assert samples(told, 200) == (75 * 1600, 0)
        assert close_of(told)[0] == len(whole.segments[1])


def slot_of(q):
    nor = planted()
    keys = Recorder(PartitionLog(nor), PartitionLog(Chip(9)), identity(), None)._keys
    nor.image[:] = b"\xff" * len(nor.image)
    keys._chain[:32], keys._chain[32:] = PSK, PSK
    assert keys._write(q)
    return nor.image


def test_a_key_of_nobody_records_nothing():
    it = bench()
    it.it._agreement._agreement_key = bytes(32)
    it.it._agreement.ready = False
    it.it._needs = it.it._agree()
    it.start()
    it.work()
    assert it.told[-1].reason == "agreement" and not it.it.open
    assert not it.ev_nor.programs and it.it.seals_left() == 256


def test_a_sector_that_fails_is_passed_over_and_told():
    class Weak(Chip):
        def writeblocks(self, number, data, offset=None):
            super().writeblocks(number, data, offset)
            if number in (0, 4, 5):
                self.held[number][77] ^= 1

    it = Bench(planted(), Weak(60))
    it.standby()
    it.start()
    it.second(12)
    it.close()
    (whole,) = it.recordings()
    assert samples(read(whole, 1)) == (96000, 0) and whole.check_seals(seal_key_of(0))
    events = [value for kind, _, value in read(whole, 3) if kind == records.EVENT]
    failed = [struct.unpack("<BI", value)[1] for value in events if value[0] == 12]
    wanted = [sha256(it.ev_nor.held[at]).digest()[:4] for at in (0, 4, 5)]
    assert failed == [int.from_bytes(mark, "little") for mark in wanted]


def test_sectors_that_fail_at_the_end_add_nothing_behind_it():
    class Weak(Chip):
        weak = False

        def writeblocks(self, number, data, offset=None):
            super().writeblocks(number, data, offset)
            if self.weak and number % 2:
                self.held[number][77] ^= 1

    it = Bench(planted(), Weak(60))
    it.standby()
    it.start()
    it.second(12)
    it.ev_nor.weak = True
    it.close()
    (whole,) = it.recordings()
    for which in (1, 2, 3):
        assert close_of(read(whole, which))[0] == len(whole.segments[which])
    assert whole.check_seals(seal_key_of(0))[-1][2] == len(whole.segments[3])


def test_a_recorder_that_is_given_up_leaves_no_key():
    for seconds in (0, 3, 10):
        it = bench()
        it.start()
        it.second(seconds)
        for _ in range(4):
            it.it.step(it.now_ms)
        recording = it.it._recording
        it.it.discard()
        for ratchet in recording._ratchets:
            assert not any(ratchet._key)
        if recording.seals is not None:
            assert not any(recording.seals._key) and not any(recording.seals._next)
        assert not any(it.it._agreement._root) and not it.it.open
    it = bench()
    assert any(it.it._agreement._root)
    it.it.discard()
    assert not any(it.it._agreement._root) and not it.it._agreement.ready


def test_a_dead_flash_ends_it():
    class Dying(Chip):
        left = 0

        def writeblocks(self, number, data, offset=None):
            self.left -= 1
            if self.left < 0:
                raise OSError(5)
            super().writeblocks(number, data, offset)

    for left in (0, 1, 6):
        it = Bench(planted(), Dying(200))
        it.ev_nor.left = left
        it.standby()
        it.start()
        it.second(20)
        assert not it.it.open and it.told[-1].reason == 0
        assert "storage" in [getattr(event, "reason", "") for event in it.told]
        it.standby()
        it.ev_nor.left = 1000
        it.start()
        it.close()
        whole = it.recordings()[-1]
        assert whole.q == 1 and whole.check_seals(seal_key_of(1)) == [(1, 1, 1)]
        found = [value for kind, _, value in read(whole, 3) if kind == records.FOUND]
        assert len(found) == (left > 0)


def test_a_step_in_standby_and_inputs_at_rest_do_nothing():
    it = bench()
    operations = it.ev_nor.operations
    it.it.audio(0, 0, 0, bytes(500), 0)
    it.it.record(records.EVENT, 0, (1, 0))
    it.it.lost(0, 5, 1, 0)
    it.it.accel(0, bytes(600), 0)
    it.it.close(3, 0)
    assert it.it.step(0) == [] and not it.it.open and it.ev_nor.operations == operations
    it.start()
    assert not it.it.start(DANGER, it.now_ms, SETTINGS)
    it.it.close(1, it.now_ms)
    it.it.close(2, it.now_ms)
    it.it.audio(0, 0, 0, bytes(500), it.now_ms)
    it.work()
    assert it.told[-1].reason == 1
    (whole,) = it.recordings()
    assert samples(read(whole, 1)) == (0, 0) and len(whole.check_seals(seal_key_of(0))) == 1


def test_the_end_overtakes_a_seal_that_is_not_signed_yet():
    made = set()
    for steps in range(2, 16):
        it = bench()
        it.start()
        it.second(9)
        it.second(1, work=False)
        for _ in range(steps):
            it.told += it.it.step(it.now_ms)
        it.close()
        (whole,) = it.recordings()
        stated = whole.check_seals(seal_key_of(0))
        made.add(len(stated))
        assert stated[-1] == tuple([len(whole.segments[which]) for which in (1, 2, 3)])
    assert made == {1, 2}


def test_after_the_end_no_key_is_left_in_its_objects():
    it = bench()
    it.start()
    it.second(11)
    recording = it.it._recording
    it.close()
    for ratchet in recording._ratchets:
        assert not any(ratchet._key)
    assert not any(recording.seals._key) and not any(it.it._agreement._root)
    for page in it.it._intake.pages._spare:
        assert not any(page)


def test_a_recording_that_was_cut_off_is_found():
    it = bench()
    it.start()
    it.second(14)
    it.ev_nor.cut(0, 1, 2)
    try:
        it.second(5)
        raise AssertionError("no cut")
    except PowerCut:
        pass
    fresh = Bench(it.keys_nor.reborn(), it.ev_nor.reborn(), seed=3)
    fresh.standby()
    fresh.start()
    fresh.close()
    cut, whole = fresh.recordings()
    assert len(cut.check_seals(seal_key_of(0))) == 1 and cut.q == 0 and whole.q == 1
    found = [value for kind, _, value in read(whole, 3) if kind == records.FOUND]
    assert struct.unpack_from("<I32sIB", found[0]) == (0, cut.opened, 0, 0)
    assert struct.unpack_from("<I", found[0], 41)[0] == len(cut.segments[1])
