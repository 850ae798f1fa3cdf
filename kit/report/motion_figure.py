"""The accelerometer's trace: three axes in g over the time of the recording.

Separate because it needs numpy: a long trace is drawn by the extremes of each column, so that no
peak is lost. Where samples are missing the lines are interrupted. Imports numpy.
"""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from kit.records import ACCEL, LogConfig, Record
from kit.report.drawing import COLUMNS, LEFT, Span, line, svg, text, time_axis

_TOP, _HEIGHT = 12, 180
_BREAK = 3  # sample intervals without a sample


def trace(records: list[Record], span: Span, label: str) -> Markup | None:
    """None where there is no trace or no settings that give it a scale."""
    config = next((r.value for r in records if isinstance(r.value, LogConfig)), None)
    parts = [r for r in records if r.type == ACCEL and r.value.samples]
    if config is None or not parts or not config.accel_rate_hz or not config.accel_mg_per_lsb:
        return None
    step_ms = 1000 / config.accel_rate_hz
    times = np.concatenate([r.at_ms + step_ms * np.arange(len(r.value.samples)) for r in parts])
    values = np.concatenate([np.array(r.value.samples) for r in parts]) * config.accel_mg_per_lsb
    order = np.argsort(times, kind="stable")
    return _draw(times[order], values[order], step_ms, span, label)


def _draw(times, values, step_ms: float, span: Span, label: str) -> Markup:  # type: ignore[no-untyped-def]
    most_mg = max(1500, int(np.abs(values).max() * 1.05))
    scale, middle = _HEIGHT / 2 / most_mg, _TOP + _HEIGHT / 2
    parts = list(time_axis(span, _TOP, _TOP + _HEIGHT))
    for tick in range(-(most_mg // 1000), most_mg // 1000 + 1):
        if most_mg < 5000 or tick % 2 == 0:
            y = middle - tick * 1000 * scale
            parts += [line(LEFT, y, LEFT + COLUMNS, y), text(LEFT - 6, y + 5, f"{tick} g", "end")]
    length = max(1, span.end_ms - span.begin_ms)
    columns = ((times - span.begin_ms) * (COLUMNS / length)).astype(int)
    starts = np.flatnonzero(np.diff(columns, prepend=columns[0] - 1))
    broken = np.diff(times[starts], prepend=times[0]) > max(
        _BREAK * step_ms, _BREAK * length / COLUMNS
    )
    for axis, name in enumerate("xyz"):
        low = middle - np.minimum.reduceat(values[:, axis], starts) * scale
        high = middle - np.maximum.reduceat(values[:, axis], starts) * scale
        path = []
        for index, start in enumerate(starts):
            x = span.x(float(times[start]))
            verb = "M" if index == 0 or broken[index] else "L"
            path.append(f"{verb}{x} {high[index]:.1f}")
            if high[index] != low[index]:
                path.append(f"L{x} {low[index]:.1f}")
        parts.append(f'<path class="axis-{name}" d="{"".join(path)}"/>')
    return svg(_TOP + _HEIGHT + 34, label, parts)
