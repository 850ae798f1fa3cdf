"""Codes that arrived in other people's phones, and what they are codes of.

Separate because anchors stand outside of the recording: an unmatched one is listed, never a
verdict by itself. A code is the recording's number, o or h, and 96 bits in base64url
(docs/ev1.md, "Anchors").
"""

from __future__ import annotations

import base64
import re
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from kit.command import Unusable
from kit.rows import read_text, rows

_CODE = re.compile(r"(?<![A-Za-z0-9_-])(\d{1,10})([oh])([A-Za-z0-9_-]{16})(?![A-Za-z0-9_-])")
_HEADER = ["received_utc", "from", "text"]


class Anchor(NamedTuple):
    """received_s: Unix time of its arrival, as the row says. head: the first 96 bits."""

    received_s: int
    sender: str
    q: int
    kind: str
    head: bytes
    code: str


class Match(NamedTuple):
    """of: "opening", or the number of a seal; it existed not later than the anchor's arrival."""

    anchor: Anchor
    of: str


def read(path: Path) -> tuple[list[Anchor], list[int]]:
    """The anchors of a CSV file, and the lines in which no code can be read."""
    text = read_text(path)
    without: list[int] = []
    try:
        return parse(text, without), without
    except ValueError as error:
        raise Unusable(f"{path}: {error}") from None


def parse(text: str, without: list[int] | None = None) -> list[Anchor]:
    """As read(), lines without a code into without; raises ValueError with the line."""
    anchors = []
    for number, (received, sender, message) in rows(text, _HEADER):
        try:
            time = datetime.strptime(received, "%Y-%m-%dT%H:%M:%SZ")
        except ValueError:
            raise ValueError(f"line {number}: not a time as 2026-11-05T20:41:07Z") from None
        received_s = int(time.replace(tzinfo=timezone.utc).timestamp())
        found = _CODE.findall(message)
        if not found and without is not None:
            without.append(number)
        for q, kind, head in found:
            code = base64.urlsafe_b64decode(head)
            anchors.append(Anchor(received_s, sender, int(q), kind, code, q + kind + head))
    return anchors


def code(q: int, kind: str, digest: bytes) -> str:
    """The code of an opening's O (kind o) or of a statement's SHA-256 (kind h)."""
    return f"{q}{kind}{base64.urlsafe_b64encode(digest[:12]).decode()}"


def match(
    anchors: list[Anchor], q: int, opening: bytes, statements: list[bytes]
) -> tuple[list[Match], list[Anchor]]:
    """(matched, of this q and unmatched) for a recording's O and its valid statements."""
    known = {("o", opening[:12]): "opening"}
    for number, statement in enumerate(statements):
        known[("h", sha256(statement).digest()[:12])] = f"seal {number}"
    matched, unmatched = [], []
    for anchor in anchors:
        if anchor.q == q:
            of = known.get((anchor.kind, anchor.head))
            if of is None:
                unmatched.append(anchor)
            else:
                matched.append(Match(anchor, of))
    return matched, unmatched
