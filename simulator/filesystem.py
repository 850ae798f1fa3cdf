"""The board's LittleFS on CPython: what VfsLfs2 is on the VM, over the same blocks.

Separate because only the CPython host needs it; mounts.py gives it the functions of `os`.
Settings and order of calls are those of MicroPython's extmod/vfs_lfsx.c with mtime=False, so
that block operations and image are the same. It uses littlefs-python's low-level calls only,
whose files never write by themselves.
"""

from __future__ import annotations

import errno
from typing import Any, Callable, Iterator

from littlefs import lfs
from littlefs.context import UserContext
from littlefs.errors import LittleFSError

from simulator.flash import SECTOR, Flash

_READ, _WRITE, _CREATE, _EXCLUSIVE, _TRUNCATE, _APPEND = 1, 2, 0x100, 0x200, 0x400, 0x800
_MODES = {
    "r": _READ,
    "w": _WRITE | _CREATE | _TRUNCATE,
    "a": _WRITE | _CREATE | _APPEND,
    "x": _WRITE | _CREATE | _EXCLUSIVE,
}
_DIRECTORY, _REGULAR = 0x4000, 0x8000
_EIO, _EBADF = 5, 9


class BoardError(OSError):
    """OSError as MicroPython has it: one argument is the error number."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        if args and isinstance(args[0], int):
            self.errno = args[0]

    def __str__(self) -> str:
        if len(self.args) == 1 and self.args[0] in errno.errorcode:
            return f"[Errno {self.args[0]}] {errno.errorcode[self.args[0]]}"
        return super().__str__()


BoardError.__name__ = BoardError.__qualname__ = "OSError"


class _Blocks(UserContext):
    """What LittleFS calls: the methods of a MicroPython block device."""

    def __init__(self, device: Any) -> None:
        self._device = device
        self.stopped: BaseException | None = None

    def read(self, cfg: Any, block: int, off: int, size: int) -> bytearray:
        data = bytearray(size)
        self._try(self._device.readblocks, block, data, off)
        return data

    def prog(self, cfg: Any, block: int, off: int, data: bytes) -> int:
        return self._try(self._device.writeblocks, block, bytes(data), off)

    def erase(self, cfg: Any, block: int) -> int:
        return self._try(self._device.ioctl, 6, block)

    def sync(self, cfg: Any) -> int:
        return self._try(self._device.ioctl, 3, 0)

    def _try(self, run: Callable[..., Any], *args: Any) -> int:
        # An exception must not cross the C code: it is kept, and raised when that is left.
        if self.stopped is None:
            try:
                run(*args)
                return 0
            except BaseException as error:
                self.stopped = error
        return -_EIO


class ImageDevice:
    """A partition of a flash image as a block device that takes no virtual time."""

    def __init__(self, flash: Flash, label: str) -> None:
        self._flash, self._part = flash, flash.find(label)

    def readblocks(self, block: int, buf: bytearray, off: int) -> None:
        buf[:] = self._flash.read(self._part.address + block * SECTOR + off, len(buf))

    def writeblocks(self, block: int, data: bytes, off: int) -> None:
        self._flash.program(self._part.address + block * SECTOR + off, data)

    def ioctl(self, what: int, block: int) -> int:
        if what == 6:
            self._flash.erase(self._part.address + block * SECTOR)
        return self._part.size // SECTOR if what == 4 else 0


def _configure(blocks: _Blocks, count: int) -> lfs.LFSConfig:
    return lfs.LFSConfig(
        context=blocks,
        block_size=SECTOR,
        block_count=count,
        read_size=32,
        prog_size=32,
        block_cycles=100,
        cache_size=128,
        lookahead_size=32,
    )


def format_device(device: Any) -> None:
    """Put an empty file system on a block device."""
    blocks = _Blocks(device)
    lfs.format(lfs.LFSFilesystem(), _configure(blocks, device.ioctl(4, 0)))
    if blocks.stopped is not None:
        raise blocks.stopped


def format_image(flash: Flash, label: str, files: dict[str, bytes]) -> None:
    """Make a fresh file system in a partition, with these files."""
    format_device(ImageDevice(flash, label))
    add_files(flash, label, files)


def add_files(flash: Flash, label: str, files: dict[str, bytes]) -> None:
    """Write files into the file system of a partition, as the desk does."""
    disk = FileSystem(ImageDevice(flash, label))
    for path, data in sorted(files.items()):
        with disk.open(path, "wb") as file:
            file.write(data)


def mountable(flash: Flash, label: str) -> bool:
    """Whether what is in the partition can be mounted; changes nothing."""
    try:
        FileSystem(ImageDevice(flash, label))
    except OSError:
        return False
    return True


class FileSystem:
    """A mounted LittleFS with MicroPython's functions; errors are OSError(errno)."""

    def __init__(self, device: Any) -> None:
        """Mount the block device (readblocks, writeblocks, ioctl); OSError if it cannot be."""
        self._blocks = _Blocks(device)
        self._count = device.ioctl(4, 0)
        self._disk, self._config = lfs.LFSFilesystem(), _configure(self._blocks, self._count)
        # The C code keeps pointers to open files, so that none may be freed before it is
        # closed, whatever the firmware forgets.
        self._handles: list[Any] = []
        self._do(lfs.mount, self._config)

    def _do(self, call: Callable[..., Any], *args: Any) -> Any:
        try:
            result = call(self._disk, *args)
        except LittleFSError as error:
            if self._blocks.stopped is None:
                raise BoardError(-error.code) from None
            result = None
        if self._blocks.stopped is not None:
            raise self._blocks.stopped
        return result

    def open(self, path: str, mode: str = "r", *_: Any, **__: Any) -> "RawFile":
        flags, binary = 0, False
        for letter in mode:
            if letter in _MODES:
                flags |= _MODES[letter]
            elif letter == "+":
                flags |= _READ | _WRITE
            elif letter == "b":
                binary = True
        handle = self._do(lfs.file_open, path, flags or _READ)
        self._handles.append(handle)
        return RawFile(self, handle, flags or _READ, binary)

    def close(self, handle: Any) -> None:
        self._handles.remove(handle)
        self._do(lfs.file_close, handle)

    def listdir(self, path: str) -> list[str]:
        return [entry[0] for entry in self.ilistdir(path)]

    def ilistdir(self, path: str) -> Iterator[tuple[str, int, int, int]]:
        handle = self._do(lfs.dir_open, path)
        found = []
        while True:
            entry = self._do(lfs.dir_read, handle)
            if entry is None:
                break
            if entry.name not in (".", ".."):
                kind = _DIRECTORY if entry.type == 2 else _REGULAR
                found.append((entry.name, kind, 0, entry.size if kind == _REGULAR else 0))
        self._do(lfs.dir_close, handle)
        return iter(found)

    def mkdir(self, path: str) -> None:
        self._do(lfs.mkdir, path)

    def remove(self, path: str) -> None:
        self._do(lfs.remove, path)

    unlink = rmdir = remove

    def rename(self, old: str, new: str) -> None:
        self._do(lfs.rename, old, new)

    def stat(self, path: str) -> tuple[int, ...]:
        if path == "/":
            return (_DIRECTORY, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        entry = self._do(lfs.stat, path)
        if entry.type == 2:
            return (_DIRECTORY, 0, 0, 0, 0, 0, 0, 0, 0, 0)
        return (_REGULAR, 0, 0, 0, 0, 0, entry.size, 0, 0, 0)

    def statvfs(self, path: str) -> tuple[int, ...]:
        blocks = self._count
        # MicroPython's count meets the two blocks of a folder twice, at its entry and itself.
        free = blocks - self._do(lfs.fs_size) - 2 * self._folders_below("/")
        return (SECTOR, SECTOR, blocks, free, free, 0, 0, 0, 0, 255)

    def _folders_below(self, path: str) -> int:
        found = [entry[0] for entry in self.ilistdir(path) if entry[1] == _DIRECTORY]
        return len(found) + sum(self._folders_below(f"{path}/{name}") for name in found)


class RawFile:
    """An open file with the methods of MicroPython's; text unless binary."""

    def __init__(self, files: FileSystem, handle: Any, flags: int, binary: bool) -> None:
        self._files, self._handle, self._flags, self._binary = files, handle, flags, binary
        self._do = files._do

    def _open(self, flag: int = 0) -> Any:
        if self._handle is None:
            raise ValueError
        if flag and not self._flags & flag:
            raise BoardError(_EBADF)  # where the C code has assertions
        return self._handle

    def read(self, size: int = -1) -> Any:
        if size is None or size < 0:
            here = self.tell()
            size = self._do(lfs.file_size, self._open()) - here
            data = self._read(max(0, size))
        else:
            data = self._read(size)
        return data if self._binary else data.decode()

    def _read(self, size: int) -> bytes:
        return bytes(self._do(lfs.file_read, self._open(_READ), size))

    def readinto(self, buf: Any, size: int = -1) -> int:
        view = memoryview(buf)
        data = self._read(len(view) if size < 0 else min(size, len(view)))
        view[: len(data)] = data
        return len(data)

    def readline(self, size: int = -1) -> Any:
        line = bytearray()
        while not line.endswith(b"\n") and size != len(line):
            byte = self._read(1)
            if not byte:
                break
            line += byte
        return bytes(line) if self._binary else line.decode()

    def readlines(self) -> list[Any]:
        return list(self)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.readline, b"" if self._binary else "")

    def write(self, data: Any) -> int:
        blob = data.encode() if isinstance(data, str) else bytes(memoryview(data))
        return self._do(lfs.file_write, self._open(_WRITE), blob)

    def seek(self, offset: int, whence: int = 0) -> int:
        return self._do(lfs.file_seek, self._open(), offset, whence)

    def tell(self) -> int:
        return self._do(lfs.file_tell, self._open())

    def flush(self) -> None:
        self._do(lfs.file_sync, self._open())

    def close(self) -> None:
        handle, self._handle = self._handle, None
        if handle is not None:
            self._files.close(handle)

    def __enter__(self) -> "RawFile":
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
