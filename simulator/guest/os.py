"""`os`: the file system's functions as they are, with the simulated board's entropy.

`uos` is the interpreter's own module on the VM and the LittleFS image on CPython. Runs on both
interpreters.
"""

from collections import namedtuple

import _board
import uos
from uos import (  # noqa: F401
    chdir,
    getcwd,
    mkdir,
    remove,
    rename,
    rmdir,
    stat,
    statvfs,
    unlink,
)

sep = "/"

_HIDDEN = ".pc"  # where the VM finds the PC's files; the board has no such folder

_uname = namedtuple("uname", "sysname nodename release version machine")


def ilistdir(*path):
    for entry in uos.ilistdir(*path):
        if entry[0] != _HIDDEN:
            yield entry


def listdir(*path):
    return [name for name in uos.listdir(*path) if name != _HIDDEN]


def urandom(count):
    return _board.fetch("entropy", count)


def uname():
    return _uname("esp32", "esp32", "1.24.0", "v1.24.0 simulated", "simulated ESP32")


def sync():
    pass
