"""A console on a bench of its own: a port of bytes, and a core of which little is real."""

import json

from firmware.console.longer import Longer
from firmware.services.console import Console
from firmware.supervisor import Supervisor
from firmware.trace import Trace

KEY = bytes(range(32))
DEVID = bytes(range(100, 108))
DRAWN = []  # as many as challenges of all rigs, so that no two are the same


class Port:
    """What has been typed, and what was written."""

    def __init__(self):
        self.typed = b""
        self.written = ""
        self.open = True

    def read(self, most):
        data, self.typed = self.typed[:most], self.typed[most:]
        return data

    def write(self, text):
        self.written += text

    def close(self):
        self.open = False

    def give_up(self):
        pass


class Board:
    name = "bench"
    modem_profile = "a7670e"

    def __init__(self, psram):
        self.accel = psram or None
        self.power = 1
        self.resets = 0

    def charging(self):
        return self.power

    def entropy(self, count):
        DRAWN.append(0)
        return (len(DRAWN) * 7919).to_bytes(count, "little")

    def counters(self):
        return 1, 0, (0,) * 16

    def reset_cause(self):
        return 1

    def reset(self):
        self.resets += 1

    def lengthen_watchdog(self, timeout_ms):
        pass

    def partition(self, label):
        return None


class Files:
    """Documents only."""

    def __init__(self, given):
        self.kept = {"service": KEY + DEVID} if given else {}

    def documents(self, name):
        return [self.kept[name]] if name in self.kept else []

    def commit(self, name, data):
        self.kept[name] = data
        return True

    def read(self, path, limit):
        return None

    def write(self, path, *pieces):
        return True

    def remove(self, path):
        return True


class Settings:
    def __init__(self, mode):
        self.mode = mode
        self.contacts = ()
        self.recording = 0


class Core:
    rehearsal = None
    finger = leaves = wiping = 0

    def __init__(self, mode, psram, given):
        self.board = Board(psram)
        self.files = Files(given)
        self.config = Settings(mode)
        self.trace = Trace()
        self.supervisor = Supervisor(self.trace, None, None, None)
        self.alert = False

    def alert_open(self):
        return self.alert

    def is_recording(self):
        return False

    def next_q(self):
        return None

    def kept(self, name):
        return None


class Rig:
    """`say(line)` types it and steps; returns the lines that were written since."""

    def __init__(self, mode="bench", psram=1, given=True):
        self.core = Core(mode, psram, given)
        self.port = Port()
        self.now_ms = 1000
        if psram:
            self.console = Longer(self.port, self.core, int(mode == "field"), self.now_ms)
        else:
            self.console = Console(self.port, self.core)
        self.goes_on = True
        self.lines = []
        self.run()
        self.greeting, self.lines = self.lines, []

    def run(self, ms=400):
        """Step it as the application would, for so long."""
        end_ms = self.now_ms + ms
        while self.goes_on and self.now_ms <= end_ms:
            self.goes_on = self.console.step(self.now_ms)
            due_ms = self.console.wake_ms(self.now_ms)
            again = self.port.typed or due_ms is not None and due_ms <= self.now_ms
            self.now_ms += (
                1 if again else 100 if due_ms is None else min(100, due_ms - self.now_ms)
            )
        self._gather()

    def _gather(self):
        *whole, rest = self.port.written.split("\n")
        self.port.written = rest
        self.lines += [json.loads(line) for line in whole]

    def say(self, line, ms=400):
        """line: an object, text or bytes; its end is added."""
        if isinstance(line, dict):
            line = json.dumps(line)
        if isinstance(line, str):
            line = line.encode()
        return self.type(line + b"\n", ms)

    def type(self, data, ms=400):
        self.lines = []
        self.port.typed += data
        self.run(ms)
        return self.lines
