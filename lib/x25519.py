"""X25519: a public key from a secret, and a shared secret with somebody's public key.

Separate because it is the one piece of large arithmetic. Follows RFC 7748, section 5: the
Montgomery ladder with a masked swap, so that neither branches nor addresses depend on the secret.
Each function is a generator that yields every few milliseconds of a board's time. Whoever calls
wipes the keys; what lies between is overwritten here at the end, or when the generator is closed.

A number modulo 2**255 - 19 is 20 limbs of 13 bits in 16-bit words, and 20 more words for what
stands above. 2**260 is 608. Every function takes limbs below 10240 and leaves such: then a column
is at most 20 * 10239**2 + 608 * 12830 + 2**18, which is below 2**31 - 4e7. Imports array and
micropython.
"""

from array import array

import micropython
from micropython import const

BYTES = 32
_LIMBS = const(20)
_STEPS = const(16)  # of the ladder between two yields: 6 ms of a board, 9 at worst
_SQUARINGS = const(200)  # as long
_NUMBERS = const(12)
_Z, _A, _B, _C = const(0), const(1), const(2), const(3)

# z**(2**255 - 21), which is 1/z: (from, squarings, by, to) is to = from**(2**squarings) * by.
_INVERSION = (
    (_A, 2, _Z, _B),  # z**9, _A being z**2
    (_B, 0, _A, _A),  # z**11
    (_A, 1, _B, _B),  # 2**5 - 1
    (_B, 5, _B, _B),  # 2**10 - 1
    (_B, 10, _B, _C),  # 2**20 - 1
    (_C, 20, _C, _C),  # 2**40 - 1
    (_C, 10, _B, _B),  # 2**50 - 1
    (_B, 50, _B, _C),  # 2**100 - 1
    (_C, 100, _C, _C),  # 2**200 - 1
    (_C, 50, _B, _B),  # 2**250 - 1
    (_B, 5, _A, _A),  # 2**255 - 21
)


@micropython.viper
def _multiply(a: ptr16, b: ptr16, out: ptr16):
    """out = a * b; out is neither. The upper 20 words of out are used.

    Upper columns first, which then come 608 times to the lower ones. What is carried out of the
    last one is at most 2**18, 608 times that is below 2**28.
    """
    k = 20
    carry = 0
    while k < 39:
        total = carry
        i = k - 19
        j = 19
        while i < 20:
            total += a[i] * b[j]
            i += 1
            j -= 1
        out[k] = total & 8191
        carry = total >> 13
        k += 1
    out[39] = carry
    carry = 0
    k = 0
    while k < 20:
        total = carry + 608 * out[20 + k]
        i = 0
        j = k
        while j >= 0:
            total += a[i] * b[j]
            i += 1
            j -= 1
        out[k] = total & 8191
        carry = total >> 13
        k += 1
    total = out[0] + 608 * carry
    out[0] = total & 8191
    total = out[1] + (total >> 13)
    out[1] = total & 8191
    out[2] = out[2] + (total >> 13)


@micropython.viper
def _square(a: ptr16, out: ptr16):
    """out = a * a; out is not a. As _multiply, each pair of limbs once and then doubled."""
    k = 20
    carry = 0
    while k < 39:
        total = 0
        i = k - 19
        j = 19
        while i < j:
            total += a[i] * a[j]
            i += 1
            j -= 1
        total += total + carry
        if i == j:
            total += a[i] * a[i]
        out[k] = total & 8191
        carry = total >> 13
        k += 1
    out[39] = carry
    carry = 0
    k = 0
    while k < 20:
        total = 0
        i = 0
        j = k
        while i < j:
            total += a[i] * a[j]
            i += 1
            j -= 1
        total += total + carry + 608 * out[20 + k]
        if i == j:
            total += a[i] * a[i]
        out[k] = total & 8191
        carry = total >> 13
        k += 1
    total = out[0] + 608 * carry
    out[0] = total & 8191
    total = out[1] + (total >> 13)
    out[1] = total & 8191
    out[2] = out[2] + (total >> 13)


@micropython.viper
def _sum_and_difference(a: ptr16, b: ptr16, more: ptr16, less: ptr16):
    """more = a + b, less = a - b; all four may be the same but for more and less.

    64 * (2**255 - 19) is added to the difference: limbs of 16382, the lowest of 15168, from which
    any limb can be taken. At most 2 and 3 are carried out, so the lowest limb is at most 10015.
    """
    up = 0
    down = 0 - 1214
    k = 0
    while k < 20:
        one = a[k]
        other = b[k]
        up += one + other
        down += one + 16382 - other
        more[k] = up & 8191
        less[k] = down & 8191
        up >>= 13
        down >>= 13
        k += 1
    more[0] = more[0] + 608 * up
    less[0] = less[0] + 608 * down


@micropython.viper
def _plus_scaled(a: ptr16, e: ptr16, out: ptr16):
    """out = a + 121665 * e: at most 1.25e9 in a limb, 2**18 carried, below 2**28 at the end."""
    carry = 0
    k = 0
    while k < 20:
        carry += a[k] + 121665 * e[k]
        out[k] = carry & 8191
        carry >>= 13
        k += 1
    carry = out[0] + 608 * carry
    out[0] = carry & 8191
    carry = out[1] + (carry >> 13)
    out[1] = carry & 8191
    out[2] = out[2] + (carry >> 13)


@micropython.viper
def _swap(a: ptr16, b: ptr16, bit: int):
    """Exchange a and b where bit is 1, in the same way as not where it is 0. Words of 16 bits."""
    mask = 0 - bit
    k = 0
    while k < 20:
        changed = mask & (a[k] ^ b[k])
        a[k] = a[k] ^ changed
        b[k] = b[k] ^ changed
        k += 1


@micropython.viper
def _blank(a: ptr16):
    k = 0
    while k < 40:
        a[k] = 0
        k += 1


def public_key(secret, out):
    """A generator: put the public key of a secret of 32 bytes into out[:32]."""
    base = bytearray(BYTES)
    base[0] = 9
    return agree(secret, base, out)


def agree(secret, public, out):
    """A generator: put what secret and the other's public key share into out[:32].

    Its value (of `yield from`) is False where that is zero: then public is one of the few keys
    that share it with everybody, and out must not be used (RFC 7748, 6.1). secret, public: 32
    bytes each; the secret is taken with the bits that section 5 sets and clears, and not changed.
    """
    if len(secret) != BYTES or len(public) != BYTES or len(out) < BYTES:
        raise ValueError("32 bytes each")
    # Made here, not at the first resume: a generator that never ran has nothing to wipe.
    return _agree(secret, public, out)


def _agree(secret, public, out):
    numbers = [array("H", bytes(4 * _LIMBS)) for _ in range(_NUMBERS)]
    try:
        _from_bytes(public, numbers[0])
        yield from _ladder(secret, numbers)
        inverse = yield from _inverse(numbers[2:6], numbers[6:8])
        _multiply(numbers[1], inverse, numbers[8])
        return _to_bytes(numbers[8], out)
    finally:
        for number in numbers:
            _blank(number)


def _ladder(secret, numbers):
    """Section 5: numbers[0] times the secret, as the fraction numbers[1] / numbers[2]."""
    x1, x2, z2, x3, z3, a, b, c, d, e, f, g = numbers
    x2[0] = z3[0] = 1
    for k in range(_LIMBS):
        x3[k] = x1[k]
    last = 0
    for t in range(254, -1, -1):
        # decodeScalar25519: bit 254 is set, bits 0 to 2 are not
        bit = 1 if t == 254 else 0 if t < 3 else secret[t >> 3] >> (t & 7) & 1
        _swap(x2, x3, bit ^ last)
        _swap(z2, z3, bit ^ last)
        last = bit
        _sum_and_difference(x2, z2, a, b)
        _sum_and_difference(x3, z3, c, d)
        _multiply(d, a, e)
        _multiply(c, b, f)
        _sum_and_difference(e, f, c, d)
        _square(c, x3)
        _square(d, g)
        _multiply(x1, g, z3)
        _square(a, c)
        _square(b, d)
        _multiply(c, d, x2)
        _sum_and_difference(c, d, a, b)
        _plus_scaled(c, b, a)
        _multiply(b, a, z2)
        if t & (_STEPS - 1) == 0:
            yield
    # Bit 0 was clear: the two are where they belong.


def _inverse(powers, spare):
    """A generator: 1 / powers[0], or 0 of 0. powers: 4 numbers, spare: 2; all are overwritten."""
    _square(powers[_Z], powers[_A])
    spent = 0
    for source, squarings, by, to in _INVERSION:
        now = powers[source]
        one, other = spare
        for _ in range(squarings):
            _square(now, one)
            now, one, other = one, other, one
            spent += 1
            if spent % _SQUARINGS == 0:
                yield
        _multiply(now, powers[by], one)
        spare = (powers[to], other)
        powers[to] = one
    return powers[_A]


def _from_bytes(number, limbs):
    """Little endian. The highest bit counts nothing; what is not below the prime is taken, too."""
    held = bits = k = 0
    for at in range(BYTES):
        held |= (number[at] if at < BYTES - 1 else number[at] & 0x7F) << bits
        bits += 8
        if bits >= 13:
            limbs[k] = held & 8191
            held >>= 13
            bits -= 13
            k += 1
    limbs[k] = held


def _to_bytes(limbs, out):
    """The one number below the prime that it is, little endian; whether it is not zero."""
    _carried(limbs, 0)
    # Now below 2**260: bits 255 to 259 are 19 times as many ones.
    high = limbs[19] >> 8
    limbs[19] &= 255
    _carried(limbs, 19 * high)
    # Below 2**255 + 600, so at most one prime too many: which 19 more shows in bit 255.
    carry = 19
    for k in range(_LIMBS - 1):
        carry = limbs[k] + carry >> 13
    _carried(limbs, 19 * (limbs[19] + carry >> 8))
    limbs[19] &= 255
    held = bits = k = any_bit = 0
    for at in range(BYTES):
        if bits < 8 and k < _LIMBS:
            held |= limbs[k] << bits
            bits += 13
            k += 1
        out[at] = held & 255
        any_bit |= held & 255
        held >>= 8
        bits -= 8
    return any_bit != 0


def _carried(limbs, carry):
    """Add to the lowest limb and make each one of 13 bits; what is carried out counts 608."""
    for _ in range(2):
        for k in range(_LIMBS):
            carry += limbs[k]
            limbs[k] = carry & 8191
            carry >>= 13
        carry *= 608
