"""The detector of falls: a stream of acceleration in, now and then "this was a fall" out.

Separate from the service that brings the samples, so that it is a pure function of them. Four
stages, each cheaper than the next and asked first:

1. Candidate: the mean magnitude over 0.2 s rises above what it has been lately. The greatest one
   counts, and the clock starts anew with a greater one. The contract's impact is its middle.
2. Tumbling: impacts a second or more apart, three within 10 s, that each find gravity in another
   direction than the one before: a washing machine or a bag, not gait, nor somebody who rolls down
   some stairs. While they go on, and a minute longer, nothing is a fall.
3. Stillness: who still runs or strides 3 s later has not fallen.
4. Features of the 7.5 s around the impact, and the model of the place where it is worn.

It decides 4.5 s after the middle of an impact; the next but one comes 4.4 s later at the
earliest. After a fall it tells of no other for 15 s. State is bounded, however long it runs:
counters stop or go round, and only the ring's number of a sample grows. Memory and time: see
`make bench`. Samples are 100 a second, in mg, from -8192 to 8191 as the chip has them: far beyond
that its sums would leave the 32 bits of the board. Imports array, micropython and its own parts.
"""

from array import array

import micropython
from micropython import const

from firmware.policy.fall_features import Features
from firmware.policy.fall_model import Model
from firmware.policy.motion_ring import SLOTS, MotionRing

_WIDTH = const(20)  # samples of the running mean
_MIDDLE = const(10)  # samples from its middle to its end
_WAIT = const(440)  # samples from the end of the mean at its peak to the decision
_MUTE = const(1500)

# Words of the state. None is ever negative: viper reads them unsigned on a 64-bit machine.
_AT = const(0)  # next sample of the batch, and how many it has
_COUNT = const(1)
_SLOT = const(2)  # where it goes in the ring, and the slots of that
_SLOTS = const(3)
_FED = const(4)  # samples since the stream began; from 20 on it goes round: 20 to 39
_SUM = const(5)  # of the last 20 magnitudes
_BASE = const(6)  # slow mean of the magnitude x 512
_X = const(7)  # mean of each axis x 32, lifted by 16384
_Y = const(8)
_Z = const(9)
_STILL = const(10)  # samples since the body last moved
_PEAK = const(11)  # greatest sum of the candidate; 0: there is none
_SINCE = const(12)  # samples since that
_NEXT = const(13)  # greatest sum more than 1.5 s later, and samples since that
_NEXT_SINCE = const(14)
_LOCK = const(15)  # samples until the next impact can be told from this one
# These five outlive a gap in the stream
_TUMBLE = const(16)  # turning impacts x _TURN, less one a sample
_TUMBLING = const(17)  # 1 from _SUSPEND on until that is 0
_LAST_X = const(18)  # means of the axes at the impact before; 0: there was none
_LAST_Y = const(19)
_LAST_Z = const(20)
_WORDS = const(21)

_TURN = const(1200)  # of _TUMBLE: what one impact adds, forgotten after 12 s
_SUSPEND = const(2600)  # the third within 10 s: a fall has one, seldom two
_TURN_MG2 = const(160000)  # by more than 400 mg, squared: what gait seldom does
_TUMBLE_MAX = const(7200)  # over 72 s after the last one at the latest
_STILL_MAX = const(0x20000000)  # 62 days: a small int of the board
_LIFT = const(16384)


@micropython.viper
def _scan(samples: ptr16, ring: ptr16, mags: ptr16, state: ptr32) -> int:
    """Take samples until one is due for a decision; returns 1 there, 0 at the end of the batch.

    samples: x y z in mg. ring: where they are kept. mags: the last 20 magnitudes. state: the
    words above. The candidate starts where the sum of the magnitudes exceeds 20 times the slow
    mean (kept within 900 to 1200 mg) by 2600, which is 130 mg of the mean. One long function: a
    call of another would cost more than all it does for a sample.
    """
    at = int(state[_AT])
    count = int(state[_COUNT])
    slot = int(state[_SLOT])
    slots = int(state[_SLOTS])
    fed = int(state[_FED])
    total = int(state[_SUM])
    base = int(state[_BASE])
    mx = int(state[_X])
    my = int(state[_Y])
    mz = int(state[_Z])
    still = int(state[_STILL])
    peak = int(state[_PEAK])
    since = int(state[_SINCE])
    other = int(state[_NEXT])
    other_since = int(state[_NEXT_SINCE])
    tumble = int(state[_TUMBLE])
    lock = int(state[_LOCK])
    due = 0
    while at < count:
        x = (int(samples[3 * at]) & 0xFFFF ^ 0x8000) - 0x8000
        y = (int(samples[3 * at + 1]) & 0xFFFF ^ 0x8000) - 0x8000
        z = (int(samples[3 * at + 2]) & 0xFFFF ^ 0x8000) - 0x8000
        ring[3 * slot] = x
        ring[3 * slot + 1] = y
        ring[3 * slot + 2] = z
        slot += 1
        if slot == slots:
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
        place = fed % _WIDTH
        if fed >= _WIDTH:
            total -= int(mags[place])
        mags[place] = m
        total += m
        fed += 1
        if fed == 2 * _WIDTH:
            fed = _WIDTH
        base += m - (base >> 9)
        level = base >> 9
        if level < 900:
            level = 900
        if level > 1200:
            level = 1200
        # Whether it moves: how far each axis is from its mean of the last third of a second
        dx = x + _LIFT - (mx >> 5)
        dy = y + _LIFT - (my >> 5)
        dz = z + _LIFT - (mz >> 5)
        mx += dx
        my += dy
        mz += dz
        moved = dx if dx > 0 else 0 - dx
        moved += dy if dy > 0 else 0 - dy
        moved += dz if dz > 0 else 0 - dz
        if moved > 120:
            still = 0
        elif still < _STILL_MAX:
            still += 1
        # Tumbling
        if tumble:
            tumble -= 1
            if tumble == 0:
                state[_TUMBLING] = 0
        if lock:
            lock -= 1
        elif m > 1800:
            lock = 100
            known = int(state[_LAST_X])
            dx = (mx - known) >> 5
            dy = (my - int(state[_LAST_Y])) >> 5
            dz = (mz - int(state[_LAST_Z])) >> 5
            state[_LAST_X] = mx
            state[_LAST_Y] = my
            state[_LAST_Z] = mz
            if known and dx * dx + dy * dy + dz * dz > _TURN_MG2:
                tumble += _TURN
                if tumble > _TUMBLE_MAX:
                    tumble = _TUMBLE_MAX
                if tumble >= _SUSPEND:
                    state[_TUMBLING] = 1
        # The candidate
        if fed >= _WIDTH:
            high = 1 if total > _WIDTH * level + 2600 else 0
            if peak:
                since += 1
                other_since += 1
                if total > peak:
                    peak = total
                    since = 0
                    other = 0
                else:
                    if high and since >= 150 and total > other:
                        other = total
                        other_since = 0
                    if since >= _WAIT:
                        due = 1
                        break
            elif high:
                peak = total
                since = 0
                other = 0
    state[_AT] = at
    state[_SLOT] = slot
    state[_FED] = fed
    state[_SUM] = total
    state[_BASE] = base
    state[_X] = mx
    state[_Y] = my
    state[_Z] = mz
    state[_STILL] = still
    state[_PEAK] = peak
    state[_SINCE] = since
    state[_NEXT] = other
    state[_NEXT_SINCE] = other_since
    state[_TUMBLE] = tumble
    state[_LOCK] = lock
    return due


class Detector:
    """Feed it; see the head of this file.

    ring: the MotionRing of what it was fed. threshold: a fall is told from this score on.
    """

    def __init__(self, model):
        """model: what has `threshold` and `score(features)`, as fall_model.Model."""
        self.ring = MotionRing()
        self.threshold = model.threshold
        self._model = model
        self._features = Features()
        self._mags = array("h", bytes(2 * _WIDTH))
        self._state = array("i", bytes(4 * _WORDS))
        self._mute = 0  # samples
        self.restart()

    @property
    def still(self):
        """Samples since the body last moved, since restart() at most; it stops at 2**29."""
        return self._state[_STILL]

    def restart(self):
        """The stream was interrupted: what follows is not continuous with what was.

        Only tumbling is not forgotten: a gap does not stop a washing machine.
        """
        self.ring.restart()
        state = self._state
        for word in range(_TUMBLE):
            state[word] = 0
        state[_SLOT] = self.ring.count % SLOTS
        state[_SLOTS] = SLOTS
        state[_BASE] = 1000 << 9
        self._mute = 0

    def feed(self, samples, count):
        """Take `count` samples, at most 32, x y z in mg each, from an array("h").

        Returns None, or what the last impact was found to be, a fall: how many samples before
        the last one of these it was, the score, and its features (a tuple of ints). The answer
        depends on the samples alone, not on where one batch ends and the next begins. Raises
        ValueError where the array is shorter than that.
        """
        if not 0 <= 3 * count <= len(samples):
            raise ValueError("count")
        state = self._state
        state[_AT] = 0
        state[_COUNT] = count
        if not state[_FED] and count:
            for axis in range(3):  # the means begin with what is there
                state[_X + axis] = (samples[axis] + _LIFT) << 5
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
        """Whether an impact is being examined: a decision is still to come."""
        return bool(self._state[_PEAK])

    def suspended(self):
        """Whether it tumbles, so that nothing is taken for a fall."""
        return bool(self._state[_TUMBLING])

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
        if self._mute or state[_TUMBLING]:
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
    """The detector for a configuration's `placement` (chest, waist, pocket).

    model: the constants of one, as fall_model.Model takes them, in place of its own.
    """
    return Detector(Model(_constants(config.placement) if model is None else model))


def _constants(placement):
    """Of the thigh those of its own; chest and waist are both the trunk."""
    if placement == "pocket":
        from firmware.policy import fall_pocket

        return fall_pocket.CONSTANTS
    from firmware.policy import fall_trunk

    return fall_trunk.CONSTANTS
