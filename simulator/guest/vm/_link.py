"""The link on the MicroPython VM: one frame there and one back over a Unix socket.

Request: length of op, number of arguments, length of blob, arguments (int64), op, blob.
Reply: five int64 (ticks, levels, received, value, length of data), data; the length has the bit
CTRL_C when the console says so. An end of file ends the VM: its host is gone, or has reset the
board.
"""

import gc
import socket
import struct
import sys

STEPS_PER_SAMPLE = 100
CTRL_C = 1 << 40

_REPLY = "<qqqqq"
_REQUEST = ("<BBI", "<BBIq", "<BBIqq", "<BBIqqq", "<BBIqqqq", "<BBIqqqqq", "<BBIqqqqqq")

_socket = None
_header = bytearray(40)
_steps = 0


def connect(path):
    global _socket
    _socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    _socket.connect(struct.pack("H", 1) + path.encode() + b"\0")


def call(op, args, blob):
    head = struct.pack(_REQUEST[len(args)], len(op), len(args), len(blob), *args)
    _socket.write(head + op.encode() + blob)
    if _socket.readinto(_header) != 40:
        sys.exit(0)
    ticks, levels, received, value, size = struct.unpack(_REPLY, _header)
    if size >= CTRL_C:
        if size > CTRL_C:
            _socket.read(size - CTRL_C)
        raise KeyboardInterrupt
    return ticks, levels, received, value, _rest(size) if size else b""


def _rest(size):
    """The data of a reply; without room for it, it is taken nevertheless."""
    try:
        return _socket.read(size)
    except MemoryError:
        view = memoryview(_header)
        while size > 0:
            size -= _socket.readinto(view[: min(size, len(_header))])
        raise


def true_module(name):
    """The module of lib/ that a fake of the same name stands before."""
    fakes, twin = sys.path.pop(0), sys.modules.pop(name, None)
    try:
        return __import__(name)
    finally:
        sys.path.insert(0, fakes)
        if twin is not None:
            sys.modules[name] = twin


def step_ends():
    """Now and then, tell how much heap is in use right after a collection."""
    global _steps
    _steps += 1
    if _steps % STEPS_PER_SAMPLE == 1:
        gc.collect()
        call("heap", (gc.mem_alloc(),), b"")
