"""The simulator's own calendar: UTC in seconds since 2000-01-01, and French summer time.

Separate so that no device counts days by itself. Network identity and time zone, 3GPP TS
22.042, gives quarters of an hour; the summer time rule is that of directive 2000/84/EC.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta

EPOCH = datetime(2000, 1, 1)
LAST_YEAR = 2099  # of which this calendar knows; the firmware's own is no longer
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2}(\.[0-9]{3,6})?)?Z")


def to_datetime(utc_s: int) -> datetime:
    return EPOCH + timedelta(seconds=utc_s)


def to_utc_s(moment: datetime) -> int:
    return round((moment - EPOCH).total_seconds())


def iso(utc_s: int) -> str:
    """2026-03-02T20:41:00Z"""
    return to_datetime(utc_s).isoformat() + "Z"


def from_iso(text: str) -> int:
    """Raises ValueError where the text is no date, or no UTC."""
    if not _ISO.fullmatch(text):
        raise ValueError("not a UTC time")
    return to_utc_s(datetime.fromisoformat(text[:-1]))


def summer_quarters(utc_s: int, standard_quarters: int = 4) -> int:
    """Quarters of an hour east of UTC where the European summer time rule holds."""
    now = to_datetime(utc_s)
    begin, end = (_last_sunday(now.year, month) for month in (3, 10))
    return standard_quarters + (4 if begin <= now < end else 0)


def _last_sunday(year: int, month: int) -> datetime:
    last = datetime(year, month, 31, 1)
    return last - timedelta(days=(last.weekday() + 1) % 7)
