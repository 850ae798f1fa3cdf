"""How alarms are scored against labelled recordings: CONTRACTS.md section 9, and nothing else.

Separate from what raises the alarms, so that every detector is judged by the same rules. Pure
functions; needs numpy. Figures are fractions, intervals are of 95 %: Wilson (1927) for shares,
Garwood (1936, exact Poisson) for alarms an hour, and a bootstrap that draws whole people, because
the trials of one person are not independent.
"""

from __future__ import annotations

import math
import random
from typing import Any, Callable, Iterable, NamedTuple, Sequence

import numpy as np

TAIL_S = 5  # how long the last second is repeated after a recording
SMOOTH_S = 0.2
HIT_S = 1.0  # at most, between an alarm's impact and the trial's peak
OLD_FROM = 60  # years
YOUNG, OLD, UNKNOWN = "under 60", "60 and over", "unknown"
_Z = 1.959963984540054  # of the normal distribution at 97.5 %
_DRAWS = 1000


class Alarm(NamedTuple):
    impact_s: float  # since the recording began
    score: int  # of the model
    decided_s: float  # when the detector said so, since the recording began


class Outcome(NamedTuple):
    """What one trial came to."""

    subject: str
    activity: str
    is_fall: bool
    age: int
    hours: float  # as recorded, without the repetition
    peak_s: float  # of its greatest magnitude
    alarms: tuple[Alarm, ...]

    @property
    def hit(self) -> bool:
        return self.is_fall and is_hit(self.alarms, self.peak_s)


# -- one trial -------------------------------------------------------------------------------


def stream(mg: np.ndarray, rate: float) -> np.ndarray:
    """A recording, int (n, 3), followed by TAIL_S of its last second, over and over."""
    second = mg[-round(rate) :]
    wanted = round(TAIL_S * rate)
    times = -(-wanted // len(second))
    return np.concatenate([mg, np.tile(second, (times, 1))[:wanted]])


def peak_s(mg: np.ndarray, rate: float) -> float:
    """When the magnitude, as a mean over SMOOTH_S, is greatest: the middle of the first such."""
    width = max(1, min(len(mg), round(SMOOTH_S * rate)))
    magnitude = np.sqrt((mg.astype(np.float64) ** 2).sum(1))
    total = np.concatenate([[0.0], np.cumsum(magnitude)])
    means = total[width:] - total[:-width]
    return (int(np.argmax(means)) + (width - 1) / 2) / rate


def is_hit(alarms: Sequence[Alarm], peak: float) -> bool:
    """Exactly one alarm, and its impact within HIT_S of the peak."""
    return len(alarms) == 1 and abs(alarms[0].impact_s - peak) <= HIT_S + 1e-9


def age_group(age: int) -> str:
    if age <= 0:
        return UNKNOWN
    return OLD if age >= OLD_FROM else YOUNG


# -- many trials -----------------------------------------------------------------------------


def report(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """The keys of the contract without constants_sha256, and what helps to read them.

    fp counts alarms, all of those in activities; specificity counts activities without any.
    """
    return {
        **figures(outcomes),
        **both_intervals(outcomes),
        "by_activity": _split(outcomes, lambda one: one.activity),
        "by_age_group": _split(outcomes, lambda one: age_group(one.age), both_intervals),
        "missed": _ways_missed(outcomes),
        "decision_s_max": slowest(outcomes),
    }


def figures(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """Counts and shares; a share of nothing is None."""
    outcomes = list(outcomes)
    falls = [one for one in outcomes if one.is_fall]
    activities = [one for one in outcomes if not one.is_fall]
    tp = sum(one.hit for one in falls)
    fp = sum(len(one.alarms) for one in activities)
    quiet = sum(not one.alarms for one in activities)
    hours = sum(one.hours for one in activities)
    return {
        "trials": len(outcomes),
        "falls": len(falls),
        "activities": len(activities),
        "tp": tp,
        "fn": len(falls) - tp,
        "fp": fp,
        "activities_with_alarm": len(activities) - quiet,
        "hours": round(hours, 6),
        "sensitivity": _share(tp, len(falls)),
        "specificity": _share(quiet, len(activities)),
        "false_alarms_per_hour": _share(fp, hours),
    }


def slowest(outcomes: Iterable[Outcome]) -> float | None:
    """The longest time from an impact to its alarm; None where there was no alarm."""
    waits = [alarm.decided_s - alarm.impact_s for one in outcomes for alarm in one.alarms]
    return round(max(waits), 3) if waits else None


def both_intervals(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    return {"ci95": intervals(outcomes), "ci95_by_subject": clustered(outcomes)}


def intervals(outcomes: Iterable[Outcome]) -> dict[str, Any]:
    """95 % of each figure, as if every trial were independent of the others."""
    found = figures(outcomes)
    quiet = found["activities"] - found["activities_with_alarm"]
    return {
        "sensitivity": wilson(found["tp"], found["falls"]),
        "specificity": wilson(quiet, found["activities"]),
        "false_alarms_per_hour": poisson(found["fp"], found["hours"]),
    }


def clustered(outcomes: Iterable[Outcome], draws: int = _DRAWS) -> dict[str, Any]:
    """95 % of each figure when other people of the same kind are drawn, by a fixed seed.

    A figure without a single error has no spread here: read it beside `intervals`.
    """
    people = list(_grouped(outcomes, lambda one: one.subject).values())
    sums = [figures(trials) for trials in people]
    chance = random.Random(1)
    seen: dict[str, list[float]] = {name: [] for name in _RATIOS}
    for _ in range(draws if len(people) > 1 else 0):
        drawn = [sums[chance.randrange(len(sums))] for _ in sums]
        for name, (above, below) in _RATIOS.items():
            whole = sum(one[below] for one in drawn)
            if whole:
                seen[name].append(sum(one[above] for one in drawn) / whole)
    found: dict[str, Any] = {name: _middle(values) for name, values in seen.items()}
    if found["specificity"]:
        low, high = found["specificity"]
        found["specificity"] = [round(1 - high, 6), round(1 - low, 6)]
    return found


_RATIOS = {
    "sensitivity": ("tp", "falls"),
    "specificity": ("activities_with_alarm", "activities"),  # turned round afterwards
    "false_alarms_per_hour": ("fp", "hours"),
}


def sweep(outcomes: Sequence[Outcome], mute_s: float) -> list[dict[str, float]]:
    """What each threshold makes of them, from the least score on; an alarm needs at least it.

    The outcomes are those of a detector that reports every score that it reaches, as if it told
    of no fall; mute_s: for how long after one it would have told of no other.
    """
    found = []
    scores = {alarm.score for one in outcomes for alarm in one.alarms}
    for threshold in sorted(scores):
        kept = [one._replace(alarms=_told(one.alarms, threshold, mute_s)) for one in outcomes]
        point = figures(kept)
        names = ("sensitivity", "specificity", "false_alarms_per_hour")
        found.append({"threshold": threshold, **{name: point[name] for name in names}})
    return found


def _told(alarms: Iterable[Alarm], threshold: int, mute_s: float) -> tuple[Alarm, ...]:
    told: list[Alarm] = []
    for alarm in alarms:
        muted = told and alarm.decided_s < told[-1].decided_s + mute_s
        if alarm.score >= threshold and not muted:
            told.append(alarm)
    return tuple(told)


# -- intervals -------------------------------------------------------------------------------


def wilson(good: int, total: int) -> list[float] | None:
    """The score interval of a share; None of nothing."""
    if not total:
        return None
    share, part = good / total, _Z * _Z / total
    middle = share + part / 2
    spread = _Z * math.sqrt((share * (1 - share) + part / 4) / total)
    low, high = (middle - spread) / (1 + part), (middle + spread) / (1 + part)
    return [round(max(0.0, low), 6), round(min(1.0, high), 6)]


def poisson(count: int, hours: float) -> list[float] | None:
    """The exact interval of a rate an hour; None where there are no hours."""
    if not hours:
        return None
    low = _solve(lambda mean: 1 - _at_most(count - 1, mean) - 0.025) if count else 0.0
    high = _solve(lambda mean: 0.025 - _at_most(count, mean))
    return [round(low / hours, 6), round(high / hours, 6)]


def _at_most(count: int, mean: float) -> float:
    """The chance of `count` or fewer where `mean` are expected."""
    if mean == 0:
        return 1.0
    logs = (k * math.log(mean) - mean - math.lgamma(k + 1) for k in range(count + 1))
    return math.fsum(math.exp(log) for log in logs)


def _solve(rising: Callable[[float], float]) -> float:
    """Where a rising function crosses zero, from 0 up."""
    low, high = 0.0, 1.0
    while rising(high) < 0:
        low, high = high, 2 * high
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


def wider(one: list[float] | None, other: list[float] | None) -> list[float] | None:
    """Of two intervals of the same figure."""
    known = [each for each in (one, other) if each is not None]
    return max(known, key=lambda each: each[1] - each[0], default=None)


def _middle(values: list[float]) -> list[float] | None:
    """From 2.5 to 97.5 % of what was drawn."""
    if not values:
        return None
    return [round(float(value), 6) for value in np.percentile(values, [2.5, 97.5])]


# -- groups ----------------------------------------------------------------------------------


def _split(
    outcomes: Iterable[Outcome],
    key: Callable[[Outcome], str],
    more: Callable[[list[Outcome]], dict[str, Any]] | None = None,
) -> dict[str, Any]:
    found = {}
    for name, trials in sorted(_grouped(outcomes, key).items()):
        found[name] = figures(trials)
        if more:
            found[name].update(more(trials))
    return found


def _grouped(
    outcomes: Iterable[Outcome], key: Callable[[Outcome], str]
) -> dict[str, list[Outcome]]:
    groups: dict[str, list[Outcome]] = {}
    for one in outcomes:
        groups.setdefault(key(one), []).append(one)
    return groups


def _ways_missed(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Why falls are no hits: no alarm at all, one at another time, or more than one."""
    missed = [one for one in outcomes if one.is_fall and not one.hit]
    counts = [len(one.alarms) for one in missed]
    return {
        "no_alarm": counts.count(0),
        "at_another_time": counts.count(1),
        "several_alarms": sum(count > 1 for count in counts),
    }


def _share(part: float, whole: float) -> float | None:
    return round(part / whole, 6) if whole else None
