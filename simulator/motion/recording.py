"""Real recordings of falls and daily activities, from the compact npz files of GALET_DATA/falls.

One reader for the world, which plays a recording into the virtual chip, and for tools/falls,
which judges the detector by them. One file holds many trials of one data set. Samples are stored
as wrapped int16 differences along time, split into low and high bytes. Needs numpy (the extra
`falls`), imported here alone. Must not import firmware or lib.
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any, Iterator, NamedTuple

import numpy as np

_PER_TRIAL = (
    *("length", "subject", "activity", "trial", "is_fall"),
    *("placement", "rate", "age", "sex"),
)
_FIELDS = ("lo", "hi", "scale_mg", *_PER_TRIAL)
_RATE_MAX = 10000  # samples a second


class RecordingError(ValueError):
    """One line: the file and what is wrong with it."""


class Trial(NamedTuple):
    """One recording of one person; the same (subject, activity, trial) may occur twice."""

    index: int  # type: ignore[assignment]  # of the trials in its file, from 0
    mg: np.ndarray  # int16 (n, 3), gravity included, axes as mounted
    rate: float  # samples a second
    subject: str
    activity: str
    trial: int
    is_fall: bool
    placement: str
    age: int  # years; 0 or less: not known
    sex: str

    @property
    def hours(self) -> float:
        return len(self.mg) / self.rate / 3600


def read(
    path: Path,
    rate: float | None = None,
    clip_g: float | None = None,
    placement: str | None = None,
) -> Iterator[Trial]:
    """The trials of a file in its order, one after another; raises RecordingError at once.

    rate: resample to it. clip_g: saturate as a chip of that range would. placement: only those.
    """
    return _trials(*_load(path), rate, clip_g, placement)


def placements(path: Path) -> list[str]:
    """Where on the body the people of a file wore it, sorted; raises RecordingError."""
    return sorted(set(_load(path)[1]["placement"].tolist()))


def people(path: Path, placement: str) -> list[str]:
    """Who wore it there, sorted; raises RecordingError."""
    fields = _load(path)[1]
    return sorted({str(one) for one in fields["subject"][fields["placement"] == placement]})


def resample(mg: np.ndarray, have: float, want: float) -> np.ndarray:
    """To another rate: the mean over each interval where the factor is whole, else linear."""
    if abs(have - want) < 1e-6:
        return mg
    factor = round(have / want)
    if factor > 1 and abs(have / want - factor) < 1e-6:
        whole = len(mg) // factor
        groups = mg[: whole * factor].reshape(whole, factor, 3).astype(np.float32)
        return np.rint(groups.mean(1)).astype(np.int16)
    wanted = np.arange(0, (len(mg) - 1) / have, 1 / want)
    given = np.arange(len(mg)) / have
    return np.rint(np.stack([np.interp(wanted, given, axis) for axis in mg.T], 1)).astype(np.int16)


def _load(path: Path) -> tuple[np.ndarray, dict[str, Any]]:
    """(counts as recorded, the other fields) of a file."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as archive:
            fields = {name: archive[name] for name in _FIELDS}
    except KeyError as error:
        raise RecordingError(f"{path}: has no field {error.args[0].split(' ')[0]}") from None
    except OSError as error:
        raise RecordingError(f"{path}: {error.strerror or 'is no npz file'}") from None
    except (ValueError, EOFError, AttributeError, TypeError, zipfile.BadZipFile, zlib.error):
        raise RecordingError(f"{path}: is no npz file of recordings") from None
    wrong = _wrong(fields)
    if wrong:
        raise RecordingError(f"{path}: {wrong}")
    low, high = (fields.pop(name).T.astype(np.uint16) for name in ("lo", "hi"))
    counts = np.cumsum(low | (high << 8), axis=0, dtype=np.uint16).view(np.int16)
    return counts, fields


def _wrong(fields: dict[str, Any]) -> str:
    """What makes the fields unusable, in words; empty if nothing does."""
    low, high, length = fields["lo"], fields["hi"], fields["length"]
    if low.dtype != np.uint8 or low.dtype != high.dtype or low.shape != high.shape:
        return "lo and hi are not two halves of the same samples"
    if low.ndim != 2 or len(low) != 3:
        return f"lo is {low.shape}, not three axes"
    for name in _PER_TRIAL:
        if fields[name].shape != length.shape or length.ndim != 1:
            return f"{name} has not one entry a trial"
    if length.dtype.kind not in "iu" or (length < 1).any() or length.sum() != low.shape[1]:
        return "the lengths do not add up to the samples"
    for name in ("activity", "placement"):
        if fields[name].dtype.kind != "U":
            return f"{name} is no text"
    if fields["is_fall"].dtype.kind != "b":
        return "is_fall is not true or false"
    for name in ("trial", "age"):
        if fields[name].dtype.kind not in "fiu" or not np.isfinite(fields[name]).all():
            return f"{name} is no number"
    rate = fields["rate"]
    if rate.dtype.kind not in "fiu" or not ((rate > 0) & (rate <= _RATE_MAX)).all():
        return f"rate is not between 0 and {_RATE_MAX} Hz"
    scale = fields["scale_mg"]
    if scale.shape != () or scale.dtype.kind not in "fiu" or not 0 < scale < np.inf:
        return "scale_mg is no positive number"
    return ""


def _trials(
    counts: np.ndarray,
    fields: dict[str, Any],
    rate: float | None,
    clip_g: float | None,
    placement: str | None,
) -> Iterator[Trial]:
    scale = float(fields["scale_mg"])
    ends = np.cumsum(fields["length"])
    limit = min(1000 * clip_g, 32768) if clip_g else 32768
    for index, end in enumerate(ends):
        one = {name: fields[name][index].item() for name in _PER_TRIAL}
        if placement and one["placement"] != placement:
            continue
        raw = counts[end - one["length"] : end].astype(np.float32) * scale
        mg = np.rint(raw).clip(-limit, limit - 1).astype(np.int16)
        if rate:
            mg, one["rate"] = resample(mg, one["rate"], rate), float(rate)
        if len(mg):
            yield _trial(index, mg, one)


def _trial(index: int, mg: np.ndarray, one: dict[str, Any]) -> Trial:
    return Trial(
        index=index,
        mg=mg,
        rate=float(one["rate"]),
        subject=str(one["subject"]),
        activity=str(one["activity"]),
        trial=int(one["trial"]),
        is_fall=bool(one["is_fall"]),
        placement=str(one["placement"]),
        age=int(one["age"]),
        sex=str(one["sex"]),
    )
