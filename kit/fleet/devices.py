"""The devices of the registry: taken in, listed, handed over, taken back, their keys recorded.

Separate because here alone a device goes from one state to another. Every function works inside
the caller's transaction. Imports sqlalchemy.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from kit.command import Unusable
from kit.fleet import custody
from kit.fleet.access import Desk
from kit.fleet.schema import BACK, LOST, NEW, OUT, READY, Device, Handover, Key, Tally
from kit.fleet.table import Bad, Line

CONFIRM_DAYS = 90


class Contacts(NamedTuple):
    """How many there are, and how many of them answered the TEST: never who."""

    all: int
    confirmed: int


def take_in(session: Session, desk: Desk, lines: list[Line]) -> tuple[list[Line], list[Bad]]:
    """Add the devices; returns (those that are new, rows that contradict the registry)."""
    known = {one.serial: one for one in session.scalars(select(Device))}
    new = [line for line in lines if line.serial not in known]
    bad = []
    for line in lines:
        one = known.get(line.serial)
        if one is not None and one.board != line.board:
            bad.append(Bad(line.line, "board", "not the one that the registry has"))
        if one is not None and one.lot != line.lot:
            bad.append(Bad(line.line, "lot", "not the one that the registry has"))
    if new:
        cells = [{"serial": n.serial, "board": n.board, "lot": n.lot, "state": NEW} for n in new]
        session.execute(insert(Device), cells)
        custody.begin(session, desk, [line.serial for line in new], "received")
    return new, bad


def find(session: Session, serial: str) -> Device:
    found = session.get(Device, serial)
    if found is None:
        raise Unusable(f"{serial}: no such device in the registry")
    return found


def listed(session: Session, state: str | None) -> list[dict[str, Any]]:
    query = select(Device).order_by(Device.serial)
    if state is not None:
        query = query.where(Device.state == state)
    out = {one.serial: one for one in session.scalars(select(Handover).where(_open()))}
    devids = {key.serial: key.devid for key in session.scalars(_newest_keys())}
    return [
        {
            "serial": one.serial,
            "state": one.state,
            "board": one.board,
            "lot": one.lot,
            "devid": devids.get(one.serial),
            "case": out[one.serial].case if one.serial in out else None,
            "out_on": out[one.serial].out_on if one.serial in out else None,
        }
        for one in session.scalars(query)
    ]


def shown(session: Session, serial: str) -> dict[str, Any]:
    """Everything about one device, but its keys whole."""
    one = find(session, serial)
    keys = session.scalars(select(Key).where(Key.serial == serial).order_by(Key.number))
    held = select(Handover).where(Handover.serial == serial).order_by(Handover.number)
    tallies = session.scalars(select(Tally).where(Tally.serial == serial))
    sums = {"alerts": 0, "falls": 0, "false_alarms": 0, "failures": 0}
    for tally in tallies:
        sums = {name: sums[name] + getattr(tally, name) for name in sums}
    return {
        "serial": one.serial,
        "state": one.state,
        "board": one.board,
        "lot": one.lot,
        "keys": [
            {"devid": k.devid, "fingerprint": k.fingerprint, "recorded_utc": k.recorded_utc}
            for k in keys
        ],
        "handovers": [_handover(h) for h in session.scalars(held)],
        "counts": sums,
    }


def _handover(one: Handover) -> dict[str, Any]:
    return {
        "case": one.case,
        "out_on": one.out_on,
        "back_on": one.back_on,
        "contacts": one.contacts,
        "confirmed": one.confirmed,
        "confirmed_on": one.confirmed_on,
        "due_on": due_on(one) if one.back_on is None else None,
    }


def due_on(one: Handover, days: int = CONFIRM_DAYS) -> str:
    return (date.fromisoformat(one.confirmed_on) + timedelta(days=days)).isoformat()


def hand_over(session: Session, desk: Desk, serial: str, case: str, contacts: Contacts) -> None:
    one = find(session, serial)
    if one.state != READY:
        advice = {NEW: "`fleet provision` first", BACK: "`fleet wiped` and provision it first"}
        raise Unusable(f"{serial}: {one.state}, not {READY}; {advice.get(one.state, 'not now')}")
    _check(contacts)
    number = session.scalar(
        select(func.count()).select_from(Handover).where(Handover.serial == serial)
    )
    session.add(
        Handover(
            serial=serial,
            number=(number or 0) + 1,
            case=case,
            out_on=desk.today(),
            contacts=contacts.all,
            confirmed=contacts.confirmed,
            confirmed_on=desk.today(),
        )
    )
    one.state = OUT
    custody.add(session, desk, serial, "handed over")


def confirm(session: Session, desk: Desk, serial: str, contacts: Contacts) -> None:
    held = _held(session, serial)
    _check(contacts)
    held.contacts, held.confirmed = contacts
    held.confirmed_on = desk.today()


def _check(contacts: Contacts) -> None:
    if contacts.confirmed > contacts.all:
        raise Unusable(f"--confirmed: {contacts.confirmed} of {contacts.all} contacts")


def take_back(session: Session, desk: Desk, serial: str, lost: bool) -> None:
    one = find(session, serial)
    if one.state == LOST and not lost:
        one.state = BACK  # its hand-over ended on the day of the loss
        custody.add(session, desk, serial, custody.FOUND)
        return
    if one.state == OUT:
        _held(session, serial).back_on = desk.today()
    elif not lost or one.state == LOST:
        raise Unusable(f"{serial}: {one.state}, not {OUT}")
    one.state, one.claim, one.port = (LOST if lost else BACK), None, None
    custody.add(session, desk, serial, custody.LOST if lost else "returned")


def wiped(session: Session, desk: Desk, serial: str) -> None:
    """Only then may it be made ready for somebody else."""
    one = find(session, serial)
    if one.state not in (BACK, READY):
        raise Unusable(f"{serial}: {one.state}, not {BACK}")
    one.state = NEW
    custody.add(session, desk, serial, custody.WIPED)


def overdue(session: Session, desk: Desk, days: int) -> list[dict[str, Any]]:
    """Devices out whose contacts were last confirmed more than so many days ago."""
    latest = (date.fromisoformat(desk.today()) - timedelta(days=days)).isoformat()
    query = select(Handover).where(_open(), Handover.confirmed_on < latest)
    found = session.scalars(query.order_by(Handover.confirmed_on, Handover.serial))
    return [
        {
            "serial": one.serial,
            "case": one.case,
            "contacts": one.contacts,
            "confirmed": one.confirmed,
            "confirmed_on": one.confirmed_on,
            "due_on": due_on(one, days),
        }
        for one in found
    ]


def _held(session: Session, serial: str) -> Handover:
    state = find(session, serial).state
    found = session.scalars(select(Handover).where(Handover.serial == serial, _open())).first()
    if found is None:
        raise Unusable(f"{serial}: {state}, not {OUT}")
    return found


def _open() -> Any:
    return Handover.back_on.is_(None)


def _newest_keys() -> Any:
    newest = select(Key.serial, func.max(Key.number).label("number")).group_by(Key.serial)
    last = newest.subquery()
    return select(Key).join(last, (Key.serial == last.c.serial) & (Key.number == last.c.number))
