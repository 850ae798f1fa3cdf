"""The seals of one recording: which statements its device signed, one after the other.

Separate because it needs only public things: the opening, the registry and the sectors.
docs/ev1.md, "Verification", step 3. Imports hashlib.
"""

from __future__ import annotations

import struct
from hashlib import sha256
from typing import NamedTuple

from kit import lmots
from kit.container import (
    CLASSES,
    SEALED_MAX,
    SIGNATURE_BYTES,
    STATEMENT_BYTES,
    Opening,
    Sector,
)
from kit.notes import Note
from kit.registry import Device

_NUMBER_MAX = 1 << 24  # j stands in the upper three bytes of the leaf number
_FINAL = 1


class Statement(NamedTuple):
    """One valid seal: heads are D_1, D_2, D_3; next_key is pk_(q,j+1)."""

    number: int
    final: bool
    heads: tuple[bytes, bytes, bytes]
    next_key: bytes
    data: bytes
    sector: Sector


class Seals(NamedTuple):
    """valid: without a gap from 0. faults: what cannot be (docs/ev1.md, grade D)."""

    valid: list[Statement]
    faults: list[Note]

    @property
    def final(self) -> bool:
        return bool(self.valid) and self.valid[-1].final


def check(opening: Opening, device: Device, sectors: list[Sector]) -> Seals:
    """Follow the seals from the registered key on; what does not follow is left out."""
    valid: list[Statement] = []
    if opening.q >= SEALED_MAX:
        return Seals([], [])
    key = device.seal_keys[opening.q]
    by_number: dict[int, list[Sector]] = {}
    for sector in sectors:
        by_number.setdefault(sector.number, []).append(sector)
    while True:
        number = len(valid)
        found: dict[bytes, Statement] = {}
        for sector in by_number.get(number, []):
            if sector.sound and _signed(opening, number, key, sector):
                statement = _statement(sector)
                found.setdefault(statement.data, statement)
        if len(found) > 1:
            return Seals(valid, [Note("two_statements", 0, (number,))])
        if not found:
            return Seals(valid, [])
        statement = next(iter(found.values()))
        flags = struct.unpack_from("<I", statement.data, 12)[0]
        if flags > _FINAL or statement.final != (statement.next_key == bytes(32)):
            return Seals(valid, [Note("malformed_seal", 0, (number,))])
        valid.append(statement)
        if statement.final:
            return Seals(valid, [])
        key = statement.next_key


def _signed(opening: Opening, number: int, key: bytes, sector: Sector) -> bool:
    if number >= _NUMBER_MAX:
        return False
    statement = sector.data[:STATEMENT_BYTES]
    signature = sector.data[STATEMENT_BYTES : STATEMENT_BYTES + SIGNATURE_BYTES]
    message = b"EV1 seal\0" + opening.digest + statement
    return lmots.verify(opening.identifier, number << 8 | opening.q, key, message, signature)


def _statement(sector: Sector) -> Statement:
    data = sector.data[:STATEMENT_BYTES]
    flags, one, two, three, key = struct.unpack("<I32s32s32s32s", data[12:])
    return Statement(sector.number, flags == _FINAL, (one, two, three), key, data, sector)


def head(class_: int, count: int, digest: bytes) -> bytes:
    """D_c for so many segments, the last of which has this SHA-256."""
    return sha256(b"EV1 head\0" + bytes((class_,)) + struct.pack("<I", count) + digest).digest()


def genesis(opening: Opening, class_: int) -> bytes:
    """H_(c,-1): what the header of segment 0 must say."""
    assert class_ in CLASSES
    return sha256(b"EV1 genesis\0" + opening.digest + bytes((class_,))).digest()
