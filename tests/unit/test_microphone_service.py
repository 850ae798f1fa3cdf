"""The microphone's service: numbers, pieces, pre-roll, losses told, and whether it lives."""

from array import array

import adpcm
from harness import Rng, depth

from firmware.drivers.microphone import FRAMES
from firmware.services import microphone
from firmware.services.microphone import ARMED, CHECKING, FULL, MASKED, OFF, RECORDING, RESTARTED
from firmware.services.sound_ring import SOUND

DB = {"absent": (0, 0), "stuck": (900, 900), "silent": (-3, 30), "": (-9000, 8000)}


class Driver:
    """Buffers of 256 frames that end in their time; sample n of all that came is n * 7 % 30000."""

    def __init__(self, rate_hz=8000, buffers=10, factor=1):
        self.running = False
        self.bus_hz, self.factor = rate_hz * factor, factor
        self.block_samples = FRAMES // factor
        self.buffered_frames = (buffers - 1) * FRAMES
        self.samples = array("h", bytes(2 * FRAMES))
        self.faults = 0
        self.now_us = 0
        self.opened = self.read_blocks = 0
        self.sound = DB[""]
        self.wild = self.cut = 0
        self.refuses = self.dead = False
        self.measure()

    def start(self, rate_hz):
        self.stop()
        self.opened += 1
        self.running = not self.refuses
        self._since_us, self._gone = self.now_us, 0
        return self.running

    def stop(self):
        self.running = False

    def lose(self, blocks):
        """So many will never be read."""
        self._gone += blocks

    def read(self):
        if not self.running or self.dead:
            return False
        ended = (self.now_us - self._since_us) * self.bus_hz // 1_000_000 // FRAMES
        waiting = ended - self._gone
        most = self.buffered_frames // FRAMES
        if waiting > most:
            self._gone += waiting - most
        if waiting <= 0:
            return False
        self._gone += 1
        first = self.read_blocks * self.block_samples
        for k in range(self.block_samples):
            self.samples[k] = (first + k) * 7 % 30_000
        self.read_blocks += 1
        self.low, self.high = self.sound
        self._jumps += self.wild
        self._clipped += self.cut
        return True

    def measure(self):
        self._jumps = self._clipped = 0
        self.low, self.high = 1, 0

    def peak(self):
        return 12_345

    def total(self):
        return 1000 * FRAMES

    def clipped(self):
        return self._clipped

    def lowest(self):
        return self.low

    def highest(self):
        return self.high

    def jumps(self):
        return self._jumps


class Rig:
    """`heard` is what take() has given."""

    def __init__(self, rate_hz=8000, preroll_ms=0, **driver):
        self.driver = Driver(rate_hz, **driver)
        self.service = microphone.Microphone(
            self.driver, self._ticks_us, lambda a, b: (a - b) & 0x3FFFFFFF, rate_hz, preroll_ms
        )
        self.heard = []
        self.lag_us = 700

    def _ticks_us(self):
        return (self.driver.now_us + (1 << 30) - 5000) & 0x3FFFFFFF

    @property
    def now_ms(self):
        return self.driver.now_us // 1000

    def runs(self, ms, takes=True, cost_us=2000):
        """Step it when it wants to be, for so long."""
        end_us = self.driver.now_us + ms * 1000
        while self.driver.now_us < end_us:
            wake = self.service.wake_ms(self.now_ms)
            self.driver.now_us += cost_us
            due_us = end_us if wake is None else wake * 1000
            self.driver.now_us = min(max(due_us, self.driver.now_us), end_us)
            self.service.step(self.now_ms)
            if takes:
                self.take()

    def take(self):
        piece = self.service.take()
        while piece is not None:
            if piece[0] == SOUND:
                piece = piece[:4] + (bytes(piece[4]),) + piece[5:]
            self.heard.append(piece)
            piece = self.service.take()

    def check(self):
        """Numbers without a hole or an overlap; returns (samples, lost) as they were told."""
        at = samples = lost = 0
        for piece in self.heard:
            assert piece[1] == at, (piece[:4], at)
            if piece[0] == SOUND:
                count = 2 * len(piece[4])
                samples += count
            else:
                count = piece[2]
                lost += count
            at += count
        assert lost == self.service.lost
        return samples, lost


def test_what_is_heard_comes_out():
    for rate_hz, factor in ((8000, 1), (16_000, 1), (8000, 2)):
        rig = Rig(rate_hz, factor=factor)
        rig.service.start(0)
        assert rig.service.mode == RECORDING
        rig.runs(5000)
        rig.service.stop()
        rig.take()
        samples, lost = rig.check()
        assert lost == 0 and samples == rig.driver.read_blocks * rig.driver.block_samples
        assert 5 * rate_hz - rate_hz // 7 <= samples <= 5 * rate_hz
        for _, first, prediction, index, data, at_ms in rig.heard:
            decoded = adpcm.decode(data, prediction, index)
            assert abs(decoded[-1] - (first + len(decoded) - 1) * 7 % 30_000) < 9000
            # The first sample was heard then, but for what has been learned of the start.
            assert abs(at_ms - first * 1000 // rate_hz) <= 33
        whole = [len(piece[4]) for piece in rig.heard[:-1]]
        assert set(whole) == {640}


def test_pieces_join():
    """Each carries the encoder's state: decoded one by one they are the stream."""
    rig = Rig()
    rig.service.start(0)
    rig.runs(3000)
    _, _, prediction, index, _, _ = rig.heard[0]
    whole = adpcm.decode(b"".join([piece[4] for piece in rig.heard]), prediction, index)
    parts = array("h")
    for _, _, prediction, index, data, _ in rig.heard:
        parts.extend(adpcm.decode(data, prediction, index))
    assert whole == parts


def test_every_loss_is_told_and_exactly():
    rng = Rng(1)
    for n in range(depth(60)):
        rate_hz, factor = rng.choice(((8000, 1), (16_000, 1), (8000, 2)))
        rig = Rig(rate_hz, factor=factor)
        rig.service.start(0)
        lost = 0
        for _ in range(rng.between(1, 6)):
            rig.runs(rng.between(4000, 9000))
            blocks = rng.between(1, 3)
            rig.driver.lose(blocks)
            lost += blocks * rig.driver.block_samples
        rig.runs(4000)
        rig.service.stop()
        rig.take()
        samples, told = rig.check()
        assert told == lost, (n, rate_hz, factor)
        assert {piece[0] for piece in rig.heard} == {SOUND, MASKED}
        assert samples == rig.driver.read_blocks * rig.driver.block_samples


def test_a_step_that_comes_too_late():
    rig = Rig(buffers=10)
    rig.service.start(0)
    rig.runs(5000)
    rig.driver.now_us += 1_000_000
    rig.runs(5000)
    rig.service.stop()
    rig.take()
    samples, lost = rig.check()
    assert (FULL in [piece[0] for piece in rig.heard]) and abs(samples + lost - 88_000) < 512
    assert lost % FRAMES == 0 and 5000 < lost < 8000


def test_nobody_takes_it():
    """Three seconds are kept, the oldest ones; the rest is told as lost."""
    rig = Rig()
    rig.service.start(0)
    rig.runs(9000, takes=False)
    rig.runs(3000)
    rig.service.stop()
    rig.take()
    samples, lost = rig.check()
    before = 0
    for piece in rig.heard:
        if piece[0] != SOUND:
            assert piece[0] == FULL
            break
        before += 2 * len(piece[4])
    assert before >= 3 * 8000 and 5 * 8000 < lost < 6 * 8000
    assert abs(samples + lost - 12 * 8000) < 1600
    assert [piece[0] for piece in rig.heard].count(FULL) == 1


def test_without_a_pre_roll_nothing_is_heard_before():
    rig = Rig()
    assert not rig.service.arm(0) and rig.service.mode == OFF and rig.service.wake_ms(0) is None
    assert rig.driver.opened == 0
    rig.runs(1000)
    rig.service.start(1000)
    rig.runs(1000)
    assert rig.heard[0][1] == 0 and rig.heard[0][5] >= 1000 - 33


def test_the_pre_roll_is_what_she_chose():
    for rate_hz in (8000, 16_000):
        for preroll_ms in (1000, 5000) if rate_hz == 16_000 else (3000, 90_000):
            rig = Rig(rate_hz, preroll_ms)
            assert rig.service.arm(0) and not rig.service.arm(0) and not rig.service.check(0)
            rig.runs(min(preroll_ms, 30_000) * 3 // 2 + 2077)
            assert rig.heard == [] and rig.service.mode == ARMED
            rig.service.start(rig.now_ms)
            trigger_ms = rig.now_ms
            rig.runs(4000)
            rig.service.stop()
            rig.take()
            samples, lost = rig.check()
            chosen_ms = min(preroll_ms, 30_000)
            before_ms = trigger_ms - rig.heard[0][5]
            assert chosen_ms - 700 <= before_ms <= chosen_ms, (preroll_ms, before_ms)
            assert lost == 0
            assert abs(samples * 1000 // rate_hz - 4000 - before_ms) <= 33 + 90


def test_a_pre_roll_that_was_just_begun():
    rig = Rig(preroll_ms=5000)
    rig.service.arm(0)
    rig.runs(50)
    rig.service.start(rig.now_ms)
    rig.service.start(rig.now_ms)
    rig.runs(2000)
    assert rig.check()[1] == 0 and rig.heard[0][5] <= 10


def test_losses_while_armed():
    rig = Rig(preroll_ms=5000)
    rig.service.arm(0)
    rig.runs(9000)
    rig.driver.lose(2)
    rig.runs(2000)
    rig.service.start(rig.now_ms)
    rig.runs(3000)
    told = [piece for piece in rig.heard if piece[0] == MASKED]
    assert len(told) == 1 and told[0][2] == 512 == rig.service.lost
    rig.service.stop()
    rig.service.arm(rig.now_ms)
    rig.runs(7000)
    rig.service.stop()
    assert rig.service.take() is None


def test_what_it_finds():
    for finding in DB:
        rig = Rig()
        rig.driver.sound = DB[finding]
        assert rig.service.check(0) and rig.service.mode == CHECKING
        assert not rig.service.check(0)
        rig.runs(5000)
        assert (rig.service.finding, rig.service.mode, rig.heard) == (finding, OFF, [])
        assert rig.driver.now_us and not rig.driver.running
        assert rig.service.peak == 12_345 and 25 <= rig.service.mean <= 32
    rig = Rig()
    rig.driver.wild = 3
    rig.service.check(0)
    rig.runs(5000)
    assert rig.service.finding == "garbled"
    rig.driver.wild = 0
    rig.service.start(rig.now_ms)
    assert rig.service.finding is None
    rig.runs(1500)
    assert rig.service.finding is None
    rig.runs(500)
    assert rig.service.finding == ""
    rig.driver.sound = DB["stuck"]
    rig.runs(3000)
    assert rig.service.finding == "stuck" and rig.service.mode == RECORDING


def test_a_check_gives_way():
    rig = Rig(preroll_ms=5000)
    rig.service.check(0)
    rig.runs(500)
    rig.service.start(rig.now_ms)
    rig.runs(1000)
    assert rig.service.mode == RECORDING and rig.heard[0][1] == 0
    rig.service.stop()
    rig.service.check(rig.now_ms)
    assert rig.service.arm(rig.now_ms) and rig.service.mode == ARMED


def test_a_port_that_does_not_open():
    rig = Rig()
    rig.driver.refuses = True
    rig.service.check(0)
    rig.runs(4000)
    assert rig.service.finding == "deaf" and rig.service.mode == OFF
    rig.service.start(rig.now_ms)
    rig.runs(20_000)
    assert rig.service.finding == "deaf" and 4 <= rig.driver.opened <= 8
    rig.driver.refuses = False
    rig.runs(10_000)
    rig.service.stop()
    rig.take()
    samples, lost = rig.check()
    assert abs(samples + lost - 240_000) < 2600 and rig.service.finding == ""
    assert {piece[0] for piece in rig.heard} == {SOUND, RESTARTED}


def test_a_port_that_dies_is_opened_again():
    rig = Rig()
    rig.service.start(0)
    rig.runs(5000)
    rig.driver.dead = True
    rig.runs(1500)
    assert rig.service.finding == "deaf" and rig.driver.opened == 2
    rig.driver.dead = False
    rig.runs(5000)
    rig.service.stop()
    rig.take()
    samples, lost = rig.check()
    assert abs(samples + lost - 92_000) < 1500 and 10_000 < lost < 13_000
    assert {piece[0] for piece in rig.heard} == {SOUND, RESTARTED, FULL}


def test_clipped_samples_are_counted_at_once():
    rig = Rig()
    rig.driver.cut = 3
    rig.service.start(0)
    rig.runs(5000)
    assert rig.service.clipped == 3 * rig.driver.read_blocks
    rig.service.start(rig.now_ms)
    assert rig.service.clipped


def test_memory_is_bounded():
    for rate_hz, preroll_ms, most in (
        (8000, 0, 13_500),
        (16_000, 0, 26_500),
        (8000, 30_000, 135_000),
    ):
        count, kept = microphone.slots(rate_hz, preroll_ms)
        assert count * 640 <= most and kept * 1280 <= preroll_ms * rate_hz // 1000
    assert microphone.room_ms(4000 * 60, 8000) == 60_000
