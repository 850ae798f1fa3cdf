"""WAV files as something to hear: any rate, PCM of 8 to 32 bits, one ear of several.

Separate from the synthesis because people name these files: whatever is wrong with one is a line,
RecordingError. A file is played at its own speed; at another rate each frame is the mean of what
it covers, or the straight line between two.
"""

from __future__ import annotations

import io
import wave
from array import array
from itertools import accumulate
from pathlib import Path

from simulator import inputs
from simulator.sound.synthesis import FULL, SHIFT, Samples

MIC_FULL_DB = 120  # SPL of full scale of the converter
USUAL_FULL_DB = 94  # and of the file, unless it is told
RATE_MAX_HZ = 192_000
FRAMES_MAX = 16_000_000  # five minutes at 48 kHz


class RecordingError(Exception):
    """What is wrong, one line without the name of the file."""


class Recording:
    """The frames of a file, converter values, at the rate that is asked for."""

    def __init__(self, values: list[int], rate_hz: int) -> None:
        self._values, self._rate_hz = values, rate_hz
        self._made: dict[int, Samples] = {}
        self.ms = len(values) * 1000 // rate_hz

    def at_rate(self, rate_hz: int) -> Samples:
        """All of it, in the upper bits of 32."""
        if rate_hz not in self._made:
            made = self._resampled(rate_hz)
            self._made[rate_hz] = array("i", (value << SHIFT for value in made))
        return self._made[rate_hz]

    def _resampled(self, rate_hz: int) -> list[int]:
        values, ours = self._values, self._rate_hz
        count = len(values) * rate_hz // ours
        if ours >= rate_hz:
            sums = [0, *accumulate(values)]
            edges = [n * ours // rate_hz for n in range(count + 1)]
            return [(sums[b] - sums[a]) // (b - a) for a, b in zip(edges, edges[1:])]
        values = [*values, values[-1]]
        made = []
        for n in range(count):
            at, part = divmod(n * ours, rate_hz)
            made.append(values[at] + (values[at + 1] - values[at]) * part // rate_hz)
        return made


def read(path: Path, full_db: int = USUAL_FULL_DB) -> Recording:
    """A file whose full scale was recorded at so many dB SPL; raises RecordingError."""
    try:
        data = inputs.read_bytes(path, inputs.RECORDING_MAX)
        with wave.open(io.BytesIO(data)) as file:
            channels, width, rate_hz, frames = file.getparams()[:4]
            _check(channels, width, rate_hz, frames)
            raw = file.readframes(frames)
    except OSError as error:
        raise RecordingError(error.strerror or "cannot be read") from None
    except (wave.Error, EOFError) as error:
        raise RecordingError(f"is not a WAV file of PCM: {error}") from None
    times = round(10 ** ((full_db - MIC_FULL_DB) / 20) * 65536)
    values = [
        max(-FULL, min(FULL, value * times >> 16)) for value in _of_24_bits(raw, width, channels)
    ]
    if len(values) < 2:
        raise RecordingError("has fewer than two frames")
    return Recording(values, rate_hz)


def _check(channels: int, width: int, rate_hz: int, frames: int) -> None:
    if not 1 <= width <= 4 or not 1 <= channels <= 16:
        raise RecordingError("is not PCM of 8 to 32 bits and at most 16 channels")
    if not 1000 <= rate_hz <= RATE_MAX_HZ:
        raise RecordingError(f"its rate is not from 1000 to {RATE_MAX_HZ} Hz")
    if frames > FRAMES_MAX:
        raise RecordingError(f"has more than {FRAMES_MAX} frames")


def _of_24_bits(raw: bytes, width: int, channels: int) -> list[int]:
    """The first channel; 8 bits have no sign in these files."""
    step = width * channels
    ends = range(0, len(raw) - step + 1, step)
    if width == 1:
        return [(raw[at] - 128) << 16 for at in ends]
    shift = 24 - 8 * width
    whole = (int.from_bytes(raw[at : at + width], "little", signed=True) for at in ends)
    return [value << shift if shift >= 0 else value >> -shift for value in whole]
