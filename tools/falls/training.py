"""Fit the model that judges impacts, and write its constants as the firmware reads them.

Separate from the examples it learns from and from the evaluation, which judges what was written.
Four small networks are fitted from different starts and become one hidden layer: their mean is
steadier than each. Everything is then rounded to what firmware/policy/fall_model.py computes with.
The same data, seed and versions give the same constants. Needs numpy and scikit-learn.
"""

from __future__ import annotations

import hashlib
import os
import sys
import warnings
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier
from threadpoolctl import threadpool_limits

from simulator.motion import recording
from simulator.motion.recording import RecordingError
from tools.command import ROOT, Unusable
from tools.falls import examples
from tools.falls.examples import Examples

POLICY = ROOT / "firmware/policy"
NETWORKS = 4
UNITS = 16  # of each
ROUNDS = 25
DECAY = 1.0
SPREADS = 2  # beyond which a feature says no more
FOLDS = 8
STEPS = 127  # signed bytes
# 100 x log odds. Chosen once on the cross-validation of the development data: a fall is told
# where the model holds it for three times likelier than not; of the thigh it knows fewer people.
THRESHOLDS = {"trunk": 120, "pocket": -40}
_TRUNK = ("waist", "chest")


class Constants(NamedTuple):
    """In the order of fall_model.Model."""

    threshold: int
    medians: tuple[int, ...]
    scales: tuple[int, ...]
    weights: bytes
    biases: tuple[int, ...]
    output: bytes
    output_bias: int
    divisor: int


def train(path: Path, out: Path = POLICY) -> list[Path]:
    """Fit what can be fitted to a file and write the constants; returns the files written.

    Trials worn at the waist, or at the chest where there are none, make the model of the trunk;
    those of the pocket its own. A file that has both refits the pocket only, so that the trunk's
    stays a stranger to it.
    """
    try:
        known = recording.placements(path)
        kind, placement = _what(known)
        found = examples.load(path, placement)
        made = fit(found, kind)
    except RecordingError as error:
        raise Unusable(str(error)) from None
    except ValueError as error:
        raise Unusable(f"{path}: {error}") from None
    written = out / f"fall_{kind}.py"
    try:
        out.mkdir(parents=True, exist_ok=True)
        written.write_text(source(made, kind, path, found))
    except OSError as error:
        raise Unusable(f"{error.filename}: {error.strerror}") from None
    print(f"{os.path.relpath(written)}: from {len(found.subject)} impacts", file=sys.stderr)
    return [written]


def crossvalidation_constants(path: Path, placement: str = "waist") -> dict[str, Constants]:
    """For each person the constants fitted to those who are not of the same fold."""
    found = examples.load(path, placement)
    kind = "trunk" if placement in _TRUNK else placement
    made: dict[str, Constants] = {}
    for number, (fold, others) in enumerate(_folds(found.subject)):
        print(f"fold {number + 1} of {FOLDS}", file=sys.stderr, flush=True)
        constants = fit(_only(found, others), kind)
        made.update(dict.fromkeys(fold, constants))
    return made


def fit(found: Examples, kind: str) -> Constants:
    """The constants for these examples; kind: "trunk" or "pocket"; raises ValueError."""
    if not found.is_fall.any() or found.is_fall.all():
        raise ValueError("it takes falls and activities to tell them apart")
    features = np.concatenate(list(found.features)).astype(np.float64)
    is_fall = np.tile(found.is_fall, len(found.features))
    medians = np.rint(np.median(features, axis=0))
    low, high = np.percentile(features, (10, 90), axis=0)
    spread = np.maximum((high - low) / 2.563, 4)  # of a normal distribution: its deviation
    scales = np.rint(STEPS / SPREADS / spread * 1024)
    inputs = (features - medians) * scales // 1024
    inputs = inputs.clip(-STEPS, STEPS) * (SPREADS / STEPS)
    networks = list(_networks(inputs, is_fall))
    return _rounded(networks, medians, scales, THRESHOLDS[kind])


def _networks(inputs: np.ndarray, is_fall: np.ndarray) -> Iterator[MLPClassifier]:
    with warnings.catch_warnings(), threadpool_limits(1):
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early, on purpose
        for seed in range(NETWORKS):
            network = MLPClassifier(
                (UNITS,), alpha=DECAY, max_iter=ROUNDS, random_state=seed, learning_rate_init=1e-3
            )
            yield network.fit(inputs, is_fall)


def _rounded(networks: list[Any], medians: Any, scales: Any, threshold: int) -> Constants:
    """To bytes: weights in steps of the greatest one / 127, sums as the firmware scales them."""
    weights = np.concatenate([one.coefs_[0].T for one in networks])
    biases = np.concatenate([one.intercepts_[0] for one in networks])
    output = np.concatenate([one.coefs_[1][:, 0] for one in networks]) / len(networks)
    bias = sum(one.intercepts_[1][0] for one in networks) / len(networks)
    weight_step = abs(weights).max() / STEPS
    output_step = abs(output).max() / STEPS
    sum_step = weight_step * SPREADS / STEPS  # what 1 is worth in the sum of a hidden unit
    total_step = output_step * sum_step * 256  # and in the last sum; a unit is shifted by 8
    return Constants(
        threshold,
        tuple(medians.astype(int).tolist()),
        tuple(scales.astype(int).tolist()),
        np.rint(weights / weight_step).astype(np.int8).tobytes(),
        tuple(np.rint(biases / sum_step).astype(int).tolist()),
        np.rint(output / output_step).astype(np.int8).tobytes(),
        round(bias / total_step),
        round(1 / (100 * total_step)),
    )


def _what(known: list[str]) -> tuple[str, str]:
    if "pocket" in known:
        return "pocket", "pocket"
    for placement in _TRUNK:
        if placement in known:
            return "trunk", placement
    raise Unusable(f"no trials worn at waist, chest or pocket, but at {', '.join(known)}")


def _folds(subject: np.ndarray) -> Iterator[tuple[list[str], np.ndarray]]:
    """(people of a fold, which examples are of others), the people in a fixed random order."""
    people = np.random.default_rng(0).permutation(np.unique(subject))
    for number in range(FOLDS):
        fold = people[number::FOLDS].tolist()
        if fold:
            yield fold, ~np.isin(subject, fold)


def _only(found: Examples, which: np.ndarray) -> Examples:
    return Examples(found.features[:, which], found.subject[which], found.is_fall[which])


# -- the file --------------------------------------------------------------------------------

_HEAD = '''"""Constants of the model of falls, worn at the {where}: see fall_model.py.

Written by `python -m tools.falls train --data {name}` (scikit-learn {sklearn}, numpy {numpy});
do not edit. Fitted to {count} impacts of {people} people, {falls} of them falls; each
as recorded and in {variants} variations. SHA-256 of the data:
{sha}
Acted falls: see the README on what that means. Imports nothing.
"""

# fmt: off
'''


def source(made: Constants, kind: str, path: Path, found: Examples) -> str:
    """The text of the constants file."""
    head = _HEAD.format(
        where="trunk (waist, chest)" if kind == "trunk" else kind,
        name=path.name,
        sklearn=sklearn.__version__,
        numpy=np.__version__,
        count=len(found.subject),
        people=len(np.unique(found.subject)),
        falls=int(found.is_fall.sum()),
        variants=len(found.features) - 1,
        sha=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    width = len(made.medians)
    rows = [made.weights[at : at + width] for at in range(0, len(made.weights), width)]
    weights = "".join(f"    # unit {k}\n{_bytes(row)}" for k, row in enumerate(rows))
    return head + (
        f"THRESHOLD = {made.threshold}  # 100 x logarithm of the odds\n\n"
        f"# Of each feature: its median, and steps of a 127th of two spreads, x 1024\n"
        f"MEDIANS = (\n{_numbers(made.medians)})\nSCALES = (\n{_numbers(made.scales)})\n\n"
        f"# A row of signed bytes for each hidden unit, a byte for each feature\n"
        f"WEIGHTS = (\n{weights})\nBIASES = (\n{_numbers(made.biases)})\n\n"
        f"OUTPUT = (\n{_bytes(made.output)})\nOUTPUT_BIAS = {made.output_bias}\n"
        f"DIVISOR = {made.divisor}\n\n"
        f"CONSTANTS = (\n    THRESHOLD,\n    MEDIANS,\n    SCALES,\n    WEIGHTS,\n    BIASES,\n"
        f"    OUTPUT,\n    OUTPUT_BIAS,\n    DIVISOR,\n)\n"
    )


def _numbers(values: tuple[int, ...]) -> str:
    rows = [values[at : at + 12] for at in range(0, len(values), 12)]
    return "".join(f"    {', '.join(map(str, row))},\n" for row in rows)


def _bytes(values: bytes) -> str:
    rows = [values[at : at + 22] for at in range(0, len(values), 22)]
    return "".join('    b"' + "".join(f"\\x{value:02x}" for value in row) + '"\n' for row in rows)
