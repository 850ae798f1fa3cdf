"""The microphone's driver: words to samples, what is measured meanwhile, a port that fails."""

from array import array

from harness import Rng, depth

from firmware.drivers.microphone import FRAMES, GAIN_X16, LEAST_HZ, Microphone

TOP, BOTTOM = (1 << 23) - 1, -(1 << 23)


class Port:
    """`words` (24-bit values) are what it has got; it gives `most` bytes at a time."""

    def __init__(self, words, most=1 << 30):
        self.data = b"".join([(word << 8 & 0xFFFFFFFF).to_bytes(4, "little") for word in words])
        self.most = most
        self.fails = False
        self.closed = 0

    def readinto(self, buffer):
        if self.fails:
            raise OSError(5)
        count = min(len(buffer), self.most, len(self.data))
        buffer[:count] = self.data[:count]
        self.data = self.data[count:]
        return count

    def deinit(self):
        self.closed += 1


def made(words, rate_hz=8000, gain_x16=GAIN_X16, most=1 << 30, least_hz=LEAST_HZ):
    """(driver that has been started, its port, what it was opened with)"""
    port, asked = Port(words, most), []

    def open_bus(*how):
        asked.append(how)
        return port

    driver = Microphone(open_bus, least_hz)
    assert driver.start(rate_hz, gain_x16)
    return driver, port, asked[0]


def heard(driver):
    """All samples that it has."""
    samples = []
    while driver.read():
        samples += list(driver.samples)[: driver.block_samples]
    return samples


def expected(words, gain_x16):
    """The same by the book: a slow mean is taken off, the rest amplified."""
    offset, samples, clipped = 0, [], 0
    for word in words:
        value = word - offset // 128
        offset += value
        limit = (32767 * 4096) // gain_x16
        clipped += abs(value) > limit
        scaled = value * gain_x16 // 4096
        samples.append(32767 if value > limit else -32768 if value < -limit else scaled)
    return samples, clipped


def noise(rng, count, height):
    return [rng.between(max(BOTTOM, -height), min(TOP, height)) for _ in range(count)]


def test_words_become_samples():
    rng = Rng(1)
    for round in range(depth(400)):
        gain_x16 = rng.choice((16, 17, 256, 1000, 4096))
        words = noise(rng, FRAMES * rng.between(1, 3), rng.choice((3, 1000, 40_000, 1 << 23)))
        if round % 3 == 0:
            words = [rng.choice((TOP, BOTTOM, 0, -1, 1)) for _ in words]
        driver, _, _ = made(words, gain_x16=gain_x16)
        samples, clipped = expected(words, gain_x16)
        assert heard(driver) == samples
        assert driver.clipped() == clipped
        assert driver.peak() == max([abs(sample) for sample in samples])
        assert driver.total() == sum([abs(sample) for sample in samples])
        assert (driver.lowest(), driver.highest()) == (min(words), max(words))
        pairs = zip([0] + words, words)
        assert driver.jumps() == sum([abs(b - a) > 1 << 22 for a, b in pairs])


def test_an_offset_goes_and_what_is_heard_stays():
    tone = [(k % 40 - 20) * 500 for k in range(FRAMES * 20)]  # 200 Hz
    driver, _, _ = made([value + 50_000 for value in tone])
    samples = heard(driver)[-4000:]
    assert abs(sum(samples)) < 4000 * 4
    assert abs(max(samples) - 19 * 500 // 16) < 60 and abs(min(samples) + 20 * 500 // 16) < 60


def test_the_ends_of_the_scale_come_back_from_any_offset():
    for level in (TOP, BOTTOM):
        driver, _, _ = made([level] * FRAMES * 40)
        samples = heard(driver)
        assert samples[0] == (32767 if level > 0 else -32768) and abs(samples[-1]) <= 16
        assert driver.clipped() > 0 and driver.jumps() == 1


def test_reading_never_waits():
    rng = Rng(2)
    words = noise(rng, FRAMES * 4 + 100, 1 << 20)
    whole = heard(made(words)[0])
    assert len(whole) == FRAMES * 4
    for most in (4, 12, 400, 1024, 1500):
        driver, port, _ = made(words, most=most)
        got, reads = [], 0
        while port.data or reads == 0:
            reads += 1
            if driver.read():
                got += list(driver.samples)
        assert got == whole
    assert not driver.read()


def test_a_slow_microphone_is_run_at_twice_the_rate():
    driver, _, (bus_hz, frames) = made([], 8000, least_hz=16_000)
    assert (bus_hz, driver.bus_hz, driver.block_samples) == (16_000, 16_000, FRAMES // 2)
    assert driver.buffered_frames == frames - FRAMES >= 16_000 * 320 // 1000 - FRAMES
    assert made([], 8000)[2][0] == 8000 and made([], 16_000, least_hz=16_000)[2][0] == 16_000


def test_every_second_sample_is_a_mean_of_those_around_it():
    rng = Rng(3)
    for height in (1000, 30_000, 1 << 23):
        words = noise(rng, FRAMES * 3, height)
        driver, _, _ = made(words, 8000, least_hz=16_000)
        wide = [0] * 6 + expected(words, GAIN_X16)[0]
        out = []
        for i in range(0, len(words), 2):
            a, _, b, c, d, _, e = wide[i : i + 7]
            out.append(max(-32768, min(32767, (16 * c + 9 * (b + d) - a - e) >> 5)))
        assert heard(driver) == out


def test_what_is_above_half_the_rate_does_not_come_down():
    for period, least, most in ((2, 0, 0.05), (3, 0, 0.25), (16, 0.7, 1.1), (80, 0.95, 1.15)):
        tone = array("i", bytes(4 * FRAMES * 8))
        for k in range(len(tone)):
            tone[k] = 40_000 if k % period < period // 2 else -40_000
        if period == 16:  # a triangle: less of what is above
            for k in range(len(tone)):
                tone[k] = (abs(k % 16 - 8) - 4) * 10_000
        driver, _, _ = made(list(tone), 8000, least_hz=16_000)
        samples = heard(driver)[256:]
        high = max(samples) * 16
        assert least * 40_000 - 100 <= high <= most * 40_000 + 3000, (period, high)


def test_a_port_that_fails_is_a_fault_and_no_more():
    driver, port, _ = made([1] * FRAMES * 2)
    port.fails = True
    assert not driver.read() and not driver.read() and driver.faults == 2 and driver.running
    port.fails = False
    assert driver.read()
    driver.stop()
    driver.stop()
    assert port.closed == 1 and not driver.running and not driver.read()

    def refuses(*how):
        raise OSError(12)

    driver = Microphone(refuses)
    assert not driver.start(8000) and not driver.running and driver.faults == 1
    driver.stop()


def test_measuring_begins_anew():
    driver, _, _ = made([TOP, BOTTOM] * FRAMES)
    driver.read()
    assert driver.clipped() and driver.jumps() and driver.peak() == 32768
    driver.measure()
    assert (driver.clipped(), driver.jumps(), driver.peak(), driver.total()) == (0, 0, 0, 0)
    assert driver.lowest() > driver.highest()
    driver.read()
    assert (driver.lowest(), driver.highest()) == (BOTTOM, TOP)
