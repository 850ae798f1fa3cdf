"""Hand-over, on a flash image: keys that are born on the device, a registry that is public.

Separate because it is the only command that makes secrets. Two calls with one start of the device
between them: the first leaves /desk.json, the second takes /handover.json. The files are in
docs/ev1.md, "Files of the desk". Imports cryptography.
"""

from __future__ import annotations

import json
import os
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from kit import container, registry
from kit.command import Unusable, read_file, read_json
from kit.keys import read_private, read_secrets, unhex
from kit.trust import fingerprint, grouped
from kit.vfs import DeviceFiles

DESK, HANDOVER = "/desk.json", "/handover.json"


class Born(NamedTuple):
    """What the device tells of itself."""

    devid: bytes
    identifier: bytes
    seal_keys: list[str]
    radio_entropy: bool


class Folder:
    """The desk's files: registry.json is public, the rest never leaves it."""

    def __init__(self, path: Path, key: Path | None) -> None:
        self.path = path
        self.key = key or path / "key.pem"
        self.registry = path / "registry.json"
        self.secrets = path / "secrets.json"
        self.signing = path / "signing.pem"
        self.pending = path / "pending.json"
        try:
            path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise Unusable(f"{path}: {error.strerror}") from None

    def devices(self) -> dict[bytes, registry.Device]:
        return registry.read(self.registry).devices if self.registry.exists() else {}


class Asked(NamedTuple):
    """name: of the association, for a new registry. firmware: its SHA-256 in hex. again: also
    where that makes older recordings or another hand-over unreadable."""

    name: str
    firmware: str | None
    again: bool


def step(image: Path, folder: Folder, asked: Asked) -> tuple[bool, list[str]]:
    """Do what is due on this image; returns (whether the hand-over is complete, what to say)."""
    data = read_file(image)
    files = DeviceFiles(data)
    answer = files.read(HANDOVER)
    if answer is not None and files.read(DESK) is None:
        return True, _finish(image, files, answer, folder, asked)
    desk = files.read(DESK)
    if folder.pending.exists():
        pending = read_json(folder.pending)
        if pending.get("image") != str(image.resolve()):
            waiting = pending.get("image")
            raise Unusable(f"{folder.pending}: a hand-over of {waiting} is not finished")
        if desk is not None and pending.get("agreement_key", "").encode() in desk:
            return False, ["the device has not answered yet: start it, then do this again"]
    if not asked.again:
        _refuse(image, data, desk)
    return False, _begin(image, files, folder, asked.name)


def _refuse(image: Path, data: bytes, desk: bytes | None) -> None:
    """A new hand-over makes new keys: what the old ones are needed for comes first."""
    if desk is not None:
        raise Unusable(f"{image}: the hand-over of another desk is on it; --again replaces it")
    count = sum(raw.opening is not None for raw in container.read(data).recordings)
    if count:
        raise Unusable(
            f"{image}: {count} recording(s) of an earlier hand-over are on it; keep a copy and "
            "its keys, then give --again"
        )


def _begin(image: Path, files: DeviceFiles, folder: Folder, name: str) -> list[str]:
    if not folder.registry.exists() and not name:
        raise Unusable("--name is required for a new registry: what the association is called")
    private = _private_key(folder)
    public = private.public_key().public_bytes_raw()
    for device in folder.devices().values():
        if device.agreement_key == public:
            raise Unusable(
                f"{folder.key}: already the key of device {device.devid.hex()}; give another "
                "with --key (one key pair for each hand-over: to destroy it is to erase)"
            )
    desk = {
        "format": 1,
        "agreement_key": public.hex(),
        "psk_0": os.urandom(32).hex(),
        "entropy": os.urandom(32).hex(),
    }
    kept = {"image": str(image.resolve()), "agreement_key": public.hex(), "psk_0": desk["psk_0"]}
    kept["name"] = name
    write(folder.pending, json.dumps({"format": 1, **kept}) + "\n", secret=True)
    files.write(DESK, json.dumps(desk).encode())
    write(image, files.image())
    return [
        f"key of this hand-over: {folder.key}, fingerprint {grouped(fingerprint(public))}",
        "start the device, shake it until it has answered, then do this again",
    ]


def _finish(
    image: Path, files: DeviceFiles, answer: bytes, folder: Folder, asked: Asked
) -> list[str]:
    born = parse_handover(answer)
    if not folder.pending.exists():
        raise Unusable(f"{folder.pending}: missing; the hand-over was begun elsewhere")
    pending = read_json(folder.pending)
    name = asked.name or pending.get("name", "")
    register(folder, born, pending["psk_0"], pending["agreement_key"], name, asked.firmware)
    files.remove(HANDOVER)
    files.forget_removed()  # /desk.json held psk_0
    write(image, files.image())
    folder.pending.unlink()
    entry = json.loads(folder.registry.read_bytes())
    signing = bytes.fromhex(entry["association"]["signing_key"])
    said = [
        f"device {born.devid.hex()}: 256 seal keys, in {folder.registry}",
        f"key that signs the registry: fingerprint {grouped(fingerprint(signing))}",
        "  write it down, and give it on paper to whoever verifies (--association-key)",
        f"to be time-stamped (RFC 3161, SHA-256): {registry.stamped_digest(entry).hex()}",
    ]
    if not born.radio_entropy:
        said.append("the device's radio gave no randomness: do not hand it over")
    return said


def parse_handover(answer: bytes) -> Born:
    """What is in a handover.json; Unusable where it is not one."""
    try:
        fields = json.loads(answer)
        keys = [unhex(key, 32).hex() for key in fields["seal_keys"]]
        if fields["format"] != 1 or fields["radio_entropy"] not in (0, 1):
            raise ValueError
        if len(keys) != registry.SEAL_KEYS or len(set(keys)) != registry.SEAL_KEYS:
            raise ValueError
        devid, identifier = unhex(fields["devid"], 8), unhex(fields["identifier"], 16)
    except (KeyError, TypeError, ValueError, RecursionError):
        raise Unusable(f"{HANDOVER} on the device: not what the firmware writes") from None
    return Born(devid, identifier, keys, fields["radio_entropy"] == 1)


def _add_secret(folder: Folder, devid: bytes, psk_0: str) -> None:
    known = read_secrets(folder.secrets) if folder.secrets.exists() else {}
    known[devid] = unhex(psk_0, 32)
    entries = {one.hex(): {"psk_0": psk.hex()} for one, psk in sorted(known.items())}
    write(folder.secrets, json.dumps({"format": 1, "devices": entries}, indent=1) + "\n", True)


def _add_device(
    folder: Folder, born: Born, agreement_key: str, name: str, firmware: str | None
) -> None:
    signing = _signing_key(folder)
    public = signing.public_key().public_bytes_raw().hex()
    entry: dict[str, Any] = {
        "format": 1,
        "association": {"name": name, "signing_key": public},
        "devices": [],
    }
    if folder.registry.exists():
        entry = read_json(folder.registry)
        if entry["association"]["signing_key"] != public:
            raise Unusable(f"{folder.signing}: not the key that {folder.registry} is signed with")
    entry["devices"].append(
        {
            "devid": born.devid.hex(),
            "identifier": born.identifier.hex(),
            "agreement_key": agreement_key,
            "seal_keys": born.seal_keys,
            "hashes": {"firmware": firmware} if firmware else {},
            "issued_utc": datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )
    text = json.dumps(registry.sign(entry, signing), indent=1, ensure_ascii=False)
    write(folder.registry, text + "\n")


def _private_key(folder: Folder) -> X25519PrivateKey:
    if folder.key.exists():
        return read_private(folder.key)
    key = X25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write(folder.key, pem, secret=True)
    return key


def _signing_key(folder: Folder) -> Ed25519PrivateKey:
    if folder.signing.exists():
        try:
            key = load_pem_private_key(read_file(folder.signing), None)
        except (ValueError, TypeError):
            raise Unusable(f"{folder.signing}: not an unencrypted PEM private key") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise Unusable(f"{folder.signing}: a private key, but not of Ed25519")
        return key
    key = Ed25519PrivateKey.generate()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write(folder.signing, pem, secret=True)
    return key


def write(path: Path, data: str | bytes, secret: bool = False) -> None:
    """The whole file or nothing; a secret one is for its owner alone."""
    beside = path.with_name(path.name + ".new")
    content = data.encode() if isinstance(data, str) else data
    try:
        mode = 0o600 if secret else 0o644
        handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None


def register(
    folder: Folder, born: Born, psk_0: str, agreement_key: str, name: str, firmware: str | None
) -> None:
    """Secret first, then the public entry: whatever stops it, doing it again completes it."""
    known = folder.devices().get(born.devid)
    if known is not None and [key.hex() for key in known.seal_keys] != born.seal_keys:
        raise Unusable(f"device {born.devid.hex()} is in the registry with other keys")
    _add_secret(folder, born.devid, psk_0)
    if known is None:
        _add_device(folder, born, agreement_key, name, firmware)
