"""`select` on the board's clock: poll objects over UARTs and objects with an ioctl.

What has no ioctl is the interpreter's own, `sys.stdin` above all: the interpreter is asked, and
the board is told to end the wait when somebody types. An object of the program's own must change
by an interrupt handler, as flag objects do: the real port would also ask it every 10 ms. Runs on
both interpreters.
"""

import _board

try:
    import uselect
except ImportError:  # CPython, where nothing is without an ioctl
    uselect = None

POLLIN = 1
POLLOUT = 4
POLLERR = 8
POLLHUP = 16

_POLL = 3
_CONSOLE = 1 << 7  # a source to wait for, of simulator/board.py


class _Poll:
    def __init__(self):
        self._entries = []  # [object, flags]: a list, for its order

    def register(self, obj, flags=POLLIN | POLLOUT):
        for entry in self._entries:
            if entry[0] is obj:
                entry[1] = flags
                return False
        self._entries.append([obj, flags])
        return True

    def modify(self, obj, flags):
        for entry in self._entries:
            if entry[0] is obj:
                entry[1] = flags
                return
        raise OSError(2)

    def unregister(self, obj):
        self._entries = [entry for entry in self._entries if entry[0] is not obj]

    def poll(self, timeout=-1):
        return self._wait(timeout)

    def ipoll(self, timeout=-1, flags=0):
        return iter(self._wait(timeout))

    def _ready(self):
        ready = []
        for obj, flags in self._entries:
            if hasattr(obj, "ioctl"):
                got = obj.ioctl(_POLL, flags)
                if got:
                    ready.append((obj, got))
            elif uselect is not None:
                ready.extend(_ask_interpreter(obj, flags))
        return ready

    def _wait(self, timeout):
        sources = 0
        for obj, flags in self._entries:
            if flags & POLLIN and hasattr(obj, "_wait_bit"):
                sources |= 1 << obj._wait_bit
            elif flags & POLLIN and not hasattr(obj, "ioctl"):
                sources |= _CONSOLE
        ready = self._ready()
        if timeout == 0 and sources == _CONSOLE:
            _board.look()  # at one's own console, byte by byte: that ends no step
            return ready
        patience = 0 if ready else -1 if timeout is None else timeout
        end = _board.ticks + _board.facts["step_cost_ms"] + patience
        _board.pause(patience, sources, 1)
        ready = self._ready()
        while not ready and (patience < 0 or _board.ticks < end):
            _board.pause(-1 if patience < 0 else end - _board.ticks, sources, 0)
            ready = self._ready()
        return ready


def _ask_interpreter(obj, flags):
    poller = uselect.poll()
    poller.register(obj, flags)
    return poller.poll(0)


def poll():
    return _Poll()
