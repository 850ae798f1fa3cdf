"""Viper code of lib/ as a board runs it: in words of 32 bits nothing wraps, at the worst values.

The arithmetic of x25519 at limbs of 10239, the largest it is made for; every state of the
encoder of sound; and HMACs, and a whole agreement. A function that nothing here runs is told.
"""

import importlib
from array import array
from hashlib import sha256

import adpcm
import hmac256
import pytest
import wipe
import x25519
from harness import Rng, depth

from tools import viper, viper32

TOP = 10239
PRIME = 2**255 - 19


@pytest.fixture
def references(monkeypatch):
    """A reference in place of each function; afterwards none of them has wrapped."""
    made = {}
    modules = {one.module for one in viper.functions()}
    for name in sorted(name for name in modules if not name.startswith("firmware.")):
        module = importlib.import_module(name)
        for function, reference in viper32.of(module).items():
            monkeypatch.setattr(module, function, reference)
            made[name, function] = reference
    viper32.Word.wraps = 0
    yield made
    assert viper32.Word.wraps == 0


def limbs(values):
    return array("H", [*values, *[0] * 20])


def number(words):
    return sum(words[k] << 13 * k for k in range(20))


def pairs():
    """Of 20 limbs each: the ends in many places, then chance."""
    ends = ([TOP] * 20, [0] * 20, [TOP] + [0] * 19, [0] * 19 + [TOP], [0, TOP] * 10)
    for a in ends:
        for b in ends:
            yield a, b
    rng = Rng(1)
    for _ in range(depth(500)):
        yield [[rng.choice((0, TOP, rng.below(TOP + 1))) for _ in range(20)] for _ in range(2)]


def field():
    one, other = limbs([0] * 20), limbs([0] * 20)
    for values in pairs():
        a, b = map(limbs, values)
        x, y = map(number, (a, b))
        x25519._multiply(a, b, one)
        check(one, x * y)
        x25519._square(a, one)
        check(one, x * x)
        x25519._sum_and_difference(a, b, one, other)
        check(one, x + y)
        check(other, x - y)
        x25519._plus_scaled(a, b, one)
        check(one, x + 121665 * y)
        x25519._swap(a, b, 1)
        assert (number(a), number(b)) == (y, x)
        x25519._blank(a)
        assert not any(a)


def check(found, want):
    assert (number(found) - want) % PRIME == 0 and max(found[:20]) <= TOP


def sound():
    samples = array("h", (32767, -32768, -32768, 32767, 0, 1, -1, 12345))
    for index in range(0, 89, 11):
        for prediction in (-32768, -1, 0, 32767):
            encoder = adpcm.Encoder()
            encoder._state[0], encoder._state[1] = prediction + 32768, index
            out = bytearray(4)
            encoder.encode(samples, 8, out)
            assert adpcm.decode(out, prediction, index)[-1] == encoder.state()[0]


def keys():
    tag = hmac256.into(bytearray(32), b"Jefe", b"what do ya want ", b"for nothing?")
    assert tag.hex() == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
    digest, out = bytearray(sha256(b"x").digest()), bytearray(40)
    wipe._move(digest, out, 8)
    assert out[8:] == sha256(b"x").digest() and not any(digest)
    wipe._complement(out, digest, 32)
    assert bytes(digest) == bytes(byte ^ 255 for byte in out[:32])
    wipe.clear(out)
    assert not any(out)


def test_everything_once(references):
    field()
    sound()
    keys()
    idle = [key for key, reference in references.items() if not reference.calls]
    assert not idle, "nothing here runs these in 32 bits"


def test_the_audit_can_fail(references):
    """At twice the limbs that it is made for, a column wraps."""
    x25519._multiply(limbs([2 * TOP] * 20), limbs([TOP] * 20), limbs([0] * 20))
    assert viper32.Word.wraps
    viper32.Word.wraps = 0


@pytest.mark.skipif(depth(100) < 10, reason="a whole ladder: at depth 10")
def test_ladder(references):
    out = bytearray(32)
    for _ in x25519.agree(b"\x09" + bytes(31), b"\x09" + bytes(31), out):
        pass
    assert out.hex() == "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
