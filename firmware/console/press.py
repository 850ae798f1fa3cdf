"""Presses of the button, on the bench: for a board without a finger on it."""

from firmware.console import Refused

_PRESSES_MAX = 8
_LONGEST_MS = 5000


def press(core, console, request):
    """So many, each held and then released for so long; answered before the first."""
    count = request.get("count", 1)
    hold_ms, gap_ms = request.get("hold_ms", 200), request.get("gap_ms", 300)
    for value, most in ((count, _PRESSES_MAX), (hold_ms, _LONGEST_MS), (gap_ms, _LONGEST_MS)):
        if type(value) is not int or not 1 <= value <= most:
            raise Refused("value")
    if console.task is not None:
        raise Refused("busy")
    console.task = _presses(core, count, hold_ms, gap_ms)
    return ()


def _presses(core, count, hold_ms, gap_ms):
    for _ in range(count):
        core.finger = 1
        yield hold_ms
        core.finger = 0
        yield gap_ms
