"""adpcm: the encoder follows its own decoder, closely, over any cut into blocks."""

from array import array

import adpcm
from harness import Rng, depth


def encoded(samples, state=None):
    """(bytes, state before, encoder) of samples, an even number."""
    encoder = adpcm.Encoder() if state is None else state
    before = encoder.state()
    out = bytearray(len(samples) // 2)
    assert encoder.encode(samples, len(samples), out) == len(out)
    return bytes(out), before, encoder


def waves(rng, count):
    """A triangle with noise on it, sometimes beyond what follows it."""
    slope, noise = rng.between(1, 3000), rng.between(1, 4000)
    value, samples = 0, array("h", bytes(2 * count))
    for k in range(count):
        value += slope
        if not -25000 < value < 25000:
            slope = -slope
            value += 2 * slope
        samples[k] = max(-32768, min(32767, value + rng.between(-noise, noise)))
    return samples


# Worked by hand. The first step is 7, with the halves 3 and 1; code 7 makes the next one 16.
HAND = (
    # samples, codes in their order, prediction and index at the end
    ((0, 0), (0, 0), 0, 0),
    ((7, 7), (4, 0), 7 + (9 >> 3), 1),
    ((11, -11), (7, 0xD), 11 - (2 + 16 + 4), 12),
    ((-7, -7), (0xC, 0), -7 + (9 >> 3), 1),
    ((32767, 32767), (7, 7), 11 + (2 + 16 + 8 + 4), 16),
)


def test_by_hand():
    for samples, codes, prediction, index in HAND:
        data, _, encoder = encoded(array("h", samples))
        assert data == bytes((codes[1] << 4 | codes[0],)), samples
        assert encoder.state() == (prediction, index), samples


def test_it_ends_where_the_decoder_does():
    rng = Rng(1)
    for _ in range(depth(1000)):
        samples = waves(rng, 2 * rng.between(1, 100))
        data, before, encoder = encoded(samples)
        heard = adpcm.decode(data, *before)
        assert len(heard) == len(samples) and heard[-1] == encoder.state()[0]


def test_every_sample_and_step():
    """From each step the ends and the middle: nothing leaves 16 bits, the best code is taken."""
    for index in range(89):
        for prediction in (-32768, -1, 0, 32767):
            for sample in (-32768, -100, 0, 3, 1000, 32767):
                encoder = adpcm.Encoder()
                encoder._state[0] = prediction + 32768
                encoder._state[1] = index
                data, before, _ = encoded(array("h", (sample, sample)), encoder)
                assert before == (prediction, index)
                first, second = adpcm.decode(data, *before)
                assert encoder.state()[0] == second and -32768 <= first <= 32767
                errors = []
                for code in range(16):
                    guess = adpcm.decode(bytes((code,)), *before)[0]
                    errors.append(abs(sample - guess))
                step = adpcm._STEPS[index]
                assert abs(sample - first) <= min(errors) + (step >> 2) + 2


def test_sound_is_kept():
    """At least 20 dB of a slow triangle: its energy a hundred times that of the error."""
    samples = array("h", [abs(k % 80 - 40) * 500 - 10000 for k in range(800)])
    data, before, _ = encoded(samples)
    heard = adpcm.decode(data, *before)
    energy = error = 0
    for k in range(80, 800):
        energy += samples[k] ** 2
        error += (samples[k] - heard[k]) ** 2
    assert energy > 100 * error


def test_blocks():
    rng = Rng(2)
    for _ in range(depth(500)):
        samples = waves(rng, 200)
        whole, _, last = encoded(samples)
        encoder, joined, heard = adpcm.Encoder(), b"", []
        at = 0
        while at < len(samples):
            count = min(len(samples) - at, 2 * rng.between(0, 40))
            data, before, _ = encoded(samples[at : at + count], encoder)
            joined += data
            heard += list(adpcm.decode(data, *before))
            at += count
        assert joined == whole and encoder.state() == last.state()
        assert heard == list(adpcm.decode(whole, 0, 0))


def test_only_its_place_is_written():
    out = bytearray(b"\xaa" * 12)
    assert adpcm.Encoder().encode(array("h", (5000,) * 10), 8, out, 3) == 7
    assert out[:3] == b"\xaa" * 3 and out[7:] == b"\xaa" * 5 and b"\xaa" not in out[3:7]


def test_misuse():
    samples, out = array("h", bytes(16)), bytearray(4)
    for count, at in ((3, 0), (10, 0), (-2, 0), (8, 1), (2, -1), (2, 4)):
        try:
            adpcm.Encoder().encode(samples, count, out, at)
        except ValueError:
            assert bytes(out) == bytes(4)
            continue
        raise AssertionError("no ValueError")
