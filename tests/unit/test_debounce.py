"""The button's line: one edge per press however it bounces, none lost, none invented."""

from harness import Rng, depth

from firmware.messages import ButtonDown, ButtonUp
from firmware.policy.debounce import Debounce

LOCK_OUT_MS, CHATTER_MAX_MS, HELD_LOOK_MAX_MS = 20, 100, 10000


def edges(samples):
    """What a fresh Debounce tells of [(now_ms, level)]: [(now_ms, "down" or "up")]."""
    line = Debounce()
    told = []
    for now_ms, level in samples:
        edge = line.sample(level, now_ms)
        if edge is not None:
            told.append((now_ms, "down" if isinstance(edge, ButtonDown) else "up"))
            assert isinstance(edge, (ButtonDown, ButtonUp))
    return told


# name, [(now_ms, level)], [(now_ms, edge)]
CASES = (
    ("nothing", [(0, 0), (50, 0)], []),
    ("leading edge at once", [(0, 0), (7, 1)], [(7, "down")]),
    ("high at the first reading is a press", [(0, 1)], [(0, "down")]),
    (
        "far from zero",
        [(1 << 40, 1), ((1 << 40) + 30, 0)],
        [(1 << 40, "down"), ((1 << 40) + 30, "up")],
    ),
    ("clean press", [(0, 1), (60, 1), (100, 0)], [(0, "down"), (100, "up")]),
    ("release at the end of the lock-out", [(0, 1), (20, 0)], [(0, "down"), (20, "up")]),
    (
        "a release in it is seen after it",
        [(0, 1), (10, 0), (29, 0), (30, 0)],
        [(0, "down"), (30, "up")],
    ),
    ("bounce of 15 ms", [(0, 1), (3, 0), (5, 1), (14, 0), (15, 1), (90, 1)], [(0, "down")]),
    (
        "bounce of 45 ms, longer than the lock-out",
        [(0, 1), (9, 0), (18, 1), (27, 0), (36, 1), (45, 0), (46, 1), (66, 1), (300, 0)],
        [(0, "down"), (300, "up")],
    ),
    (
        "release that bounces",
        [(0, 1), (100, 0), (104, 1), (110, 0), (118, 1), (120, 0), (140, 0), (200, 1)],
        [(0, "down"), (100, "up"), (200, "down")],
    ),
    (
        "a bounce alone is a press and a release",
        [(0, 1), (2, 0), (22, 0)],
        [(0, "down"), (22, "up")],
    ),
    (
        "read seldom",
        [(0, 0), (50, 1), (100, 0), (150, 1), (200, 0)],
        [(50, "down"), (100, "up"), (150, "down"), (200, "up")],
    ),
)


def test_cases():
    for name, samples, expected in CASES:
        assert edges(samples) == expected, name


def test_edges_alternate_and_chatter_is_bounded():
    for seed in range(depth(2000)):
        rng = Rng(seed)
        now_ms = 0
        samples = []
        for _ in range(300):
            now_ms += rng.between(1, rng.choice((3, 12, 50)))
            samples.append((now_ms, rng.below(2)))
        told = edges(samples)
        for (at_ms, edge), (next_ms, other) in zip(told, told[1:]):
            assert edge != other, seed
            assert next_ms - at_ms >= LOCK_OUT_MS, seed


def test_a_line_that_chatters_for_ever_gives_ten_edges_a_second():
    told = edges([(t, (t // 2) % 2) for t in range(10000)])
    assert 50 <= len(told) <= 1000 * 10 // CHATTER_MAX_MS, len(told)


def test_a_line_stuck_high_is_one_press_and_then_costs_nothing():
    line = Debounce()
    assert line.wake_ms(0) is None
    assert isinstance(line.sample(1, 0), ButtonDown)
    assert line.wake_ms(0) == LOCK_OUT_MS
    now_ms = looks = 0
    while line.wake_ms(now_ms) is not None:
        now_ms = line.wake_ms(now_ms)
        assert line.sample(1, now_ms) is None
        looks += 1
    assert HELD_LOOK_MAX_MS <= now_ms <= HELD_LOOK_MAX_MS + 50
    assert looks <= 202
    assert isinstance(line.sample(0, 99999999), ButtonUp)


def test_a_lost_interrupt_costs_at_most_50_ms():
    line = Debounce()
    line.sample(1, 0)
    now_ms = 0
    edge = None
    while edge is None:  # released at 400, and no interrupt says so
        now_ms = line.wake_ms(now_ms)
        edge = line.sample(1 if now_ms < 400 else 0, now_ms)
    assert 400 <= now_ms <= 450
    assert line.wake_ms(now_ms) == now_ms + LOCK_OUT_MS
    assert line.wake_ms(now_ms + LOCK_OUT_MS) is None


def test_every_bouncing_press_is_one_press():
    for seed in range(depth(10000)):
        rng = Rng(seed)
        levels = [0] * 100  # one a millisecond
        presses = rng.between(1, 6)
        for _ in range(presses):
            for level in (1, 0):
                bounce_ms = rng.below(16)
                levels += [rng.below(2) for _ in range(bounce_ms)]
                levels += [level] * rng.between(80, 200)
        now_ms = 0
        samples = []
        while now_ms < len(levels):
            samples.append((now_ms, levels[now_ms]))
            now_ms += rng.between(1, 50)
        told = [edge for _, edge in edges(samples)]
        assert told == ["down", "up"] * presses, seed
