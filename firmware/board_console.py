"""The console of a board: what comes in over sys.stdin and goes out over sys.stdout.

Separate from board.py because a device in the field opens it once in a while only. One byte is
read at a time, and only when the poll says that there is one: stock MicroPython has no other way
to read without waiting. Imports machine, micropython, select and sys.
"""

import select
import sys

import machine
import micropython
from micropython import const

_CTRL_C = const(3)


class Console:
    """Open from when it is made until close()."""

    def __init__(self, poll):
        """poll: the one that the board waits with; from now on a byte here ends that."""
        self._waits = poll
        self._poll = select.poll()
        self._poll.register(sys.stdin, select.POLLIN)
        poll.register(sys.stdin, select.POLLIN)
        _usb(True)

    def read(self, most):
        """The bytes that have come, at most so many; b"" for none."""
        data = b""
        while len(data) < most and self._has_one():
            byte = sys.stdin.buffer.read(1)
            if not byte:
                break  # its end: on a board there is none
            data += byte
        return data

    def _has_one(self):
        for _ in self._poll.ipoll(0):
            return True
        return False

    def write(self, text):
        """ASCII; \\n becomes \\r\\n. Takes as long as the port does: 87 us a byte on a UART."""
        sys.stdout.write(text)

    def close(self):
        self._waits.unregister(sys.stdin)
        _usb(False)

    def give_up(self):
        """Hand over to the REPL: a Ctrl-C is one again."""
        micropython.kbd_intr(_CTRL_C)


def _usb(on):
    """Native USB, which boot.py has switched off in the field."""
    if hasattr(machine, "USBDevice"):
        usb = machine.USBDevice()
        if usb.active() != on:
            usb.active(on)
