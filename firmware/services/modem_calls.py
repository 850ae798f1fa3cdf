"""Incoming calls: told apart, and refused unheard.

Separate because a call is two lines that may repeat (RING, then +CLIP with the number, 3GPP TS
27.007 7.6) and must never be answered: a call must not let anyone listen in. Imports
micropython, at, messages and modem_talk.
"""

import at
from micropython import const

from firmware.messages import CallRefused
from firmware.services.modem_talk import Ask

_CALL_MS = const(5000)
_CALLER_MS = const(1000)  # how long +CLIP may take after RING
_DEAF_MS = const(3000)  # a RING of a call that we have just refused


class Calls:
    """The call that rings, if one does: `due_ms` is when to refuse it, None without a call."""

    def __init__(self):
        self.due_ms = None
        self._caller = ""
        self._deaf_until_ms = 0

    def ring(self, now_ms):
        if self.due_ms is None and now_ms >= self._deaf_until_ms:
            self.due_ms = now_ms + _CALLER_MS

    def caller(self, number, now_ms):
        if now_ms >= self._deaf_until_ms:
            self._caller = number
            self.due_ms = now_ms

    def forget(self):
        self.due_ms = None
        self._caller = ""

    def refused(self, now_ms):
        """The event of the call that has been refused."""
        event = CallRefused(self._caller)
        self.forget()
        self._deaf_until_ms = now_ms + _DEAF_MS
        return event


def refuse(m):
    """End the call that rings."""
    reply = yield Ask("AT+CHUP", None, _CALL_MS)
    if reply.result != at.OK:
        yield Ask("ATH", None, _CALL_MS)
    m.events.append(m.calls.refused(m.now_ms))
