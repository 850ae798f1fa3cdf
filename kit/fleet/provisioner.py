"""What the batch asks of whatever talks to devices, and what it gets back.

Separate so that the serial line knows nothing of databases, and tests can hand in devices that do
not exist. Pure.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple, Protocol

_SEAL_KEYS = 256
_HEX = {"devid": 16, "identifier": 32, "agreement_key": 64}
_FIELDS = {*_HEX, "seal_keys", "hashes", "issued_utc"}


class Row(NamedTuple):
    """The device that is to be made ready."""

    serial: str
    board: str


class Made(NamedTuple):
    """A device with keys. serial: for which it got them. entry: its entry of registry.json."""

    serial: str
    devid: str
    entry: dict[str, Any]


class Begun(NamedTuple):
    """A device that has something of serial's hand-over, but not all: provision() completes it."""

    serial: str


class Absent(Exception):
    """Nothing answers on this port, or not yet."""


class Refused(Exception):
    """This device cannot be made ready; says why in one line, without any secret."""


class Provisioner(Protocol):
    """Works on ports, from one thread for each port. Both raise Absent or Refused.

    look: what the device on the port was made ready as; None if it has no keys. Changes nothing
    on the device. For which serial a devid was meant is known from the desk's own files.

    provision: gives a device without keys those of row.serial, and the desk its psk. The desk's
    files hold that they are meant for row.serial before the device hears of it. If it is stopped
    anywhere, look() on the same device says None or Begun, or answers as provision() would have.
    """

    def look(self, port: str) -> Made | Begun | None: ...

    def provision(self, port: str, row: Row) -> Made: ...


def checked(made: Made) -> Made:
    """Refused unless it is an entry of registry.json and nothing beside, so that no secret is."""
    entry = made.entry
    good = isinstance(entry, dict) and set(entry) == _FIELDS and entry["devid"] == made.devid
    good = good and all(_is_hex(entry[name], digits) for name, digits in _HEX.items())
    good = good and isinstance(entry["seal_keys"], list)
    good = good and len(entry["seal_keys"]) == _SEAL_KEYS
    good = good and all(_is_hex(key, 64) for key in entry["seal_keys"])
    good = good and isinstance(entry["hashes"], dict)
    good = good and all(_is_hex(value, 64) for value in entry["hashes"].values())
    time = r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:]{8}Z"
    if not good or not re.fullmatch(time, str(entry["issued_utc"])):
        raise Refused("what it gave is no entry of a registry.json")
    return made


def _is_hex(text: Any, digits: int) -> bool:
    return isinstance(text, str) and re.fullmatch(f"[0-9a-f]{{{digits}}}", text) is not None
