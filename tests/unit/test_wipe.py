"""wipe: what was secret is zero, and nothing beside it changes."""

from hashlib import sha256

import wipe
from harness import Rng, depth


def secret():
    """Bytes that nothing else holds."""
    return bytes(bytearray(range(1, 33)))


def test_buffers_become_zero():
    rng = Rng(1)
    for _ in range(depth(2000)):
        count = rng.below(80)
        around = bytearray(rng.bytes(count + 8))
        want = bytes(around[:4]) + bytes(count) + bytes(around[4 + count :])
        wipe.clear(memoryview(around)[4 : 4 + count])
        assert bytes(around) == want
        wipe.clear(around)
        assert bytes(around) == bytes(count + 8)


def test_bytes_become_zero_where_that_can_be():
    victim = secret()
    wipe.clear(victim)
    assert victim == (bytes(32) if wipe.IN_PLACE else secret())
    wipe.clear(bytes())


def test_a_digest_is_taken():
    for at in (0, 1, 23):
        out = bytearray(b"\xaa" * 60)
        wipe.take(sha256(b"abc"), out, at)
        want = b"\xaa" * at + sha256(b"abc").digest() + b"\xaa" * (28 - at)
        assert bytes(out) == want
    view = bytearray(64)
    wipe.take(sha256(b"abc"), memoryview(view)[32:])
    assert bytes(view) == bytes(32) + sha256(b"abc").digest()


class Finished:
    """A hash object whose digest the test keeps hold of."""

    def __init__(self):
        self.given = secret()

    def digest(self):
        return self.given


def test_its_bytes_stay_nowhere():
    state, out = Finished(), bytearray(32)
    kept = wipe.LEFT_BYTES
    wipe.LEFT_BYTES = 0  # this object is not one of hashlib's
    try:
        wipe.take(state, out)
    finally:
        wipe.LEFT_BYTES = kept
    assert bytes(out) == secret()
    assert state.given == (bytes(32) if wipe.IN_PLACE else secret())


def test_no_room():
    for out, at in ((bytearray(31), 0), (bytearray(40), 9), (bytearray(40), -1)):
        try:
            wipe.take(sha256(), out, at)
        except ValueError:
            continue
        raise AssertionError("written outside")


def test_what_a_hash_object_keeps_is_found():
    """Before its digest there is something to find; the same search says what is left after."""
    if not wipe.IN_PLACE:
        assert (wipe.LEFT_AT, wipe.LEFT_BYTES) == (0, 0)
        return
    block = bytearray(range(65, 65 + 55))
    state = sha256(block)
    masked = wipe.masked(block)
    wipe.clear(block)
    at, count = wipe.span(state, (masked, b"never there"))
    assert count == 55 and 8 <= at <= 128 - 55
    wipe.blank(state, at, count)
    assert wipe.span(state, (masked,)) == (0, 0)


def test_a_finished_hash_object_keeps_nothing():
    if not wipe.IN_PLACE:
        return
    block = bytearray(range(55))
    state = sha256(block)
    digest = bytearray(32)
    wipe.take(state, digest)
    masked = [wipe.masked(block), wipe.masked(digest)]
    masked.append(wipe.turned(masked[1]))
    wipe.clear(block)
    wipe.clear(digest)
    assert wipe.span(state, masked) == (0, 0)


def test_what_a_build_leaves_in_the_object_is_overwritten():
    """Such a build is played by an object that stays as it is when its digest is taken."""
    if not wipe.IN_PLACE:
        return
    block = bytearray(range(65, 65 + 55))
    state = sha256(block)
    masked = wipe.masked(block)
    kept = wipe.LEFT_AT, wipe.LEFT_BYTES
    wipe.LEFT_AT, wipe.LEFT_BYTES = wipe.span(state, (masked,))
    wipe.id = lambda _: id(state)
    try:
        wipe.take(Finished(), bytearray(32))
    finally:
        wipe.LEFT_AT, wipe.LEFT_BYTES = kept
        del wipe.id
    assert wipe.span(state, (masked,)) == (0, 0)
