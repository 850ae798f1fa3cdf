"""Walking, running, stairs, jumps and stumbles, felt at the waist.

Walking: steps at 1.6 to 2.2 Hz, vertical 0.3 to 0.8 g peak, with half of it fore and aft and
sideways at half the frequency; it grows with speed (Kavanagh et al., J. NeuroEngineering and
Rehabilitation 6:9, 2009; Menz, Lord and Fitzpatrick, Gait & Posture 18, 2003). Running: a stance
of about 65 % of a step at 2.5 to 3 Hz and flight between, from the weight that must be carried
on the mean. Heel strikes: 20 to 50 ms. How one step differs from the next is assumed: some
per cent in time, 10 % in force.
"""

from __future__ import annotations

import math

from simulator.motion.postures import Motion, Somebody, stand, turn_to
from simulator.motion.vectors import BACK, FORWARD, HEAD, LEFT, RIGHT, Vector, add, normal, scaled
from simulator.motion.wave import Canvas, Wave, leaning

STEP_MS = 5  # of the samples
RUNS_FROM_CMS = 220


def walk(me: Somebody) -> Motion:
    """On and on, at her speed."""
    yield from stand(me)
    me.begun = "walk"
    speed = max(0.4, min(2.2, me.speed_cms / 100))
    hz = me.rng.gauss(1.0, 0.03) * (1.25 + 0.5 * speed)  # 1.85 Hz at 1.2 m/s
    rise_g = me.rng.uniform(0.85, 1.15) * 0.28 * speed**1.3
    side = me.rng.choice((LEFT, RIGHT))
    while True:
        yield _step(me, hz, rise_g, side, rise_g * me.rng.uniform(0.4, 1.0))
        side = scaled(side, -1)


def _step(me: Somebody, hz: float, rise_g: float, side: Vector, heel_g: float) -> Wave:
    rng = me.rng
    length_ms = STEP_MS * round(1000 / STEP_MS / hz * rng.gauss(1, 0.025))
    canvas = Canvas(me.up, length_ms, STEP_MS)
    force = rng.gauss(1, 0.1)
    _swing(canvas, length_ms, scaled(HEAD, rise_g * force), 1)
    _swing(canvas, length_ms, scaled(HEAD, rise_g * 0.35 * rng.gauss(1, 0.2)), 2)
    _swing(canvas, length_ms, scaled(FORWARD, -0.5 * rise_g * force), 1)
    _swing(canvas, length_ms, scaled(FORWARD, 0.25 * rise_g * rng.gauss(1, 0.3)), 3)
    canvas.push(0, length_ms, scaled(side, 0.4 * rise_g * force), lambda t: math.sin(math.pi * t))
    _strike(canvas, heel_g * force, rng.uniform(25, 50))
    return canvas.wave()


def _swing(canvas: Canvas, over_ms: float, g: Vector, times: int) -> None:
    canvas.push(0, over_ms, g, lambda t: math.sin(2 * math.pi * times * t))


def _strike(canvas: Canvas, g: float, over_ms: float) -> None:
    """The heel: a blow upward and backward, and what swings on after it; the mean stays 1 g."""
    blow = add(scaled(HEAD, g), scaled(BACK, 0.3 * g))
    canvas.knock(10, over_ms, blow)
    canvas.ring(10 + over_ms, scaled(blow, -0.4), 14, 25)
    mean = g * over_ms * 2 / math.pi / (canvas.count * canvas.step_ms)
    canvas.push(0, canvas.count * canvas.step_ms, scaled(HEAD, -mean), lambda t: 1.0)


def run(me: Somebody) -> Motion:
    """Stance and flight, 2.5 to 3 steps a second."""
    yield from stand(me)
    me.begun = "run"
    hz, stance = me.rng.uniform(2.5, 3.0), me.rng.uniform(0.6, 0.72)
    lean = leaning(me.upright, FORWARD, math.radians(me.rng.uniform(3, 10)))
    yield from turn_to(me, lean, 400)
    side = me.rng.choice((LEFT, RIGHT))
    while True:
        yield _stride(me, hz, stance, side)
        side = scaled(side, -1)


def _stride(me: Somebody, hz: float, stance: float, side: Vector) -> Wave:
    rng = me.rng
    length_ms = STEP_MS * round(1000 / STEP_MS / hz * rng.gauss(1, 0.02))
    # what carries her is the stance alone
    down_ms = stance * length_ms
    carried = math.pi / 2 / stance * rng.gauss(1, 0.06)
    canvas = Canvas((0.0, 0.0, 0.0), length_ms, STEP_MS)
    canvas.knock(0, down_ms, scaled(me.up, carried))
    canvas.knock(5, rng.uniform(20, 40), scaled(HEAD, rng.uniform(0.4, 1.6)))
    canvas.push(0, down_ms, scaled(BACK, rng.uniform(0.2, 0.45)), lambda t: math.sin(6.283 * t))
    canvas.push(0, length_ms, scaled(side, 0.35), lambda t: math.sin(math.pi * t))
    return canvas.wave()


def stairs(me: Somebody) -> Motion:
    """Flights of 8 to 14 steps, up or down, with some level steps on the landings."""
    yield from stand(me)
    me.begun = "stairs"
    rng = me.rng
    side = rng.choice((LEFT, RIGHT))
    while True:
        down = rng.random() < 0.5
        hz, rise_g = (
            rng.uniform(1.6, 2.0),
            rng.uniform(0.35, 0.6) if down else rng.uniform(0.2, 0.35),
        )
        lean = leaning(me.upright, FORWARD, math.radians(-2 if down else rng.uniform(4, 10)))
        yield from turn_to(me, lean, 400)
        for _ in range(rng.randint(8, 14) + rng.randint(3, 6)):
            heel_g = rise_g * rng.uniform(0.8, 1.8) if down else rise_g * rng.uniform(0.1, 0.4)
            yield _step(me, hz, rise_g, side, heel_g)
            side = scaled(side, -1)


def jump(me: Somebody) -> Motion:
    """One to three: crouch, 1.8 to 2.5 g of push, 200 to 400 ms of flight, 3 to 6 g of landing."""
    yield from stand(me)
    for _ in range(me.rng.randint(1, 3)):
        yield _leap(me)


def _leap(me: Somebody) -> Wave:
    rng = me.rng
    crouch_ms, push_ms = rng.uniform(250, 400), rng.uniform(200, 280)
    flight_ms = rng.uniform(200, 400)
    off_ms = crouch_ms + push_ms
    land_ms = off_ms + flight_ms
    canvas = Canvas(me.up, round(land_ms + 1200), 2)
    bow = leaning(me.up, FORWARD, math.radians(rng.uniform(15, 30)))
    axis = normal(me.up, bow)
    canvas.turn(0, crouch_ms, axis, math.radians(20))
    canvas.turn(crouch_ms, push_ms, axis, math.radians(-20))
    canvas.push(0, crouch_ms, scaled(HEAD, -rng.uniform(0.3, 0.6)))
    # the momentum of half the flight, taken in push_ms: the mean of a half sine is 2 / pi
    thrust = flight_ms / 2 / push_ms * math.pi / 2
    canvas.knock(crouch_ms, push_ms, scaled(canvas.up(off_ms), thrust))
    canvas.relieve(off_ms, 30, land_ms, 0.03)
    blow = scaled(canvas.up(land_ms), rng.uniform(2.0, 5.0))
    over_ms = rng.uniform(50, 90)
    canvas.knock(land_ms, over_ms, blow)
    canvas.ring(land_ms + over_ms, scaled(blow, -0.25), rng.uniform(5, 9), 80)
    canvas.tremble(land_ms, 1000, 0.1, rng, 4.0)
    return canvas.wave()


def stumble(me: Somebody) -> Motion:
    """She trips, the trunk goes forward 10 to 30 degrees, two or three hard steps, and stands."""
    yield from stand(me)
    rng = me.rng
    canvas = Canvas(me.up, round(rng.uniform(2200, 3000)), 2)
    lean = leaning(me.up, FORWARD, math.radians(rng.uniform(10, 30)))
    axis = normal(me.up, lean)
    radians = math.radians(rng.uniform(10, 30))
    canvas.knock(100, rng.uniform(30, 60), scaled(BACK, rng.uniform(0.6, 1.5)))
    canvas.turn(120, 350, axis, radians)
    canvas.relieve(150, 150, 450, rng.uniform(0.4, 0.7))
    at_ms = 450.0
    for _ in range(rng.randint(2, 3)):
        blow = add(scaled(canvas.up(at_ms), rng.uniform(0.8, 2.5)), scaled(BACK, 0.4))
        canvas.knock(at_ms, rng.uniform(40, 80), blow)
        canvas.ring(at_ms + 60, scaled(blow, -0.3), 9, 60)
        at_ms += rng.uniform(280, 420)
    canvas.turn(600, 800, axis, -radians)
    canvas.tremble(100, 1800, 0.15, rng, 4.0)
    me.up = canvas.up()
    yield canvas.wave()
    yield from turn_to(me, me.upright, 400)
