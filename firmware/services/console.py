"""The service console: bytes to lines of docs/console.md, lines to whoever obeys, answers out.

Sans-I/O but for the port that it is handed, and bounded: one line of 1024 bytes and one answer.
This stays in memory. What understands a request (firmware/console/talk.py), what carries it out
(a module for each group of commands) and what words the answer (words.py) come when a line does,
one after the other, and a board without PSRAM lets go of each at once: it has room for no more.
There everything is done within one step; longer.py has the rest. Imports micropython and the
console's package.
"""

from micropython import const

from firmware import console

LINE_MAX = const(1024)  # bytes; 512 in base64, and what else a piece of a file comes with
SHORT_MAX = const(192)  # without PSRAM beside the alert core, where no file comes in
_REST_MS = const(200)  # there, between two requests: each costs some 50 ms
_BUSY = '{"v": 1, "ok": false, "error": "busy"}\n'
_NO_ROOM = '{"v": 1, "ok": false, "error": "memory"}\n'
_READ_MAX = const(64)  # bytes in a step: the button waits for them
_WRITE_MAX = const(128)  # characters in a step: 11 ms of a UART


class Console:
    """Step it while it is open.

    greets: 1 until it has said that it is there. For the commands: now_ms. out: text to be
    written. then: called once all is written. task: a generator that goes on after the answer
    and yields the ms until its next turn; None.
    """

    locked = 0  # 1: it says nothing, and listens to a greeting only
    field = 0
    keeps = 0  # 1: modules stay in memory while it is open
    challenge = script = None

    def __init__(self, port, core):
        """core: core.Core, or bare.Bare on a device without configuration."""
        self.port, self.core = port, core
        self.now_ms = 0
        self.then = self.task = None
        self.out = ""
        self.greets = 1 - self.locked
        self._tight = not self.keeps and core.config is not None
        self._line_max = SHORT_MAX if self._tight else LINE_MAX
        self._rest_ms = 0  # until when no request is taken up
        self._line = bytearray()
        self._ahead = b""  # bytes that came with the end of a line
        self._whole = self._long = 0
        self._task_ms = 0

    # -- what the application calls --------------------------------------------------------

    def step(self, now_ms):
        """Read a little, do a little, write a little; False once it is to be closed."""
        self.now_ms = now_ms
        self._read()
        if self.task is not None and now_ms >= self._task_ms:
            self._go_on_with_task()
        if not self.out:
            self._work()
        if self.out:
            self.port.write(self.out[:_WRITE_MAX])
            self.out = self.out[_WRITE_MAX:]
        elif self.then is not None:
            then, self.then = self.then, None
            then()
        return True

    def wake_ms(self, now_ms):
        """When it must be stepped though nothing comes."""
        if self.out or self.then is not None:
            return now_ms
        if self._whole or self._ahead:
            return max(now_ms, self._rest_ms)
        return None if self.task is None else self._task_ms

    def close(self):
        """Whatever goes on ends, without a word."""
        self.port.close()

    def _read(self):
        if self._tight and self.core.alert_open():
            self._forgo(self.port.read(_READ_MAX))
        elif not self._whole and self.now_ms >= self._rest_ms:
            self.feed(self.port.read(_READ_MAX - len(self._ahead)))

    def _work(self):
        try:
            if self.greets:
                self.greets = 0
                self.call("words", "ready", self)
            elif self._whole:
                if self._tight:
                    self._rest_ms = self.now_ms + _REST_MS
                wanted = self.call("talk", "understood", self, *self._taken())
                if wanted is not None:
                    self.call("words", "answer", self, *wanted)
        except MemoryError:
            self.out = _NO_ROOM

    def _go_on_with_task(self):
        try:
            self._task_ms = self.now_ms + next(self.task)
        except StopIteration:
            self.task = None

    # -- lines -----------------------------------------------------------------------------

    def feed(self, data):
        """Take bytes up to the end of a line, which is kept until its turn; the others wait."""
        data = self._ahead + data
        end = data.find(b"\n")
        part = data if end < 0 else data[:end]
        self._ahead = b"" if end < 0 else data[end + 1 :]
        self._whole = int(end >= 0)
        if self._long or len(self._line) + len(part) > self._line_max + 1:  # a \r too
            self._line = bytearray()
            self._long = 1
        else:
            self._line += part

    def _forgo(self, data):
        """An alert needs all the room that there is: nothing is understood now."""
        ends = b"\n" in data
        if data or self._line or self._ahead:
            self._line = bytearray()
            self._long = int(not data.endswith(b"\n"))
        self._ahead = b""
        self._whole = 0
        if ends and not self.out:
            self.out = _BUSY

    def _taken(self):
        """(the line that is whole, 1 if it was too long)."""
        line, long = self._line, self._long
        self._line = bytearray()
        self._whole = self._long = 0
        return line, long

    # -- modules ---------------------------------------------------------------------------

    def call(self, module, function, *args):
        """What a function of a module of firmware/console/ returns."""
        return console.call(self.keeps, module, function, *args)
