"""How long the network takes for one submission: stated laws, whole milliseconds.

The law is an assumption, not a measurement (facts, "Observed time for one SMS"): 3-6 s for
the first of a burst and 1-3 s for the next (1.5-4 s on 2G), and once in thirty a tail of
15-40 s. Drawn as a log-normal in integers: sixteen fair coins, each of which multiplies or
divides the median by 1.08 (a sigma of about 0.3), held within the range.
"""

from __future__ import annotations

import random
from typing import NamedTuple

COINS = 16
STEP_PCT = 108
TAIL_MS = (15000, 40000)
BURST_GAP_MS = 5000  # 27.005 AT+CMMS: the link is kept for 1-5 s after the last answer


class Law(NamedTuple):
    """Range and median of the first and of the next submissions; tail in per mille."""

    first_ms: tuple[int, int, int]  # least, median, most
    next_ms: tuple[int, int, int]
    tail_permille: int


LAWS = {
    "lte": Law((3000, 4200, 6000), (1000, 1700, 3000), 30),
    "gsm": Law((3000, 4200, 6000), (1500, 2500, 4000), 40),
}


class Latency:
    """Draws the time from the 0x1A byte to the last byte of OK."""

    def __init__(self, rng: random.Random, law: str = "lte", fixed_ms: int | None = None):
        self._rng, self._law, self._fixed_ms = rng, LAWS[law], fixed_ms
        self._last_ms: int | None = None

    def draw_ms(self, now_ms: int) -> int:
        if self._fixed_ms is not None:
            return self._fixed_ms
        burst = self._last_ms is not None and now_ms - self._last_ms <= BURST_GAP_MS
        low, median, high = self._law.next_ms if burst else self._law.first_ms
        if self._rng.randrange(1000) < self._law.tail_permille:
            drawn_ms = self._rng.randrange(TAIL_MS[0], TAIL_MS[1])
        else:
            drawn_ms = min(high, max(low, self._coins(median)))
        self._last_ms = now_ms + drawn_ms
        return drawn_ms

    def _coins(self, ms: int) -> int:
        heads = self._rng.getrandbits(COINS).bit_count()
        for _ in range(abs(2 * heads - COINS)):
            ms = ms * STEP_PCT // 100 if 2 * heads > COINS else ms * 100 // STEP_PCT
        return ms
