"""The desk's folder: what is public, what is secret, and what was done with each device.

Separate because several ports may be at work in one folder, and because where a secret lies is
decided here once. docs/hand-over.md lists the files. Nothing here holds a contact's number.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
from contextlib import contextmanager
from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import Any, Iterator

try:
    import fcntl
except ImportError:  # Windows: one program at a time is for people to keep
    fcntl = None  # type: ignore[assignment]

from kit import provision, service
from kit.command import Unusable, read_json
from kit.keys import unhex

CUSTODY = ["utc", "who", "what", "sha256_before", "sha256_after"]
_SERIAL = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


def now() -> str:
    """The time as every file of the desk has it."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Desk:
    """folder: of kit.provision, with registry and secrets."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.folder = provision.Folder(path, None)
        self._service = path / "service.json"

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Nobody else writes registry and secrets meanwhile; ends with the process, too."""
        with open(self.path / ".lock", "w") as file:
            if fcntl is not None:
                fcntl.flock(file, fcntl.LOCK_EX)
            yield

    # -- the service secret --------------------------------------------------------------------

    def service_secret(self, make: bool = False) -> bytes | None:
        """The association's; None where there is none and none is to be made."""
        if not self._service.exists():
            if not make:
                return None
            with self.alone():
                if not self._service.exists():
                    made = {"format": 1, "service_secret": os.urandom(32).hex()}
                    provision.write(self._service, json.dumps(made) + "\n", secret=True)
        entry = read_json(self._service)
        try:
            return unhex(entry["service_secret"], 32)
        except (KeyError, TypeError, ValueError):
            raise Unusable(f"{self._service}: not a service secret") from None

    def key_of(self, devid: bytes) -> bytes | None:
        """The service key of a device."""
        secret = self.service_secret()
        return None if secret is None else service.service_key(secret, devid)

    # -- devices -------------------------------------------------------------------------------

    def device(self, devid: bytes) -> Path:
        """The folder of one device, made where there is none; for its owner alone."""
        return _folder(self.path / "devices" / devid.hex())

    def hand_over(self, serial: str) -> Path:
        """The folder of one hand-over while it is on its way."""
        if not _SERIAL.fullmatch(serial):
            raise Unusable("the name of a hand-over has 1 to 40 letters, digits, '.', '-' or '_'")
        return _folder(self.path / "handovers" / serial)

    def _states(self) -> Iterator[tuple[str, dict[str, Any]]]:
        for path in sorted((self.path / "handovers").glob("*/state.json")):
            yield path.parent.name, read_json(path)

    def asked(self) -> bool:
        """Whether a device may have keys that it was asked for and nobody has taken yet."""
        return any("asked" in one and "devid" not in one for _, one in self._states())

    def serial_of(self, devid: bytes) -> str | None:
        """Which hand-over a device is of."""
        names = (name for name, one in self._states() if one.get("devid") == devid.hex())
        return next(names, None)

    def keys(self) -> Path:
        """Where the private keys lie, one of each hand-over."""
        return _folder(self.path / "keys")

    def note(self, devid: bytes, who: str, what: str, before: str = "", after: str = "") -> None:
        """A line of the device's custody log, as docs/report.md has it."""
        path = self.device(devid) / "custody.csv"
        text = io.StringIO()
        rows = csv.writer(text, lineterminator="\n")
        if path.exists():
            text.write(path.read_text(encoding="utf-8"))
        else:
            rows.writerow(CUSTODY)
        rows.writerow([now(), who, what, before, after])
        provision.write(path, text.getvalue(), secret=True)

    def collections(self, devid: bytes) -> list[dict[str, Any]]:
        """The copies that were made of a device and are still what they were."""
        found = []
        for path in sorted((self.device(devid) / "collected").glob("*/collection.json")):
            entry = read_json(path)
            try:
                whole = all(
                    _digest(path.parent / one["file"]) == one["sha256"]
                    for one in entry["partitions"].values()
                )
            except (KeyError, TypeError, AttributeError):
                raise Unusable(f"{path}: not the record of a copy") from None
            if whole:
                found.append(entry)
        return found

    def wipe_record(self, devid: bytes) -> dict[str, Any] | None:
        """What is written down of its erasure; None before any."""
        path = self.device(devid) / "wipe.json"
        return read_json(path) if path.exists() else None

    def write_json(self, path: Path, entry: dict[str, Any]) -> None:
        """Whole or not at all; for its owner alone."""
        text = json.dumps(entry, indent=1, sort_keys=True, ensure_ascii=False)
        provision.write(path, text + "\n", secret=True)


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    return path


def _digest(path: Path) -> str:
    try:
        return sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""
