"""Whole recordings through a whole device, trial by trial, on all cores, in their order.

Separate from the device, which knows no recordings, and from the scoring, which knows no
detector. Each trial gets a device that was just switched on.
"""

from __future__ import annotations

import multiprocessing
import sys
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple, Sequence

from simulator.motion.recording import Trial
from tools.falls import conditions, scoring
from tools.falls.conditions import Conditions
from tools.falls.scoring import Alarm, Outcome

Progress = Callable[[int, int], None]
_CHUNK = 4  # trials handed to a process at a time


class Broken(RuntimeError):
    """The firmware did not do what every figure rests on."""


class Job(NamedTuple):
    """What to play, where it is worn, and what judges it."""

    path: Path
    placement: str
    under: Conditions = Conditions()
    models: dict[str, Any] | None = None  # constants by subject; None: as shipped
    host: str = "cpython"  # where the detector runs
    every: int = 1  # play every so manieth trial of each activity
    every_score: bool = False  # a fall is suspected at any score, for a sweep of the threshold


class Played(NamedTuple):
    """A trial and what came of it."""

    number: int  # of the trials in the file, from 0
    trial: int
    placement: str
    outcome: Outcome


def chosen(job: Job) -> list[Trial]:
    """The trials of a job; raises RecordingError.

    Of every activity as many as `every` leaves, at least one, so that a quick run sees them all.
    """
    seen: dict[str, int] = {}
    found = []
    for one in conditions.trials(job.path, job.placement, job.under):
        number = seen.get(one.activity, 0)
        seen[one.activity] = number + 1
        if number % job.every == 0:
            found.append(one)
    return found


def run(job: Job, jobs: int = 1, progress: Progress | None = None) -> list[Played]:
    """Play all trials of a job; raises RecordingError, and Broken where the firmware fails."""
    todo = chosen(job)
    found = []
    for one in _each(job, todo, min(jobs, len(todo))):
        found.append(one)
        if progress:
            progress(len(found), len(todo))
    return found


def play(job: Job, trial: Trial) -> Played:
    """One trial, through a device of its own."""
    under = job.under
    recorded = conditions.saturated(trial.mg, under)
    samples = conditions.worn(scoring.stream(trial.mg, trial.rate), trial.index, under)
    device = make_device(job, trial.subject)
    asleep = under.asleep or under.set_down
    first = tuple((conditions.at_rest(samples[0]) if asleep else samples[0]).tolist())
    device.start(first, asleep)
    if under.set_down:
        device.lie(first)
    start_ms = device.next_ms
    passed = conditions.kept(len(samples), trial.index, under)
    suspicions = device.play(samples.tolist(), passed.tolist())
    alarms = tuple(
        Alarm((one.impact_ms - start_ms) / 1000, one.score, (one.decided_ms - start_ms) / 1000)
        for one in suspicions
    )
    outcome = Outcome(
        subject=trial.subject,
        activity=trial.activity,
        is_fall=trial.is_fall,
        age=trial.age,
        hours=trial.hours,
        peak_s=scoring.peak_s(recorded, trial.rate),
        alarms=alarms,
    )
    return Played(trial.index, trial.trial, trial.placement, outcome)


def counter(what: str) -> Progress:
    """Say on stderr how many are done: in one line on a terminal, else now and then."""

    def say(done: int, total: int) -> None:
        if sys.stderr.isatty():
            end = "\n" if done == total else ""
            print(f"\r{what}: {done}/{total}", end=end, file=sys.stderr, flush=True)
        elif done == total or done * 4 // total != (done - 1) * 4 // total:
            print(f"{what}: {done}/{total}", file=sys.stderr, flush=True)

    return say


# -- processes -------------------------------------------------------------------------------

_work: tuple[Job, list[Trial]]


def _each(job: Job, todo: Sequence[Trial], jobs: int) -> Iterator[Played]:
    if jobs <= 1:
        yield from (play(job, one) for one in todo)
        return
    with multiprocessing.Pool(jobs, _begin, (job,)) as pool:
        yield from pool.imap(_play_here, range(len(todo)), _CHUNK)


def _begin(job: Job) -> None:
    """In each process: read the file there, rather than hand over what it holds."""
    global _work
    _work = (job, chosen(job))


def _play_here(index: int) -> Played:
    job, todo = _work
    return play(job, todo[index])


def make_device(job: Job, subject: str | None = None) -> Any:
    """A device that was just switched on, with the constants that judge this person."""
    from tools.falls import detectors  # here: --help needs no firmware
    from tools.falls.device import Device

    model = None if job.models is None or subject is None else job.models[subject]
    return Device(job.under.rate, detectors.make(job.placement, model, job.host, job.every_score))
