"""The console of a board with PSRAM: long commands, events, and the window in the field.

Separate from services/console.py, which a board without PSRAM has room for. A long command is a
generator that yields the ms until it goes on, or a part of its answer, and returns the rest of it.
Imports micropython and its neighbours.
"""

import sys

from micropython import const

from firmware.console import Refused, forget, words
from firmware.services.console import Console

TRIES_MAX = const(3)  # to unlock it
_WINDOW_MS = const(600000)  # that it stays open in the field
_OF_CONSOLE = ("firmware.services.console", "firmware.board_console", "firmware.file_pieces")
_STALE = const(64)  # bytes; eight times that is more than a port keeps
_STALE_READS = const(8)
_TOLD_MAX = const(8)  # events that wait to be written; later ones are lost


class Longer(Console):
    """takes: functions that are told of events, (event, now_ms). rehearsal: see rehearse.py.

    until_ms: the end of the window in the field. tries: wrong answers to the challenge.
    """

    keeps = 1

    def __init__(self, port, core, locked, now_ms):
        self.locked = self.field = locked
        Console.__init__(self, port, core)
        self.tries = 0
        self.takes = []
        self.rehearsal = None
        self.now_ms = now_ms
        self.until_ms = now_ms + _WINDOW_MS
        self._told = []
        self._script_ms = self._due_in = 0
        self._head = ()
        if locked:
            for _ in range(_STALE_READS):  # what came while nobody listened
                port.read(_STALE)

    def step(self, now_ms):
        if self.field and self._over(now_ms):
            return False
        return Console.step(self, now_ms)

    def wake_ms(self, now_ms):
        if self._told:
            return now_ms
        if self.script is None or self.out or self.then is not None:
            due_ms = Console.wake_ms(self, now_ms)
        else:  # a line that waits must wait
            due_ms = None if self.task is None else self._task_ms
        times = [due_ms]
        if self.field:
            times.append(self.until_ms)
        if self.script is not None:
            times.append(self._script_ms)
        return min([t for t in times if t is not None], default=None)

    def learn(self, event, now_ms):
        """Something has happened."""
        for take in self.takes:
            take(event, now_ms)

    def close(self):
        self._end()
        if self.rehearsal is not None:
            self.rehearsal.end()
        Console.close(self)

    # -- the window in the field -----------------------------------------------------------

    def _over(self, now_ms):
        """Time is up, power is gone, or too many answers were wrong."""
        if now_ms >= self.until_ms or not self.core.board.charging():
            return True
        return self.tries >= TRIES_MAX and not self.out

    def stay(self):
        """It is made use of."""
        self.until_ms = self.now_ms + _WINDOW_MS

    def shut(self):
        if self.field:
            self.until_ms = self.now_ms

    def unlock(self):
        """The right answer has come."""
        self.locked = self.tries = 0

    # -- long commands ---------------------------------------------------------------------

    def begin(self, script, head):
        """Go on with a generator, whose value is the answer; head: of every line of it."""
        self.script, self._head = script, head
        self._script_ms = self.now_ms + self._due_in
        self._due_in = 0

    def _work(self):
        if self.script is None:
            Console._work(self)
        elif self.core.alert_open():
            words.worded(self, self._head, self._be_busy)
        elif self.now_ms >= self._script_ms:
            words.worded(self, self._head, self._slice)
        if not self.out and self._told:
            self.out = self._told.pop(0)

    def _slice(self):
        """A generator to go on with, or the answer."""
        script, self.script = self.script, None
        try:
            due = next(script)
        except StopIteration as end:
            return end.value or ()
        self.stay()
        if type(due) is tuple:
            self.out += words.line_of(("v", 1), *self._head, *due)
            due = 0
        self._due_in = due
        return script

    def _be_busy(self):
        """An alert has begun meanwhile."""
        self._end()
        raise Refused("busy")

    def _end(self):
        if self.script is not None:
            self.script.close()
            self.script = None

    def tell(self, *fields):
        """An event: pairs of name and value."""
        if not self.locked and len(self._told) < _TOLD_MAX:
            self._told.append(words.line_of(("v", 1), *fields))


def closed(core, kept):
    """The window of a device in the field is over: all of it goes. Its code takes 30 KB."""
    kept.call("close", core.trace.now_ms, None)
    core.supervisor.drop(kept)
    core.console = None
    core.board.stay_awake = 0
    for name in list(sys.modules):
        if name.startswith("firmware.console.") or name in _OF_CONSOLE:
            forget(name)
