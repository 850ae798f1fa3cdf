"""The partition that LittleFS is on, without an allocation and without an exception.

Separate from esp32.Partition, whose requests may raise, which LittleFS's C code has no way out
for: Ctrl-C comes amidst a request here, and the collector closes files that people leave open,
with the heap locked. A board's own partition needs no heap either. An error is what LittleFS is
prepared for. The frames are those of _link.py.
"""

import struct
import sys

import _board
import _link
import _live

_SECTOR = 4096
_EIO = 5
_FLAGS = 37  # of the reply's bytes, the one with CTRL_C


def _request(op, count):
    """A frame with room for so many arguments; a blob would follow it."""
    return bytearray(struct.pack("<BBI", len(op), count, 0) + bytes(8 * count) + op)


class Device:
    def __init__(self, label):
        for name, _, _, address, size in _board.facts["partitions"]:
            if name == label:
                self._base, self._sectors = address, size // _SECTOR
        self._read = _request(b"flash_read", 2)
        self._program = _request(b"flash_program", 1)
        self._erase = _request(b"flash_erase", 1)
        self._sync = _request(b"flash_sync", 1)
        self._reply = bytearray(40)

    def readblocks(self, block_num, buf, offset):
        try:
            return self._read_at(block_num, buf, offset)
        except KeyboardInterrupt:
            return self._cut_off()

    def writeblocks(self, block_num, buf, offset):
        try:
            return self._program_at(block_num, buf, offset)
        except KeyboardInterrupt:
            return self._cut_off()

    def ioctl(self, cmd, arg):
        try:
            return self._control(cmd, arg)
        except KeyboardInterrupt:
            return self._cut_off()

    def _cut_off(self):
        """Ctrl-C came amidst a request: what was half said is forgotten."""
        _live.reconnect()
        return -_EIO

    def _read_at(self, block_num, buf, offset):
        at = self._base + block_num * _SECTOR + offset
        struct.pack_into("<qq", self._read, 6, at, len(buf))
        _link._socket.write(self._read)
        self._hear()
        _link._socket.readinto(buf)
        return -_EIO if self._reply[_FLAGS] else 0

    def _program_at(self, block_num, buf, offset):
        struct.pack_into("<I", self._program, 2, len(buf))
        struct.pack_into("<q", self._program, 6, self._base + block_num * _SECTOR + offset)
        _link._socket.write(self._program)
        _link._socket.write(buf)
        self._hear()
        return 0

    def _control(self, cmd, arg):
        if cmd == 4:
            return self._sectors
        if cmd == 5:
            return _SECTOR
        if cmd == 6:
            struct.pack_into("<q", self._erase, 6, self._base + arg * _SECTOR)
            _link._socket.write(self._erase)
            self._hear()
        elif cmd == 3:
            struct.pack_into("<q", self._sync, 6, self._base)
            _link._socket.write(self._sync)
            self._hear()
        return 0

    def _hear(self):
        if _link._socket.readinto(self._reply) != len(self._reply):
            sys.exit(0)
