"""Waveform and spectrogram of a tape, with what was lost and what no seal fixes.

Separate because they need numpy. Both show the decoded samples and nothing else: extremes of each
column, and mean power by short-time Fourier transform (Hann window). Imports numpy.
"""

from __future__ import annotations

import numpy as np
from markupsafe import Markup

from kit.report.drawing import COLUMNS, LEFT, Span, box, line, picture, svg, text, time_axis
from kit.report.tape import Tape

_WAVE, _SPECTRUM, _STRIP = 190, 220, 10  # units of height
_WINDOW = 512  # samples
_FRAMES_MAX = 16  # in one column
_RANGE_DB = 70
_TOP = 12


def waveform(tape: Tape, span: Span, label: str) -> Markup:
    """Lowest and highest sample of each column, scaled to the loudest of all."""
    middle = _TOP + _WAVE / 2
    bottom = _TOP + _WAVE
    parts = list(time_axis(span, _TOP, bottom + _STRIP))
    samples = np.frombuffer(tape.samples, dtype=np.int16)
    loudest = max(1, int(np.abs(samples.astype(np.int32)).max()))
    scale = _WAVE / 2 / loudest
    low, high = [], []
    for x, first, last in _columns(tape, span):
        column = samples[first:last]
        high.append(f"{x:.1f} {middle - int(column.max()) * scale:.1f}")
        low.append(f"{x:.1f} {middle - int(column.min()) * scale:.1f}")
    parts.append(f'<path class="wave" d="M{"L".join(high + low[::-1])}Z"/>')
    parts.append(line(LEFT, middle, LEFT + COLUMNS, middle))
    share = round(100 * loudest / 32768)
    parts += [
        text(LEFT - 6, _TOP + 12, f"{share} %", "end"),
        text(LEFT - 6, middle + 4, "0", "end"),
    ]
    parts += _marks(tape, span, _TOP, _WAVE)
    parts.append(box(span.x(tape.begin_ms), bottom, _width(tape, span), _STRIP, "sealed"))
    for first, count in tape.unsealed:
        parts.append(_part(tape, span, first, count, bottom, _STRIP, "shared"))
    return svg(int(bottom + _STRIP + 34), label, parts)


def spectrogram(tape: Tape, span: Span, label: str) -> Markup:
    """Dark is loud, over 70 dB; from 0 Hz to half of the rate."""
    bottom = _TOP + _SPECTRUM
    parts = [picture(_grey(tape), span.x(tape.begin_ms), _TOP, _width(tape, span), _SPECTRUM)]
    parts += time_axis(span, _TOP, bottom)
    for khz in range(0, tape.rate_hz // 2000 + 1):
        y = bottom - _SPECTRUM * khz * 2000 / tape.rate_hz
        parts += [line(LEFT - 4, y, LEFT, y, "frame"), text(LEFT - 6, y + 5, f"{khz} kHz", "end")]
    parts += _marks(tape, span, _TOP, _SPECTRUM)
    return svg(bottom + 34, label, parts)


def _columns(tape: Tape, span: Span) -> list[tuple[float, int, int]]:
    """(x, first sample, the one after the last) of every column that the tape fills."""
    count = max(1, min(int(_width(tape, span)), len(tape.samples)))
    edges = [index * len(tape.samples) // count for index in range(count + 1)]
    begin, width = span.x(tape.begin_ms), _width(tape, span)
    return [
        (begin + width * (index + 0.5) / count, edges[index], edges[index + 1])
        for index in range(count)
    ]


def _width(tape: Tape, span: Span) -> float:
    return max(1.0, round(span.x(tape.end_ms) - span.x(tape.begin_ms), 1))


def _grey(tape: Tape) -> list[bytes]:
    """Rows from the highest frequency down."""
    samples = np.frombuffer(tape.samples, dtype=np.int16).astype(np.float32)
    samples = np.pad(samples, (0, max(0, _WINDOW - len(samples))))
    window = np.hanning(_WINDOW).astype(np.float32)
    count = max(1, min(COLUMNS, len(samples) // (_WINDOW // 4)))
    power = np.empty((_WINDOW // 2, count), dtype=np.float32)
    for column in range(count):
        first = column * len(samples) // count
        last = (column + 1) * len(samples) // count
        frames = max(1, min(_FRAMES_MAX, (last - first) // (_WINDOW // 2)))
        starts = np.linspace(first, max(first, last - _WINDOW), frames).astype(int)
        starts = np.minimum(starts, len(samples) - _WINDOW)
        chosen = samples[starts[:, None] + np.arange(_WINDOW)] * window
        power[:, column] = (np.abs(np.fft.rfft(chosen)) ** 2).mean(axis=0)[1:]
    level = 10 * np.log10(power + 1)
    level = np.clip((level - level.max()) / _RANGE_DB + 1, 0, 1)
    grey = (255 - level * 255).astype(np.uint8) & 0xF8 | 7  # 32 steps: half the bytes
    return [row.tobytes() for row in grey[::-1]]


def _marks(tape: Tape, span: Span, top: float, height: float) -> list[str]:
    return [
        _part(tape, span, silence.first, silence.samples, top, height, silence.kind)
        for silence in tape.silences
    ]


def _part(
    tape: Tape, span: Span, first: int, count: int, top: float, height: float, kind: str
) -> str:
    """A stretch of the tape; never so narrow that it cannot be seen."""
    x = span.x(tape.at_ms(first))
    width = max(1.5, round(span.x(tape.at_ms(first + count)) - x, 1))
    return box(x, top, width, height, kind)
