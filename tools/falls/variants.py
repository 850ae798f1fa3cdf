"""What the bench of falls plays, in the order of its table, and what must hold of each.

Separate from the running of it. The limits are those of the task, not of what was measured.
"""

from __future__ import annotations

import operator
from typing import NamedTuple

from tools.falls.conditions import Conditions

SISFALL, UMAFALL = "sisfall_dev.npz", "umafall_dev.npz"
BASE = "sisfall"
SHIPPED = "sisfall, as shipped"
CURVES = (BASE, "umafall waist", "umafall chest", "umafall pocket")
SET_DOWN_EVERY = 10  # recordings; it is only to be seen what it costs

BOUNDS = {"least": operator.ge, "most": operator.le, "below": operator.lt}


class Limit(NamedTuple):
    figure: str
    bound: str  # of BOUNDS
    value: float


# After the impact, by the clock of the device: the watermark of its FIFO is in it
DECIDED = Limit("decision_s_max", "most", 5.0)
_ALWAYS = (DECIDED,)
_SISFALL = (
    Limit("sensitivity", "least", 0.985),
    Limit("specificity", "least", 0.997),
    Limit("false_alarms_per_hour", "most", 0.5),
    Limit("fp_60_and_over", "most", 0),
    *_ALWAYS,
)
_WORN = (Limit("sensitivity", "least", 0.93), Limit("specificity", "least", 0.99), *_ALWAYS)
_POCKET = (Limit("sensitivity", "least", 0.95), Limit("specificity", "least", 0.97), *_ALWAYS)
# Points of a hundred, of sensitivity or specificity, against the same without that condition
_COST = (Limit("cost_points", "below", 1.0), *_ALWAYS)


class Variant(NamedTuple):
    name: str
    data: str
    placement: str
    under: Conditions
    cross_validated: bool
    limits: tuple[Limit, ...]
    against: str = ""  # the variant that shows what the condition costs
    every: int = 1  # at the least: play every so manieth recording


def variants(quick: bool = False) -> list[Variant]:
    """In the order of the table; quick: nothing is refitted, and few limits are judged."""
    if not quick:
        return _all()
    # What is left of these is what comes before them.
    again = (SHIPPED, "umafall pocket, as shipped")
    return [
        one._replace(
            cross_validated=False, limits=tuple(each for each in one.limits if each in _ALWAYS)
        )
        for one in _all()
        if one.name not in again
    ]


def _all() -> list[Variant]:
    plain = Conditions()
    asleep = Conditions(asleep=True)
    found = [
        Variant(BASE, SISFALL, "waist", plain, True, _SISFALL),
        Variant(SHIPPED, SISFALL, "waist", plain, False, _ALWAYS),
        Variant("sisfall, from sleep", SISFALL, "waist", asleep, True, _SISFALL, BASE),
    ]
    for name, under in (
        ("rotated", Conditions(rotate=True)),
        ("offset +80 mg", Conditions(offset_mg=(80, 80, 80))),
        ("offset -80 mg", Conditions(offset_mg=(-80, -80, -80))),
        ("offset +-80 mg", Conditions(mixed_mg=80)),
        ("steps of 12 mg", Conditions(quantise_mg=12)),
        ("1 % lost", Conditions(lost=0.01)),
        ("50 Hz", Conditions(rate=50)),
    ):
        found.append(Variant(f"sisfall, {name}", SISFALL, "waist", under, True, _COST, BASE))
    found.append(_after_set_down())
    # The model of the trunk has never seen these people; that of the pocket was made from them.
    for where, limits in (("waist", _WORN), ("chest", _WORN), ("pocket", _POCKET)):
        name, fitted = f"umafall {where}", where == "pocket"
        found.append(Variant(name, UMAFALL, where, plain, fitted, limits))
        found.append(Variant(f"{name}, from sleep", UMAFALL, where, asleep, fitted, limits, name))
        for what, under in (
            ("rotated", Conditions(rotate=True)),
            ("offset +-80 mg", Conditions(mixed_mg=80)),
            ("1 % lost", Conditions(lost=0.01)),
            ("50 Hz", Conditions(rate=50)),
        ):
            found.append(Variant(f"{name}, {what}", UMAFALL, where, under, fitted, _COST, name))
    found.append(Variant("umafall pocket, as shipped", UMAFALL, "pocket", plain, False, _ALWAYS))
    return found


def _after_set_down() -> Variant:
    """Taken for not worn until it has moved for some seconds: most of these falls are too soon."""
    name, under = "sisfall, after set down", Conditions(set_down=True)
    return Variant(name, SISFALL, "waist", under, True, (), every=SET_DOWN_EVERY)
