"""From the bytes of a file to sectors, and from sectors to recordings.

Separate because it needs no key and no registry: what a sector says of itself is not believed
here, only sorted (docs/ev1.md, "Reading a file"). Imports hashlib and kit.partitions.
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import NamedTuple

from kit.partitions import stated_partition

SECTOR = 4096
BLANK, OPENING, SEGMENT, SEAL, UNREADABLE = "blank", "opening", "segment", "seal", "unreadable"
AUDIO, PLACE, LOG = 1, 2, 3
CLASSES = (AUDIO, PLACE, LOG)
CLASS_NAMES = {AUDIO: "audio", PLACE: "place", LOG: "log"}
CIPHERTEXT = slice(48, 4064)
TAG = slice(4064, 4096)
STATEMENT_BYTES = 144
SIGNATURE_BYTES = 2180
NO_SLOT = 0xFFFFFFFF  # q of a recording made without any valid slot
SEALED_MAX = 256  # recordings that have a registered seal key

_COPY_BYTES, _SIGNED_BYTES, _FIELDS_BYTES, _SECOND_AT = 256, 224, 108, 2048
_FF = b"\xff" * SECTOR


class Opening(NamedTuple):
    """One good copy of OPEN; digest is O."""

    version: tuple[int, int]
    flags: int
    devid: bytes
    q: int
    ephemeral: bytes
    fingerprint: bytes
    previous: bytes
    identifier: bytes
    digest: bytes


class Sector(NamedTuple):
    """4096 bytes and what they claim.

    at: which sector of the file it is. number: m of a segment, j of a seal. sound: no byte that
    the format leaves unused is anything but FF, and both copies of an opening are there.
    """

    at: int
    kind: str
    data: bytes
    digest: bytes
    sound: bool = True
    q: int = 0
    class_: int = 0
    number: int = 0
    link: bytes = b""
    opening: Opening | None = None


class Raw(NamedTuple):
    """What one recording may consist of. opening is None where there is none for this q.

    segments and seals are all of this q in the file, own all sectors that are this recording's
    by their place, among them unreadable ones.
    """

    q: int
    opening: Opening | None
    openings: list[Sector]
    segments: list[Sector]
    seals: list[Sector]
    own: list[Sector]


class Image(NamedTuple):
    """A file: its sectors, recordings in the order of their openings, and what is nobody's.

    cut: (bytes of the file, where its partition table has ev end) of one that is shorter.
    """

    sectors: list[Sector]
    recordings: list[Raw]
    loose: list[Sector]
    cut: tuple[int, int] | None = None


def read(data: bytes) -> Image:
    """Sort a raw partition, a disclosure or a whole flash image."""
    place = stated_partition(data, "ev")
    area = data if place is None else data[place[0] : place[0] + place[1]]
    sectors = [_sector(at // SECTOR, area[at : at + SECTOR]) for at in range(0, len(area), SECTOR)]
    end = 0 if place is None else place[0] + place[1]
    return _group(sectors)._replace(cut=(len(data), end) if len(data) < end else None)


def _sector(index: int, data: bytes) -> Sector:
    digest = sha256(data).digest()
    if data == _FF:
        return Sector(index, BLANK, data, digest)
    if len(data) == SECTOR:
        found = _opening(index, data, digest) or _segment(index, data, digest)
        found = found or _seal(index, data, digest)
        if found:
            return found
    return Sector(index, UNREADABLE, data, digest)


def _opening(index: int, data: bytes, digest: bytes) -> Sector | None:
    first = _copy(data[:_COPY_BYTES])
    second = _copy(data[_SECOND_AT : _SECOND_AT + _COPY_BYTES])
    good = first or second
    if good is None:
        return None
    unused = data[_COPY_BYTES:_SECOND_AT] + data[_SECOND_AT + _COPY_BYTES :]
    sound = first == second and unused == _FF[: len(unused)]
    return Sector(index, OPENING, data, digest, sound, good.q, opening=good)


def _copy(data: bytes) -> Opening | None:
    signed, digest = data[:_SIGNED_BYTES], data[_SIGNED_BYTES:]
    rest = signed[_FIELDS_BYTES:]
    if signed[:4] != b"EVO1" or rest != _FF[: len(rest)] or sha256(signed).digest() != digest:
        return None
    version, algorithm, flags, devid, q, ephemeral, fingerprint, previous, identifier = (
        struct.unpack("<BBH8sI32s8s32s16s", signed[4:_FIELDS_BYTES])
    )
    head = (version, algorithm)
    return Opening(head, flags, devid, q, ephemeral, fingerprint, previous, identifier, digest)


def _segment(index: int, data: bytes, digest: bytes) -> Sector | None:
    magic, q, class_, zeros, number, link = struct.unpack("<4sIB3sI32s", data[:48])
    if magic != b"EVS1" or class_ not in CLASSES or zeros != b"\0\0\0":
        return None
    return Sector(index, SEGMENT, data, digest, True, q, class_, number, link)


def _seal(index: int, data: bytes, digest: bytes) -> Sector | None:
    magic, q, number = struct.unpack("<4sII", data[:12])
    if magic != b"EVSG":
        return None
    rest = data[STATEMENT_BYTES + SIGNATURE_BYTES :]
    return Sector(index, SEAL, data, digest, rest == _FF[: len(rest)], q, number=number)


def _group(sectors: list[Sector]) -> Image:
    known: dict[bytes, Opening] = {}  # by O, in the order of the file
    for sector in sectors:
        if sector.opening is not None:
            known.setdefault(sector.opening.digest, sector.opening)
    own: dict[bytes, list[Sector]] = {digest: [] for digest in known}
    orphans: dict[int, list[Sector]] = {}
    loose: list[Sector] = []
    before: list[Sector] | None = None  # the recording that the last readable sector is of
    latest: dict[int, bytes] = {}  # q -> O of the last opening so far
    for opening in reversed(list(known.values())):
        latest[opening.q] = opening.digest
    for sector in sectors:
        if sector.kind == BLANK:
            continue
        if sector.kind == UNREADABLE:
            if b"EVO1" in (sector.data[:4], sector.data[_SECOND_AT : _SECOND_AT + 4]):
                before = None  # an opening that was: what follows is not of the one before
            (loose if before is None else before).append(sector)
            continue
        if sector.opening is not None:
            latest[sector.q] = sector.opening.digest
        if sector.q in latest:
            before = own[latest[sector.q]]
        else:
            before = orphans.setdefault(sector.q, [])
        before.append(sector)
    recordings = [_raw(sectors, one.q, one, own[digest]) for digest, one in known.items()]
    recordings += [_raw(sectors, q, None, members) for q, members in orphans.items()]
    return Image(sectors, recordings, loose)


def _raw(sectors: list[Sector], q: int, opening: Opening | None, own: list[Sector]) -> Raw:
    of_q = [sector for sector in sectors if sector.q == q]
    return Raw(
        q,
        opening,
        [s for s in of_q if s.opening is not None and s.opening == opening],
        [s for s in of_q if s.kind == SEGMENT],
        [s for s in of_q if s.kind == SEAL],
        own,
    )
