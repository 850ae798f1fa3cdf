"""What all figures share: a time axis, ticks, and SVG that holds numbers and fixed words only.

Separate so that nothing from a recording is ever pasted into a drawing as text. SVG 1.1; PNG:
ISO/IEC 15948, 8-bit grey, the least that a picture needs. Imports zlib, markupsafe.
"""

from __future__ import annotations

import base64
import struct
import zlib
from typing import Iterator, NamedTuple

from markupsafe import Markup

WIDTH, LEFT, RIGHT = 1000, 62, 12  # units of the drawing
COLUMNS = WIDTH - LEFT - RIGHT
TIME_AXIS = 34  # units below a plot
STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800)


class Span(NamedTuple):
    """The part of the recording that all figures show, in ms since the trigger."""

    begin_ms: int
    end_ms: int

    def x(self, at_ms: float) -> float:
        share = (at_ms - self.begin_ms) / max(1, self.end_ms - self.begin_ms)
        return round(LEFT + COLUMNS * min(1.0, max(0.0, share)), 1)


def svg(height: int, label: str, parts: list[str]) -> Markup:
    """One drawing. Parts are ours alone; the label is escaped."""
    head = Markup(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {} {}" role="img" aria-label="{}">'
    ).format(WIDTH, height, label)
    return head + Markup("".join(parts)) + Markup("</svg>")


def text(x: float, y: float, words: str, anchor: str = "middle") -> str:
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{Markup.escape(words)}</text>'


def line(x1: float, y1: float, x2: float, y2: float, kind: str = "grid") -> str:
    return f'<line class="{kind}" x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}"/>'


def box(x: float, y: float, width: float, height: float, kind: str) -> str:
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{width}" height="{height}"/>'


def time_axis(span: Span, top: float, bottom: float) -> Iterator[str]:
    """Ticks in minutes and seconds since the trigger, and a line at the trigger itself."""
    length_s = max(1, (span.end_ms - span.begin_ms) / 1000)
    step_s = next((s for s in SECONDS if length_s / s <= 12), 3600)
    tick = -(-span.begin_ms // (1000 * step_s)) * step_s
    while tick * 1000 <= span.end_ms:
        x = span.x(tick * 1000)
        yield line(x, top, x, bottom + 5, "zero" if tick == 0 else "grid")
        yield text(x, bottom + 22, clock_text(tick))
        tick += step_s
    yield box(LEFT, top, COLUMNS, bottom - top, "frame")


def clock_text(seconds: int) -> str:
    """As 1:05 or -0:10, with hours where there are any."""
    sign, rest = ("-", -seconds) if seconds < 0 else ("", seconds)
    minutes, seconds = divmod(rest, 60)
    if minutes < 60:
        return f"{sign}{minutes}:{seconds:02}"
    return f"{sign}{minutes // 60}:{minutes % 60:02}:{seconds:02}"


def nice_step(length: float, most: int) -> int:
    """The smallest of 1, 2, 5, 10 ... that divides a length into at most so many parts."""
    scale = 1
    while True:
        for step in STEPS:
            if length / (step * scale) <= most:
                return step * scale
        scale *= 1000


def png(rows: list[bytes]) -> bytes:
    """Rows of grey values, 0 is black."""
    head = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    body = zlib.compress(b"".join(b"\0" + row for row in rows), 9)
    parts = ((b"IHDR", head), (b"IDAT", body), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def picture(rows: list[bytes], x: float, y: float, width: float, height: float) -> str:
    """A PNG inside of a drawing, stretched to this place."""
    data = base64.b64encode(png(rows)).decode()
    return (
        f'<image x="{x}" y="{y}" width="{width}" height="{height}" preserveAspectRatio="none" '
        f'href="data:image/png;base64,{data}"/>'
    )
