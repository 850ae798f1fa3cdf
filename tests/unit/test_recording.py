"""When sound is recorded: what she chose, her gestures, time, and who is told the codes."""

from alert_bench import HOUR, MINUTE, NUMBERS, UTC, Bench, config

from firmware.evidence_messages import (
    BY_DANGER,
    BY_FALL,
    BY_GESTURE,
    END_CANCELLED,
    END_LONGEST,
    END_QUIET,
    EvidenceFault,
    RecordingBegun,
    RecordingClosed,
    RecordingOpened,
    Sealed,
    StartRecording,
    StopRecording,
)
from firmware.messages import (
    DANGER,
    DANGER_AGAIN,
    DECOY_CANCEL,
    EVIDENCE,
    RECORDING,
    RECORDING_SHORT,
    TRUE_CANCEL,
    WATCH,
    FallSuspected,
    Vibrate,
)

OPENED = "17oAbCdEfGhIjKlMnOp"
SEAL = "17hZYXWVUTSRQPONMLK"
WITNESS = "+33639980109"
CHOSEN = {"recording": 1}


def bench(**changes):
    return Bench(config(**dict(CHOSEN, **changes)))


def asked(it):
    """Every command that concerns the recording."""
    kinds = (StartRecording, StopRecording)
    return [command for _, command in it.said if isinstance(command, kinds)]


def test_what_begins_a_recording():
    rows = (
        ({}, DANGER, [StartRecording(BY_DANGER)]),
        ({}, EVIDENCE, [StartRecording(BY_GESTURE)]),
        ({}, WATCH, []),
        ({"recording": 0}, DANGER, []),
        ({"recording": 0}, EVIDENCE, []),
    )
    for changes, gesture, wanted in rows:
        it = bench(**changes)
        it.press(gesture)
        it.run(MINUTE)
        assert asked(it) == wanted, (changes, gesture)


def test_a_fall_is_recorded_only_where_she_chose_that_too():
    for chosen in (0, 1):
        it = bench(recording_fall=chosen, prealarm_ms=0)
        it.tell(FallSuspected(it.now_ms, 200, ()))
        it.run(MINUTE)
        assert asked(it) == [StartRecording(BY_FALL)] * chosen


def test_when_a_recording_ends():
    it = bench()
    it.press(EVIDENCE)
    it.run(30 * MINUTE - 1000)
    assert len(asked(it)) == 1
    it.run(2000)
    assert asked(it)[1:] == [StopRecording(END_QUIET)] and it.sent == []
    it = bench()
    it.press(DANGER)
    for _ in range(12):
        it.run(10 * MINUTE - 1000)
        assert StopRecording(END_LONGEST) not in asked(it)
        it.press(DANGER_AGAIN)
        it.run(1000)
    assert it.now_ms == 1000 + 2 * HOUR and asked(it)[-1] == StopRecording(END_LONGEST)


def test_a_cancel_ends_it_and_a_decoy_does_not():
    for gesture, wanted in ((TRUE_CANCEL, [StopRecording(END_CANCELLED)]), (DECOY_CANCEL, [])):
        it = bench()
        it.press(DANGER)
        it.run(MINUTE)
        it.press(gesture)
        it.run(MINUTE)
        assert asked(it)[1:] == wanted, gesture


def test_one_that_ended_begins_again_with_the_next_press():
    it = bench()
    it.press(DANGER)
    it.tell(RecordingClosed(17, SEAL, 4))
    it.press(DANGER_AGAIN)
    assert asked(it) == [StartRecording(BY_DANGER)] * 2


def test_pressed_again_before_the_last_one_has_ended():
    it = bench()
    it.press(DANGER)
    it.run(5000)
    it.press(TRUE_CANCEL)
    it.press(DANGER)
    it.tell(RecordingClosed(17, SEAL, 3))
    it.press(DANGER_AGAIN)
    begun = StartRecording(BY_DANGER)
    assert asked(it) == [begun, StopRecording(END_CANCELLED), begun], "it is recorded already"


def test_what_she_feels_of_a_recording_that_she_asked_for():
    for minutes, meaning in ((None, RECORDING), (30, RECORDING), (29, RECORDING_SHORT)):
        it = bench()
        it.press(EVIDENCE)
        it.felt[:] = []
        it.tell(RecordingBegun(BY_GESTURE, minutes))
        assert [felt[1:] for felt in it.felt] == [(meaning, 1)], minutes
    it = bench()
    it.press(DANGER)
    before = len(it.felt)
    it.tell(RecordingBegun(BY_DANGER, 5))
    assert len(it.felt) == before
    it = bench()
    it.press(EVIDENCE)
    it.tell(EvidenceFault("full"))
    assert it.said[-1][1] == Vibrate("failed", 1)
    it.press(EVIDENCE)
    assert asked(it) == [StartRecording(BY_GESTURE)] * 2
    for trigger, told in ((EVIDENCE, 1), (DANGER, 0)):
        it = bench()
        it.press(trigger)
        before = len(it.felt)
        it.tell(EvidenceFault("microphone"))
        assert [felt[1:] for felt in it.felt[before:]] == [("failed", 0)] * told
        assert StopRecording not in [type(command) for command in asked(it)], "the rest goes on"


def test_what_was_built_anew_is_asked_again():
    it = bench()
    it.tell(EvidenceFault("restarted"))
    assert asked(it) == []
    it.press(DANGER)
    it.tell(EvidenceFault("restarted"))
    assert asked(it) == [StartRecording(BY_DANGER)] * 2
    it.tell(EvidenceFault("unsealed"))
    assert len(asked(it)) == 2


def test_the_code_is_in_refined_tracking_and_end_but_not_in_the_first():
    it = bench()
    it.tell(RecordingOpened(17, OPENED))
    it.press(DANGER)
    it.run(5000)
    it.tell(RecordingOpened(17, OPENED))
    it.run(5000)
    it.tell(Sealed(17, SEAL))
    it.run(15 * MINUTE, walk=lambda now_ms: now_ms // 100)
    texts = [text for _, _, text, _ in it.sent]
    later = texts[5:]
    assert not any("Code" in text for text in texts[:5])
    assert later and all(("Code " + SEAL) in text for text in later)
    it.run(12 * HOUR)
    assert it.sent[-1][2].endswith("Code " + SEAL)


def test_the_witness_gets_codes_and_nothing_else():
    it = bench(witness=WITNESS)
    it.press(DANGER)
    it.run(4000)
    it.tell(RecordingOpened(17, OPENED))
    it.run(10000)
    for _ in range(25):
        it.tell(Sealed(17, SEAL))
        it.run(MINUTE)
    it.press(DECOY_CANCEL)
    it.run(MINUTE)
    it.press(TRUE_CANCEL)
    it.tell(RecordingClosed(17, SEAL, 3))
    it.run(MINUTE)
    told = [(text, at_ms) for at_ms, number, text, _ in it.sent if number == WITNESS]
    assert [text for text, _ in told] == [OPENED, SEAL, SEAL, SEAL]
    assert it.numbers()[:5] == list(NUMBERS), "after everybody's first message"
    assert {number for number in it.numbers() if number != WITNESS} == set(NUMBERS)


def test_nobody_is_told_of_what_she_records_for_herself():
    it = bench(witness=WITNESS)
    it.press(EVIDENCE)
    it.tell(RecordingOpened(17, OPENED))
    it.tell(Sealed(17, SEAL))
    it.run(40 * MINUTE)
    it.tell(RecordingClosed(17, SEAL, 1))
    it.run(MINUTE)
    assert it.sent == []


def test_it_is_taken_up_after_a_reset_while_it_may_still_go_on():
    begun, too_late = StartRecording(BY_DANGER), StopRecording(END_QUIET)
    for off_s, wanted in ((60, [begun]), (1750, [begun, too_late])):
        it = bench()
        it.press(DANGER)
        it.time_is(UTC)
        it.run(2 * MINUTE)
        it.said[:] = []
        it.boot(UTC + 120 + off_s)
        it.run(4 * MINUTE)
        assert asked(it) == wanted, off_s
