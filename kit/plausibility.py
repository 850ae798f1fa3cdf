"""What does not fit together in contents that are authentic.

Separate because none of it touches a verdict: each remark is for people to weigh (docs/ev1.md,
"Plausibility"). Sound against the clock of the device, totals against what is there, positions
against each other.
"""

from __future__ import annotations

import math
from typing import Iterable, NamedTuple

from kit.notes import Note
from kit.records import CLOSE, CONFIG, FIX, LOST, SOUND, AudioConfig, Record

_RATE_PPM, _SLACK_MS = 500, 250  # of the sound's clock against the device's; of their stamps
_SPEED_MAX_MS = 100  # metres a second between two fixes, beyond their radii
_METRES_PER_E7 = 0.0111319


class SoundFacts(NamedTuple):
    """Of the audio class. holes: (first sample, samples) that are neither there nor counted as
    lost, because their segments are missing. begin_ms: of the first sample, since the trigger."""

    rate_hz: int
    gain_x16: int
    preroll_ms: int
    begin_ms: int
    samples: int
    lost: int
    holes: tuple[tuple[int, int], ...]
    duration_ms: int


def sound_facts(records: Iterable[Record]) -> SoundFacts | None:
    """None where no sound was examined. records: in the order of the segments."""
    config: AudioConfig | None = None
    pieces: list[tuple[int, int, bool, int]] = []  # first sample, count, lost, at
    for record in records:
        if record.type == CONFIG and isinstance(record.value, AudioConfig):
            config = record.value
        elif record.type == SOUND:
            count = 2 * len(record.value.data)
            pieces.append((record.value.first_sample, count, False, record.at_ms))
        elif record.type == LOST:
            pieces.append((record.value.first_sample, record.value.samples, True, record.at_ms))
    if config is None or not pieces:
        return None
    pieces.sort()
    holes = []
    begin = after = pieces[0][0]
    for first, count, _, _ in pieces:
        if first > after:
            holes.append((after, first - after))
        after = max(after, first + count)
    return SoundFacts(
        config.rate_hz,
        config.gain_x16,
        config.preroll_ms,
        pieces[0][3],
        sum(count for _, count, lost, _ in pieces if not lost),
        sum(count for _, count, lost, _ in pieces if lost),
        tuple(holes),
        (after - begin) * 1000 // config.rate_hz,
    )


def remarks(records: list[Record], complete: bool) -> list[Note]:
    """One line each; records in the order of their segments."""
    sound = sound_facts(records)
    found = []
    if sound is not None:
        found += _against_clock(records, sound.rate_hz)
    if complete:
        found += _totals(records, sound)
    return found + _speeds(records)


def _against_clock(records: list[Record], rate_hz: int) -> list[Note]:
    """The count of samples is a second clock."""
    blocks = [record for record in records if record.type == SOUND]
    if len(blocks) < 2:
        return []
    worst = 0
    for record in blocks[1:]:
        took_ms = record.at_ms - blocks[0].at_ms
        samples = record.value.first_sample - blocks[0].value.first_sample
        apart_ms = abs(samples * 1000 // rate_hz - took_ms)
        if apart_ms > _SLACK_MS + abs(took_ms) * _RATE_PPM // 1_000_000:
            worst = max(worst, apart_ms)
    return [Note("sound_clock", 0, (worst,))] if worst else []


def _totals(records: list[Record], sound: SoundFacts | None) -> list[Note]:
    found = []
    for record in records:
        if record.type != CLOSE:
            continue
        totals = record.value.totals
        if record.class_ == 1 and sound is not None and totals[:2] != (sound.samples, sound.lost):
            found.append(Note("close_samples"))
        if record.class_ == 2:
            fixes = sum(one.type == FIX for one in records)
            if totals[0] != fixes:
                found.append(Note("close_fixes"))
    return found


def _speeds(records: list[Record]) -> list[Note]:
    fixes = [record for record in records if record.type == FIX]
    found = []
    for one, other in zip(fixes, fixes[1:]):
        took_ms = other.at_ms - one.at_ms
        radii_m = (one.value.radius_m or 0) + (other.value.radius_m or 0)
        beyond_m = _distance_m(one, other) - radii_m
        if beyond_m > _SPEED_MAX_MS * max(took_ms, 1000) / 1000:
            found.append(Note("speed", 0, (one.at_ms, other.at_ms)))
    return found


def _distance_m(one: Record, other: Record) -> float:
    north = (other.value.lat_e7 - one.value.lat_e7) * _METRES_PER_E7
    shrink = math.cos(math.radians(one.value.lat_e7 / 1e7))
    return math.hypot(north, (other.value.lon_e7 - one.value.lon_e7) * _METRES_PER_E7 * shrink)
