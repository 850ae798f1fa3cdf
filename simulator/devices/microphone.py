"""The microphone: an INMP441 on the sample bus, left slot, that hears what the scene has.

From its datasheet (DS-INMP441-00, 1.1): 24 bits, most significant first, in 64 clocks a frame;
SCK from 0.5 to 3.2 MHz and WS from 7.8 to 50 kHz; no output for the first 2**18 clocks after
power, nor for 2**14 after a standby, which begins when the clocks stop; between its words the data
line is let go, and a resistor holds it low. Must not import firmware or lib.
"""

from __future__ import annotations

from array import array
from typing import Any

from simulator.edge import SampleBus
from simulator.sound.scene import Scene
from simulator.sound.synthesis import SHIFT, to_bytes
from simulator.world import World

CLOCKS = 64  # of a frame
RATES_HZ = (7813, 50_000)  # WS; 0.5 MHz of SCK are 7812.5 frames
POWER_UP_FRAMES = (1 << 18) // CLOCKS
STANDBY_FRAMES = (1 << 14) // CLOCKS
OFFSET = 1500  # of its converter: what it hears in an absolute silence
_OFFSET = OFFSET << SHIFT
_BOTTOM, _TOP = -(1 << 31), ((1 << 23) - 1) << SHIFT

# absent, dies: nothing drives the line; silent: the converter gives its offset alone; stuck: the
# same word again and again; garbage: words are anything; slow: it takes longer to start.
FAULTS: dict[str, dict[str, int]] = {
    "absent": {},
    "silent": {},
    "stuck": {},
    "garbage": {"rate_pct": 10},
    "slow": {"ms": 3000},
    "dies": {},
}


class Microphone:
    """`scene` is what it hears."""

    def __init__(self, world: World, bus: SampleBus, scene: Scene | None = None) -> None:
        self.scene = Scene(world.seed) if scene is None else scene
        self._world, self._bus = world, bus
        self._rng = world.rng("microphone-faults")
        self._faults: dict[str, dict[str, Any]] = {}
        self._rate_hz = 0
        self._clocked_ms = 0
        self._dumb_frames = POWER_UP_FRAMES  # before it speaks
        self._stuck: int | None = None
        bus.talker = self

    # -- the bus ----------------------------------------------------------------------------

    def clocked(self, rate_hz: int) -> None:
        now_ms = self._world.now_ms
        if self._rate_hz:
            passed = (now_ms - self._clocked_ms) * self._rate_hz // 1000
            self._dumb_frames = max(self._dumb_frames - passed, 0)
        self._rate_hz, self._clocked_ms = rate_hz, now_ms
        if not rate_hz:
            self._dumb_frames = max(self._dumb_frames, STANDBY_FRAMES)

    def words(self, first: int, count: int, rate_hz: int) -> bytes:
        spoken = self._spoken(first, count, rate_hz)
        if not spoken:
            return bytes(4 * count)
        heard = self.scene.samples(first + count - spoken, spoken, rate_hz)
        heard = array("i", [max(_BOTTOM, min(_TOP, word + _OFFSET)) for word in heard])
        if self._faults:
            self._spoil(heard)
        return bytes(4 * (count - spoken)) + to_bytes(heard)

    def power_lost(self) -> None:
        self._rate_hz, self._dumb_frames = 0, POWER_UP_FRAMES

    def _spoken(self, first: int, count: int, rate_hz: int) -> int:
        """How many of these frames, the last ones, it fills."""
        if not RATES_HZ[0] <= rate_hz <= RATES_HZ[1] or self._suffers("absent", "dies"):
            return 0
        dumb_ms = self._faults.get("slow", {}).get("ms", 0)
        begins = (self._clocked_ms + dumb_ms) * rate_hz // 1000 + self._dumb_frames
        return max(0, min(count, first + count - begins))

    # -- faults -----------------------------------------------------------------------------

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        self._bus.settle()
        self._faults[kind] = params

    def end_fault(self, kind: str) -> None:
        self._bus.settle()
        self._faults.pop(kind, None)
        if kind == "stuck":
            self._stuck = None
        if kind in ("absent", "dies"):
            self._dumb_frames = POWER_UP_FRAMES
            self._clocked_ms = self._world.now_ms

    def _suffers(self, *kinds: str) -> bool:
        return any(kind in self._faults for kind in kinds)

    def _spoil(self, sound: array) -> None:
        rng = self._rng
        if "silent" in self._faults:
            sound[:] = array("i", [_OFFSET + (rng.getrandbits(1) << SHIFT) for _ in sound])
        if "stuck" in self._faults:
            self._stuck = sound[0] if self._stuck is None else self._stuck
            sound[:] = array("i", [self._stuck]) * len(sound)
        rate_pct = self._faults.get("garbage", {}).get("rate_pct", 0)
        for at in range(len(sound) if rate_pct else 0):
            if rng.randrange(100) < rate_pct:
                sound[at] = rng.randrange(-(1 << 23), 1 << 23) << SHIFT
