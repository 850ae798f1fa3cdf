"""What the desk counts at a visit, and what becomes of the counts in a period.

Separate because only these counts ever leave the desk. Times to the first acceptance are kept as
classes, never as times. Imports sqlalchemy.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from kit.fleet.access import Desk
from kit.fleet.devices import find
from kit.fleet.period import Period
from kit.fleet.schema import Handover, Tally

CLASSES = ("within_10", "within_30", "within_60", "later", "never")
_LIMITS_S = (10, 30, 60)
NEVER = "never"


class Counts(NamedTuple):
    """alerts: by hand. false_alarms: of alerts and falls. accepted: both together, by CLASSES."""

    alerts: int
    falls: int
    false_alarms: int
    failures: int
    accepted: tuple[int, ...]


class Sums(NamedTuple):
    """Of a period. out: devices out on its last day. counted: devices that the counts are of."""

    out: int
    counted: int
    counts: Counts


def classes(times: list[str]) -> tuple[int, ...]:
    """Counts by class, of seconds or `never`; raises ValueError."""
    found = [0] * len(CLASSES)
    for time in times:
        if time == NEVER:
            found[-1] += 1
        elif time.isascii() and time.isdigit() and len(time) <= 5:
            found[bisect_left(_LIMITS_S, int(time))] += 1
        else:
            raise ValueError("not seconds or `never`, one for each, as 8,14,never")
    return tuple(found)


def add(session: Session, desk: Desk, serial: str, counts: Counts) -> None:
    find(session, serial)
    last = session.scalar(select(func.max(Tally.number)).where(Tally.serial == serial)) or 0
    session.add(
        Tally(
            serial=serial,
            number=last + 1,
            day=desk.today(),
            alerts=counts.alerts,
            falls=counts.falls,
            false_alarms=counts.false_alarms,
            failures=counts.failures,
            **dict(zip(CLASSES, counts.accepted)),
        )
    )


def sums(session: Session, period: Period) -> Sums:
    """Counted in the period, whenever it happened: so that a period that is over never changes."""
    names = ("alerts", "falls", "false_alarms", "failures", *CLASSES)
    of = func.count(Tally.serial.distinct())
    columns = [func.coalesce(func.sum(getattr(Tally, name)), 0) for name in names]
    query = select(*columns, of).where(Tally.day.between(period.first, period.last))
    row = [int(cell) for cell in session.execute(query).one()]
    returned = Handover.back_on.is_(None) | (Handover.back_on > period.last)
    out = select(func.count()).select_from(Handover)
    devices = session.scalar(out.where(Handover.out_on <= period.last, returned)) or 0
    return Sums(devices, row[-1], Counts(row[0], row[1], row[2], row[3], tuple(row[4:-1])))
