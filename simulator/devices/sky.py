"""What a receiver makes of the sky: time to first fix, satellites, and its error.

Separate from the receiver, which owns sentences and bytes. Times to first fix are those of
the facts ("TTFF": hot 1-5 s, warm 20-28 s, cold 26-40 s under open sky, two to four times
that between houses, none indoors). The error is a first-order Gauss-Markov process, an
assumption: 60 s of correlation, a deviation per axis by class of sky.
"""

from __future__ import annotations

import math
from typing import NamedTuple

from simulator.world import World

TTFF_MS = {"hot": (1000, 5000), "warm": (20_000, 28_000), "cold": (26_000, 40_000)}
REACQUIRE_MS = (1000, 2000)  # tracking was lost for less than a minute
REACQUIRE_WITHIN_MS = 60_000
HOT_WITHIN_MS = 4 * 3_600_000  # the life of GPS ephemerides
LOST_AFTER_EPOCHS = 2
CORRELATION_S = 60


class Sky(NamedTuple):
    """acquire_pct: how fast acquisition goes on, of open sky; 0: never a fix."""

    acquire_pct: int
    sigma_m: float
    sats: tuple[int, int]
    hdop_c: tuple[int, int]
    snr_db: tuple[int, int]


SKIES = {
    "open": Sky(100, 1.8, (9, 13), (80, 120), (34, 46)),
    "street": Sky(35, 9.0, (5, 8), (180, 350), (24, 38)),
    "indoors": Sky(0, 40.0, (0, 3), (9999, 9999), (12, 22)),
    "none": Sky(0, 40.0, (0, 0), (9999, 9999), (0, 0)),
}


class Acquisition:
    """From start to fix to loss, stepped once an epoch; `fixed` says what the receiver has."""

    def __init__(self, world: World, start: str) -> None:
        self._world, self._rng = world, world.rng("gnss-sky")
        self._memory = start  # what the first start after power-on is
        self._need_ms = 0
        self._seen_ms: int | None = None
        self._lost_epochs = 0
        self.fixed = False
        self.knows_time = start != "cold"
        self.error = Error(world)

    def begin(self) -> None:
        """The receiver starts, by power or out of standby."""
        self._want(self._kind())

    def forget(self, kind: str) -> None:
        """Restart by command: hot, warm, cold."""
        self._seen_ms, self._memory = None, kind
        self.knows_time = self.knows_time and kind != "cold"
        self._want(kind)

    def _kind(self) -> str:
        if self._seen_ms is None:
            return self._memory
        return "hot" if self._world.now_ms - self._seen_ms <= HOT_WITHIN_MS else "warm"

    def _want(self, kind: str) -> None:
        self._need_ms = self._rng.randrange(*TTFF_MS[kind])
        self.fixed = False

    def epoch(self, sky: str) -> None:
        """One second has passed under this sky."""
        conditions = SKIES[sky]
        self.error.step(conditions.sigma_m)
        if self.fixed and not conditions.acquire_pct:
            self._lost_epochs += 1
            if self._lost_epochs >= LOST_AFTER_EPOCHS:
                self.fixed, self._need_ms = False, 0
            return
        self._lost_epochs = 0
        if not self.fixed:
            self._acquire(conditions)
        if self.fixed:
            self._seen_ms = self._world.now_ms

    def _acquire(self, conditions: Sky) -> None:
        if not conditions.acquire_pct:
            return
        if self._need_ms == 0:  # it was lost: how long ago decides
            away_ms = self._world.now_ms - (self._seen_ms or 0)
            short = away_ms <= REACQUIRE_WITHIN_MS
            self._need_ms = self._rng.randrange(*(REACQUIRE_MS if short else TTFF_MS["hot"]))
        self._need_ms -= 10 * conditions.acquire_pct
        if self._need_ms <= 0:
            self._need_ms, self.fixed, self.knows_time = 0, True, True
            self.error.draw()


class Error:
    """Metres to the north and east by which the receiver is wrong now."""

    def __init__(self, world: World) -> None:
        self._rng = world.rng("gnss-error")
        self._unit = [0.0, 0.0]
        self._sigma_m = SKIES["open"].sigma_m
        self.draw()

    def draw(self) -> None:
        self._unit = [self._rng.gauss(0, 1), self._rng.gauss(0, 1)]

    def step(self, sigma_m: float) -> None:
        keep = math.exp(-1 / CORRELATION_S)
        fresh = math.sqrt(1 - keep * keep)
        self._unit = [keep * axis + fresh * self._rng.gauss(0, 1) for axis in self._unit]
        self._sigma_m += (sigma_m - self._sigma_m) / 5

    def metres(self) -> tuple[float, float]:
        return self._unit[0] * self._sigma_m, self._unit[1] * self._sigma_m
