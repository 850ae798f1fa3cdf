"""All that is measured about falls: under every condition, with its interval, and what it means.

Writes build/falls.json and build/falls.png and prints a table; exit 1 where a limit is missed.
`--quick` plays every so manieth recording (by GALET_DEPTH, in per cent) by the constants as
shipped, and refits none: that all of it still runs. It judges only that decisions come in time
and that a washing machine is no fall. The recordings are not part of this repository:
GALET_DATA says where they are.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, Iterable, NamedTuple

from tools import command
from tools.command import ROOT, Parser, Unusable
from tools.falls import evaluate, pipeline, scoring, streams, table
from tools.falls.pipeline import Broken, Job, Played
from tools.falls.streams import Heard
from tools.falls.variants import BASE, BOUNDS, CURVES, SHIPPED, Limit, Variant, variants

DATA = Path(os.environ.get("GALET_DATA", "../shared/data")) / "falls"
OUT = ROOT / "build/falls.json"
PICTURE = ROOT / "build/falls.png"
EXAMPLE = """examples:
  python -m tools.falls.bench                  everything
  GALET_DEPTH=10 python -m tools.falls.bench --quick    a tenth of the recordings
"""
_MUTE_S = 15  # firmware/policy/falls.py: so long after a fall it tells of no other one


class Plan(NamedTuple):
    """How much of everything."""

    quick: bool = False
    every: int = 1  # play every so manieth recording
    washing_s: int = 7200
    washing_seeds: int = 5


class Bench:
    """Runs the variants and keeps what came out; `missed` are the limits that do not hold."""

    def __init__(self, folder: Path, plan: Plan, jobs: int) -> None:
        self._folder, self._plan, self._jobs = folder, plan, jobs
        self._models: dict[tuple[str, str], dict[str, Any]] = {}
        self.rows: list[dict[str, Any]] = []
        self.streams: list[dict[str, Any]] = []
        self.missed: list[str] = []

    def job(self, variant: Variant) -> Job:
        path = self._folder / variant.data
        every = max(self._plan.every, variant.every)
        job = Job(path, variant.placement, variant.under, every=every)
        if variant.cross_validated:
            key = (variant.data, variant.placement)
            if key not in self._models:
                self._models[key] = evaluate.models_without(job)
            job = job._replace(models=self._models[key])
        return job

    def run(self, variant: Variant) -> list[Played]:
        began_s = time.monotonic()
        job = self.job(variant)
        played = evaluate.run(job, self._jobs, pipeline.counter(variant.name))
        row = {"name": variant.name, **evaluate.report(job, played)}
        del row["caution"]  # said once
        old = row["by_age_group"].get(scoring.OLD)
        row["fp_60_and_over"] = old["fp"] if old else None
        row["cost_points"] = self._cost(row, variant.against)
        row["seconds"] = round(time.monotonic() - began_s, 1)
        row["limits"] = self._judge(row, variant.limits)
        self.rows.append(row)
        print(table.line(row), flush=True)
        return played

    def _cost(self, row: dict[str, Any], against: str) -> float | None:
        """The points of sensitivity or specificity lost, whichever is more."""
        if not against:
            return None
        before = self._row(against)
        names = ("sensitivity", "specificity")
        return round(max(100 * (before[name] - row[name]) for name in names), 3)

    def _row(self, name: str) -> dict[str, Any]:
        return next(one for one in self.rows if one["name"] == name)

    def _judge(self, row: dict[str, Any], limits: Iterable[Limit]) -> list[dict[str, Any]]:
        found = []
        for name, bound, limit in limits:
            value = row[name]
            held = value is not None and BOUNDS[bound](value, limit)
            found.append({"figure": name, bound: limit, "value": value, "held": held})
            if not held:
                word = bound if bound == "below" else f"at {bound}"
                self.missed.append(f"{row['name']}: {name} is {value}, {word} {limit}")
        return found

    def curve(self, variant: Variant) -> dict[str, Any]:
        """What other thresholds would have made of it; the dot is the one that is shipped."""
        job = self.job(variant)._replace(every_score=True)
        played = evaluate.run(job, self._jobs, pipeline.counter(f"{variant.name}, all scores"))
        row = self._row(variant.name)
        ours = ("sensitivity", "false_alarms_per_hour")
        return {
            "name": variant.name,
            **{name: row[name] for name in ours},
            "ci95": {name: table.widest(row, name) for name in ours},
            "points": scoring.sweep([one.outcome for one in played], _MUTE_S),
        }

    # -- what is no set of trials ---------------------------------------------------------

    def one_stream(self, variant: Variant) -> None:
        """All activities in one stream: what one leaves behind must not disturb the next."""
        began_s = time.monotonic()
        heard = streams.activities(self.job(variant), self._jobs)
        apart = self._row(variant.name)
        name = f"{variant.name}: activities shuffled, in one stream"
        more = {
            "trial_by_trial": apart["fp"],
            "at_seams": heard.at_seams,
            "elsewhere": heard.alarms - heard.at_seams,
            "least_per_hour": (scoring.poisson(heard.alarms, heard.hours) or [0.0])[0],
        }
        # Nothing beyond what each recording alone gives, but for seams, which are nobody's motion;
        # and with these the rate is still the same, as far as so few hours tell.
        limits = [
            Limit("elsewhere", "most", apart["fp"]),
            Limit("least_per_hour", "most", apart["ci95"]["false_alarms_per_hour"][1]),
        ]
        self._add(name, heard, [] if self._plan.quick else limits, began_s, **more)

    def washing_machine(self, placement: str) -> None:
        """Synthetic ones: only whether they are ever taken for a fall."""
        began_s, plan = time.monotonic(), self._plan
        seeds = range(1, plan.washing_seeds + 1)
        given = [("washing_machine", plan.washing_s, placement, seed) for seed in seeds]
        heard = streams.total(streams.synthetic, given, self._jobs)
        name = f"washing machine, synthetic, {placement}, {len(seeds)} of them"
        self._add(name, heard, [Limit("fp", "most", 0)], began_s, faults=heard.faults)

    def _add(
        self, name: str, heard: Heard, limits: list[Limit], began_s: float, **more: Any
    ) -> None:
        rate = round(heard.alarms / heard.hours, 4) if heard.hours else None
        row = {
            "name": name,
            "fp": heard.alarms,
            "hours": round(heard.hours, 4),
            "false_alarms_per_hour": rate,
            "ci95": {"false_alarms_per_hour": scoring.poisson(heard.alarms, heard.hours)},
            **more,
            "seconds": round(time.monotonic() - began_s, 1),
        }
        row["limits"] = self._judge(row, limits)
        self.streams.append(row)
        print(table.of_stream(row), flush=True)


def _write(bench: Bench, plan: Plan, **more: Any) -> None:
    found = {
        "caution": " ".join(evaluate.HONEST),
        "real_life": evaluate.REAL_LIFE,
        "quick": plan.quick,
        "every": plan.every,
        "rows": bench.rows,
        "streams": bench.streams,
        "missed": bench.missed,
        **more,
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def _measure(folder: Path, plan: Plan, jobs: int) -> bool:
    """Everything; returns whether all that was judged holds."""
    from tools.falls import plot

    began_s, bench = time.monotonic(), Bench(folder, plan, jobs)
    todo = variants(plan.quick)
    print(table.HEAD)
    for variant in todo:
        bench.run(variant)
        _write(bench, plan)
    print(table.NOTE, end="\n\n")
    for variant in todo:
        if variant.name in (BASE, SHIPPED):
            bench.one_stream(variant)
    for placement in ("waist", "pocket"):
        bench.washing_machine(placement)
    curves = [bench.curve(variant) for variant in todo if variant.name in CURVES]
    seconds = round(time.monotonic() - began_s)
    _write(bench, plan, curves=curves, seconds=seconds)
    plot.draw(PICTURE, curves, bench.rows[0])
    print("", *evaluate.HONEST, sep="\n")
    shown = [os.path.relpath(path) for path in (OUT, PICTURE)]
    print(f"{shown[0]} and {shown[1]}, in {seconds} s on {os.cpu_count()} cores")
    if plan.quick:
        print(f"as shipped, one of {plan.every} recordings: only times and washing are judged")
    for text in bench.missed:
        print(f"beyond its limit: {text}", file=sys.stderr)
    return not bench.missed


def _plan(quick: bool) -> Plan:
    if not quick:
        return Plan()
    try:
        depth = int(os.environ.get("GALET_DEPTH") or 1)
    except ValueError:
        depth = 1
    return Plan(True, max(1, 100 // max(1, depth)), washing_s=1800, washing_seeds=1)


def main(arguments: list[str] | None = None) -> int:
    parser = Parser(prog="python -m tools.falls.bench", description=__doc__, epilog=EXAMPLE)
    parser.add_argument("--quick", action="store_true", help="fewer recordings, by GALET_DEPTH")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args(arguments)
    if not DATA.is_dir():
        print(f"NOT RUN: the figures of falls (no recordings in {DATA})", file=sys.stderr)
        return 0
    good = False

    def work() -> None:
        nonlocal good
        try:
            good = _measure(DATA, _plan(options.quick), options.jobs)
        except Broken as error:  # in a stream
            raise Unusable(str(error)) from None

    return command.run("tools.falls.bench", work) or (0 if good else 1)


if __name__ == "__main__":
    sys.exit(main())
