"""Who held the file, when, and what its hash was before and after.

Separate because it is the one table that people write. custody.csv: utc, who, what,
sha256_before, sha256_after (docs/report.md). Times and hashes are checked, so that nothing else
than `who` and `what` can hold words.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from pathlib import Path
from typing import NamedTuple

from kit.command import Unusable
from kit.rows import read_text, rows

_HEADER = ["utc", "who", "what", "sha256_before", "sha256_after"]
_DIGEST = re.compile(r"([0-9a-f]{64})?")
# What may stand in both reports: French, English
ACTS: dict[str, tuple[str, str]] = {
    "received": ("reçu", "received"),
    "copied": ("copié", "copied"),
    "stamped": ("horodaté", "time-stamped"),
    "examined": ("examiné", "examined"),
    "stored": ("conservé", "stored"),
    "handed over": ("remis", "handed over"),
    "returned": ("rendu", "returned"),
    "read and hashed": (
        "lu, copié, empreinte calculée avant toute clé",
        "read, copied and hashed before any key",
    ),
    "report made": ("vérifié, rapport établi", "verified, report made"),
}


class Entry(NamedTuple):
    """utc_s: Unix time. Hashes in hex, empty where none was taken."""

    utc_s: int
    who: str
    what: str
    before: str
    after: str


def read(path: Path) -> list[Entry]:
    """The rows of a custody.csv; Unusable with the line that is wrong."""
    text = read_text(path)
    try:
        return parse(text)
    except ValueError as error:
        raise Unusable(f"{path}: {error}") from None


def parse(text: str) -> list[Entry]:
    """As read(); raises ValueError."""
    return [_entry(number, row) for number, row in rows(text, _HEADER)]


def _entry(number: int, row: list[str]) -> Entry:
    utc, who, what, before, after = row
    before, after = before.lower(), after.lower()
    try:
        time = datetime.strptime(utc, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise ValueError(f"line {number}: not a time as 2026-11-05T20:41:07Z") from None
    if not (_DIGEST.fullmatch(before) and _DIGEST.fullmatch(after)):
        raise ValueError(f"line {number}: not a SHA-256 of 64 hex digits")
    return Entry(int(time.timestamp()), who, what, before, after)


def broken(entries: list[Entry], digest: str) -> list[int]:
    """Entries whose hash is another than the file's, or than the one before: their places."""
    found = []
    last = ""
    for place, entry in enumerate(entries):
        if (last and entry.before and entry.before != last) or (
            entry.before and entry.after and entry.before != entry.after
        ):
            found.append(place)
        last = entry.after or entry.before or last
    if last and last != digest:
        found.append(len(entries) - 1)
    return sorted(set(found))
