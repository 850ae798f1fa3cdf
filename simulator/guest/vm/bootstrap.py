"""What the MicroPython VM runs: join the world, mount the board's flash, boot the firmware.

Arguments: socket, folder of the fakes, folder of the firmware as .mpy, folder of boot.py and
main.py. As on a stock board boot.py comes first, then, if it did not fail, main.py.
"""

import gc
import io
import sys

import vfs

PC = "/.pc"  # where the PC's files are found once the board's flash is mounted at /


def join(socket_path, fakes):
    """Connect, and load the fakes: they come before the interpreter's own modules."""
    sys.path[:] = [fakes]
    import _link

    _link.connect(socket_path)
    import _board

    _board.hello()
    for name in ("esp32", "machine", "network", "os", "select", "time"):
        __import__(name)
    return _link


def mount(fakes, tree):
    import esp32

    vfs.umount("/")
    vfs.mount(vfs.VfsPosix("/"), PC)
    sys.path[:] = [PC + fakes, PC + tree, PC + tree + "/lib", "", "/lib"]
    for device in esp32.Partition.find(1, label="vfs"):
        vfs.mount(vfs.VfsLfs2(device, mtime=False), "/")


def run(paths):
    """Execute what there is of these files in one namespace, as the board does."""
    names = {"__name__": "__main__"}
    for path in paths:
        try:
            with open(path) as source:
                code = compile(source.read(), path.rsplit("/", 1)[1], "exec")
        except OSError:
            continue
        exec(code, names)  # without the text, which a board does not keep either


def main(socket_path, fakes, tree, root):
    link = join(socket_path, fakes)
    mount(fakes, tree)
    gc.collect()
    link.call("heap_fakes", (gc.mem_alloc(),), b"")
    try:
        run((PC + root + "/boot.py", PC + root + "/main.py"))
    except SystemExit:
        link.call("ended", (1,), b"")
    except BaseException as error:
        text = io.StringIO()
        sys.print_exception(error, text)
        link.call("escaped", (), text.getvalue().encode())
    link.call("ended", (0,), b"")


main(*sys.argv[1:5])
