"""What a verdict rests on that the files themselves cannot show.

Separate because a registry that is checked under the key it brings along, and a stamp whose
authority nobody asked, look like proof and are none: each verdict says so in words. Imports
cryptography.
"""

from __future__ import annotations

from datetime import datetime, timezone
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from kit.command import Unusable, read_file
from kit.notes import Note
from kit.stamps import Stamp

_DIGITS = (32, 64)  # of a fingerprint as it is printed; of a whole one, or of the key


class RawImage(NamedTuple):
    """The whole image: its SHA-256, and the stamp over it, from before a key was used."""

    digest: bytes
    stamp: Stamp | None


def read_key(text: str) -> str:
    """The digits of a signing key or of its fingerprint; text holds them, or names a file that
    does, or a PEM of the public key."""
    digits = _digits(text)
    if len(digits) not in _DIGITS:
        path = Path(text)
        data = read_file(path)
        if data.lstrip().startswith(b"-----BEGIN"):
            return _public(data, path)
        digits = _digits(data.decode(errors="replace"))
    try:
        bytes.fromhex(digits)
    except ValueError:
        digits = ""
    if len(digits) not in _DIGITS:
        raise Unusable(f"{text}: neither a fingerprint (32 or 64 hex digits) nor a key")
    return digits


def _digits(text: str) -> str:
    return "".join(text.split()).replace(":", "").lower()


def _public(pem: bytes, path: Path) -> str:
    try:
        key = load_pem_public_key(pem)
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise Unusable(f"{path}: not a PEM public key of Ed25519")
    return key.public_bytes_raw().hex()


def is_key(digits: str, key: bytes) -> bool:
    """Whether these digits, of read_key(), are of this key."""
    if digits == key.hex():
        return True
    return len(digits) in _DIGITS and fingerprint(key).startswith(digits)


def fingerprint(key: bytes) -> str:
    """SHA-256 in hex."""
    return sha256(key).hexdigest()


def grouped(digits: str) -> str:
    """The first 32 of a fingerprint's digits in fours, to be read aloud and written down."""
    return " ".join(digits[at : at + 4] for at in range(0, 32, 4))


def of_registry(key: bytes, compared: bool | None, stamp: Stamp | None) -> list[Note]:
    """What a verdict takes from a registry unseen."""
    found = []
    if compared is None:
        found.append(Note("key_not_compared", 0, (grouped(fingerprint(key)),)))
    if stamp is not None and stamp.matches and stamp.authority is None:
        found.append(Note("registry_stamp_unchecked", 0, (_utc(stamp),)))
    return found


def of_image(image: RawImage | None, disclosed: bool) -> list[Note]:
    """What the stamp over the whole image establishes; none is needed but with a class key."""
    stamp = image.stamp if image is not None else None
    if stamp is None:
        return [Note("raw_unstamped")] if disclosed else []
    if not stamp.matches:
        return [Note("raw_stamp_other")]
    words = {None: "raw_stamp_unchecked", False: "raw_stamp_false", True: "raw_stamped"}
    return [Note(words[stamp.authority], 0, (_utc(stamp),))]


def _utc(stamp: Stamp) -> str:
    assert stamp.utc_s is not None
    return f"{datetime.fromtimestamp(stamp.utc_s, timezone.utc):%Y-%m-%d %H:%M:%S} UTC"
