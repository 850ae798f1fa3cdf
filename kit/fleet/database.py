"""Opening the database: SQLite in a file, or PostgreSQL by URL; one writer at a time in both.

Separate so that nothing else knows which of the two it is, and so that every complaint of a driver
becomes one line without a password. Imports sqlalchemy.
"""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Iterator

from sqlalchemy import URL, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError, IntegrityError
from sqlalchemy.orm import Session

from kit.command import Unusable
from kit.fleet.schema import FORMAT, Association, Base

WAIT_S = 20  # for another program that is writing
LINGER_S = 5  # until the server knows that a client is gone
_WRITING, _BATCH = 0x6A1E7001, 0x6A1E7002  # names of locks, within this database


class Database:
    """sessions of one registry; `shown` is what may be printed of its address."""

    def __init__(self, where: str) -> None:
        self.url = _url(where)
        self.file = None if self.url.database is None or self._server() else self.url.database
        self.shown = self.file or self.url.set(drivername="postgresql").render_as_string()
        waiting: dict[str, Any] = {"timeout": WAIT_S}
        if self._server():
            waiting = {"connect_timeout": WAIT_S, "options": f"-c lock_timeout={WAIT_S}s"}
        self.engine = create_engine(self.url, hide_parameters=True, connect_args=waiting)
        if not self._server():
            _listen(self.engine)

    def _server(self) -> bool:
        return self.url.get_backend_name() == "postgresql"

    def create(self, association: Association) -> None:
        """The empty tables, of an association."""
        if self.file is not None:
            _create_file(Path(self.file))
        with self.writing() as session:
            connection = session.connection()
            if inspect(connection).has_table(Association.__tablename__):
                raise Unusable(f"{self.shown}: there is a registry already; one for each database")
            taken = sorted(set(inspect(connection).get_table_names()) & set(Base.metadata.tables))
            if taken:
                raise Unusable(f"{self.shown}: a table {taken[0]} of something else is there")
            Base.metadata.create_all(connection, checkfirst=False)
            session.add(association)

    def check(self) -> None:
        """Unusable where there is no registry of this format."""
        if self.file is not None and not Path(self.file).exists():
            raise Unusable(f"{self.shown}: no registry there; `fleet init` makes one")
        with self.writing() as session:
            if not inspect(session.connection()).has_table(Association.__tablename__):
                raise Unusable(f"{self.shown}: no registry in it; `fleet init` makes one")
            found = session.get_one(Association, 1).format
        if found != FORMAT:
            raise Unusable(
                f"{self.shown}: a registry of format {found}, this program has {FORMAT}"
            )

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction: all of it, or nothing. Nobody else writes meanwhile."""
        try:
            with Session(self.engine, expire_on_commit=False) as session, session.begin():
                if self._server():
                    session.execute(text(f"select pg_advisory_xact_lock({_WRITING})"))
                yield session
        except IntegrityError:
            raise  # a mistake of ours
        except DBAPIError as error:
            raise Unusable(f"{self.shown}: {self._reason(error)}") from None

    @contextmanager
    def batch(self) -> Iterator[None]:
        """Held while devices are made ready; freed by the system when its holder dies."""
        try:
            with self._batch_of_server() if self._server() else self._batch_of_file():
                yield
        except DBAPIError as error:
            raise Unusable(f"{self.shown}: {self._reason(error)}") from None

    @contextmanager
    def _batch_of_server(self) -> Iterator[None]:
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            ends_s = time.monotonic() + LINGER_S
            while not connection.scalar(text(f"select pg_try_advisory_lock({_BATCH})")):
                if time.monotonic() > ends_s:
                    raise Unusable(f"{self.shown}: another batch is running")
                time.sleep(0.1)
            try:
                yield
            finally:
                connection.execute(text(f"select pg_advisory_unlock({_BATCH})"))

    @contextmanager
    def _batch_of_file(self) -> Iterator[None]:
        beside = f"{self.file}-batch"
        with closing(sqlite3.connect(beside, timeout=0, isolation_level=None)) as held:
            try:
                held.execute("begin exclusive")
            except sqlite3.OperationalError:
                raise Unusable(f"{self.shown}: another batch is running") from None
            yield

    def close(self) -> None:
        self.engine.dispose()

    def _reason(self, error: DBAPIError) -> str:
        """What the driver says, in one line, and never the password."""
        said = " ".join(str(error.orig).split()) or type(error.orig).__name__
        if self.url.password:
            said = said.replace(str(self.url.password), "***")
        return said[:200]


def _url(where: str) -> URL:
    if "://" not in where:
        return URL.create("sqlite", database=where)
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        raise Unusable("--db: neither a file nor a postgresql:// address") from None
    if url.drivername in ("postgresql", "postgresql+psycopg"):
        return url.set(drivername="postgresql+psycopg")
    raise Unusable("--db: neither a file nor a postgresql:// address")


def _create_file(path: Path) -> None:
    """For its owner alone, from the start."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None


def _listen(engine: Engine) -> None:
    """Transactions that SQLAlchemy begins, instead of those that sqlite3 would."""

    @event.listens_for(engine, "connect")
    def connected(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        connection.execute("pragma foreign_keys = on")
        connection.execute("pragma synchronous = full")
        connection.execute("pragma secure_delete = on")  # what is forgotten is overwritten

    @event.listens_for(engine, "begin")
    def begun(connection: Any) -> None:
        connection.exec_driver_sql("begin immediate")
