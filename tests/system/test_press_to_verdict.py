"""Recordings from the press to the verdict: firmware, microphone and flash on one side, the kit on
the other; and that no message of the alert is the later for it."""

import json
import re

import pytest
import second_verifier
from handed_over import handed_over, judged
from harness import depth
from stories import FIRST_SEED, of, story
from test_main_job import needs_vm

from kit import __main__ as kit
from kit import anchors
from kit.records import ACCEL, CLOSE, CONFIG, EVENT, EVENTS, FIX, FOUND, POWER, TIME
from kit.sound import samples_of
from simulator import chip_image, host_micropython, wiring
from simulator.run import simulate

END_FULL = 4
CHOSEN = ("device.config.recording=true",)
PRESS = "{at: 30s, do: press, count: 3, gap_ms: 200, hold_ms: 100}"
CANCEL = "{at: 100s, do: pattern, ms: [1400, 400, 200, 400, 200, 400, 1400]}"
FOR_HERSELF = "pattern, ms: [300, 400, 2300]"
MICROPHONE_FAULT = next(kind for kind, name in EVENTS.items() if name == "microphone fault")
RECORDING_FELT = [90, 150, 450, 150, 90]
FAILED_FELT = [450, 150, 450, 150, 450]
# Of a press at 30 s: by then it is written what is heard, not sealed yet, sealed
BEGUN_MS, NO_SEAL_MS, SEAL_MS = 35_000, 40_000, 43_000
OPEN_S = 1.5  # of sound, in an open segment and on its way to it
SOUND = "{at: 32s, do: sound, kind: shouts}"
STORY = [PRESS, SOUND, CANCEL]
BOARDS = [name for name, it in wiring.BOARDS.items() if it.psram]


def recorded(folder, steps=STORY, duration="2min", chosen=(), board=BOARDS[0], **how):
    """(what happened, the kit's verdicts on the flash)."""
    device = handed_over(board)
    overrides = CHOSEN + (f"device.board={board}",) + tuple(chosen)
    host, seed = how.pop("host", None), how.pop("seed", None)
    scenario = story(folder, steps, duration, overrides, 1 if seed is None else seed)
    run = simulate(scenario, host or "cpython", image=device.image, **how)
    assert run.summary["exceptions"] == []
    return run, judged(run.stage.board.flash, device.desk)


def test_the_shared_key_is_nowhere_on_the_flash_but_in_its_slot():
    """The desk's file held it, and LittleFS leaves what was removed in old blocks."""
    device = handed_over(BOARDS[0])
    (secret,) = json.loads((device.desk / "secrets.json").read_bytes())["devices"].values()
    psk = secret["psk_0"]
    assert device.image.count(bytes.fromhex(psk)) == 1
    assert psk.encode() not in device.image


@pytest.mark.parametrize("board", BOARDS)
def test_a_danger_is_recorded_whole_and_without_a_gap(board, tmp_path):
    run, result = recorded(tmp_path, board=board)
    (one,) = result.recordings
    assert one.grade == "A" and one.recording.q == 0
    assert one.sound.lost == 0
    seconds = (100_000 + 2 * 2000 - 30_000) // 1000  # from the press to the cancel, about
    assert abs(one.sound.samples // 8000 - seconds) <= 3
    assert of(run, "gesture", kind="true_cancel")


@needs_vm
def test_both_hosts_leave_the_same_events_and_the_same_flash(tmp_path):
    for seed in (1, FIRST_SEED + 2):
        ours, kept = recorded(tmp_path, seed=seed)
        real, same = recorded(tmp_path, seed=seed, host="micropython")
        assert ours.summary["events_sha256"] == real.summary["events_sha256"]
        assert kept.sha256 == same.sha256
        assert real.summary["heap_peak_bytes"] <= host_micropython.limit_bytes(BOARDS[0])


@needs_vm
def test_the_second_verifier_says_the_same_of_what_the_vm_wrote(tmp_path):
    run, result = recorded(tmp_path, host="micropython")
    desk = handed_over(BOARDS[0]).desk
    files = [(desk / name).read_bytes() for name in ("key.pem", "secrets.json")]
    sectors = run.stage.board.flash.image("ev")
    (other,) = second_verifier.verify(sectors, (desk / "registry.json").read_bytes(), *files)
    (one,) = result.recordings
    assert (other["grade"], other["q"]) == (one.grade, one.recording.q) == ("A", 0)
    for chain in one.recording.chains.values():
        assert list(other["sealed"][chain.name]) == list(range(chain.sealed_to + 1))
    assert sum(map(len, other["got"].values())) == one.recording.segments


def test_what_is_felt_is_recorded_from_ten_seconds_before_the_press(tmp_path):
    """She walks: each second of it is there once, and its time is right to a fifth of a second."""
    _, result = recorded(tmp_path)
    felt = [r for r in result.recordings[0].recording.records if r.type == ACCEL]
    samples = [r.value.first_sample + k for r in felt for k in range(len(r.value.samples))]
    assert samples == list(range(len(samples)))
    assert abs(felt[0].at_ms + 10_000) < 500 and abs(len(samples) - 8300) < 300
    assert all(abs(r.at_ms - felt[0].at_ms - 10 * r.value.first_sample) < 300 for r in felt)


def test_what_was_heard_is_what_was_said(tmp_path):
    """Shouts from 32 s on are in the sound, 1.2 s after the press at 30.8 s, and not before."""
    _, result = recorded(tmp_path)
    samples = samples_of(result.recordings[0].recording.records)
    quiet, loud = samples[4000:8000], samples[12000:16000]
    assert level(loud) > 8 * level(quiet) > 0


def level(samples):
    middle = sum(samples) // len(samples)
    return sum(abs(value - middle) for value in samples) // len(samples)


def test_the_codes_on_the_phones_are_those_of_the_container(tmp_path):
    steps = [PRESS, "{at: 31s, do: move, place: '45.77,4.84', speed_cms: 500}"]
    run, result = recorded(tmp_path, steps, "5min")
    texts = [event["text"] for event in of(run, "sms_on_phone")]
    codes = {text.split("Code ")[1] for text in texts if "Code " in text}
    first = [text for text in texts if text.startswith("DANGER")]
    assert len(codes) >= 2 and not any("Code" in text for text in first)
    path = tmp_path / "anchors.csv"
    rows = [f"2026-11-05T20:45:00Z,+33639980001,Code {code}" for code in sorted(codes)]
    path.write_text("\n".join(["received_utc,from,text", *rows]) + "\n")
    desk = handed_over(BOARDS[0]).desk
    read, unreadable = anchors.read(path)
    (one,) = judged(run.stage.board.flash, desk, read).recordings
    assert unreadable == []
    assert len(one.matched) == len(codes) and one.unmatched == []


def test_what_she_records_for_herself_tells_nobody(tmp_path):
    run, result = recorded(tmp_path, [f"{{at: 30s, do: {FOR_HERSELF}}}"], "33min")
    (one,) = result.recordings
    assert one.grade == "A" and of(run, "at_submit") == []
    held, told = [row["pattern"] for row in run.summary["haptics"]]
    assert len(held) == 1 and alike(told, RECORDING_FELT)
    assert 29 * 60 < one.sound.samples // 8000 < 31 * 60


def alike(felt, pattern):
    """Whether it is this pattern. What is computed in the step that begins it shortens its first
    pulse: by less than what tells a long one from a short one."""
    first_ms = pattern[0] - felt[0]
    return felt[1:] == pattern[1:] and 0 <= first_ms <= (10 if pattern[0] < 100 else 100)


@pytest.mark.parametrize("host", ("cpython", pytest.param("micropython", marks=needs_vm)))
def test_a_fall_is_recorded_with_what_was_felt_around_it(host, tmp_path):
    """Twenty seconds around the impact, though the recording begins half a minute after it."""
    chosen = ("device.config.recording_fall=true", "device.config.fall_detection=true")
    fall = ["{at: 30s, do: motion, kind: slip}"]
    _, result = recorded(tmp_path, fall, "100s", chosen, host=host)
    (one,) = result.recordings
    felt = [record for record in one.recording.records if record.type == ACCEL]
    samples = sum(len(record.value.samples) for record in felt)
    before = [record for record in felt if record.at_ms < -10_500]
    assert one.grade in "AB" and 1800 <= sum(len(r.value.samples) for r in before) <= 2000
    assert samples > 2900 and -45_000 < felt[0].at_ms < -38_000
    assert max(abs(v) for v in triples(before)) > 1500


def triples(records):
    for record in records:
        for sample in record.value.samples:
            yield from sample


def test_without_her_choice_nothing_is_recorded(tmp_path):
    _, result = recorded(tmp_path, chosen=("device.config.recording=false",))
    assert result.recordings == []


@pytest.mark.parametrize("fixed_ms", (1500, 5000))
@pytest.mark.parametrize("step_ms", (2, 10))
def test_recording_delays_no_message(fixed_ms, step_ms, tmp_path):
    """The bound of the main job, with what computing costs charged: 50 ms a message and 5 %."""
    pace = (f"world.network.sms_latency.fixed_ms={fixed_ms}", f"cpu.step_cost_ms={step_ms}")
    run, result = recorded(tmp_path, chosen=pace)
    summary = run.summary
    assert summary["radio_ms"] == 5 * fixed_ms
    assert summary["last_accepted_ms"] - summary["trigger_ms"] <= bound_ms(fixed_ms)
    assert summary["first_submit_ms"] - summary["trigger_ms"] <= 300
    assert result.recordings[0].grade == "A"


def bound_ms(fixed_ms):
    return 5 * fixed_ms * 105 // 100 + 500


def test_the_first_message_comes_before_anything_is_written(tmp_path):
    """Erased ahead: no erase at all while it records; nothing programmed before the first 0x1A."""
    blocks = []
    run, _ = recorded(
        tmp_path, prepare=lambda stage: stage.board.block_listeners.append(blocks.append)
    )
    trigger_ms, submit_ms = run.summary["trigger_ms"], run.summary["first_submit_ms"]
    during = [one for one in blocks if trigger_ms <= one["t"] <= trigger_ms + 60_000]
    assert not [one for one in during if one["op"] == "erase"]
    for label in ("ev", "keys"):
        part = run.stage.board.flash.find(label)
        there = [one["t"] for one in during if 0 <= one["address"] - part.address < part.size]
        assert there and min(there) >= submit_ms, label


def test_a_flat_battery_leaves_all_but_the_open_segments(tmp_path):
    """Cut at any moment: B or B0, never A; what was sealed stays so, the next one tells of it."""
    for k in range(depth(20)):
        at_ms = 31_000 + (k * 7919 + FIRST_SEED) % 60_000
        cut = f"{{at: {at_ms}ms, do: fault, line: fault board power_cut for=4s}}"
        run, result = recorded(tmp_path, [PRESS, SOUND, cut], "150s", seed=k + 1)
        *cut_off, last = result.recordings  # which is in progress at the end, and long sealed
        assert last.grade == "B" and last.recording.q == len(cut_off) < 2, at_ms
        if at_ms >= BEGUN_MS:
            (first,) = cut_off
            lost_s = (at_ms - run.summary["trigger_ms"]) / 1000 - first.sound.samples / 8000
            assert 0 <= lost_s <= OPEN_S, (at_ms, lost_s)
            (found,) = [r.value for r in last.recording.records if r.type == FOUND]
            assert (found.q, found.sealed) == (0, False)
        for first in cut_off:
            assert first.grade in ("B", "B0") and first.sound.lost == 0, at_ms
            if not NO_SEAL_MS < at_ms < SEAL_MS:
                assert first.grade == ("B" if at_ms >= SEAL_MS else "B0"), at_ms


def test_after_a_reset_in_an_alert_it_is_recorded_again(tmp_path):
    """At once, though nothing could be prepared at leisure; and nothing is written to vfs."""
    cut = "{at: 60s, do: fault, line: fault board power_cut for=4s}"
    blocks = []
    run, result = recorded(
        tmp_path,
        [PRESS, cut],
        "3min",
        prepare=lambda stage: stage.board.block_listeners.append(blocks.append),
    )
    first, second = result.recordings
    assert (first.grade, second.grade[0]) == ("B", "B") and second.recording.q == 1
    assert second.sound.samples > 100 * 8000
    vfs = run.stage.board.flash.find("vfs")
    late = [one for one in blocks if one["t"] > 64_000 and one["op"] != "read"]
    assert late and not [one for one in late if vfs.address <= one["address"]]


def test_an_exception_in_the_service_costs_a_recording_its_end_and_no_more(tmp_path):
    """What was sealed stays; a new one begins; no message is lost, nothing is written to vfs."""
    blocks, done = [], []

    def spoil(stage):
        stage.board.block_listeners.append(blocks.append)

    def loaded(name, module):
        if name == "firmware.services.evidence":
            step = module.Evidence.step

            def once(self, now_ms):
                if now_ms > 60_000 and not done and self._recorder.open:
                    done.append(len(blocks))
                    raise RuntimeError
                return step(self, now_ms)

            module.Evidence.step = once

    run, result = recorded(tmp_path, [PRESS], "3min", prepare=spoil, loaded=loaded)
    assert done and [one.grade for one in result.recordings] == ["B", "B"]
    assert result.recordings[1].sound.samples > 100 * 8000
    assert len({row["to"] for row in run.summary["submissions"]}) == 5
    vfs = run.stage.board.flash.find("vfs")
    assert not [one for one in blocks[done[0] :] if vfs.address <= one["address"]]


def test_an_erase_amid_a_recording_is_counted_everywhere(tmp_path):
    """45 to 60 ms in which the interrupt of I2S is masked: of two buffers only one is kept."""
    parts, done = {}, []

    def loaded(name, module):
        parts[name] = module
        if name == "firmware.services.evidence":
            step = module.Evidence.step

            def with_an_erase(self, now_ms):
                if now_ms > 60_000 + 3000 * len(done) and self._recorder.open:
                    done.append(now_ms)
                    (journal,) = parts["esp32"].Partition.find(1, label="journal")
                    journal.ioctl(6, 15)
                return step(self, now_ms)

            module.Evidence.step = with_an_erase

    run, result = recorded(tmp_path, loaded=loaded)
    (one,) = result.recordings
    lost = one.sound.lost
    assert one.grade == "A" and 0 < lost <= 256 * len(done) and lost % 256 == 0
    close = [record.value for record in one.recording.records if record.type == CLOSE]
    assert close[0].totals[1] == lost == run.stage.board.i2s.lost_masked
    flash, desk = tmp_path / "flash.bin", handed_over(BOARDS[0]).desk
    flash.write_bytes(chip_image.dump(run.stage.board.flash))
    keys = ["--key", str(desk / "key.pem"), "--secrets", str(desk / "secrets.json")]
    where = ["--registry", str(desk / "registry.json"), "--out", str(tmp_path / "reports")]
    assert kit.main(["report", str(flash), *keys, *where, "--copies", str(tmp_path / "c")]) == 0
    (page,) = (tmp_path / "reports").glob("*/complete/report.html")
    assert str(lost) in re.sub(r"(?<=\d)\W(?=\d)", "", page.read_text())  # as 1 792


def test_a_danger_amid_a_recording_sends_before_anything_more_is_written(tmp_path):
    for k in range(depth(20)):
        blocks = []
        press = f"{{at: {40_000 + 137 * k}ms, do: press, count: 3, gap_ms: 200, hold_ms: 100}}"
        steps = [f"{{at: 30s, do: {FOR_HERSELF}}}", press]
        run, result = recorded(
            tmp_path,
            steps,
            "80s",
            prepare=lambda stage, kept=blocks: stage.board.block_listeners.append(kept.append),
        )
        decided, sent = run.summary["trigger_ms"], run.summary["first_submit_ms"]
        ev = run.stage.board.flash.find("ev")
        early = [one for one in blocks if decided + 5 < one["t"] < sent and one["op"] != "read"]
        assert not [one for one in early if ev.address <= one["address"] < ev.address + ev.size]
        assert sent - decided <= 300 and result.recordings[0].sound.lost == 0


def test_a_microphone_that_is_not_there_keeps_no_message_back(tmp_path):
    """Nor place and log: they are recorded, with the fault, and silence where sound would be.

    Nothing drives the line, so the port delivers zeros: as numbered as any sound, and to be told
    from it by the fault alone, which is noticed after a second and written down once.
    """
    fault = "{at: 1s, do: fault, line: fault microphone absent}"
    run, result = recorded(tmp_path, [fault, PRESS], "2min")
    assert len({row["to"] for row in run.summary["submissions"]}) == 5
    (one,) = result.recordings
    assert one.grade == "B" and set(samples_of(one.recording.records)) == {0}
    kinds = {record.type for record in one.recording.records}
    assert kinds >= {CONFIG, ACCEL, FIX, TIME, EVENT, POWER}
    assert len(faults_of(one)) == 1 and 0 < faults_of(one)[0] < 3000


def faults_of(one):
    """When the microphone was found to fail, in ms of the recording."""
    events = [record for record in one.recording.records if record.type == EVENT]
    return [record.at_ms for record in events if record.value.kind == MICROPHONE_FAULT]


def test_who_records_for_herself_feels_that_the_microphone_is_not_there(tmp_path):
    """That it records, and then the pattern of what failed: nobody else would tell her."""
    fault = "{at: 1s, do: fault, line: fault microphone absent}"
    run, result = recorded(tmp_path, [fault, f"{{at: 30s, do: {FOR_HERSELF}}}"], "45s")
    (one,) = result.recordings
    assert len(faults_of(one)) == 1
    _, told = [row["pattern"] for row in run.summary["haptics"]]
    assert alike(told[:5], RECORDING_FELT) and alike(told[6:], FAILED_FELT)


# Minutes of sound that each board has room for, at 8 kHz
ROOM_MIN = {"t_a7670e": 1.45, "t_a7670x_s3": 43.1, "t_sim7670g_s3": 43.1}


@pytest.mark.parametrize("rate_hz", (8000, 16000))
@pytest.mark.parametrize("board", BOARDS if depth(100) == 100 else ["t_a7670e"])
def test_until_the_flash_is_full_not_a_sample_is_lost(board, rate_hz, tmp_path):
    """It stops by itself; what it has is whole. A gesture every 20 min keeps it going."""
    room_min = ROOM_MIN[board] * 8000 / rate_hz
    at = [f"{1 + 20 * k}min" for k in range(3) if 20 * k < room_min]
    steps = [f"{{at: {moment}, do: {FOR_HERSELF}}}" for moment in at]
    steps.append("{at: 61s, do: sound, kind: voices}")
    rate = (f"device.config.audio_rate_hz={rate_hz}", "world.motion=still")
    _, result = recorded(tmp_path, steps, f"{int(room_min) + 6}min", rate, board)
    (one,) = result.recordings
    close = [record.value for record in one.recording.records if record.type == CLOSE]
    assert one.grade == "A" and one.sound.lost == 0
    assert {it.reason for it in close} == {END_FULL}
    minutes = one.sound.samples / rate_hz / 60
    assert 0.95 * room_min <= minutes <= 1.05 * room_min, minutes
