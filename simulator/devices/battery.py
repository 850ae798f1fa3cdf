"""The battery: what the gauge's pin says for a charge.

The curve is that of a lithium polymer cell at rest, 20 degrees, as makers print it; it is our
assumption, not a measurement. Must not import firmware or lib.
"""

from __future__ import annotations

from typing import Any, Protocol

from simulator.world import World

# Millivolts at 0, 5, 10, 20 ... 100 percent.
CURVE = (
    (0, 3400), (5, 3550), (10, 3650), (20, 3700), (30, 3740), (40, 3770), (50, 3810), (60, 3860),
    (70, 3920), (80, 3990), (90, 4070), (100, 4160),
)  # fmt: skip
NOISE_EVERY_MS = 200

# absent, silent, dies: the gauge reads 0; stuck: it no longer follows; garbage: it reads anything;
# slow: it follows so much later.
FAULTS: dict[str, dict[str, int]] = {
    "absent": {},
    "silent": {},
    "stuck": {},
    "garbage": {},
    "slow": {"ms": 60_000},
    "dies": {},
}


class Gauge(Protocol):
    battery_mv: int


def millivolt(pct: int) -> int:
    low_pct, low_mv = CURVE[0]
    for high_pct, high_mv in CURVE:
        if pct <= high_pct:
            span = max(1, high_pct - low_pct)
            return low_mv + -(-(high_mv - low_mv) * (pct - low_pct) // span)
        low_pct, low_mv = high_pct, high_mv
    return low_mv


class Battery:
    """`board.battery_mv` is what the gauge sees."""

    def __init__(self, world: World, board: Gauge, pct: int) -> None:
        self._world, self._board, self._pct = world, board, pct
        self._rng = world.rng("battery")
        self._faults: dict[str, dict[str, Any]] = {}
        self._show()

    def charge(self, pct: int) -> None:
        self._pct = pct
        self._world.emit("state", "battery", pct=pct)
        if "slow" in self._faults:
            self._world.after(self._faults["slow"]["ms"], self._show)
        else:
            self._show()

    def _show(self) -> None:
        if any(kind in self._faults for kind in ("absent", "silent", "dies")):
            self._board.battery_mv = 0
        elif "stuck" not in self._faults and "garbage" not in self._faults:
            self._board.battery_mv = millivolt(self._pct)

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        self._faults[kind] = params
        self._show()
        if kind == "garbage":
            self._noise()

    def end_fault(self, kind: str) -> None:
        self._faults.pop(kind, None)
        self._show()

    def _noise(self) -> None:
        if "garbage" in self._faults:
            self._board.battery_mv = self._rng.randrange(6000)
            self._world.after(NOISE_EVERY_MS, self._noise)
