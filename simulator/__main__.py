"""The command line of the simulator (CONTRACTS.md sections 1, 5 and 6).

Exit 0 every expectation held, 1 one failed, 2 wrong usage or input, 3 the simulation broke.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn, TextIO

from simulator import campaign, faults, timeline
from simulator.host import KINDS
from simulator.run import simulate
from simulator.scenario import load
from simulator.tree import ScenarioError


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        print(f"{self.prog}: {message}", file=sys.stderr)
        raise SystemExit(2)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="simulator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    run = commands.add_parser("run", help="run a scenario and show the five phones")
    run.add_argument("scenario", type=Path)
    run.add_argument("--host", choices=KINDS, default="cpython")
    run.add_argument("--seed", type=int)
    run.add_argument("--set", action="append", default=[], metavar="a.b=v", dest="overrides")
    run.add_argument("--out", type=Path, help="where events.jsonl and summary.json go")
    run.add_argument("--json", action="store_true", help="print the summary alone")
    listing = commands.add_parser("faults", help="what can go wrong with which device")
    listing.add_argument("--json", action="store_true")
    many = commands.add_parser("campaign", help="a bad evening per seed, and what must hold")
    many.add_argument("--seeds", type=_count, required=True, metavar="N")
    many.add_argument("--first-seed", type=int, default=1, metavar="N")
    many.add_argument("--jobs", type=_count, default=os.cpu_count() or 1, metavar="J")
    many.add_argument("--json", action="store_true")
    return parser.parse_args(argv)


def _count(text: str) -> int:
    if not text.isdigit() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number above 0")
    return int(text)


def _run(args: argparse.Namespace) -> int:
    scenario = load(args.scenario, tuple(args.overrides), args.seed)
    if args.out is not None:
        try:
            args.out.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ScenarioError(f"--out {args.out}: {error.strerror}") from None
    story = sys.stderr if args.json else sys.stdout
    names = {c.number: f"phone-{i + 1}" for i, c in enumerate(scenario.world.contacts)}
    print(f"{scenario.name}, seed {scenario.seed}, host {args.host}", file=story)
    try:
        result = simulate(scenario, args.host, args.out, timeline.Timeline(story, names))
    except FileNotFoundError as error:  # the interpreter of the micropython host
        raise ScenarioError(f"--host {args.host}: {error}") from None
    timeline.show_phones(result.stage.phones, story)
    _verdict(result.summary, story)
    if args.json:
        print(json.dumps(result.summary, sort_keys=True, ensure_ascii=False))
    return 0 if result.held else 1


def _verdict(summary: dict[str, Any], out: TextIO) -> None:
    print(file=out)
    for text in summary["exceptions"]:
        print("the firmware ended with:\n" + text, file=out)
    if summary["trigger_ms"] is not None and summary["last_accepted_ms"] is not None:
        took_ms = summary["last_accepted_ms"] - summary["trigger_ms"]
        ours_ms = took_ms - summary["radio_ms"]
        reached = sum(row["accepted_ms"] is not None for row in summary["contacts"])
        print(
            f"{reached} of {len(summary['contacts'])} reached {took_ms} ms after the trigger, "
            f"{summary['radio_ms']} ms of it the network's, {ours_ms} ms ours",
            file=out,
        )
    held = sum(row["held"] for row in summary["expectations"])
    print(f"{held} of {len(summary['expectations'])} expectations held", file=out)


def _faults(args: argparse.Namespace) -> int:
    rows = faults.catalogue()
    if args.json:
        print(json.dumps(rows))
        return 0
    for row in rows:
        params = "".join(f" [{key}={value}]" for key, value in row["params"].items())
        times = "".join(f" [{key}=T]" for key in row["times"])
        print(f"fault {row['device']} {row['kind']}{params}{times}")
    return 0


def _campaign(args: argparse.Namespace) -> int:
    def progress(outcome: campaign.Outcome) -> None:
        for failure in outcome.failures:
            print(f"seed {failure.seed}: {failure.invariant} ({failure.t} ms)", file=sys.stderr)

    found = campaign.campaign(args.first_seed, args.seeds, args.jobs, progress)
    if args.json:
        print(json.dumps(found, sort_keys=True))
    else:
        for name, delay in found["delays_ms"].items():
            print(f"{name:20} p50 {delay['p50']:7} ms  p95 {delay['p95']:7} ms")
        print(f"{found['runs']} runs, {len(found['failed'])} failures")
    for seed in sorted({row["seed"] for row in found["failed"]}):
        path = campaign.FOLDER / f"seed-{seed}.yaml"
        print(f"replay: python -m simulator run {path}", file=sys.stderr)
    return 1 if found["failed"] else 0


def main(argv: list[str] | None = None) -> int:
    args = _arguments(argv)
    try:
        return {"run": _run, "faults": _faults, "campaign": _campaign}[args.command](args)
    except ScenarioError as error:
        print(error, file=sys.stderr)
        return 2
    except BrokenPipeError:
        return 3
    except Exception:
        traceback.print_exc()
        return 3


if __name__ == "__main__":
    sys.exit(main())
