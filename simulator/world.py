"""The world: virtual time in integer milliseconds, and what happens in it.

Everything that takes time is an entry of one queue; entries of the same millisecond run in
the order in which they were made, so that a run depends on the scenario and the seed alone.
"""

from __future__ import annotations

import heapq
import random
from typing import Any, Callable


class Entry:
    """Something that will happen; `cancel()` it and it will not."""

    __slots__ = ("at_ms", "order", "run", "args")

    def __init__(self, at_ms: int, order: int, run: Callable[..., None], args: tuple) -> None:
        self.at_ms, self.order, self.run, self.args = at_ms, order, run, args

    def __lt__(self, other: "Entry") -> bool:
        return (self.at_ms, self.order) < (other.at_ms, other.order)

    def cancel(self) -> None:
        self.run = _nothing
        self.args = ()


def _nothing() -> None:
    pass


class World:
    """Virtual time, the queue of what will happen, seeded chance, and the event stream.

    `emit` hands each event (a dict) to every listener in `listeners`.
    """

    def __init__(self, seed: int, start_utc_s: int) -> None:
        """start_utc_s: seconds since 2000-01-01 at virtual time 0."""
        self.seed = seed
        self.start_utc_s = start_utc_s
        self.now_ms = 0
        self.listeners: list[Callable[[dict[str, Any]], None]] = []
        self._queue: list[Entry] = []
        self._order = 0
        self._seq = 0
        self._rngs: dict[str, random.Random] = {}

    def at(self, at_ms: int, run: Callable[..., None], *args: Any) -> Entry:
        """Have `run(*args)` called at at_ms (not before now)."""
        self._order += 1
        entry = Entry(max(at_ms, self.now_ms), self._order, run, args)
        heapq.heappush(self._queue, entry)
        return entry

    def after(self, delay_ms: int, run: Callable[..., None], *args: Any) -> Entry:
        """Have `run(*args)` called delay_ms from now."""
        return self.at(self.now_ms + delay_ms, run, *args)

    def rng(self, name: str) -> random.Random:
        """The generator of one model: drawing from one never shifts another."""
        if name not in self._rngs:
            self._rngs[name] = random.Random(f"{self.seed}/{name}")
        return self._rngs[name]

    def utc_s(self) -> int:
        """The true UTC, seconds since 2000-01-01."""
        return self.start_utc_s + self.now_ms // 1000

    def emit(self, ev: str, dev: str, **fields: Any) -> None:
        """Add one event of CONTRACTS.md section 3 to the stream."""
        event = {"seq": self._seq, "t": self.now_ms, "dev": dev, "ev": ev, **fields}
        self._seq += 1
        for listener in self.listeners:
            listener(event)

    def next_ms(self) -> int | None:
        """When the next entry is due; None when nothing will ever happen."""
        return self._queue[0].at_ms if self._queue else None

    def run_next(self) -> None:
        """Run the next entry, at its time; there must be one."""
        entry = heapq.heappop(self._queue)
        self.now_ms = entry.at_ms
        entry.run(*entry.args)

    def run_until(self, until_ms: int, stop: Callable[[], bool] | None = None) -> None:
        """Let time pass until until_ms, or until `stop()` holds after an entry has run."""
        while self._queue and self._queue[0].at_ms <= until_ms:
            self.run_next()
            if stop is not None and stop():
                return
        self.now_ms = max(self.now_ms, until_ms)
