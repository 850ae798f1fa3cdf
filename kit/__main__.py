"""The commands of the kit.

Separate from arguments.py because here files are read, in the order that docs/ev1.md asks for: a
copy and its hash first, then keys.
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
    arguments,
    authority,
    disclose,
    fitting,
    keys,
    provision,
    registry,
    selftest,
    serial_cli,
    show,
    stamps,
    trust,
)
from kit.command import Unusable, read_file
from kit.container import CLASS_NAMES, LOG
from kit.copies import secure
from kit.fitting import Files
from kit.flash import command as flashing
from kit.fleet import cli as fleet
from kit.handover_sheet import command as briefing
from kit.progress import progress
from kit.recording import Given
from kit.trust import RawImage
from kit.verify import Result, Verified, verify

_WITHOUT_LOG = (
    "to-be-served is without the log: it shows which gesture cancels in secret and which is the "
    "decoy; --with-log adds it"
)
_WITH_LOG = "to-be-served holds the log: whoever reads it knows her secret cancel and the decoy"


def _together(args: argparse.Namespace) -> None:
    """Which keys are asked for, before any file is touched."""
    if (args.key is None) != (args.secrets is None):
        raise Unusable("--key and --secrets go together")
    if getattr(args, "class_key", None) is not None and args.key is not None:
        raise Unusable("either --key and --secrets, or --class-key")


def _given(args: argparse.Namespace, data: bytes) -> Given:
    pinned = trust.read_key(args.association_key) if args.association_key else None
    roots = authority.read(args.stamp_authority) if args.stamp_authority else ()
    given = Given(registry.read(args.registry, pinned, roots), raw=_raw(args, data, roots))
    class_key = getattr(args, "class_key", None)
    if class_key is not None:
        given = given._replace(class_key=keys.read_class_key(class_key))
    elif args.key is not None:
        private, secrets = keys.read_private(args.key), keys.read_secrets(args.secrets)
        given = given._replace(association=keys.Association(private, secrets))
    fitting.check(data, given, Files(args.path, args.key, args.secrets, class_key))
    return given


def _raw(args: argparse.Namespace, data: bytes, roots: authority.Roots) -> RawImage:
    """The image that this file is, or was taken from, and the stamp over it."""
    digest = sha256(data).digest()
    if getattr(args, "hashes", None) is not None:
        digest = disclose.read_hashes(args.hashes, digest, args.path)
    if args.stamp is None:
        return RawImage(digest, None)
    stamp = stamps.read(read_file(args.stamp), digest, roots)
    if stamp.utc_s is None:
        raise Unusable(f"{args.stamp}: not an RFC 3161 token (DER)")
    return RawImage(digest, stamp)


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
    assert given.association is not None and given.raw is not None
    _check_stamp(args, given.raw.stamp)
    one = _find(_judge(data, given, []), args)
    class_ = next(c for c, name in CLASS_NAMES.items() if name == args.class_)
    if one.grade == "D":
        why = "; ".join(map(str, one.recording.faults))
        raise Unusable(f"recording {args.number}: not established ({why}), nothing to disclose")
    key = disclose.class_key(one, given.association, class_)
    part = disclose.sectors(one, class_)
    alone = verify(part, Given(given.registry, None, key, given.raw)).recordings[0]
    name = f"{args.number}-{args.class_}"
    files = {
        f"{name}.ev1": part,
        f"{name}-key.json": keys.class_key_file(key).encode(),
        f"{name}-hashes.json": disclose.hashes_file(key, given.raw, part).encode(),
        "registry.json": read_file(args.registry),
    }
    if args.stamp is not None:
        files[f"{name}-stamp.der"] = read_file(args.stamp)
    try:
        args.out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unusable(f"{args.out}: {error.strerror}") from None
    for file, content in files.items():
        provision.write(args.out / file, content)
    print(f"{args.out / name}.ev1: alone it is {alone.grade}")
    for proviso in alone.provisos:
        print(f"  {proviso}")
    return 0 if alone.grade == "A" else 1


def _check_stamp(args: argparse.Namespace, stamp: stamps.Stamp | None) -> None:
    """A wrong one is a slip of whoever discloses; it would look like proof."""
    if stamp is not None and not stamp.matches:
        raise Unusable(f"{args.stamp}: not over SHA-256 of {args.path}")
    if stamp is not None and stamp.authority is False:
        raise Unusable(f"{args.stamp}: not signed by an authority of {args.stamp_authority}")


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
        read_file(args.stamp) if args.stamp else None,
        make.LANGUAGES[args.lang],
        withhold,
    )
    if result.recordings and (given.association or given.class_key):
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
    args = arguments.parse(argv)
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
