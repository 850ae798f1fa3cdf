"""The tables. A database holds the registry of one association and of nobody else.

Separate so that what is stored can be read in one place. Integers and texts only, and keys that
mean something, so that the same work leaves the same rows in SQLite and in PostgreSQL. Times are
UTC as 2026-11-05T20:41:07Z, days as 2026-11-05. Imports sqlalchemy.
"""

from __future__ import annotations

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

FORMAT = 1

NEW, CLAIMED, READY, OUT, BACK, LOST = "new", "claimed", "provisioned", "out", "back", "lost"
STATES = (NEW, CLAIMED, READY, OUT, BACK, LOST)

TIME, DAY, WORD, DIGEST = String(20), String(10), String(32), String(64)


class Base(DeclarativeBase):
    pass


def _serial() -> Mapped[str]:
    return mapped_column(String(16), ForeignKey("device.serial"), primary_key=True)


def _number() -> Mapped[int]:
    return mapped_column(Integer, primary_key=True, autoincrement=False)


class Association(Base):
    """One row: whose registry this is. every: the period of its reports."""

    __tablename__ = "association"
    __table_args__ = (CheckConstraint("number = 1"),)
    number: Mapped[int] = _number()
    format: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(120))
    every: Mapped[str] = mapped_column(WORD)
    created_utc: Mapped[str] = mapped_column(TIME)


class Device(Base):
    """One object. claim, port: of the run that is making it ready; null otherwise."""

    __tablename__ = "device"
    __table_args__ = (
        CheckConstraint("state in ('" + "', '".join(STATES) + "')"),
        CheckConstraint("(state = 'claimed') = (claim is not null)"),
    )
    serial: Mapped[str] = mapped_column(String(16), primary_key=True)
    board: Mapped[str] = mapped_column(WORD)
    lot: Mapped[str] = mapped_column(WORD)
    state: Mapped[str] = mapped_column(WORD, index=True)
    claim: Mapped[str | None] = mapped_column(WORD)
    port: Mapped[str | None] = mapped_column(Text)


class Key(Base):
    """The public keys that a device was born with, one row for each time it was made ready.

    entry: the device's entry of registry.json, which is public (docs/ev1.md).
    """

    __tablename__ = "key"
    __table_args__ = (UniqueConstraint("devid"), UniqueConstraint("fingerprint"))
    serial: Mapped[str] = _serial()
    number: Mapped[int] = _number()
    devid: Mapped[str] = mapped_column(String(16))
    fingerprint: Mapped[str] = mapped_column(DIGEST)
    entry: Mapped[str] = mapped_column(Text)
    recorded_utc: Mapped[str] = mapped_column(TIME)


class Handover(Base):
    """The time a device is with somebody. case: null once it has been forgotten."""

    __tablename__ = "handover"
    __table_args__ = (
        CheckConstraint("contacts between 1 and 5 and confirmed between 0 and contacts"),
    )
    serial: Mapped[str] = _serial()
    number: Mapped[int] = _number()
    case: Mapped[str | None] = mapped_column("case_number", String(16))
    out_on: Mapped[str] = mapped_column(DAY)
    back_on: Mapped[str | None] = mapped_column(DAY)
    contacts: Mapped[int] = mapped_column(Integer)
    confirmed: Mapped[int] = mapped_column(Integer)
    confirmed_on: Mapped[str] = mapped_column(DAY)


class Custody(Base):
    """Who did what with a device. digest: over the row and the digest before it."""

    __tablename__ = "custody"
    serial: Mapped[str] = _serial()
    number: Mapped[int] = _number()
    utc: Mapped[str] = mapped_column(TIME)
    who: Mapped[str] = mapped_column(WORD)
    what: Mapped[str] = mapped_column(WORD)
    before: Mapped[str] = mapped_column("sha256_before", DIGEST)
    after: Mapped[str] = mapped_column("sha256_after", DIGEST)
    previous: Mapped[str] = mapped_column(DIGEST)
    digest: Mapped[str] = mapped_column(DIGEST)


class Tally(Base):
    """What a device and its bearer told at the desk, as counts since the last time.

    within_10 ... never: alerts and falls by the time to the network's first acceptance.
    """

    __tablename__ = "tally"
    __table_args__ = (
        CheckConstraint("false_alarms <= alerts + falls"),
        CheckConstraint("within_10 + within_30 + within_60 + later + never = alerts + falls"),
    )
    serial: Mapped[str] = _serial()
    number: Mapped[int] = _number()
    day: Mapped[str] = mapped_column(DAY)
    alerts: Mapped[int] = mapped_column(Integer)
    falls: Mapped[int] = mapped_column(Integer)
    false_alarms: Mapped[int] = mapped_column(Integer)
    failures: Mapped[int] = mapped_column(Integer)
    within_10: Mapped[int] = mapped_column(Integer)
    within_30: Mapped[int] = mapped_column(Integer)
    within_60: Mapped[int] = mapped_column(Integer)
    later: Mapped[int] = mapped_column(Integer)
    never: Mapped[int] = mapped_column(Integer)


class Access(Base):
    """Every access to this registry: who, when, which command, to which device."""

    __tablename__ = "access"
    number: Mapped[int] = _number()
    utc: Mapped[str] = mapped_column(TIME)
    who: Mapped[str] = mapped_column(WORD)
    what: Mapped[str] = mapped_column(WORD)
    serial: Mapped[str | None] = mapped_column(String(16))
