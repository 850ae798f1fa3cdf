"""What is done with the modem when there is no message to send.

Separate from modem.py because chores have an order and limits of their own: acknowledge reports,
fetch what has arrived, ask for time and cell, sweep the store. Each is short, and one at a time,
so that an alert that begins meanwhile waits for a few answers at most. Imports micropython and
the modem_*.py beside it.
"""

from micropython import const

from firmware.services import modem_net as net
from firmware.services import modem_sms as sms

_SWEEP_MS = const(300000)  # while awake; a modem that sleeps is visited more rarely
_WAIT_MS = const(10000)  # messages to send come first, but not for ever
_ARRIVALS_MAX = const(8)  # told of and not fetched; more are found by the sweep
_ACKS_MAX = const(8)


class Chores:
    """sweep_ms: when the store is swept next; set to now, it is as soon as can be."""

    def __init__(self):
        self.sweep_ms = 0
        self._arrivals = []
        self._acks = 0
        self._cell = self._time = False
        self._since_ms = None  # since when something waits

    def forget(self):
        """The modem has started anew: nothing waits for an acknowledgement any more."""
        self._acks = 0

    def ask_time(self):
        self._time = True

    def acknowledge(self):
        self._acks = min(self._acks + 1, _ACKS_MAX)

    def fetch(self, memory, index, now_ms):
        if index < 0 or len(self._arrivals) >= _ARRIVALS_MAX:
            self.sweep_ms = now_ms
        else:
            self._arrivals.append((memory, index))

    def wait(self, now_ms, ready):
        """Whether any chore is due; ready: the network has the modem."""
        due = self._acks or self._arrivals or now_ms >= self.sweep_ms
        due = bool(due or (ready and (self._time or self._cell)))
        if not due:
            self._since_ms = None
        elif self._since_ms is None:
            self._since_ms = now_ms
        return due

    def wait_too_long(self, now_ms, ready):
        return self.wait(now_ms, ready) and now_ms - self._since_ms > _WAIT_MS

    def next(self, m, ready):
        """The conversation of the most urgent chore; None when there is none."""
        self._since_ms = None
        if self._acks:
            self._acks -= 1
            return sms.acknowledge(m)
        if self._arrivals:
            memory, index = self._arrivals.pop(0)
            return sms.fetch(m, memory, index)
        if ready and self._time:
            self._time = False
            return net.learn_time(m)
        if ready and self._cell:
            self._cell = False
            return net.look(m)
        if m.now_ms >= self.sweep_ms:
            self.sweep_ms = m.now_ms + _SWEEP_MS
            self._cell = True
            return sms.sweep(m)
        return None
