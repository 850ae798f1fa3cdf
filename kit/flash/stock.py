"""`python -m kit esptool`: a stock image of MicroPython and our partition table onto a chip.

Separate because no board runs here: it is the ROM of the chip that writes, and esptool that talks
to it, as a program of its own. The stock image holds bootloader, partition table and application;
its table is replaced by the board's before anything is written, so that one write is all. What
the image must be is said by whoever got it, in SHA-256. Imports subprocess.
"""

from __future__ import annotations

import argparse
import json
import shlex
import subprocess
import sys
import tempfile
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from kit import partitions
from kit.command import Unusable, read_file
from kit.flash import table, tree
from kit.keys import unhex

_BAUD = 460800
_MAGIC = 0xE9  # of a bootloader and of an application, ESP-IDF "App Image Format"
_CHIP_AT = 12  # 2 bytes in the header of an image
_APP_AT = 0x10000


class Chip(NamedTuple):
    """number: in the header of its images. bootloader_at: where its ROM looks for one."""

    number: int
    bootloader_at: int


CHIPS = {"esp32": Chip(0, 0x1000), "esp32s3": Chip(9, 0)}


class Job(NamedTuple):
    """What is to be written, at one place; parts: of it, (address, bytes, what it is)."""

    chip: str
    at: int
    data: bytes
    size_mb: int
    parts: list[tuple[int, int, str]]


def write(args: argparse.Namespace) -> int:
    """0 done, 1 where esptool could not."""
    if (args.port is None) == (args.out is None) and not args.dry_run:
        raise Unusable("either --port, or --out")
    about = tree.board_facts(args.source, args.board)
    parts = table.read(args.source / f"firmware/boards/{about.name}.csv")
    image = read_file(args.image)
    digest = _checked(args, image)
    job = prepare(args.image, image, about, parts)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "image.bin"
        command = _merge(job, file, args.out) if args.out else _flash(job, file, args.port)
        told = {"board": about.name, "chip": job.chip, "image": args.image.name, "sha256": digest}
        told |= {"parts": [list(part) for part in job.parts]}
        if args.dry_run:
            _say(args, {**told, "result": "dry run", "command": command}, job)
            return 0
        if args.port is not None and not args.again:
            _spare_recordings(job, args.port)
        file.write_bytes(job.data)
        if not _esptool(command, quiet=args.json):
            print(f"kit esptool: esptool could not write {about.name}", file=sys.stderr)
            return 1
    _say(args, {**told, "result": "written"}, job)
    return 0


def _say(args: argparse.Namespace, told: dict[str, Any], job: Job) -> None:
    if args.json:
        print(json.dumps(told, sort_keys=True))
        return
    for at, size, what in job.parts:
        print(f"{at:#08x} {size:#08x} {what}")
    if "command" in told:
        print(shlex.join(told["command"]))
    print(f"{args.out or args.port or args.board}: {told['result']}")


# -- the image -----------------------------------------------------------------------------------


def _checked(args: argparse.Namespace, image: bytes) -> str:
    """The digest of the image, which must be the one that its user has from elsewhere."""
    text = args.sha256
    if text is None:
        if not sys.stdin.isatty():
            raise Unusable("--sha256 is needed: what the image must be, from its publisher")
        text = input(f"SHA-256 of {args.image.name}, from where it was got: ")
    try:
        asked = unhex(text.strip().lower(), 32)
    except ValueError:
        raise Unusable("--sha256: not 64 hex digits") from None
    found = sha256(image)
    if found.digest() != asked:
        raise Unusable(f"{args.image}: its SHA-256 is {found.hexdigest()}, another than was named")
    return found.hexdigest()


def prepare(path: Path, image: bytes, about: tree.BoardFacts, parts: list[table.Part]) -> Job:
    """The image with the board's table in it; Unusable where it is not for this board."""
    chip = CHIPS.get(about.chip)
    if chip is None:
        raise Unusable(f"{about.name}: nothing is known of the chip {about.chip}")
    app = next((part for part in parts if part.type == "app"), None)
    if app is None or app.offset != _APP_AT:
        raise Unusable(f"{about.name}: its application must lie at {_APP_AT:#x}")
    if table.end(parts) > about.flash_mb << 20:
        raise Unusable(f"{about.name}: its partitions do not fit into {about.flash_mb} MB")
    for at, what in ((chip.bootloader_at, "bootloader"), (_APP_AT, "application")):
        header = image[at - chip.bootloader_at :][:24]
        if len(header) < 24 or header[0] != _MAGIC:
            raise Unusable(f"{path}: no {what} at {at:#x}: not a stock image for {about.chip}")
        number = int.from_bytes(header[_CHIP_AT : _CHIP_AT + 2], "little")
        if number != chip.number:
            raise Unusable(f"{path}: is for another chip, {about.name} has an {about.chip}")
    size = chip.bootloader_at + len(image) - _APP_AT
    if size > app.size:
        raise Unusable(f"{path}: {size} bytes of application, and room for {app.size}")
    data = bytearray(image)
    at = table.TABLE_AT - chip.bootloader_at
    data[at : at + table.SECTOR] = table.binary(parts).ljust(table.SECTOR, b"\xff")
    # What lies behind is of the stock layout's first partitions: blank on a new board.
    data[at + table.SECTOR : _APP_AT - chip.bootloader_at] = b"\xff" * (_APP_AT - table.FIRST_AT)
    return Job(
        about.chip,
        chip.bootloader_at,
        bytes(data),
        about.flash_mb,
        [
            (chip.bootloader_at, table.TABLE_AT - chip.bootloader_at, "bootloader"),
            (table.TABLE_AT, table.TABLE_BYTES, f"partition table of {about.name}"),
            *((part.offset, part.size, f"erased: {part.label}") for part in parts if part != app),
            (_APP_AT, size, f"application, of {app.size} bytes"),
        ],
    )


# -- esptool -------------------------------------------------------------------------------------


def _base(chip: str, *words: str) -> list[str]:
    return [sys.executable, "-m", "esptool", "--chip", chip, *words]


def _flash(job: Job, file: Path, port: str) -> list[str]:
    """The size is that of the chip, whatever the stock image's bootloader says."""
    words = ["write-flash", "--erase-all", "--flash-size", f"{job.size_mb}MB"]
    return _base(job.chip, "--port", port, "--baud", str(_BAUD), *words, hex(job.at), str(file))


def _merge(job: Job, file: Path, out: Path) -> list[str]:
    size = f"{job.size_mb}MB"
    words = ["merge-bin", "--output", str(out), "--flash-size", size, "--pad-to-size", size]
    return _base(job.chip, *words, hex(job.at), str(file))


def _spare_recordings(job: Job, port: str) -> None:
    """Refuse a chip that has a partition for recordings: they cannot be got back."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "table.bin"
        words = ["read-flash", hex(table.TABLE_AT), hex(table.TABLE_BYTES), str(file)]
        if not _esptool(_base(job.chip, "--port", port, *words), quiet=True):
            raise Unusable(f"{port}: no chip answers; is it in download mode, is the port free?")
        old = b"\xff" * table.TABLE_AT + read_file(file)
    if partitions.stated_partition(old, "ev") is not None:
        raise Unusable(
            f"{port}: this chip has been a Galet, and may hold recordings: collect them first "
            "(python -m kit collect); --again erases it all the same"
        )


def _esptool(command: list[str], quiet: bool) -> bool:
    """Run it; what it shows, its bar too, goes to stderr."""
    output = subprocess.DEVNULL if quiet else sys.stderr
    try:
        done = subprocess.run(command, stdout=output, check=False)
    except OSError as error:
        raise Unusable(f"{command[0]}: {error.strerror}") from None
    if (
        done.returncode
        and subprocess.run(
            [sys.executable, "-c", "import esptool"], stderr=subprocess.DEVNULL, check=False
        ).returncode
    ):
        raise Unusable("esptool is missing: .venv/bin/pip install -e '.[board]'")
    return done.returncode == 0
