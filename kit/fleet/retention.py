"""Forgetting: case numbers, the access log and the custody log, each after its time.

Separate because deleting is the one thing that cannot be mended. What the region's reports are
made of stays, without a case. Imports sqlalchemy.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Update, delete, func, select, update
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Delete

from kit.fleet.access import Desk
from kit.fleet.schema import Access, Custody, Handover


class Keep(NamedTuple):
    """Days: of a case number after the return, of the access log, of the custody log."""

    case: int = 365
    log: int = 365
    custody: int = 2190


def forget(session: Session, desk: Desk, keep: Keep, really: bool) -> dict[str, int]:
    """How many of each were due; they are gone if really."""

    def before(days: int) -> str:
        return (date.fromisoformat(desk.today()) - timedelta(days=days)).isoformat()

    over = Handover.back_on.is_not(None) & (Handover.back_on < before(keep.case))
    wheres: dict[str, ColumnElement[bool]] = {
        "cases": over & Handover.case.is_not(None),
        "log": Access.utc < before(keep.log),
        "custody": Custody.utc < before(keep.custody),
    }
    works: dict[str, Update | Delete] = {
        "cases": update(Handover).values(case=None),
        "log": delete(Access),
        "custody": delete(Custody),
    }
    tables = {"cases": Handover, "log": Access, "custody": Custody}
    found = {}
    for name, where in wheres.items():
        count = session.scalar(select(func.count()).select_from(tables[name]).where(where))
        found[name] = count or 0
        if really:
            session.execute(works[name].where(where))
    return found
