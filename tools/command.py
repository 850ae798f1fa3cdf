"""What the tools for people share: options, the interpreter of --host, and errors in one line.

Separate so that tools/gnss.py and tools/sms.py answer the same mistake with the same words.
CPython only.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path
from typing import Any, Callable, NoReturn

from simulator.host import KINDS
from simulator.interpreter import NoInterpreter, interpreter

ROOT = Path(__file__).resolve().parent.parent


class Unusable(Exception):
    """Wrong usage or input: one line for the user, exit 2."""


class Parser(argparse.ArgumentParser):
    """Complains in one line; the descriptions stay as they were written."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def error(self, message: str) -> NoReturn:
        print(f"{self.prog.replace('python -m ', '', 1)}: {message}", file=sys.stderr)
        raise SystemExit(2)


def add_options(parser: argparse.ArgumentParser) -> None:
    """--json and --host."""
    parser.add_argument("--json", action="store_true", help="print JSON, one object per line")
    parser.add_argument(
        "--host",
        choices=KINDS,
        default="cpython",
        help="the interpreter that works (default cpython; MICROPYTHON= names another binary)",
    )


def vm() -> str:
    """The VM for --host micropython; raises Unusable."""
    try:
        return interpreter()
    except NoInterpreter as error:
        raise Unusable(str(error)) from None


def use_firmware_here() -> None:
    """Let this Python import the modules of lib/."""
    sys.path[:0] = [str(ROOT / "lib"), str(ROOT / "tests/shims")]


def run(name: str, work: Callable[[], object]) -> int:
    """Do it, and turn what went wrong into one line; returns the exit code."""
    try:
        work()
        sys.stdout.flush()
    except Unusable as error:
        print(f"{name}: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0
