"""Storage: the mount, files written safely, documents in two slots, raw logs of sectors.

Separate because it is the only file of the firmware that opens files or raw partitions:
what a power cut can do is decided here, once. Power may fail at any block operation, also
halfway through a program or an erase.

Facts it rests on. LittleFS makes a file's new content visible in one step, at sync, and a
rename in another. A partition of esp32.Partition erases with ioctl(6, n) and programs without
erasing with writeblocks(n, buf, offset); NOR flash programs pages of 256 bytes and can only
clear bits. Imports os, vfs and binascii; partitions are handed in.
"""

import os
from binascii import crc32

import vfs
from micropython import const

SECTOR = const(4096)  # bytes that one erase clears
DOCUMENT_MAX = const(8192)  # bytes of a document in two slots

_IOCTL_COUNT = const(4)
_IOCTL_SIZE = const(5)
_IOCTL_ERASE = const(6)
_FILE_SECTORS = const(12)  # of a log without a partition: 48 KB, 1500 records of 32 bytes
_SLOT_MARK = b"GD1\n"
_SLOT_HEAD = const(12)  # mark, sequence, crc32 of sequence and document


def mount(partition, at="/"):
    """Mount LittleFS anew without modification times, which would tell when it was last used.

    The stock _boot.py has mounted it with them. False when the partition holds no LittleFS: the
    mount that was there stays.
    """
    try:
        filesystem = vfs.VfsLfs2(partition, mtime=False)  # type: ignore[abstract]  # in the stub
    except OSError:
        return False
    try:
        vfs.umount(at)
    except OSError:
        pass  # nothing was mounted there
    vfs.mount(filesystem, at)
    return True


class Store:
    """Whole small files, documents in two slots and raw logs of one board.

    partition(label) returns the raw partition of that name or None. The one named vfs is mounted
    anew at once. root stands before every path: "" on the board.
    """

    def __init__(self, partition, root=""):
        self._partition = partition
        self._root = root
        files = partition("vfs")
        self.mounted = files is not None and mount(files)

    def log(self, label):
        """Return the raw log of that name: over its partition, or over files without one."""
        partition = self._partition(label)
        if partition is not None:
            return PartitionLog(partition)
        return FileLog("{}/{}".format(self._root, label), _FILE_SECTORS)

    def read(self, path, limit):
        """Return at most limit + 1 bytes of a file, None when it cannot be read.

        One byte more than the limit tells the caller that the file is too long.
        """
        try:
            with open(self._root + path, "rb") as file:
                return file.read(limit + 1)
        except OSError:
            return None

    def write(self, path, *pieces):
        """Replace a whole file: after a power cut it holds the old bytes or the new ones.

        pieces: its bytes, one after the other. False when the file system refuses (full, worn
        out); the old bytes are still there.
        """
        path = self._root + path
        try:
            with open(path + ".new", "wb") as file:
                for data in pieces:
                    file.write(data)
                file.flush()  # LittleFS: a sync, so that the rename never names missing bytes
            os.rename(path + ".new", path)
        except OSError:
            return False
        return True

    def remove(self, path):
        """Remove a file; True when it is gone or was never there."""
        try:
            os.remove(self._root + path)
        except OSError:
            return self.read(path, 0) is None
        return True

    def documents(self, name):
        """Return the intact versions of a document, newest first: none, one or two."""
        slots = [slot for slot in (self._slot(name, 0), self._slot(name, 1)) if slot]
        slots.sort()
        return [data for _, data in reversed(slots)]

    def commit(self, name, data):
        """Write a new version over the older slot, so that the newest stays until it is whole.

        True when it reads back. At most DOCUMENT_MAX bytes.
        """
        if len(data) > DOCUMENT_MAX:
            return False
        sequences = [slot[0] if slot else 0 for slot in (self._slot(name, 0), self._slot(name, 1))]
        older = 0 if sequences[0] <= sequences[1] else 1
        sequence = max(sequences) + 1
        counted = sequence.to_bytes(4, "little")
        check = crc32(data, crc32(counted)).to_bytes(4, "little")
        written = self.write(_slot_path(name, older), _SLOT_MARK + counted + check + data)
        return written and self._slot(name, older) == (sequence, data)

    def _slot(self, name, index):
        """Return (sequence, document) of a slot, None when it is missing or damaged."""
        raw = self.read(_slot_path(name, index), _SLOT_HEAD + DOCUMENT_MAX)
        if raw is None or not _SLOT_HEAD <= len(raw) <= _SLOT_HEAD + DOCUMENT_MAX:
            return None
        data = raw[_SLOT_HEAD:]
        check = int.from_bytes(raw[8:_SLOT_HEAD], "little")
        if raw[:4] != _SLOT_MARK or crc32(data, crc32(raw[4:8])) != check:
            return None
        return int.from_bytes(raw[4:8], "little"), data


def _slot_path(name, index):
    return "/{}.{}".format(name, index)


class PartitionLog:
    """A raw log: sectors that are erased whole and programmed piece by piece. Raises OSError."""

    def __init__(self, partition):
        self._partition = partition
        fits = partition.ioctl(_IOCTL_SIZE, 0) == SECTOR
        self.sectors = partition.ioctl(_IOCTL_COUNT, 0) if fits else 0

    def read(self, sector, offset, buffer):
        """Fill the buffer from the sector, from the offset on."""
        self._partition.readblocks(sector, buffer, offset)

    def program(self, sector, offset, data):
        """Write over erased bytes. With an offset, even 0, writeblocks does not erase."""
        self._partition.writeblocks(sector, data, offset)

    def erase(self, sector):
        """Set the sector to 0xFF: 45 to 60 ms in which no Python runs."""
        self._partition.ioctl(_IOCTL_ERASE, sector)


class FileLog:
    """The same over files, for a board without the partition. Raises OSError.

    One file a sector, not one for all: LittleFS copies a file from the changed byte to its end,
    so a record costs one erase here and would cost one for every sector behind it there.
    """

    def __init__(self, path, sectors):
        self._path = path
        self.sectors = sectors

    def _open(self, sector, mode):
        return open("{}.{}".format(self._path, sector), mode)

    def read(self, sector, offset, buffer):
        """Fill the buffer from the sector; a file that is missing or short is an OSError."""
        with self._open(sector, "rb") as file:
            file.seek(offset)
            if file.readinto(buffer) != len(buffer):
                raise OSError(5)  # EIO: it was never preallocated whole

    def program(self, sector, offset, data):
        """Write over erased bytes; LittleFS shows all of them or none after a power cut."""
        with self._open(sector, "r+b") as file:
            file.seek(offset)
            file.write(data)

    def erase(self, sector):
        """Set the sector to 0xFF; this also preallocates its file."""
        page = b"\xff" * 256
        with self._open(sector, "wb") as file:
            for _ in range(SECTOR // 256):
                file.write(page)
