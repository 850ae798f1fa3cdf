"""Virtual devices whose memory outlives the program, and raw dumps of a registry.

Separate because a killed batch must find the devices as it left them. The devices keep their keys
in files; so does the desk what they are meant for. An operator puts the next device on a port when
the last one is done. A device that gets keys twice fails the test.
"""

import json
import os
import sqlite3
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg

from kit.fleet.access import Desk
from kit.fleet.batch import Watch
from kit.fleet.database import Database
from kit.fleet.provisioner import Absent, Begun, Made, Refused
from kit.fleet.schema import FORMAT, Association, Base

NOW = "2026-11-05T20:41:07Z"


def digest(*parts):
    return sha256(repr(parts).encode()).hexdigest()


class Bench(Watch):
    """tick: called wherever a program may be killed. Port names end with their number."""

    def __init__(self, folder, ports, tick=lambda: None):
        self.folder, self.ports, self.tick = folder, ports, tick
        self.said = []
        for part in ("devices", "meant", "ports"):
            (folder / part).mkdir(parents=True, exist_ok=True)

    # -- the provisioner -------------------------------------------------------------------

    def look(self, port):
        self.tick()
        memory = self.device(port)
        if not memory.exists():
            return None
        kept = json.loads(memory.read_text())
        made = self._made(kept["key"])
        return made if kept["whole"] else Begun(made.serial)

    def provision(self, port, row):
        memory = self.device(port)
        meant = self.folder / "meant" / digest("agreement", row.serial)
        if not meant.exists():
            _write(meant, row.serial)
        self.tick()
        if memory.exists():
            kept = json.loads(memory.read_text())
            assert kept == {"key": meant.name, "whole": False}, f"{memory} gets keys twice"
        _write(memory, json.dumps({"key": meant.name, "whole": False}))
        self.tick()
        _write(memory, json.dumps({"key": meant.name, "whole": True}))
        self.tick()
        return self._made(meant.name)

    def _made(self, key):
        """Whatever a device tells follows from the key that the desk gave it."""
        meant = self.folder / "meant" / key
        if not meant.exists():
            raise Refused("of another desk")
        devid = digest("devid", key)[:16]
        entry = {
            "devid": devid,
            "identifier": digest("identifier", key)[:32],
            "agreement_key": key,
            "seal_keys": [digest(key, number) for number in range(256)],
            "hashes": {},
            "issued_utc": NOW,
        }
        return Made(meant.read_text(), devid, entry)

    # -- the operator ----------------------------------------------------------------------

    def device(self, port):
        """The memory of the device that is on the port now."""
        place = self.folder / "ports" / port
        turn = int(place.read_text()) if place.exists() else 0
        if turn < 0:
            raise Absent("unplugged")
        return self.folder / "devices" / f"{port}-{turn}"

    def put(self, port, turn):
        """Another device on the port; -1: none."""
        _write(self.folder / "ports" / port, str(turn))

    def done(self, port, made, fresh):
        self.tick()
        self.said.append((port, made.serial, fresh))
        self.put(port, int(self.device(port).name.rpartition("-")[2]) + 1)

    def failed(self, failure):
        self.said.append(failure)

    def waiting(self, port, why):
        self.said.append((port, why))

    def idle(self):
        self.tick()

    # -- what has become of the world ------------------------------------------------------

    def serials(self):
        """Of every device that has keys."""
        memories = [json.loads(one.read_text()) for one in (self.folder / "devices").iterdir()]
        return sorted((self.folder / "meant" / one["key"]).read_text() for one in memories)


def _write(path, text):
    beside = path.with_name(path.name + ".new")
    beside.write_text(text)
    os.replace(beside, path)


@contextmanager
def quick_folder():
    """One that no disk slows down, where there is such a thing; the server has no fsync either."""
    memory = Path("/dev/shm")
    usable = memory.is_dir() and os.access(memory, os.W_OK)
    with TemporaryDirectory(prefix="galet-", dir=memory if usable else None) as folder:
        yield Path(folder)


def open_desk(where):
    return Desk(Database(str(where)), "tester", lambda: NOW)


def registry(where):
    """An empty registry and the desk that works on it, at a time that stands still."""
    desk = open_desk(where)
    made = Association(number=1, format=FORMAT, name="Association", every="half-year")
    made.created_utc = NOW
    desk.database.create(made)
    return desk


def dump(where):
    """The sorted rows of every table, read without our own code."""
    if "://" in str(where):
        with psycopg.connect(where) as connection:
            return _tables(connection.cursor())
    connection = sqlite3.connect(where)
    try:
        return _tables(connection.cursor())
    finally:
        connection.close()


def _tables(cursor):
    found = {}
    for name, table in Base.metadata.tables.items():
        names = ", ".join(column.name for column in table.columns)
        rows = cursor.execute(f"select {names} from {name}").fetchall()
        found[name] = sorted(tuple(row) for row in rows)
    return found
