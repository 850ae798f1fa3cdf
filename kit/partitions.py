"""The partition table in a whole flash image, as ESP-IDF lays it down at 0x8000.

Separate because both the container and the hand-over look for a partition. ESP-IDF programming
guide, "Partition Tables": entries of 32 bytes that begin with AA 50, ended by FF or the MD5
entry (EB EB). Imports struct.
"""

from __future__ import annotations

import struct

TABLE_AT = 0x8000
_TABLE_BYTES = 0xC00
_ENTRY = struct.Struct("<2sBBII16sI")


def find_partition(data: bytes, label: str) -> tuple[int, int] | None:
    """(offset, bytes) of a partition, which the file may cut off; None where there is no such, or
    where nothing of it is in the file."""
    place = stated_partition(data, label)
    return place if place is not None and place[0] < len(data) else None


def stated_partition(data: bytes, label: str) -> tuple[int, int] | None:
    """As the table says it, whether or not the file reaches so far."""
    for at in range(TABLE_AT, min(TABLE_AT + _TABLE_BYTES, len(data) - 31), _ENTRY.size):
        magic, _, _, offset, size, name, _ = _ENTRY.unpack_from(data, at)
        if magic != b"\xaa\x50":
            return None
        if name.rstrip(b"\0") == label.encode():
            return offset, size
    return None
