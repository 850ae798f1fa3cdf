"""Expectations of a scenario, judged while it runs (CONTRACTS.md section 2).

Separate because the page will show them as they come true. Knows no device.
"""

from __future__ import annotations

import re
from typing import Any

from simulator.scenario import Expectation
from simulator.world import World


class Judge:
    """Counts events; says `expect` for each expectation at its time."""

    def __init__(self, world: World, expectations: list[Expectation]) -> None:
        self._world = world
        self._expectations = expectations
        self._counts = [0] * len(expectations)
        self._said = [False] * len(expectations)
        self._patterns = [
            {key: _pattern(value) for key, value in expected.where.items()}
            for expected in expectations
        ]
        world.listeners.append(self._heard)
        for index, expected in enumerate(expectations):
            # One ms later: what happens at by_ms itself still counts.
            world.at(expected.by_ms + 1, self._say, index)

    def _heard(self, event: dict[str, Any]) -> None:
        for index, expected in enumerate(self._expectations):
            if event["ev"] == expected.ev and event["t"] <= expected.by_ms:
                wanted = self._patterns[index].items()
                if all(key in event and p.fullmatch(str(event[key])) for key, p in wanted):
                    self._counts[index] += 1

    def held(self, index: int) -> bool:
        least = self._expectations[index].least
        return self._counts[index] >= least if least else self._counts[index] == 0

    def _say(self, index: int) -> None:
        if not self._said[index]:
            self._said[index] = True
            text, held = self._expectations[index].text, self.held(index)
            self._world.emit("expect", "judge", text=text, held=int(held))

    def close(self) -> list[dict[str, Any]]:
        """The run is over: say what has not been said, and return all of it."""
        for index in range(len(self._expectations)):
            self._say(index)
        rows = enumerate(self._expectations)
        return [{"text": expected.text, "held": self.held(index)} for index, expected in rows]


def _pattern(value: str) -> re.Pattern:
    """A value to be met; * stands for anything."""
    return re.compile(".*".join(re.escape(part) for part in value.split("*")), re.DOTALL)
