"""Every kind of motion by its word, and what follows from it.

A motion without end goes on until another is asked for; after a short one she goes on with what
she did before if that took her somewhere, else she rests in the posture it left her in.
"""

from __future__ import annotations

from typing import Callable

from simulator.motion import falls, gait, postures, things
from simulator.motion.postures import APART, Motion, Somebody

GAITS = {"walk": gait.walk, "run": gait.run, "stairs": gait.stairs}
FALLS = ("fall_forward", "fall_back", "fall_side", "fall_faint", "fall_from_bed", "slip")


def _worn(me: Somebody) -> Motion:
    """Breath and small moves of somebody who sits; one who lies or stands sits first."""
    if me.posture == APART:
        yield from postures.stand(me)
    if me.posture == postures.LYING:
        yield from postures.sit_up(me)
    if me.posture == postures.STANDING:
        yield from postures.sit_down(me)
    yield from postures.hold(me)


def _short(play: Callable[[Somebody], Motion]) -> Callable[[Somebody], Motion]:
    def played(me: Somebody) -> Motion:
        begun = me.begun
        yield from play(me)
        yield from GAITS[begun](me) if begun else postures.hold(me)

    return played


def _rest(play: Callable[[Somebody], Motion]) -> Callable[[Somebody], Motion]:
    """Short, and she stays in the posture that it ends in."""

    def played(me: Somebody) -> Motion:
        yield from play(me)
        yield from postures.hold(me)

    return played


KINDS: dict[str, Callable[[Somebody], Motion]] = {
    "still": things.still,
    "worn": _worn,
    **GAITS,
    "sit": _rest(postures.sit_down),
    "stand_up": _rest(postures.stand),
    "lie_down": postures.lie_down,
    "jump": _short(gait.jump),
    "bend": _short(postures.bend),
    "stumble": _short(gait.stumble),
    "vehicle": things.vehicle,
    **{name: getattr(falls, name) for name in FALLS},
    "drop": things.drop,
    "washing_machine": things.washing_machine,
    "bag": things.bag,
}
ON_FOOT = (*GAITS, "stand_up", "jump", "bend", "stumble", "slip")
# Those who do any of these get nowhere, whatever they did before.
STAY = ("sit", "stand_up", "lie_down", *FALLS, "drop", "washing_machine")
