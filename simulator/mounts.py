"""What is mounted where, on CPython: `open`, the file functions of `os`, and the module `vfs`.

Separate from filesystem.py, which is one LittleFS and knows only its own absolute paths.
Follows MicroPython's extmod/vfs.c: relative paths, the longest mount point wins.
"""

from __future__ import annotations

from typing import Any, Iterator

from simulator.filesystem import BoardError, FileSystem, format_device

_EPERM, _ENOENT, _ENODEV, _EINVAL = 1, 2, 19, 22
_DIRECTORY = 0x4000


class _VfsLfs2(FileSystem):
    """vfs.VfsLfs2; its settings are MicroPython's defaults and mtime=False, always."""

    def __init__(
        self,
        device: Any,
        readsize: int = 32,
        progsize: int = 32,
        lookahead: int = 32,
        mtime: bool = True,
    ) -> None:
        super().__init__(device)

    @staticmethod
    def mkfs(device: Any, *_: Any, **__: Any) -> None:
        format_device(device)


class Mounts:
    """The file systems of one life of a board."""

    def __init__(self) -> None:
        self._mounted: dict[str, FileSystem] = {}
        self._folder = "/"

    def os_functions(self) -> dict[str, Any]:
        """The members of `uos`."""
        names = "chdir getcwd ilistdir listdir mkdir remove rename rmdir stat statvfs unlink"
        return {name: getattr(self, name) for name in names.split()}

    def vfs_members(self) -> dict[str, Any]:
        """The members of `vfs`."""
        return {"mount": self.mount, "umount": self.umount, "VfsLfs2": _VfsLfs2}

    def mount(self, disk: FileSystem, path: str) -> None:
        if path in self._mounted:
            raise BoardError(_EPERM)
        self._mounted[path] = disk

    def umount(self, path: str) -> None:
        if self._mounted.pop(path, None) is None:
            raise BoardError(_EINVAL)

    def _find(self, path: str) -> tuple[FileSystem, str]:
        """The file system of a path, and the path within it."""
        if not path.startswith("/"):
            path = self._folder.rstrip("/") + "/" + path
        path = path.rstrip("/") or "/"
        best = max((at for at in self._mounted if _within(path, at)), key=len, default=None)
        if best is None:
            raise BoardError(_ENODEV)
        return self._mounted[best], path[len(best.rstrip("/")) :] or "/"

    def open(self, path: str, mode: str = "r", *_: Any, **__: Any) -> Any:
        disk, inside = self._find(path)
        return disk.open(inside, mode)

    def ilistdir(self, path: str = "") -> Iterator[tuple[str, int, int, int]]:
        disk, inside = self._find(path)
        return disk.ilistdir(inside)

    def listdir(self, path: str = "") -> list[str]:
        return [entry[0] for entry in self.ilistdir(path)]

    def mkdir(self, path: str) -> None:
        disk, inside = self._find(path)
        disk.mkdir(inside)

    def remove(self, path: str) -> None:
        disk, inside = self._find(path)
        disk.remove(inside)

    unlink = rmdir = remove

    def rename(self, old: str, new: str) -> None:
        disk, inside = self._find(old)
        other, target = self._find(new)
        if disk is not other:
            raise BoardError(_EPERM)
        disk.rename(inside, target)

    def stat(self, path: str) -> tuple[int, ...]:
        disk, inside = self._find(path)
        return disk.stat(inside)

    def statvfs(self, path: str) -> tuple[int, ...]:
        return self._find(path)[0].statvfs("/")

    def chdir(self, path: str) -> None:
        if not self.stat(path)[0] & _DIRECTORY:
            raise BoardError(_ENOENT)
        if not path.startswith("/"):
            path = self._folder.rstrip("/") + "/" + path
        self._folder = path.rstrip("/") or "/"

    def getcwd(self) -> str:
        return self._folder


def _within(path: str, at: str) -> bool:
    return at == "/" or path == at or path.startswith(at + "/")
