"""Hours without a pause, through one device: what a trial that starts anew cannot show.

Separate from the trials of pipeline.py. Returned are the alarms, and the hours that were felt.
"""

from __future__ import annotations

import multiprocessing
from pathlib import Path
from random import Random
from typing import Any, Callable, NamedTuple, Sequence

import numpy as np

from simulator.motion.body import Body
from tools.falls import conditions, pipeline
from tools.falls.conditions import Conditions
from tools.falls.pipeline import Job

_BLOCK_S = 60
_BEFORE_MS = 3000  # of what precedes an impact, as the detector sees it


class Heard(NamedTuple):
    alarms: int
    hours: float
    # Of the alarms, those that saw the end of one recording and the beginning of the next: a
    # motion that nobody made, such as to run and to lie still within 10 ms
    at_seams: int = 0
    faults: int = 0  # how often the chip was held to be out of order


def activities(job: Job, jobs: int = 1, seed: int = 1) -> Heard:
    """All activities of a job, shuffled, one upon the other: what one leaves meets the next.

    Their ends are not repeated. One stream as shipped; in a cross-validation one for each fold.
    """
    if job.models is None:
        return _activities(job, seed, None)
    folds: dict[Any, list[str]] = {}
    for person, model in sorted(job.models.items()):
        folds.setdefault(model, []).append(person)
    return total(_activities, [(job, seed, people) for people in folds.values()], jobs)


def synthetic(kind: str, seconds: int, placement: str = "waist", seed: int = 1) -> Heard:
    """A motion of the simulator without an end, such as the washing machine.

    A spin holds the chip at the end of its range, as if it were stuck: it may be held for faulty.
    """
    under = Conditions()
    period_ms = 1000 // under.rate
    body = Body(lambda name: Random(f"{seed}/{name}"), kind)
    device = pipeline.make_device(Job(Path(), placement, under))
    device.strict = False
    device.start((0, 0, 1000), False)
    alarms = at_ms = 0
    while at_ms < 1000 * seconds:
        samples = []
        for _ in range(_BLOCK_S * under.rate):
            at_ms += period_ms
            samples.append(body.mg(at_ms, period_ms))
        alarms += len(device.play(samples, [True] * len(samples)))
    return Heard(alarms, at_ms / 3600000, faults=device.faults)


def total(work: Callable[..., Heard], given: Sequence[tuple[Any, ...]], jobs: int) -> Heard:
    """The sum of several streams, on so many processes."""
    if jobs <= 1:
        found = [work(*one) for one in given]
    else:
        with multiprocessing.Pool(min(jobs, len(given))) as pool:
            found = pool.starmap(work, given, 1)
    alarms, hours, at_seams, faults = map(sum, zip(*found))
    return Heard(alarms, hours, at_seams, faults)


def _activities(job: Job, seed: int, people: list[str] | None) -> Heard:
    """Those of these people, who are judged by the same model; None: of all."""
    todo = [
        one
        for one in pipeline.chosen(job)
        if not one.is_fall and (people is None or one.subject in people)
    ]
    if not todo:
        return Heard(0, 0.0)
    order = np.random.default_rng(seed).permutation(len(todo))
    device = pipeline.make_device(job, people[0] if people else None)
    device.start(todo[order[0]].mg[0].tolist(), False)
    alarms: list[Any] = []
    seams_ms = []
    for index in order:
        seams_ms.append(device.next_ms)
        samples = conditions.saturated(todo[index].mg, job.under).tolist()
        alarms += device.play(samples, [True] * len(samples))
    at_seams = sum(
        any(one.impact_ms - _BEFORE_MS < seam_ms <= one.decided_ms for seam_ms in seams_ms[1:])
        for one in alarms
    )
    return Heard(len(alarms), sum(one.hours for one in todo), at_seams)
