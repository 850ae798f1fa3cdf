"""Says in one line what will not run where there is no PostgreSQL; `.ci/run` fails.

python -m tools.require_postgres [--strict]
"""

from __future__ import annotations

import argparse
import importlib.util
import re
import shutil
import sys
from pathlib import Path

NOT_RUN = "NOT RUN: the registry of devices on PostgreSQL"


def programs() -> Path | None:
    """The folder of initdb and postgres, or None. Debian keeps them off the PATH."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    made = Path("/usr/lib/postgresql").glob("*/bin/initdb")
    versions = [path.parent for path in made if re.fullmatch("[0-9]+", path.parts[-3])]
    return max(versions, key=lambda path: int(path.parts[-2]), default=None)


def missing() -> str | None:
    """Why it cannot be used here, or None where it can."""
    if programs() is None:
        return "no initdb: apt-get install postgresql"
    if importlib.util.find_spec("psycopg") is None:
        return "no psycopg: pip install -e '.[fleet]'"
    return None


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.require_postgres",
        description=__doc__.splitlines()[0],
        epilog="example: python -m tools.require_postgres --strict",
    )
    parser.add_argument("--strict", action="store_true", help="exit 1 when it is absent")
    args = parser.parse_args()
    why = missing()
    if why is not None:
        print(f"{NOT_RUN} ({why})")
        return int(args.strict)
    return 0


if __name__ == "__main__":
    sys.exit(main())
