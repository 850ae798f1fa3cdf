"""The registry's commands, each from its arguments to its answer.

Separate because here requests are logged: a command is written down before it does anything.
Imports sqlalchemy.
"""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

from sqlalchemy.orm import Session

from kit.command import Unusable
from kit.fleet import access, batch, custody, devices, period, region, retention, table, tally
from kit.fleet.access import Desk
from kit.fleet.database import Database
from kit.fleet.devices import Contacts
from kit.fleet.progress import Bar
from kit.fleet.schema import FORMAT, Association


class Answer(NamedTuple):
    """data: as JSON. lines: for a terminal."""

    data: dict[str, Any]
    lines: list[str]
    code: int = 0


def answer(args: argparse.Namespace) -> Answer:
    """What a command of `kit fleet` answers."""
    desk = Desk(Database(args.db), args.who)
    try:
        if args.fleet_command == "init":
            return _init(desk, args)
        desk.database.check()
        access.note(desk, args.fleet_command, getattr(args, "serial", None))
        return _COMMANDS[args.fleet_command](desk, args)
    finally:
        desk.database.close()


def _init(desk: Desk, args: argparse.Namespace) -> Answer:
    name = " ".join(args.name.split())
    if not 1 <= len(name) <= 120 or not name.isprintable():
        raise Unusable("--name: not 1 to 120 characters")
    made = Association(number=1, format=FORMAT, name=name, every=args.report_every)
    made.created_utc = desk.now()
    desk.database.create(made)
    access.note(desk, "init")
    data = {"registry": desk.database.shown, "association": name, "report": args.report_every}
    return Answer(data, [f"{desk.database.shown}: registry of {name}, a report each {made.every}"])


def _import(desk: Desk, args: argparse.Namespace) -> Answer:
    lines, bad = table.read(args.csv)
    with desk.database.writing() as session:
        new, others = devices.take_in(session, desk, lines)
        bad = sorted([*bad, *others])
        if bad and not args.skip_bad:
            session.rollback()
            new = []
    for one in bad:
        print(f"kit fleet: {args.csv}: {one}", file=sys.stderr)
    known = len(lines) - len(others) - len(new)
    data = {"imported": len(new), "known": known, "bad": [one._asdict() for one in bad]}
    said = f"{len(new)} devices imported, {known} known already"
    if bad and not args.skip_bad:
        data["known"] = 0
        said = f"{len(bad)} bad cells or rows: nothing imported; --skip-bad imports the others"
    return Answer(data, [said], 2 if bad and not args.skip_bad else 0)


def _list(desk: Desk, args: argparse.Namespace) -> Answer:
    with desk.database.writing() as session:
        found = devices.listed(session, args.state)
    lines = [
        f"{one['serial']:10} {one['state']:12} {one['board']:16} {one['devid'] or '-':16} "
        f"{one['case'] or '-':16} {one['out_on'] or '-'}"
        for one in found
    ]
    return Answer({"devices": found}, lines or ["no such device"])


def _show(desk: Desk, args: argparse.Namespace) -> Answer:
    with desk.database.writing() as session:
        one = devices.shown(session, args.serial)
    lot = f", lot {one['lot']}" if one["lot"] else ""
    lines = [f"{one['serial']}: {one['state']}, board {one['board']}{lot}"]
    for key in one["keys"]:
        lines.append(f"  keys of {key['recorded_utc']}: device {key['devid']}")
        lines.append(f"    fingerprint {key['fingerprint']}")
    for held in one["handovers"]:
        until = f"until {held['back_on']}" if held["back_on"] else f"due {held['due_on']}"
        asked = f"{held['confirmed']} of {held['contacts']} contacts confirmed"
        lines.append(f"  case {held['case'] or '(forgotten)'}: out {held['out_on']}, {until}")
        lines.append(f"    {asked} {held['confirmed_on']}")
    counts = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in one["counts"].items())
    return Answer(one, [*lines, f"  {counts}"])


def _provision(desk: Desk, args: argparse.Namespace) -> Answer:
    if len(set(args.port)) != len(args.port):
        raise Unusable("--port: one stands there twice")
    if args.csv is not None:
        args.skip_bad = False
        taken = _import(desk, args)
        if taken.code:
            return taken
    with desk.database.writing() as session:
        name = session.get_one(Association, 1).name
    with Bar(_left(desk)) as bar:
        provisioner = batch.default_provisioner(args.desk, name, bar)
        done = batch.run(desk, provisioner, args.port, bar, args.wait)
    failed = [one._asdict() for one in done.failed]
    data = {"provisioned": done.provisioned, "failed": failed, "left": done.left}
    said = f"{len(done.provisioned)} devices provisioned, {len(failed)} failures, {done.left} left"
    return Answer(data, [said], 1 if done.left or failed else 0)


def _left(desk: Desk) -> int:
    with desk.database.writing() as session:
        return sum(one["state"] in ("new", "claimed") for one in devices.listed(session, None))


def _hand_over(desk: Desk, args: argparse.Namespace) -> Answer:
    contacts = Contacts(args.contacts, args.confirmed)
    with _device(desk, args) as session:
        devices.hand_over(session, desk, args.serial, args.case, contacts)
    return _state(desk, args)


def _confirm(desk: Desk, args: argparse.Namespace) -> Answer:
    with _device(desk, args) as session:
        devices.confirm(session, desk, args.serial, Contacts(args.contacts, args.confirmed))
    return _state(desk, args)


def _return(desk: Desk, args: argparse.Namespace) -> Answer:
    with _device(desk, args) as session:
        devices.take_back(session, desk, args.serial, args.lost)
    return _state(desk, args)


def _wiped(desk: Desk, args: argparse.Namespace) -> Answer:
    with _device(desk, args) as session:
        devices.wiped(session, desk, args.serial)
    return _state(desk, args)


@contextmanager
def _device(desk: Desk, args: argparse.Namespace) -> Iterator[Session]:
    with desk.database.writing() as session:
        devices.find(session, args.serial)
        yield session


def _state(desk: Desk, args: argparse.Namespace) -> Answer:
    with desk.database.writing() as session:
        one = devices.shown(session, args.serial)
    held = one["handovers"][-1] if one["handovers"] else None
    due = f", contacts to be confirmed by {held['due_on']}" if held and held["due_on"] else ""
    return Answer(one, [f"{one['serial']}: {one['state']}{due}"])


def _overdue(desk: Desk, args: argparse.Namespace) -> Answer:
    with desk.database.writing() as session:
        found = devices.overdue(session, desk, args.days)
    lines = [
        f"{one['serial']:10} case {one['case']:16} {one['confirmed']} of {one['contacts']} "
        f"confirmed {one['confirmed_on']}, due {one['due_on']}"
        for one in found
    ]
    return Answer({"overdue": found}, lines or ["none overdue"], 1 if found else 0)


def _count(desk: Desk, args: argparse.Namespace) -> Answer:
    times = [time.strip() for time in args.accepted.split(",") if time.strip()]
    total = args.alerts + args.falls
    try:
        accepted = tally.classes(times)
    except ValueError as error:
        raise Unusable(f"--accepted: {error}") from None
    if len(times) != total:
        raise Unusable(f"--accepted: {len(times)} times for {total} alerts and falls")
    if args.false_alarms > total:
        raise Unusable(f"--false-alarms: {args.false_alarms} of {total} alerts and falls")
    counts = tally.Counts(args.alerts, args.falls, args.false_alarms, args.failures, accepted)
    with desk.database.writing() as session:
        tally.add(session, desk, args.serial, counts)
        one = devices.shown(session, args.serial)
    said = ", ".join(f"{name.replace('_', ' ')} {n}" for name, n in one["counts"].items())
    return Answer(one, [f"{args.serial}: {said}"])


def _custody(desk: Desk, args: argparse.Namespace) -> Answer:
    hashes = custody.Hashes(args.before or "", args.after or "")
    if any(hashes) and not args.add:
        raise Unusable("--before and --after go with --add")
    with _device(desk, args) as session:
        if args.add:
            custody.add(session, desk, args.serial, args.add, hashes)
        rows = custody.rows(session, args.serial)
        broken = custody.broken(rows)
    if args.csv is not None:
        _write(args.csv, custody.as_csv(custody.of_these_keys(rows)))
    lines = [
        f"{row.number:4} {row.utc} {row.who:16} {row.what}"
        + "".join(f" {name} {h}" for name, h in (("from", row.before), ("to", row.after)) if h)
        + (" ! changed afterwards" if row.number in broken else "")
        for row in rows
    ]
    data = {"serial": args.serial, "rows": [custody.as_json(row) for row in rows]}
    return Answer({**data, "broken": broken}, lines, 1 if broken else 0)


def _report(desk: Desk, args: argparse.Namespace) -> Answer:
    with desk.database.writing() as session:
        association = session.get_one(Association, 1)
        over = period.last_over(desk.today(), association.every)
        try:
            asked = period.parse(args.period, association.every) if args.period else over
        except ValueError as error:
            raise Unusable(f"--period: {error}") from None
        if asked.last > over.last:
            raise Unusable(f"--period: {asked.name} is not over; the last one is {over.name}")
        counts = region.visible(tally.sums(session, asked))
    data = region.as_json(association.name, asked, counts)
    lines = region.as_lines(association.name, asked, counts)
    if args.out is not None:
        files = region.as_files(association.name, asked, counts)
        for name, content in files.items():
            _write(args.out / name, content)
        lines = [str(args.out / name) for name in files]
    return Answer(data, lines)


def _log(desk: Desk, args: argparse.Namespace) -> Answer:
    with desk.database.writing() as session:
        found = access.lines(session, args.since, args.serial)
    lines = [
        f"{one['number']:6} {one['utc']} {one['who']:16} {one['what']:10} {one['serial'] or ''}"
        for one in found
    ]
    return Answer({"log": found}, [line.rstrip() for line in lines])


def _forget(desk: Desk, args: argparse.Namespace) -> Answer:
    keep = retention.Keep(args.case_days, args.log_days, args.custody_days)
    with desk.database.writing() as session:
        found = retention.forget(session, desk, keep, not args.dry_run)
    word = "due" if args.dry_run else "gone"
    said = f"case numbers {found['cases']}, access log {found['log']}, custody {found['custody']}"
    return Answer({**found, "done": not args.dry_run}, [f"{word}: {said}"])


def _write(path: Path, content: str) -> None:
    """The whole file or nothing, for its owner alone."""
    beside = path.with_name(path.name + ".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(content)
        os.replace(beside, path)
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None


_COMMANDS: dict[str, Callable[[Desk, argparse.Namespace], Answer]] = {
    "import": _import,
    "list": _list,
    "show": _show,
    "provision": _provision,
    "hand-over": _hand_over,
    "confirm": _confirm,
    "return": _return,
    "wiped": _wiped,
    "overdue": _overdue,
    "count": _count,
    "custody": _custody,
    "report": _report,
    "log": _log,
    "forget": _forget,
}
