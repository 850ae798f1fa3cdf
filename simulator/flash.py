"""The flash chip: one image with partitions, that behaves as NOR flash does.

Separate because everything that stores goes through it on every host: LittleFS blocks, raw
partitions and power cuts. Programming only clears bits; erasing sets a whole sector; a cut
leaves the operation in progress half done. Layout: ESP-IDF partition tables (CSV). Knows no
time: the board model charges it.
"""

from __future__ import annotations

import random
from pathlib import Path
from typing import Callable, NamedTuple

SECTOR = 4096
_ERASED = b"\xff" * SECTOR
_TYPES = {"app": 0, "data": 1}
_SUBTYPES = {"factory": 0, "ota": 0, "phy": 1, "nvs": 2, "coredump": 3, "nvs_keys": 4}
_SUBTYPES.update({"undefined": 6, "fat": 0x81, "spiffs": 0x82, "littlefs": 0x83})


class Partition(NamedTuple):
    """One line of the table: numbers as ESP-IDF stores them, address and size in bytes."""

    label: str
    type: int
    subtype: int
    address: int
    size: int


def read_table(path: Path) -> list[Partition]:
    """The partitions of an ESP-IDF CSV, addresses filled in where the file leaves them out."""
    table: list[Partition] = []
    free = 0x9000
    for line in path.read_text().splitlines():
        cells = [cell.strip() for cell in line.split("#")[0].split(",")]
        if len(cells) < 5:
            continue
        label, kind, subtype, offset, size = cells[:5]
        type_no = _TYPES[kind] if kind in _TYPES else int(kind, 0)
        align = 0x10000 if type_no == 0 else SECTOR
        address = int(offset, 0) if offset else -(-free // align) * align
        number = _SUBTYPES[subtype] if subtype in _SUBTYPES else int(subtype, 0)
        table.append(Partition(label, type_no, number, address, _size(size)))
        free = address + table[-1].size
    return table


def _size(text: str) -> int:
    unit = {"K": 1024, "M": 1024 * 1024}.get(text[-1].upper(), 0)
    return int(text[:-1], 0) * unit if unit else int(text, 0)


class Flash:
    """The whole chip; sectors that were never written cost nothing."""

    def __init__(self, table: list[Partition]) -> None:
        self.table = table
        self._sectors: dict[int, bytearray] = {}
        self.changed: Callable[[int], None] = lambda number: None  # told of each sector

    def find(self, label: str) -> Partition:
        for part in self.table:
            if part.label == label:
                return part
        raise KeyError(label)

    def read(self, address: int, size: int) -> bytes:
        number, start = divmod(address, SECTOR)
        if start + size <= SECTOR:
            sector = self._sectors.get(number)
            return _ERASED[:size] if sector is None else bytes(sector[start : start + size])
        head = SECTOR - start
        return self.read(address, head) + self.read(address + head, size - head)

    def program(self, address: int, data: bytes) -> None:
        """Write data: a bit that is 0 stays 0 until its sector is erased."""
        while data:
            number, start = divmod(address, SECTOR)
            part, data = data[: SECTOR - start], data[SECTOR - start :]
            sector = self._sectors.setdefault(number, bytearray(_ERASED))
            old = sector[start : start + len(part)]
            mixed = int.from_bytes(old, "big") & int.from_bytes(part, "big")
            sector[start : start + len(part)] = mixed.to_bytes(len(part), "big")
            self.changed(number)
            address += len(part)

    def erase(self, address: int) -> None:
        """Erase the sector at address."""
        self._sectors.pop(address // SECTOR, None)
        self.changed(address // SECTOR)

    def erase_torn(self, address: int, rng: random.Random) -> None:
        """An erase that lost its power: some of the sector is set, the rest is in between."""
        number = address // SECTOR
        old = self._sectors.get(number, bytearray(_ERASED))
        done = rng.randrange(SECTOR + 1)
        rest = bytes(byte | rng.getrandbits(8) for byte in old[done:])
        self._sectors[number] = bytearray(_ERASED[:done] + rest)
        self.changed(number)

    def load(self, label: str, image: bytes) -> None:
        """Put image at the start of a partition, as a flashing tool would."""
        address = self.find(label).address
        for at in range(0, len(image), SECTOR):
            part = image[at : at + SECTOR]
            number = (address + at) // SECTOR
            if part.count(0xFF) == len(part):
                self._sectors.pop(number, None)
            else:
                self._sectors[number] = bytearray(part.ljust(SECTOR, b"\xff"))
            self.changed(number)

    def image(self, label: str) -> bytes:
        part = self.find(label)
        first = part.address // SECTOR
        numbers = range(first, first + part.size // SECTOR)
        return b"".join(bytes(self._sectors.get(number, _ERASED)) for number in numbers)
