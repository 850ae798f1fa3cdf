"""NOR flash for tests, on every interpreter: bits that only clear, sectors, torn operations.

The interface is that of esp32.Partition. Power can be cut in the n-th operation from now: of a
program or an erase only a part is done, then every operation raises PowerCut. Separate from the
simulator's flash so that stores are tested without it.
"""

import sys

SECTOR = 4096
# The 32-bit VM has 1 MB and survives no collection (WebAssembly hides C's locals from it): what
# makes more garbage than that is left to the other two interpreters.
ROOMY = sys.maxsize > 1 << 31


class PowerCut(BaseException):
    """Not an Exception: no firmware handler may take it for an error of the flash."""


class Nor:
    """`operations` counts programs and erases; `erases` and `programs` are their logs."""

    def __init__(self, sectors, fill=0xFF):
        self.image = bytearray(bytes([fill]) * (sectors * SECTOR))
        self.sectors = sectors
        self.erases = []
        self.programs = []
        self.broken = set()  # sectors whose operations fail
        self._cut_in = None
        self._share = (0, 1, False)
        self.off = False
        self._buried = False

    @property
    def operations(self):
        return len(self.erases) + len(self.programs)

    def cut(self, after, done, of=1, tail=False):
        """Cut power in the operation that follows `after` more; done/of of it is carried out.

        done counts 32-byte steps when of is 0. tail: the last part is done, not the first.
        """
        self._cut_in = after
        self._share = (done, of, tail)

    def reborn(self):
        """The flash after power is back. The old one does nothing more, whoever still holds it.

        The VM closes a file that a cut left open when it collects it, and prints what that raises.
        """
        self._buried = True
        fresh = Nor(0)
        fresh.sectors = self.sectors
        fresh.image = bytearray(self.image)
        return fresh

    def readblocks(self, number, buffer, offset=0):
        if self._buried:
            return
        self._check(number)
        at = number * SECTOR + offset
        assert at + len(buffer) <= len(self.image)
        buffer[:] = self.image[at : at + len(buffer)]

    def writeblocks(self, number, data, offset=None):
        assert offset is not None, "writeblocks without an offset erases"
        if self._buried:
            return
        self._check(number)
        first, last = self._part(len(data))
        at = number * SECTOR + offset
        for i in range(first, last):
            self.image[at + i] &= data[i]
        self.programs.append((number, offset, len(data)))
        self._die()

    def ioctl(self, operation, number):
        if operation == 4:
            return self.sectors
        if operation == 5:
            return SECTOR
        if operation == 6 and not self._buried:
            self._check(number)
            first, last = self._part(SECTOR)
            at = number * SECTOR
            self.image[at + first : at + last] = b"\xff" * (last - first)
            self.erases.append(number)
            self._die()
        return 0

    def _check(self, number):
        if self.off:
            raise PowerCut()
        if number in self.broken:
            raise OSError(5)

    def _part(self, size):
        """Return the first and last byte of the operation that are really carried out."""
        if self._cut_in is None:
            return 0, size
        self._cut_in -= 1
        if self._cut_in >= 0:
            return 0, size
        self.off = True
        done, of, tail = self._share
        part = min(size, size * done // of if of else done * 32)
        return (size - part, size) if tail else (0, part)

    def _die(self):
        if self.off:
            raise PowerCut()
