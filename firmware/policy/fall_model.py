"""The judge of an impact: a small neural network in integers, from features to a score.

Separate from what it judges by: its constants are data (fall_trunk.py, fall_pocket.py), written by
`python -m tools.falls train`. One hidden layer of rectified units. A feature is taken from its
median in the training data and measured in steps of 1/63 of its spread, at most two spreads away
(8 bits): what lies further out says no more, so that a stranger's strange value cannot decide
alone. Every sum stays below 2**31, as viper has it on the board. Imports array and micropython.
"""

from array import array

import micropython
from micropython import const

_LIFT = const(1 << 24)  # added to a bias: words that viper reads are not negative


@micropython.viper
def _hidden(inputs: ptr8, weights: ptr8, biases: ptr32, size: ptr32):
    """The units of the hidden layer, in place of their biases.

    size: number of inputs, number of units. inputs: signed bytes. weights: a row of these for
    each unit. biases: lifted by 2**24 -> the sum >> 8, or 0 where it is negative.
    """
    count = int(size[0])
    units = int(size[1])
    at = 0
    unit = 0
    while unit < units:
        total = int(biases[unit]) - _LIFT
        k = 0
        while k < count:
            w = (int(weights[at]) ^ 128) - 128
            v = (int(inputs[k]) ^ 128) - 128
            total += w * v
            at += 1
            k += 1
        biases[unit] = total >> 8 if total > 0 else 0
        unit += 1


class Model:
    """One set of constants, ready to judge; what it needs is allocated once."""

    def __init__(self, constants):
        """constants: THRESHOLD, MEDIANS, SCALES, WEIGHTS, BIASES, OUTPUT, OUTPUT_BIAS, DIVISOR.

        MEDIANS and SCALES: of each feature, SCALES x 1024 to steps. WEIGHTS: signed bytes, a row
        for each hidden unit; BIASES: of these; OUTPUT: signed bytes. THRESHOLD: a fall from this
        score on, which is 100 times the logarithm of the odds.
        """
        self.threshold, self._medians, self._scales = constants[0:3]
        self._weights, self._biases, self._output = constants[3:6]
        self._output_bias, self._divisor = constants[6:8]
        self._inputs = bytearray(len(self._medians))
        self._units = array("i", bytes(4 * len(self._biases)))
        self._size = array("i", (len(self._medians), len(self._biases)))

    def score(self, features):
        """100 times the logarithm of the odds that this is a fall, as far as the model knows.

        features: what fall_features.Features.of returned; an int for each of MEDIANS.
        """
        inputs = self._inputs
        for k in range(len(inputs)):
            step = (features[k] - self._medians[k]) * self._scales[k] >> 10
            inputs[k] = max(-127, min(127, step)) & 255
        units = self._units
        for k in range(len(units)):
            units[k] = self._biases[k] + _LIFT
        _hidden(inputs, self._weights, units, self._size)
        total = self._output_bias
        for k in range(len(units)):
            total += ((self._output[k] ^ 128) - 128) * units[k]
        return total // self._divisor
