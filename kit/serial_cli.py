"""The commands that speak to a device: provision --port, selftest, collect, wipe.

Separate so that the rest of the kit works without a serial port. Progress and questions go to
stderr, results to stdout. Nothing that is printed holds a key, a code, or more of a number than
its last two digits.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, Callable

from kit import collect, service, trial, wiping
from kit.command import Unusable, read_json
from kit.desk import Desk
from kit.provisioning import Outcome, Patience, Row, provision
from kit.talk import Terminal

PATIENCE = Patience()
EXAMPLES = {
    "provision": """
  python -m kit provision --port /dev/ttyUSB0 --out desk --name "My association" \\
      --config config.json --serial case-27

With --port everything is done in one go: keys born on the device, self-test, gestures, a test
recording, the contacts' answers, the records, and the field at last. Cut off anywhere, the same
command goes on. docs/hand-over.md has the steps.
""",
    "selftest": """example:
  python -m kit selftest --port /dev/ttyUSB0 --desk desk

In the field the device listens only after two long presses, while it has power.
Exit 0 where every finding is ok, 1 otherwise.
""",
    "collect": """example:
  python -m kit collect --port /dev/ttyUSB0 --desk desk --who "A. Martin"

Reads and changes nothing: the device's hashes first, then what is not blank. The copy lies in
desk/devices/DEVID/collected; kit verify takes its ev.bin. Cut off, the same command goes on.
""",
    "wipe": """example:
  python -m kit wipe --port /dev/ttyUSB0 --desk desk --devid 0011223344556677 --who "A. Martin"

Refused, with all that is missing, unless the number is the device's, it is in the registry and
was collected since its last recording. It cannot be undone.
""",
}


def add_provision(parser: argparse.ArgumentParser) -> None:
    """The arguments of provision --port, beside those of --image."""
    group = parser.add_argument_group("over the serial port")
    group.add_argument("--port", metavar="URL", help="of the device: /dev/ttyUSB0, socket://...")
    group.add_argument("--config", type=Path, metavar="FILE", help="its config.json")
    text = "how this hand-over is called: a case or an object, never a person (item-N)"
    group.add_argument("--serial", metavar="NAME", help=text)
    text = 'JSON {"own": [...], "his": [...]}: numbers that may not be a contact; only compared'
    group.add_argument("--avoid", type=Path, metavar="FILE", help=text)
    text = "skip what cannot be done now; the reason is written down (may be repeated)"
    group.add_argument("--skip", action="append", default=[], metavar="STEP=REASON", help=text)
    text = "the number that it had before it was erased"
    group.add_argument("--reissue", default="", metavar="DEVID", help=text)
    group.add_argument("--who", default="", help="who hands it over")
    group.add_argument("--json", action="store_true", help="print JSON")


def add(command: Callable[[str, str], argparse.ArgumentParser]) -> None:
    """The three other commands."""
    test = command("selftest", "what a device finds of itself")
    _add_port(test)
    copy = command("collect", "a read-only copy of a device's recordings")
    _add_port(copy)
    copy.add_argument("--out", type=Path, metavar="DIR", help="where the copy goes")
    copy.add_argument("--who", default="", help="who copies, for the custody log")
    erase = command("wipe", "erase a device, once all that comes before it was done")
    _add_port(erase)
    erase.add_argument("--devid", required=True, metavar="HEX", help="its number, typed again")
    text = "erase it although no copy is kept; the reason is written down"
    erase.add_argument("--without-copy", default="", metavar="REASON", help=text)
    erase.add_argument("--who", default="", help="who erases, for the custody log")


def _add_port(parser: argparse.ArgumentParser) -> None:
    text = "of the device: /dev/ttyUSB0, socket://..."
    parser.add_argument("--port", required=True, metavar="URL", help=text)
    text = "the desk's files (desk)"
    parser.add_argument("--desk", type=Path, default=Path("desk"), metavar="DIR", help=text)
    text = "how long to wait for the service gesture (120)"
    parser.add_argument("--wait", type=float, default=120, metavar="SECONDS", help=text)
    parser.add_argument("--json", action="store_true", help="print JSON")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; returns the exit code."""
    work = {"selftest": _selftest, "collect": _collect, "wipe": _wipe, "provision": _provision}
    return work[args.command](args)


def _selftest(args: argparse.Namespace) -> int:
    talk = Terminal()
    desk = _desk(args)
    with service.reached(args.port, desk.key_of, args.wait, talk.say) as (link, info):
        talk.say("self-test: up to a minute and a half")
        found = trial.selftest(link)
    if args.json:
        who = {"board": info.board, "version": info.version, "firmware": info.firmware}
        devid = None if info.devid is None else info.devid.hex()
        print(_json({**who, "devid": devid, "next_q": info.next_q, **found.as_json()}))
    else:
        for name, word in found.words.items():
            print(f"{name:14}{trial.said(name, word)}")
        print(f"{'modem':14}{found.modem or '-'}")
        print(f"{'battery':14}{'-' if found.battery_mv is None else f'{found.battery_mv} mV'}")
        print(f"{'room':14}{'-' if found.room_min is None else f'{found.room_min} min'}")
    return 1 if found.wrong() else 0


def _collect(args: argparse.Namespace) -> int:
    talk = Terminal()
    desk = _desk(args)
    try:
        with service.reached(args.port, desk.key_of, args.wait, talk.say) as (link, info):
            made = collect.collect(link, info, desk, args.out, args.who, talk.told)
    except collect.Unlike as unlike:
        talk.say(f"kit collect: {unlike}")
        return 1
    finally:
        talk.close()
    parts = {
        name: {
            "file": str(made.folder / f"{name}.bin"),
            "sha256": one.sha256,
            "sectors": one.sectors,
            "transferred": made.transferred[name],
            "resumed": made.resumed[name],
        }
        for name, one in made.partitions.items()
    }
    if args.json:
        devid = None if info.devid is None else info.devid.hex()
        print(_json({"devid": devid, "next_q": info.next_q, "partitions": parts}))
        return 0
    for name, one in made.partitions.items():
        print(f"{made.folder / name}.bin: SHA-256 {one.sha256}, as the device states it")
        blank = one.sectors - made.transferred[name]
        print(f"  {one.sectors} sectors, of which the last {blank} are blank")
    return 0


def _wipe(args: argparse.Namespace) -> int:
    talk = Terminal()
    desk = _desk(args)
    order = wiping.Order(args.devid, args.without_copy.strip(), args.who)
    try:
        with service.reached(args.port, desk.key_of, args.wait, talk.say) as (link, info):
            record = wiping.wipe(link, info, desk, order, talk.told)
    finally:
        talk.close()
    if args.json:
        print(_json(record))
        return 0
    print(f"device {record['devid']}: erased, {' and '.join(record['blank']) or 'all'} blank")
    print("its copies can be read until the private key of its hand-over is destroyed")
    return 0


def _provision(args: argparse.Namespace) -> int:
    if args.image is not None:
        raise Unusable("either --image or --port")
    if args.config is None:
        raise Unusable("--port needs --config")
    config = read_json(args.config)
    if not isinstance(config, dict):
        raise Unusable(f"{args.config}: not an object")
    item = config.get("item")
    serial = args.serial or (f"item-{item}" if isinstance(item, int) and item else "")
    if not serial:
        raise Unusable("--serial is needed: how this hand-over is called, never a person's name")
    own, his = _avoided(args.avoid)
    row = Row(serial, config, own, his, args.reissue, args.who)
    skips = dict(_skip(text) for text in args.skip)
    name = args.name.strip()
    talk = Terminal()
    outcome = provision(
        args.port, row, args.out, name=name, talk=talk, skips=skips, patience=PATIENCE
    )
    _tell(outcome, args)
    return 0 if outcome.done else 1


def _tell(outcome: Outcome, args: argparse.Namespace) -> None:
    if args.json:
        stands = {"done": outcome.done, "step": outcome.step, "why": outcome.why}
        print(_json({**outcome.record, **stands}))
        return
    if not outcome.done:
        print(f"{outcome.serial}: not handed over yet; {outcome.step}: {outcome.why}")
        print("the same command goes on where it stands")
        return
    record = outcome.record
    print(f"{outcome.serial}: handed over, device {outcome.devid}")
    if record["key_sha256"]:
        key = record["key_sha256"]
        grouped = " ".join(key[at : at + 4] for at in range(0, 32, 4))
        print(f"key of this hand-over: keys/{record['key_file']}, fingerprint {grouped}")
    for contact in record["contacts"]:
        live = "live" if contact["live"] else "not live"
        print(f"contact {contact['contact']} ({contact['number_ends']}): {live}")
    for step, entry in record["skipped"].items():
        print(f"skipped: {step} ({entry['why']})")
    print(f"{args.config} holds the contacts' numbers: delete it now")


def _avoided(path: Path | None) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if path is None:
        return (), ()
    entry = read_json(path)
    try:
        lists = [entry.get(name, []) for name in ("own", "his")]
        if set(entry) - {"own", "his"} or not all(isinstance(one, list) for one in lists):
            raise ValueError
        if not all(isinstance(number, str) for one in lists for number in one):
            raise ValueError
    except (AttributeError, ValueError):
        raise Unusable(f'{path}: not {{"own": [...], "his": [...]}}, lists of numbers') from None
    return tuple(lists[0]), tuple(lists[1])


def _skip(text: str) -> tuple[str, str]:
    step, sign, reason = text.partition("=")
    if not sign or not step.strip() or not reason.strip():
        raise Unusable('--skip: not STEP=REASON, such as --skip contact.2="answers on Monday"')
    return step.strip(), reason.strip()


def _desk(args: argparse.Namespace) -> Desk:
    if not args.desk.is_dir():
        raise Unusable(f"{args.desk}: no such folder; --desk says where the desk's files are")
    return Desk(args.desk)


def _json(entry: dict[str, Any]) -> str:
    return json.dumps(entry, ensure_ascii=False, sort_keys=True)
