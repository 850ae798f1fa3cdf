"""The world by the clock on the wall, with a wall clock of the test's own.

No test waits for real time: the wall moves where a test moves it, or as the selector waits.
"""

import os
import signal

import pytest

from simulator.realtime import FOREVER_MS, RealWorld

MS = 1_000_000


class Wall:
    """A clock that goes on by `tick_ms` each time somebody looks at it."""

    def __init__(self, tick_ms=1):
        self.ns, self.tick_ms = 0, tick_ms

    def __call__(self):
        self.ns += self.tick_ms * MS
        return self.ns


@pytest.fixture
def worlds():
    made = []

    def make(tick_ms=1):
        made.append(RealWorld(1, 0, Wall(tick_ms)))
        return made[-1]

    yield make
    for world in made:
        world.close()


def test_entries_run_in_order_at_their_own_times(worlds):
    world, seen = worlds(), []
    for at_ms in (30, 10, 20, 10):
        world.at(at_ms, lambda name: seen.append((world.now_ms, name)), len(world._queue))
    world.go()
    world.run_until(50)
    assert seen == [(10, 1), (10, 3), (20, 2), (30, 0)]
    assert world.now_ms == 50


def test_it_is_paused_until_go_and_steps_by_what_is_asked(worlds):
    world, seen = worlds(), []
    for at_ms in (5, 15, 25):
        world.at(at_ms, lambda: seen.append(world.now_ms))
    world.catch_up()
    assert (world.now_ms, seen) == (0, [])
    world.step(10)
    world.step(10)
    world.catch_up()
    assert (world.now_ms, seen, world.paused) == (20, [5, 15], True)
    world.go()
    world.run_until(30)
    assert seen == [5, 15, 25]


@pytest.mark.parametrize(
    "speed,wall_ms,virtual_ms", ((1000, 100, 100), (10, 1000, 10), (5000, 20, 100))
)
def test_pace(worlds, speed, wall_ms, virtual_ms):
    world = worlds(0)
    world.pace(speed)
    world.go()
    world._wall_ns.ns += wall_ms * MS
    assert world.due_ms() == virtual_ms


def test_a_change_of_pace_leaves_no_jump(worlds):
    world = worlds(0)
    world.go()
    world._wall_ns.ns += 100 * MS
    world.catch_up()
    world.pace(100_000)
    assert world.due_ms() == 100
    world.pause()
    world._wall_ns.ns += 100 * MS
    assert world.due_ms() == 100


@pytest.mark.parametrize("wrong", (0, -1, 1_000_001))
def test_no_such_speed(worlds, wrong):
    with pytest.raises(ValueError, match="speed"):
        worlds().pace(wrong)


def test_files_are_served_even_while_time_stands_still(worlds):
    world = worlds()
    reads, writes = os.pipe()
    got = []

    def read():
        got.append(os.read(reads, 10))
        world.stop()

    world.on_readable(reads, read)
    os.write(writes, b"abc")
    world.run()
    assert (got, world.now_ms) == ([b"abc"], 0)
    world.forget(reads)
    world.forget(reads)
    for end in (reads, writes):
        os.close(end)


def test_what_is_due_runs_before_a_file_and_now_is_the_walls(worlds):
    world, seen = worlds(0), []
    reads, writes = os.pipe()
    os.write(writes, b"abc")
    world.go()
    world.at(70, lambda: seen.append(("entry", world.now_ms)))
    world._wall_ns.ns += 100 * MS
    world.on_readable(reads, lambda: seen.append((os.read(reads, 10), world.now_ms)))
    world.run_until(FOREVER_MS, lambda: len(seen) == 2)
    assert seen == [("entry", 70), (b"abc", 100)]
    world.forget(reads)
    for end in (reads, writes):
        os.close(end)


def test_writable_until_told_otherwise(worlds):
    world, count = worlds(), []
    reads, writes = os.pipe()

    def write():
        count.append(1)
        if len(count) == 3:
            world.on_writable(writes, None)
            world.at(world.now_ms + 5, world.stop)

    world.on_writable(writes, write)
    world.go()
    world.run()
    assert len(count) == 3
    for end in (reads, writes):
        os.close(end)


def test_a_wait_within_a_callback(worlds):
    world, seen = worlds(), []

    def outer():
        seen.append("begins")
        world.run_until(world.now_ms + 20)
        seen.append("ends")

    world.at(10, outer)
    world.at(15, seen.append, "inner")
    world.go()
    world.run_until(100)
    assert seen == ["begins", "inner", "ends"]
    assert world.now_ms == 100


def test_stop_ends_inner_and_outer_waits(worlds):
    world, seen = worlds(), []

    def outer():
        world.run_until(FOREVER_MS)
        seen.append(world.now_ms)

    world.at(10, outer)
    world.at(20, world.stop)
    world.at(30, seen.append, "too late")
    world.go()
    world.run()
    assert seen == [20] and world.stopping


def test_a_signal_wakes_it(worlds):
    world = worlds()
    before = signal.getsignal(signal.SIGUSR1)
    try:
        world.stop_on_signals(signal.SIGUSR1)
        reads, writes = os.pipe()
        os.write(writes, b"x")
        world.on_readable(reads, lambda: os.kill(os.getpid(), signal.SIGUSR1))
        world.run()
        assert world.stopping
    finally:
        signal.signal(signal.SIGUSR1, before)
        for end in (reads, writes):
            os.close(end)


def test_a_queue_that_is_always_due_does_not_starve_files(worlds):
    world = worlds(1000)  # each look at the wall is a second: never caught up
    reads, writes = os.pipe()
    os.write(writes, b"x")

    def again():
        world.after(1, again)

    world.after(1, again)
    world.on_readable(reads, world.stop)
    world.go()
    world.run()
    assert world.stopping
    for end in (reads, writes):
        os.close(end)


def test_an_alarm_is_not_lost_where_a_wait_ends_just_then(worlds):
    for after_ms in range(1, 20):
        world, seen, done = worlds(), [], []
        world.on_the_wall(after_ms, lambda seen=seen: seen.append(1))
        world.at(6, done.append, 1)
        world.go()
        world.run_until(50, lambda done=done: bool(done))
        world.run_until(100)
        assert (seen, done) == ([1], [1]), after_ms
