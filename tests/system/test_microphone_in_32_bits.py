"""The microphone's viper code as a board runs it: in words of 32 bits nothing wraps."""

from array import array

import pytest
from harness import Rng, depth

from firmware.drivers import microphone
from tools import viper, viper32

TOP, BOTTOM = (1 << 23) - 1, -(1 << 23)
REST = (1 << 30) - 1  # an offset of zero, as it is kept


@pytest.fixture
def references():
    viper32.Word.wraps = 0
    found = viper32.of(microphone)
    assert set(found) == {"_refine", "_halve"}
    yield found
    assert viper32.Word.wraps == 0


def test_these_are_all():
    """What is neither pure nor of the detector is run here."""
    modules = {one.module for one in viper.functions()}
    drivers = {name for name in modules if name.startswith("firmware.")}
    assert {name for name in drivers if ".policy." not in name} == {microphone.__name__}


def refined(function, words, gain_x16, offset=REST, at=0):
    """(samples, state afterwards) of 256 words."""
    raw = bytearray(
        b"".join((word & 0xFFFFFF).to_bytes(3, "little").rjust(4, b"\x55") for word in words)
    )
    out = array("h", bytes(2 * (256 + at)))
    limit = (32767 << 12) // gain_x16
    state = array("i", (at, gain_x16, limit, offset, 0, 0, 0, 2 * -BOTTOM - 1, 0, 0, -BOTTOM))
    function(raw, out, state)
    return list(out), list(state)


def signals():
    """The ends in all orders, then chance."""
    yield [TOP] * 256
    yield [BOTTOM] * 256
    yield [TOP, BOTTOM] * 128
    yield [BOTTOM, BOTTOM, TOP, 0] * 64
    rng = Rng(1)
    for _ in range(depth(100)):
        height = rng.choice((2, 5000, 1 << 20, TOP))
        yield [rng.between(-height, height) for _ in range(256)]


def test_words_become_samples(references):
    for words in signals():
        for gain_x16 in (1, 16, 256, 65535):
            # Also from an offset that was learned at the other end of the scale.
            for offset in (REST, REST + 128 * TOP, REST + 128 * BOTTOM + 127):
                want = refined(microphone._refine, words, gain_x16, offset)
                assert refined(references["_refine"], words, gain_x16, offset) == want


def test_an_offset_stays_within_its_bounds(references):
    for level in (TOP, BOTTOM):
        offset = REST
        for _ in range(12):
            _, state = refined(references["_refine"], [level] * 256, 256, offset)
            offset = state[3]
        assert offset - REST == (128 * TOP if level == TOP else 128 * BOTTOM + 127)


def test_every_second_one(references):
    rng = Rng(2)
    test_signals = [[32767] * 262, [-32768] * 262, [-32768, -32768, 32767, 32767] * 65 + [0, 0]]
    test_signals += [[rng.between(-32768, 32767) for _ in range(262)] for _ in range(depth(100))]
    for wide in test_signals:
        made = []
        for function in (microphone._halve, references["_halve"]):
            samples, out = array("h", wide), array("h", bytes(512))
            function(samples, out)
            assert list(samples)[:6] == wide[256:]
            made.append(list(out))
        assert made[0] == made[1]


def test_the_audit_can_fail():
    """Without the limit a product wraps."""
    reference = viper32.of(microphone)["_refine"]
    viper32.Word.wraps = 0
    raw = bytearray(b"\x00\xff\xff\x7f" * 256)
    state = array("i", (0, 65535, TOP, REST, 0, 0, 0, 2 * -BOTTOM - 1, 0, 0, -BOTTOM))
    reference(raw, array("h", bytes(512)), state)
    assert viper32.Word.wraps
    viper32.Word.wraps = 0
