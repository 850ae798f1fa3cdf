"""The keys of a recording, and the files that hold what they are derived from.

Separate so that every secret has one place. Formulas: docs/ev1.md, "Keys". A key is used for one
recording, one class or one segment, and nothing here writes one anywhere. Imports cryptography.
"""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kit.command import Unusable, read_json
from kit.container import CIPHERTEXT, CLASSES, NO_SLOT, TAG, Opening, Sector

RATCHET_MAX = 65536  # recordings of a device, segments of a class: 4096 of 4 KB fill 16 MB


class ClassKey(NamedTuple):
    """K_(c,0) of one class of one recording: what may be disclosed."""

    devid: bytes
    q: int
    class_: int
    key: bytes


class Association(NamedTuple):
    """What the association alone holds: its private key, and psk_0 by device."""

    private: X25519PrivateKey
    psk: dict[bytes, bytes]

    def public(self) -> bytes:
        return self.private.public_key().public_bytes_raw()


def mac(key: bytes, *parts: bytes) -> bytes:
    """HMAC-SHA256 of the joined parts."""
    return hmac.new(key, b"".join(parts), sha256).digest()


def recording_key(association: Association, opening: Opening) -> bytes | None:
    """Krec; None where the device's psk is unknown or the opening's E agrees with everybody."""
    if opening.q == NO_SLOT:
        psk = bytes(32)
    elif opening.devid in association.psk and opening.q < RATCHET_MAX:
        psk = association.psk[opening.devid]
        for _ in range(opening.q):
            psk = mac(psk, b"EV1 psk next\0")
    else:
        return None
    try:
        shared = association.private.exchange(X25519PublicKey.from_public_bytes(opening.ephemeral))
    except ValueError:  # all zero: RFC 7748, 6.1
        return None
    salt = sha256(b"EV1 salt\0" + opening.ephemeral + association.public()).digest()
    return mac(mac(psk, mac(salt, shared)), b"EV1 rec\0", opening.digest)


def class_keys(association: Association, opening: Opening) -> dict[int, bytes]:
    """K_(c,0) of every class; empty where there is no recording key."""
    key = recording_key(association, opening)
    if key is None:
        return {}
    return {class_: mac(key, b"EV1 class\0", bytes((class_,))) for class_ in CLASSES}


class Ratchet:
    """K_(c,0), K_(c,1), ... of one class, each derived once."""

    def __init__(self, first: bytes) -> None:
        self._keys = [first]

    def _key(self, number: int) -> bytes:
        while len(self._keys) <= number:
            self._keys.append(mac(self._keys[-1], b"EV1 next\0"))
        return self._keys[number]

    def authentic(self, segment: Sector) -> bool:
        """Whether T holds under exactly K_(c,m)."""
        if segment.number >= RATCHET_MAX:
            return False
        key = mac(self._key(segment.number), b"EV1 mac\0")
        return hmac.compare_digest(mac(key, segment.data[: TAG.start]), segment.data[TAG])

    def decrypt(self, segment: Sector) -> bytes:
        """The plaintext; only to be called for an authentic segment."""
        key = mac(self._key(segment.number), b"EV1 enc\0")
        start = sha256(segment.data[: CIPHERTEXT.start]).digest()[:16]
        decryptor = Cipher(algorithms.AES(key), modes.CBC(start)).decryptor()
        return decryptor.update(segment.data[CIPHERTEXT]) + decryptor.finalize()


# -- files -----------------------------------------------------------------------------------


def read_private(path: Path) -> X25519PrivateKey:
    """The PEM file of the association's private key; Unusable where it is not one."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except OSError as error:
        raise Unusable(f"{path}: {error.strerror}") from None
    except (ValueError, TypeError):
        raise Unusable(f"{path}: not an unencrypted PEM private key") from None
    if not isinstance(key, X25519PrivateKey):
        raise Unusable(f"{path}: a private key, but not of X25519")
    return key


def read_secrets(path: Path) -> dict[bytes, bytes]:
    """psk_0 by devid, of a secrets.json."""
    data = read_json(path)
    try:
        if data["format"] != 1:
            raise ValueError
        return {
            unhex(devid, 8): unhex(entry["psk_0"], 32) for devid, entry in data["devices"].items()
        }
    except (KeyError, TypeError, ValueError, AttributeError):
        raise Unusable(f"{path}: not a secrets.json of format 1") from None


def read_class_key(path: Path) -> ClassKey:
    data = read_json(path)
    try:
        if data["format"] != 1 or data["class"] not in CLASSES or not isinstance(data["q"], int):
            raise ValueError
        return ClassKey(unhex(data["devid"], 8), data["q"], data["class"], unhex(data["key"], 32))
    except (KeyError, TypeError, ValueError):
        raise Unusable(f"{path}: not a class key file of format 1") from None


def class_key_file(key: ClassKey) -> str:
    """The text of a class key file."""
    entry = {"format": 1, "devid": key.devid.hex(), "q": key.q, "class": key.class_}
    return json.dumps({**entry, "key": key.key.hex()}, indent=1) + "\n"


def unhex(text: Any, size: int) -> bytes:
    """So many bytes in lower-case hex; ValueError otherwise."""
    if not isinstance(text, str) or len(text) != 2 * size or text != text.lower():
        raise ValueError(f"not {size} bytes in hex")
    return bytes.fromhex(text)
