"""The power goes in the middle of an alert and comes back: the alert goes on, all five are told.

From the moment at which the record of the trigger is complete; before that nobody but the
firmware can know of it.
"""

import functools

import pytest
from harness import Rng, depth
from perils import PRESS, PRESS_S, RECORD_MS, TAKEN, Run, evening, fault
from stories import FIRST_SEED, of

from simulator import faults
from simulator.flash import SECTOR

MOMENTS = max(12, depth(200))
LAPSE_MS = 30 * 60_000  # off for longer: first messages still leave, nothing is felt or tracked
OFF_MS = (0, 40, 1000, 5000, 60_000, 20 * 60_000, LAPSE_MS + 120_000, 3 * 3_600_000)
PATTERN_MS = 1500  # that "taken" may last, with a "trying" before it
BACK_MS = 60_000  # from the return of power to the five, at most
RESETS = ("reset", "watchdog", "brownout")
STEP_COSTS_MS = (2, 10)
BOARDS = ("t_a7670x_s3", "t_a7670e")


def settings(index):
    """Step costs and boards take turns."""
    board = BOARDS[index // 2 % 2]
    return (f"cpu.step_cost_ms={STEP_COSTS_MS[index % 2]}", f"device.board={board}")


@functools.lru_cache(None)
def sound(overrides):
    """The evening with power."""
    run = Run(evening([PRESS], "40s", overrides))
    run.check()
    return run


def after_the_record(delay_ms, lines, duration_ms, overrides):
    """The evening with these faults so long after the record of the trigger is complete."""

    def prepare(stage):
        def strike():
            for line in lines:
                stage.world.after(delay_ms, stage.fault, faults.parse(line))

        stage.when_recorded.append(strike)

    return Run(evening([PRESS], f"{duration_ms}ms", overrides), prepare=prepare)


def moments(seed, count):
    """(index, how long after the record): the first 100 ms as likely as the whole alert."""
    rng = Rng(FIRST_SEED + seed)
    for index in range(count):
        span_ms = 100 if rng.chance(25) else sound(settings(index)).reached_ms + 2000
        yield index, rng.below(span_ms), rng


def told(run, where):
    """All five hold the call for help."""
    assert run.reached_ms is not None, where
    for phone in run.result.stage.phones:
        assert any(text.replace("(2) ", "").startswith("DANGER") for text in phone.texts), where


def since(run, t):
    """Kinds of the messages that left after t."""
    return {row["kind"] for row in run.rows if row["submit_ms"] > t}


def check_power_cut(index, delay_ms, off_ms, modem_too):
    lines = [f"fault board power_cut for={off_ms}ms"]
    if modem_too:  # a flat battery takes both
        lines.append(f"fault modem dies for={off_ms}ms")
    where = f"{delay_ms} ms after the record: {lines}, {settings(index)}"
    duration_ms = PRESS_S * 1000 + 10_000 + off_ms + 4 * BACK_MS
    run = after_the_record(delay_ms, lines, duration_ms, settings(index))
    told(run, where)
    run.check(resets=1)
    back_ms = run.recorded_ms + delay_ms + off_ms
    assert run.result.stage.board.boots == 2, where
    assert run.trigger_ms + run.reached_ms <= back_ms + BACK_MS, where
    after = since(run, back_ms)
    felt = [pattern for t, pattern in run.felt() if t > back_ms]
    if off_ms < LAPSE_MS:
        assert after & {"refined", "track"}, where
    else:
        assert not felt and "track" not in after and "resume" in after, where


def test_power_cut_at_any_moment_of_an_alert():
    for index, delay_ms, rng in moments(1, MOMENTS):
        check_power_cut(index, delay_ms, rng.choice(OFF_MS), rng.chance(50))


@pytest.mark.parametrize("off_ms", OFF_MS)
def test_power_cut_at_once(off_ms):
    """The very millisecond after the record; the modem stays up."""
    check_power_cut(0, 0, off_ms, modem_too=False)


@pytest.mark.parametrize("kind", RESETS)
def test_reset_at_any_moment_of_an_alert(kind):
    for index, delay_ms, _ in moments(2 + RESETS.index(kind), max(2, MOMENTS // 5)):
        where = f"{delay_ms} ms after the record, {settings(index)}"
        run = after_the_record(delay_ms, [f"fault board {kind}"], 120_000, settings(index))
        told(run, where)
        run.check(resets=1)
        assert run.trigger_ms + run.reached_ms <= run.recorded_ms + delay_ms + BACK_MS, where
        # What a reset cuts short is not felt again: she may be watched by then.
        taken_ms = of(run.result, "at_accept")[0]["t"]
        cut_short = taken_ms <= run.recorded_ms + delay_ms <= taken_ms + PATTERN_MS
        assert run.felt_at(TAKEN) or cut_short, where
        assert run.watchdog_resets() == (kind == "watchdog")


def test_three_power_cuts_in_one_alert():
    for seed in range(depth(100)):
        rng = Rng(FIRST_SEED + 10 + seed)
        cuts_ms = sorted(rng.below(25_000) for _ in range(3))
        steps = [PRESS]
        for at_ms in cuts_ms:
            steps.append(fault("fault board power_cut for=500ms", 20_900 + at_ms))
        run = Run(evening(steps, "2min", settings(seed)))
        told(run, cuts_ms)
        run.check(resets=3)


@pytest.mark.parametrize("step_cost_ms", STEP_COSTS_MS)
@pytest.mark.parametrize("times", (1, 5))
def test_an_erase_does_not_delay_the_record(times, step_cost_ms):
    """She presses while the journal makes room: every half second a sector, times 60 ms."""
    overrides = (f"cpu.step_cost_ms={step_cost_ms}",)
    erased = []

    def prepare(stage):
        part = stage.board.flash.find("journal")
        stage.board.flash.load("journal", bytes(SECTOR) * (part.size // SECTOR - 1))
        stage.board.block_listeners.append(
            lambda row: erased.append(row["t"]) if row["op"] == "erase" else None
        )

    for at_ms in range(3000, 3600, 600 // max(15, depth(60))):
        press = f"{{at: {at_ms}ms, do: press, count: 3, gap_ms: 150, hold_ms: {80 * times}}}"
        slow = fault(f"fault storage slow times={times}", 0)
        erased.clear()
        run = Run(evening([slow, press], "14s", overrides), prepare=prepare)
        assert len([t for t in erased if t < at_ms]) > 3, "there is nothing to be erased"
        assert run.recorded_ms is not None and run.recorded_ms - run.trigger_ms <= RECORD_MS
        run.check()
