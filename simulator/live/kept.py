"""The flash of a virtual board in a file, written as the board writes: nothing can lose it.

Separate because runs in virtual time write their image once, at the end (chip_image.py, the same
format). One board at a time has the file.
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from simulator import chip_image, inputs
from simulator.flash import SECTOR, Flash
from simulator.tree import ScenarioError

FLASH_MAX = 32 << 20  # bytes of an image


class KeptFlash:
    """`image`: what the board starts with, None for a blank chip; then `keep` its flash."""

    def __init__(self, path: Path) -> None:
        """Raises ScenarioError, a line that names the file."""
        self._path = path
        try:
            self.image = inputs.read_bytes(path, FLASH_MAX) or None if path.exists() else None
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise ScenarioError(f"--flash {path}: {error.strerror}") from None
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._file)
            raise ScenarioError(f"--flash {path}: another board has it") from None

    def keep(self, flash: Flash) -> None:
        """From now on the file is what the flash is."""
        self._flash = flash
        if self.image is None:
            os.pwrite(self._file, chip_image.dump(flash), 0)
        flash.changed = self._changed

    def _changed(self, number: int) -> None:
        os.pwrite(self._file, self._flash.read(number * SECTOR, SECTOR), number * SECTOR)

    def close(self) -> None:
        os.close(self._file)
