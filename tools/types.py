"""Check the firmware's types against the published stubs of the ESP32's own modules.

python -m tools.types

The stubs are installed into a folder of their own (typings/), because they replace parts of
the standard library and would spoil the checking of every other program.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STUBS = "micropython-esp32-stubs>=1.24,<2"
TYPINGS = ROOT / "typings"


def install() -> None:
    if not (TYPINGS / "machine").exists() and not (TYPINGS / "machine.pyi").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "-t", str(TYPINGS), STUBS]
        subprocess.run([*command, "--disable-pip-version-check"], check=True)


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="example: python -m tools.types"
    )
    parser.parse_args()
    install()
    command = [sys.executable, "-m", "mypy", "--config-file", "tools/mypy_firmware.ini"]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
