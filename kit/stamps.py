"""What an RFC 3161 time-stamp token says: which digest, and when.

Separate because it is a standard of its own (RFC 3161, section 2.4). Imprint and time are read
here; whether an authority signed them is only known where its certificate was given
(kit/authority.py), and whoever shows a stamp says which of the two it is. Imports datetime.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import NamedTuple

from kit import authority
from kit.authority import Roots
from kit.der import EXPLICIT, OCTETS, OID, SEQUENCE, TIME, parts

_TST_INFO = bytes.fromhex("2a864886f70d0109100104")  # 1.2.840.113549.1.9.16.1.4
_SHA256 = bytes.fromhex("608648016503040201")


class Stamp(NamedTuple):
    """matches: the token is over the digest that was asked for. utc_s: Unix time, None if no
    token could be read. authority: whether a given one signed it, None where none was given."""

    matches: bool
    utc_s: int | None
    authority: bool | None = None


def read(token: bytes, digest: bytes, roots: Roots = ()) -> Stamp:
    """What a DER token says of this SHA-256, and whether one of these authorities says it."""
    try:
        info = parts(_tst_info(token))
        imprint = parts(info[2][1])
        algorithm = parts(imprint[0][1])[0]
        text = next(value for tag, value in info if tag == TIME).decode()
        time = datetime.strptime(text.split(".")[0].rstrip("Z"), "%Y%m%d%H%M%S")
    except (ValueError, IndexError, StopIteration):
        return Stamp(False, None)
    same = algorithm == (OID, _SHA256) and imprint[1] == (OCTETS, digest)
    signed = authority.signed(token, imprint[1][1], roots) if roots else None
    return Stamp(same, int(time.replace(tzinfo=timezone.utc).timestamp()), signed)


def _tst_info(token: bytes) -> bytes:
    """The content of TSTInfo, wherever in the token it stands: behind its object identifier."""
    pending = [token]
    while pending:
        found = parts(pending.pop())
        if found and found[0] == (OID, _TST_INFO) and len(found) == 2:
            octets = parts(found[1][1])[0][1]
            return parts(octets)[0][1]
        pending += [value for tag, value in found if tag in (SEQUENCE, EXPLICIT)]
    raise ValueError("no TSTInfo")
