"""Pieces of what is felt: still for a while, or a wave of samples; and a canvas to paint one.

A piece has `length_ms` (None: without end), `constant`, and `mean(from_ms, to_ms)`, the mean
over a part of it, times from its beginning. Units are g, axes those of the package. Separate
from the motions, which only say what happens when.
"""

from __future__ import annotations

import math
from array import array
from itertools import accumulate
from random import Random
from typing import Callable, Protocol

from simulator.motion.vectors import Vector, add, beside, scaled, turned, unit


class Still:
    """The same all the time."""

    constant = True

    def __init__(self, felt: Vector, length_ms: int | None) -> None:
        self.felt, self.length_ms = felt, length_ms

    def mean(self, from_ms: float, to_ms: float) -> Vector:
        return self.felt


class Wave:
    """Samples of step_ms each; the sums make a mean over any part cost the same."""

    constant = False

    def __init__(self, step_ms: int, samples: list[Vector]) -> None:
        self._step_ms = step_ms
        self.length_ms: int | None = step_ms * len(samples)
        self._last = len(samples)
        x, y, z = zip(*samples)
        self._sums = tuple(array("d", accumulate(axis, initial=0.0)) for axis in (x, y, z))

    def mean(self, from_ms: float, to_ms: float) -> Vector:
        a, b = from_ms / self._step_ms, to_ms / self._step_ms
        i, j = int(a), int(b)
        a, b, over = a - i, b - j, b - a
        i_next, j_next = min(i + 1, self._last), min(j + 1, self._last)
        x, y, z = [
            (s[j] + (s[j_next] - s[j]) * b - s[i] - (s[i_next] - s[i]) * a) / over
            for s in self._sums
        ]
        return x, y, z


class Piece(Protocol):
    """What all of them have."""

    length_ms: int | None

    @property
    def constant(self) -> bool: ...

    def mean(self, from_ms: float, to_ms: float) -> Vector: ...


def smooth(t: float) -> float:
    """From 0 to 1 as a limb is moved: with the least jerk (Flash and Hogan 1985)."""
    if t <= 0:
        return 0.0
    return t * t * t * (10 - 15 * t + 6 * t * t) if t < 1 else 1.0


def hump(t: float) -> float:
    """From 0 to 1 and back to 0, smoothly."""
    return 0.5 - 0.5 * math.cos(2 * math.pi * t)


class Canvas:
    """A wave being made: where up is, sample by sample, and what is felt beside the weight.

    Times are ms from its beginning. Turns first, then what is pushed: a push stays in the axes
    of the body.
    """

    def __init__(self, up: Vector, length_ms: int, step_ms: int = 1) -> None:
        self.step_ms, self.count = step_ms, max(1, round(length_ms / step_ms))
        self._ups = [up] * self.count
        self._pushes: list[Vector] = [(0.0, 0.0, 0.0)] * self.count
        self._weights = [1.0] * self.count

    def up(self, at_ms: float = math.inf) -> Vector:
        """Where up is at a time; at the end where none is given."""
        return self._ups[self._index(at_ms)]

    def _index(self, at_ms: float) -> int:
        return int(max(0, min(self.count - 1, at_ms / self.step_ms)))

    def _part(self, at_ms: float, over_ms: float) -> list[tuple[int, float]]:
        """(index, how far through it, 0 to 1) of the samples of a part."""
        first = self._index(at_ms)
        last = min(self.count, math.ceil((at_ms + over_ms) / self.step_ms))
        over = max(over_ms, self.step_ms)
        return [(i, ((i + 0.5) * self.step_ms - at_ms) / over) for i in range(first, last)]

    # -- what happens ---------------------------------------------------------------------

    def turn(self, at_ms: float, over_ms: float, axis: Vector, radians: float) -> None:
        """Up turns about an axis of the body, and stays turned."""
        angles = [radians * smooth(t) for _, t in self._part(at_ms, over_ms)]
        self.turn_by(at_ms, axis, angles or [radians])

    def turn_by(self, at_ms: float, axis: Vector, radians: list[float]) -> None:
        """The same, angle by angle; the last one stays."""
        first = self._index(at_ms)
        for i in range(first, self.count):
            k = min(i - first, len(radians) - 1)
            self._ups[i] = turned(self._ups[i], axis, radians[k])

    def push(
        self, at_ms: float, over_ms: float, g: Vector, shape: Callable[[float], float] = hump
    ) -> None:
        """An acceleration that comes and goes."""
        for i, t in self._part(at_ms, over_ms):
            self._pushes[i] = add(self._pushes[i], scaled(g, shape(t)))

    def pushes(self, at_ms: float, series: list[Vector]) -> None:
        """Accelerations sample by sample."""
        first = self._index(at_ms)
        for i, g in enumerate(series[: self.count - first], first):
            self._pushes[i] = add(self._pushes[i], g)

    def knock(self, at_ms: float, over_ms: float, g: Vector) -> None:
        """A blow: half a sine."""
        self.push(at_ms, over_ms, g, lambda t: math.sin(math.pi * min(t, 1.0)))

    def ring(self, at_ms: float, g: Vector, hz: float, decay_ms: float) -> None:
        """What swings on after a blow, and dies away."""
        over_ms = 5 * decay_ms
        cycles = hz * over_ms / 1000
        self.push(
            at_ms, over_ms, g, lambda t: math.exp(-5 * t) * math.sin(2 * math.pi * cycles * t)
        )

    def relieve(self, at_ms: float, over_ms: float, until_ms: float, to: float) -> None:
        """The weight, and all that is felt by then, falls to a part `to`, until until_ms."""
        for i, t in self._part(at_ms, until_ms - at_ms):
            through = smooth(t * (until_ms - at_ms) / max(over_ms, 1))
            self._weights[i] *= 1 - (1 - to) * through

    def tremble(self, at_ms: float, over_ms: float, g: float, rng: Random, hz: float) -> None:
        """Unrest of about this size, growing and dying away, of no single pitch."""
        for pitch in (0.55, 1.0, 1.7):
            way = scaled(beside((0.0, 0.0, 1.0), rng), g * rng.uniform(0.4, 0.8))
            way = add(way, (0.0, 0.0, g * rng.uniform(-0.6, 0.6)))
            cycles = hz * pitch * rng.uniform(0.8, 1.25) * over_ms / 1000
            phase = rng.uniform(0, 2 * math.pi)
            self.push(at_ms, over_ms, way, _unrest(cycles, phase))

    def wave(self) -> Wave:
        felt = [
            scaled(add(up, push), weight)
            for up, push, weight in zip(self._ups, self._pushes, self._weights)
        ]
        return Wave(self.step_ms, felt)


def _unrest(cycles: float, phase: float) -> Callable[[float], float]:
    return lambda t: hump(t) * math.sin(2 * math.pi * cycles * t + phase)


def leaning(up: Vector, toward: Vector, radians: float) -> Vector:
    """Where up is for a body that has leaned toward a direction of its own."""
    away = unit(add(toward, scaled(up, -sum(a * b for a, b in zip(toward, up)))))
    return add(scaled(up, math.cos(radians)), scaled(away, -math.sin(radians)))
