"""All that is measured about falls: under every condition, with its interval, and what it means.

Writes build/falls.json and build/falls.png and prints a table. A limit is judged only at full
depth; `--quick` plays every so manieth recording (by GALET_DEPTH, in per cent), to see that all
of it still runs. The recordings are not part of this repository: GALET_DATA says where they are.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, NamedTuple

from tools import command
from tools.command import ROOT, Parser
from tools.falls import evaluate, pipeline, scoring, streams
from tools.falls.conditions import Conditions
from tools.falls.pipeline import Job, Played

DATA = Path(os.environ.get("GALET_DATA", "../shared/data")) / "falls"
SISFALL, UMAFALL = "sisfall_dev.npz", "umafall_dev.npz"
OUT = ROOT / "build/falls.json"
PICTURE = ROOT / "build/falls.png"
WASHING_S = 7200
EXAMPLE = """examples:
  python -m tools.falls.bench                  everything
  GALET_DEPTH=10 python -m tools.falls.bench --quick    a tenth of the recordings
"""
# What must hold: figure -> (limit, whether it is the least)
_SISFALL = {
    "sensitivity": (0.985, True),
    "specificity": (0.997, True),
    "false_alarms_per_hour": (0.5, False),
    "fp_60_and_over": (0, False),
}
_WORN = {"sensitivity": (0.93, True), "specificity": (0.99, True)}
_POCKET = {"sensitivity": (0.95, True), "specificity": (0.97, True)}
_CURVES = ("sisfall", "umafall waist", "umafall chest", "umafall pocket")
_MUTE_S = 15  # firmware/policy/falls.py: so long after a fall it tells of no other one
_COST = {"cost_points": (1.0, False)}  # of a point, against the same without that condition


class Variant(NamedTuple):
    name: str
    data: str
    placement: str
    under: Conditions
    cross_validated: bool
    limits: dict[str, tuple[float, bool]]
    against: str = ""  # the variant that shows what the condition costs


def variants() -> list[Variant]:
    """In the order of the table."""
    plain, base = Conditions(), "sisfall"
    asleep = Conditions(asleep=True)
    found = [
        Variant(base, SISFALL, "waist", plain, True, _SISFALL),
        Variant("sisfall, as shipped", SISFALL, "waist", plain, False, {}),
        Variant("sisfall, from sleep", SISFALL, "waist", asleep, True, _SISFALL, base),
    ]
    for name, under in (
        ("rotated", Conditions(rotate=True)),
        ("offset +80 mg", Conditions(offset_mg=(80, 80, 80))),
        ("offset -80 mg", Conditions(offset_mg=(-80, -80, -80))),
        ("steps of 12 mg", Conditions(quantise_mg=12)),
        ("1 % lost", Conditions(lost=0.01)),
        ("50 Hz", Conditions(rate=50)),
    ):
        found.append(Variant(f"sisfall, {name}", SISFALL, "waist", under, True, _COST, base))
    # The model of the trunk has never seen these people; that of the pocket was made from them.
    for where, limits in (("waist", _WORN), ("chest", _WORN), ("pocket", _POCKET)):
        name, fitted = f"umafall {where}", where == "pocket"
        found.append(Variant(name, UMAFALL, where, plain, fitted, limits))
        found.append(Variant(f"{name}, from sleep", UMAFALL, where, asleep, fitted, limits, name))
    found.append(Variant("umafall pocket, as shipped", UMAFALL, "pocket", plain, False, {}))
    return found


class Bench:
    """Runs the variants and keeps what came out."""

    def __init__(self, folder: Path, every: int, jobs: int) -> None:
        self._folder, self._every, self._jobs = folder, every, jobs
        self._models: dict[tuple[str, str], dict[str, Any]] = {}
        self.rows: list[dict[str, Any]] = []
        self.missed: list[str] = []

    def job(self, variant: Variant) -> Job:
        path = self._folder / variant.data
        job = Job(path, variant.placement, variant.under, every=self._every)
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
        print(line(row), flush=True)
        return played

    def _cost(self, row: dict[str, Any], against: str) -> float | None:
        """The points of sensitivity or specificity lost, whichever is more."""
        before = next((one for one in self.rows if one["name"] == against), None)
        if before is None:
            return None
        names = ("sensitivity", "specificity")
        return round(max(100 * (before[name] - row[name]) for name in names), 3)

    def _judge(
        self, row: dict[str, Any], limits: dict[str, tuple[float, bool]]
    ) -> list[dict[str, Any]]:
        found = []
        for name, (limit, least) in limits.items():
            value = row[name]
            held = value is not None and (value >= limit if least else value <= limit)
            bound = "least" if least else "most"
            found.append({"figure": name, bound: limit, "value": value, "held": held})
            if not held:
                self.missed.append(f"{row['name']}: {name} is {value}, at {bound} {limit}")
        return found

    def curve(self, variant: Variant) -> dict[str, Any]:
        """What other thresholds would have made of it; the dot is the one that is shipped."""
        job = self.job(variant)._replace(every_score=True)
        played = evaluate.run(job, self._jobs, pipeline.counter(f"{variant.name}, all scores"))
        row = next(one for one in self.rows if one["name"] == variant.name)
        return {
            "name": variant.name,
            "sensitivity": row["sensitivity"],
            "false_alarms_per_hour": row["false_alarms_per_hour"],
            "points": scoring.sweep([one.outcome for one in played], _MUTE_S),
        }

    # -- what is no set of trials ---------------------------------------------------------

    def one_stream(self) -> dict[str, Any]:
        """All activities in one stream: what one leaves behind must not disturb the next."""
        began_s = time.monotonic()
        shipped = next(one for one in self.rows if one["name"] == "sisfall, as shipped")
        job = Job(self._folder / SISFALL, "waist", Conditions(), every=self._every)
        alarms, hours = streams.activities(job)
        return {
            "name": "sisfall activities, shuffled, in one stream, as shipped",
            "fp": alarms,
            "hours": round(hours, 4),
            "false_alarms_per_hour": round(alarms / hours, 4),
            "ci95": {"false_alarms_per_hour": scoring.poisson(alarms, hours)},
            "trial_by_trial": shipped["false_alarms_per_hour"],
            "seconds": round(time.monotonic() - began_s, 1),
        }

    def washing_machine(self) -> dict[str, Any]:
        """A synthetic one: only whether it is ever taken for a fall."""
        began_s = time.monotonic()
        alarms, hours = streams.synthetic("washing_machine", WASHING_S // self._every)
        if alarms:
            self.missed.append(f"washing machine: {alarms} alarms, at most 0")
        return {
            "name": "washing machine, synthetic, as shipped",
            "fp": alarms,
            "hours": round(hours, 4),
            "ci95": {"false_alarms_per_hour": scoring.poisson(alarms, hours)},
            "seconds": round(time.monotonic() - began_s, 1),
        }


# -- for reading -----------------------------------------------------------------------------

_HEAD = ("", "sensitivity, %", "specificity, %", "false alarms/h", "60+", "cost", "s")
_ROW = "{:<28}{:>22}{:>23}{:>21}{:>5}{:>7}{:>6}"


def line(row: dict[str, Any]) -> str:
    """One row of the table: figures with their intervals."""
    cells = [
        evaluate.figure(name, row[name], row["ci95"][name]).replace(" %", "").replace(" to ", "-")
        for name in ("sensitivity", "specificity", "false_alarms_per_hour")
    ]
    old = "" if row["fp_60_and_over"] is None else row["fp_60_and_over"]
    cost = "" if row["cost_points"] is None else f"{row['cost_points']:.2f}"
    return _ROW.format(row["name"], *cells, old, cost, f"{row['seconds']:.0f}")


def _lines_of_streams(found: list[dict[str, Any]]) -> list[str]:
    return [
        f"{one['name']}: {one['fp']} alarms in {one['hours']:.2f} h"
        + (
            f" (trial by trial {one['trial_by_trial']:.2f} an hour)"
            if "trial_by_trial" in one
            else ""
        )
        for one in found
    ]


def _write(bench: Bench, **more: Any) -> None:
    found = {
        "caution": " ".join(evaluate.HONEST),
        "real_life": evaluate.REAL_LIFE,
        "rows": bench.rows,
        "missed": bench.missed,
        **more,
    }
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n")


def _measure(folder: Path, every: int, jobs: int) -> bool:
    """Everything; returns whether what must hold does, or was not judged."""
    from tools.falls import plot

    began_s, bench = time.monotonic(), Bench(folder, every, jobs)
    print(_ROW.format(*_HEAD))
    for variant in variants():
        bench.run(variant)
        _write(bench, every=every)
    whole = [bench.one_stream(), bench.washing_machine()]
    print("\n".join(_lines_of_streams(whole)))
    curves = [bench.curve(variant) for variant in variants() if variant.name in _CURVES]
    seconds = round(time.monotonic() - began_s)
    _write(bench, every=every, streams=whole, curves=curves, seconds=seconds)
    plot.draw(PICTURE, curves, bench.rows[0]["by_activity"])
    print("", *evaluate.HONEST, sep="\n")
    shown = [os.path.relpath(path) for path in (OUT, PICTURE)]
    print(f"{shown[0]} and {shown[1]}, in {seconds} s on {os.cpu_count()} cores")
    if every > 1:
        print(f"one of {every} recordings only: no limit is judged")
        return True
    for text in bench.missed:
        print(f"beyond its limit: {text}", file=sys.stderr)
    return not bench.missed


def main(arguments: list[str] | None = None) -> int:
    parser = Parser(prog="python -m tools.falls.bench", description=__doc__, epilog=EXAMPLE)
    parser.add_argument("--quick", action="store_true", help="fewer recordings, by GALET_DEPTH")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="processes")
    options = parser.parse_args(arguments)
    depth = int(os.environ.get("GALET_DEPTH") or 1)
    every = max(1, 100 // depth) if options.quick else 1
    if not DATA.is_dir():
        print(f"NOT RUN: the figures of falls (no recordings in {DATA})", file=sys.stderr)
        return 0
    good = False

    def work() -> None:
        nonlocal good
        good = _measure(DATA, every, options.jobs)

    return command.run("tools.falls.bench", work) or (0 if good else 1)


if __name__ == "__main__":
    sys.exit(main())
