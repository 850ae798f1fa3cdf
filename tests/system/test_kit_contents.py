"""Records, strictly read; what several recordings say of each other; remarks and words."""

import struct

import ev1_writer as writer
import pytest
from ev1_judges import Desk
from ev1_writer import AUDIO, LOG, PLACE, Association, Device, Recording

from kit import plausibility, records, sound, verify, words
from kit.records import Malformed

ASSOCIATION, DEVICE = Association(), Device()
DESK = Desk(ASSOCIATION, [DEVICE])
CLASSES = (AUDIO, PLACE, LOG)


def record(kind, value=b"", at_ms=0):
    return struct.pack("<BHi", kind, len(value), at_ms) + value


def read(plain, class_, segment=1):
    return records.read(plain.ljust(4016, b"\0"), class_, segment, True)


GOOD = [
    (AUDIO, record(2, writer.Tone().block(20)), records.SOUND),
    (LOG, record(3, writer.accel(5, 2)), records.ACCEL),
    (PLACE, record(4, writer.fix(1, -2)), records.FIX),
    (LOG, record(5, writer.time(9)), records.TIME),
    (LOG, record(6, writer.event(13, 2)), records.EVENT),
    (PLACE, record(7, b"208-01-1A2B-0123456"), records.CELL),
    (LOG, record(8, b"\x8c\x0f\1"), records.POWER),
    (LOG, record(9, bytes(149)), records.FOUND),
    (AUDIO, record(10, bytes(9)), records.LOST),
    (PLACE, record(0x7F, bytes(21)), records.CLOSE),
]


@pytest.mark.parametrize(("class_", "plain", "kind"), GOOD)
def test_each_type_in_its_class_alone(class_, plain, kind):
    (one,) = read(plain, class_)
    assert (one.type, one.class_, one.segment, one.sealed) == (kind, class_, 1, True)
    home = {c for c in CLASSES if c in records._READERS[kind][0]}
    for other in CLASSES:
        if other not in home:
            with pytest.raises(Malformed):
                read(plain, other)
    if kind != records.CELL:  # a text of any length
        with pytest.raises(Malformed):
            read(record(kind, plain[7:-1] if kind != records.SOUND else plain[7:11]), class_)
    if kind not in (records.CELL, records.SOUND):
        with pytest.raises(Malformed):
            read(record(kind, plain[7:] + b"\1"), class_)


BAD = [
    ("no config", AUDIO, 0, record(5, writer.time(1))),
    ("nothing in segment 0", AUDIO, 0, b""),
    ("config twice", AUDIO, 0, record(1, writer.config(AUDIO)) * 2),
    ("config later", AUDIO, 1, record(1, writer.config(AUDIO))),
    ("config of another class", AUDIO, 0, record(1, writer.config(PLACE))),
    ("after close", AUDIO, 1, record(0x7F, bytes(21)) + record(5, writer.time(1))),
    ("rest not zero", AUDIO, 1, record(5, writer.time(1)) + b"\0\0\0x"),
    ("unknown type", AUDIO, 1, record(0x33, b"")),
    ("beyond the segment", AUDIO, 1, struct.pack("<BHi", 2, 4016, 0)),
    ("cut head", AUDIO, 1, record(2, bytes(3995)).ljust(4012, b"\0") + b"\2\2\2\2"),
    ("codec", AUDIO, 0, record(1, struct.pack("<IBHHI", 1, 2, 8000, 16, 0))),
    ("rate 0", AUDIO, 0, record(1, struct.pack("<IBHHI", 1, 1, 0, 16, 0))),
    ("step index", AUDIO, 1, record(2, struct.pack("<IhBB", 0, 0, 89, 0))),
    ("step zero", AUDIO, 1, record(2, struct.pack("<IhBB", 0, 0, 0, 1))),
    ("count of accel", LOG, 1, record(3, struct.pack("<IH", 0, 2) + bytes(6))),
    ("latitude", PLACE, 1, record(4, writer.fix(900000001, 0))),
    ("source", LOG, 1, record(5, writer.time(1, 4))),
    ("cell", PLACE, 1, record(7, b"208\n")),
    ("cell not ASCII", PLACE, 1, record(7, "é".encode())),
]


@pytest.mark.parametrize(("name", "class_", "segment", "plain"), BAD)
def test_what_is_malformed(name, class_, segment, plain):
    with pytest.raises(Malformed):
        read(plain, class_, segment)


def test_unknown_values_of_a_fix_are_none():
    value = struct.pack("<iiHHBBHI", 1, 2, 0xFFFF, 0xFFFF, 0xFF, 0xFF, 0xFFFF, 0xFFFFFFFF)
    (one,) = read(record(4, value), PLACE)
    assert one.value[2:] == (None,) * 6


def test_everything_that_was_told_is_read():
    (one,) = verify.verify(
        writer.tell(Recording(DEVICE, ASSOCIATION, 3)).data(), DESK.given()
    ).recordings
    kinds = [record.type for record in one.recording.records]
    assert set(kinds) == set(records._READERS)
    assert [r.at_ms for r in one.recording.records] == sorted(
        r.at_ms for r in one.recording.records
    )
    close = one.recording.chains[AUDIO].close
    assert (close.segments, close.reason, close.totals) == (4, 3, (30720, 256, 0))
    assert one.sound == plausibility.SoundFacts(8000, 64, 0, 0, 30720, 256, (), 3872)
    whole = sound.samples_of(one.recording.records)
    assert len(whole) == 30976 and not any(whole[7680:7936])
    assert max(whole) > 8000 and not one.remarks


# -- several recordings in one file ----------------------------------------------------------


def evening(*numbers, **more):
    made, previous = [], bytes(32)
    for q in numbers:
        one = writer.tell(Recording(DEVICE, ASSOCIATION, q, previous), **more)
        made.append(one)
        previous = one.name()
    return made


def joined(*recordings):
    return b"".join(one.data() for one in recordings)


def results(data):
    return verify.verify(data, DESK.given())


def test_several_recordings_each_for_itself():
    one, two, three = evening(3, 4, 5)
    blank = b"\xff" * 4096
    result = results(joined(one, two, three) + 3 * blank)
    assert [r.grade for r in result.recordings] == ["A", "A", "A"]
    assert [r.previous for r in result.recordings] == ["none", "found", "found"]
    assert result.void == {DEVICE.devid.hex(): []}
    hit = bytearray(joined(one, two, three))
    hit[len(one.data()) + 5 * 4096 + 99] ^= 1
    assert [r.grade for r in results(bytes(hit)).recordings] == ["A", "C", "A"]
    hit = bytearray(joined(one, two, three))
    hit[len(one.data()) + 90] ^= 1
    hit[len(one.data()) + 2090] ^= 1
    grades = {r.recording.q: r.grade for r in results(bytes(hit)).recordings}
    assert grades == {3: "A", 4: "D", 5: "A"}


def test_a_whole_recording_that_is_gone_leaves_traces():
    one, _, three = evening(3, 4, 5)
    result = results(joined(one, three))
    assert [r.grade for r in result.recordings] == ["A", "A"]
    assert [r.previous for r in result.recordings] == ["none", "missing"]
    assert result.void == {DEVICE.devid.hex(): [4]}


def test_a_later_start_that_knew_more():
    """What the next start found is authentic with it, and says that something was cut."""
    (first,) = evening(3, finish=False)
    later = Recording(DEVICE, ASSOCIATION, 4, first.name())
    for class_ in CLASSES:
        later.add(class_, 0x01, 0, writer.config(class_))
    found = struct.pack("<I", 3) + first.digest + struct.pack("<IB", 2, 0)
    for class_ in CLASSES:
        found += struct.pack("<I", first.counts[class_]) + first.heads[class_]
    later.add(LOG, 0x09, 0, found)
    for class_ in CLASSES:
        later.flush(class_)
    later.seal()
    one, _ = results(joined(first, later)).recordings
    assert one.grade == "B" and not one.remarks
    cut = b"".join(first.sectors[:10])
    one, _ = results(cut + later.data()).recordings
    assert one.grade == "B"
    said = [str(note) for note in one.remarks]
    assert said == [
        "the next start (4) found seal 2",
        "audio: the next start (4) found 4 segments",
        "place: the next start (4) found 3 segments",
        "log: the next start (4) found 3 segments",
    ]


def test_a_torn_opening_between_two_recordings_harms_neither():
    one, two = evening(3, 4)
    (cut,) = evening(3, finish=False)
    torn = two.sectors[0][:32].ljust(4096, b"\xff")
    for first, grade in ((one, "A"), (cut, "B")):
        result = results(first.data() + torn + torn + two.data())
        assert [r.grade for r in result.recordings] == [grade, "A"]
        assert len(result.loose) == 2


# -- remarks ---------------------------------------------------------------------------------


def remarks(change):
    recording = Recording(DEVICE, ASSOCIATION, 3)
    for class_ in CLASSES:
        recording.add(class_, 0x01, 0, writer.config(class_))
    change(recording)
    for class_ in CLASSES:
        recording.flush(class_)
    recording.seal()
    (one,) = results(recording.data()).recordings
    assert one.grade == "B"
    return [note.code for note in one.remarks]


def sound_at(*times_ms):
    def change(recording):
        tone = writer.Tone()
        for at_ms in times_ms:
            recording.add(AUDIO, 0x02, at_ms, tone.block(800))

    return change


def fixes(*places):
    def change(recording):
        for at_ms, lat_e7 in places:
            recording.add(PLACE, 0x04, at_ms, writer.fix(lat_e7, 48356600))

    return change


def test_sound_against_the_clock():
    assert remarks(sound_at(0, 100, 200, 300)) == []
    assert remarks(sound_at(0, 100, 430, 300)) == []
    assert remarks(sound_at(0, 100, 460, 300)) == ["sound_clock"]


def test_positions_against_each_other():
    near, far = 457604300, 457604300 + 100_000  # 1.1 km
    assert remarks(fixes((0, near), (60_000, far))) == []
    assert remarks(fixes((0, near), (1000, near + 500))) == []
    assert remarks(fixes((0, near), (1000, far))) == ["speed"]


def test_totals_of_an_end():
    def told(samples):
        recording = Recording(DEVICE, ASSOCIATION, 3)
        for class_ in CLASSES:
            recording.add(class_, 0x01, 0, writer.config(class_))
        recording.add(AUDIO, 0x02, 0, writer.Tone().block(800))
        for class_, sums in ((AUDIO, (samples, 0, 0)), (PLACE, (0, 0, 0)), (LOG, (0, 0, 0))):
            recording.add(class_, 0x7F, 100, writer.close(1, 3, 100, sums))
            recording.flush(class_)
        recording.seal(final=True)
        (one,) = results(recording.data()).recordings
        assert one.grade == "A"
        return [note.code for note in one.remarks]

    assert told(800) == []
    assert told(802) == ["close_samples"]


def test_holes_in_sound_are_known():
    recording = writer.tell(Recording(DEVICE, ASSOCIATION, 3))
    at = 5  # audio 1
    data = b"".join(s for k, s in enumerate(recording.sectors) if k != at)
    (one,) = results(data).recordings
    assert one.grade == "C"
    ((first, count),) = one.sound.holes
    assert count > 2000 and one.sound.duration_ms == 3872
    assert not any(sound.samples_of(one.recording.records)[first : first + count])


# -- words -----------------------------------------------------------------------------------


def said(data, language, desk=DESK, anchors=None):
    return words.verdict(verify.verify(data, desk.given(), anchors).recordings[0], language)


def test_words_of_every_grade():
    (full,) = evening(3)
    (cut,) = evening(3, finish=False)
    tone = writer.Tone()
    tone.samples = 30976
    for _ in range(3):
        cut.add(AUDIO, 0x02, tone.samples // 8, tone.block(6400))
    cut.flush(AUDIO)
    unsealed = b"".join(s for s in full.sectors if s[:4] != b"EVSG")
    damaged = b"".join(s for k, s in enumerate(full.sectors) if k != 6)
    false = bytes([*full.data()[:-6000], *bytes(6000)])
    cases = [
        (
            full.data(),
            "Complet : tous les segments examinés (son 4, lieu 3, journal 3)",
            "Complete:",
        ),
        (cut.data(), "2026-11-05 20:41:10.832 UTC ± 0,061 s), puis 3 s", "cannot be told apart."),
        (unsealed, "Aucun sceau valide", "No valid seal"),
        (damaged, "Absents : lieu 1.", "Missing: place 1."),
        (
            full.data()[:4096],
            "Non établi : aucun segment n'est authentique.",
            "Not established: no",
        ),
        (false, "", ""),
    ]
    for data, french, english in cases:
        assert french in said(data, "fr"), said(data, "fr")
        assert english in said(data, "en"), said(data, "en")
        for text in (said(data, "fr"), said(data, "en")):
            assert "probabl" not in text and text.endswith(".")
    assert "n'est pas exclu" in said(full.data(), "fr")


def test_no_word_without_its_place():
    """Every note can be said in both languages with the values that it is made with."""
    from kit import notes

    for code, (french, english) in notes.TEXTS.items():
        assert french.count("{}") == english.count("{}"), code
        note = notes.Note(code, 1, tuple(range(french.count("{}"))))
        assert note.text("fr").startswith("son : ") and note.text("en").startswith("audio: ")
