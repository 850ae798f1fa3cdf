"""All tests at full depth, file by file: with progress, and resumable where it was stopped.

python -m tools.deep [--again]

A file that has passed is remembered in build/deep/ under the state of the sources (commit and
uncommitted changes); a second call goes on with the rest. At the end the durations stand in
build/deep.json.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOTHING_RUN = 5  # pytest's exit code when a whole file is skipped


def state() -> str:
    """A name for what is tested: changes with every change of a tracked file."""
    commit = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    changes = subprocess.run(
        ["git", "diff", "HEAD"], cwd=ROOT, capture_output=True, check=True
    ).stdout
    return hashlib.sha256(commit + changes).hexdigest()[:12]


def run(path: Path) -> tuple[bool, float]:
    """Run one test file at depth 100 on all cores; returns (passed, seconds)."""
    began_s = time.monotonic()
    command = [sys.executable, "-m", "pytest", "-n", "auto", str(path)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, "GALET_DEPTH": "100"}, check=False)
    if done.returncode == NOTHING_RUN:
        print(f"{path.name}: NOT RUN (the recordings in GALET_DATA are missing)", flush=True)
    return done.returncode in (0, NOTHING_RUN), time.monotonic() - began_s


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__.splitlines()[0], epilog="example: python -m tools.deep"
    )
    parser.add_argument("--again", action="store_true", help="also what has passed already")
    args = parser.parse_args()
    notes = ROOT / "build/deep" / (state() + ".json")
    notes.parent.mkdir(parents=True, exist_ok=True)
    passed = json.loads(notes.read_text()) if notes.exists() and not args.again else {}
    files = sorted((ROOT / "tests").rglob("test_*.py"))
    failed = []
    for index, path in enumerate(files, 1):
        name = path.relative_to(ROOT).as_posix()
        if name in passed:
            print(f"[{index}/{len(files)}] {name}: passed before", flush=True)
            continue
        print(f"[{index}/{len(files)}] {name}", flush=True)
        good, seconds = run(path)
        if good:
            passed[name] = round(seconds, 1)
            notes.write_text(json.dumps(passed, indent=1))
        else:
            failed.append(name)
    total_s = round(sum(passed.values()))
    (ROOT / "build/deep.json").write_text(json.dumps({"seconds": passed, "failed": failed}))
    print(f"{len(passed)} files passed in {total_s} s; {len(failed)} failed {' '.join(failed)}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
