"""x25519: the vectors of RFC 7748, points of low order, and a number's many forms."""

from array import array
from binascii import hexlify, unhexlify

import x25519
from harness import Rng, depth

P = 2**255 - 19


def run(generator):
    """Its value, and how often it yielded."""
    count = 0
    while True:
        try:
            next(generator)
            count += 1
        except StopIteration as end:
            return end.value, count


def agreed(secret, public):
    out = bytearray(32)
    good, _ = run(x25519.agree(secret, public, out))
    assert good == any(out)
    return bytes(out)


def of(text):
    return unhexlify(text)


# 5.2: scalar, u-coordinate, output
VECTORS = (
    (
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ),
    (
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ),
)


def test_vector_one():
    scalar, u, want = VECTORS[0]
    assert hexlify(agreed(of(scalar), of(u))).decode() == want


def test_vector_two_with_its_highest_bit():
    scalar, u, want = VECTORS[1]
    assert hexlify(agreed(of(scalar), of(u))).decode() == want


def test_vector_once_over():
    nine = b"\x09" + bytes(31)
    want = "422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"
    assert hexlify(agreed(nine, nine)).decode() == want


# 6.1
ALICE = "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"
ALICE_PUBLIC = "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
BOB = "5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"
BOB_PUBLIC = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
SHARED = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"


def test_public_key():
    out = bytearray(32)
    good, yields = run(x25519.public_key(of(ALICE), out))
    assert good and hexlify(out).decode() == ALICE_PUBLIC
    assert yields == 16 + 1


def test_agreement():
    assert hexlify(agreed(of(ALICE), of(BOB_PUBLIC))).decode() == SHARED


def test_agreement_from_the_other_side():
    assert hexlify(agreed(of(BOB), of(ALICE_PUBLIC))).decode() == SHARED


def little(number):
    return number.to_bytes(32, "little")


# u of the points of order 1, 2, 4 and 8, and what is the same modulo the prime
LOW = (
    bytes(32),
    b"\x01" + bytes(31),
    of("e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800"),
    of("5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157"),
    little(P - 1),
    little(P),
    little(P + 1),
    little(2**255),
)


def test_low_order_is_told():
    rng = Rng(3)
    for point in LOW if depth(100) > 1 else (rng.choice(LOW),):
        out = bytearray(b"\xaa" * 32)
        good, _ = run(x25519.agree(rng.bytes(32), point, out))
        assert good is False and bytes(out) == bytes(32), point


def test_what_is_not_below_the_prime_is_taken():
    assert agreed(of(ALICE), little(P + 9)) == of(ALICE_PUBLIC)


def test_wrong_lengths():
    for secret, public, out in ((31, 32, 32), (32, 33, 32), (32, 32, 31)):
        try:
            x25519.agree(bytes(secret), bytes(public), bytearray(out))
        except ValueError:
            continue
        raise AssertionError("no ValueError")


def test_the_secret_stays_and_a_view_will_do():
    secret = bytearray(of(ALICE))
    both = bytearray(40)
    run(x25519.public_key(memoryview(secret), memoryview(both)[4:36]))
    assert bytes(secret) == of(ALICE)
    assert hexlify(both).decode() == "00000000" + ALICE_PUBLIC + "00000000"


def test_numbers_are_blank_at_the_end_and_when_closed():
    made = []

    def kept(kind, content):
        made.append(array(kind, content))
        return made[-1]

    x25519.array = kept
    try:
        stopped = x25519.agree(of(ALICE), of(BOB_PUBLIC), bytearray(32))
        for _ in range(5):
            next(stopped)
        assert sum([any(number) for number in made]) > 5
        stopped.close()
        assert len(made) == 12 and not any(any(number) for number in made)
    finally:
        x25519.array = array


# -- the arithmetic, against long integers

TOP = 10239  # of a limb


def number_of(limbs):
    total = 0
    for k in range(20):
        total += limbs[k] << 13 * k
    return total


def limbs_of(values):
    return array("H", list(values) + [0] * 20)


def some_limbs(rng):
    kind = rng.below(4)
    if kind == 0:
        return limbs_of([TOP] * 20)
    if kind == 1:
        return limbs_of([rng.choice((0, 1, 8191, TOP)) for _ in range(20)])
    return limbs_of([rng.below(TOP + 1) for _ in range(20)])


def check(limbs, want):
    assert max(limbs[:20]) <= TOP
    assert (number_of(limbs) - want) % P == 0


def test_arithmetic():
    rng = Rng(5)
    for _ in range(depth(2000)):
        a, b, one, other = [some_limbs(rng) for _ in range(4)]
        x, y = number_of(a), number_of(b)
        x25519._multiply(a, b, one)
        check(one, x * y)
        x25519._square(a, one)
        check(one, x * x)
        x25519._sum_and_difference(a, b, one, other)
        check(one, x + y)
        check(other, x - y)
        x25519._plus_scaled(a, b, one)
        check(one, x + 121665 * y)
        assert number_of(a) == x and number_of(b) == y
        x25519._swap(a, b, 0)
        assert number_of(a) == x and number_of(b) == y
        x25519._swap(a, b, 1)
        assert number_of(a) == y and number_of(b) == x


def test_bytes():
    rng = Rng(6)
    edges = [0, 1, 19, P - 20, P - 1, P, P + 1, 2 * P - 1, 2 * P, 2**255, 2**260 - 1, 31 * P]
    out = bytearray(32)
    for count in range(depth(2000) + len(edges)):
        limbs = some_limbs(rng)
        if count < len(edges):
            limbs = limbs_of([edges[count] >> 13 * k & 8191 for k in range(20)])
        want = number_of(limbs) % P
        assert x25519._to_bytes(limbs, out) == (want != 0)
        assert bytes(out) == little(want)
        x25519._from_bytes(out, limbs)
        assert number_of(limbs) == want


def test_inverse():
    rng = Rng(7)
    for number in (0, 1, 2, P - 1, number_of(some_limbs(rng)) % P):
        numbers = [limbs_of([0] * 20) for _ in range(6)]
        x25519._from_bytes(little(number), numbers[0])
        inverse, _ = run(x25519._inverse(numbers[:4], numbers[4:]))
        assert (number_of(inverse) * number - (number != 0)) % P == 0
