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


class Heard(NamedTuple):
    alarms: int
    hours: float


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
    """A motion of the simulator without an end, such as the washing machine."""
    under = Conditions()
    period_ms = 1000 // under.rate
    body = Body(lambda name: Random(f"{seed}/{name}"), kind)
    device = pipeline.make_device(Job(Path(), placement, under))
    device.start((0, 0, 1000), False)
    alarms = at_ms = 0
    while at_ms < 1000 * seconds:
        samples = []
        for _ in range(_BLOCK_S * under.rate):
            at_ms += period_ms
            samples.append(body.mg(at_ms, period_ms))
        alarms += len(device.play(samples, [True] * len(samples)))
    return Heard(alarms, at_ms / 3600000)


def total(work: Callable[..., Heard], given: Sequence[tuple[Any, ...]], jobs: int) -> Heard:
    """The sum of several streams, on so many processes."""
    if jobs <= 1:
        found = [work(*one) for one in given]
    else:
        with multiprocessing.Pool(min(jobs, len(given))) as pool:
            found = pool.starmap(work, given, 1)
    return Heard(sum(one.alarms for one in found), sum(one.hours for one in found))


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
    alarms = 0
    for index in order:
        samples = conditions.saturated(todo[index].mg, job.under).tolist()
        alarms += len(device.play(samples, [True] * len(samples)))
    return Heard(alarms, sum(one.hours for one in todo))
