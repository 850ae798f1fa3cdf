"""When something happened: intervals of UTC, and which source they rest on.

Separate because nothing here is exact. A recording counts milliseconds since its trigger; its
TIME records say what some source held to be UTC at one of them. Every reading gives an interval
for every moment, wider by 20 ppm of the distance. Intervals of one source are intersected; sources
that exclude each other are reported, and none is chosen (docs/ev1.md, "Time").
"""

from __future__ import annotations

from typing import Iterable, NamedTuple

from kit.notes import Note
from kit.records import SOURCES, TIME, UNIX_2000, Record

DRIFT_PPM = 20


class Interval(NamedTuple):
    """Unix time in ms, from earliest to latest; sources that it rests on."""

    earliest_ms: int
    latest_ms: int
    sources: tuple[str, ...]
    agreed: bool = True

    @property
    def middle_ms(self) -> int:
        return (self.earliest_ms + self.latest_ms) // 2

    @property
    def plus_minus_ms(self) -> int:
        return (self.latest_ms - self.earliest_ms + 1) // 2


class Reading(NamedTuple):
    """utc_ms: Unix time at at_ms of the recording."""

    at_ms: int
    utc_ms: int
    source: str
    uncertainty_ms: int

    def interval(self, at_ms: int) -> tuple[int, int]:
        middle = self.utc_ms + at_ms - self.at_ms
        drift = -(-abs(at_ms - self.at_ms) * DRIFT_PPM // 1_000_000)
        return middle - self.uncertainty_ms - drift, middle + self.uncertainty_ms + drift


class Clock:
    """What all readings of a recording say of any moment of it."""

    def __init__(self, readings: Iterable[Reading]) -> None:
        self.readings = sorted(set(readings))
        self.by_source: dict[str, list[Reading]] = {}
        for reading in self.readings:
            self.by_source.setdefault(reading.source, []).append(reading)

    def of(self, source: str, at_ms: int) -> Interval | None:
        """By one source; agreed is False where it contradicts itself, and then it is the hull."""
        readings = self.by_source.get(source)
        return _together([(source, *r.interval(at_ms)) for r in readings]) if readings else None

    def at(self, at_ms: int) -> Interval | None:
        """By all sources; None where there is none. The hull, agreed False, where they exclude
        each other."""
        each = [self.of(source, at_ms) for source in self.by_source]
        found = [interval for interval in each if interval is not None]
        if not found:
            return None
        both = _together([("", one.earliest_ms, one.latest_ms) for one in found])
        agreed = both.agreed and all(one.agreed for one in found)
        return Interval(both.earliest_ms, both.latest_ms, tuple(sorted(self.by_source)), agreed)

    def conflicts(self, from_ms: int, to_ms: int) -> list[Note]:
        """Which sources contradict themselves or each other in this part of the recording."""
        found = []
        moments = sorted({from_ms, to_ms, *(r.at_ms for r in self.readings)})
        for source in sorted(self.by_source):
            if not all(_agrees(self.of(source, moment)) for moment in moments):
                found.append(Note("source", 0, (source,)))
        sources = sorted(self.by_source)
        for index, one in enumerate(sources):
            for other in sources[index + 1 :]:
                if any(self._apart(one, other, moment) for moment in moments):
                    found.append(Note("sources", 0, (one, other)))
        return found

    def _apart(self, one: str, other: str, at_ms: int) -> bool:
        first, second = self.of(one, at_ms), self.of(other, at_ms)
        if first is None or second is None:
            return False
        return first.latest_ms < second.earliest_ms or second.latest_ms < first.earliest_ms


def clock_of(records: Iterable[Record]) -> Clock:
    """The clock of a recording's TIME records; the same one in several classes counts once."""
    return Clock(
        Reading(
            record.at_ms,
            (UNIX_2000 + record.value.utc_s) * 1000,
            SOURCES[record.value.source],
            record.value.uncertainty_ms,
        )
        for record in records
        if record.type == TIME
    )


def _together(intervals: list[tuple[str, int, int]]) -> Interval:
    names = tuple(sorted({name for name, _, _ in intervals}))
    earliest = max(low for _, low, _ in intervals)
    latest = min(high for _, _, high in intervals)
    if earliest <= latest:
        return Interval(earliest, latest, names)
    low, high = min(low for _, low, _ in intervals), max(high for _, _, high in intervals)
    return Interval(low, high, names, agreed=False)


def _agrees(interval: Interval | None) -> bool:
    return interval is None or interval.agreed
