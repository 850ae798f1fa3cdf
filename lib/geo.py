"""Distance between two positions, in integers.

Separate because tracking, the fix and the tests measure with it. The earth is a sphere of the
mean radius 6371008.8 m (IUGG), and the way between two points a straight line on a map whose
east-west scale is the cosine of the latitude halfway. Up to 100 km apart and 80 degrees from
the equator that is within 0.1 % + 1 m of the great circle (the ellipsoid itself differs by up
to 0.5 %); farther away it is only good for saying "far". Imports micropython only.
"""

from micropython import const

_HALF_TURN_E7 = const(1800000000)
_NM_PER_E7 = const(11119508)  # 6371008.8 m * pi / 180 / 1e7, in nanometres
_NRAD_PER_DEG = const(17453293)  # nanoradians


def distance_m(lat_a_e7, lon_a_e7, lat_b_e7, lon_b_e7):
    """Return the metres between two positions in 1e-7 degree, rounded to the nearest."""
    north_e7 = lat_b_e7 - lat_a_e7
    east_e7 = lon_b_e7 - lon_a_e7
    # The short way round: 179.9 E to 179.9 W is a step of 0.2 degree.
    east_e7 = (east_e7 + _HALF_TURN_E7) % (2 * _HALF_TURN_E7) - _HALF_TURN_E7
    east_e7 = east_e7 * cosine_e6((lat_a_e7 + lat_b_e7) // 2) // 1000000
    mm = isqrt(north_e7 * north_e7 + east_e7 * east_e7) * _NM_PER_E7 // 1000000
    return (mm + 500) // 1000


def cosine_e6(lat_e7):
    """Return 1e6 times the cosine of a latitude of at most 90 degrees, within 3."""
    x_e9 = abs(lat_e7) * _NRAD_PER_DEG // 10000000
    square_e9 = x_e9 * x_e9 // 1000000000
    term_e9 = total_e9 = 1000000000
    # The series 1 - x^2/2! + x^4/4! ...; at a quarter turn the first term left out is 5e-7.
    for n in (2, 4, 6, 8, 10):
        term_e9 = -term_e9 * square_e9 // (1000000000 * n * (n - 1))
        total_e9 += term_e9
    return max(0, total_e9 // 1000)


def isqrt(n):
    """Return the integer square root of n >= 0, rounded down (Newton's iteration)."""
    if n < 2:
        return n
    root = 1 << (_bits(n) + 1) // 2  # never below the root, so the descent ends at it
    while True:
        closer = (root + n // root) // 2
        if closer >= root:
            return root
        root = closer


def _bits(n):
    """How many binary digits n has (MicroPython's integers do not tell)."""
    count = 0
    while n >= 65536:
        n >>= 16
        count += 16
    while n:
        n >>= 1
        count += 1
    return count
