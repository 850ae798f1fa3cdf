"""The track on a plain map: metres on paper, no tiles, no names of streets.

Separate because nobody may be asked for a map of where she was. Local plane around the first
position (WGS 84, equirectangular: true to a tenth of a percent within 50 km). Circles are the
radii of 95 % that the recording holds. Imports math.
"""

from __future__ import annotations

import math

from markupsafe import Markup

from kit.records import FIX, Record
from kit.report.drawing import WIDTH, box, line, nice_step, svg, text

METRES_PER_E7 = 0.0111319
_SIZE, _MARGIN = 620, 30
_LEFT = (WIDTH - _SIZE) / 2
_LEAST_M = 50  # what the map shows at the least


def track(records: list[Record], label: str) -> Markup | None:
    """None without a position."""
    fixes = [record for record in records if record.type == FIX]
    if not fixes:
        return None
    points = _metres(fixes)
    radii = [record.value.radius_m or 0 for record in fixes]
    west = min(x - r for (x, _), r in zip(points, radii))
    east = max(x + r for (x, _), r in zip(points, radii))
    south = min(y - r for (_, y), r in zip(points, radii))
    north = max(y + r for (_, y), r in zip(points, radii))
    length_m = max(east - west, north - south, _LEAST_M) * 1.1
    middle = (west + east) / 2, (south + north) / 2
    scale = _SIZE / length_m

    def at(x_m: float, y_m: float) -> tuple[float, float]:
        x = _LEFT + _SIZE / 2 + (x_m - middle[0]) * scale
        return round(x, 1), round(_MARGIN + _SIZE / 2 - (y_m - middle[1]) * scale, 1)

    step_m = nice_step(length_m, 8)
    parts = _grid(middle, length_m, step_m, scale)
    for point, radius_m, record in zip(points, radii, fixes):
        x, y = at(*point)
        kind = "radius" if record.sealed else "radius shared-line"
        parts.append(f'<circle class="{kind}" cx="{x}" cy="{y}" r="{radius_m * scale:.1f}"/>')
    line_of = " ".join(f"{x},{y}" for x, y in (at(*point) for point in points))
    parts.append(f'<polyline class="track" points="{line_of}"/>')
    for index, point in enumerate(points):
        x, y = at(*point)
        parts.append(f'<circle class="fix" cx="{x}" cy="{y}" r="3"/>')
        if index in (0, len(points) - 1):
            parts.append(text(x + 6, y - 6, str(index + 1), "start"))
    parts += _scale_bar(step_m, scale)
    return svg(_SIZE + 2 * _MARGIN + 20, label, parts)


def _metres(fixes: list[Record]) -> list[tuple[float, float]]:
    """East and north of the first position."""
    first = fixes[0].value
    shrink = math.cos(math.radians(first.lat_e7 / 1e7))
    found = []
    for record in fixes:
        east_e7 = (record.value.lon_e7 - first.lon_e7 + 1_800_000_000) % 3_600_000_000
        x_m = (east_e7 - 1_800_000_000) * METRES_PER_E7 * shrink
        found.append((x_m, (record.value.lat_e7 - first.lat_e7) * METRES_PER_E7))
    return found


def _grid(middle: tuple[float, float], length_m: float, step_m: int, scale: float) -> list[str]:
    """Lines every so many metres east and north of the first position."""
    parts = []
    for axis, centre in enumerate(middle):
        tick = math.ceil((centre - length_m / 2) / step_m) * step_m
        while tick <= centre + length_m / 2:
            shift = (tick - centre) * scale
            if axis == 0:
                x = round(_LEFT + _SIZE / 2 + shift, 1)
                parts.append(line(x, _MARGIN, x, _MARGIN + _SIZE))
                parts.append(text(x, _MARGIN + _SIZE + 18, f"{tick} m"))
            else:
                y = round(_MARGIN + _SIZE / 2 - shift, 1)
                parts.append(line(_LEFT, y, _LEFT + _SIZE, y))
                parts.append(text(_LEFT - 8, y + 5, f"{tick} m", "end"))
            tick += step_m
    return [*parts, box(_LEFT, _MARGIN, _SIZE, _SIZE, "frame")]


def _scale_bar(step_m: int, scale: float) -> list[str]:
    x, y = _LEFT + 14, _MARGIN + _SIZE - 16
    width = round(step_m * scale, 1)
    north = _LEFT + _SIZE - 22
    return [
        box(x - 6, y - 22, width + 12, 32, "paper"),
        line(x, y, x + width, y, "bar"),
        text(x + width / 2, y - 7, f"{step_m} m"),
        f'<path class="north" d="M{north} {_MARGIN + 12}l7 20l-7 -5l-7 5z"/>',
        text(north, _MARGIN + 48, "N"),
    ]
