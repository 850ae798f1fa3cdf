"""lib/geo.py: distances known from elsewhere, and the properties that any distance has.

The comparison with a float haversine is in tests/system/test_geo_haversine.py.
"""

import geo
from harness import Rng, depth

BELLECOUR = (457577990, 48321990)

DISTANCES = (  # from, to, metres on a sphere of radius 6371008.8 m
    ((0, 0), (0, 0), 0),
    ((0, 0), (0, 45), 1),
    ((0, 0), (0, 44), 0),
    ((0, 0), (10000000, 0), 111195),
    ((0, 0), (0, 10000000), 111195),
    ((600000000, 0), (600000000, 1000000), 5560),
    ((-600000000, 0), (-600000000, -1000000), 5560),
    ((0, 1799500000), (0, -1799500000), 11120),
    ((0, -1800000000), (0, 1800000000), 0),
    (BELLECOUR, (457677990, 48321990), 1112),
)


def test_known_distances():
    for start, end, metres in DISTANCES:
        assert abs(geo.distance_m(*(start + end)) - metres) <= metres // 10000, (start, end)


def test_both_ways_are_equally_long():
    for seed in range(depth(20000)):
        rng = Rng(seed)
        start = (rng.below(1600000000) - 800000000, rng.below(3600000000) - 1800000000)
        end = (start[0] + rng.below(9000000) - 4500000, start[1] + rng.below(9000000) - 4500000)
        there = geo.distance_m(*(start + end))
        assert abs(there - geo.distance_m(*(end + start))) <= 1, seed
        north = geo.distance_m(start[0], start[1], end[0], start[1])
        assert there >= north - 1, seed


def test_cosine():
    for degrees, e6 in ((0, 1000000), (30, 866025), (45, 707107), (60, 500000), (90, 0)):
        assert abs(geo.cosine_e6(degrees * 10000000) - e6) <= 3, degrees
        assert geo.cosine_e6(-degrees * 10000000) == geo.cosine_e6(degrees * 10000000)


def test_integer_square_root():
    for n in list(range(100)) + [2**k + d for k in range(7, 90, 7) for d in (-1, 0, 1)]:
        root = geo.isqrt(n)
        assert root * root <= n < (root + 1) * (root + 1), n
