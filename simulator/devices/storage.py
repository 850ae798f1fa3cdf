"""What may be wrong with the flash chip, laid over the board's own model of it.

Faults are those of the data that a NOR flash gives and takes: a chip that no longer answers
reads as all ones. The program itself is not lost: it stands for the data partitions alone.
Must not import firmware or lib.
"""

from __future__ import annotations

from typing import Any

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


class Storage:
    """Wraps `board.flash`; a board without one has no such faults."""

    def __init__(self, world: World, board: Any) -> None:
        self._board, self._rng = board, world.rng("storage")
        self._faults: dict[str, dict[str, Any]] = {}
        flash = board.flash
        self._read, self._program, self._erase = flash.read, flash.program, flash.erase
        self._erase_us, self._program_us = board.options.erase_us, board.options.program_us

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        self._faults[kind] = params
        self._lay()

    def end_fault(self, kind: str) -> None:
        self._faults.pop(kind, None)
        self._lay()

    def _lay(self) -> None:
        dead = "absent" in self._faults or "dies" in self._faults
        flash, options = self._board.flash, self._board.options
        flash.read, flash.program, flash.erase = self._read, self._program, self._erase
        if dead:
            flash.read = lambda address, size: b"\xff" * size
        elif "garbage" in self._faults:
            flash.read = self._spoilt
        if dead or "silent" in self._faults:
            flash.program = lambda address, data: None
        if dead or "silent" in self._faults or "stuck" in self._faults:
            flash.erase = lambda address: None
        times = self._faults.get("slow", {}).get("times", 1)
        options.program_us = self._program_us * times
        options.erase_us = tuple(us * times for us in self._erase_us)

    def _spoilt(self, address: int, size: int) -> bytes:
        data = bytearray(self._read(address, size))
        rate = self._faults["garbage"]["per_100000"]
        for index in range(size):
            if self._rng.randrange(100_000) < rate:
                data[index] ^= 1 << self._rng.randrange(8)
        return bytes(data)
