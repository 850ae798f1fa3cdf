"""hmac256: the vectors of RFC 4231, its buffers, and that the pad is empty afterwards."""

from binascii import unhexlify

import hmac256
from harness import Rng, depth

LARGE = b"\xaa" * 131
# RFC 4231, 4.2 to 4.8: key, data, HMAC-SHA-256 (of 4.6 the first half, as printed)
VECTORS = (
    (
        b"\x0b" * 20,
        b"Hi There",
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
    ),
    (
        b"Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        b"\xaa" * 20,
        b"\xdd" * 50,
        "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
    ),
    (
        bytes(range(1, 26)),
        b"\xcd" * 50,
        "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
    ),
    (b"\x0c" * 20, b"Test With Truncation", "a3b6167473100ee06e0c796c2955552b"),
    (
        LARGE,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
    (
        LARGE,
        b"This is a test using a larger than block-size key and a larger than block-size data."
        b" The key needs to be hashed before being used by the HMAC algorithm.",
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
    ),
)


def test_vectors():
    for key, data, tag in VECTORS:
        want = unhexlify(tag)
        out = bytearray(32)
        assert hmac256.into(out, key, data) is out
        assert bytes(out[: len(want)]) == want


def test_parts_are_joined():
    rng = Rng(1)
    for _ in range(depth(1000)):
        key, data = rng.bytes(rng.below(90)), rng.bytes(rng.below(200))
        cut = rng.below(len(data) + 1)
        whole = hmac256.into(bytearray(32), key, data)
        view = memoryview(data)
        assert hmac256.into(bytearray(32), key, view[:cut], b"", view[cut:]) == whole
    assert hmac256.into(bytearray(32), b"k") == hmac256.into(bytearray(32), b"k", b"")


def test_a_key_may_be_replaced_by_its_successor():
    key = bytearray(VECTORS[3][0]) + bytearray(7)
    want = hmac256.into(bytearray(32), bytes(key), b"next")
    assert hmac256.into(key, key, b"next") == want
    tagged = bytearray(b"head") + bytearray(32)
    hmac256.into(memoryview(tagged)[4:], b"k", memoryview(tagged)[:4])
    assert tagged[4:] == hmac256.into(bytearray(32), b"k", b"head")


def test_nothing_is_left_in_the_buffers():
    for key in (b"short", LARGE):
        hmac256.into(bytearray(32), key, b"x")
        assert bytes(hmac256._PAD) == bytes(64) and bytes(hmac256._LONG) == bytes(32)
        for bad in ((b"x", None), (b"x", 3)):
            out = bytearray(32)
            try:
                hmac256.into(out, key, *bad)
            except TypeError:
                assert bytes(out) == bytes(32)
                assert bytes(hmac256._PAD) == bytes(64) and bytes(hmac256._LONG) == bytes(32)
            else:
                raise AssertionError("no TypeError")


def test_same():
    tag = bytes(range(32))
    assert hmac256.same(tag, bytearray(tag))
    for at in range(32):
        other = bytearray(tag)
        other[at] ^= 0x80
        assert not hmac256.same(tag, other)
    assert not hmac256.same(tag, tag[:31]) and not hmac256.same(b"", tag)
