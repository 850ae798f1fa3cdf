"""The ring of notes: bounded, in order, as it was told."""

from firmware.trace import NOTES, Trace


def test_notes_come_back_in_order():
    trace = Trace()
    assert trace.notes() == []
    trace.note("modem_down", 3)
    trace.now_ms = 12 * 24 * 3600 * 1000  # beyond the small integers of a board
    trace.note("gnss_fault")
    trace.note("restart", -1)
    later_ms = trace.now_ms
    expected = [(0, "modem_down", 3), (later_ms, "gnss_fault", 0), (later_ms, "restart", -1)]
    assert trace.notes() == expected


def test_the_oldest_make_room():
    trace = Trace()
    for number in range(3 * NOTES + 5):
        trace.now_ms = number
        trace.note("n", number)
    notes = trace.notes()
    assert [note[2] for note in notes] == list(range(2 * NOTES + 5, 3 * NOTES + 5))
    assert notes[0] == (2 * NOTES + 5, "n", 2 * NOTES + 5)
