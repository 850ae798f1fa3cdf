"""python -m tools.falls: train the model's constants, evaluate them by recordings of real people.

CONTRACTS.md section 9 fixes the options and the JSON. Separate from the work, which the bench
does too.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

from simulator.host import KINDS
from tools import command
from tools.command import Unusable

EVALUATE = """examples:
  python -m tools.falls evaluate --data sisfall_dev.npz
  python -m tools.falls evaluate --data umafall_dev.npz --placement pocket --json
  python -m tools.falls evaluate --data sisfall_dev.npz --cross-validate --dump build/trials.jsonl
  python -m tools.falls evaluate --data sisfall_dev.npz --from-sleep --lost 1 --offset-mg=-80,80,80

Every recording goes sample by sample through the virtual chip's registers, the driver and the
service to the detector. A fall is hit by exactly one alarm, whose impact lies within 1.0 s of
the greatest magnitude (mean over 0.2 s); every alarm in an activity is a false one. The stream
ends with 5 s of the recording's last second, repeated. Intervals: 95 %, Wilson and Garwood.
The falls are acted: that flatters every figure.
"""
_DATA_HELP = "the recordings: a path, or data:falls/FILE.npz, a file of GALET_DATA"
TRAIN = """examples:
  python -m tools.falls train --data sisfall_dev.npz
  python -m tools.falls train --data umafall_dev.npz --out build/constants

Trials worn at the waist (else the chest) make fall_trunk.py; a file that has some worn in the
pocket makes fall_pocket.py. What it overwrites is what the firmware judges by.
"""


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    return command.run("tools.falls", lambda: options.work(options))


def _parser() -> argparse.ArgumentParser:
    parser = command.Parser(
        prog="python -m tools.falls",
        description="Train and evaluate the detection of falls.",
        epilog=EVALUATE + TRAIN,
    )
    kinds = parser.add_subparsers(required=True, metavar="train|evaluate")
    _add_train(kinds.add_parser("train", help="write the model's constants", epilog=TRAIN))
    _add_evaluate(
        kinds.add_parser("evaluate", help="measure by recordings of people", epilog=EVALUATE)
    )
    return parser


def _add_train(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data", type=_data, required=True, metavar="FILE.npz", help=_DATA_HELP)
    add("--out", type=Path, metavar="DIR", help="where to write (firmware/policy)")
    parser.set_defaults(work=_train)


def _add_evaluate(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--data", type=_data, required=True, metavar="FILE.npz", help=_DATA_HELP)
    add("--placement", metavar="WHERE", help="waist, chest or pocket: the trials and the setting")
    add("--rate", type=int, choices=(50, 100), default=100, help="of the chip, in Hz (100)")
    add("--clip-g", type=_range_g, default=8.0, metavar="G", help="saturate at +-G (8)")
    add("--cross-validate", action="store_true", help="judge each by a model without that person")
    add("--from-sleep", action="store_true", help="the chip sleeps until the recording wakes it")
    add("--set-down", action="store_true", help="it has lain for half an hour before that")
    add("--rotate", action="store_true", help="turn each trial by a random rotation")
    add(
        "--offset-mg",
        type=_offsets,
        default=(0, 0, 0),
        metavar="X,Y,Z",
        help="shift each axis, by at most 1000 mg",
    )
    add("--mixed-mg", type=_steps_mg, default=0, metavar="N", help="and by +-N, drawn for each")
    add("--quantise-mg", type=_steps_mg, default=0, metavar="N", help="round to steps of N mg")
    add("--lost", type=_per_cent, default=0.0, metavar="PERCENT", help="samples that vanish")
    add("--seed", type=_seed, default=1, metavar="N", help="of the rotations and losses (1)")
    add("--every", type=_count, default=1, metavar="N", help="only every Nth of each activity")
    add("--jobs", type=_count, default=os.cpu_count() or 1, metavar="N", help="processes")
    add("--dump", type=Path, metavar="FILE", help="write one JSON line a trial: what was decided")
    add("--host", choices=KINDS, default="cpython", help="where the detector runs (cpython)")
    add("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(work=_evaluate)


# -- the work --------------------------------------------------------------------------------


def _train(options: argparse.Namespace) -> None:
    _need_numpy()
    try:
        from tools.falls import training
    except ImportError:
        raise Unusable("needs scikit-learn: pip install -e '.[train]'") from None
    training.train(options.data, options.out or training.POLICY)


def _evaluate(options: argparse.Namespace) -> None:
    _need_numpy()
    from tools.falls import evaluate, pipeline
    from tools.falls.conditions import Conditions

    if options.host == "micropython":
        command.vm()
    under = Conditions(
        rate=options.rate,
        clip_g=options.clip_g,
        asleep=options.from_sleep,
        set_down=options.set_down,
        rotate=options.rotate,
        offset_mg=options.offset_mg,
        mixed_mg=options.mixed_mg,
        quantise_mg=options.quantise_mg,
        lost=options.lost,
        seed=options.seed,
    )
    placement = evaluate.placement_of(options.data, options.placement)
    job = pipeline.Job(
        options.data, placement, under, None, host=options.host, every=options.every
    )
    with _dump(options.dump) as dump:
        if options.cross_validate:
            job = job._replace(models=evaluate.models_without(job))
        played = evaluate.run(job, options.jobs, pipeline.counter("trials"))
        dump.writelines(row + "\n" for row in evaluate.rows(played))
    found = evaluate.report(job, played)
    print(json.dumps(found) if options.json else evaluate.readable(found))


def _dump(path: Path | None):  # type: ignore[no-untyped-def]
    """The file to dump into, opened before the work begins."""
    try:
        return open(path or os.devnull, "w")
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None


def _need_numpy() -> None:
    try:
        import numpy  # noqa: F401
    except ImportError:
        raise Unusable("needs numpy: pip install -e '.[falls]'") from None


# -- values ----------------------------------------------------------------------------------


def _data(text: str) -> Path:
    """A path; data:falls/x.npz, or a name that is not here, is looked for in the shared data."""
    shared = Path(os.environ.get("GALET_DATA", "../shared/data"))
    if text.startswith("data:"):
        return shared / text[len("data:") :]
    path = Path(text)
    there = shared / "falls" / text
    return there if not path.exists() and there.exists() else path


def _seed(text: str) -> int:
    return int(_between(text, 0, 2**31, "a number of 0 to 2147483648"))


def _range_g(text: str) -> float:
    return _between(text, 1, 16, "a range of 1 to 16 g")


def _per_cent(text: str) -> float:
    return _between(text, 0, 50, "a share of 0 to 50 %") / 100


def _steps_mg(text: str) -> int:
    return int(_between(text, 0, 1000, "0 to 1000 mg"))


def _count(text: str) -> int:
    return int(_between(text, 1, 1000, "a number of 1 to 1000"))


def _offsets(text: str) -> tuple[int, ...]:
    parts = text.split(",")
    if len(parts) != 3:
        raise argparse.ArgumentTypeError(f"{text!r} is not three offsets like 80,-80,0")
    return tuple(int(_between(part, -1000, 1000, "an offset of -1000 to 1000")) for part in parts)


def _between(text: str, low: int, high: int, what: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not low <= value <= high:
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return value


if __name__ == "__main__":
    sys.exit(main())
