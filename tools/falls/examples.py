"""What the model is trained on: every impact the detector would judge, and how else it might be.

Separate from the fitting. The candidates are the detector's own, found by its own code in the
trials as recorded, and the features are those of firmware/policy/fall_features.py. Then each
impact is shown again as another sensor, another mounting or a heavier body would have given it:
twenty samples a second, an offset, a start in the middle, a softer blow. The model must
learn what those have in common, not the accelerometer of one study. Needs numpy.
"""

from __future__ import annotations

import multiprocessing
import os
from array import array
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import numpy as np

from simulator.motion import recording
from tools import command
from tools.falls import scoring

command.use_firmware_here()

from firmware.policy.fall_features import AFTER, BEFORE, Features  # noqa: E402
from firmware.policy.falls import Detector  # noqa: E402
from firmware.policy.motion_ring import MotionRing  # noqa: E402

RATE = 100
CLIP_G = 8
STEP_MG = 16  # of the FIFO at +-8 g, ten bits
_WINDOW = BEFORE + AFTER
_ROOM = 10  # samples on either side of a window, for shifting it
_AHEAD = AFTER + 50  # samples before a fall's peak: what comes earlier is an activity
_BATCH = 20


class Examples(NamedTuple):
    """Impacts: features int32 (variant, impact, feature), and of each impact who and what."""

    features: np.ndarray
    subject: np.ndarray
    is_fall: np.ndarray


class _Impact(NamedTuple):
    window: np.ndarray  # int16 (samples, 3), with room
    subject: str
    is_fall: bool


def load(path: Path, placement: str, seed: int = 0) -> Examples:
    """The examples of one placement in a file; raises RecordingError, ValueError without any."""
    trials = list(recording.read(path, RATE, CLIP_G, placement))
    with multiprocessing.Pool(os.cpu_count()) as pool:
        found = [one for each in pool.imap(_impacts, trials, 20) for one in each]
        people = sorted({trial.subject for trial in trials})
        if placement != "pocket":  # of which there are few recordings: seams would outweigh them
            cuts = [_cut_together(trials, who) for who in people]
            found += [one for each in pool.imap(_at_seams, cuts) for one in each]
        if not found:
            raise ValueError("the detector finds no impact in it")
        windows = np.stack([one.window for one in found]).astype(np.float64)
        features = []
        kept = np.ones(len(found), bool)
        for variant in _variants(windows, np.random.default_rng(seed)):
            cut = variant[:, _ROOM:-_ROOM]
            steps = np.floor(cut / STEP_MG) * STEP_MG
            steps = steps.clip(-1000 * CLIP_G, 1000 * CLIP_G - STEP_MG).astype(np.int16)
            rows = pool.map(_features, list(steps), 50)
            kept &= np.array([row is not None for row in rows])
            features.append(rows)
    chosen = np.flatnonzero(kept)
    return Examples(
        np.array([[rows[k] for k in chosen] for rows in features], np.int32),
        np.array([found[k].subject for k in chosen]),
        np.array([found[k].is_fall for k in chosen]),
    )


# -- activities cut together -----------------------------------------------------------------


class _Cut(NamedTuple):
    """All activities of a person, one upon the other in a random order."""

    subject: str
    mg: np.ndarray
    seams: np.ndarray  # samples where one ends and the next begins


def _cut_together(trials: list[Any], subject: str) -> _Cut:
    mine = [one.mg for one in trials if one.subject == subject and not one.is_fall]
    order = np.random.default_rng(0).permutation(len(mine))
    parts = [mine[k] for k in order]
    if not parts:
        return _Cut(subject, np.zeros((0, 3), np.int16), np.zeros(0, int))
    return _Cut(subject, np.concatenate(parts), np.cumsum([len(part) for part in parts[:-1]]))


def _at_seams(cut: _Cut) -> list[_Impact]:
    """The impacts that see two activities at once: whoever runs and then lies has not fallen.

    Nobody is elsewhere in the next sample, but a stream may be cut, by a fault or by whoever joins
    recordings; and a strange transition is an example of what no fall looks like.
    """
    stream = (cut.mg // STEP_MG * STEP_MG).astype(np.int16)
    found = []
    for impact in _noted(stream):
        if ((cut.seams > impact - BEFORE) & (cut.seams < impact + AFTER)).any():
            found.append(_Impact(_window(stream, impact), cut.subject, False))
    return found


# -- impacts ---------------------------------------------------------------------------------


class _Recorder:
    """Stands where the model does: never a fall, but every impact is noted."""

    threshold = 1

    def score(self, features: Any) -> int:
        return 0


class _Noting(Detector):
    """A detector that says which samples it looked at."""

    def __init__(self) -> None:
        super().__init__(_Recorder())
        self.impacts: list[int] = []
        self._features = self

    def of(self, _ring: Any, impact: int) -> None:
        self.impacts.append(impact)


def _impacts(trial: Any) -> list[_Impact]:
    """The impacts of a trial that are an example of something.

    In the trial of a fall: that fall, and what came well before; the rest is neither.
    """
    stream = scoring.stream(trial.mg, trial.rate)
    stream = (stream // STEP_MG * STEP_MG).astype(np.int16)
    peak = round(scoring.peak_s(trial.mg, trial.rate) * RATE)
    found = []
    for impact in _noted(stream):
        fell = trial.is_fall and abs(impact - peak) <= scoring.HIT_S * RATE
        if trial.is_fall and not fell and impact > peak - _AHEAD:
            continue
        found.append(_Impact(_window(stream, impact), trial.subject, fell))
    return found


def _noted(stream: np.ndarray) -> list[int]:
    """The samples of a stream that the detector looks at."""
    detector = _Noting()
    for start in range(0, len(stream), _BATCH):
        batch = np.ascontiguousarray(stream[start : start + _BATCH])
        detector.feed(array("h", batch.tobytes()), len(batch))
    return detector.impacts


def _window(stream: np.ndarray, impact: int) -> np.ndarray:
    where = np.arange(impact - BEFORE - _ROOM, impact + AFTER + _ROOM)
    return stream[where.clip(0, len(stream) - 1)]


def _features(window: np.ndarray) -> list[int] | None:
    """Of one window, as the detector computes them."""
    ring = MotionRing()
    ring.samples[: 3 * _WINDOW] = array("h", np.ascontiguousarray(window).tobytes())
    ring.count = _WINDOW
    return _FEATURES.of(ring, BEFORE)


_FEATURES = Features()

# -- the same, as it might have been ---------------------------------------------------------


def _variants(windows: np.ndarray, chance: np.random.Generator) -> Iterator[np.ndarray]:
    """(impact, sample, axis) in mg, seven times; the first is as recorded."""
    count = len(windows)

    def strength(least: float, most: float) -> np.ndarray:
        return chance.uniform(least, most, count)

    yield windows
    yield _offset(_late(windows, chance), chance)
    yield _slow(_softer(_shifted(windows, chance), strength(0.7, 1.1)), 5, chance)
    yield _offset(_softer(windows, strength(0.5, 0.9)), chance)
    yield np.rint(_slow(windows, 2, chance) / 12) * 12
    slow = _slow(_shifted(_late(windows, chance), chance), 5, chance)
    yield _offset(_softer(slow, strength(0.6, 1.0)), chance)
    yield _shifted(windows, chance)


def _slow(windows: np.ndarray, step: int, chance: np.random.Generator) -> np.ndarray:
    """As a sensor of 100 / step Hz would have seen it: every step-th sample, joined by lines."""
    length = windows.shape[1]
    at = np.arange(length)
    phases = chance.integers(step, size=len(windows))
    out = np.empty_like(windows)
    for phase in range(step):
        mine = phases == phase
        seen = np.arange(phase, length, step)
        low = ((at - phase) // step).clip(0, len(seen) - 2)
        share = ((at - seen[low]) / step).clip(0, 1)[None, :, None]
        some = windows[mine][:, seen]
        out[mine] = some[:, low] * (1 - share) + some[:, low + 1] * share
    return out


def _softer(windows: np.ndarray, strength: np.ndarray) -> np.ndarray:
    """Scale what moves, not what stands still: the mean over a second stays."""
    half = RATE // 2
    padded = np.pad(windows, ((0, 0), (half, half), (0, 0)), mode="edge")
    total = np.cumsum(padded, axis=1)
    slow = (total[:, RATE:] - total[:, :-RATE]) / RATE
    scale = strength[:, None, None]
    return slow + scale * (windows - slow)


def _late(windows: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """As after a wake-up: of what was before, the first sample stands for all."""
    out = windows.copy()
    for one, start in zip(out, _ROOM + chance.integers(0, BEFORE - 30, size=len(windows))):
        one[:start] = one[start]
    return out


def _offset(windows: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """A zero-g error of up to 80 mg on each axis."""
    return windows + chance.integers(-80, 81, size=(len(windows), 1, 3))


def _shifted(windows: np.ndarray, chance: np.random.Generator) -> np.ndarray:
    """The peak found up to 60 ms earlier or later."""
    shifts = chance.integers(-6, 7, size=len(windows))
    return np.stack([np.roll(one, shift, 0) for one, shift in zip(windows, shifts)])
