"""The whole flash as one file, as esptool reads it from a board: with its partition table.

Separate because the flash knows no bytes of the table: nothing in a virtual board reads it.
ESP-IDF programming guide, "Partition Tables": at 0x8000, entries of 32 bytes beginning with AA 50,
then FF. The bootloader and the application are not in it.
"""

from __future__ import annotations

import struct

from simulator.flash import SECTOR, Flash

_TABLE_AT = 0x8000
_ENTRY = struct.Struct("<2sBBII16sI")
_MIB = 1 << 20


class WrongImage(ValueError):
    """What it says: not of this board, or of no whole flash."""


def dump(flash: Flash) -> bytes:
    """All of the chip up to the end of its last partition, in whole MiB."""
    end = max(part.address + part.size for part in flash.table)
    image = bytearray(b"\xff" * (-(-end // _MIB) * _MIB))
    for part in flash.table:
        image[part.address : part.address + part.size] = flash.image(part.label)
    table = b"".join(
        _ENTRY.pack(b"\xaa\x50", part.type, part.subtype, part.address, part.size, name, 0)
        for part in flash.table
        for name in [part.label.encode()]
    )
    image[_TABLE_AT : _TABLE_AT + len(table)] = table
    return bytes(image)


def load(flash: Flash, image: bytes) -> None:
    """Take over what `dump` made; raises WrongImage for an image of another board."""
    end = max(part.address + part.size for part in flash.table)
    if len(image) < end or len(image) % SECTOR:
        raise WrongImage(f"is no image of this board: {len(image)} bytes, at least {end} needed")
    entry = _ENTRY.unpack_from(image, _TABLE_AT)
    if entry[0] != b"\xaa\x50":
        raise WrongImage("is no image of a whole flash: no partition table at 0x8000")
    for number, part in enumerate(flash.table):
        entry = _ENTRY.unpack_from(image, _TABLE_AT + number * _ENTRY.size)
        if entry[3:5] != (part.address, part.size):
            raise WrongImage(f"is no image of this board: partition {part.label} is elsewhere")
        flash.load(part.label, image[part.address : part.address + part.size])
