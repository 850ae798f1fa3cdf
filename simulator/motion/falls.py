"""Falls: balance lost, the way down, the blow, the rebound, and lying there.

A body that topples is a rod that turns about its feet, slowed by what the legs still do. From
video of real falls (Choi, Wakeling and Robinovitch, J. Biomechanics 48, 2015): the pelvis meets
the floor with 2.14 m/s (SD 0.63), 583 ms (SD 255) after the descent began and 1271 ms (SD 648)
after the balance was lost. Assumed: that a fifth to a half of that speed is taken by one blow of
20 to 60 ms at the waist (3 to 8 g), the rest by knees, hands and what gives way; how it
rebounds; and how she comes to lie. Nothing here was fitted to recordings or to a detector.
"""

from __future__ import annotations

import math
from random import Random
from typing import Iterator

from simulator.motion.gait import walk
from simulator.motion.postures import (
    LYING,
    STANDING,
    Motion,
    Somebody,
    flat,
    hold,
    lie_down,
    roll_over,
    stand,
)
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
    unit,
)
from simulator.motion.wave import Canvas, leaning

G = 9.81  # m/s2
ROD_M, WAIST_M = 1.65, 0.93  # her height, and the object's
LEAN_LOST = math.radians(12)  # from here on no step helps
SETTLE_MS = 3000
DESCENT_MAX_MS = 1600


def fall_forward(me: Somebody) -> Motion:
    yield from _topple(me, FORWARD)


def fall_back(me: Somebody) -> Motion:
    yield from _topple(me, BACK)


def fall_side(me: Somebody) -> Motion:
    yield from _topple(me, me.rng.choice((LEFT, RIGHT)))


def _topple(me: Somebody, toward: Vector) -> Motion:
    yield from stand(me)
    rng = me.rng
    toward = unit(add(toward, scaled(beside(toward, rng), abs(rng.gauss(0, 0.2)))))
    toward = unit(add(toward, scaled(HEAD, -_dot_head(toward))))
    lost_ms, speed = rng.uniform(300, 700), _landing_speed(rng)
    angles, beside_weight = _descent(rng, toward, speed)
    down_ms = lost_ms + len(angles)
    canvas = Canvas(me.up, round(down_ms + SETTLE_MS))
    axis = normal(HEAD, scaled(toward, -1))
    _lose_balance(canvas, rng, lost_ms, axis, toward)
    canvas.turn_by(lost_ms, axis, angles)
    canvas.pushes(lost_ms, beside_weight)
    gives_ms = min(len(angles) * 0.8, rng.uniform(250, 450))
    canvas.relieve(down_ms - gives_ms, gives_ms * 0.7, down_ms, rng.uniform(0.25, 0.6))
    _land(canvas, rng, down_ms, speed * rng.uniform(0.35, 0.6))
    _settle(me, canvas, down_ms, flat(me, toward))
    yield canvas.wave()
    yield from hold(me)


def _dot_head(a: Vector) -> float:
    return sum(x * y for x, y in zip(a, HEAD))


def _landing_speed(rng: Random) -> float:
    """m/s of the waist when it meets the floor."""
    return max(1.4, min(3.4, rng.gauss(2.14, 0.5)))


def _lose_balance(
    canvas: Canvas, rng: Random, over_ms: float, axis: Vector, toward: Vector
) -> None:
    """She leans until no step helps; the push or the trip, and a step that tries."""
    canvas.turn(0, over_ms, axis, LEAN_LOST)
    canvas.push(0, min(over_ms, 250), scaled(toward, rng.uniform(0.1, 0.4)))
    if rng.random() < 0.6:
        step = add(scaled(HEAD, rng.uniform(0.2, 0.8)), scaled(toward, -rng.uniform(0.1, 0.4)))
        canvas.knock(over_ms * rng.uniform(0.5, 0.8), rng.uniform(40, 90), step)
    canvas.tremble(0, over_ms, 0.1, rng, 4.0)


def _descent(rng: Random, toward: Vector, speed: float) -> tuple[list[float], list[Vector]]:
    """Per ms, from LEAN_LOST on: the further lean, and what is felt beside the weight.

    Of a rod of length L, w'' = k 3 g / 2 L sin w, with the part k of gravity that leaves the
    waist with `speed` at the end; felt at height h: h w'' along the lean, -h w' w' along the rod.
    """
    end = math.radians(rng.uniform(72, 90))
    fall = 3 * G / ROD_M * (math.cos(LEAN_LOST) - math.cos(end))
    begin = rng.uniform(0.5, 1.0)  # rad/s: balance was lost in motion
    k = max(0.1, ((speed / WAIST_M) ** 2 - begin**2) / fall)
    lean, turn = LEAN_LOST, begin
    angles: list[float] = []
    felt: list[Vector] = []
    while lean < end and len(angles) < DESCENT_MAX_MS:
        faster = k * 1.5 * G / ROD_M * math.sin(lean)
        turn += faster / 1000
        lean += turn / 1000
        angles.append(lean - LEAN_LOST)
        along = scaled(toward, WAIST_M * faster / G)
        felt.append(add(along, scaled(HEAD, -WAIST_M * turn * turn / G)))
    return angles, felt


def _land(canvas: Canvas, rng: Random, at_ms: float, speed: float) -> None:
    """The blow that takes `speed` (m/s), aslant of upward, and the swinging after it."""
    over_ms = rng.uniform(20, 60)
    peak_g = speed * 1000 / over_ms * math.pi / 2 / G
    if not 3 <= peak_g <= 8:
        peak_g = max(3.0, min(8.0, peak_g))
        over_ms = max(20.0, min(60.0, speed * 1000 / peak_g * math.pi / 2 / G))
    up = canvas.up(at_ms + 1)
    aslant = unit(add(up, scaled(beside(up, rng), abs(rng.gauss(0, 0.3)))))
    blow = scaled(aslant, peak_g)
    canvas.knock(at_ms, over_ms, blow)
    canvas.ring(at_ms + over_ms, scaled(blow, -rng.uniform(0.2, 0.4)), rng.uniform(6, 12), 70)
    if rng.random() < 0.7:  # arms, head, the other hip
        again = scaled(unit(add(up, scaled(beside(up, rng), 0.5))), peak_g * rng.uniform(0.2, 0.5))
        canvas.knock(at_ms + rng.uniform(90, 260), rng.uniform(25, 60), again)
    canvas.tremble(at_ms, rng.uniform(800, 2000), 0.2, rng, 5.0)


def _settle(me: Somebody, canvas: Canvas, at_ms: float, lying: Vector) -> None:
    """She comes to lie; the blow itself turns her a little on."""
    up = canvas.up()
    over_ms = me.rng.uniform(250, 1200)
    canvas.turn(at_ms, over_ms, normal(up, lying), angle(up, lying))
    me.up, me.posture = canvas.up(), LYING


def fall_faint(me: Somebody) -> Motion:
    """She slides down: the legs fold in 0.9 to 1.8 s, then the trunk tips over."""
    yield from stand(me)
    rng = me.rng
    sink_ms, tip_ms = rng.uniform(900, 1800), rng.uniform(450, 900)
    down_ms = sink_ms + tip_ms
    canvas = Canvas(me.up, round(down_ms + SETTLE_MS), 2)
    toward = rng.choice((FORWARD, BACK, LEFT, RIGHT))
    axis = normal(HEAD, scaled(toward, -1))
    canvas.turn(sink_ms * 0.3, sink_ms * 0.7, axis, math.radians(rng.uniform(10, 35)))
    canvas.relieve(sink_ms * 0.4, sink_ms * 0.4, sink_ms, rng.uniform(0.55, 0.8))
    _blow(canvas, rng, sink_ms, rng.uniform(0.8, 2.0))
    lying = flat(me, toward)
    up = canvas.up()
    canvas.turn(sink_ms, tip_ms, normal(up, lying), angle(up, lying))
    canvas.relieve(sink_ms + tip_ms * 0.4, tip_ms * 0.4, down_ms, rng.uniform(0.5, 0.8))
    _blow(canvas, rng, down_ms, rng.uniform(1.0, 2.5))
    canvas.tremble(down_ms, 1200, 0.12, rng, 4.0)
    me.up, me.posture = canvas.up(), LYING
    yield canvas.wave()
    yield from hold(me)


def _blow(canvas: Canvas, rng: Random, at_ms: float, peak_g: float) -> None:
    up = canvas.up(at_ms + canvas.step_ms)
    blow = scaled(unit(add(up, scaled(beside(up, rng), abs(rng.gauss(0, 0.25))))), peak_g)
    over_ms = rng.uniform(40, 80)
    canvas.knock(at_ms, over_ms, blow)
    canvas.ring(at_ms + over_ms, scaled(blow, -0.3), rng.uniform(5, 9), 70)


def fall_from_bed(me: Somebody) -> Motion:
    """She lies, rolls over the edge, falls 0.4 to 0.6 m, and lies on the floor."""
    yield from _once(lie_down(me), me)
    rng = me.rng
    roll_ms = rng.uniform(500, 900)
    height_m = rng.uniform(0.4, 0.6)
    drop_ms = 1000 * math.sqrt(2 * height_m / G)
    down_ms = roll_ms + drop_ms
    canvas = Canvas(me.up, round(down_ms + SETTLE_MS))
    way = rng.choice((-1, 1))
    canvas.turn(0, roll_ms + drop_ms, HEAD, way * math.radians(rng.uniform(80, 170)))
    canvas.tremble(0, roll_ms, 0.1, rng, 4.0)
    canvas.relieve(roll_ms, drop_ms * 0.4, down_ms, rng.uniform(0.05, 0.3))
    _land(canvas, rng, down_ms, math.sqrt(2 * G * height_m) * rng.uniform(0.35, 0.6))
    _settle(me, canvas, down_ms, roll_over(canvas.up(), rng.gauss(0, 0.25)))
    yield canvas.wave()
    yield from hold(me)


def _once(lying_down: Motion, me: Somebody) -> Motion:
    """What it takes until she lies, without what follows."""
    while me.posture != LYING:
        yield next(lying_down)


def slip(me: Somebody) -> Motion:
    """In mid-walk the feet go forward: seat first, 0.35 to 0.6 s later, then the back."""
    yield from _some_steps(me)
    rng = me.rng
    slide_ms, drop_ms = rng.uniform(120, 300), rng.uniform(250, 380)
    seat_ms = slide_ms + drop_ms
    back_ms = seat_ms + rng.uniform(120, 280)
    canvas = Canvas(me.up, round(back_ms + SETTLE_MS))
    canvas.push(0, slide_ms, scaled(FORWARD, rng.uniform(0.3, 0.7)))
    lean = leaning(me.up, BACK, math.radians(rng.uniform(35, 60)))
    axis = normal(me.up, lean)
    canvas.turn(slide_ms * 0.5, seat_ms - slide_ms * 0.5, axis, angle(me.up, lean))
    canvas.relieve(slide_ms, drop_ms * 0.5, seat_ms, rng.uniform(0.1, 0.4))
    _land(canvas, rng, seat_ms, drop_ms / 1000 * G * rng.uniform(0.4, 0.65))
    lying = flat(me, BACK)
    up = canvas.up()
    canvas.turn(seat_ms, back_ms - seat_ms, normal(up, lying), angle(up, lying))
    _blow(canvas, rng, back_ms, rng.uniform(1.5, 4.0))
    me.up, me.posture = canvas.up(), LYING
    yield canvas.wave()
    yield from hold(me)


def _some_steps(me: Somebody) -> Iterator:
    if me.posture != STANDING or not me.begun:
        walking = walk(me)
        yield from (next(walking) for _ in range(me.rng.randint(6, 9)))
