"""The arguments of the command line, and an example for each command.

Separate because they are what a user reads first. Nothing is opened here.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kit import serial_cli
from kit.command import Parser
from kit.container import CLASS_NAMES
from kit.flash import command as flashing
from kit.fleet import cli as fleet
from kit.handover_sheet import command as briefing
from kit.keys import unhex

DESCRIPTION = """The command line of the desk: a device from hand-over to report, and the fleet.

Exit 0 done, and for verify every recording is A; 1 otherwise; 2 wrong usage or input; 130
interrupted.
"""

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
      --anchors kit/published/anchors.csv \\
      --association-key "6e61 10b2 9462 ed30 9b81 bdf5 520b 5f5f"

--association-key is the fingerprint that the association gave on paper. Without it the registry is
checked under the key that it holds itself, and the verdict says so. Without any key the seals
alone are judged. A copy of the file and its SHA-256 are kept before any key is used. Grades and
files: docs/ev1.md.
""",
    "provision": """example:
  python -m kit provision --image flash.bin --out desk --name "My association"
  (start the device, or the simulator, on this image)
  python -m kit provision --image flash.bin --out desk

The first call leaves the association's key on the device, the second takes the device's public
keys into desk/registry.json, and shows the fingerprint of the key that signs it: to be written
down, and given on paper to whoever verifies. Only registry.json may leave the desk.
"""
    + serial_cli.EXAMPLES["provision"],
    "disclose": """example:
  python -m kit disclose flash.bin --registry desk/registry.json --key desk/key.pem \\
      --secrets desk/secrets.json --number 3 --class audio --out for-the-court \\
      --stamp flash.tsr --stamp-authority authority.pem
  python -m kit verify for-the-court/3-audio.ev1 --registry for-the-court/registry.json \\
      --class-key for-the-court/3-audio-key.json --hashes for-the-court/3-audio-hashes.json \\
      --stamp for-the-court/3-audio-stamp.der --stamp-authority authority.pem

--stamp is an RFC 3161 token over SHA-256 of the whole file, taken before any key was used. Without
it a disclosure is weaker: nobody can tell what only the shared key fixes from what was made since.
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


def parse(argv: list[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m kit", description=DESCRIPTION, epilog=EXAMPLES[""])
    commands = parser.add_subparsers(dest="command", required=True, parser_class=Parser)

    def command(name: str, text: str) -> argparse.ArgumentParser:
        return commands.add_parser(name, help=text, description=text, epilog=EXAMPLES[name])

    check = command("verify", "judge the recordings in a file")
    _add_evidence(check)
    check.add_argument("--class-key", type=Path, metavar="FILE", help="key of one class alone")
    check.add_argument("--anchors", type=Path, metavar="CSV", help="codes that others received")
    text = "what came with a disclosure: SHA-256 of the whole image"
    check.add_argument("--hashes", type=Path, metavar="FILE", help=text)
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
    text = (
        "the signing key of the association or its fingerprint, obtained elsewhere: hex, or a file"
    )
    parser.add_argument("--association-key", metavar="HEX|FILE", help=text)
    text = "RFC 3161 token (DER) over the whole image, from before any key was used"
    parser.add_argument("--stamp", type=Path, metavar="FILE", help=text)
    text = "root certificates (PEM) of time-stamp authorities; needs the extra `report`"
    parser.add_argument("--stamp-authority", type=Path, metavar="FILE", help=text)
    text = "where the untouched copy is kept (build/copies)"
    parser.add_argument(
        "--copies", type=Path, default=Path("build/copies"), metavar="DIR", help=text
    )


def _digest(text: str) -> str:
    try:
        return unhex(text.lower(), 32).hex()
    except ValueError:
        raise argparse.ArgumentTypeError("not 64 hex digits") from None
