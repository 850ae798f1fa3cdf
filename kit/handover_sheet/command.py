"""`python -m kit briefing`: from her configuration to the page for her contacts.

Separate because it needs jinja2, which only those who print need.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from kit.command import Unusable, read_json

EXAMPLE = """example:
  python -m kit briefing config.json --out build/briefing

Writes briefing-fr.html and briefing-en.html, one sheet of A4 each, and PDF where there is
Chromium. The messages on it are in the language of the configuration. No number is on it but the
last two digits of the button's. Needs the extra `report`.
"""


def add(parser: argparse.ArgumentParser) -> None:
    """The arguments of the command."""
    parser.add_argument("config", type=Path, metavar="CONFIG", help="her configuration, JSON")
    parser.add_argument("--lang", choices=["fr", "en", "both"], default="both", help="both")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where it goes")


def run(args: argparse.Namespace) -> int:
    """Print what was written; Unusable where something is wrong."""
    try:
        from kit.handover_sheet import sheet
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("kit"):
            raise
        raise Unusable(f"{error.name} is missing: .venv/bin/pip install -e '.[report]'") from None
    config = read_json(args.config)
    if not isinstance(config, dict):
        raise Unusable(f"{args.config}: not an object")
    languages = sheet.LANGUAGES if args.lang == "both" else (args.lang,)
    try:
        pages = {language: sheet.briefing(config, language) for language in languages}
    except Unusable as error:
        raise Unusable(f"{args.config}: {error}") from None
    for language, page in pages.items():
        print("\n".join(sheet.write(args.out, f"briefing-{language}", page)), flush=True)
    return 0
