"""MicroPython's own module for CPython: no file system can be mounted here."""


class VfsLfs2:
    def __init__(self, device, mtime=True):
        raise OSError(19)  # ENODEV


def mount(filesystem, at):
    raise OSError(19)


def umount(at):
    raise OSError(22)  # EINVAL: nothing is mounted there
