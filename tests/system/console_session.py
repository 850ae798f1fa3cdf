"""A computer at the console of a virtual board: it asks, and waits for each answer."""

import json
from dataclasses import replace

from simulator.run import simulate
from simulator.scenario import load


class Session:
    """`script(session)` is a generator: it yields a request (a dict, a str or bytes as it is), or
    the ms to wait; of a request it is given the answer, whose parts are in `parts`.

    told: events of the console, in order. lines: everything that it printed.
    """

    def __init__(self, script, at_ms=3000):
        self._script = script
        self._at_ms = at_ms
        self._console = None
        self._awaits = None
        self._number = 0
        self.told, self.lines, self.parts = [], [], []
        self.answers = []
        self.over = False

    def __call__(self, stage):
        self.stage = stage
        self.world = stage.world
        self._console = stage.board.console
        stage.world.listeners.append(self._heard)
        self._running = self._script(self)
        stage.world.at(self._at_ms, self._go_on, None)

    def _go_on(self, answer):
        try:
            wanted = self._running.send(answer)
        except StopIteration:
            self.over = True
            return
        if isinstance(wanted, int):
            self.world.after(wanted, self._go_on, None)
            return
        if isinstance(wanted, dict):
            self._number += 1
            wanted = {"id": self._number, **wanted}
            self._awaits = wanted["id"]
            self.parts = []
            self.type(json.dumps(wanted))
            return
        self.type(wanted)
        self.world.after(1, self._go_on, None)

    def type(self, line):
        data = line if isinstance(line, bytes) else line.encode()
        self._console.type(data + b"\n")

    def _heard(self, event):
        if event["ev"] != "console":
            return
        line = json.loads(event["text"])
        self.lines.append(line)
        if "ev" in line:
            self.told.append({**line, "t": event["t"]})
        elif self._awaits is not None and line.get("id") == self._awaits:
            if "ok" in line:
                self._awaits = None
                self.answers.append(line)
                self.world.after(1, self._go_on, line)
            else:
                self.parts.append(line)


def bench(name="evening_walk", board="t_a7670x_s3", seconds=60, steps=True, **config):
    """A scenario on the bench."""
    scenario = load_with(name, {"mode": "bench", **config}, board)
    scenario = replace_in(scenario, duration_ms=seconds * 1000, expect=[])
    return scenario if steps else replace_in(scenario, steps=[])


def load_with(name, config, board="t_a7670x_s3"):
    import pathlib

    scenario = load(pathlib.Path(name), (f"device.board={board}",))
    device = replace_in(scenario.device, config={**scenario.device.config, **config})
    return replace_in(scenario, device=device)


def replace_in(it, **fields):
    return it._replace(**fields) if hasattr(it, "_replace") else replace(it, **fields)


def talk(scenario, script, host="cpython", at_ms=3000, **more):
    """Run it with a session; returns (session, result)."""
    session = Session(script, at_ms)
    result = simulate(scenario, host, prepare=session, **more)
    return session, result
