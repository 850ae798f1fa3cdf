"""The command line of the simulator: scenarios, in virtual and in real time, faults, campaigns.

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

from simulator import campaign, chip_image, faults, inputs, serve, timeline
from simulator.host import KINDS, check_host
from simulator.interpreter import NoInterpreter
from simulator.live import command as live
from simulator.rehearsal import command as rehearsal
from simulator.run import FILES, simulate
from simulator.scenario import SEED_MAX, load
from simulator.tree import ScenarioError

SEEDS_MAX = 10_000_000
JOBS_MAX = 256
FLASH_MAX = 32 << 20  # bytes of an image


EXAMPLES = {
    "": """examples:
  python -m simulator run evening_walk
  python -m simulator faults
  python -m simulator campaign --seeds 20
  python -m simulator serve evening_walk --pty
  python -m simulator board
  python -m simulator rehearse config.json
""",
    "run": """examples:
  python -m simulator run evening_walk
  python -m simulator run evening_walk --host micropython --seed 7 --out build/run
  python -m simulator run recording --flash build/flash.bin
  python -m simulator run no_network --set world.network.sms_latency.fixed_ms=5000 --json

The keys of a scenario, its commands and events: docs/scenarios.md.
""",
    "faults": """example:
  python -m simulator faults
  fault modem cms [code=38] [count=0] [at=T] [for=T]

The lines are for the steps of a scenario: {at: 40s, do: fault, line: modem cms=38 for=2min}
""",
    "campaign": """example:
  python -m simulator campaign --seeds 20 --first-seed 100

A seed that fails is written to build/campaign/, from where `run` replays it.
""",
    "serve": serve.EXAMPLE,
    "board": live.EXAMPLE,
    "rehearse": rehearsal.EXAMPLE,
}


class _Parser(argparse.ArgumentParser):
    def __init__(self, **settings: Any) -> None:
        prog = settings["prog"].replace("python -m ", "", 1)
        example = EXAMPLES[prog.partition(" ")[2]]
        raw = argparse.RawDescriptionHelpFormatter
        super().__init__(epilog=example, formatter_class=raw, **settings)
        self._name = prog

    def error(self, message: str) -> NoReturn:
        print(f"{self._name}: {message}", file=sys.stderr)
        raise SystemExit(2)


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = _Parser(prog="python -m simulator", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, parser_class=_Parser)
    text = "run a scenario and show the five phones"
    run = commands.add_parser("run", help=text, description=text)
    run.add_argument("scenario", type=Path, help="a file, or the name of a shipped one")
    run.add_argument("--host", choices=KINDS, default="cpython", help="what runs the firmware")
    _add_changes(run)
    run.add_argument("--out", type=Path, help="where events.jsonl and summary.json go")
    text = "flash of the board: what it starts with, where there is one, and what is left in it"
    run.add_argument("--flash", type=Path, metavar="FILE", help=text)
    run.add_argument("--json", action="store_true", help="print the summary alone")
    text = "what can go wrong with which device"
    listing = commands.add_parser("faults", help=text, description=text)
    listing.add_argument("--json", action="store_true", help="print JSON")
    text = "a bad evening per seed, and what must hold"
    many = commands.add_parser("campaign", help=text, description=text)
    many.add_argument("--seeds", type=_count, required=True, metavar="N", help="how many")
    many.add_argument("--first-seed", type=_seed, default=1, metavar="N", help="(1)")
    jobs = os.cpu_count() or 1
    many.add_argument("--jobs", type=_jobs, default=jobs, metavar="J", help="at a time (cores)")
    many.add_argument("--json", action="store_true", help="print JSON")
    text = "play modem and GNSS in real time on serial ports"
    served = commands.add_parser("serve", help=text, description=text)
    serve.add_arguments(served)
    _add_changes(served)
    text = "a virtual board in real time, for mpremote and whatever else takes a port"
    virtual = commands.add_parser("board", help=text, description=text)
    live.add_arguments(virtual)
    _add_changes(virtual)
    text = "her configuration played through: what her contacts would read"
    told = commands.add_parser("rehearse", help=text, description=text)
    rehearsal.add_arguments(told)
    args = parser.parse_args(argv)
    if args.command == "campaign" and args.first_seed + args.seeds - 1 > SEED_MAX:
        many.error(f"argument --seeds: the last seed is beyond {SEED_MAX}")
    return args


def _add_changes(parser: argparse.ArgumentParser) -> None:
    """What may be changed of a scenario."""
    parser.add_argument("--seed", type=_seed, help="of all chance (the scenario's own)")
    text = "change one value of the scenario"
    parser.add_argument(
        "--set", action="append", default=[], metavar="a.b=v", dest="overrides", help=text
    )


def _whole(text: str, low: int, high: int) -> int:
    plain = text.isascii() and text.isdecimal() and len(text) <= 18
    if not plain or not low <= int(text) <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
    return int(text)


def _seed(text: str) -> int:
    return _whole(text, 0, SEED_MAX)


def _count(text: str) -> int:
    return _whole(text, 1, SEEDS_MAX)


def _jobs(text: str) -> int:
    return _whole(text, 1, JOBS_MAX)


def _flash(path: Path | None) -> bytes | None:
    """The image to start with, None for a blank chip."""
    if path is None:
        return None
    try:
        image = inputs.read_bytes(path, FLASH_MAX) if path.exists() else None
        inputs.check_replaceable(path)
    except OSError as error:
        raise ScenarioError(f"--flash {path}: {error.strerror}") from None
    return image


def _keep(path: Path, image: bytes) -> None:
    try:
        inputs.replace(path, image)
    except OSError as error:
        raise ScenarioError(f"--flash {path}: not written: {error.strerror}") from None


def _run(args: argparse.Namespace) -> int:
    scenario = load(args.scenario, tuple(args.overrides), args.seed)
    if args.out is not None:
        try:
            inputs.check_writable(args.out, FILES)
        except OSError as error:
            raise ScenarioError(f"--out {args.out}: {error.strerror}") from None
    story = sys.stderr if args.json else sys.stdout
    names = {c.number: f"phone-{i + 1}" for i, c in enumerate(scenario.world.contacts)}
    try:
        check_host(args.host)
    except NoInterpreter as error:
        raise ScenarioError(f"--host {args.host}: {error}") from None
    print(f"{scenario.name}, seed {scenario.seed}, host {args.host}", file=story)
    told = timeline.Timeline(story, names)
    try:
        result = simulate(scenario, args.host, args.out, told, image=_flash(args.flash))
    except NoInterpreter as error:
        raise ScenarioError(f"--host {args.host}: {error}") from None
    except chip_image.WrongImage as error:
        raise ScenarioError(f"--flash {args.flash}: {error}") from None
    if args.flash is not None:
        _keep(args.flash, chip_image.dump(result.stage.board.flash))
    timeline.show_phones(result.stage.phones, story)
    _verdict(result.summary, story)
    if args.json:
        print(json.dumps(result.summary, sort_keys=True, ensure_ascii=False))
    if result.ended_by_itself:
        return 2  # the firmware refused its configuration: no verdict on anything else
    return 0 if result.held else 1


def _verdict(summary: dict[str, Any], out: TextIO) -> None:
    if summary["haptics"]:
        print("\nwhat she felt (motor on and off by turns, in ms)", file=out)
    for felt in summary["haptics"]:
        print(f"  {timeline.clock(felt['t'])}  {felt['pattern']}", file=out)
    print(file=out)
    for text in summary["exceptions"]:
        ended = text.startswith("the firmware ")
        print(text if ended else "the firmware ended with:\n" + text, file=out, end="")
    if summary["trigger_ms"] is not None and summary["last_accepted_ms"] is not None:
        took_ms = summary["last_accepted_ms"] - summary["trigger_ms"]
        ours_ms = took_ms - summary["radio_ms"]
        reached = sum(row["accepted_ms"] is not None for row in summary["contacts"])
        print(
            f"{reached} of {len(summary['contacts'])} reached {took_ms} ms after the trigger: "
            f"{summary['radio_ms']} ms while the network took the texts, {ours_ms} ms else "
            "(the button's own work, guards, waits for coverage)",
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


COMMANDS = {
    "run": _run,
    "faults": _faults,
    "campaign": _campaign,
    "serve": serve.serve,
    "board": live.board,
    "rehearse": rehearsal.rehearse,
}


def main(argv: list[str] | None = None) -> int:
    args = _arguments(argv)
    try:
        return COMMANDS[args.command](args)
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
