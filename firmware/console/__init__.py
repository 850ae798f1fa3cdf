import gc
import sys


class Refused(Exception):
    """A word of docs/console.md, and maybe a line for people."""


def call(keeps, module, function, *args):
    """What a function of a module of this package returns; the module is let go, unless `keeps`.

    So are those that it names in BESIDE: what it has imported and nobody else needs.
    """
    name = "firmware.console." + module
    if not keeps:
        gc.collect()  # so that it finds room, and lies where there is room now
    found = __import__(name, None, None, (function,))
    try:
        return getattr(found, function)(*args)
    finally:
        if not keeps:
            for other in (name,) + getattr(found, "BESIDE", ()):
                forget(other)


def forget(name):
    """Let go of a module: the next collection frees its code."""
    package, _, module = name.rpartition(".")
    if name in sys.modules:
        del sys.modules[name]
        if package:
            delattr(sys.modules[package], module)
