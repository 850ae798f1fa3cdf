"""Who asked the registry for what, and when. Written before an answer is given, and kept whole.

Separate because it stands beside everything else: a request that is refused is written down too.
Imports sqlalchemy.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kit.fleet.database import Database
from kit.fleet.rules import Clock, utc_now
from kit.fleet.schema import Access


class Desk(NamedTuple):
    """The registry, and who works on it."""

    database: Database
    who: str
    now: Clock = utc_now

    def today(self) -> str:
        return self.now()[:10]


def note(desk: Desk, what: str, serial: str | None = None) -> None:
    """A line of the log, in a transaction of its own."""
    with desk.database.writing() as session:
        last = session.scalar(select(func.max(Access.number))) or 0
        session.add(
            Access(number=last + 1, utc=desk.now(), who=desk.who, what=what, serial=serial)
        )


def lines(session: Session, since: str | None, serial: str | None) -> list[dict[str, Any]]:
    """The log from a day on, of one device or of all."""
    query = select(Access).order_by(Access.number)
    if since is not None:
        query = query.where(Access.utc >= since)
    if serial is not None:
        query = query.where(Access.serial == serial)
    return [
        {"number": one.number, "utc": one.utc, "who": one.who, "what": one.what}
        | {"serial": one.serial}
        for one in session.scalars(query)
    ]
