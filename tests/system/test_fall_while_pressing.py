"""A fall is told whatever she presses around it: no sample is lost to what she feels then."""

import random

from harness import depth
from stories import FIRST_SEED, story

from simulator.run import simulate

FALL_MS = 60_000


def test_a_watch_around_a_fall_does_not_hide_it(tmp_path):
    """Two presses, at any moment from 2 s before she slips until the fall is decided."""
    fall = f"{{at: {FALL_MS}ms, do: motion, kind: slip}}"
    settings = ("world.motion.kind=walk", "device.config.profile=separated")
    for seed in range(FIRST_SEED + 1, FIRST_SEED + 1 + depth(300)):
        rng = random.Random(seed)
        at_ms = FALL_MS + rng.randrange(-2000, 4500)
        press = f"{{at: {at_ms}ms, do: press, count: 2, hold_ms: {rng.randrange(60, 300)}}}"
        steps = [press, fall] if at_ms < FALL_MS else [fall, press]
        summary = simulate(story(tmp_path, steps, "150s", settings, seed)).summary
        told = [text for one in summary["contacts"] for text in one["text"] if "CHUTE" in text]
        assert told, (seed, at_ms)
