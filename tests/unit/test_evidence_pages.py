"""Records on their pages: none is split, none is lost uncounted, each in its class."""

import struct
from array import array

import ev1_reader as reader
from evidence_bench import DANGER, SETTINGS, sound
from harness import Rng, depth

from firmware.evidence import records
from firmware.evidence.intake import Intake
from firmware.evidence.pages import BODY_AT, BODY_END, Pages
from firmware.messages import Cell, Fix, TimeKnown


def taken(pages):
    """(class, records) of what has become full; its pages go back."""
    told = []
    while pages.full:
        which, page = pages.full.pop(0)
        told.append((which, list(reader.records(bytes(page[BODY_AT:BODY_END])))))
        assert not any(page[:BODY_AT]) and not any(page[BODY_END:])
        pages.release(page)
        assert not any(page)
    return told


def flushed(pages):
    for which in records.CLASSES:
        pages.flush(which)
    return taken(pages)


def test_records_are_packed_as_the_table_says():
    rows = (
        (1, records.LOST, (800, 256, 1), b"", "200300000001000001"),
        (2, records.FIX, (457604300, -1, 25, 92, 11, 3, 120, 0xFFFFFFFF), b"", None),
        (2, records.CELL, (), b"208-01-1A2B-0123456", b"208-01-1A2B-0123456".hex()),
        (3, records.EVENT, (7, 2), b"", "0702000000"),
        (3, records.POWER, (4012, 1), b"", "ac0f01"),
        (3, records.TIME, (805000000, 1, 50), b"", None),
    )
    pages = Pages(8)
    for which, kind, values, tail, want in rows:
        assert pages.put(which, kind, -250, values, tail)
        _, told = (flushed(pages) + [None])[0]
        assert [one[:2] for one in told] == [(kind, -250)]
        layout = records.layout(kind, which)
        assert told[0][2] == struct.pack(layout, *values) + tail
        if want and want.startswith("07"):
            assert told[0][2].hex() == want


def test_a_page_takes_4016_bytes_and_no_record_is_split():
    pages = Pages(8)
    assert pages.put(2, records.CELL, 0, (), bytes(4016 - 7))
    assert not pages.full and pages.put(2, records.CELL, 1, (), b"x")
    assert [len(told[0][2]) for _, told in flushed(pages)] == [4009, 1]
    assert not pages.put(2, records.CELL, 0, (), bytes(4010))


def test_nothing_is_lost_in_any_order():
    rng = Rng(4)
    for _ in range(depth(300)):
        pages, want, told = Pages(8), {1: [], 2: [], 3: []}, []
        for n in range(200):
            which = 1 + rng.below(3)
            tail = rng.bytes(rng.choice((0, 1, 40, 300)))
            kind = (0, records.AUDIO, records.CELL, records.EVENT)[which]
            values = ((), (n, -3, 5, 0), (), (1, n))[which]
            assert pages.put(which, kind, n, values, tail)
            want[which].append((kind, n))
            told += taken(pages)
        told += flushed(pages)
        for which in (1, 2, 3):
            got = [one[:2] for got, page in told if got == which for one in page]
            assert got == want[which]


def test_sound_that_goes_on_is_one_record():
    pages = Pages(16)
    for n in range(100):
        assert pages.sound(500 * n, n, 3, bytes([n]) * 250, 62 * n)
    told = [one for _, page in flushed(pages) for one in page]
    first = 0
    for kind, at_ms, value in told:
        sample, prediction, index, zero = struct.unpack_from("<IhBB", value)
        assert kind == records.AUDIO and (sample, index, zero) == (first, 3, 0)
        assert prediction == sample // 500 and at_ms == 62 * prediction
        assert len(value) <= 1008 and value[8] == prediction
        first += 2 * (len(value) - 8)
    assert first == 50000 and 25 <= len(told) <= 34


def test_sound_does_not_go_on_over_a_gap_or_another_record():
    pages = Pages(8)
    pages.sound(0, 0, 0, bytes(10), 0)
    pages.sound(22, 0, 0, bytes(10), 0)  # two samples are missing
    pages.put(1, records.LOST, 0, (20, 2, 1))
    pages.sound(42, 0, 0, bytes(10), 0)
    pages.flush(1)
    pages.sound(62, 0, 0, bytes(10), 0)
    assert [len(page) for _, page in flushed(pages)] == [4, 1]


def test_sound_leaves_pages_to_the_others():
    pages = Pages(8)
    n = 0
    while pages.sound(2 * n, 0, 0, bytes(4000), 0):
        n += 4000
    assert len(pages.full) == 4
    for which in (2, 3):
        assert pages.put(which, records.CELL if which == 2 else records.EVENT, 0, (), bytes(3000))
        assert pages.put(which, records.CELL if which == 2 else records.EVENT, 0, (), bytes(3000))
    assert not pages.put(3, records.EVENT, 0, (), bytes(3000))
    pages.clear()
    assert not pages.full and all(pages.sound(8000 * n, 0, 0, bytes(4000), 0) for n in range(4))


def intake(pages=8):
    it = Intake(Pages(pages))
    it.begin(DANGER, 100000, SETTINGS)
    return it


def test_every_class_begins_with_its_configuration():
    told = dict(flushed(intake().pages))
    assert sorted(told) == [1, 2, 3]
    for which, want in (
        (1, struct.pack("<IBHHI", 100000, 1, 8000, 16, 0)),
        (2, struct.pack("<IB", 100000, 1)),
        (3, struct.pack("<IBBIH8s8sHH", 100000, 1, 1, 7, 4100, b"firmware", b"settings", 100, 4)),
    ):
        assert told[which] == [(records.CONFIG, 0, want)]


def test_records_go_where_they_belong():
    it = intake()
    at_ms = 100000 + 1500
    it.record(records.FIX, at_ms, records.fix(Fix(1, 2, 3, None, 4, None, None, 3, None)))
    it.record(records.TIME, at_ms, records.time(TimeKnown(805000000, at_ms, "gnss", 50)))
    it.record(records.CELL, at_ms, (), records.cell(Cell("208", "01", "1A2B", "")))
    it.record(records.EVENT, at_ms, (1, 0))
    it.record(records.POWER, at_ms, (4000, 0))
    it.accel(10, bytes(6 * 250), at_ms)
    it.audio(0, 0, 0, bytes(5), 99000)
    it.lost(10, 6, 1, at_ms)
    told = {which: [one[:2] for one in page] for which, page in flushed(it.pages)}
    assert told == {
        1: [(1, 0), (5, 1500), (2, -1000), (10, 1500)],
        2: [(1, 0), (4, 1500), (5, 1500), (7, 1500)],
        3: [(1, 0), (5, 1500), (6, 1500), (8, 1500), (3, 1500), (3, 1500), (3, 1500)],
    }
    assert [it.totals(which) for which in (1, 2, 3)] == [(10, 6, 0), (1, 1, 0), (1, 250, 0)]


def test_a_trace_may_be_numbers_or_their_bytes():
    numbers = array("h", [1, -2, 3] * 130)
    for data in (numbers, memoryview(numbers), bytes(numbers)):
        it = intake()
        it.accel(7, data, 100000)
        told = [value for _, page in flushed(it.pages) for kind, _, value in page if kind == 3]
        assert [struct.unpack_from("<IH", value) for value in told] == [(7, 100), (107, 30)]
        assert told[0][6:] + told[1][6:] == bytes(numbers)
        assert it.totals(3) == (0, 130, 0)


def test_what_a_receiver_does_not_tell_is_unknown():
    it = records.fix(Fix(-5, 6, 70000, None, 4, 9999999, 300, 3, -1))
    assert it == (-5, 6, 0xFFFE, 0xFFFE, 0xFE, 3, 0, 0xFFFFFFFF)
    assert records.time(TimeKnown(5, 0, "somebody", 7)) == (5, 0, 7)
    assert records.cell(Cell("208", "01", "1A2B", "0123")) == b"208-01-1A2B-0123"


def test_sound_without_room_is_told_when_there_is_room_again():
    it = intake()
    for n in range(40):
        it.audio(1000 * n, 0, 0, bytes(500), 100000 + 125 * n)
    kept = it.totals(1)[0]
    assert kept == 14000
    full = taken(it.pages)
    it.audio(40000, 0, 0, bytes(500), 105000)
    it.audio(41000, 0, 0, bytes(500), 105125)
    told = [one for _, page in full + flushed(it.pages) for one in page]
    lost = [struct.unpack("<IIB", value) for kind, _, value in told if kind == records.LOST]
    assert lost == [(kept, 40000 - kept, 2)]
    assert it.totals(1) == (kept + 2000, 40000 - kept, 0)


def test_what_was_missed_is_told_at_the_end():
    it = intake()
    for n in range(40):
        it.audio(1000 * n, 0, 0, bytes(500), 100000)
    assert not it.tell_missed(0)
    taken(it.pages)
    assert it.tell_missed(0) and it.tell_missed(0)
    assert sum(it.totals(1)) == 40000


def test_records_without_room_are_counted():
    it = intake()
    for _ in range(40):
        it.record(records.CELL, 100000, (), bytes(1000))
    taken(it.pages)
    it.record(records.EVENT, 100000, (1, 0))
    it.record(records.EVENT, 100000, (2, 0))
    events = [value for _, page in flushed(it.pages) for kind, _, value in page if kind == 6]
    stored = it.totals(2)[1]
    assert events[1] == struct.pack("<BI", records.FORGOTTEN, 40 - stored)
    assert [value[0] for value in events] == [1, records.FORGOTTEN, 2]
    assert it.totals(3)[0] == 3


def test_a_new_recording_begins_with_nothing():
    it = intake()
    it.audio(0, 0, 0, sound(0, 500), 100000)
    it.clipped = 4
    it.begin(DANGER, 200000, SETTINGS)
    assert it.totals(1) == (0, 0, 0)
    assert [len(page) for _, page in flushed(it.pages)] == [1, 1, 1]
