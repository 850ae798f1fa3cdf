"""Gestures without consequence: each is told and felt, and nothing leaves the device.

Imports the vocabulary.
"""

from micropython import const

from firmware.console import Refused
from firmware.messages import (
    AT_REST,
    CANCELLED,
    DANGER,
    DANGER_AGAIN,
    DECOY_CANCEL,
    FIRM,
    IN_ALERT,
    IN_GUARD,
    TICK,
    TICK_1S,
    TRUE_CANCEL,
    TRYING,
    WATCH,
    WITHDRAW,
    WITHDRAWN,
    Vibrate,
)

_LONGEST_MS = const(600000)
_GUARD_MS = const(10000)
# kind -> (context from then on, what is felt)
_AFTER = {
    WATCH: (IN_GUARD, TRYING),
    DANGER: (IN_ALERT, FIRM),
    DANGER_AGAIN: (IN_ALERT, TRYING),
    WITHDRAW: (AT_REST, WITHDRAWN),
    TRUE_CANCEL: (AT_REST, CANCELLED),
    DECOY_CANCEL: (IN_ALERT, CANCELLED),
}


def rehearse(core, console, request):
    on = request.get("on")
    if type(on) is not bool or core.config is None:
        raise Refused("value" if core.config is not None else "absent")
    if console.rehearsal is not None:
        console.rehearsal.end()
    if on:
        console.rehearsal = Rehearsal(core, console)
        core.rehearsal = console.rehearsal
    return ()


class Rehearsal:
    """In place of the alert policy while it is on: the context, and what takes gestures."""

    def __init__(self, core, console):
        self._core = core
        self._console = console
        self._context = AT_REST
        self._since_ms = console.now_ms
        self._until_ms = console.now_ms + _LONGEST_MS

    def context(self, now_ms):
        """What the recogniser of gestures is told; None once it is over."""
        if now_ms >= self._until_ms:
            self._console.tell(("ev", "rehearse"), ("on", False))
            self.end()
            return None
        if self._context == IN_GUARD and now_ms - self._since_ms >= _GUARD_MS:
            self._context = AT_REST
        return self._context

    def take(self, gesture, now_ms):
        """A Gesture has been decided."""
        if gesture.kind == TICK_1S:
            if self._context != IN_ALERT:
                self._core.feel(Vibrate(TICK, 1))
            return
        self._console.tell(("ev", "gesture"), ("kind", gesture.kind))
        if gesture.kind in _AFTER:
            self._context, felt = _AFTER[gesture.kind]
            self._since_ms = now_ms
            self._core.feel(Vibrate(felt, 1))

    def end(self):
        self._core.rehearsal = self._console.rehearsal = None
