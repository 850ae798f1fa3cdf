"""firmware/clock.py: ticks that wrap, UTC that is only believed for a reason."""

import civil
from harness import Rng, depth

from firmware.clock import Clock
from firmware.messages import TimeKnown

BOUND = civil.utc(2026, 1, 1)
NOON = civil.utc(2026, 8, 5, 12)


class Ticks:
    """A hardware counter of a given period, as MicroPython's time module shows it."""

    def __init__(self, period, at):
        self.period = period
        self.at = at

    def ticks_ms(self):
        return self.at % self.period

    def ticks_add(self, ticks, delta):
        return (ticks + delta) % self.period


def test_the_milliseconds_go_on_over_every_wrap():
    for bits in (20, 30, 62):  # a short one, the board's, the 64-bit VM's
        period = 1 << bits
        ticks = Ticks(period, period - 600000)
        clock = Clock(BOUND, ticks)
        assert clock.now_ms() == 0
        passed = 0
        rng = Rng(bits)
        for _ in range(400):
            passed += rng.below(20000)
            ticks.at = period - 600000 + passed
            assert clock.now_ms() == passed, (bits, passed)


def test_one_whole_period_but_a_tick_is_still_seen():
    ticks = Ticks(1 << 30, 12345)
    clock = Clock(BOUND, ticks)
    ticks.at += (1 << 30) - 1
    assert clock.now_ms() == (1 << 30) - 1


def make():
    return Clock(BOUND, Ticks(1 << 30, 0))


def test_no_time_until_somebody_tells():
    clock = make()
    assert clock.utc_s(0) is None and clock.known() is None and clock.uncertainty_ms(0) is None


def test_time_goes_on_from_what_was_told():
    clock = make()
    told = TimeKnown(NOON, 5000, "gnss", 1000)
    assert clock.set_utc(told) == told == clock.known()
    for now_ms, seconds in ((5000, 0), (5999, 0), (6000, 1), (65000, 60), (4999, -1)):
        assert clock.utc_s(now_ms) == NOON + seconds, now_ms


def test_doubt_grows_with_time():
    clock = make()
    clock.set_utc(TimeKnown(NOON, 0, "gnss", 1000))
    assert clock.uncertainty_ms(0) == 1000
    assert clock.uncertainty_ms(86400000) == 1000 + 43200


# told earlier, told now (both at 100 s, later by ...), UTC afterwards at 100 s
CHOICES = (
    ("a better source replaces", ("cclk", 60000, 0), ("gnss", 1000, 7), 7),
    ("a better source may step back", ("cclk", 60000, 0), ("gnss", 1000, -7), -7),
    ("an equal source replaces", ("gnss", 1000, 0), ("gnss", 1000, 5), 5),
    ("an equal source may step back", ("gnss", 1000, 0), ("gnss", 1000, -5), -5),
    ("a worse source does not", ("gnss", 1000, 0), ("cclk", 60000, 7), 0),
)


def test_who_is_believed():
    for name, (source, doubt_ms, _), (later, later_doubt_ms, ahead_s), want in CHOICES:
        clock = make()
        clock.set_utc(TimeKnown(NOON, 0, source, doubt_ms))
        answer = clock.set_utc(TimeKnown(NOON + 100 + ahead_s, 100000, later, later_doubt_ms))
        assert clock.utc_s(100000) == NOON + 100 + want, name
        assert (answer is None) == (want == 0), name
        assert clock.known().source == (source if want == 0 else later), name


def test_an_aged_time_gives_way_to_a_rougher_source():
    clock = make()
    clock.set_utc(TimeKnown(NOON, 0, "gnss", 1000))
    day_ms = 2 * 86400000
    assert clock.set_utc(TimeKnown(NOON + 172830, day_ms, "cclk", 60000)) is not None
    assert clock.known().source == "cclk"


def test_a_sentence_that_came_late_does_not_step_the_clock_back():
    clock = make()
    clock.set_utc(TimeKnown(NOON, 1000, "gnss", 1000))
    answer = clock.set_utc(TimeKnown(NOON + 60, 61700, "gnss", 1000))  # 700 ms late
    assert answer == TimeKnown(NOON + 60, 61000, "gnss", 1000)
    assert clock.utc_s(62000) == NOON + 61
    clock.set_utc(TimeKnown(NOON + 120, 120800, "gnss", 1000))  # 200 ms early: nearer the truth
    assert clock.utc_s(121000) == NOON + 120 and clock.utc_s(121800) == NOON + 121


def test_time_never_steps_back_by_less_than_the_doubt():
    for seed in range(depth(20000)):
        rng = Rng(seed)
        clock = make()
        last = None
        for second in range(0, 600, 60):
            at_ms = second * 1000 + rng.below(1000)
            before = clock.utc_s(at_ms)
            clock.set_utc(TimeKnown(NOON + second, at_ms, "gnss", 1000))
            after = clock.utc_s(at_ms)
            assert before is None or after >= before, seed
            assert last is None or after >= last, seed
            last = after


def test_the_date_rule():
    before_rollover = civil.utc(2007, 9, 18, 12)  # 1024 weeks before 2027-05-04
    clock = make()
    answer = clock.set_utc(TimeKnown(before_rollover, 0, "gnss", 1000))
    assert civil.iso(answer.utc_s) == "2027-05-04T12:00:00Z"
    assert clock.utc_s(0) == answer.utc_s


def test_a_wrong_clock_is_not_taken_for_a_rollover():
    # a receiver that starts with its build date: 1024 weeks later would be 2041
    for wrong in (civil.utc(2022, 1, 1), civil.utc(2025, 12, 31), civil.utc(2042, 1, 1)):
        clock = make()
        assert clock.set_utc(TimeKnown(wrong, 0, "gnss", 1000)) is None
        assert clock.utc_s(0) is None
