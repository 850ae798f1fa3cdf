"""aes_cbc: the vector of SP 800-38A, in place, and what an object keeps of its key."""

from binascii import unhexlify

import wipe
from harness import Rng, depth

try:
    import aes_cbc
except ImportError:  # the 32-bit VM has no cryptolib
    aes_cbc = None

# SP 800-38A, F.2.5
KEY = unhexlify("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
START = bytes(range(16))
PLAIN = unhexlify(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
CIPHER = unhexlify(
    "f58c4c04d6e5f1ba779eabfb5f7bfbd69cfc4e967edb808d679f777bc6702c7d"
    "39f23369a9d9bacfa530e26304231461b2eb05e2c39be9fcda6c19078c6a9d1b"
)


def test_vector():
    if not aes_cbc:
        return
    for key, start in ((KEY, START), (bytearray(KEY), memoryview(START))):
        data = bytearray(PLAIN)
        aes_cbc.encrypt(key, start, data)
        assert bytes(data) == CIPHER and bytes(key) == KEY and bytes(start) == START


def test_in_place_within_a_buffer():
    if not aes_cbc:
        return
    rng = Rng(1)
    for _ in range(depth(1000)):
        before, after = rng.below(60), rng.below(60)
        around = bytearray(rng.bytes(before) + PLAIN + rng.bytes(after))
        want = bytes(around[:before]) + CIPHER + bytes(around[before + len(PLAIN) :])
        aes_cbc.encrypt(KEY, START, memoryview(around)[before : before + len(PLAIN)])
        assert bytes(around) == want


def test_each_call_begins_anew():
    if not aes_cbc:
        return
    first, again = bytearray(16), bytearray(16)
    aes_cbc.encrypt(KEY, START, first)
    aes_cbc.encrypt(KEY, START, again)
    assert first == again


def test_misuse_is_refused_before_the_key_is_used():
    if not aes_cbc:
        return
    rows = ((KEY[:31], START, 16), (KEY, START[:15], 16), (KEY, START, 15), (KEY, START, 0))
    for key, start, count in rows:
        data = bytearray(count)
        try:
            aes_cbc.encrypt(key, start, data)
        except ValueError:
            assert data == bytearray(count)
            continue
        raise AssertionError(count)


def test_it_works_in_this_memory():
    if not aes_cbc:
        return
    assert aes_cbc.works_in(bytearray(4096)) and aes_cbc.works_in(bytearray(5000))
    kept, aes_cbc._KNOWN = aes_cbc._KNOWN, b"x"
    try:
        assert not aes_cbc.works_in(bytearray(4096))
    finally:
        aes_cbc._KNOWN = kept


def test_an_object_keeps_nothing():
    """The objects of this build do keep the key and the last block; then they are overwritten."""
    if not aes_cbc or not wipe.IN_PLACE:
        assert not aes_cbc or not aes_cbc.KEEPS_NO_KEY
        return
    assert aes_cbc.KEEPS_NO_KEY
    state, (key, chained) = aes_cbc._used()
    assert wipe.span(state, (key, wipe.turned(key)), 640)[1] == 32
    assert wipe.span(state, (chained,), 640)[1] == 16
    wipe.blank(state, aes_cbc._LEFT_AT, aes_cbc._LEFT_BYTES)
    assert wipe.span(state, (key, wipe.turned(key), chained), 640) == (0, 0)


def test_a_build_that_hides_them_is_told():
    if not aes_cbc or not wipe.IN_PLACE:
        return

    class Hidden:
        def __init__(self, key, mode, start):
            pass

        def encrypt(self, data, out):
            out[:] = bytes(range(16))

    kept, aes_cbc.aes = aes_cbc.aes, Hidden
    try:
        assert aes_cbc._left() == (0, 0)
    finally:
        aes_cbc.aes = kept
