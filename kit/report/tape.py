"""The sound of a recording on one time line, and as a WAV file.

Separate from kit/sound.py because here silence has reasons: samples that the device counted as
lost, and samples whose segments are missing or damaged. Nothing is shortened or smoothed. WAV:
Microsoft RIFF, PCM of 16 bits. Imports wave.
"""

from __future__ import annotations

import io
import wave
from array import array
from typing import Callable, NamedTuple

from kit import sound
from kit.records import LOST, SOUND, AudioConfig, Record

LOST_SAMPLES, MISSING_SAMPLES = "lost", "missing"
Told = Callable[[int, int], None]


class Silence(NamedTuple):
    """kind: lost as the device counted it, for a reason of kit.records.LOSSES; or missing: what
    its segments held is not here. first: from the start of the tape."""

    kind: str
    first: int
    samples: int
    reason: int


class Tape(NamedTuple):
    """begin_ms: of the first sample, since the trigger. unsealed: (first, samples) that only the
    shared key fixes."""

    rate_hz: int
    begin_ms: int
    samples: array[int]
    silences: list[Silence]
    unsealed: list[tuple[int, int]]

    def at_ms(self, sample: int) -> int:
        return self.begin_ms + sample * 1000 // self.rate_hz

    @property
    def end_ms(self) -> int:
        return self.at_ms(len(self.samples))


def tape_of(records: list[Record], told: Told) -> Tape | None:
    """Records in the order of their segments; None without sound. ValueError where a block claims
    a place beyond any recording."""
    config = next((r.value for r in records if isinstance(r.value, AudioConfig)), None)
    pieces = [record for record in records if record.type in (SOUND, LOST)]
    blocks = [record for record in pieces if record.type == SOUND]
    if config is None or not blocks:
        return None
    pieces.sort(key=lambda record: record.value.first_sample)
    start = pieces[0].value.first_sample
    ends = [record.value.first_sample + _count(record) for record in pieces]
    if max(ends) - start > sound.SAMPLES_MAX:
        raise ValueError("more samples than a recording can have")
    whole = array("h", bytes(2 * (max(ends) - start)))
    for done, record in enumerate(blocks):
        at = record.value.first_sample - start
        whole[at : at + _count(record)] = sound.decode(record.value)
        told(done + 1, len(blocks))
    unsealed = [(r.value.first_sample - start, _count(r)) for r in pieces if not r.sealed]
    return Tape(config.rate_hz, pieces[0].at_ms, whole, _silences(pieces, start), unsealed)


def _count(record: Record) -> int:
    return record.value.samples if record.type == LOST else 2 * len(record.value.data)


def _silences(pieces: list[Record], start: int) -> list[Silence]:
    found = []
    after = start
    for record in pieces:
        first = record.value.first_sample
        if first > after:
            found.append(Silence(MISSING_SAMPLES, after - start, first - after, 0))
        if record.type == LOST:
            reason = record.value.reason
            found.append(Silence(LOST_SAMPLES, first - start, record.value.samples, reason))
        after = max(after, first + _count(record))
    return found


def wav(tape: Tape) -> bytes:
    """The whole tape, lossless against what was decoded."""
    samples = tape.samples
    if array("h", [1]).tobytes() != b"\1\0":
        samples = array("h", samples)
        samples.byteswap()
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(tape.rate_hz)
        out.writeframes(samples.tobytes())
    return file.getvalue()
