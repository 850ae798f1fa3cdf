"""Which serial a batch works on, and what became of it: one transaction to claim, one to record.

Separate because "exactly once" is decided here and nowhere else. The caller holds the database's
batch(), so that a claim of another run is of a run that died. Not for several threads at once.
Imports sqlalchemy.
"""

from __future__ import annotations

import json
import secrets
from enum import Enum
from hashlib import sha256
from typing import NamedTuple

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from kit.fleet import custody
from kit.fleet.access import Desk
from kit.fleet.provisioner import Made, Row, checked
from kit.fleet.schema import CLAIMED, NEW, READY, Device, Key


class Known(Enum):
    """FRESH: recorded now. BEFORE: recorded already. OTHER: contradicts the registry."""

    FRESH = 1
    BEFORE = 2
    OTHER = 3


class _Waiting(NamedTuple):
    row: Row
    port: str | None  # where the run that died had it, or where its device is now
    begun: bool = False  # its device is on that port: for no other


class Claims:
    """The rows that this run has before it."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._run = secrets.token_hex(8)
        query = select(Device).where(Device.state.in_((NEW, CLAIMED))).order_by(Device.serial)
        with desk.database.writing() as session:
            found = list(session.scalars(query))
        self._waiting = {
            one.serial: _Waiting(Row(one.serial, one.board), one.port) for one in found
        }

    def left(self) -> int:
        """How many rows nobody works on."""
        return len(self._waiting)

    def expect(self, port: str, serial: str) -> None:
        """The device on this port has begun to be this one."""
        if serial in self._waiting:
            self._waiting[serial] = _Waiting(self._waiting[serial].row, port, True)

    def claim(self, port: str, serial: str | None = None) -> Row | None:
        """The next row, or that of a serial, now this port's; None if there is none.

        First what a run that died had on this port: most likely it is the same device. Last what
        one had elsewhere: its device may turn up and speak for itself.
        """
        while True:
            free = [one for one in self._waiting.values() if not one.begun or one.port == port]
            if serial is not None:
                free = [one for one in free if one.row.serial == serial]
            if not free:
                return None
            row = min(free, key=lambda one: self._rank(one, port)).row
            del self._waiting[row.serial]
            where = (Device.serial == row.serial) & Device.state.in_((NEW, CLAIMED))
            work = update(Device).where(where)
            with self._desk.database.writing() as session:
                work = work.values(state=CLAIMED, claim=self._run, port=port)
                if session.scalar(work.returning(Device.serial)) is not None:
                    return row

    @staticmethod
    def _rank(waiting: _Waiting, port: str) -> tuple[int, str]:
        order = {port: 0, None: 1}
        return order.get(waiting.port, 2), waiting.row.serial

    def release(self, row: Row) -> None:
        """The device on the port refused; another one may get the serial, in a later run."""
        where = (Device.serial == row.serial) & (Device.state == CLAIMED)
        with self._desk.database.writing() as session:
            session.execute(update(Device).where(where).values(state=NEW, claim=None, port=None))

    def drop(self, row: Row, port: str) -> None:
        """Nobody knows how far it came: the row waits for its device, or for another one."""
        self._waiting[row.serial] = _Waiting(row, port)

    def record(self, made: Made) -> Known:
        """Write down the device's keys, unless they are there."""
        checked(made)
        with self._desk.database.writing() as session:
            key = session.scalars(select(Key).where(Key.devid == made.devid)).first()
            one = session.get(Device, made.serial)
            if one is None or (key is not None and key.serial != made.serial):
                return Known.OTHER
            fresh = one.state in (NEW, CLAIMED)
            if key is not None:  # one that was noted as wiped must not have its old keys
                return Known.OTHER if fresh else Known.BEFORE
            if not fresh:
                return Known.OTHER
            self._write(session, made)
            one.state, one.claim, one.port = READY, None, None
        self._waiting.pop(made.serial, None)
        return Known.FRESH

    def _write(self, session: Session, made: Made) -> None:
        last = session.scalar(select(func.max(Key.number)).where(Key.serial == made.serial)) or 0
        session.add(
            Key(
                serial=made.serial,
                number=last + 1,
                devid=made.devid,
                fingerprint=sha256(bytes.fromhex(made.entry["agreement_key"])).hexdigest(),
                entry=json.dumps(made.entry, sort_keys=True, separators=(",", ":")),
                recorded_utc=self._desk.now(),
            )
        )
        custody.add(session, self._desk, made.serial, custody.PROVISIONED)
