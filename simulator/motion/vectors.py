"""Vectors of three floats as tuples, and turns of them; no more than the motions need.

Separate so that the motions read as physics. A rotation is a 3 x 3 matrix, rows first.
"""

from __future__ import annotations

import math
from random import Random

Vector = tuple[float, float, float]
Matrix = tuple[Vector, Vector, Vector]

IDENTITY: Matrix = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
HEAD: Vector = (0.0, -1.0, 0.0)  # from feet to head
FORWARD: Vector = (0.0, 0.0, 1.0)
BACK: Vector = (0.0, 0.0, -1.0)
RIGHT: Vector = (1.0, 0.0, 0.0)
LEFT: Vector = (-1.0, 0.0, 0.0)


def add(a: Vector, b: Vector) -> Vector:
    return a[0] + b[0], a[1] + b[1], a[2] + b[2]


def scaled(a: Vector, k: float) -> Vector:
    return a[0] * k, a[1] * k, a[2] * k


def dot(a: Vector, b: Vector) -> float:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def cross(a: Vector, b: Vector) -> Vector:
    return a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]


def length(a: Vector) -> float:
    return math.sqrt(dot(a, a))


def unit(a: Vector) -> Vector:
    """The direction of a; upright where it has none."""
    size = length(a)
    return scaled(a, 1 / size) if size > 1e-9 else HEAD


def angle(a: Vector, b: Vector) -> float:
    """Radians between two directions."""
    return math.acos(max(-1.0, min(1.0, dot(unit(a), unit(b)))))


def turned(a: Vector, axis: Vector, radians: float) -> Vector:
    """a, turned about a unit axis by the right hand (Rodrigues)."""
    c, s = math.cos(radians), math.sin(radians)
    k = dot(axis, a) * (1 - c)
    b = cross(axis, a)
    return (
        a[0] * c + b[0] * s + axis[0] * k,
        a[1] * c + b[1] * s + axis[1] * k,
        (a[2] * c + b[2] * s + axis[2] * k),
    )


def normal(a: Vector, b: Vector) -> Vector:
    """The unit axis about which a turns to b; any that is square to a where they are parallel."""
    axis = cross(a, b)
    if length(axis) < 1e-6:
        axis = cross(a, RIGHT) if abs(a[0]) < 0.9 * length(a) else cross(a, FORWARD)
    return unit(axis)


def somewhere(rng: Random) -> Vector:
    """A direction, none more likely than another."""
    z, turn = rng.uniform(-1, 1), rng.uniform(0, 2 * math.pi)
    flat = math.sqrt(1 - z * z)
    return flat * math.cos(turn), flat * math.sin(turn), z


def beside(a: Vector, rng: Random) -> Vector:
    """A unit vector square to a, in any direction."""
    while True:
        found = cross(a, somewhere(rng))
        if length(found) > 0.1:
            return unit(found)


def applied(m: Matrix, a: Vector) -> Vector:
    return dot(m[0], a), dot(m[1], a), dot(m[2], a)


def product(m: Matrix, n: Matrix) -> Matrix:
    columns = list(zip(*n))
    rows = [tuple(sum(x * y for x, y in zip(row, column)) for column in columns) for row in m]
    return rows[0], rows[1], rows[2]  # type: ignore[return-value]


def euler(x_deg: float, y_deg: float, z_deg: float) -> Matrix:
    """The rotation about x, then y, then z, of axes that stay where they are."""
    found = IDENTITY
    for axis, degrees in enumerate((x_deg, y_deg, z_deg)):
        about = IDENTITY[axis]
        columns = [turned(unit_axis, about, math.radians(degrees)) for unit_axis in IDENTITY]
        found = product(tuple(zip(*columns)), found)  # type: ignore[arg-type]
    return found


def random_rotation(rng: Random) -> Matrix:
    """Any rotation, none more likely than another: a random unit quaternion."""
    w, x, y, z = _unit4([rng.gauss(0, 1) for _ in range(4)])
    return (
        (1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)),
        (2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)),
        (2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)),
    )


def _unit4(q: list[float]) -> list[float]:
    size = math.sqrt(sum(part * part for part in q))
    return [part / size for part in q]
