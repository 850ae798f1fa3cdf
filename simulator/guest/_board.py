"""The fakes' view of the board: the last state the world told, and the link to it.

Separate because every fake module shares it. `_link` comes from the host: a direct call on
CPython, a frame over a socket on the MicroPython VM. Time stands still between calls, so what
the last reply said of levels and received bytes is still true; a step that only looks at the
clock is charged 1 ms every TICKS_PER_CHARGE looks, so that no busy loop lasts for ever.
Runs on both interpreters: only what MicroPython has.
"""

import json
import sys

import _link

TICKS_PER_CHARGE = 100

ticks = 0  # ms, unwrapped
levels = 0  # one bit per GPIO
received = 0  # bytes readable, 16 bits per UART
facts = {}

_handlers = {}  # interrupt number -> (function, argument)
_delivering = False
_looks = 0


def call(op, *args, blob=b""):
    """Ask the world; returns the value it answers (an integer)."""
    global ticks, levels, received
    ticks, levels, received, value, _ = _link.call(op, args, blob)
    return value


def fetch(op, *args, blob=b""):
    """Ask the world; returns the bytes it answers."""
    global ticks, levels, received
    ticks, levels, received, _, data = _link.call(op, args, blob)
    return data


def exchange(op, *args, blob=b""):
    """Ask the world; returns the integer and the bytes it answers, one of which is empty."""
    global ticks, levels, received
    ticks, levels, received, value, data = _link.call(op, args, blob)
    return value, data


def hello():
    """Learn what this board is; once per boot."""
    facts.update(json.loads(fetch("hello").decode()))


def look():
    """The tick counter in ms; looking often enough takes time."""
    global _looks
    _looks += 1
    if _looks >= TICKS_PER_CHARGE:
        spend_us(1000)
    return ticks


def level(gpio):
    """The level at a pin."""
    return levels >> gpio & 1


def waiting(uart):
    """How many bytes a UART has received."""
    return received >> 16 * uart & 0xFFFF


def spend_us(us):
    """Spend CPU time."""
    global _looks
    _looks = 0
    _deliver(call("charge", us))


def step_ends():
    """A step of the program is over: it waits or sleeps now."""
    global _looks
    _looks = 0
    _link.step_ends()


def pause(timeout_ms, sources, charge):
    """Wait once: until an interrupt, something on a UART or I2S (a mask), or the timeout.

    timeout_ms < 0 waits for ever; charge: whether this ends a step of the program.
    """
    if charge:
        step_ends()
    _deliver(call("wait", timeout_ms, sources, charge))


def sleep_ms(ms):
    """Wait for all of ms, running interrupt handlers meanwhile."""
    start = ticks
    pause(0, 0, 1)
    end = max(start, ticks) + ms
    while ticks < end:
        pause(end - ticks, 0, 0)


def on_interrupt(number, handler, argument):
    """Have handler(argument) called for interrupt `number`; None forgets it."""
    if handler is None:
        _handlers.pop(number, None)
    else:
        _handlers[number] = (handler, argument)


def _deliver(due):
    """Run the handlers that are due, one after the other, as the scheduler does."""
    global _delivering
    if not due:
        return
    numbers = []
    while due:
        numbers.append((due & 63) - 1)
        due >>= 6
    if _delivering:
        _late.extend(numbers)
        return
    _delivering = True
    try:
        while numbers:
            handler = _handlers.get(numbers.pop(0))
            if handler is not None:
                _run(handler)
            numbers.extend(_late)
            _late.clear()
    finally:
        _delivering = False


_late = []  # due while a handler itself waited


def _run(handler):
    try:
        handler[0](handler[1])
    except Exception as error:  # as on the board: printed, and life goes on
        sys.print_exception(error)
