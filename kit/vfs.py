"""The device's file system inside a flash image, read and written at the desk.

Separate because only the hand-over touches it. LittleFS with MicroPython's settings; the image is
changed in memory and written back by whoever called. What was removed lies in old blocks until
these are used again: `forget_removed` makes the file system anew. Imports littlefs.
"""

from __future__ import annotations

from littlefs import LittleFS
from littlefs.errors import LittleFSError

from kit.command import Unusable
from kit.container import SECTOR
from kit.partitions import find_partition

_FILE_MAX = 64 * 1024  # handover.json has 17 KB


class DeviceFiles:
    """The partition `vfs` of a flash image, or an image of that partition alone."""

    def __init__(self, image: bytes) -> None:
        """Mount it; Unusable where that cannot be done."""
        place = find_partition(image, "vfs") or (0, len(image) // SECTOR * SECTOR)
        self._image, self._start = image, place[0]
        part = image[place[0] : place[0] + place[1]]
        if len(part) < 2 * SECTOR:
            raise Unusable("no partition vfs, and too small to be one")
        self._disk = _blank(len(part))
        self._disk.context.buffer = bytearray(part)
        try:
            self._disk.mount()
        except LittleFSError:
            raise Unusable("its file system cannot be mounted") from None

    def read(self, path: str) -> bytes | None:
        """The content of a file, None where there is none."""
        try:
            with self._disk.open(path, "rb") as file:
                data = file.read(_FILE_MAX + 1)
        except (LittleFSError, OSError):
            return None
        if len(data) > _FILE_MAX:
            raise Unusable(f"{path} on the device: larger than {_FILE_MAX} bytes")
        return bytes(data)

    def write(self, path: str, data: bytes) -> None:
        try:
            with self._disk.open(path, "wb") as file:
                file.write(data)
        except (LittleFSError, OSError):
            raise Unusable(f"{path} on the device: cannot be written") from None

    def remove(self, path: str) -> None:
        try:
            self._disk.remove(path)
        except (LittleFSError, OSError):
            raise Unusable(f"{path} on the device: cannot be removed") from None

    def forget_removed(self) -> None:
        """A new file system with the same files, and nothing else in its blocks."""
        size = len(self._disk.context.buffer)
        fresh = _blank(size)
        fresh.context.buffer = bytearray(b"\xff" * size)
        fresh.format()
        fresh.mount()
        for folder, folders, names in self._disk.walk("/"):
            at = folder.rstrip("/") + "/"
            for name in folders:
                fresh.mkdir(at + name)
            for name in names:
                with self._disk.open(at + name, "rb") as file:
                    data = file.read()
                with fresh.open(at + name, "wb") as file:
                    file.write(data)
        self._disk = fresh

    def image(self) -> bytes:
        """The whole image as it is now."""
        part = bytes(self._disk.context.buffer)
        return self._image[: self._start] + part + self._image[self._start + len(part) :]


def _blank(size: int) -> LittleFS:
    return LittleFS(
        block_size=SECTOR,
        block_count=size // SECTOR,
        read_size=32,
        prog_size=32,
        cache_size=128,
        lookahead_size=32,
        mount=False,
    )
