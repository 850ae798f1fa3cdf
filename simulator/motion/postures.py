"""Somebody, her postures, and how she gets from one to another.

Separate from gait and falls, which begin and end in a posture. A motion is a generator of
pieces (wave.py) that keeps `me.up` and `me.posture` true; what plays it decides how far.

Breath and posture shifts are the little that is felt of somebody at rest. A breath tilts the
trunk by well under a degree; after a minute of rest it is less than one step of the chip and is
left out, so that an idle object costs nothing (an assumption). Shifts while sitting come every
few minutes (Vergara and Page, Applied Ergonomics 33, 2002, on office chairs).
"""

from __future__ import annotations

import math
from random import Random
from typing import Iterator

from simulator.motion.vectors import (
    BACK,
    FORWARD,
    HEAD,
    LEFT,
    RIGHT,
    Vector,
    add,
    angle,
    beside,
    normal,
    scaled,
    somewhere,
    turned,
    unit,
)
from simulator.motion.wave import Canvas, Piece, Still, Wave, leaning

STANDING, SITTING, LYING, APART = "standing", "sitting", "lying", "apart"  # apart: not worn
BREATHS = 12  # until they are too shallow to be felt
SHIFT_EVERY_S = (60, 420)
SHIFT_LYING_EVERY_S = (150, 540)
ALIKE = math.radians(4)  # no need to turn


class Somebody:
    """How she stands, sits and lies, and how she is held now."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        lean = (rng.gauss(0.02, 0.03), -1.0, rng.gauss(-0.1, 0.06))
        self.upright = unit(lean)
        self.seated = unit((rng.gauss(0.02, 0.03), -1.0, rng.uniform(0.0, 0.35)))
        self.up = self.seated
        self.posture = SITTING
        self.speed_cms = 120  # of those motions that go somewhere
        self.begun = ""  # the motion that goes on after a short one

    def rests(self) -> Vector:
        """Where up is in her posture."""
        if self.posture == STANDING:
            return self.upright
        return self.seated if self.posture == SITTING else self.up


Motion = Iterator[Piece]


def hold(me: Somebody) -> Motion:
    """At rest in the posture she is in, for ever."""
    me.begun = ""
    if me.posture == APART:
        yield Still(me.up, None)
        return
    every_s = SHIFT_LYING_EVERY_S if me.posture == LYING else SHIFT_EVERY_S
    while True:
        for breath in range(BREATHS):
            yield _breath(me, 1 - breath / BREATHS)
        yield Still(me.up, round(me.rng.uniform(*every_s) * 1000))
        yield _shift(me)


def _breath(me: Somebody, depth: float) -> Wave:
    """One breath, 12 to 20 a minute, a tilt of up to 1 degree fore and aft."""
    rng = me.rng
    canvas = Canvas(me.up, round(rng.uniform(3000, 5000)), 20)
    along = FORWARD if me.posture != LYING else scaled(HEAD, -1)
    canvas.push(0, canvas.count * 20, scaled(along, depth * rng.uniform(0.006, 0.016)))
    return canvas.wave()


def _shift(me: Somebody) -> Wave:
    """She moves a little where she is, and is about as before."""
    rng = me.rng
    over_ms = round(rng.uniform(800, 2500))
    canvas = Canvas(me.up, over_ms, 5)
    target = unit(add(me.rests(), scaled(beside(me.up, rng), math.tan(rng.gauss(0, 0.08)))))
    canvas.turn(0, over_ms * 0.8, normal(me.up, target), angle(me.up, target))
    canvas.tremble(0, over_ms, rng.uniform(0.05, 0.15), rng, 2.5)
    me.up = canvas.up()
    return canvas.wave()


def turn_to(me: Somebody, target: Vector, over_ms: int, unrest_g: float = 0.05) -> Motion:
    """The trunk turns until up is there."""
    if angle(me.up, target) < ALIKE:
        return
    canvas = Canvas(me.up, over_ms, 5)
    canvas.turn(0, over_ms * 0.9, normal(me.up, target), angle(me.up, target))
    canvas.tremble(0, over_ms, unrest_g, me.rng, 3.0)
    me.up = canvas.up()
    yield canvas.wave()


# -- from one posture to another -------------------------------------------------------------


def stand(me: Somebody) -> Motion:
    """On her feet, from whatever she is in."""
    if me.posture == APART:
        yield from _taken_up(me)
    if me.posture == LYING:
        yield from sit_up(me)
    if me.posture == SITTING:
        yield _rising(me)
        me.posture = STANDING
    yield from turn_to(me, me.upright, 500)


def _taken_up(me: Somebody) -> Motion:
    """Somebody takes the object from where it lies and puts it on."""
    rng = me.rng
    canvas = Canvas(me.up, round(rng.uniform(2500, 4500)), 5)
    for _ in range(3):
        at_ms = rng.uniform(200, canvas.count * 5 - 900)
        canvas.turn(at_ms, rng.uniform(400, 800), somewhere(rng), rng.uniform(-1.5, 1.5))
        canvas.knock(at_ms, rng.uniform(20, 60), scaled(somewhere(rng), rng.uniform(0.3, 0.9)))
    canvas.tremble(0, canvas.count * 5, 0.2, rng, 3.0)
    me.up = canvas.up()
    yield canvas.wave()
    me.posture = STANDING
    yield from turn_to(me, me.upright, 700, 0.1)


def sit_up(me: Somebody) -> Motion:
    """From lying to sitting; up from the floor or a bed takes 1.5 to 3 s."""
    rng = me.rng
    yield from turn_to(me, me.seated, round(rng.uniform(1500, 3000)), 0.12)
    me.posture = SITTING


def _rising(me: Somebody) -> Wave:
    """Sit to stand in 1.2 to 2 s: the trunk bends 25 to 45 degrees, thrust, upright.

    Duration and phases: Schenkman et al., Physical Therapy 70 (1990); 1.2 to 1.4 g of thrust and
    as little under 1 g at its end.
    """
    rng = me.rng
    over_ms = round(rng.uniform(1200, 2000))
    canvas = Canvas(me.up, over_ms, 5)
    _bow(canvas, 0, over_ms * 0.45, rng.uniform(25, 45))
    target = me.upright
    canvas.turn(over_ms * 0.45, over_ms * 0.5, *_between(canvas.up(), target))
    thrust = rng.uniform(0.15, 0.4)
    canvas.push(over_ms * 0.3, over_ms * 0.35, scaled(HEAD, thrust))
    canvas.push(over_ms * 0.65, over_ms * 0.3, scaled(HEAD, -thrust))
    canvas.tremble(0, over_ms, 0.04, rng, 4.0)
    me.up = canvas.up()
    return canvas.wave()


def _between(up: Vector, target: Vector) -> tuple[Vector, float]:
    return normal(up, target), angle(up, target)


def _bow(canvas: Canvas, at_ms: float, over_ms: float, degrees: float) -> None:
    """The trunk leans forward."""
    up = canvas.up(at_ms)
    canvas.turn(at_ms, over_ms, *_between(up, leaning(up, FORWARD, math.radians(degrees))))


def sit_down(me: Somebody) -> Motion:
    """Stand to sit: a bow, down with less than the weight, and the seat, 1.2 to 2 g."""
    if me.posture != STANDING:
        yield from stand(me)
    rng = me.rng
    down_ms = rng.uniform(900, 1600)
    canvas = Canvas(me.up, round(down_ms + 700), 2)
    _bow(canvas, 0, down_ms * 0.6, rng.uniform(20, 35))
    canvas.turn(down_ms * 0.7, 600, *_between(canvas.up(), me.seated))
    canvas.push(down_ms * 0.3, down_ms * 0.6, scaled(HEAD, -rng.uniform(0.1, 0.3)))
    seat = scaled(canvas.up(down_ms), rng.uniform(0.3, 1.0))
    canvas.knock(down_ms, rng.uniform(60, 120), seat)
    canvas.ring(down_ms + 60, scaled(seat, -0.4), rng.uniform(4, 7), 90)
    canvas.tremble(0, down_ms + 600, 0.05, rng, 4.0)
    me.up, me.posture = canvas.up(), SITTING
    yield canvas.wave()


def lie_down(me: Somebody) -> Motion:
    """Onto a bed: sits first, then the trunk goes down in 1.2 to 2.5 s, to back or side."""
    if me.posture == APART:
        yield from stand(me)
    if me.posture == STANDING:
        yield from sit_down(me)
    rng = me.rng
    if me.posture == SITTING:
        side = rng.choice((BACK, BACK, LEFT, RIGHT))
        target = flat(me, side)
        over_ms = round(rng.uniform(1200, 2500))
        canvas = Canvas(me.up, over_ms + 500, 5)
        canvas.turn(0, over_ms, *_between(me.up, target))
        canvas.knock(over_ms * 0.85, 120, scaled(target, rng.uniform(0.1, 0.5)))
        canvas.tremble(0, over_ms + 500, 0.06, rng, 3.0)
        me.up, me.posture = canvas.up(), LYING
        yield canvas.wave()
    yield from hold(me)


def flat(me: Somebody, side: Vector) -> Vector:
    """Where up is when she lies on that side of her; trunks are seldom quite level."""
    rng = me.rng
    across = scaled(beside(side, rng), math.tan(math.radians(min(25, abs(rng.gauss(0, 10))))))
    return unit(add(scaled(side, -1), across))


# -- short ones that end where they began ----------------------------------------------------


def bend(me: Somebody) -> Motion:
    """Bows 50 to 90 degrees as if to pick something up, and comes back."""
    yield from stand(me)
    rng = me.rng
    down_ms, stay_ms = rng.uniform(700, 1400), rng.uniform(200, 1200)
    canvas = Canvas(me.up, round(2 * down_ms + stay_ms + 200), 5)
    _bow(canvas, 0, down_ms, rng.uniform(50, 90))
    canvas.turn(down_ms + stay_ms, down_ms, *_between(canvas.up(), me.upright))
    canvas.push(down_ms * 0.5, down_ms, scaled(HEAD, rng.uniform(0.05, 0.3)))
    canvas.tremble(0, canvas.count * 5, 0.06, rng, 3.0)
    me.up = canvas.up()
    yield canvas.wave()


def roll_over(up: Vector, radians: float) -> Vector:
    """Where up is after a turn about the long axis of the body."""
    return turned(up, HEAD, radians)
