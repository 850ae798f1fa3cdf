"""The detector of falls: a stream of acceleration in, now and then "this was a fall" out.

Separate from the service that brings the samples, so that it is a pure function of them. Four
stages, each cheaper than the next and asked first:

1. Candidate: the mean magnitude over 0.2 s rises above what it has been lately. The greatest one
   counts, and the clock starts anew with a greater one. The contract's impact is its middle.
2. Tumbling: more than 20 impacts a minute that each find gravity in another direction, which no
   gait does, are those of a washing machine or a bag. While they go on nothing is a fall.
3. Stillness: who still runs or strides 3 s later has not fallen.
4. Features of the 7.5 s around the impact, and the model of the place where it is worn.

It decides 4.6 s after an impact. Then the next 15 s raise no second one. State is bounded: some
60 words beside the buffers; see `make bench` for the RAM. Samples are 100 a second, in mg, below
16384. Imports array, micropython and its own parts.
"""

from array import array

import micropython
from micropython import const

from firmware.policy.fall_features import Features
from firmware.policy.fall_model import Model
from firmware.policy.motion_ring import SLOTS, MotionRing

_WIDTH = const(20)  # samples of the running mean
_MIDDLE = const(10)  # samples from its middle to its end
_WAIT = const(460)  # samples from the end of the mean at its peak to the decision
_MUTE = const(1500)

# Words of the state. None is ever negative: viper reads them unsigned on a 64-bit machine.
_AT = const(0)  # next sample of the batch, and how many it has
_COUNT = const(1)
_SLOT = const(2)  # of the ring
_SLOTS = const(3)
_FED = const(4)  # samples since the stream began
_SUM = const(5)  # of the last 20 magnitudes
_BASE = const(6)  # slow mean of the magnitude x 512
_MEAN = const(7)  # of each axis x 32, lifted by 16384: three words
_STILL = const(10)
_PEAK = const(11)  # greatest sum of the candidate; 0: there is none
_SINCE = const(12)  # samples since that
_NEXT = const(13)  # greatest sum more than 1.5 s later, and samples since that
_NEXT_SINCE = const(14)
_TUMBLE = const(15)  # turning impacts x 300, less one a sample
_LOCK = const(16)  # samples until the next impact can be told from this one
_LAST = const(17)  # means of the axes at the impact before: three words
_WORDS = const(20)

_SUSPEND = const(1800)  # of _TUMBLE: 6 impacts more than 20 a minute allow
_LIFTED = 16384 * 32


@micropython.viper
def _scan(samples: ptr16, ring: ptr16, mags: ptr16, state: ptr32) -> int:
    """Take samples until one is due for a decision; returns 1 there, 0 at the end of the batch.

    mags: the last 20 magnitudes. The candidate starts where the sum of these exceeds 20 times
    the slow mean (kept within 900 to 1200 mg) by 2600, which is 130 mg of the mean.
    """
    at = int(state[0])
    count = int(state[1])
    slot = int(state[2])
    fed = int(state[4])
    total = int(state[5])
    base = int(state[6])
    mx = int(state[7])
    my = int(state[8])
    mz = int(state[9])
    still = int(state[10])
    peak = int(state[11])
    since = int(state[12])
    other = int(state[13])
    other_since = int(state[14])
    tumble = int(state[15])
    lock = int(state[16])
    due = 0
    while at < count:
        x = (int(samples[3 * at]) & 0xFFFF ^ 0x8000) - 0x8000
        y = (int(samples[3 * at + 1]) & 0xFFFF ^ 0x8000) - 0x8000
        z = (int(samples[3 * at + 2]) & 0xFFFF ^ 0x8000) - 0x8000
        ring[3 * slot] = x
        ring[3 * slot + 1] = y
        ring[3 * slot + 2] = z
        slot += 1
        if slot == int(state[3]):
            slot = 0
        at += 1
        # Its magnitude, the sum of the last 20, the slow mean
        rest = x * x + y * y + z * z
        m = 0
        bit = 1 << 28
        while bit > rest:
            bit >>= 2
        while bit:
            if rest >= m + bit:
                rest -= m + bit
                m = (m >> 1) + bit
            else:
                m >>= 1
            bit >>= 2
        place = fed % 20
        if fed >= 20:
            total -= int(mags[place])
        mags[place] = m
        total += m
        fed += 1
        base += m - (base >> 9)
        level = base >> 9
        if level < 900:
            level = 900
        if level > 1200:
            level = 1200
        # Whether it moves: how far each axis is from its mean of the last third of a second
        dx = x + 16384 - (mx >> 5)
        dy = y + 16384 - (my >> 5)
        dz = z + 16384 - (mz >> 5)
        mx += dx
        my += dy
        mz += dz
        moved = dx if dx > 0 else 0 - dx
        moved += dy if dy > 0 else 0 - dy
        moved += dz if dz > 0 else 0 - dz
        if moved > 120:
            still = 0
        else:
            still += 1
        # Tumbling
        if tumble:
            tumble -= 1
        if lock:
            lock -= 1
        elif m > 1800:
            lock = 30
            dx = (mx - int(state[17])) >> 5
            dy = (my - int(state[18])) >> 5
            dz = (mz - int(state[19])) >> 5
            state[17] = mx
            state[18] = my
            state[19] = mz
            if dx * dx + dy * dy + dz * dz > 490000:
                tumble += 300
                if tumble > 3000:
                    tumble = 3000
        # The candidate
        if fed >= 20:
            since += 1
            other_since += 1
            if total > peak and (peak or total > 20 * level + 2600):
                peak = total
                since = 0
                other = 0
            elif peak:
                if since >= 150 and total > other and total > 20 * level + 2600:
                    other = total
                    other_since = 0
                if since >= 460:
                    due = 1
                    break
    state[0] = at
    state[2] = slot
    state[4] = fed
    state[5] = total
    state[6] = base
    state[7] = mx
    state[8] = my
    state[9] = mz
    state[10] = still
    state[11] = peak
    state[12] = since
    state[13] = other
    state[14] = other_since
    state[15] = tumble
    state[16] = lock
    return due


class Detector:
    """Feed it; see the head of this file. `ring` holds what it was fed, `threshold` decides."""

    def __init__(self, model):
        self.ring = MotionRing()
        self.threshold = model.threshold
        self._model = model
        self._features = Features()
        self._mags = array("h", bytes(2 * _WIDTH))
        self._state = array("i", bytes(4 * _WORDS))
        self._mute = 0  # samples
        self._tumbling = False
        self.restart()

    @property
    def still(self):
        """Samples since the body last moved."""
        return self._state[_STILL]

    def restart(self):
        """The stream was interrupted: what follows is not continuous with what was."""
        self.ring.restart()
        state = self._state
        tumble = state[_TUMBLE]
        for word in range(_WORDS):
            state[word] = 0
        state[_SLOT] = self.ring.count % SLOTS
        state[_SLOTS] = SLOTS
        state[_BASE] = 1000 << 9
        state[_TUMBLE] = tumble
        self._mute = 0

    def feed(self, samples, count):
        """Take `count` samples, at most 32, x y z in mg each, from an array("h").

        Returns None, or what the last impact was found to be, a fall: how many samples ago it
        was, the score, and its features (a tuple of ints).
        """
        state = self._state
        state[_AT] = 0
        state[_COUNT] = count
        if not state[_FED] and count:
            for axis in range(3):  # the means begin with what is there
                state[_MEAN + axis] = (samples[axis] << 5) + _LIFTED
        found = None
        done = 0
        while _scan(samples, self.ring.samples, self._mags, state):
            self._pass(state[_AT] - done)
            done = state[_AT]
            decided = self._decide()
            if decided is not None:
                age, score, features = decided
                found = (age + count - done, score, features)
        self._pass(count - done)
        return found

    def busy(self):
        """Whether an impact is being examined."""
        return bool(self._state[_PEAK])

    def suspended(self):
        """Whether it tumbles, so that nothing is taken for a fall."""
        tumble = self._state[_TUMBLE]
        if tumble >= _SUSPEND:
            self._tumbling = True
        elif not tumble:
            self._tumbling = False
        return self._tumbling

    # -- how -------------------------------------------------------------------------------------

    def _pass(self, count):
        self.ring.count += count
        self._mute = max(0, self._mute - count)

    def _decide(self):
        """The candidate is old enough: what is it? None, or its age, score and features."""
        state = self._state
        age = state[_SINCE] + _MIDDLE
        state[_PEAK] = state[_NEXT]  # the next one may have come meanwhile
        state[_SINCE] = state[_NEXT_SINCE]
        state[_NEXT] = 0
        if self._mute or self.suspended():
            return None
        features = self._features.of(self.ring, self.ring.count - 1 - age)
        if features is None:
            return None
        score = self._model.score(features)
        if score < self.threshold:
            return None
        self._mute = _MUTE
        return age, score, tuple(features)


def make(config, model=None):
    """The detector for a configuration's `placement`. model: constants in place of its own."""
    return Detector(Model(_constants(config.placement) if model is None else model))


def _constants(placement):
    """Of the thigh those of its own; chest and waist are both the trunk."""
    if placement == "pocket":
        from firmware.policy import fall_pocket

        return fall_pocket.CONSTANTS
    from firmware.policy import fall_trunk

    return fall_trunk.CONSTANTS
