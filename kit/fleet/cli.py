"""The command line of the registry: what may be asked, and the way it is answered.

Separate from the commands so that `--help` needs no database. Exit 0 done; 1 done, but something
needs care (overdue, a broken chain, devices not made ready); 2 wrong usage or input.
"""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from pathlib import Path
from typing import Any, Callable, TextIO

from kit.command import Parser, Unusable
from kit.fleet import rules
from kit.fleet.custody_acts import ACTS
from kit.fleet.period import EVERY

DEFAULT_DB = "desk/fleet.db"
DB_VARIABLE, WHO_VARIABLE = "GALET_FLEET", "GALET_WHO"

EXAMPLES = {
    "": """examples:
  python -m kit fleet init --name "My association"
  python -m kit fleet import devices.csv
  python -m kit fleet provision --port /dev/ttyUSB0 /dev/ttyUSB1 --desk desk
  python -m kit fleet hand-over G-0001 --case 2026-0142 --contacts 5 --confirmed 4
  python -m kit fleet overdue

What is stored, for how long, and what the region sees: docs/fleet.md. Needs the extra `fleet`.
""",
    "init": """example:
  python -m kit fleet init --name "My association" --report-every half-year
  python -m kit fleet init --name "My association" --db postgresql://desk@server/galet

One database for each association. A password belongs in ~/.pgpass, not on the command line.
""",
    "import": """example:
  python -m kit fleet import devices.csv

The first row is serial,board or serial,board,lot; a serial is what is printed on the device. Every
bad row is named, and then nothing is imported, unless --skip-bad. Rows that the registry has
already are passed over.
""",
    "list": """example:
  python -m kit fleet list --state out
""",
    "show": """example:
  python -m kit fleet show G-0001
""",
    "provision": """example:
  python -m kit fleet provision --port /dev/ttyUSB0 /dev/ttyUSB1 --desk desk --csv devices.csv

Every device that is plugged in gets the next serial and its keys, until all have theirs; it says
which device may be taken off. Stopped anywhere, the same command goes on where it was.
""",
    "hand-over": """example:
  python -m kit fleet hand-over G-0001 --case 2026-0142 --contacts 5 --confirmed 4

The case is the association's own number, never a name. Of the contacts only how many there are.
""",
    "confirm": """example:
  python -m kit fleet confirm G-0001 --contacts 5 --confirmed 5
""",
    "return": """example:
  python -m kit fleet return G-0001
  python -m kit fleet return G-0002 --lost
""",
    "wiped": """example:
  python -m kit fleet wiped G-0001

To be said after `kit wipe`: only then may the device get new keys.
""",
    "overdue": """example:
  python -m kit fleet overdue

Exit 1 where contacts are to be confirmed again.
""",
    "count": """example:
  python -m kit fleet count G-0001 --alerts 2 --falls 1 --false-alarms 1 --accepted 8,14,never

What device and bearer told at a visit, since the visit before. --accepted: for each alert and fall
the seconds to the first message that the network accepted; only their classes are stored.
""",
    "custody": """example:
  python -m kit fleet custody G-0001
  python -m kit fleet custody G-0001 --add copied --before HEX --after HEX
  python -m kit fleet custody G-0001 --csv custody.csv

--csv is for `kit report --custody`: what happened since the device got the keys that it has.
Exit 1 where a row was changed afterwards.
""",
    "report": """example:
  python -m kit fleet report --period 2026-S1 --out reports

Anonymous, as JSON, CSV and a page in French; no count under 5, and none that gives one away.
Without --period the last one that is over.
""",
    "log": """example:
  python -m kit fleet log --since 2026-11-01 --serial G-0001
""",
    "forget": """example:
  python -m kit fleet forget --dry-run

Case numbers of devices that came back, the access log and the custody log, each after its time.
""",
}


def add_parser(commands: Any) -> None:
    """Add `fleet` to the kit's commands (what add_subparsers returned)."""
    text = "the association's registry of devices"
    parser = commands.add_parser("fleet", help=text, description=text, epilog=EXAMPLES[""])
    sub = parser.add_subparsers(dest="fleet_command", required=True, parser_class=Parser)

    def command(name: str, text: str, serial: bool = False) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = sub.add_parser(
            name, help=text, description=text, epilog=EXAMPLES[name]
        )
        text = f"file, or postgresql:// address (${DB_VARIABLE}, else {DEFAULT_DB})"
        made.add_argument("--db", metavar="DB", help=text)
        text = f"who works at the desk, for the log (${WHO_VARIABLE}, else the system's user)"
        made.add_argument("--who", metavar="WHO", help=text)
        made.add_argument("--json", action="store_true", help="print JSON")
        if serial:
            text = "as printed on the device"
            made.add_argument("serial", metavar="SERIAL", type=_by(rules.serial), help=text)
        return made

    _add_stock(command)
    _add_holding(command)
    _add_telling(command)


def _add_stock(command: Callable[..., argparse.ArgumentParser]) -> None:
    begin = command("init", "an empty registry, of one association")
    begin.add_argument("--name", required=True, help="of the association")
    text = "the period of the region's reports; cannot be changed (half-year)"
    begin.add_argument("--report-every", choices=list(EVERY), default="half-year", help=text)

    take = command("import", "take in devices from a CSV")
    take.add_argument("csv", type=Path, metavar="CSV", help="serial,board[,lot]")
    take.add_argument("--skip-bad", action="store_true", help="import the good rows all the same")

    every = command("list", "all devices")
    states = ["new", "claimed", "provisioned", "out", "back", "lost"]
    every.add_argument("--state", choices=states, help="only those")

    command("show", "everything about one device", serial=True)

    make = command("provision", "give devices their keys, on several ports at once")
    text = "serial ports, or pyserial URLs"
    make.add_argument("--port", nargs="+", required=True, metavar="PORT", help=text)
    text = "the folder of registry.json and of the secrets"
    make.add_argument("--desk", type=Path, required=True, metavar="DIR", help=text)
    make.add_argument("--csv", type=Path, metavar="CSV", help="import this first")
    text = "seconds that a port waits for its next device; 0: one each (600)"
    make.add_argument("--wait", type=_by(rules.count), default=600, metavar="S", help=text)


def _add_holding(command: Callable[..., argparse.ArgumentParser]) -> None:
    hand = command("hand-over", "a device goes out", serial=True)
    text = "the association's number of the case"
    hand.add_argument("--case", type=_by(rules.case), required=True, metavar="CASE", help=text)
    again = command("confirm", "the contacts were asked again", serial=True)
    for one in (hand, again):
        text = "how many contacts, 1 to 5"
        one.add_argument("--contacts", type=_by(rules.contacts), required=True, help=text)
        text = "how many of them answered the TEST"
        one.add_argument("--confirmed", type=_by(rules.contacts), required=True, help=text)
    back = command("return", "a device comes back, or is lost", serial=True)
    back.add_argument("--lost", action="store_true", help="it will not come back")
    command("wiped", "a device was wiped", serial=True)
    late = command("overdue", "whose contacts are to be confirmed again")
    text = "after so many days (90)"
    late.add_argument("--days", type=_by(rules.days), default=90, metavar="N", help=text)


def _add_telling(command: Callable[..., argparse.ArgumentParser]) -> None:
    count = command("count", "note what happened, as counts", serial=True)
    for name, text in (
        ("alerts", "raised by hand"),
        ("falls", "told by the device itself"),
        ("false-alarms", "of both, those without a cause"),
        ("failures", "of the device"),
    ):
        count.add_argument(f"--{name}", type=_by(rules.count), default=0, metavar="N", help=text)
    text = "seconds to the first acceptance, or never, of each alert and fall"
    count.add_argument("--accepted", default="", metavar="S,S,...", help=text)

    log = command("custody", "who did what with a device", serial=True)
    log.add_argument("--add", choices=ACTS, help="add this")
    for name in ("before", "after"):
        text = f"SHA-256 {name} it, with --add"
        log.add_argument(f"--{name}", type=_by(rules.digest), metavar="HEX", help=text)
    log.add_argument("--csv", type=Path, metavar="FILE", help="write it, for `kit report`")

    tell = command("report", "the anonymous report for the region")
    tell.add_argument("--period", metavar="P", help="2026-T1, 2026-S1 or 2026")
    tell.add_argument("--out", type=Path, metavar="DIR", help="write JSON, CSV and page there")

    who = command("log", "who asked this registry for what")
    who.add_argument("--since", type=_by(rules.day), metavar="DAY", help="from that day on")
    who.add_argument("--serial", type=_by(rules.serial), help="of one device")

    drop = command("forget", "delete what has been kept long enough")
    text = "case numbers, so many days after the return (365)"
    drop.add_argument("--case-days", type=_by(rules.days), default=365, metavar="N", help=text)
    text = "the access log, after so many days (365)"
    drop.add_argument("--log-days", type=_by(rules.days), default=365, metavar="N", help=text)
    text = "the custody log, after so many days (2190)"
    drop.add_argument("--custody-days", type=_by(rules.days), default=2190, metavar="N", help=text)
    drop.add_argument("--dry-run", action="store_true", help="only say what is due")


def _by(rule: Callable[[str], Any]) -> Callable[[str], Any]:
    """A rule as argparse wants it: what is refused is not repeated."""

    def checked(text: str) -> Any:
        try:
            return rule(text)
        except ValueError as error:
            raise argparse.ArgumentTypeError(str(error)) from None

    return checked


def run(args: argparse.Namespace) -> int:
    """Do what is asked for and answer; returns the exit code."""
    try:
        from kit.fleet.commands import answer
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("kit"):
            raise
        missing = error.name.partition(".")[0]
        raise Unusable(f"{missing} is missing: .venv/bin/pip install -e '.[fleet]'") from None
    args.db = args.db or os.environ.get(DB_VARIABLE) or DEFAULT_DB
    args.who = _who(args.who)
    given = answer(args)
    if args.json:
        print(json.dumps(given.data, ensure_ascii=False, sort_keys=True))
    else:
        for line in given.lines:
            print(line if given.code != 2 else f"kit fleet: {line}", file=_stream(given.code))
    return given.code


def _stream(code: int) -> TextIO:
    return sys.stderr if code == 2 else sys.stdout


def _who(named: str | None) -> str:
    try:
        return rules.who(named or os.environ.get(WHO_VARIABLE) or getpass.getuser())
    except (ValueError, OSError, KeyError):
        raise Unusable(f"--who: not {rules.WHO_HELP}") from None
