"""sample_clock: what a port of DMA buffers loses is counted, no more and no less."""

from harness import Rng, depth

from firmware.services.sample_clock import BUFFER, SampleClock


class Port:
    """Buffers as they end; time is in us. ppm: by which its clock is fast."""

    def __init__(self, rate_hz, ppm=0, began_us=0):
        self.rate_hz, self.ppm, self.began_us = rate_hz, ppm, began_us
        self.taken = self.lost = 0  # buffers

    def ended(self, us):
        return (us + self.began_us) * self.rate_hz * (1_000_000 + self.ppm) // 10**12 // BUFFER

    def take(self, us):
        """Buffers that are there to be read."""
        count = self.ended(us) - self.taken - self.lost
        self.taken += count
        return count

    def lose(self, us, count):
        """The next `count` buffers, of which the first ends at us or later."""
        self.lost += count


def run(port, clock, rng, seconds, losses=0, jitter_us=9000, tick_us=1000, first_s=0):
    """Read every 90 ms and something; returns (buffers told, the longest that one was not)."""
    us = told = late = 0
    last_tick = 0
    behind = 0
    when = sorted([rng.between(first_s, seconds - 5) * 1_000_000 for _ in range(losses)])
    while us < seconds * 1_000_000:
        us += 90_000 + rng.below(jitter_us)
        while when and us >= when[0]:
            when.pop(0)
            port.lose(us, rng.between(1, 3))
        tick = us // tick_us * tick_us
        clock.passes(tick - last_tick)
        last_tick = tick
        clock.came(port.take(us) * BUFFER)
        told += clock.missing() // BUFFER
        assert told <= port.lost, (us, told, port.lost)
        behind = behind + 1 if told < port.lost else 0
        late = max(late, behind)
    return told, late


def test_nothing_lost_nothing_told():
    rng = Rng(1)
    for n in range(depth(200)):
        rate_hz = rng.choice((8000, 16_000, 32_000))
        clock = SampleClock()
        clock.begin(rate_hz)
        port = Port(rate_hz, rng.between(-400, 400), rng.below(4000))
        jitter_us = rng.choice((1, 2000, 9000, 40_000))
        assert run(port, clock, rng, 60, 0, jitter_us) == (0, 0), n


def test_every_loss_is_told_soon():
    rng = Rng(2)
    for n in range(depth(200)):
        rate_hz = rng.choice((8000, 16_000))
        clock = SampleClock()
        clock.begin(rate_hz)
        port = Port(rate_hz, rng.between(-100, 100), rng.below(3000))
        told, late = run(port, clock, rng, 120, rng.between(1, 20), 9000, 1000, first_s=7)
        assert told == port.lost, (n, rate_hz)
        assert late <= 20, (n, late)  # most at once, five readings or more in every thirtieth


def test_a_reading_at_the_same_point_of_each_buffer_still_tells():
    """Steps cost 2 ms, so that 92 ms are between two: every eighth reading is alike."""
    for rate_hz in (8000, 16_000):
        clock, port = SampleClock(), Port(rate_hz, 0, 1500)
        clock.begin(rate_hz)
        told = 0
        for n in range(1, 400):
            us = n * 92_000
            if n == 200:
                port.lose(us, 1)
            clock.passes(92_000)
            clock.came(port.take(us) * BUFFER)
            told += clock.missing() // BUFFER
            assert told == 0 or n >= 200
            if n == 208:
                assert told == 1
        assert told == 1


def test_a_drift_is_followed_for_hours():
    for ppm in (-300, 300):
        clock, port = SampleClock(), Port(16_000, ppm)
        clock.begin(16_000)
        told, _ = run(port, clock, Rng(3), 3600 * 2, 3, first_s=100)
        assert told == port.lost > 0
        # What it has learned is how far the port has run away by now.
        assert abs(-clock.base - 7200 * 16 * ppm // 1000) < 300


def test_skip_tells_all_that_did_not_come():
    clock = SampleClock()
    clock.begin(8000)
    clock.passes(2_500_000)
    clock.came(BUFFER * 4)
    assert clock.skip() == 20_000 - BUFFER * 4 and clock.skip() == 0
    clock.passes(40_000)
    clock.came(BUFFER)
    assert clock.missing() == 0
