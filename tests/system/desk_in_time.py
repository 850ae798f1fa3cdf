"""The kit at a board of the simulator, in its virtual time: neither ever waits for the other.

Kit and world take turns in two threads. While the kit reads from its port, the world goes on until
something is printed, or until the kit's patience ends by the world's clock; then the world stands
still until the kit reads again. So a hand-over of minutes takes seconds, always the same ones.
"""

import threading

TURN_S = 60  # a turn that takes longer is a fault of the test
_EVERY_MS = 10


class Desk:
    """For simulate(prepare=...): script(desk) is what happens at the desk, from at_ms on.

    url: what the kit opens. result, error: of the script.
    """

    url = "world://"

    def __init__(self, script, monkeypatch, at_ms=3000):
        self._script, self._at_ms = script, at_ms
        self.buffer = b""
        self.result = self.error = None
        self.over = False
        self._until_ms = None  # the kit waits until then
        self._kit, self._world = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._patch(monkeypatch)

    def _patch(self, monkeypatch):
        from kit import answers, birth, link, rehearsing, service

        monkeypatch.setattr(link, "_open", lambda url: Port(self))
        for module in (answers, birth, link, rehearsing, service):
            monkeypatch.setattr(module, "time", self)

    def __call__(self, stage):
        self.stage, self.world = stage, stage.world
        stage.world.listeners.append(self._heard)
        stage.world.at(self._at_ms, self._begin)

    # -- the world's side ----------------------------------------------------------------------

    def _begin(self):
        self._thread.start()
        self._turn()

    def _heard(self, event):
        if event["ev"] == "console":
            self.buffer += event["text"].encode() + b"\n"

    def _turn(self):
        """The kit's turn is over when it waits or has ended."""
        assert self._world.acquire(timeout=TURN_S), "the kit does not come back"
        if not self.over:
            self.world.after(_EVERY_MS, self._look)

    def _look(self):
        if self.buffer or self.world.now_ms >= self._until_ms:
            self._kit.release()
            self._turn()
        else:
            self.world.after(_EVERY_MS, self._look)

    # -- the kit's side ------------------------------------------------------------------------

    def _run(self):
        try:
            self.result = self._script(self)
        except BaseException as error:
            self.error = error
        self.over = True
        self._world.release()

    def wait(self, seconds):
        """Let the world go on until something is printed, for so long at most."""
        self._until_ms = self.world.now_ms + max(0, int(seconds * 1000))
        self._world.release()
        assert self._kit.acquire(timeout=TURN_S), "the world does not come back"

    def monotonic(self):
        return self.world.now_ms / 1000

    def sleep(self, seconds):
        """Whatever is printed meanwhile."""
        until_ms = self.world.now_ms + int(seconds * 1000)
        while self.world.now_ms < until_ms:
            kept, self.buffer = self.buffer, b""
            self.wait((until_ms - self.world.now_ms) / 1000)
            self.buffer = kept + self.buffer


class Port:
    """As one of pyserial's."""

    def __init__(self, desk):
        self._desk = desk
        self.timeout = None

    def write(self, data):
        self._desk.stage.board.console.type(data)

    def read(self, size):
        desk = self._desk
        if not desk.buffer and self.timeout:
            desk.wait(self.timeout)
        data, desk.buffer = desk.buffer[:size], desk.buffer[size:]
        return data

    def close(self):
        pass
