"""The model of falls: the same figures as plain arithmetic gives, to the last bit."""

from array import array

from harness import Rng, depth

from firmware.policy import fall_model, fall_pocket, fall_trunk
from firmware.policy.fall_model import Model

SHIPPED = (fall_trunk.CONSTANTS, fall_pocket.CONSTANTS)


def signed(byte):
    return byte - 256 if byte > 127 else byte


def unsigned(values):
    return bytes([value & 255 for value in values])


def plain(constants, features):
    """The score, with integers that have no end."""
    _, medians, scales, weights, biases, output, output_bias, divisor = constants
    inputs = [
        max(-127, min(127, (value - median) * scale // 1024))
        for value, median, scale in zip(features, medians, scales)
    ]
    total = output_bias
    for unit in range(len(biases)):
        row = weights[unit * len(inputs) : (unit + 1) * len(inputs)]
        value = biases[unit] + sum(signed(w) * v for w, v in zip(row, inputs))
        total += signed(output[unit]) * (max(0, value) >> 8)
    return total // divisor


def constants(rng, inputs, units, reach=127):
    """A model by chance."""
    return (
        rng.between(-100, 100),
        tuple([rng.between(-1000, 1000) for _ in range(inputs)]),
        tuple([rng.between(1, 20000) for _ in range(inputs)]),
        unsigned([rng.between(-reach, reach) for _ in range(inputs * units)]),
        tuple([rng.between(-100000, 100000) for _ in range(units)]),
        unsigned([rng.between(-reach, reach) for _ in range(units)]),
        rng.between(-100000, 100000),
        rng.between(1, 2000),
    )


def single(weight, bias, median=0, scale=1024, output=127):
    """One input, one unit; divided by one."""
    head = (0, (median,), (scale,), unsigned([weight]), (bias,))
    return head + (unsigned([output]), 0, 1)


def test_the_same_as_plain_arithmetic():
    for seed in range(depth(2000)):
        rng = Rng(seed)
        inputs, units = 1 + rng.below(90), 1 + rng.below(10)
        made = constants(rng, inputs, units, rng.choice((1, 40, 127)))
        model = Model(made)
        for reach in (10, 2000, 1000000):
            features = [rng.between(-reach, reach) for _ in range(inputs)]
            assert model.score(features) == plain(made, features)


def test_what_is_shipped_is_the_same_as_plain_arithmetic():
    for made in SHIPPED:
        model = Model(made)
        medians = made[1]
        assert model.score(list(medians)) == plain(made, medians)
        for seed in range(depth(300)):
            rng = Rng(seed)
            spread = rng.choice((3, 50, 700, 100000))
            features = [median + rng.between(-spread, spread) for median in medians]
            assert model.score(features) == plain(made, features)


def test_what_is_shipped_fits_together():
    for made in SHIPPED:
        threshold, medians, scales, weights, biases, output, output_bias, divisor = made
        assert len(medians) == len(scales) == 76 and len(output) == len(biases)
        assert len(weights) == len(medians) * len(biases) and divisor > 0
        # The greatest sum a unit can have, and what viper reads of a bias
        for unit in range(len(biases)):
            row = weights[unit * len(medians) : (unit + 1) * len(medians)]
            reach = 127 * sum(abs(signed(w)) for w in row)
            assert abs(biases[unit]) < 1 << 24 and abs(biases[unit]) + reach < 1 << 31
        assert Model(made).threshold == threshold


def test_inputs_are_limited_to_127_steps():
    for value in (0, 1, 126, 127, 128, 129, 255, 256, 10**6):
        want = min(127, value)
        for weight in (100, -100):
            bias = 20000  # so that the unit is above zero
            model = Model(single(weight, bias))
            assert model.score((value,)) == 127 * ((bias + weight * want) >> 8), (value, weight)
            assert model.score((-value,)) == 127 * ((bias - weight * want) >> 8), (value, weight)


def test_a_feature_is_measured_from_its_median():
    model = Model(single(127, 0, median=500, scale=2048))
    for value, step in ((500, 0), (510, 20), (563, 126), (564, 127), (9999, 127)):
        assert model.score((value,)) == 127 * (127 * step >> 8)
    assert Model(single(-127, 0, 500, 1)).score((499,)) == 0  # -1 / 1024 of a step: -1


def test_bytes_have_a_sign():
    for weight in (-128, -127, -1, 0, 1, 127):
        for value in (-127, -1, 0, 1, 127):
            got = Model(single(weight, 1 << 16)).score((value,))
            assert got == 127 * (((1 << 16) + weight * value) >> 8)
    for output in (-128, -1, 0, 1, 127):
        assert Model(single(0, 256 * 10, output=output)).score((0,)) == 10 * output


def test_a_unit_below_zero_is_silent():
    for bias, want in ((-1, 0), (-(1 << 23), 0), (0, 0), (255, 0), (256, 127)):
        assert Model(single(1, bias)).score((0,)) == want


def test_the_score_is_rounded_down():
    for bias, divisor, want in ((7, 2, 3), (-7, 2, -4), (0, 5, 0), (-1, 1000, -1)):
        made = (0, (0,), (1024,), b"\x00", (0,), b"\x00", bias, divisor)
        assert Model(made).score((0,)) == want


def test_it_remembers_nothing():
    rng = Rng(1)
    made = constants(rng, 20, 5)
    model = Model(made)
    one, other = ([rng.between(-500, 500) for _ in range(20)] for _ in range(2))
    want = model.score(one)
    model.score(other)
    assert model.score(one) == want


def test_the_hidden_layer_takes_the_place_of_its_biases():
    biases = array("i", ((1 << 24) + 5000, (1 << 24) - 5000))
    fall_model._hidden(b"\x01\xff", b"\x7f\x80\x80\x7f", biases, array("i", (2, 2)))
    assert list(biases) == [(5000 + 127 + 128) >> 8, 0]
