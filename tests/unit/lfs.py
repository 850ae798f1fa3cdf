"""A real LittleFS on the NOR flash of the tests, under firmware.store, on either interpreter.

On the VM it is mounted as on a board. On CPython the store's open, os and vfs are replaced by a
few lines over littlefs-python's low-level calls (its own open() buffers, and closes again what a
power cut has broken). After a cut start from nor.reborn(): what is left open never touches that.
"""

import sys

from nor import PowerCut

from firmware import store

ROOT = "/flash" if sys.implementation.name == "micropython" else ""


def store_on(nor, partitions=None):
    """Mount LittleFS on nor and return the Store; partitions: other labels -> flash."""
    others = partitions or {}
    if not ROOT:
        _replace(nor)
        return store.Store(lambda label: nor if label == "vfs" else others.get(label))
    made = store.Store(others.get, ROOT)
    made.mounted = store.mount(nor, ROOT)
    return made


def formatted(nor):
    """Make an empty LittleFS on nor."""
    if ROOT:
        import vfs

        vfs.VfsLfs2.mkfs(nor)
    else:
        from littlefs import lfs

        geometry = _geometry(nor)
        lfs.format(lfs.LFSFilesystem(), geometry)
    return nor


def available():
    """False on the 32-bit VM, which has no LittleFS."""
    return not ROOT or hasattr(__import__("vfs"), "VfsLfs2")


def _geometry(nor):
    """MicroPython's settings; block_cycles too, so that both move blocks at the same time."""
    from littlefs import lfs

    return lfs.LFSConfig(
        _Flash(nor),
        block_size=4096,
        block_count=nor.sectors,
        read_size=32,
        prog_size=32,
        cache_size=128,
        lookahead_size=32,
        block_cycles=100,
    )


class _Flash:
    """littlefs-python's view of the flash: it swallows exceptions, so errors are returned."""

    def __init__(self, nor):
        self.nor = nor

    def read(self, _, block, offset, size):
        buffer = bytearray(size)
        if not self.nor.off:
            self.nor.readblocks(block, buffer, offset)
        return buffer

    def prog(self, _, block, offset, data):
        return self._try(self.nor.writeblocks, block, bytes(data), offset)

    def erase(self, _, block):
        return self._try(self.nor.ioctl, 6, block)

    def sync(self, _):
        return -5 if self.nor.off else 0

    def _try(self, operation, *args):
        if not self.nor.off:
            try:
                operation(*args)
            except (PowerCut, OSError):
                return -5
        return -5 if self.nor.off else 0


class _File:
    def __init__(self, call, handle):
        self._call = call
        self._handle = handle

    def read(self, size):
        return bytes(self._call("file_read", self._handle, size))

    def readinto(self, buffer):
        data = self.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def write(self, data):
        return self._call("file_write", self._handle, bytes(data))

    def seek(self, offset):
        return self._call("file_seek", self._handle, offset, 0)

    def flush(self):
        self._call("file_sync", self._handle)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._call("file_close", self._handle)


_kept = []  # handles that a cut left open: never collected, or their end would abort CPython


def _replace(nor):
    """Give firmware.store the files of nor; mounting itself is left to Store, through vfs."""
    from littlefs import errors, lfs

    filesystem = lfs.LFSFilesystem()
    _kept.append((filesystem, nor))

    def call(name, *args):
        if nor.off:
            raise PowerCut()
        try:
            done = getattr(lfs, name)(filesystem, *args)
        except errors.LittleFSError as error:
            done = OSError(-error.code)
        if nor.off:
            raise PowerCut()
        if isinstance(done, OSError):
            raise done
        return done

    def opened(path, mode):
        handle = call("file_open", path, mode)
        _kept.append(handle)
        return _File(call, handle)

    class Os:
        @staticmethod
        def rename(old, new):
            call("rename", old, new)

        @staticmethod
        def remove(path):
            call("remove", path)

    class Vfs:
        @staticmethod
        def VfsLfs2(device, mtime=True):
            assert device is nor and mtime is False
            _kept.append(_geometry(nor))  # LittleFS holds on to it
            call("mount", _kept[-1])

        @staticmethod
        def umount(at):
            assert at == "/"

        @staticmethod
        def mount(_, at):
            assert at == "/"

    store.open, store.os, store.vfs = opened, Os, Vfs
