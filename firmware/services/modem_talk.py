"""Runs one conversation with the modem at a time: a script asks, the answer resumes it.

Separate from what is said (modem_*.py) and from who decides when (modem.py). A script is a
generator that yields requests and is resumed with what came of them; it reads like blocking
code and owns neither clock nor UART. Imports collections, micropython and at.
"""

from collections import namedtuple

import at
from micropython import const

# What a script may yield, and what it is resumed with:
Ask = namedtuple("Ask", "command prefix within_ms")  # at.Reply
Give = namedtuple("Give", "payload prefix within_ms")  # at.Reply; the text that a prompt wants
Say = namedtuple("Say", "data")  # None, at once: bytes that nothing answers
Pause = namedtuple("Pause", "ms")  # None, after that time
Rest = namedtuple("Rest", "ms")  # the same, but the board may sleep and a demand ends it

PROMPT = "PROMPT"  # as prefix: the command is answered with a prompt; as result: it came
NO_ANSWER = "NO_ANSWER"  # as result: nothing final came within the time

# After a line of the answer the final result follows at once; one that is lost must not hold
# everything up for the whole time that the network may take.
TAIL_MS = const(5000)
_ROUNDS_MAX = const(8)  # requests served in one step; each takes a step of its own at most


class Talk:
    """The scripts' side of the UART. `unasked(token, now_ms)` is told of everything else.

    doubt: an answer has been missed, so that a late one could be taken for the next command's.
    heard: bytes have come since it was cleared.
    """

    def __init__(self, uart, gap_ms, unasked):
        self._uart = uart
        self._gap_ms = gap_ms
        self._unasked = unasked
        self._engine = at.AtEngine()
        self._script = None
        self._request = None
        self._unsent = False
        self._due_ms = 0
        self._end_ms = 0
        self._lines = 0
        self._quiet_ms = None
        self.doubt = False
        self.heard = False

    def run(self, script, now_ms):
        """Begin a script; whatever it can do at once happens now."""
        self._script = script
        self._resume(None, now_ms)
        self._run_due(now_ms)

    def stop(self):
        """End the script where it stands."""
        if self._script is not None:
            self._script.close()
        self._script = None
        self._engine.abandon()

    def busy(self):
        return self._script is not None

    def resting(self):
        """Whether nothing is expected from the modem for now."""
        return self._script is not None and isinstance(self._request, Rest)

    def hurry(self, now_ms):
        """End a Rest."""
        if self.resting():
            self._due_ms = now_ms

    def wake_ms(self):
        """When the script goes on though nothing comes; None without a script."""
        return None if self._script is None else self._due_ms

    def bad_lines(self):
        return self._engine.bad_lines

    def step(self, now_ms):
        """Take what has come, let the script go on as far as it can."""
        data = self._uart.read()
        if data:
            self.heard = True
            for token in self._engine.feed(data):
                self._take(token, now_ms)
            if len(self._engine.lines) > self._lines:
                self._lines = len(self._engine.lines)
                if self._awaits():
                    self._due_ms = min(self._end_ms, now_ms + TAIL_MS)
        self._run_due(now_ms)

    def _take(self, token, now_ms):
        if self._script is None and isinstance(token, (at.Reply, at.Prompt)):
            return  # it came in one piece with what made an end of the script
        if isinstance(token, at.Reply):
            self._quiet_ms = now_ms + self._gap_ms
            self._resume(token, now_ms)
        elif isinstance(token, at.Prompt):
            self._resume(at.Reply(PROMPT, -1, ()), now_ms)
        else:
            self._unasked(token, now_ms)

    def _awaits(self):
        return self._script is not None and not self._unsent and hasattr(self._request, "prefix")

    def _run_due(self, now_ms):
        for _ in range(_ROUNDS_MAX):
            if self._script is None or self._due_ms > now_ms:
                return
            if self._unsent:
                self._transmit(now_ms)
            elif self._awaits():
                self.doubt = True
                self._engine.abandon()
                self._resume(at.Reply(NO_ANSWER, -1, self._engine.lines), now_ms)
            else:
                self._resume(None, now_ms)

    def _resume(self, value, now_ms):
        try:
            request = self._script.send(value)
        except StopIteration:
            self._script = None
            return
        self._request = request
        self._unsent = not isinstance(request, (Pause, Rest))
        self._due_ms = now_ms
        if not self._unsent:
            self._due_ms += request.ms
        elif isinstance(request, Ask) and self._quiet_ms is not None:
            self._due_ms = max(now_ms, self._quiet_ms)

    def _transmit(self, now_ms):
        request = self._request
        self._unsent = False
        if isinstance(request, Say):
            self._uart.write(request.data)
            self._resume(None, now_ms)
            return
        if isinstance(request, Give):
            self._engine.give(request.payload, request.prefix)
            self._uart.write(request.payload.encode() + b"\x1a")
        elif request.prefix == PROMPT:
            self._engine.begin(request.command, None, True)
            self._uart.write(request.command.encode() + b"\r")
        else:
            self._engine.begin(request.command, request.prefix)
            self._uart.write(request.command.encode() + b"\r")
        self._lines = 0
        self._end_ms = self._due_ms = now_ms + request.within_ms


def values(reply):
    """The values of an answer's first line; an empty list when there is no line."""
    if reply.result != at.OK or not reply.lines:
        return []
    return at.arguments(reply.lines[0].partition(":")[2])


def name_of(command):
    """The name in a command: "+CMGF" of "AT+CMGF=0"."""
    name = command[2:]
    for mark in ("=", "?"):
        name = name.partition(mark)[0]
    return name
