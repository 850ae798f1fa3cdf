"""Time as intervals with sources; sources that exclude each other are told, none is chosen."""

import ev1_writer as writer
from ev1_judges import Desk
from ev1_writer import AUDIO, LOG, PLACE, START_UTC_S, Association, Device, Recording, time

from kit import verify
from kit.clock import Clock, Reading

UTC_MS = 1_800_000_000_000


def clock(*readings):
    return Clock(Reading(*one) for one in readings)


def test_no_reading_no_time():
    assert clock().at(0) is None
    assert clock().conflicts(0, 1000) == []


def test_one_reading_widens_by_20_ppm():
    one = clock((10_000, UTC_MS, "GNSS", 60))
    for at_ms, half_ms in ((10_000, 60), (1_010_000, 80), (-990_000, 80), (10_001, 61)):
        found = one.at(at_ms)
        assert found.middle_ms == UTC_MS + at_ms - 10_000
        assert found.plus_minus_ms == half_ms
        assert found.sources == ("GNSS",) and found.agreed


def test_readings_of_one_source_are_intersected():
    one = clock((0, UTC_MS, "network", 1000), (60_000, UTC_MS + 60_900, "network", 1000))
    found = one.at(0)
    assert (found.earliest_ms, found.latest_ms) == (UTC_MS + 900 - 1000 - 2, UTC_MS + 1000)


def test_sources_are_intersected_where_they_agree():
    one = clock((0, UTC_MS, "GNSS", 60), (0, UTC_MS + 500, "network", 1500))
    found = one.at(0)
    assert (found.earliest_ms, found.latest_ms) == (UTC_MS - 60, UTC_MS + 60)
    assert found.sources == ("GNSS", "network") and one.conflicts(0, 1000) == []


def test_sources_that_disagree_are_reported_and_none_is_chosen():
    one = clock((0, UTC_MS, "GNSS", 60), (0, UTC_MS + 9000, "network", 1500))
    found = one.at(0)
    assert not found.agreed
    assert (found.earliest_ms, found.latest_ms) == (UTC_MS - 60, UTC_MS + 10_500)
    assert [str(note) for note in one.conflicts(0, 1000)] == [
        "GNSS and network contradict each other"
    ]


def test_a_source_that_contradicts_itself():
    one = clock((0, UTC_MS, "GNSS", 60), (60_000, UTC_MS + 61_000, "GNSS", 60))
    assert not one.at(30_000).agreed
    assert [str(note) for note in one.conflicts(0, 60_000)] == ["GNSS contradicts itself"]


def test_a_disagreement_in_the_middle_is_found():
    """Far off both are vague enough to agree."""
    readings = ((0, UTC_MS, "GNSS", 10), (0, UTC_MS + 25, "desk", 10))
    assert clock(*readings).conflicts(-10_000_000, 10_000_000)


def judged(readings, codes=()):
    association, device = Association(), Device()
    recording = Recording(device, association, 3)
    for class_ in (AUDIO, PLACE, LOG):
        recording.add(class_, 0x01, 0, writer.config(class_))
        for at_ms, *reading in readings:
            recording.add(class_, 0x05, at_ms, time(*reading))
        recording.flush(class_)
    recording.seal()
    (one,) = verify.verify(recording.data(), Desk(association, [device]).given()).recordings
    return one, recording


def test_the_same_reading_in_three_classes_counts_once():
    one, _ = judged([(40, START_UTC_S, 1, 60)])
    assert len(one.clock.readings) == 1
    assert one.clock.at(40).middle_ms == 1_793_911_267_000
    one, _ = judged([(40, START_UTC_S, 1, 60), (50, START_UTC_S + 9, 3, 60)])
    assert sorted(one.clock.by_source) == ["GNSS", "desk"] and not one.clock.at(0).agreed


def test_a_code_that_came_too_early_is_a_remark():
    association, device = Association(), Device()
    recording = writer.tell(Recording(device, association, 3))
    from kit import anchors

    text = writer.anchors(recording).decode()
    desk = Desk(association, [device])
    for hour, remarks in (("20:41", []), ("20:31", ["early_anchor", "early_anchor"])):
        rows = anchors.parse(text.replace("20:41", hour))
        (one,) = verify.verify(recording.data(), desk.given(), rows).recordings
        assert [note.code for note in one.remarks] == remarks
        assert one.grade == "A" and len(one.matched) == 2
