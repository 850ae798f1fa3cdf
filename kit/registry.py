"""The public registry: which keys a device was handed over with, signed by the association.

Separate because it is the one file that verifier and hand-over both know. Its bytes:
docs/ev1.md, "Files of the desk". Imports cryptography.
"""

from __future__ import annotations

import base64
import json
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from kit import stamps, trust
from kit.authority import Roots
from kit.command import Unusable, read_file
from kit.keys import unhex

SEAL_KEYS = 256


class Device(NamedTuple):
    """One handed-over device: identifier is I of its seals, agreement_key is A."""

    devid: bytes
    identifier: bytes
    agreement_key: bytes
    seal_keys: tuple[bytes, ...]
    hashes: dict[str, str]
    issued_utc: str


class Registry(NamedTuple):
    """signed: the association's signature holds. digest: SHA-256 of the file as it lay there.

    stamp: what its RFC 3161 token says, None where it has none. compared: whether signing_key is
    the one that was obtained elsewhere, None where none was.
    """

    name: str
    signing_key: bytes
    devices: dict[bytes, Device]
    signed: bool
    digest: str
    stamp: stamps.Stamp | None
    compared: bool | None = None


def read(path: Path, key: str | None = None, roots: Roots = ()) -> Registry:
    """Read and check a registry.json; Unusable where it is not one.

    key: digits of the association's signing key or of its fingerprint, as trust.read_key() gives
    them. roots: certificates of time-stamp authorities. Both from elsewhere than the registry.
    """
    data = read_file(path)
    try:
        return parse(data, key, roots)
    except ValueError as error:
        raise Unusable(f"{path}: {error}") from None


def parse(data: bytes, pinned: str | None = None, roots: Roots = ()) -> Registry:
    """As read(); raises ValueError."""
    try:
        entry = json.loads(data)
    except (ValueError, RecursionError):
        raise ValueError("not JSON") from None
    try:
        if entry["format"] != 1:
            raise ValueError
        key = unhex(entry["association"]["signing_key"], 32)
        name = str(entry["association"]["name"])
        devices = [_device(one) for one in entry["devices"]]
        signature = unhex(entry["signature"], 64)
        token = None if entry["stamp"] is None else base64.b64decode(entry["stamp"], validate=True)
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ValueError("not a registry of format 1") from None
    if len({device.devid for device in devices}) != len(devices):
        raise ValueError("one device stands in it twice")
    signed = _holds(key, canonical(entry), signature)
    stamp = None if token is None else stamps.read(token, stamped_digest(entry), roots)
    by_devid = {device.devid: device for device in devices}
    compared = None if pinned is None else trust.is_key(pinned, key)
    return Registry(name, key, by_devid, signed, sha256(data).hexdigest(), stamp, compared)


def _device(entry: dict[str, Any]) -> Device:
    keys = tuple(unhex(key, 32) for key in entry["seal_keys"])
    if len(keys) != SEAL_KEYS or len(set(keys)) != SEAL_KEYS:
        raise ValueError
    datetime.strptime(entry["issued_utc"], "%Y-%m-%dT%H:%M:%SZ")
    return Device(
        unhex(entry["devid"], 8),
        unhex(entry["identifier"], 16),
        unhex(entry["agreement_key"], 32),
        keys,
        {str(key): str(value) for key, value in entry["hashes"].items()},
        entry["issued_utc"],
    )


def canonical(entry: dict[str, Any]) -> bytes:
    """What is signed: everything but signature and stamp, keys sorted, no blanks, UTF-8."""
    rest = {key: value for key, value in entry.items() if key not in ("signature", "stamp")}
    text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def stamped_digest(entry: dict[str, Any]) -> bytes:
    """What a time stamp is over: SHA-256 of the signed bytes and the 64 bytes of the signature."""
    return sha256(canonical(entry) + bytes.fromhex(entry["signature"])).digest()


def sign(entry: dict[str, Any], key: Ed25519PrivateKey) -> dict[str, Any]:
    """The registry with a new signature, and without the stamp that was over the old one."""
    entry = {**entry, "signature": key.sign(canonical(entry)).hex(), "stamp": None}
    return entry


def _holds(key: bytes, data: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, data)
    except InvalidSignature:
        return False
    return True
