"""The constants of a cross-validation: fitted once, kept while they would be the same.

Separate because they take minutes and every condition of the bench is judged by the same ones.
They are kept in build/ under a hash of all they depend on: data, programs and versions.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
from pathlib import Path
from typing import Any

import numpy
import sklearn

from simulator.motion import recording
from tools.command import ROOT, Unusable
from tools.falls import training

FOLDER = ROOT / "build/falls"
PEOPLE_FEW = 5
_PROGRAMS = (
    *("tools/falls/training.py", "tools/falls/examples.py", "tools/falls/scoring.py"),
    *("firmware/policy/falls.py", "firmware/policy/fall_features.py"),
    *("firmware/policy/motion_ring.py", "simulator/motion/recording.py"),
)


def constants(path: Path, placement: str) -> dict[str, Any]:
    """For each person in a file what was fitted without them; raises Unusable."""
    people = recording.people(path, placement)
    if len(people) < 2:
        raise Unusable(f"{path}: one person cannot be judged by the others")
    if len(people) < PEOPLE_FEW:
        print(f"only {len(people)} people: this says little of others", file=sys.stderr)
    kept = FOLDER / f"{_key(path, placement)}.pickle"
    if kept.is_file():
        print(f"constants of each fold as fitted before: {kept.name}", file=sys.stderr)
        found: dict[str, Any] = pickle.loads(kept.read_bytes())
        return found
    try:
        found = training.crossvalidation_constants(path, placement)
    except (ValueError, IndexError) as error:
        raise Unusable(f"{path}: too little to refit without a person: {error}") from None
    # Whoever never gave the detector an impact is in no fold: every model was made without them.
    stranger = next(iter(found.values()))
    found.update((one, stranger) for one in people if one not in found)
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_bytes(pickle.dumps(found))
    return found


def _key(path: Path, placement: str) -> str:
    total = hashlib.sha256(f"{placement} {numpy.__version__} {sklearn.__version__}".encode())
    for one in (path, *(ROOT / name for name in _PROGRAMS)):
        total.update(hashlib.sha256(one.read_bytes()).digest())
    return total.hexdigest()[:16]
