"""The partition of recordings: sectors, written one after the other and never again.

Separate because the rules of this flash are decided here. A recording only programs: what was
not erased ahead is skipped. A sector whose program fails is left behind, and the same bytes go
into the next one. Where writing goes on after a start is found by halving, not by reading 12 MB:
what is written has no gap longer than _GAP. Imports micropython and the store's size of a sector;
the log is handed in.
"""

from hashlib import sha256

from micropython import const

from firmware.store import SECTOR

MAGICS = (b"EVO1", b"EVS1", b"EVSG")

_GAP = const(8)  # sectors that look blank in what is written: failed programs in a row, at most
_AHEAD = const(32)  # sectors that are looked at in standby: what is not blank there is erased
_LOOK = const(64)  # bytes that tell blank from written, but for a program that was cut off
_SKIPS_MAX = const(16)  # in one turn
_ECHO = const(1024)
_BLANK = b"\xff" * _ECHO
_BLANK_LOOK = b"\xff" * _LOOK


class LogArea:
    """position: the next sector to be written; None until scan() has found it.

    log: of store.py. failed: programs that were not read back as they should.
    """

    def __init__(self, log):
        self.position = None
        self.failed = 0
        self._log = log
        self.sectors = log.sectors
        self._look = bytearray(_LOOK)
        self._echo = bytearray(_ECHO)

    def room(self):
        """Sectors left."""
        return self.sectors - self.position

    def read(self, sector, offset, buffer):
        """Fill the buffer; False when the flash fails."""
        try:
            self._log.read(sector, offset, buffer)
        except OSError:
            return False
        return True

    def write(self, sector_bytes):
        """Program the next blank sector; True when it reads back.

        Otherwise the position has moved on: write the same bytes again.
        """
        for _ in range(_SKIPS_MAX):
            if self.position >= self.sectors:
                return False
            if self.blank(self.position):
                break
            self.position += 1
        else:
            return False  # never over what is there
        sector = self.position
        self.position += 1
        try:
            self._log.program(sector, 0, sector_bytes)
        except OSError:
            pass  # what stands there counts: a second copy of it would look like a forgery
        good = self._holds(sector, sector_bytes)
        self.failed += not good
        return good

    def blank(self, sector):
        """Whether all of a sector is erased; False where it cannot be read."""
        echo = self._echo
        for at in range(0, SECTOR, len(echo)):
            if not self.read(sector, at, echo) or echo != _BLANK:
                return False
        return True

    def _holds(self, sector, wanted):
        view = memoryview(wanted)
        echo = self._echo
        for at in range(0, SECTOR, len(echo)):
            if not self.read(sector, at, echo) or echo != view[at : at + len(echo)]:
                return False
        return True

    def last_mark(self):
        """32 bits of the SHA-256 of the sector written last, 0 where it cannot be read.

        The sector's number would tell how much the other classes hold.
        """
        state, echo = sha256(), self._echo
        for at in range(0, SECTOR, len(echo)):
            if not self.read(self.position - 1, at, echo):
                return 0
            state.update(echo)
        return int.from_bytes(state.digest()[:4], "little")

    # -- where writing goes on ------------------------------------------------------------

    def scan(self):
        """A generator: find the position. It yields every few sectors."""
        low, high = 0, self.sectors
        while low < high:  # everything below low is written, from high on all looks blank
            middle = (low + high) // 2
            used = self._last_used(middle, min(middle + _GAP, self.sectors))
            if used is None:
                high = middle
            else:
                low = used + 1
            yield 0
        position, sector = low, low
        while sector < min(position + _AHEAD, self.sectors):
            if self._marked(sector):
                position = sector + 1  # written by us, whatever lies between
            sector += 1
            if sector & 3 == 0:
                yield 0
        while position < self.sectors and not self.blank(position):
            position += 1  # a cut left it without its beginning
            yield 0
        self.position = position

    def tidy(self):
        """A generator, for standby: erase what stands behind the position and is not ours.

        It yields every few sectors; 1 after an erase of 60 ms.
        """
        for sector in range(self.position, min(self.position + _AHEAD, self.sectors)):
            known = self.read(sector, 0, self._look)
            erased = known and not self.blank(sector) and not self._marked(sector)
            if erased:
                try:
                    self._log.erase(sector)
                except OSError:
                    self.failed += 1
            if erased or sector & 3 == 0:
                yield int(erased)

    def _last_used(self, first, end):
        """The last of these sectors that does not look blank, None when all do."""
        for sector in range(end - 1, first - 1, -1):
            if not self.read(sector, 0, self._look) or self._look != _BLANK_LOOK:
                return sector
        return None

    def _marked(self, sector):
        return self.read(sector, 0, self._look) and bytes(self._look[:4]) in MAGICS
