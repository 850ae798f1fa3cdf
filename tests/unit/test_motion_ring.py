"""The ring of acceleration: numbers that only grow, gaps, and its end."""

from array import array

from harness import Rng, depth

from firmware.policy.motion_ring import SLOTS, STEP_MS, MotionRing


def value(number, axis):
    """What sample `number` has: told apart from its neighbours and from a turn before."""
    return (3 * number + axis) % 32749 - 16000


def filled(count, start=0):
    """A ring that holds samples `start` to start + count."""
    ring = MotionRing()
    ring.count = start
    ring.restart()
    for number in range(start, start + count):
        for axis in range(3):
            ring.samples[3 * (number % SLOTS) + axis] = value(number, axis)
    ring.count = start + count
    return ring


def holds(out, start, count):
    return all(
        out[3 * k + axis] == value(start + k, axis) for k in range(count) for axis in range(3)
    )


def test_it_holds_24_s():
    ring = MotionRing()
    assert len(ring.samples) == 3 * SLOTS and SLOTS * STEP_MS == 24000
    assert (ring.count, ring.first) == (0, 0)


def test_what_is_there_can_be_read():
    ring = filled(SLOTS + 700)
    assert ring.first == 700
    for start, count in ((700, 1), (700, SLOTS), (SLOTS - 1, 2), (SLOTS, 700), (SLOTS + 699, 1)):
        out = array("h", bytes(6 * count))
        assert ring.read(start, count, out) and holds(out, start, count), (start, count)


def test_what_is_not_there_is_refused_with_nothing_copied():
    ring = filled(SLOTS + 700)
    for start, count in ((699, 1), (0, 10), (-1, 1), (SLOTS + 700, 1), (700, SLOTS + 1)):
        out = array("h", bytes(6 * (SLOTS + 1)))
        assert not ring.read(start, count, out) and not any(out), (start, count)
    ring = filled(10)
    out = array("h", bytes(60))
    assert not ring.read(0, 11, out) and not ring.read(-1, 5, out) and not any(out)
    assert ring.read(10, 0, out) and not any(out)


def test_a_longer_buffer_keeps_its_rest():
    ring = filled(100)
    out = array("h", [7] * 60)
    assert ring.read(20, 10, out) and holds(out, 20, 10) and set(out[30:]) == {7}


def test_at_random():
    for seed in range(depth(2000)):
        rng = Rng(seed)
        start = rng.choice((0, 5, SLOTS, 1 << 20))
        ring = filled(1 + rng.below(300), start)
        count = rng.below(40)
        at = start + rng.between(-20, 320)
        out = array("h", bytes(6 * 40))
        there = at >= max(0, ring.count - SLOTS) and at + count <= ring.count
        assert ring.read(at, count, out) == there
        if there and at >= start:
            assert holds(out, at, count)


def test_a_gap():
    ring = filled(100)
    ring.restart()
    assert ring.first == 100
    ring.count += 50
    assert ring.first == 100
    out = array("h", bytes(60))
    assert ring.read(95, 10, out)  # it is there, though not joined
    ring.count += SLOTS
    assert ring.first == 150
    ring.restart()
    ring.restart()
    assert ring.first == ring.count


def test_numbers_beyond_32_bits():
    for start in ((1 << 30) - 10, (1 << 31) - 10, (1 << 32) - 10, 1 << 40):
        ring = filled(20, start)
        out = array("h", bytes(120))
        assert ring.read(start, 20, out) and holds(out, start, 20)
        assert ring.first == start and not ring.read(start, 21, out)
