"""Sound from the microphone: encoded, numbered, kept for a while, and what was lost of it.

Separate because it stands between a driver that must be read every few milliseconds and a
recorder that takes its time. Samples are numbered from the first one on, lost ones included. They
are handed out in pieces of at most 640 bytes, six to a segment of EV1, from a ring that is
allocated once: it holds the pre-roll, where she has chosen one, and 3 s more.

While it only listens for the pre-roll, the ring forgets its oldest piece; from the beginning of a
recording on it keeps what it has, and what finds no room is told as lost. For the self-check it
listens for some two seconds, and keeps nothing.

What the port loses is noticed at most three readings (0.3 s) later and told there, by the number
of the sample that follows; the count is that of the frames (sample_clock.py). Imports adpcm,
micropython and its neighbours.
"""

import adpcm
from micropython import const

from firmware.services.sample_clock import BUFFER, SampleClock
from firmware.services.sound_ring import NONE, PIECE_SAMPLES, SOUND, SoundRing

OFF, CHECKING, ARMED, RECORDING = const(0), const(1), const(2), const(3)
MASKED, FULL, RESTARTED = const(1), const(2), const(3)  # why samples were lost

HOLD_MS = const(3000)  # of sound that finds room while nobody takes any
PREROLL_MAX_MS = const(30000)
READ_MS = const(85)  # from one reading to the next, at least
# More at every second, third and fourth one: a loss shows only where readings do not all come at
# the same point of a DMA buffer, which lasts 32 or 16 ms.
_DITHER_MS = const(5)
_PORT_MS = const(120)  # what may wait in the port until then
_BLOCKS_MAX = const(64)  # read in one step: more than any port holds

_WARM_UP_MS = const(600)  # that no finding counts: an INMP441 starts within 512 at 8 kHz
_CHECK_MS = const(3000)  # after which a check without a finding is over
_DEAF_MS = const(1000)  # without a block: the port is opened again,
_RETRY_MS = const(5000)  # and again
_LIVE_SPREAD = const(64)  # of words, at least: its own noise is a thousand wide
_WILD_PERCENT = const(1)  # of words that jump by half the scale, at most: no sound does


def slots(rate_hz, preroll_ms):
    """How many pieces the ring holds, and how many of these the pre-roll may fill.

    With the one that is being filled, and what waits in the port, this is never longer than what
    she has chosen.
    """
    khz = rate_hz // 1000
    hold = HOLD_MS * khz // PIECE_SAMPLES + 2
    preroll = max((preroll_ms - _PORT_MS) * khz // PIECE_SAMPLES - 1, 0)
    return hold + preroll, preroll


def room_ms(sound_bytes, rate_hz):
    """How long a sound so many bytes are, two samples each."""
    return sound_bytes * 2 // (rate_hz // 1000)


class Microphone:
    """mode: OFF, CHECKING, ARMED (pre-roll) or RECORDING. lost: samples that take() has told of;
    clipped: those at the end of the scale; both since start().

    finding: None before anything is known, "" for one that lives, else "absent", "stuck",
    "silent", "garbled", or "deaf" when the port gives nothing. peak, mean: of the last second,
    0 to 32768, after the gain.
    """

    def __init__(self, driver, ticks_us, ticks_diff, rate_hz=8000, preroll_ms=0):
        """driver: drivers/microphone.py. ticks_us, ticks_diff: as in the module time. rate_hz:
        whole kHz."""
        self.mode = OFF
        self.rate_hz = rate_hz
        self.preroll_ms = min(preroll_ms, PREROLL_MAX_MS)
        self.finding = None
        self.peak = self.mean = 0
        self.lost = self.clipped = 0
        self._driver = driver
        self._ticks_us, self._ticks_diff = ticks_us, ticks_diff
        self._clock = SampleClock()
        self._encoder = adpcm.Encoder()
        count, self._kept = slots(rate_hz, self.preroll_ms)
        self._ring = SoundRing(count)
        self._begin_ms = self._heard_ms = self._tried_ms = 0
        self._due_ms = self._turn = 0
        self._tick = self._part_us = 0  # of the last reading
        self._tick_ms = 0  # the same as now_ms; a step may be late when its turn comes
        self._next = 0  # number of the sample that comes next
        self._unkept = 0  # samples before it that found no room and are not told yet
        self._measured = 0  # frames of the bus in this second
        self._clipped = 0  # of these, that are counted already
        self._warming = False

    # -- what it is asked to do -----------------------------------------------------------------

    def arm(self, now_ms):
        """Listen for the pre-roll; False where she has chosen none, or it is busy."""
        if self.mode not in (OFF, CHECKING) or not self.preroll_ms:
            return False
        self._begin(ARMED, now_ms)
        return True

    def start(self, now_ms):
        """Begin a recording: what take() gives belongs to it, the pre-roll first."""
        if self.mode == RECORDING:
            return
        if self.mode == ARMED:
            oldest = self._ring.oldest_first()
            by = self._next if oldest == NONE else oldest
            self._ring.renumber(by)
            self._next -= by
            self.mode = RECORDING
        else:
            self._begin(RECORDING, now_ms)
        self.lost = self.clipped = 0

    def check(self, now_ms):
        """Listen for a moment, so that there is a finding; False while it is at something else."""
        if self.mode != OFF:
            return False
        self._begin(CHECKING, now_ms)
        return True

    def stop(self):
        """Hear no more; of a recording take() still gives the rest."""
        if self.mode == RECORDING:
            self._tell_unkept()
            self._ring.close()
        else:
            self._ring.clear()
        self._driver.stop()
        self.mode = OFF

    def _begin(self, mode, now_ms):
        self.mode = mode
        self._begin_ms = self._heard_ms = now_ms
        self._due_ms = now_ms + READ_MS
        self._tried_ms = now_ms - _RETRY_MS
        self._next = self._unkept = 0
        self.lost = self.clipped = 0
        self.finding = None
        self._ring.clear()
        self._tick, self._tick_ms, self._part_us = self._ticks_us(), now_ms, 0
        self._open()

    def _open(self):
        self._driver.start(self.rate_hz)
        self._pass_time()
        self._clock.begin(self._driver.bus_hz)
        self._measured = self._clipped = 0
        self._warming = True

    # -- stepping -------------------------------------------------------------------------------

    def wake_ms(self, now_ms):
        """When it wants to be stepped; None while it is off."""
        return None if self.mode == OFF else max(now_ms, self._due_ms)

    def step(self, now_ms):
        """Take in what there is; before its time nothing happens."""
        if self.mode == OFF or now_ms < self._due_ms:
            return
        self._turn = (self._turn + 1) & 3
        self._due_ms = now_ms + READ_MS + self._turn * _DITHER_MS
        if self._drain():
            self._heard_ms = now_ms
        elif now_ms - self._heard_ms >= _DEAF_MS:
            self._restart(now_ms)
        self._look_at_level()
        if self.mode == CHECKING:
            late = now_ms - self._begin_ms >= _CHECK_MS
            if late and self.finding is None:
                self.finding = "deaf"
            if self.finding is not None:
                self.stop()

    def take(self):
        """What comes next of a recording, or None:

        (SOUND, first sample, prediction, step index, bytes, at_ms): the encoder's state before
        them; bytes is a view, until the next step();
        (MASKED or FULL or RESTARTED, first sample, count, at_ms): lost.
        """
        if self.mode in (ARMED, CHECKING):
            return None
        ring = self._ring
        slot = ring.pop()
        if slot == NONE:
            return None
        first, at_ms, reason = ring.first[slot], ring.at_ms[slot], ring.reason[slot]
        if reason != SOUND:
            self.lost += ring.count[slot]
            return reason, first, ring.count[slot], at_ms
        return SOUND, first, ring.prediction[slot], ring.index[slot], ring.data(slot), at_ms

    # -- samples --------------------------------------------------------------------------------

    def _drain(self):
        """Read until there is nothing left; how many blocks came."""
        driver, clock = self._driver, self._clock
        blocks, faults = 0, driver.faults
        self._pass_time()
        while blocks < _BLOCKS_MAX and driver.read():
            blocks += 1
            clock.came(BUFFER)
            self._measured += BUFFER
            if self.mode != CHECKING:
                self._keep()
            self._pass_time()
        if 0 < blocks < _BLOCKS_MAX and driver.faults == faults:
            missing = clock.missing()
            if missing:
                full = blocks * BUFFER >= driver.buffered_frames
                self._lose(missing, FULL if full else MASKED)
        return blocks

    def _pass_time(self):
        tick = self._ticks_us()
        passed_us = self._ticks_diff(tick, self._tick)
        self._clock.passes(passed_us)
        self._tick = tick
        self._part_us += passed_us
        self._tick_ms += self._part_us // 1000
        self._part_us %= 1000

    def _keep(self):
        """Encode the driver's block, and put it where there is room."""
        ring, count = self._ring, self._driver.block_samples
        if ring.filling == NONE and not self._open_piece():
            self._unkept += count
            self._next += count
            return
        self._encoder.encode(self._driver.samples, count, ring.bytes, ring.end())
        ring.grew(count)
        self._next += count

    def _open_piece(self):
        ring = self._ring
        while self.mode == ARMED and ring.used > self._kept:
            ring.pop()
        if not self._tell_unkept(BUFFER):
            return False
        prediction, index = self._encoder.state()
        return ring.open(self._next, prediction, index, self._at_ms(BUFFER))

    def _at_ms(self, frames):
        """When the sample was heard that lies so many frames of the bus before the next one."""
        clock = self._clock
        behind = clock.lag - clock.base + frames
        return self._tick_ms - behind * 1000 // self._driver.bus_hz

    def _tell_unkept(self, frames=0):
        """Put down what found no room, so many frames ago; False when that finds none either."""
        count = self._unkept
        if count:
            frames += count * BUFFER // self._driver.block_samples
            if not self._ring.lose(self._next - count, count, FULL, self._at_ms(frames)):
                return False
            self._unkept = 0
        return True

    def _lose(self, frames, reason):
        """So many frames of the bus will never come."""
        count = frames * self._driver.block_samples // BUFFER
        if self.mode == CHECKING or not count:
            return
        at_ms = self._at_ms(frames)
        if not (self._tell_unkept(frames) and self._ring.lose(self._next, count, reason, at_ms)):
            self._unkept += count
        self._next += count

    def _restart(self, now_ms):
        """The port has given nothing for a second: open it again, and tell what is lost."""
        self.finding = "deaf"
        if now_ms - self._tried_ms < _RETRY_MS:
            return
        self._tried_ms = now_ms
        self._driver.stop()
        self._lose(self._clock.skip(), RESTARTED)
        self._open()

    # -- whether it lives -----------------------------------------------------------------------

    def _look_at_level(self):
        driver = self._driver
        clipped = driver.clipped()
        self.clipped += clipped - self._clipped
        self._clipped = clipped
        lasts_ms = _WARM_UP_MS if self._warming else 1000
        if self._measured * 1000 < lasts_ms * driver.bus_hz:
            return
        if not self._warming:
            self._judge(driver)
        self._warming = False
        driver.measure()
        self._measured = self._clipped = 0

    def _judge(self, driver):
        self.peak = driver.peak()
        self.mean = driver.total() // self._measured
        spread = driver.highest() - driver.lowest()
        if driver.jumps() * 100 > self._measured * _WILD_PERCENT:
            self.finding = "garbled"
        elif not spread:
            self.finding = "stuck" if driver.highest() not in (0, -1) else "absent"
        else:
            self.finding = "silent" if spread < _LIVE_SPREAD else ""
