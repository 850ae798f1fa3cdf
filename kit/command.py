"""What all commands of the kit share: complaints in one line, files that are read once.

Separate so that every command answers the same mistake with the same words and exit code 2.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any, NoReturn


class Unusable(Exception):
    """Wrong usage or input: one line for the user, exit 2."""


class Parser(argparse.ArgumentParser):
    """Complains in one line; descriptions and examples stay as they were written."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog.replace('python -m ', '', 1)}: {message}", file=sys.stderr)
        raise SystemExit(2)


def read_file(path: Path) -> bytes:
    """The whole file; Unusable where it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None


def read_json(path: Path) -> Any:
    """The JSON of a file; Unusable where it is none."""
    try:
        return json.loads(read_file(path))
    except (ValueError, RecursionError):
        raise Unusable(f"{path}: not JSON") from None
