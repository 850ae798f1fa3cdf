"""What an RFC 3161 time-stamp token says: which digest, and when.

Separate because it is a standard of its own (RFC 3161, section 2.4; DER of X.690). It reads
imprint and time; whether the authority signed them is not checked here, and whoever shows a
stamp says so and names the command that checks it. Imports datetime.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import NamedTuple

_SEQUENCE, _OCTETS, _OID, _TIME, _EXPLICIT = 0x30, 0x04, 0x06, 0x18, 0xA0
_TST_INFO = bytes.fromhex("2a864886f70d0109100104")  # 1.2.840.113549.1.9.16.1.4
_SHA256 = bytes.fromhex("608648016503040201")
CHECK = "openssl ts -verify -digest DIGEST -in TOKEN -token_in -CAfile AUTHORITY.pem"


class Stamp(NamedTuple):
    """matches: the token is over the digest that was asked for. utc_s: Unix time, None if no
    token could be read."""

    matches: bool
    utc_s: int | None


def read(token: bytes, digest: bytes) -> Stamp:
    """What a DER token says of this SHA-256."""
    try:
        info = _parts(_tst_info(token))
        imprint = _parts(info[2][1])
        algorithm = _parts(imprint[0][1])[0]
        text = next(value for tag, value in info if tag == _TIME).decode()
        time = datetime.strptime(text.split(".")[0].rstrip("Z"), "%Y%m%d%H%M%S")
    except (ValueError, IndexError, StopIteration):
        return Stamp(False, None)
    same = algorithm == (_OID, _SHA256) and imprint[1] == (_OCTETS, digest)
    return Stamp(same, int(time.replace(tzinfo=timezone.utc).timestamp()))


def _tst_info(token: bytes) -> bytes:
    """The content of TSTInfo, wherever in the token it stands: behind its object identifier."""
    pending = [token]
    while pending:
        parts = _parts(pending.pop())
        if parts and parts[0] == (_OID, _TST_INFO) and len(parts) == 2:
            octets = _parts(parts[1][1])[0][1]
            return _parts(octets)[0][1]
        pending += [value for tag, value in parts if tag in (_SEQUENCE, _EXPLICIT)]
    raise ValueError("no TSTInfo")


def _parts(data: bytes) -> list[tuple[int, bytes]]:
    """The elements one after another: (tag, content). Definite lengths, as DER has."""
    found = []
    at = 0
    while at < len(data):
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            more = size & 0x7F
            if not 1 <= more <= 4:
                raise ValueError("length")
            size = int.from_bytes(data[at : at + more], "big")
            at += more
        if at + size > len(data):
            raise ValueError("cut off")
        found.append((tag, data[at : at + size]))
        at += size
    return found
