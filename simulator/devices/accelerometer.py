"""The accelerometer on its board: a LIS3DH at 0x18 that feels what the body does.

It keeps its own time and is scheduled lazily: samples are taken when somebody looks, and the
world is asked to come back only for the next moment at which INT1 can change. It goes on while
the microcontroller is reset, and loses everything with the power. Must not import firmware or lib.
"""

from __future__ import annotations

from typing import Any, Callable, Protocol

from simulator.devices.lis3dh import CTRL_REG5, SELF_TEST_MG, Chip
from simulator.edge import Bus, Line
from simulator.world import Entry, World

ADDRESS = 0x18  # SA0 to GND, docs/wiring.md
BOOT_MS = 5  # after BOOT has been set
# Of samples that nobody has asked for only the last ones are taken: by then the FIFO holds
# others, and what the slowest filter knew of older ones is below one digit (64 * ln 32768).
REMEMBERED = 700

# absent, dies: nobody at the address, INT1 low, nothing kept; silent: the same, but it lives on;
# stuck: the same sample again and again, which not even the force of the self-test moves;
# garbage: bytes read are anything; bitflip: a bit in some bytes read is wrong; slow: the clock is
# stretched; bus_stuck: SDA is low until it is clocked.
FAULTS: dict[str, dict[str, int]] = {
    "absent": {},
    "silent": {},
    "stuck": {},
    "garbage": {"rate_pct": 10},
    "slow": {"ms": 5},
    "dies": {},
    "bus_stuck": {},
    "bitflip": {"per_100000": 20},
}
_LIFELESS = ("absent", "dies")


class Motion(Protocol):
    """What is felt: acceleration in the sensor's axes, milli-g."""

    def mg(self, at_ms: int, interval_ms: int) -> tuple[float, float, float]:
        """The mean over the interval that ends at at_ms."""

    def quiet_until(self, at_ms: int) -> int | None:
        """Until when it stays as it is at at_ms (at_ms: it does not); None: for ever."""

    def watch(self, run: Callable[[], None]) -> None:
        """Have run() called when what was told of the future is no longer true."""


class Still:
    """Lying on its back."""

    def mg(self, at_ms: int, interval_ms: int) -> tuple[float, float, float]:
        return 0, 0, 1000

    def quiet_until(self, at_ms: int) -> int | None:
        return None

    def watch(self, run: Callable[[], None]) -> None:
        pass


class Accelerometer:
    """`chip` is what the bus reads and writes; `taken` counts its samples."""

    def __init__(
        self,
        world: World,
        bus: Bus,
        int1: Line,
        motion: Motion | None = None,
        model: str = "lis3dh",
    ) -> None:
        self.chip = Chip(model)
        self.taken = 0
        self._world, self._bus, self._int1 = world, bus, int1
        self._motion: Motion = Still() if motion is None else motion
        self._rng = world.rng("accel-faults")
        self._faults: dict[str, dict[str, Any]] = {}
        self._register = 0
        self._due_us = 0  # of the next sample
        self._felt: tuple[float, float, float] | None = None
        self._entry: Entry | None = None
        bus.slaves[ADDRESS] = self
        self._motion.watch(self._look)

    # -- the bus ----------------------------------------------------------------------------

    @property
    def stretch_us(self) -> int:
        return self._faults.get("slow", {}).get("ms", 0) * 1000

    def listens(self) -> bool:
        return not self._suffers(*_LIFELESS, "silent")

    def written(self, data: bytes) -> None:
        """A sub-address, and what to write there."""
        self._register = data[0]
        if len(data) == 1:
            return
        self._catch_up()
        before = self.chip.rate_hz
        self.chip.write(data[0], data[1:])
        if self.chip.rate_hz != before:
            self._due_us = self._world.now_ms * 1000 + self._period_us()
        if self.chip.read(CTRL_REG5)[0] & 0x80:
            self._world.after(BOOT_MS, self.chip.booted)
        self._show()

    def read(self, count: int) -> bytes:
        self._catch_up()
        data = self.chip.read(self._register, count)
        self._show()
        if self._faults:
            data = self._spoilt(data)
        return data

    def power_lost(self) -> None:
        self.chip.power_on()
        self._register = 0
        self._show()

    # -- samples ----------------------------------------------------------------------------

    def _period_us(self) -> int:
        return 1_000_000 // self.chip.rate_hz if self.chip.rate_hz else 0

    def _catch_up(self) -> None:
        """Take the samples that are due."""
        period_us, now_us = self._period_us(), self._world.now_ms * 1000
        if not period_us or now_us < self._due_us or self._suffers(*_LIFELESS):
            return
        missed = (now_us - self._due_us) // period_us + 1 - REMEMBERED
        if missed > 0:
            self._due_us += missed * period_us
        interval_ms = max(1, period_us // 1000)
        stuck = self._felt if "stuck" in self._faults else None
        while self._due_us <= now_us:
            felt = self._motion.mg(self._due_us // 1000, interval_ms)
            self._felt = felt if stuck is None else stuck
            self.chip.tick(*self._felt)
            self.taken += 1
            self._due_us += period_us

    def _look(self) -> None:
        """The body has begun something else."""
        self._catch_up()
        self._show()

    def _show(self) -> None:
        """Drive INT1, and come back when it can change."""
        dead = not self.listens()
        self._int1.set(0 if dead else self.chip.int1)
        at_us = None if dead else self._next_us()
        at_ms = None if at_us is None else -(-at_us // 1000)
        if self._entry is not None:
            if self._entry.at_ms == at_ms:
                return
            self._entry.cancel()
        self._entry = None if at_ms is None else self._world.at(at_ms, self._due)

    def _due(self) -> None:
        self._entry = None
        self._look()

    def _next_us(self) -> int | None:
        """The next sample at which INT1 can change; None: not before something else happens."""
        period_us = self._period_us()
        if not period_us:
            return None
        patience = self.chip.patience()
        at_us = None if patience is None else self._due_us + (patience - 1) * period_us
        if not self.chip.feels or "stuck" in self._faults or at_us == self._due_us:
            return at_us
        last_ms = (self._due_us - period_us) // 1000
        quiet_ms = self._motion.quiet_until(last_ms)
        if quiet_ms is not None:
            # The first sample that ends after the quiet; a change may begin in the middle of it.
            more = max(0, quiet_ms * 1000 - self._due_us) // period_us
            moves_us = self._due_us + more * period_us
            at_us = moves_us if at_us is None else min(at_us, moves_us)
        if at_us != self._due_us:
            # Quiet has begun within the last sample: the first whole one decides.
            whole = self._motion.mg(self._due_us // 1000, max(1, period_us // 1000))
            if whole != self._felt:
                return self._due_us
        return at_us

    # -- faults -----------------------------------------------------------------------------

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        self._catch_up()
        self._faults[kind] = params
        if kind == "stuck":
            self.chip.self_test_mg = (0, 0, 0)
        if kind == "bus_stuck":
            self._bus.hold()
        if kind in _LIFELESS:
            self.power_lost()
        self._show()

    def end_fault(self, kind: str) -> None:
        self._catch_up()
        self._faults.pop(kind, None)
        if kind == "stuck":
            self.chip.self_test_mg = SELF_TEST_MG
        if kind == "bus_stuck":
            self._bus.release()
        self._show()

    def _suffers(self, *kinds: str) -> bool:
        return any(kind in self._faults for kind in kinds)

    def _spoilt(self, sound: bytes) -> bytes:
        data, rng = bytearray(sound), self._rng
        rate_pct = self._faults.get("garbage", {}).get("rate_pct", 0)
        flips = self._faults.get("bitflip", {}).get("per_100000", 0)
        for index in range(len(data)):
            if rng.randrange(100) < rate_pct:
                data[index] = rng.randrange(256)
            if rng.randrange(100_000) < flips:
                data[index] ^= 1 << rng.randrange(8)
        return bytes(data)
