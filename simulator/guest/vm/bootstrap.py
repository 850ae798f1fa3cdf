"""What the MicroPython VM runs: join the world, mount the board's flash, boot the firmware.

Arguments: socket, folder of the fakes, folder of the firmware as .mpy, folder of boot.py and
main.py. A stock board starts boot.py, then main.py, then its REPL.
"""

import gc
import io
import sys
import vfs


def _join(socket_path, fakes):
    sys.path[:] = [fakes]
    import _link

    _link.connect(socket_path)
    import _board

    _board.hello()
    # machine and the others replace the interpreter's own: they come first on the path
    import esp32, machine, network, os, select, time  # noqa: E401, F401

    return _link, _board


def _mount(link, board, tree):
    device = None
    vfs.umount("/")
    vfs.mount(vfs.VfsPosix("/"), "/.pc")
    sys.path[:] = ["/.pc" + sys.path[0], "/.pc" + tree, "/.pc" + tree + "/lib", "", "/lib"]
    import esp32

    found = esp32.Partition.find(1, label="vfs")
    if found:
        device = found[0]
        vfs.mount(vfs.VfsLfs2(device, mtime=False), "/")


def _run(link, path):
    """Run one file; returns how it ended, "" for normally, and the text."""
    try:
        with open(path) as source:
            text = source.read()
    except OSError:
        return True
    try:
        exec(compile(text, path.rsplit("/", 1)[1], "exec"), {"__name__": "__main__"})
        return True
    except SystemExit:
        link.call("ended", (1,), b"")
    except BaseException as error:
        out = io.StringIO()
        sys.print_exception(error, out)
        link.call("escaped", (), out.getvalue().encode() or b"?")
    return False


def main(socket_path, fakes, tree, root):
    link, board = _join(socket_path, fakes)
    _mount(link, board, tree)
    gc.collect()
    link.call("heap_fakes", (gc.mem_alloc(),), b"")
    _run(link, "/.pc" + root + "/boot.py")
    _run(link, "/.pc" + root + "/main.py")
    link.call("ended", (0,), b"")


main(*sys.argv[1:5])
