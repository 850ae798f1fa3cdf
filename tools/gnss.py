"""Read recorded GNSS streams from the command line with the firmware's own parsers.

Separate from tools/gnss_epochs.py, which does the reading on any interpreter: this half is
for people, on CPython. CONTRACTS.md section 8 fixes the JSON lines.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Iterator

from tools import command, gnss_epochs
from tools.command import ROOT, Unusable

EXAMPLE = """example:
  python -m tools.gnss read recording.nmea --json
  {"utc": "2026-08-05T05:52:34Z", "date_ok": true, "lat_e7": 476619817, ...}
"""


def main(arguments: list[str] | None = None) -> int:
    options = _parser().parse_args(arguments)

    def work() -> None:
        for text in _lines(options.file, options.host, options.not_before):
            print(text if options.json else _readable(json.loads(text)))

    return command.run("tools.gnss", work)


def _parser() -> argparse.ArgumentParser:
    parser = command.Parser(
        prog="python -m tools.gnss",
        description="Turn what a GNSS receiver sent (NMEA 0183, noise included) into positions.",
        epilog=EXAMPLE,
    )
    read = parser.add_subparsers(required=True, metavar="read").add_parser(
        "read",
        help="print one line per second of a recording",
        description="Print one line per second (epoch) of a recording.",
        epilog=EXAMPLE + "\nmode 1 is no fix. date_ok is false where the date is not known or was"
        "\nmoved by a GPS week rollover. Without --json the lines are for reading.",
    )
    read.add_argument("file", type=Path, metavar="FILE", help="the bytes as they were received")
    command.add_options(read)
    read.add_argument(
        "--not-before",
        type=_instant,
        default="2000-01-01",
        metavar="DATE",
        help="believe no earlier date: add GPS week rollovers (default 2000-01-01)",
    )
    return parser


def _instant(text: str) -> int:
    """YYYY-MM-DD to seconds since 2000-01-01."""
    try:
        return (date.fromisoformat(text) - date(2000, 1, 1)).days * 86400
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date like 2026-01-31") from None


def _lines(path: Path, host: str, not_before_utc: int) -> Iterator[str]:
    if path.exists() and not path.is_file():
        raise Unusable(f"{path}: is no file")
    try:
        with path.open("rb") as stream:
            if host == "micropython":
                yield from _on_micropython(path, not_before_utc)
                return
            command.use_firmware_here()
            for epoch in gnss_epochs.epochs(stream, not_before_utc):
                yield gnss_epochs.line(epoch)
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None


def _on_micropython(path: Path, not_before_utc: int) -> Iterator[str]:
    program = [command.vm(), str(ROOT / "tools/gnss_epochs.py"), str(path), str(not_before_utc)]
    with subprocess.Popen(program, stdout=subprocess.PIPE, text=True) as run:
        assert run.stdout is not None
        for text in run.stdout:
            yield text.rstrip("\n")
    if run.returncode != 0:
        raise Unusable(f"{program[0]}: ended with exit code {run.returncode}")


def _readable(epoch: dict) -> str:
    utc = (epoch["utc"] or "no date").ljust(20)
    if epoch["mode"] == 1:
        return f"{utc}  no fix"
    place = f"{_degrees(epoch['lat_e7'])} {_degrees(epoch['lon_e7'])}"
    doubt = "" if epoch["date_ok"] else "  (date not sure)"
    return f"{utc}  {place} +/-{epoch['radius_m']}m{doubt}"


def _degrees(e7: int) -> str:
    return f"{e7 / 1e7:.6f}"


if __name__ == "__main__":
    sys.exit(main())
