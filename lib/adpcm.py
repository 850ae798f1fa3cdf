"""IMA-ADPCM: sound in 4 bits a sample, and back.

Separate because it is a format. Follows the IMA Digital Audio Focus and Technical Working Groups'
recommended practices, revision 3.00 (1992): a step of 89, chosen by the codes so far, and a code
that is a sign and three bits of the difference in halves of the step. Two samples to a byte, the
earlier one in the low bits, as WAVE files (format 0x11) have it. The state of the encoder before
a block goes with the block, which can then be decoded alone. Imports array and micropython.
"""

from array import array

import micropython
from micropython import const

_LIFT = const(32768)  # added to the prediction: words that viper reads are not negative

# As a text: 89 arguments would take more room.
_STEPS_TEXT = """
7 8 9 10 11 12 13 14 16 17 19 21 23 25 28 31 34 37 41 45 50 55 60 66 73 80 88 97 107 118
130 143 157 173 190 209 230 253 279 307 337 371 408 449 494 544 598 658 724 796 876 963
1060 1166 1282 1411 1552 1707 1878 2066 2272 2499 2749 3024 3327 3660 4026 4428 4871 5358
5894 6484 7132 7845 8630 9493 10442 11487 12635 13899 15289 16818 18500 20350 22385 24623
27086 29794 32767
"""
_STEPS = array("H", [int(step) for step in _STEPS_TEXT.split()])


@micropython.viper
def _encode(samples: ptr16, out: ptr8, steps: ptr16, state: ptr32):
    """state: prediction + 32768, index of the step, number of samples, where in out they go.

    No sum is beyond 2**17: a difference is at most 65535, a change at most 1.875 steps.
    """
    prediction = int(state[0]) - _LIFT
    index = int(state[1])
    count = int(state[2])
    at = int(state[3])
    low = 0
    k = 0
    while k < count:
        step = int(steps[index])
        change = step >> 3
        code = 0
        left = ((int(samples[k]) & 0xFFFF) ^ 0x8000) - 0x8000 - prediction
        if left < 0:
            code = 8
            left = 0 - left
        if left >= step:
            code |= 4
            left -= step
            change += step
        if left >= step >> 1:
            code |= 2
            left -= step >> 1
            change += step >> 1
        if left >= step >> 2:
            code |= 1
            change += step >> 2
        prediction += 0 - change if code & 8 else change
        if prediction > 32767:
            prediction = 32767
        elif prediction < 0 - 32768:
            prediction = 0 - 32768
        index += ((code & 3) + 1) * 2 if code & 4 else 0 - 1
        if index < 0:
            index = 0
        elif index > 88:
            index = 88
        if k & 1:
            out[at] = code << 4 | low
            at += 1
        else:
            low = code
        k += 1
    state[0] = prediction + _LIFT
    state[1] = index


class Encoder:
    """One stream of sound; what it needs is allocated once."""

    def __init__(self):
        self._state = array("i", (_LIFT, 0, 0, 0))

    def state(self):
        """(prediction, index): what decode() needs for the samples that come next."""
        return self._state[0] - _LIFT, self._state[1]

    def encode(self, samples, count, out, at=0):
        """Put `count` samples, an even number, into out from `at` on; returns where they end.

        samples: 16-bit ones, array("h") or (not on CPython) a buffer of bytes as I2S fills it.
        """
        end = at + (count >> 1)
        size = len(samples) if isinstance(samples, array) else len(samples) >> 1
        if count & 1 or not 0 <= count <= size or at < 0 or end > len(out):
            raise ValueError("an odd number of samples, or no room")
        state = self._state
        state[2] = count
        state[3] = at
        _encode(samples, out, _STEPS, state)
        return end


def decode(data, prediction, index):
    """The samples of a block, array("h"), from the state of the encoder before it."""
    out = array("h", bytes(4 * len(data)))
    for k in range(len(out)):
        code = data[k >> 1] >> 4 * (k & 1) & 15
        step = _STEPS[index]
        change = step >> 3
        for bit in range(3):
            if code & 4 >> bit:
                change += step >> bit
        prediction += -change if code & 8 else change
        prediction = max(-32768, min(32767, prediction))
        index = max(0, min(88, index + (((code & 3) + 1) * 2 if code & 4 else -1)))
        out[k] = prediction
    return out
