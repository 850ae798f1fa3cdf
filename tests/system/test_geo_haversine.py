"""lib/geo.py against the haversine formula in floating point: the accuracy that it states."""

import math
import random

import geo
from harness import depth

EARTH_M = 6371008.8  # mean radius, IUGG


def haversine_m(lat_a_e7, lon_a_e7, lat_b_e7, lon_b_e7):
    lat_a, lat_b = math.radians(lat_a_e7 / 1e7), math.radians(lat_b_e7 / 1e7)
    half_north = (lat_b - lat_a) / 2
    half_east = math.radians((lon_b_e7 - lon_a_e7) / 1e7) / 2
    h = math.sin(half_north) ** 2 + math.cos(lat_a) * math.cos(lat_b) * math.sin(half_east) ** 2
    return 2 * EARTH_M * math.asin(math.sqrt(min(1.0, h)))


def test_within_one_per_mille_and_a_metre_up_to_100_km():
    rng = random.Random(1)
    worst = 0.0
    for _ in range(depth(2000000)):
        lat = rng.randint(-800000000, 800000000)
        lon = rng.randint(-1800000000, 1800000000)
        reach_m = 10 ** rng.uniform(0, 5)
        bearing = rng.uniform(0, 2 * math.pi)
        north = reach_m * math.cos(bearing) / EARTH_M
        east = reach_m * math.sin(bearing) / EARTH_M / math.cos(math.radians(lat / 1e7))
        other = lat + round(math.degrees(north) * 1e7), lon + round(math.degrees(east) * 1e7)
        if abs(other[0]) > 800000000:
            continue
        true_m = haversine_m(lat, lon, *other)
        error_m = abs(geo.distance_m(lat, lon, *other) - true_m)
        assert error_m <= 1 + 0.001 * true_m, (lat, lon, other, true_m)
        worst = max(worst, (error_m - 1) / max(true_m, 1.0))
    assert worst > 0.0002, "the bound is far too generous: state a better one"


def test_the_cosine_is_within_three_millionths():
    for lat_e7 in range(0, 900000001, 1000003):
        assert abs(geo.cosine_e6(lat_e7) - 1e6 * math.cos(math.radians(lat_e7 / 1e7))) <= 3
