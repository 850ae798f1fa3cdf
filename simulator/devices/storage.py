"""What may be wrong with the flash chip, laid over the board's own model of it.

Faults are those of the data that a NOR flash gives and takes: a chip that no longer answers
reads as all ones. They hit the raw partitions alone (journal, keys, ev); a board without any
can have none of them. MicroPython and the files (vfs) are spared, for a board that has lost its
program does nothing at all, which tests nothing.
Must not import firmware or lib.
"""

from __future__ import annotations

from typing import Any

from simulator.flash import Partition
from simulator.world import World

# absent, dies: reads give ones, writes are lost; silent: writes are lost; stuck: erasing does
# nothing; garbage: a bit in some bytes is wrong on each read; slow: writes take `times` longer.
FAULTS: dict[str, dict[str, int]] = {
    "absent": {},
    "silent": {},
    "stuck": {},
    "garbage": {"per_100000": 20},
    "slow": {"times": 5},
    "dies": {},
}


DATA, UNDEFINED = 1, 6  # type and subtype of a raw partition, ESP-IDF partition tables


def raw(table: list[Partition]) -> list[Partition]:
    """The partitions that faults can hit."""
    return [part for part in table if part.type == DATA and part.subtype == UNDEFINED]


class Storage:
    """Wraps `board.flash`."""

    def __init__(self, world: World, board: Any) -> None:
        self._board, self._rng = board, world.rng("storage")
        self._faults: dict[str, dict[str, Any]] = {}
        flash = board.flash
        self._parts = raw(flash.table)
        self._read, self._program, self._erase = flash.read, flash.program, flash.erase
        self._erase_us, self._program_us = board.options.erase_us, board.options.program_us

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        self._faults[kind] = params
        self._lay()

    def end_fault(self, kind: str) -> None:
        self._faults.pop(kind, None)
        self._lay()

    def _lay(self) -> None:
        flash, options = self._board.flash, self._board.options
        flash.read, flash.program, flash.erase = self._read, self._program, self._erase
        if self._faults:
            flash.read, flash.program, flash.erase = self._give, self._take, self._clear
        times = self._faults.get("slow", {}).get("times", 1)
        options.program_us = self._program_us * times
        options.erase_us = tuple(us * times for us in self._erase_us)

    def _suffers(self, address: int, kinds: tuple[str, ...]) -> bool:
        """Whether one of these faults is in force at this address."""
        if not any(kind in self._faults for kind in kinds):
            return False
        return any(0 <= address - part.address < part.size for part in self._parts)

    def _give(self, address: int, size: int) -> bytes:
        if self._suffers(address, ("absent", "dies")):
            return b"\xff" * size
        data = self._read(address, size)
        return self._spoilt(data) if self._suffers(address, ("garbage",)) else data

    def _take(self, address: int, data: bytes) -> None:
        if not self._suffers(address, ("absent", "dies", "silent")):
            self._program(address, data)

    def _clear(self, address: int) -> None:
        if not self._suffers(address, ("absent", "dies", "silent", "stuck")):
            self._erase(address)

    def _spoilt(self, sound: bytes) -> bytes:
        data = bytearray(sound)
        rate = self._faults["garbage"]["per_100000"]
        for index in range(len(data)):
            if self._rng.randrange(100_000) < rate:
                data[index] ^= 1 << self._rng.randrange(8)
        return bytes(data)
