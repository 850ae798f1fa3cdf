"""Presses of the button, on the bench: for a board without a finger on it."""

from firmware.console import Refused
from firmware.console.values import whole

BESIDE = ("firmware.console.values",)
_PRESSES_MAX = 8
_LONGEST_MS = 5000


def press(core, console, request):
    """So many, each held and then released for so long; answered before the first."""
    count = whole(request, "count", 1, _PRESSES_MAX, 1)
    hold_ms = whole(request, "hold_ms", 1, _LONGEST_MS, 200)
    gap_ms = whole(request, "gap_ms", 1, _LONGEST_MS, 300)
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
