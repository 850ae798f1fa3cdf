"""The partition table of a board, from its CSV to the bytes that ESP-IDF reads at 0x8000.

Separate because it is pure. ESP-IDF programming guide, "Partition Tables": entries of 32 bytes
that begin with AA 50, an entry EB EB with the MD5 of those before it, FF up to the end. Imports
csv, hashlib and struct.
"""

from __future__ import annotations

import csv
import struct
from hashlib import md5
from pathlib import Path
from typing import NamedTuple

from kit.command import Unusable, read_file

TABLE_AT = 0x8000
TABLE_BYTES = 0xC00
FIRST_AT = 0x9000  # where the first partition may begin
SECTOR = 4096
APP_ALIGN = 0x10000

_ENTRY = struct.Struct("<2sBBII16sI")
_SUBTYPES = {  # by type
    "app": {"factory": 0x00},
    "data": {"phy": 0x01, "nvs": 0x02, "undefined": 0x06, "fat": 0x81},
}
_TYPES = {"app": 0, "data": 1}
_LABEL_MAX = 16


class Part(NamedTuple):
    label: str
    type: str
    subtype: str
    offset: int
    size: int


def read(path: Path) -> list[Part]:
    """The rows of a board's CSV; Unusable where one is none, or where they do not fit together."""
    lines = read_file(path).decode(errors="replace").splitlines()
    found: list[Part] = []
    for number, line in enumerate(lines, 1):
        if not line.strip() or line.startswith("#"):
            continue
        cells = [cell.strip() for cell in next(csv.reader([line]))]
        try:
            label, kind, subtype, offset, size = cells
            part = Part(label, kind, subtype, int(offset, 16), int(size, 16))
            _SUBTYPES[kind][subtype]
        except (ValueError, KeyError):
            raise Unusable(f"{path}:{number}: not name, type, subtype, offset, size") from None
        _check(f"{path}:{number}", part, found)
        found.append(part)
    if not found:
        raise Unusable(f"{path}: no partition in it")
    return found


def _check(where: str, part: Part, before: list[Part]) -> None:
    end = before[-1].offset + before[-1].size if before else FIRST_AT
    align = APP_ALIGN if part.type == "app" else SECTOR
    if part.offset < end or part.offset % align:
        raise Unusable(f"{where}: {part.label} cannot begin at {part.offset:#x}")
    if part.size <= 0 or part.size % SECTOR:
        raise Unusable(f"{where}: {part.label}: not whole sectors")
    if not 0 < len(part.label.encode()) < _LABEL_MAX or any(p.label == part.label for p in before):
        raise Unusable(f"{where}: {part.label}: not a name of its own")


def binary(parts: list[Part]) -> bytes:
    """As ESP-IDF's gen_esp32part.py makes it."""
    entries = b"".join(
        _ENTRY.pack(
            b"\xaa\x50",
            _TYPES[part.type],
            _SUBTYPES[part.type][part.subtype],
            part.offset,
            part.size,
            part.label.encode(),
            0,
        )
        for part in parts
    )
    check = b"\xeb\xeb" + b"\xff" * 14 + md5(entries, usedforsecurity=False).digest()
    return (entries + check).ljust(TABLE_BYTES, b"\xff")


def end(parts: list[Part]) -> int:
    """The first byte behind the last partition."""
    return max(part.offset + part.size for part in parts)
