"""The start of a virtual board: join the world, mount its own file system, boot from it.

Separate from bootstrap.py, whose names become those of the REPL: they are taken away here. After
this nothing of the PC can be opened or imported. Stock ports/esp32/main.c and modules/_boot.py.
"""

import gc
import io
import sys

import vfs

_FAKES = ("esp32", "machine", "network", "os", "random", "select", "time")
_ALIASES = ("machine", "os", "random", "select", "time")  # which stock images also have with a u
_OF_FILES = ("mount", "umount", "VfsFat", "VfsLfs2")
_RETRY_S = 3


def start(names, socket_path, fakes, only_boot):
    """names: those of the REPL; only_boot: "1" after a soft reset in the raw REPL."""
    names.clear()
    names["__name__"] = "__main__"
    link = _join(socket_path)
    sys.argv[:] = []
    gc.collect()

    def close_files():
        names.clear()
        gc.collect()

    sys.atexit(close_files)
    if link.call("begins", (), b"")[3]:
        sys.modules["_live"].begin()
    try:
        _mount()
        _run("boot.py", names)
        if only_boot != "1":
            _run("main.py", names)
    except SystemExit:
        close_files()
        link.call("ended", (1,), b"")
    except BaseException as error:
        text = io.StringIO()
        sys.print_exception(error, text)
        print(text.getvalue(), end="")
        link.call("escaped", (), text.getvalue().encode())
    link.call("ended", (0,), b"")


def _join(socket_path):
    """Connect, and load the fakes: they come before the interpreter's own modules."""
    import _link

    _link.connect(socket_path)
    import _board

    _board.hello()
    for name in _FAKES:
        __import__(name)
    for name in _OF_FILES:
        setattr(sys.modules["os"], name, getattr(vfs, name))
    import _live

    _live.join(socket_path)
    import _device  # noqa: F401

    for name in _ALIASES:  # now that the fakes have the true ones
        sys.modules["u" + name] = sys.modules[name]
    vfs.umount("/")
    sys.path[:] = ["", ".frozen", "/lib"]
    return _link


def _mount():
    """As _boot.py: a file system that cannot be mounted keeps the board from booting."""
    from time import sleep

    from _device import Device

    while True:
        try:
            return vfs.mount(vfs.VfsLfs2(Device("vfs"), mtime=False), "/")
        except OSError:
            print("The filesystem appears to be corrupted.")
            sleep(_RETRY_S)


def _run(path, names):
    """Execute a file if it is there."""
    try:
        with open(path) as file:
            text = file.read()
    except OSError:
        return
    code, text = compile(text, path, "exec"), None
    exec(code, names)
