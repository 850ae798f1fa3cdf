"""Stands in for main.py on the VM: starts the firmware and prints what each part of it takes.

Separate from tools/heap.py because this half runs on the MicroPython VM, with the firmware as
flashed. A figure is gc.mem_alloc() right after a collection less the same before, without what
was measured inside. One line of JSON on the console, after the word HEAP. Imports gc, sys, json,
array, builtins and, to measure it, the firmware.
"""

import array
import builtins
import gc
import json
import sys

_ROWS_MAX = 200
_STEPS = 300
_BUFFER_MIN = 64  # bytes of a buffer that is worth a line

# Made beforehand: what the measuring takes must not be measured.
_names = [None] * _ROWS_MAX
_bytes = array.array("l", [0] * _ROWS_MAX)
_is_module = bytearray(_ROWS_MAX)
_inside = array.array("l", [0] * 40)  # for each measurement in progress what was measured in it
_counts = array.array("l", [0, 0])  # rows, measurements in progress

_plain_import = builtins.__import__


def used():
    gc.collect()
    gc.collect()  # what a finaliser had held
    return gc.mem_alloc()


def measured(name, module, call, *args):
    """Call it and book under this name what it leaves on the heap."""
    _counts[1] += 1
    level = _counts[1]
    _inside[level] = 0
    before = used()
    result = call(*args)
    cost = used() - before
    _counts[1] -= 1
    _inside[level - 1] += cost
    row = _counts[0]
    _counts[0] += 1
    _names[row], _bytes[row], _is_module[row] = name, cost - _inside[level], module
    return result


def importing(name, *rest):
    if name in sys.modules:
        return _plain_import(name, *rest)
    package = name.rpartition(".")[0]
    if package:
        importing(package)
    return measured(name, 1, _plain_import, name, *rest)


def letting_go(forget):
    """The firmware's own way to drop a module; its bytes are handed back."""

    def forgetting(name):
        forget(name)
        _inside[_counts[1]] -= _bytes[_names.index(name)]

    return forgetting


def booked(holder, name, what=None):
    """Have every call of holder.name booked, under `what` or its first word of arguments."""
    call = getattr(holder, name)

    def wrapped(*args):
        return measured(what or "service " + args[1], 0, call, *args)

    setattr(holder, name, wrapped)


def buffers(roots):
    """[where, bytes] of every buffer that can be reached: bytearrays, arrays, rings of UARTs."""
    found = []
    seen = set()
    waiting = list(roots)
    while waiting:
        where, thing = waiting.pop()
        if id(thing) in seen:
            continue
        seen.add(id(thing))
        if isinstance(thing, bytearray):
            if len(thing) >= _BUFFER_MIN:
                found.append([where, len(thing)])
        elif isinstance(thing, array.array):
            size = len(bytes(thing))
            if size >= _BUFFER_MIN:
                found.append([where, size])
        elif hasattr(thing, "_rxbuf"):
            found.append([where, thing._rxbuf + thing._txbuf])
        elif isinstance(thing, (list, tuple)):
            waiting.extend([("%s[%d]" % (where, at), item) for at, item in enumerate(thing)])
        elif isinstance(thing, dict):
            waiting.extend([("%s[%s]" % (where, key), thing[key]) for key in thing])
        elif hasattr(thing, "__dict__") and not isinstance(thing, type):
            members = thing.__dict__
            waiting.extend([(where + "." + key, members[key]) for key in members])
    return found


def steps(core, board):
    for _ in range(_STEPS):
        now_ms = core.clock.now_ms()
        wake_ms = core.step(now_ms)
        board.wait(wake_ms, core.clock.now_ms(), core.may_sleep(now_ms))


def main():
    gc.threshold(8192)
    before = used()
    builtins.__import__ = importing
    from firmware import app, start, supervisor  # noqa: F401 (app: to be weighed)

    start.forget = letting_go(start.forget)
    booked(start, "board", "board")
    booked(start, "_configure", "configuration")
    booked(start, "_modem_profile", "modem profile")
    booked(start, "Journal", "journal")
    booked(supervisor.Supervisor, "add")
    board = start.board()
    core = measured("core, trace and the like", 0, start.build, board)
    after = used()
    measured("%d steps" % _STEPS, 0, steps, core, board)
    builtins.__import__ = _plain_import
    rows = [(_names[row], _bytes[row], _is_module[row]) for row in range(_counts[0])]
    own = [name for name in sys.modules if name.startswith("firmware")]
    roots = [(name, sys.modules[name].__dict__) for name in own]
    roots += [("core", core), ("board", board)]
    kept = [name for name, _, module in rows if module and name in sys.modules]
    print("HEAP", json.dumps([rows, kept, after - before, buffers(roots)]))


main()
