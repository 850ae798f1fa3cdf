"""The evaluation of one file: what is played, the report as JSON or for reading, and the dump.

Separate from the options of the command line, so that the bench says the same in the same words.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

from simulator.motion import recording
from simulator.motion.recording import RecordingError
from tools.command import ROOT, Unusable
from tools.falls import pipeline, scoring
from tools.falls.pipeline import Broken, Job, Played, Progress

POLICY = ROOT / "firmware/policy"
_TRUNK, _POCKET = "fall_trunk.py", "fall_pocket.py"
CONSTANTS = {"waist": _TRUNK, "chest": _TRUNK, "pocket": _POCKET}  # by placement

# Said wherever a figure is shown: who reads one alone must not take it for more than it is.
HONEST = (
    "These falls were acted by volunteers onto mats, and end lying; most activities end as they"
    " began. That flatters every figure here: none of them is the performance in real life.",
    "Published figures on real falls: Bagala 2012: sensitivity 57 % (best 83 %) with 3 to 85 false"
    " alarms a day, over 13 algorithms; Scheurer 2019: 80 % at 0.17 a week;"
    " Kangas 2015: 80 % at 0.025 to 0.049 an hour.",
)
FITTED = (
    "These constants were fitted to this very data: the figures say nothing about other people."
    " Use --cross-validate."
)
REAL_LIFE: tuple[dict[str, Any], ...] = (
    {
        "study": "Bagala 2012",
        "algorithms": 13,
        "sensitivity": 0.57,
        "best_sensitivity": 0.83,
        "false_alarms_per_hour": [round(3 / 24, 4), round(85 / 24, 4)],
    },
    {
        "study": "Scheurer 2019",
        "sensitivity": 0.8,
        "false_alarms_per_hour": round(0.17 / 168, 5),
    },
    {"study": "Kangas 2015", "sensitivity": 0.8, "false_alarms_per_hour": [0.025, 0.049]},
)


def placement_of(path: Path, asked: str | None) -> str:
    """The one place to evaluate; raises Unusable where it is not clear."""
    try:
        known = recording.placements(path)
    except RecordingError as error:
        raise Unusable(str(error)) from None
    if asked is None and len(known) == 1:
        asked = known[0]
    if asked is not None and asked not in CONSTANTS:
        raise Unusable(
            f"{path}: worn at the {asked}: there is no setting for that, but waist, chest, pocket"
        )
    if asked not in known:
        which = f"has no trials worn at the {asked}" if asked else "was worn at several places"
        raise Unusable(f"{path}: {which}; --placement is one of: {', '.join(known)}")
    return asked


def constants_sha256(placement: str) -> str:
    """Of the constants as shipped for it: the file itself, byte for byte."""
    return hashlib.sha256((POLICY / CONSTANTS[placement]).read_bytes()).hexdigest()


def fitted_to_it(job: Job) -> bool:
    """Whether the constants as shipped were fitted to this very file, by the SHA-256 in them."""
    if job.models is not None:
        return False
    known = (POLICY / CONSTANTS[job.placement]).read_text()
    return hashlib.sha256(job.path.read_bytes()).hexdigest() in known


def models_without(job: Job) -> dict[str, Any]:
    """For each person the constants fitted to the others."""
    try:
        from tools.falls import folds
    except ImportError:
        raise Unusable("needs scikit-learn to refit: pip install -e '.[falls]'") from None
    return folds.constants(job.path, job.placement)


def run(job: Job, jobs: int, progress: Progress | None = None) -> list[Played]:
    """Play; what keeps it from giving figures is Unusable."""
    try:
        return pipeline.run(job, jobs, progress)
    except (RecordingError, Broken) as error:
        raise Unusable(str(error)) from None


def report(job: Job, played: Sequence[Played]) -> dict[str, Any]:
    """The object of CONTRACTS.md section 9, and under which conditions it was found."""
    return {
        **scoring.report([one.outcome for one in played]),
        "constants_sha256": constants_sha256(job.placement),
        "cross_validated": job.models is not None,
        "fitted_to_this_data": fitted_to_it(job),
        "data": job.path.name,
        "placement": job.placement,
        "conditions": job.under._asdict(),
        "host": job.host,
        "every": job.every,
        "caution": " ".join(HONEST),
    }


def rows(played: Iterable[Played]) -> Iterator[str]:
    """One JSON object a trial, in the order of the file."""
    for one in played:
        outcome = one.outcome
        yield json.dumps(
            {
                "index": one.number,
                "subject": outcome.subject,
                "activity": outcome.activity,
                "trial": one.trial,
                "placement": one.placement,
                "age": outcome.age,
                "is_fall": outcome.is_fall,
                "peak_s": round(outcome.peak_s, 3),
                "hit": outcome.hit,
                "alarms": [
                    {
                        "impact_s": round(alarm.impact_s, 3),
                        "decided_s": round(alarm.decided_s, 3),
                        "score": alarm.score,
                    }
                    for alarm in outcome.alarms
                ],
            }
        )


# -- for reading -----------------------------------------------------------------------------


def readable(found: dict[str, Any]) -> str:
    """The report as text."""
    how = "refitted without the person judged" if found["cross_validated"] else "as shipped"
    ours = ("sensitivity", "specificity", "false_alarms_per_hour")
    lines = [f"{found['data']}, {found['placement']}: constants {how}", ""]
    if found["fitted_to_this_data"]:
        lines[1:] = [FITTED, ""]
    lines += [_line(name, found) for name in ours]
    lines.append(
        f"{found['tp']} of {found['falls']} falls hit; {found['fp']} alarms in"
        f" {found['activities']} activities of {found['hours']:.2f} h"
    )
    if found["decision_s_max"] is not None:
        lines.append(f"decided {found['decision_s_max']:.2f} s after the impact at the latest")
    for name, group in found["by_age_group"].items():
        lines += ["", f"{name}: {group['falls']} falls, {group['fp']} false alarms"]
        lines += [_line(key, group) for key in ours if group[key] is not None]
    wrong = [
        f"{name} {group['fn'] + group['fp']}"
        for name, group in found["by_activity"].items()
        if group["fn"] + group["fp"]
    ]
    lines += ["", f"errors by activity: {', '.join(wrong) or 'none'}", "", *HONEST]
    return "\n".join(lines)


def _line(name: str, found: dict[str, Any]) -> str:
    """A figure, its interval if all trials were independent, and that by people."""
    label = name.replace("_", " ").replace(" per hour", " an hour")
    text = figure(name, found[name], found["ci95"][name])
    people = found["ci95_by_subject"][name]
    if found[name] is not None and people is not None and people[0] < people[1]:
        text = f"{text[:-1]}; by people {_range(name, people)})"
    return f"  {label:<24}{text}"


def figure(name: str, value: float | None, interval: list[float] | None) -> str:
    """A figure and its interval, shares in per cent."""
    if value is None or interval is None:
        return "-"
    if name == "false_alarms_per_hour":
        return f"{value:.2f} ({_range(name, interval)})"
    return f"{100 * value:.2f} % ({_range(name, interval)})"


def _range(name: str, interval: list[float]) -> str:
    scale = 1 if name == "false_alarms_per_hour" else 100
    return f"{scale * interval[0]:.2f} to {scale * interval[1]:.2f}"
