"""Periods of the region's reports: they never overlap, and none is reported before it is over.

Separate because both rules keep small counts hidden: two reports that differ by a week would
tell what that week held. Pure.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

# how an association's reports are cut: periods a year, and the letter between year and number
EVERY = {"quarter": (4, "T"), "half-year": (2, "S"), "year": (1, "")}


class Period(NamedTuple):
    """name: 2026-T1, 2026-S1 or 2026. first and last day, both included."""

    name: str
    first: str
    last: str


def parse(name: str, every: str) -> Period:
    """Raises ValueError where it is none of this kind."""
    parts, letter = EVERY[every]
    if parts == 1:
        found = re.fullmatch(r"(20[0-9]{2})()", name)
    else:
        found = re.fullmatch(rf"(20[0-9]{{2}})-{letter}([1-{parts}])", name.upper())
    if found is None:
        raise ValueError(f"not a period as {_name(2026, 1, every)}; this registry has one {every}")
    return _period(int(found[1]), int(found[2] or 1), every)


def last_over(today: str, every: str) -> Period:
    """The newest period that is over."""
    parts, _ = EVERY[every]
    now = date.fromisoformat(today)
    number = (now.month - 1) * parts // 12  # 0: the last of the year before
    return _period(now.year, number, every) if number else _period(now.year - 1, parts, every)


def _name(year: int, number: int, every: str) -> str:
    parts, letter = EVERY[every]
    return f"{year}-{letter}{number}" if parts > 1 else str(year)


def _period(year: int, number: int, every: str) -> Period:
    months = 12 // EVERY[every][0]
    first = date(year, (number - 1) * months + 1, 1)
    end = number * months + 1
    after = date(year + 1, 1, 1) if end > 12 else date(year, end, 1)
    last = after - timedelta(days=1)
    return Period(_name(year, number, every), first.isoformat(), last.isoformat())
