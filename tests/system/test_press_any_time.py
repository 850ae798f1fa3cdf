"""Three presses raise an alert on every board, whatever the board is busy with.

Soon after the start, while it erases ahead, while the modem comes up, while it falls asleep:
the press must be seen, and the five reached once the modem is ready.
"""

import random

import pytest
from harness import depth
from stories import FIRST_SEED, story

from simulator.run import simulate

BOARDS = ("t_a7670x_s3", "t_a7670e", "t_sim7670g_s3", "generic_esp32")
UP_MS = 5000  # board and modem service, with the modem on


@pytest.mark.parametrize("board", BOARDS)
def test_no_press_is_lost(board, tmp_path):
    for seed in range(FIRST_SEED + 1, FIRST_SEED + 1 + depth(300)):
        rng = random.Random(seed)
        at_ms = rng.randrange(1500, 70_000)
        press = f"{{at: {at_ms}ms, do: press, count: 3, hold_ms: {rng.randrange(100, 300)}}}"
        settings = (f"device.board={board}", f"cpu.step_cost_ms={rng.choice((2, 10))}")
        summary = simulate(story(tmp_path, [press], "85s", settings, seed)).summary
        firsts = [row for row in summary["submissions"] if row["kind"] == "first"]
        assert len(firsts) == 5, (seed, at_ms)
        assert firsts[0]["submit_ms"] - max(summary["trigger_ms"], UP_MS) < 1000, (seed, at_ms)
