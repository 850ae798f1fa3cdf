"""Recordings played into the world: one trial of an npz file, or a CSV file, at their own rate.

Separate from recording.py, which reads the npz files and needs numpy: that is imported when one
is asked for. A CSV file has the header `t_ms,x_mg,y_mg,z_mg`, or `x,y,z` in mg with a rate beside
it. Whatever is wrong with a file is one line, RecordedError. Must not import firmware or lib.
"""

from __future__ import annotations

import math
import zipfile
from array import array
from bisect import bisect_left
from pathlib import Path
from typing import Any, NamedTuple, Sequence

from simulator import inputs
from simulator.motion.postures import LYING, STANDING, Motion, Somebody, hold
from simulator.motion.vectors import HEAD, Vector, angle, unit

RATE_MAX_HZ = 10_000
UNPACKED_MAX = 1 << 30  # bytes of an npz file
SAMPLES_MAX = 2_000_000  # of one recording: 2.7 h at 200 Hz
MG_MAX = 1_000_000
SHOWN_MAX = 6  # indices named in a complaint
NEEDS_NUMPY = "needs numpy, of the extra `falls`: pip install -e '.[falls]'"
TIMED = ("t_ms", "x_mg", "y_mg", "z_mg")
PLAIN = (("x", "y", "z"), TIMED[1:])


class RecordedError(Exception):
    """What is wrong, one line without the name of the file."""


class Selection(NamedTuple):
    """Which trial of a file; None: any."""

    subject: str | None = None
    activity: str | None = None
    trial: int | None = None
    placement: str | None = None
    index: int | None = None  # type: ignore[assignment]

    def said(self) -> str:
        pairs = [f"{key} {value}" for key, value in self._asdict().items() if value is not None]
        return ", ".join(pairs)


class Recorded:
    """A piece (wave.py): samples in mg, at times of their own from 0 on.

    Over a stretch that is not shorter than their distance: the mean of those in it. Over a
    shorter one: the straight line between two, at its beginning.
    """

    constant = False

    def __init__(self, times_ms: Sequence[float], axes_mg: Sequence[Sequence[float]]) -> None:
        self._times = array("d", times_ms)
        self._axes = tuple(array("d", (mg / 1000 for mg in axis)) for axis in axes_mg)
        count = len(self._times)
        self._apart_ms = (self._times[-1] - self._times[0]) / (count - 1)
        self.length_ms: int | None = math.ceil(self._times[-1] + self._apart_ms - 1e-6)

    def mean(self, from_ms: float, to_ms: float) -> Vector:
        first = bisect_left(self._times, from_ms - 1e-6)
        last = bisect_left(self._times, to_ms - 1e-6)
        if last > first and self._apart_ms <= to_ms - from_ms + 1e-6:
            x, y, z = [math.fsum(axis[first:last]) / (last - first) for axis in self._axes]
            return x, y, z
        return self._between(from_ms, first)

    def _between(self, at_ms: float, after: int) -> Vector:
        """At a time before sample `after`, and not before the one before it."""
        times, count = self._times, len(self._times)
        if after in (0, count):
            i = min(after, count - 1)
            return self._axes[0][i], self._axes[1][i], self._axes[2][i]
        share = (at_ms - times[after - 1]) / (times[after] - times[after - 1])
        x, y, z = [a[after - 1] + (a[after] - a[after - 1]) * share for a in self._axes]
        return x, y, z

    def play(self, me: Somebody) -> Motion:
        """To its end; then she stays as it left her."""
        yield self
        end_ms = self.length_ms or 0
        me.up = unit(self.mean(max(0, end_ms - 1000), end_ms))
        me.posture = STANDING if angle(me.up, HEAD) < math.radians(45) else LYING
        yield from hold(me)


def read(path: Path, selection: Selection, rate_hz: int | None) -> Recorded:
    """The recording of a file, by its ending .npz or .csv; raises RecordedError."""
    kind = path.suffix.lower()
    if kind == ".npz":
        if rate_hz is not None:
            raise RecordedError("rate_hz is for a CSV file; this one tells its rate itself")
        return _trial(path, selection)
    if kind != ".csv":
        raise RecordedError("is neither .npz nor .csv")
    if selection != Selection():
        raise RecordedError(f"a CSV file has no {selection.said().split()[0]}")
    return _csv(_content(path).splitlines(), rate_hz)


# -- npz -------------------------------------------------------------------------------------


def _trial(path: Path, selection: Selection) -> Recorded:
    _bounded(path)
    try:
        from simulator.motion import recording
    except ImportError:
        raise RecordedError(NEEDS_NUMPY) from None
    wanted = {key: value for key, value in selection._asdict().items() if value is not None}
    try:
        found = [
            trial
            for trial in recording.read(path)
            if all(getattr(trial, key) == value for key, value in wanted.items())
        ]
    except recording.RecordingError as error:
        raise RecordedError(str(error).removeprefix(f"{path}: ")) from None
    trial = _only(found, selection)
    if len(trial.mg) < 2:
        raise RecordedError(f"trial {trial.index} has fewer than two samples")
    times_ms = [i * 1000 / trial.rate for i in range(len(trial.mg))]
    return Recorded(times_ms, trial.mg.T.tolist())


def _bounded(path: Path) -> None:
    """Not a device, not too long, and not too long when it is unpacked."""
    try:
        if path.exists() and not path.is_file():
            raise RecordedError("is a folder, a device or a pipe, not a file")
        if path.stat().st_size > inputs.RECORDING_MAX:
            raise RecordedError(f"is longer than {inputs.RECORDING_MAX >> 10} KiB")
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except OSError as error:
        raise RecordedError(error.strerror or "cannot be read") from None
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise RecordedError("is no npz file of recordings") from None
    if unpacked > UNPACKED_MAX:
        raise RecordedError(f"unpacks to more than {UNPACKED_MAX >> 20} MiB")


def _only(found: list[Any], selection: Selection) -> Any:
    if not found:
        raise RecordedError(f"has no trial with {selection.said()}")
    if len(found) > 1:
        which = f"of {selection.said()}" if selection.said() else "in it"
        shown = ", ".join(str(trial.index) for trial in found[:SHOWN_MAX])
        more = ", ..." if len(found) > SHOWN_MAX else ""
        raise RecordedError(f"has {len(found)} trials {which}; say which index: {shown}{more}")
    return found[0]


# -- CSV -------------------------------------------------------------------------------------


def _content(path: Path) -> str:
    try:
        return inputs.read_bytes(path, inputs.RECORDING_MAX).decode("utf-8-sig")
    except OSError as error:
        raise RecordedError(error.strerror or "cannot be read") from None
    except UnicodeDecodeError:
        raise RecordedError("is not UTF-8 text") from None


def _csv(lines: list[str], rate_hz: int | None) -> Recorded:
    header = tuple(name.strip().lower() for name in lines[0].split(",")) if lines else ()
    timed = header == TIMED
    if not timed and header not in PLAIN:
        raise RecordedError(f"line 1: the header is neither {','.join(TIMED)} nor x,y,z")
    if timed and rate_hz is not None:
        raise RecordedError("rate_hz is for a file without t_ms")
    if not timed and rate_hz is None:
        raise RecordedError("needs rate_hz, since it has no t_ms")
    if len(lines) > SAMPLES_MAX:
        raise RecordedError(f"has more than {SAMPLES_MAX} lines")
    rows = [
        _numbers(line, number, header) for number, line in enumerate(lines[1:], 2) if line.strip()
    ]
    if len(rows) < 2:
        raise RecordedError("has fewer than two samples")
    if timed:
        times_ms = _times(rows)
        rows = [row[1:] for row in rows]
    else:
        times_ms = [i * 1000 / (rate_hz or 1) for i in range(len(rows))]
    return Recorded(times_ms, list(zip(*rows)))


def _numbers(line: str, number: int, header: tuple[str, ...]) -> list[float]:
    cells = line.split(",")
    if len(cells) != len(header):
        raise RecordedError(f"line {number}: has {len(cells)} values, not {len(header)}")
    values = []
    for name, cell in zip(header, cells):
        try:
            value = float(cell)
        except ValueError:
            raise RecordedError(f"line {number}: {cell.strip()[:20]!r} is no number") from None
        if not math.isfinite(value) or name != "t_ms" and abs(value) > MG_MAX:
            raise RecordedError(f"line {number}: {name} is beyond {MG_MAX} mg")
        values.append(value)
    return values


def _times(rows: list[list[float]]) -> list[float]:
    """From 0 on."""
    times = [row[0] - rows[0][0] for row in rows]
    for i in range(1, len(times)):
        if times[i] <= times[i - 1]:
            raise RecordedError(f"sample {i + 1}: t_ms is not later than the one before")
    if times[-1] > 86_400_000:
        raise RecordedError("t_ms: is longer than a day")
    return times
