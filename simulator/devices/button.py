"""The button: a finger on a contact that bounces.

Pressed is the high level (to 3V3, pulled down). Contacts bounce for less than 10 ms, by seed.
Must not import firmware or lib.
"""

from __future__ import annotations

from typing import Any

from simulator.edge import Line
from simulator.world import World

BOUNCE_MS = 9
BOUNCES_MAX = 3
NOISE_MS = (2, 40)

# absent, dies: the contact never closes; stuck: it stays as `level` says; garbage: it crackles.
FAULTS: dict[str, dict[str, int]] = {
    "absent": {},
    "dies": {},
    "stuck": {"level": 1},
    "garbage": {},
}


class Button:
    def __init__(self, world: World, line: Line) -> None:
        self._world, self._line = world, line
        self._rng = world.rng("button")
        self._faults: dict[str, dict[str, Any]] = {}
        self._wanted = 0
        self._free_ms = 0

    def press(self, count: int, gap_ms: int, hold_ms: int) -> None:
        self.pattern([hold_ms, *[gap_ms, hold_ms] * (count - 1)])

    def pattern(self, ms: list[int]) -> None:
        """Down, up, down...: how long each lasts; released after the last."""
        at_ms = max(self._world.now_ms, self._free_ms)
        for index, lasts_ms in enumerate(ms):
            self._world.at(at_ms, self._move, 1 - index % 2, lasts_ms)
            at_ms += lasts_ms
        self._free_ms = at_ms
        self._world.at(at_ms, self._move, 0, BOUNCE_MS + 1)

    def _move(self, level: int, lasts_ms: int) -> None:
        """The finger; the contact bounces before it follows for good."""
        if level == self._wanted:
            return
        self._wanted = level
        self._set(level)
        room_ms = min(BOUNCE_MS, lasts_ms - 1)
        bounces = self._rng.randrange(BOUNCES_MAX + 1)
        times = sorted(self._rng.randrange(1, BOUNCE_MS + 1) for _ in range(2 * bounces))
        if not times or times[-1] > room_ms:
            return
        for index, after_ms in enumerate(times):
            self._world.after(after_ms, self._set, level ^ 1 if index % 2 == 0 else level)

    def _set(self, level: int) -> None:
        if not self._faults:
            self._line.set(level)

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        self._faults[kind] = params
        if kind == "garbage":
            self._crackle()
        else:
            self._line.set(params["level"] & 1 if kind == "stuck" else 0)

    def end_fault(self, kind: str) -> None:
        self._faults.pop(kind, None)
        self._set(self._wanted)

    def _crackle(self) -> None:
        if "garbage" in self._faults:
            self._line.set(self._line.level ^ 1)
            self._world.after(self._rng.randrange(*NOISE_MS), self._crackle)
