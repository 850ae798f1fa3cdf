"""The custody log of a device: who did what with it, in a chain that shows a later change.

Separate because courts read it. The chain is a plain SHA-256 over each row and the one before:
it shows a slip or a careless hand, not somebody who writes the whole chain anew. Imports
sqlalchemy.
"""

from __future__ import annotations

import csv
import io
import json
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from kit.fleet.access import Desk
from kit.fleet.schema import Custody

PROVISIONED, WIPED, LOST, FOUND = "provisioned", "wiped", "lost", "found"
COLUMNS = ["utc", "who", "what", "sha256_before", "sha256_after"]
_FIRST = "0" * 64


class Hashes(NamedTuple):
    """SHA-256 of what was handled, before and after; empty where none was taken."""

    before: str = ""
    after: str = ""


_NONE = Hashes()


def add(session: Session, desk: Desk, serial: str, what: str, hashes: Hashes = _NONE) -> None:
    """A row at the end of the device's chain."""
    query = select(Custody).where(Custody.serial == serial).order_by(Custody.number.desc())
    last = session.scalars(query.limit(1)).first()
    row = Custody(
        serial=serial,
        number=last.number + 1 if last else 1,
        utc=desk.now(),
        who=desk.who,
        what=what,
        before=hashes.before,
        after=hashes.after,
        previous=last.digest if last else _FIRST,
    )
    row.digest = _digest(row)
    session.add(row)
    session.flush()


def begin(session: Session, desk: Desk, serials: list[str], what: str) -> None:
    """The first rows of many devices at once."""
    for serial in serials:
        row = Custody(serial=serial, number=1, utc=desk.now(), who=desk.who, what=what)
        row.before, row.after, row.previous = "", "", _FIRST
        row.digest = _digest(row)
        session.add(row)
    session.flush()


def _digest(row: Custody) -> str:
    cells = [row.previous, row.serial, row.number, row.utc, row.who, row.what]
    return sha256(json.dumps([*cells, row.before, row.after]).encode()).hexdigest()


def rows(session: Session, serial: str) -> list[Custody]:
    query = select(Custody).where(Custody.serial == serial).order_by(Custody.number)
    return list(session.scalars(query))


def broken(found: list[Custody]) -> list[int]:
    """Numbers of the rows that are not what was written, or that do not follow the one before."""
    bad = {row.number for row in found if row.digest != _digest(row)}
    for last, row in zip(found, found[1:]):
        if row.previous != last.digest or row.number != last.number + 1:
            bad.add(row.number)
    return sorted(bad)


def of_these_keys(found: list[Custody]) -> list[Custody]:
    """Since the device got the keys that it has: what came before belongs to somebody else."""
    places = [place for place, row in enumerate(found) if row.what == PROVISIONED]
    return found[places[-1] :] if places else found


def as_csv(found: list[Custody]) -> str:
    """As `kit report --custody` reads it."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for row in found:
        writer.writerow([row.utc, row.who, row.what, row.before, row.after])
    return text.getvalue()


def as_json(row: Custody) -> dict[str, Any]:
    return {
        "number": row.number,
        "utc": row.utc,
        "who": row.who,
        "what": row.what,
        "sha256_before": row.before,
        "sha256_after": row.after,
        "digest": row.digest,
    }
