"""What the fakes do otherwise in real time: nothing they know may be older than a millisecond.

Separate because on the other hosts time stands still between two requests, so that what the last
reply said is still true. Runs on the MicroPython VM only.
"""

import _board
import _link
import utime

_asked_ms = utime.ticks_ms()
_call = _link.call
_path = ""


def join(path):
    """Be ready for Ctrl-C amidst a request, and sample no heap; path: that of the link."""
    global _path
    _path = path
    _link.call = call
    _link.step_ends = step_ends


def begin():
    """Take the place of what answers from memory."""
    _board.look = look
    _board.level = level
    _board.waiting = waiting


def call(op, args, blob):
    try:
        return _call(op, args, blob)
    except KeyboardInterrupt:
        reconnect()
        raise


def reconnect():
    """Ctrl-C came amidst a request: what was half said is forgotten."""
    _link.connect(_path)


def _ask():
    global _asked_ms
    now_ms = utime.ticks_ms()
    if now_ms != _asked_ms:
        _asked_ms = now_ms
        _board.spend_us(0)


def look():
    _ask()
    return _board.ticks


def level(gpio):
    _ask()
    return _board.levels >> gpio & 1


def waiting(uart):
    _ask()
    return _board.received >> 16 * uart & 0xFFFF


def step_ends():
    pass
