"""lmots: a signature of RFC 8554, appendix F, byte for byte, and what is no signature."""

from hashlib import sha256

import lmots
import lmots_vector as vector
from harness import Rng, depth


def run(generator):
    """Its value, and how often it yielded."""
    count = 0
    while True:
        try:
            next(generator)
            count += 1
        except StopIteration as end:
            return end.value, count


def key_of(identifier, q, seed):
    out = bytearray(32)
    run(lmots.public_key(identifier, q, seed, out))
    return bytes(out)


def signed(identifier, q, seed, randomizer, parts):
    out = bytearray(lmots.SIGNATURE_BYTES)
    run(lmots.sign(identifier, q, seed, randomizer, parts, out))
    return out


def holds(identifier, q, key, signature, parts):
    good, _ = run(lmots.verify(identifier, q, key, signature, parts))
    return good


def test_signature_of_the_rfc():
    head = (vector.IDENTIFIER, vector.Q, vector.SEED, vector.C)
    assert bytes(signed(*head, (vector.MESSAGE,))) == vector.SIGNATURE
    cut = (vector.MESSAGE[:9], b"", memoryview(vector.MESSAGE)[9:])
    assert bytes(signed(*head, cut)) == vector.SIGNATURE


def test_public_key_is_a_leaf_of_the_tree_of_the_rfc():
    """Section 5.4: the root over this key and the path is the published one."""
    node = (1 << vector.HEIGHT) + vector.Q
    key = key_of(vector.IDENTIFIER, vector.Q, vector.SEED)
    value = hashed(node, b"\x82\x82", key)
    for k in range(vector.HEIGHT):
        beside = vector.PATH[32 * k : 32 * k + 32]
        pair = beside + value if node & 1 else value + beside
        node >>= 1
        value = hashed(node, b"\x83\x83", pair)
    assert value == vector.ROOT
    assert holds(vector.IDENTIFIER, vector.Q, key, vector.SIGNATURE, (vector.MESSAGE,))


def hashed(node, kind, content):
    return sha256(vector.IDENTIFIER + node.to_bytes(4, "big") + kind + content).digest()


def test_random_keys():
    rng = Rng(1)
    for _ in range(depth(100)):
        identifier, seed, c = rng.bytes(16), rng.bytes(32), rng.bytes(32)
        q = rng.choice((0, rng.below(256), rng.next32(), 2**32 - 1))
        key = key_of(identifier, q, seed)
        message = rng.bytes(rng.below(300))
        signature = signed(identifier, q, seed, c, (message,))
        assert holds(identifier, q, key, signature, (message,))
        assert not holds(identifier, q ^ 1, key, signature, (message,))
        assert not holds(identifier, q, key, signature, (message, b"\x00"))


def test_any_changed_byte_is_told():
    rng = Rng(2)
    key = key_of(vector.IDENTIFIER, vector.Q, vector.SEED)
    places = [0, 3, 4, 35, 36, lmots.SIGNATURE_BYTES - 1]
    places += [rng.below(lmots.SIGNATURE_BYTES) for _ in range(depth(1000))]
    for at in places:
        changed = bytearray(vector.SIGNATURE)
        changed[at] ^= 1 << rng.below(8)
        assert not holds(vector.IDENTIFIER, vector.Q, key, changed, (vector.MESSAGE,)), at


def test_other_lengths():
    key = key_of(vector.IDENTIFIER, vector.Q, vector.SEED)
    for signature in (b"", vector.SIGNATURE[:-1], vector.SIGNATURE + b"\x00"):
        assert not holds(vector.IDENTIFIER, vector.Q, key, signature, (vector.MESSAGE,))
    long = bytearray(lmots.SIGNATURE_BYTES)
    for misused in (
        lambda: lmots.public_key(bytes(15), 0, bytes(32), bytearray(32)),
        lambda: lmots.sign(bytes(17), 0, bytes(32), bytes(32), (), long),
        lambda: lmots.sign(bytes(16), 0, bytes(32), bytes(31), (), long),
        lambda: lmots.sign(bytes(16), 0, bytes(32), bytes(32), (), bytearray(2179)),
    ):
        try:
            misused()
        except ValueError:
            continue
        raise AssertionError("no ValueError")


def test_it_yields():
    head = (vector.IDENTIFIER, vector.Q, vector.SEED)
    _, count = run(lmots.public_key(*head, bytearray(32)))
    assert count == 8
    out = bytearray(lmots.SIGNATURE_BYTES)
    _, count = run(lmots.sign(*head, vector.C, (vector.MESSAGE,), out))
    assert 3 <= count <= 5


def test_the_block_is_blank_at_the_end_and_when_closed():
    made, block_of = [], lmots._block

    def kept(identifier, q):
        made.append(block_of(identifier, q))
        return made[-1]

    lmots._block = kept
    try:
        run(lmots.public_key(vector.IDENTIFIER, 3, vector.SEED, bytearray(32)))
        stopped = lmots.sign(
            vector.IDENTIFIER, 3, vector.SEED, vector.C, (b"x",), bytearray(lmots.SIGNATURE_BYTES)
        )
        next(stopped)
        assert any(made[1])
        stopped.close()
        assert len(made) == 2 and not any(made[0]) and not any(made[1])
    finally:
        lmots._block = block_of
