"""The command line of the kit: flash, provision, verify, disclose, report, briefing.

Exit 0 done, and for verify every recording is A; 1 otherwise; 2 wrong usage or input; 130
interrupted.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import sys
import time
from hashlib import sha256
from pathlib import Path

from kit import (
    anchors,
    disclose,
    fitting,
    keys,
    provision,
    registry,
    selftest,
    serial_cli,
    show,
    stamps,
)
from kit.command import Parser, Unusable, read_file
from kit.container import CLASS_NAMES, LOG
from kit.copies import secure
from kit.fitting import Files
from kit.flash import command as flashing
from kit.fleet import cli as fleet
from kit.handover_sheet import command as briefing
from kit.progress import progress
from kit.recording import Given
from kit.verify import Result, Verified, verify

EXAMPLES = {
    "": """examples:
  python -m kit provision --image flash.bin --out desk --name "My association"
  python -m kit verify flash.bin --registry desk/registry.json --key desk/key.pem \\
      --secrets desk/secrets.json --anchors anchors.csv
  python -m kit disclose flash.bin --registry desk/registry.json --key desk/key.pem \\
      --secrets desk/secrets.json --number 3 --class audio --out for-the-court
  python -m kit report flash.bin --registry desk/registry.json --key desk/key.pem \\
      --secrets desk/secrets.json --anchors anchors.csv --out reports
""",
    "verify": """example:
  python -m kit verify kit/published/recording.ev1 --registry kit/published/registry.json \\
      --key kit/published/key.pem --secrets kit/published/secrets.json \\
      --anchors kit/published/anchors.csv

Without any key the seals alone are judged. A copy of the file and its SHA-256 are kept before
any key is used. Grades and files: docs/ev1.md.
""",
    "provision": """example:
  python -m kit provision --image flash.bin --out desk --name "My association"
  (start the device, or the simulator, on this image)
  python -m kit provision --image flash.bin --out desk

The first call leaves the association's key on the device, the second takes the device's public
keys into desk/registry.json. Only registry.json may leave the desk.
"""
    + serial_cli.EXAMPLES["provision"],
    "disclose": """example:
  python -m kit disclose flash.bin --registry desk/registry.json --key desk/key.pem \\
      --secrets desk/secrets.json --number 3 --class audio --out for-the-court
  python -m kit verify for-the-court/3-audio.ev1 --registry for-the-court/registry.json \\
      --class-key for-the-court/3-audio-key.json
""",
    "report": """example:
  python -m kit report flash.bin --registry desk/registry.json --key desk/key.pem \\
      --secrets desk/secrets.json --anchors anchors.csv --custody custody.csv --out reports

For every recording two folders: `complete` for her and her lawyer, `to-be-served` for the other
side, without log, positions, numbers, cells and names. Each holds report.html, report.pdf where
there is Chromium, and sound.wav; the second one what a stranger needs to verify it. Needs the
extra `report`. What is in them, and custody.csv: docs/report.md.
""",
    "briefing": briefing.EXAMPLE,
    "flash": flashing.EXAMPLE,
    "esptool": flashing.ESPTOOL_EXAMPLE,
    **{name: text for name, text in serial_cli.EXAMPLES.items() if name != "provision"},
}


_WITHOUT_LOG = (
    "to-be-served is without the log: it shows which gesture cancels in secret and which is the "
    "decoy; --with-log adds it"
)
_WITH_LOG = "to-be-served holds the log: whoever reads it knows her secret cancel and the decoy"


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m kit", description=__doc__, epilog=EXAMPLES[""])
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, epilog=EXAMPLES[name])

    check = command("verify", "judge the recordings in a file")
    _add_evidence(check)
    check.add_argument("--class-key", type=Path, metavar="FILE", help="key of one class alone")
    check.add_argument("--anchors", type=Path, metavar="CSV", help="codes that others received")
    check.add_argument("--json", action="store_true", help="print JSON")

    hand = command("provision", "hand over a device: its keys, the registry")
    hand.add_argument("--image", type=Path, help="its flash, or the vfs partition")
    hand.add_argument("--out", type=Path, required=True, metavar="DIR", help="the desk's files")
    hand.add_argument("--key", type=Path, metavar="FILE", help="private key (DIR/key.pem)")
    text = "of the association, required for a new registry"
    hand.add_argument("--name", default="", help=text)
    text = "also where recordings or another desk's hand-over are on it"
    hand.add_argument("--again", action="store_true", help=text)
    text = "SHA-256 of the firmware that is on it, for the registry"
    hand.add_argument("--firmware", type=_digest, metavar="HEX", help=text)

    serial_cli.add_provision(hand)
    serial_cli.add(command)

    part = command("disclose", "one class of one recording, with its key")
    _add_evidence(part)
    part.add_argument("--number", type=int, required=True, metavar="Q", help="of the recording")
    part.add_argument(
        "--device", type=str.lower, metavar="HEX", help="where several have this number"
    )
    names = list(CLASS_NAMES.values())
    part.add_argument("--class", dest="class_", choices=names, required=True)
    part.add_argument("--out", type=Path, required=True, metavar="DIR", help="where it goes")

    tell = command("report", "sound and two reports of each recording")
    _add_evidence(tell)
    tell.add_argument("--class-key", type=Path, metavar="FILE", help="key of one class alone")
    tell.add_argument("--anchors", type=Path, metavar="CSV", help="codes that others received")
    tell.add_argument("--custody", type=Path, metavar="CSV", help="who held the file, and when")
    text = "RFC 3161 token (DER) over the file, from before any key was used"
    tell.add_argument("--stamp", type=Path, metavar="FILE", help=text)
    text = "serve the log as well: it shows the gestures, her secret cancel among them"
    tell.add_argument("--with-log", action="store_true", help=text)
    tell.add_argument("--lang", choices=["fr", "en", "both"], default="both", help="both")
    tell.add_argument("--out", type=Path, required=True, metavar="DIR", help="where they go")

    briefing.add(command("briefing", "the page for her contacts, one sheet of A4"))
    fleet.add_parser(commands)
    flashing.add_flash(command("flash", "firmware onto a board: its other slot, read back"))
    flashing.add_esptool(command("esptool", "partition table and a stock image onto a chip"))
    return parser.parse_args(argv)


def _add_evidence(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "path", type=Path, metavar="PATH", help="flash image, partition, or sectors"
    )
    parser.add_argument("--registry", type=Path, required=True, metavar="FILE", help="public keys")
    parser.add_argument("--key", type=Path, metavar="FILE", help="the private key, PEM")
    parser.add_argument("--secrets", type=Path, metavar="FILE", help="secrets.json of the desk")
    text = "where the untouched copy is kept (build/copies)"
    parser.add_argument(
        "--copies", type=Path, default=Path("build/copies"), metavar="DIR", help=text
    )


def _digest(text: str) -> str:
    try:
        return keys.unhex(text.lower(), 32).hex()
    except ValueError:
        raise argparse.ArgumentTypeError("not 64 hex digits") from None


def _together(args: argparse.Namespace) -> None:
    """Which keys are asked for, before any file is touched."""
    if (args.key is None) != (args.secrets is None):
        raise Unusable("--key and --secrets go together")
    if getattr(args, "class_key", None) is not None and args.key is not None:
        raise Unusable("either --key and --secrets, or --class-key")


def _given(args: argparse.Namespace, data: bytes) -> Given:
    given = Given(registry.read(args.registry))
    class_key = getattr(args, "class_key", None)
    if class_key is not None:
        given = given._replace(class_key=keys.read_class_key(class_key))
    elif args.key is not None:
        private, secrets = keys.read_private(args.key), keys.read_secrets(args.secrets)
        given = given._replace(association=keys.Association(private, secrets))
    fitting.check(data, given, Files(args.path, args.key, class_key))
    return given


def _codes(path: Path | None) -> list[anchors.Anchor]:
    """What others received; lines in which nothing can be read are told, not passed over."""
    if path is None:
        return []
    codes, without = anchors.read(path)
    for line in without:
        print(f"{path}: line {line}: no code found", file=sys.stderr)
    if without:
        print(f"{path}: {len(codes)} codes, {len(without)} lines without one", file=sys.stderr)
    return codes


def _judge(data: bytes, given: Given, codes: list[anchors.Anchor]) -> Result:
    with progress("verifying") as told:
        return verify(data, given, codes, told)


def _verify(args: argparse.Namespace) -> int:
    test = selftest.check()
    _together(args)
    data = secure(args.path, args.copies)
    given = _given(args, data)
    result = _judge(data, given, _codes(args.anchors))
    if args.json:
        found = show.as_json(args.path, result, given.registry, test)
        print(json.dumps(found, ensure_ascii=False, sort_keys=True))
    else:
        print("\n".join(show.lines(args.path, result, given.registry, test)))
    good = all(one.grade == "A" for one in result.recordings)
    return 0 if good and result.recordings else 1


def _provision(args: argparse.Namespace) -> int:
    if args.port is not None:
        return serial_cli.run(args)
    if args.image is None:
        raise Unusable("--image or --port is needed")
    folder = provision.Folder(args.out, args.key)
    asked = provision.Asked(args.name.strip(), args.firmware, args.again)
    done, said = provision.step(args.image, folder, asked)
    print("\n".join(said))
    return 0 if done or "not answered" not in said[0] else 1


def _disclose(args: argparse.Namespace) -> int:
    selftest.check()
    _together(args)
    if args.key is None:
        raise Unusable("--key and --secrets are needed")
    data = secure(args.path, args.copies)
    given = _given(args, data)
    assert given.association is not None
    one = _find(_judge(data, given, []), args)
    class_ = next(c for c, name in CLASS_NAMES.items() if name == args.class_)
    if one.grade == "D":
        raise Unusable(f"recording {args.number}: not established, nothing to disclose")
    key = disclose.class_key(one, given.association, class_)
    part = disclose.sectors(one, class_)
    alone = verify(part, Given(given.registry, None, key)).recordings[0]
    name = f"{args.number}-{args.class_}"
    about = {"format": 1, "devid": key.devid.hex(), "q": key.q, "class": class_}
    about |= {"raw_sha256": sha256(data).hexdigest(), "file_sha256": sha256(part).hexdigest()}
    files = {
        f"{name}.ev1": part,
        f"{name}-key.json": keys.class_key_file(key).encode(),
        f"{name}-hashes.json": (json.dumps(about, indent=1) + "\n").encode(),
        "registry.json": read_file(args.registry),
    }
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unusable(f"{args.out}: {error.strerror}") from None
    for file, content in files.items():
        provision.write(args.out / file, content)
    print(f"{args.out / name}.ev1: alone it is {alone.grade}")
    return 0 if alone.grade == "A" else 1


def _report(args: argparse.Namespace) -> int:
    try:
        from kit.report import custody, make
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("kit"):
            raise
        raise Unusable(f"{error.name} is missing: .venv/bin/pip install -e '.[report]'") from None
    test = selftest.check()
    _together(args)
    data = secure(args.path, args.copies)
    read_s = int(time.time())
    entries = custody.read(args.custody) if args.custody else None
    stamp = stamps.read(read_file(args.stamp), sha256(data).digest()) if args.stamp else None
    if stamp is not None and stamp.utc_s is None:
        raise Unusable(f"{args.stamp}: not an RFC 3161 token (DER)")
    given = _given(args, data)
    result = _judge(data, given, _codes(args.anchors))
    withhold = () if args.with_log else (LOG,)
    order = make.Order(
        args.path.name,
        result,
        given,
        read_file(args.registry),
        test,
        read_s,
        entries,
        stamp,
        make.LANGUAGES[args.lang],
        withhold,
    )
    if result.recordings and given != Given(given.registry):
        print(_WITH_LOG if args.with_log else _WITHOUT_LOG)
    for line in make.reports(order, args.out):
        print(line, flush=True)
    if not result.recordings:
        print("no recording in this file")
    return 0 if result.recordings else 1


def _find(result: Result, args: argparse.Namespace) -> Verified:
    found = [
        one
        for one in result.recordings
        if one.recording.q == args.number
        and one.recording.opening is not None
        and args.device in (None, one.recording.opening.devid.hex())
    ]
    found = [one for one in found if one.grade != "D"] or found
    opened = [one.recording.opening for one in result.recordings]
    devices = sorted({opening.devid.hex() for opening in opened if opening is not None})
    if devices and args.device not in (None, *devices):
        raise Unusable(f"no device {args.device} in {args.path}; there is {', '.join(devices)}")
    if not found:
        raise Unusable(f"no recording {args.number} in {args.path}")
    if len(found) > 1:
        raise Unusable(f"{len(found)} recordings {args.number} in {args.path}: give --device")
    return found[0]


def main(argv: list[str] | None = None) -> int:
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that has no accents
    args = _arguments(argv)
    commands = {"verify": _verify, "provision": _provision, "disclose": _disclose}
    commands |= {"report": _report, "briefing": briefing.run, "fleet": fleet.run}
    commands |= {"flash": flashing.flash, "esptool": flashing.esptool}
    work = commands.get(args.command, serial_cli.run)
    try:
        code = work(args)
        sys.stdout.flush()
        return code
    except Unusable as error:
        print(f"kit {args.command}: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print(f"kit {args.command}: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1


if __name__ == "__main__":
    sys.exit(main())
