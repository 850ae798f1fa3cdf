"""The vibration motor: what is felt, as patterns.

Its line carries the duty in percent. Must not import firmware or lib.
"""

from __future__ import annotations

from typing import Any

from simulator.edge import Line
from simulator.world import World

FELT_MS = 10  # a motor takes longer to start: a finer difference is not felt
APART_MS = 1500  # vibrations with a longer pause between them are two patterns

SHAKES_MS = (20, 500)

# absent, silent, dies: nothing is felt; stuck: it runs all the time; garbage: it runs and stops
# as it likes; slow: it follows so much later.
FAULTS: dict[str, dict[str, int]] = {
    "absent": {},
    "silent": {},
    "stuck": {},
    "garbage": {},
    "slow": {"ms": 300},
    "dies": {},
}


class Motor:
    """`patterns()` are the vibrations so far: {t, pattern, level_pct}.

    pattern is on, off, on... in ms, to FELT_MS; level_pct is the strongest of it.
    """

    def __init__(self, world: World, line: Line) -> None:
        self._world, self._line = world, line
        self._rng = world.rng("motor")
        self._faults: dict[str, dict[str, Any]] = {}
        self._driven = line.level  # what it obeys
        self._whim = 0
        self._level = 0
        self._spans: list[list[int]] = []  # from, to, level
        line.watch(self._drive)

    def _drive(self, level: int) -> None:
        late_ms = self._faults.get("slow", {}).get("ms", 0)
        if late_ms:
            self._world.after(late_ms, self._obey, level)
        else:
            self._obey(level)

    def _obey(self, level: int) -> None:
        self._driven = level
        self._review()

    def _shake(self) -> None:
        if "garbage" in self._faults:
            self._whim = 100 - self._whim
            self._review()
            self._world.after(self._rng.randrange(*SHAKES_MS), self._shake)

    def _review(self) -> None:
        level = self._whim if "garbage" in self._faults else self._driven
        if "stuck" in self._faults:
            level = 100
        if any(kind in self._faults for kind in ("absent", "silent", "dies")):
            level = 0
        if level == self._level:
            return
        now_ms = self._world.now_ms
        if self._level:
            self._spans[-1][1] = now_ms
        if level:
            self._spans.append([now_ms, now_ms, level])
        self._level = level

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        self._faults[kind] = params
        self._review()
        if kind == "garbage":
            self._shake()

    def end_fault(self, kind: str) -> None:
        self._faults.pop(kind, None)
        self._driven = self._line.level
        self._review()

    def patterns(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        last_ms = None
        for start_ms, end_ms, level in self._spans:
            if self._level and [start_ms, end_ms, level] == self._spans[-1]:
                end_ms = self._world.now_ms
            if end_ms == start_ms:
                continue
            if last_ms is not None and start_ms - last_ms <= APART_MS:
                pattern = found[-1]["pattern"]
                if start_ms > last_ms:
                    pattern += [start_ms - last_ms, end_ms - start_ms]
                else:  # the level changed without a pause
                    pattern[-1] += end_ms - start_ms
                found[-1]["level_pct"] = max(level, found[-1]["level_pct"])
            else:
                entry = {"t": start_ms, "pattern": [end_ms - start_ms], "level_pct": level}
                found.append(entry)
            last_ms = end_ms
        for row in found:
            row["pattern"] = [(ms + FELT_MS // 2) // FELT_MS * FELT_MS for ms in row["pattern"]]
        return found
