"""The board model: the microcontroller as the firmware's fake modules see it.

It owns power, virtual CPU time and resets, and serves `call(op, ...)`, the one link between
the fakes of guest/ and the world; both hosts use it, so they cannot drift. What each request
does is in parts.py. Devices meet the board only at lines and wires (edge.py).
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Callable

from simulator import pinmap
from simulator.chip import Pins, UartPort
from simulator.console import Console
from simulator.costs import Costs
from simulator.edge import Bus, Line, OpenDrain, SampleBus, Wire
from simulator.flash import Flash
from simulator.i2c import I2c
from simulator.i2s import WAIT_BIT, I2s
from simulator.parts import FOREVER, FlashPort, Gpio, LightSleep, Part, Radio, Rtc, Serial
from simulator.parts import Watchdog as WatchdogPart
from simulator.world import World

TICKS_PERIOD = 1 << 30  # of the ESP32 port's tick counters
WRAP_WITHIN_MS = 10 * 60 * 1000
SOFT_RESET_MS = 50
EDGE_BITS = 6  # one soft interrupt in the reply of a wait, as number + 1
CONSOLE_BIT = 7  # among the sources of a wait: somebody types
IDLE_HIGH = ("modem_ri",)  # lines that rest at 1 though nothing drives them

POWER_ON, HARD, WATCHDOG, DEEP_SLEEP, SOFT = 1, 2, 3, 4, 5  # machine.reset_cause()
CAUSES = {"power": POWER_ON, "brownout": POWER_ON, "software": HARD, "watchdog": WATCHDOG}


class Halt(BaseException):
    """The firmware that runs is over: reset, power lost, or the end of the run.

    Not an Exception, so that no handler of the firmware swallows it.
    """


class Hang(BaseException):
    """The firmware computes for ever: until the watchdog bites, only the world goes on."""


@dataclass
class BoardOptions:
    """What a scenario may set of the board; times in the unit of the name."""

    step_cost_ms: int = 2
    boot_ms: int = 600  # power-on to the first statement of boot.py; our estimate
    ticks_before_wrap_ms: int | None = None  # None: seeded, within WRAP_WITHIN_MS
    erase_us: tuple[int, int] = (45_000, 60_000)  # one sector, seeded between these
    program_us: int = 700  # per 256 bytes or part of them
    costs: bool = True  # whether those of costs.py are charged
    i2s_ppm: int = 0  # by which the clock of I2S is fast
    files: dict[str, bytes] = field(default_factory=dict)  # what the file system starts with
    image: bytes | None = None  # of the whole flash, from an earlier run; else it is blank


class BoardModel:
    """One board in one world; a host (host.py) makes firmware run on it.

    Public to the world: line, wire, bus, reset, power_cut, battery_mv, flash, block_listeners
    (each called with {t, op, address, len}), block_ops (programs and erases so far), cut_at_op.
    """

    def __init__(
        self, world: World, board: str, root: Path, options: BoardOptions | None = None
    ) -> None:
        """board: one of wiring.py; its partition table is of root/firmware/boards."""
        self.world, self.name, self.root = world, board, root
        self.options = options or BoardOptions()
        self.costs = Costs(self.options.costs)
        self.map = pinmap.read(root, board)
        self.flash = Flash(self.map.partitions)
        self.block_listeners: list[Callable[[dict[str, Any]], None]] = []
        self.cut_at_op: tuple[int, int] | None = None  # (block operation, bytes of it done)
        self.block_ops = 0
        self.battery_mv = 4000
        self.end_ms = FOREVER
        self.boots = 0
        self.calls = 0  # begun and ended, so that an odd number is one in progress
        self.hung = False
        self.reset_cause = POWER_ON
        self.console = Console(world)
        # What the console adds to a wait: whether there is something to read, and, answered by a
        # host that has a terminal, whether Ctrl-C ends it.
        self.typed: Callable[[], bool] = lambda: self.console.unread() > 0
        self.interrupted: Callable[[], bool] = lambda: False
        self._halt = ""
        self._next_cause = "power"
        self._dark_until_ms = 0
        self._connect()
        self._ops = {
            name[3:]: getattr(owner, name)
            for owner in (self, *self._parts)
            for name in dir(owner)
            if name.startswith("op_")
        }
        self._forget_state()

    def _connect(self) -> None:
        world, found = self.world, self.map
        self._lines = {role: Line(world, role, int(role in IDLE_HIGH)) for role in pinmap.ROLES}
        sda, scl = (OpenDrain(world, role) for role in pinmap.BUS)
        self._lines.update({sda.name: sda, scl.name: scl})
        self.bus = Bus(sda, scl)
        self.sample_bus = SampleBus()
        self._wires = {name: Wire(world, name, 115200) for name in pinmap.WIRES}
        by_gpio = {gpio: self._lines[role] for role, gpio in found.pins.items()}
        inverted = {found.pins[role] for role in found.active_low}
        self.sleep = LightSleep(self)
        self.pins = Pins(by_gpio, inverted, lambda: self.sleep.asleep)
        for role, line in self._lines.items():
            line.watch(partial(self._line_changed, role))
        sockets = {name: UartPort(world, wire) for name, wire in self._wires.items()}
        self.serial = Serial(self, sockets)
        self.i2c = I2c(self, self.bus)
        self.i2s = I2s(self, self.sample_bus)
        self._parts: list[Part] = [self.sleep, self.serial, self.i2c, self.i2s]
        self._parts += [Gpio(self, self.pins)]
        self._parts += [part(self) for part in (WatchdogPart, Radio, Rtc, FlashPort)]

    # -- what the world holds ---------------------------------------------------------------

    def line(self, role: str) -> Line:
        """The line of a role; one that this board has not leads nowhere."""
        return self._lines[role]

    def wire(self, role: str) -> Wire:
        return self._wires[role]

    def flash_has(self, label: str) -> bool:
        return any(part.label == label for part in self.flash.table)

    @property
    def rtc_memory(self) -> bytes:
        """What the firmware keeps over resets, as a bystander may read it."""
        return self._ops["rtc_memory"]()

    @property
    def reset_in_force(self) -> bool:
        """Whether a reset or a power cut is what stops the firmware, not the end of the run."""
        return self._halt in ("power", "reset")

    @property
    def is_dark(self) -> bool:
        """Whether it has lost its power."""
        return self._halt == "power"

    def reset(self, cause: str) -> None:
        """Reset the chip: "software", "watchdog" or "brownout" (reads as a power-on)."""
        self._stop("reset", cause)

    def power_cut(self, for_ms: int) -> None:
        """Take the power away now, and give it back for_ms later."""
        self._dark_until_ms = self.world.now_ms + for_ms
        for part in self._parts:
            part.power_lost()
        self._stop("power", "power")

    def _stop(self, halt: str, cause: str) -> None:
        self._halt, self._next_cause = halt, cause
        self.world.emit("reset", "board", cause=cause)

    def _line_changed(self, role: str, level: int) -> None:
        if role == "motor":
            self.world.emit("haptic", "motor", level=level)
        else:
            self.world.emit("edge", role, level=level)
        self.sleep.look()

    # -- lives of the firmware --------------------------------------------------------------

    def come_up(self) -> bool:
        """Let the board start; False when the end of the run comes first."""
        self._forget_state()
        while True:
            ready_ms = max(self.world.now_ms, self._dark_until_ms) + self.options.boot_ms
            self._halt = ""
            self.world.run_until(min(ready_ms, self.end_ms), lambda: bool(self._halt))
            if not self._halt:
                break
        if self.world.now_ms >= self.end_ms:
            return False
        self._start_counting()
        self.boots += 1
        self.world.emit("boot", "board", cause=self._next_cause)
        self.reset_cause = CAUSES[self._next_cause]
        return True

    def soft_reset(self) -> None:
        """Forget the interpreter's state, keep the chip's: pins, watchdog, RTC memory."""
        for part in self._parts:
            part.soft_reset()
        self.reset_cause = SOFT
        self.world.emit("reset", "board", cause="soft")
        self.spend_us(SOFT_RESET_MS * 1000)

    def idle(self) -> None:
        """The firmware does nothing more, at its REPL or hung: only the world goes on."""
        self.hung = False
        if not self._halt:
            self.world.run_until(self.end_ms, lambda: bool(self._halt))
        raise Halt(self._halt or "end")

    def _start_counting(self) -> None:
        before = self.options.ticks_before_wrap_ms
        if before is None:
            before = self.world.rng("ticks").randrange(WRAP_WITHIN_MS)
        self._tick_base = TICKS_PERIOD - 1 - before - self.world.now_ms

    def _forget_state(self) -> None:
        """What a reset of the chip clears."""
        self._debt_us = 0
        for part in self._parts:
            part.chip_reset()
        self.pins.chip_reset(CAUSES[self._next_cause] == POWER_ON)

    # -- the link ---------------------------------------------------------------------------

    def call(
        self, op: str, args: tuple[int, ...], blob: bytes
    ) -> tuple[int, int, int, int, bytes]:
        """One request of the fakes; answers (ticks, levels, received, value, data).

        ticks is the unwrapped tick counter in ms, levels one bit per GPIO, received 16 bits
        per UART. Raises Halt when the firmware that asked no longer runs.
        """
        self.check()
        self.calls += 1
        try:
            result = self._ops[op](*args, blob) if blob else self._ops[op](*args)
        finally:
            self.calls += 1
        ticks, received = self._tick_base + self.world.now_ms, self.serial.received()
        if isinstance(result, bytes):
            return ticks, self.pins.levels, received, 0, result
        return ticks, self.pins.levels, received, result or 0, b""

    def check(self) -> None:
        """Raise if the firmware that runs is over."""
        if self.hung:
            raise Hang
        if not self._halt and self.world.now_ms >= self.end_ms:
            self._halt = "end"
        if self._halt:
            raise Halt(self._halt)

    def pass_until(self, until_ms: int, stop: Callable[[], bool]) -> None:
        """Let time pass while the firmware waits; `stop()` ends it after any event."""
        self.world.run_until(min(until_ms, self.end_ms), lambda: bool(self._halt) or stop())
        self.check()

    @property
    def now_us(self) -> int:
        """Virtual time, with the part of a millisecond that the CPU has spent already."""
        return self.world.now_ms * 1000 + self._debt_us

    def spend_us(self, us: int) -> None:
        """The CPU is busy: the world goes on, interrupts wait."""
        self._debt_us += us
        ms, self._debt_us = divmod(self._debt_us, 1000)
        if ms:
            self.pass_until(self.world.now_ms + ms, lambda: False)

    def op_hello(self) -> bytes:
        """What the fakes must know of this board, as JSON."""
        chip = self.map.chip
        facts: dict[str, Any] = {
            "gpio": chip.gpio,
            "input_only": chip.input_only,
            "rtc": chip.rtc,
            "uarts": chip.uarts,
            "partitions": [list(part) for part in self.flash.table],
            "reset_cause": self.reset_cause,
            "step_cost_ms": self.options.step_cost_ms,
            "costs": self.costs.for_guest(),
        }
        return json.dumps(facts).encode()

    def op_reset(self) -> None:
        self.reset("software")
        self.check()

    def op_wait(self, timeout_ms: int, sources: int, charge: int) -> int:
        """Wait for a soft interrupt, something on a UART, the console or I2S, or the timeout.

        timeout_ms < 0: for ever; it counts after the CPU time of the step, which is charged
        if `charge`. Answers the soft interrupts that are due, EDGE_BITS each.
        """
        if charge:
            self.spend_us(self.options.step_cost_ms * 1000)
        watched = self.serial.watched(sources)
        samples = sources >> WAIT_BIT << WAIT_BIT
        console = sources >> CONSOLE_BIT & 1

        def stirred() -> bool:
            if self.pins.edges or any(port.buffer for port in watched):
                return True
            if console and self.typed() or self.interrupted():
                return True
            return bool(samples) and self.i2s.stirred(samples)

        if timeout_ms and not stirred():
            until = FOREVER if timeout_ms < 0 else self.world.now_ms + timeout_ms
            self.i2s.watch(samples)
            self.pass_until(until, stirred)
        return self._due_interrupts()

    def op_charge(self, us: int) -> int:
        """Spend CPU time; answers the soft interrupts that are due."""
        self.spend_us(us)
        return self._due_interrupts()

    def _due_interrupts(self) -> int:
        due = 0
        for index, number in enumerate(self.pins.edges):
            due |= number + 1 << EDGE_BITS * index
        self.pins.edges.clear()
        return due
