"""What only a holder of keys can do: forgers with a class key, devices and desks that lie.

Beside the tamper matrix, because no byte of it is damage. Both verifiers must say the same.
"""

import json
import struct

import ev1_writer as writer
import pytest
from ev1_judges import Desk, judge
from ev1_writer import AUDIO, LOG, PLACE, SECTOR, Association, Device, Recording

from kit import verify

ASSOCIATION, DEVICE = Association(), Device()
DESK = Desk(ASSOCIATION, [DEVICE])
CLASSES = (AUDIO, PLACE, LOG)


def judged(sectors, desk=DESK):
    (one,) = judge(b"".join(sectors), desk)
    return one


def codes(one):
    return [note.code for note in one.faults]


def begun(q=3):
    """A recording with segment 0 of each class."""
    recording = Recording(DEVICE, ASSOCIATION, q)
    for class_ in CLASSES:
        recording.add(class_, 0x01, 0, writer.config(class_))
        recording.flush(class_)
    return recording


def place_of(recording, class_, number):
    return next(
        at
        for at, s in enumerate(recording.sectors)
        if s[:4] == b"EVS1" and s[8] == class_ and s[12:16] == struct.pack("<I", number)
    )


def forged(recording, class_, number, link=None, more=b"", utc_s=1):
    """A segment by who has the class key, in the chain or with another link."""
    key = recording.keys[class_]
    for _ in range(number):
        key = writer.mac(key, b"EV1 next\0")
    if link is None:
        link = recording.sectors[place_of(recording, class_, number)][16:48]
    plain = b"\x05\x09\x00\x00\x00\x00\x00" + writer.time(utc_s) + more
    return writer.sector(recording.q, class_, number, link, key, plain)


def closing(count):
    return b"\x7f\x15\x00\x00\x00\x00\x00" + writer.close(count, 3, 0, (0, 0, 0))


def long_tale():
    """Two seals: 4 segments of audio, then 4 more and the end."""
    return writer.tell(Recording(DEVICE, ASSOCIATION, 3), seals=2, audio=8)


# -- a holder of the class key ---------------------------------------------------------------


def test_a_fork_in_the_tail_spoils_all_after_it():
    """The next header asks for one of the two; but who forged the one could forge the next."""
    recording = begun()
    recording.seal()
    for number in (1, 2, 3):
        recording.add(AUDIO, 0x05, number, writer.time(number))
        recording.flush(AUDIO)
    other = forged(recording, AUDIO, 2, utc_s=77)
    one = judged([*recording.sectors, other])
    assert one.grade == "D" and "fork" in codes(one)
    assert one.bad == {("audio", 2), ("audio", 3)} and one.got["audio"] == [0, 1]
    at = place_of(recording, AUDIO, 2)
    sectors = recording.sectors
    one = judged([*sectors[:at], other, *sectors[at:]])
    assert one.grade == "D" and one.bad == {("audio", 2), ("audio", 3)}


def test_between_seals_the_one_that_is_asked_for_counts():
    """With segment 6 gone nothing but tags and links speaks for 4 and 5."""
    recording = long_tale()
    four, six = (place_of(recording, AUDIO, number) for number in (4, 6))
    sectors = list(recording.sectors)
    sectors[six] = b"\xff" * SECTOR
    one = judged(sectors)
    assert one.grade == "C" and one.missing == {("audio", 6)}
    assert one.got["audio"] == [0, 1, 2, 3, 4, 5, 7]
    assert one.sealed["audio"] == [0, 1, 2, 3, 7]
    other = forged(recording, AUDIO, 4, utc_s=9)
    one = judged([*sectors[:four], other, *sectors[four:]])
    assert one.grade == "C" and one.foreign == {four} and not one.bad
    assert one.got["audio"] == [0, 1, 2, 3, 4, 5, 7]
    sectors[four] = other
    one = judged(sectors)
    assert one.grade == "C" and one.bad == {("audio", 4)}


def test_two_that_nothing_asks_for():
    recording = long_tale()
    five, six = (place_of(recording, AUDIO, number) for number in (5, 6))
    sectors = list(recording.sectors)
    sectors[six] = forged(recording, AUDIO, 5, utc_s=9)
    one = judged(sectors)
    assert one.grade == "D" and codes(one) == ["two_sectors"]
    assert one.bad == {("audio", 5)} and five not in one.foreign


def test_a_piece_between_seals_that_does_not_join():
    """Segments 4 and 5 made anew, 6 gone: what 4 links to is not the sealed 3."""
    recording = long_tale()
    four, five, six = (place_of(recording, AUDIO, number) for number in (4, 5, 6))
    sectors = list(recording.sectors)
    sectors[six] = b"\xff" * SECTOR
    sectors[four] = forged(recording, AUDIO, 4, link=bytes(32))
    sectors[five] = forged(recording, AUDIO, 5, link=writer.digest(sectors[four]))
    one = judged(sectors)
    assert one.grade == "D" and codes(one) == ["fork"]
    assert one.bad == {("audio", 4), ("audio", 5)} and 7 in one.got["audio"]


def test_a_segment_added_behind_the_end():
    recording = long_tale()
    for number in (8, 9):
        link = writer.digest(recording.sectors[place_of(recording, AUDIO, 7)])
        made = forged(recording, AUDIO, number, link=link)
        one = judged([*recording.sectors, made])
        assert one.grade == "C" and one.bad == {("audio", number)}
        assert one.got["audio"] == list(range(8))


@pytest.mark.parametrize("gone", [None, 6])
def test_an_end_made_anew(gone):
    """From 5 on another story, closed; also with a piece missing that might excuse the seal."""
    recording = long_tale()
    sectors = list(recording.sectors)
    for number in (5, 6, 7):
        at = place_of(recording, AUDIO, number)
        link = writer.digest(sectors[place_of(recording, AUDIO, number - 1)])
        sectors[at] = forged(recording, AUDIO, number, link, closing(8) if number == 7 else b"")
    if gone:
        sectors[place_of(recording, AUDIO, gone)] = b"\xff" * SECTOR
    one = judged(sectors)
    assert one.grade == "D" and "other_segments" in codes(one)


def test_a_middle_made_anew_in_a_recording_that_was_cut():
    """No end, no CLOSE: that more stands behind the seal than it covers gives it away."""
    recording = writer.tell(Recording(DEVICE, ASSOCIATION, 3), seals=2, audio=8, finish=False)
    recording.add(AUDIO, 0x05, 9, writer.time(9))
    recording.flush(AUDIO)
    sectors = list(recording.sectors)
    for number in (6, 7, 8):
        at = place_of(recording, AUDIO, number)
        link = writer.digest(sectors[place_of(recording, AUDIO, number - 1)])
        sectors[at] = forged(recording, AUDIO, number, link)
    one = judged(sectors)
    assert one.grade == "D" and codes(one) == ["other_segments"]


# -- a device that lies, seals and all -------------------------------------------------------


def sealed_with(change, q=3):
    """A recording of one seal whose making was changed."""
    recording = Recording(DEVICE, ASSOCIATION, q)
    for class_ in CLASSES:
        recording.add(class_, 0x01, 0, writer.config(class_))
    change(recording)
    for class_ in CLASSES:
        recording.flush(class_)
    if not recording.j:
        recording.seal()
    return recording


def another_beginning(recording):
    recording.heads[PLACE] = bytes(32)


def wrong_close(recording):
    for class_ in CLASSES:
        recording.add(class_, 0x7F, 9, writer.close(2, 3, 9, (0, 0, 0)))


def behind_close(recording):
    for class_ in CLASSES:
        recording.add(class_, 0x7F, 9, writer.close(1, 3, 9, (0, 0, 0)))
        recording.flush(class_)
    recording.add(LOG, 0x05, 10, writer.time(1))


def final_with_a_next_key(recording):
    for class_ in CLASSES:
        recording.flush(class_)
    made = recording.sealed()
    statement = made[:12] + b"\1\0\0\0" + made[16:144]
    recording.sectors.append(recording.sign(statement, 0, DEVICE.seal_key(3)))


def odd_flags(recording):
    for class_ in CLASSES:
        recording.flush(class_)
    made = recording.sealed()
    statement = made[:12] + b"\2\0\0\0" + made[16:144]
    recording.sectors.append(recording.sign(statement, 0, DEVICE.seal_key(3)))


LIES = [
    (another_beginning, "other_opening"),
    (wrong_close, "close_count"),
    (behind_close, "behind_close"),
    (final_with_a_next_key, "malformed_seal"),
    (odd_flags, "malformed_seal"),
]


@pytest.mark.parametrize(("change", "expected"), LIES)
def test_lies_of_a_device(change, expected):
    one = judged(sealed_with(change).sectors)
    assert one.grade == "D" and expected in codes(one), codes(one)


def test_seals_that_exclude_each_other():
    """The second covers what the first, of the same class, covers otherwise or not at all."""
    for change, expected in (("other", "both"), ("fewer", "fewer")):
        recording = begun()
        recording.seal()
        for class_ in CLASSES:
            recording.add(class_, 0x05, 1, writer.time(1))
            recording.flush(class_)
        if change == "fewer":
            recording.seal()
            recording.counts[AUDIO] = 1
            recording.heads[AUDIO] = writer.digest(
                recording.sectors[place_of(recording, AUDIO, 0)]
            )
            recording.seal()
        else:
            true = recording.heads[AUDIO]
            recording.heads[AUDIO] = bytes(32)
            recording.seal()
            recording.heads[AUDIO] = true
            recording.seal()
        one = judged(recording.sectors)
        assert one.grade == "D" and expected in codes(one), (change, codes(one))


def hidden_in_the_opening(sector):
    """Bytes where FF must be, under a right O."""
    signed = sector[:150] + b"hidden" + sector[156:224]
    copy = signed + writer.digest(signed)
    return (copy.ljust(2048, b"\xff") + copy).ljust(SECTOR, b"\xff")


def test_an_opening_with_more_in_it_is_none():
    recording = long_tale()
    one = judged([hidden_in_the_opening(recording.sectors[0]), *recording.sectors[1:]])
    assert one.grade == "D" and codes(one) == ["no_opening"]


@pytest.mark.parametrize("at", [4, 5])
def test_other_versions_are_not_accepted(at):
    recording = long_tale()
    signed = bytearray(recording.sectors[0][:224])
    signed[at] = 2
    copy = bytes(signed) + writer.digest(signed)
    opening = (copy.ljust(2048, b"\xff") + copy).ljust(SECTOR, b"\xff")
    one = judged([opening, *recording.sectors[1:]])
    assert one.grade == "D" and codes(one) == ["version"]


def test_an_ephemeral_key_that_agrees_with_everybody():
    """E of small order: Z is zero whatever the association's key is."""
    recording = long_tale()
    signed = recording.sectors[0][:20] + bytes(32) + recording.sectors[0][52:224]
    copy = signed + writer.digest(signed)
    opening = (copy.ljust(2048, b"\xff") + copy).ljust(SECTOR, b"\xff")
    one = judged([opening, *recording.sectors[1:]])
    assert one.grade == "D" and "no_key" in codes(one)


def test_a_flag_of_missing_randomness_is_a_remark():
    recording = writer.tell(Recording(DEVICE, ASSOCIATION, 3, flags=1))
    assert judged(recording.sectors).grade == "A"
    (one,) = verify.verify(recording.data(), DESK.given()).recordings
    assert [note.code for note in one.remarks] == ["no_radio"]


# -- a desk that lies ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "code"), [("identifier", "identifier"), ("agreement_key", "agreement_key")]
)
def test_a_registry_of_something_else(field, code):
    class Lying(Device):
        def entry(self, association, issued_utc):
            entry = super().entry(association, issued_utc)
            return {**entry, field: "ab" * (len(entry[field]) // 2)}

    desk = Desk(ASSOCIATION, [Lying()])
    one = judged(long_tale().sectors, desk)
    assert one.grade == "D" and codes(one) == [code]


def test_other_seal_keys_in_a_registry_that_is_signed():
    class Lying(Device):
        def entry(self, association, issued_utc):
            entry = super().entry(association, issued_utc)
            keys = list(entry["seal_keys"])
            keys[3], keys[4] = keys[4], keys[3]
            return {**entry, "seal_keys": keys}

    one = judged(long_tale().sectors, Desk(ASSOCIATION, [Lying()]))
    assert one.grade == "D" and set(codes(one)) == {"bad_seal"}


def test_class_keys_of_other_recordings_are_not_tried():
    recording = long_tale()
    key = json.loads(writer.class_key(recording, AUDIO))
    for change in ({"q": 4}, {"devid": "00" * 8}):
        desk = Desk(ASSOCIATION, [DEVICE], json.dumps({**key, **change}).encode())
        one = judged(recording.sectors, desk)
        assert one.grade == "B" and not one.contents
