"""The object away from a body, or carried otherwise: dropped, washed, in a bag, in a vehicle.

Separate from the postures of somebody. All figures that name no source are assumed.
"""

from __future__ import annotations

import math
from random import Random
from typing import Callable

from simulator.motion.postures import APART, SITTING, Motion, Somebody, hold, sit_down, stand
from simulator.motion.vectors import (
    FORWARD,
    HEAD,
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
from simulator.motion.wave import Canvas, Piece, Still

G = 9.81  # m/s2
STEP_MS = 5


def still(me: Somebody) -> Motion:
    """On a table: exactly constant."""
    me.posture = APART
    yield Still(me.up, None)


def drop(me: Somebody) -> Motion:
    """Out of the hand, 0.7 to 1.2 m down onto a hard floor; two or three bounces, and still."""
    rng = me.rng
    spin = somewhere(rng)
    height_m = rng.uniform(0.7, 1.2)
    back = rng.uniform(0.3, 0.5)  # of the speed, at each bounce
    falls_ms = [1000 * math.sqrt(2 * height_m / G)]
    while falls_ms[-1] > 25 and len(falls_ms) < 5:
        falls_ms.append(falls_ms[0] * 2 * back ** len(falls_ms))
    canvas = Canvas(me.up, round(sum(falls_ms) + 1500))
    canvas.turn(0, sum(falls_ms), spin, rng.uniform(0.5, 3.0))
    at_ms, over_ms, speed = 0.0, 15.0, falls_ms[0] / 1000 * G
    for fall_ms in falls_ms:
        canvas.relieve(at_ms + over_ms, 0, at_ms + fall_ms, 0.0)
        at_ms += fall_ms
        over_ms = rng.uniform(4, 10)
        peak_g = speed * (1 + back) * 1000 / over_ms * math.pi / 2 / G
        canvas.knock(at_ms, over_ms, scaled(somewhere(rng), peak_g))
        speed *= back
    lies = _lying_face(canvas.up(), rng)
    canvas.turn(at_ms, 400, normal(canvas.up(), lies), angle(canvas.up(), lies))
    me.up, me.posture = canvas.up(), APART
    yield canvas.wave()
    yield from hold(me)


def _lying_face(up: Vector, rng: Random) -> Vector:
    """Flat things come to lie on their faces: up is nearly along z, the way it was already."""
    way = 1.0 if up[2] >= 0 else -1.0
    return unit((rng.gauss(0, 0.04), rng.gauss(0, 0.04), way))


# -- a washing machine -----------------------------------------------------------------------

DRUM_M = 0.24  # from the axle to the clothes


def washing_machine(me: Somebody) -> Motion:
    """Programme after programme: wash, rinses with a spin between, the last spin, a pause.

    Household machines: a drum of 0.24 m radius, 40 to 55 rpm with reversals and pauses, 80 to
    100 rpm to spread the load, 600 to 1200 rpm to spin.
    """
    me.posture = APART
    rng = me.rng
    while True:
        yield Still(me.up, round(rng.uniform(60_000, 120_000)))  # water comes in
        yield from _tumbling(me, rng.uniform(35, 45) * 60_000)
        for _ in range(rng.randint(2, 3)):
            yield from _spin(me, rng.uniform(500, 700), rng.uniform(60_000, 120_000))
            yield Still(me.up, round(rng.uniform(40_000, 90_000)))
            yield from _tumbling(me, rng.uniform(4, 7) * 60_000)
        yield from _spin(me, rng.uniform(900, 1200), rng.uniform(300_000, 480_000))
        yield from _tumbling(me, 90_000)
        yield Still(me.up, round(rng.uniform(300_000, 600_000)))


def _tumbling(me: Somebody, over_ms: float) -> Motion:
    """Turns of 8 to 20 s, one way and the other, with pauses of 2 to 6 s."""
    rng = me.rng
    way = rng.choice((-1, 1))
    while over_ms > 0:
        rpm = rng.uniform(40, 55)
        axle = beside(me.up, rng)  # across: the axle lies
        for _ in range(round(rng.uniform(8, 20) * rpm / 60)):
            yield from _revolution(me, rpm, scaled(axle, way))
            over_ms -= 60_000 / rpm
            axle = unit(add(axle, scaled(somewhere(rng), 0.3)))
        pause_ms = round(rng.uniform(2000, 6000))
        yield Still(me.up, pause_ms)
        over_ms -= pause_ms
        way = -way


def _revolution(me: Somebody, rpm: float, axle: Vector) -> Motion:
    """Carried up the side by the drum, let go near the top, and down again with the rest.

    Up there it falls freely for what the height allows; it lands among wet clothes, 1.5 to 6 g.
    """
    rng = me.rng
    turn_ms = 60_000 / rpm * rng.gauss(1, 0.05)
    flight_ms = rng.uniform(120, 260) if rng.random() < 0.8 else 0.0
    canvas = Canvas(me.up, round(turn_ms / STEP_MS) * STEP_MS, STEP_MS)
    carried_ms = turn_ms - flight_ms - 60
    lets_go_ms = carried_ms * 0.85
    canvas.turn(0, lets_go_ms, axle, math.radians(rng.uniform(100, 160)))
    pull_g = (rpm * 2 * math.pi / 60) ** 2 * DRUM_M / G
    canvas.push(0, lets_go_ms, scaled(beside(axle, rng), pull_g * rng.uniform(0.5, 1.0)))
    if flight_ms:
        lands_ms = lets_go_ms + flight_ms
        canvas.relieve(lets_go_ms, 60, lands_ms, rng.uniform(0.0, 0.4))
        canvas.turn(lets_go_ms, flight_ms + 80, somewhere(rng), rng.uniform(-2.5, 2.5))
        blow = scaled(unit(add(canvas.up(), scaled(somewhere(rng), 0.7))), rng.uniform(1.5, 6.0))
        canvas.knock(lands_ms, rng.uniform(10, 35), blow)
        canvas.ring(lands_ms + 30, scaled(blow, -0.2), 12, 30)
    else:
        canvas.turn(lets_go_ms, turn_ms - lets_go_ms, axle, rng.uniform(-2.0, 2.0))
    canvas.tremble(0, turn_ms, 0.12, rng, 12.0)
    me.up = canvas.up()
    yield canvas.wave()


def _spin(me: Somebody, rpm: float, over_ms: float) -> Motion:
    """The load spreads at 80 to 100 rpm, then faster and faster: far beyond any range."""
    rng = me.rng
    outward = somewhere(rng)
    axle = beside(outward, rng)
    at_rpm = rng.uniform(80, 100)
    yield from _turns(me, outward, axle, (0.0, at_rpm), 6000)
    yield from _turns(me, outward, axle, (at_rpm, at_rpm), rng.uniform(15_000, 30_000))
    yield from _turns(me, outward, axle, (at_rpm, rpm), rng.uniform(15_000, 30_000))
    pull_g = (rpm * 2 * math.pi / 60) ** 2 * DRUM_M / G
    yield Still(scaled(outward, -pull_g), round(over_ms))
    yield from _turns(me, outward, axle, (rpm, 0.0), rng.uniform(10_000, 20_000))
    me.up = unit(scaled(outward, -1))


def _turns(
    me: Somebody, outward: Vector, axle: Vector, rpm: tuple[float, float], over_ms: float
) -> Motion:
    """Pressed to the side of the drum: gravity goes round, the pull grows as the square."""
    for second in range(round(over_ms / 1000)):
        canvas = Canvas((0.0, 0.0, 0.0), 1000, STEP_MS)
        felt = []
        for i in range(canvas.count):
            t_ms = second * 1000 + i * STEP_MS
            now = rpm[0] + (rpm[1] - rpm[0]) * t_ms / over_ms
            gone = (rpm[0] + now) / 2 * t_ms / 60_000 * 2 * math.pi
            pull_g = (now * 2 * math.pi / 60) ** 2 * DRUM_M / G
            felt.append(add(scaled(outward, -pull_g), turned(outward, axle, gone)))
        canvas.pushes(0, felt)
        canvas.tremble(0, 1000, 0.1, me.rng, 15.0)
        yield canvas.wave()


# -- carried, and driven ---------------------------------------------------------------------


def bag(me: Somebody) -> Motion:
    """In a bag that is carried, set down, and rummaged in for 5 to 20 s now and then."""
    rng = me.rng
    if me.posture != APART:
        yield from stand(me)
    me.posture = APART
    while True:
        for _ in range(rng.randint(20, 80)):
            yield _carried(me)
        yield from _rummage(me, rng.uniform(5000, 20_000))
        if rng.random() < 0.5:
            yield Still(me.up, round(rng.uniform(5000, 60_000)))


def _carried(me: Somebody) -> Piece:
    """One step: less of it than at the waist, and a swing."""
    rng = me.rng
    length_ms = STEP_MS * round(rng.gauss(530, 15) / STEP_MS)
    canvas = Canvas(me.up, length_ms, STEP_MS)
    rise = scaled(me.up, rng.uniform(0.1, 0.3))
    canvas.push(0, length_ms, rise, lambda t: math.sin(2 * math.pi * t))
    swing = scaled(beside(me.up, rng), rng.uniform(0.03, 0.12))
    canvas.push(0, length_ms, swing, lambda t: math.sin(math.pi * t))
    if rng.random() < 0.3:  # keys, against it
        knock = scaled(somewhere(rng), rng.uniform(0.2, 1.0))
        canvas.knock(rng.uniform(0, length_ms - 40), rng.uniform(10, 25), knock)
    return canvas.wave()


def _rummage(me: Somebody, over_ms: float) -> Motion:
    """Turned over, pushed aside, let fall by some centimetres, knocked by what is beside it."""
    rng = me.rng
    while over_ms > 0:
        canvas = Canvas(me.up, 1000, STEP_MS)
        canvas.turn(rng.uniform(0, 400), rng.uniform(200, 500), somewhere(rng), rng.gauss(0, 0.9))
        for _ in range(rng.randint(0, 3)):
            blow = scaled(somewhere(rng), rng.uniform(0.4, 3.5))
            canvas.knock(rng.uniform(100, 960), rng.uniform(8, 30), blow)
        if rng.random() < 0.25:
            at_ms = rng.uniform(300, 700)
            canvas.relieve(at_ms, 30, at_ms + rng.uniform(60, 150), 0.1)
        canvas.tremble(0, 1000, 0.3, rng, 3.0)
        me.up = canvas.up()
        yield canvas.wave()
        over_ms -= 1000


def vehicle(me: Somebody) -> Motion:
    """On the seat of a car or a bus: 1 to 2 Hz of its springs, 10 to 15 Hz of the road, braking.

    Ride frequencies of cars are 1 to 1.5 Hz (Gillespie, Fundamentals of Vehicle Dynamics, 1992);
    comfortable braking stays under 0.3 g.
    """
    if me.posture != SITTING:
        yield from stand(me)
        yield from sit_down(me)
    rng = me.rng
    while True:
        canvas = Canvas(me.up, 4000, STEP_MS)
        _road(canvas, rng)
        if rng.random() < 0.25:
            brakes = scaled(FORWARD, rng.uniform(-0.3, 0.25))
            canvas.push(rng.uniform(0, 1000), rng.uniform(1500, 3000), brakes)
        if rng.random() < 0.25:
            canvas.push(0, 4000, scaled(RIGHT, rng.gauss(0, 0.12)))
        if rng.random() < 0.1:  # a hole in the road
            canvas.ring(rng.uniform(500, 3000), scaled(HEAD, rng.uniform(0.3, 1.0)), 6, 120)
        yield canvas.wave()


def _road(canvas: Canvas, rng: Random) -> None:
    over_ms = canvas.count * canvas.step_ms
    for hz, g in ((rng.uniform(1.0, 1.6), 0.05), (rng.uniform(9, 15), 0.04)):
        for axis, share in ((HEAD, 1.0), (RIGHT, 0.5), (FORWARD, 0.5)):
            cycles = round(hz * over_ms / 1000)  # whole ones: no jerk where two pieces meet
            swing = scaled(axis, rng.gauss(0, 1) * g * share)
            canvas.push(0, over_ms, swing, _sine(cycles))


def _sine(cycles: int) -> Callable[[float], float]:
    return lambda t: math.sin(2 * math.pi * cycles * t)
