"""The board model: the microcontroller as the firmware's fake modules see it.

It owns power, virtual CPU time and resets, and serves `call(op, ...)`, the one link between
the fakes of guest/ and the world; both hosts use it, so they cannot drift. Hardware truths
are those of DESIGN.md section 3. Devices meet it only at lines and wires (edge.py).
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Callable

from simulator import pinmap
from simulator.chip import Pins, UartPort
from simulator.edge import Line, Wire
from simulator.flash import SECTOR, Flash
from simulator.world import Entry, World

TICKS_PERIOD = 1 << 30  # ms and us tick counters of the ESP32 port
WRAP_WITHIN_MS = 10 * 60 * 1000
RTC_MEMORY_MAX = 2048  # bytes, stock sdkconfig
WAKE_COST_US = 1000  # leaving light sleep, flash and clocks included
RADIO_START_US = 100_000
SOFT_RESET_MS = 50
EDGE_BITS = 6  # one soft interrupt in the reply of a wait, as number + 1
FOREVER = 1 << 62
IDLE_HIGH = ("modem_ri",)  # lines that rest at 1 though nothing drives them

POWER_ON, HARD, WATCHDOG, DEEP_SLEEP, SOFT = 1, 2, 3, 4, 5  # machine.reset_cause()
CAUSES = {"power": POWER_ON, "brownout": POWER_ON, "software": HARD, "watchdog": WATCHDOG}
EXT0_WAKE, EXT1_WAKE, TIMER_WAKE = 2, 3, 4


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
    boot_ms: int = 600  # power-on to the first statement of boot.py, stock image
    ticks_before_wrap_ms: int | None = None  # None: seeded, within WRAP_WITHIN_MS
    erase_us: tuple[int, int] = (45_000, 60_000)  # one sector, seeded between these
    program_us: int = 700  # per 256 bytes or part of them
    files: dict[str, bytes] = field(default_factory=dict)  # what the file system starts with


class BoardModel:
    """One board in one world. `host.py` makes the firmware run on it."""

    def __init__(
        self, world: World, board: str, root: Path, options: BoardOptions | None = None
    ) -> None:
        self.world, self.name, self.root = world, board, root
        self.options = options or BoardOptions()
        self.map = pinmap.read(root, board)
        self.flash = Flash(self.map.partitions)
        self.block_listeners: list[Callable[[dict[str, Any]], None]] = []
        self.cut_at_op: tuple[int, int] | None = None  # (block operation, bytes of it done)
        self.block_ops = 0
        self.battery_mv = 4000
        self.rtc_memory = b""
        self.nvs: dict[str, Any] = {}
        self.end_ms = FOREVER
        self.boots = 0
        self.calls = 0  # begun and ended, so that an odd number is one in progress
        self.hung = False
        self._halt = ""
        self._next_cause = "power"
        self._dark_until_ms = 0
        self._lines = {role: Line(world, role, int(role in IDLE_HIGH)) for role in pinmap.ROLES}
        self._wires = {name: Wire(world, name, 115200) for name in pinmap.WIRES}
        by_gpio = {gpio: self._lines[role] for role, gpio in self.map.pins.items()}
        inverted = {self.map.pins[role] for role in self.map.constants.get("ACTIVE_LOW", ())}
        self.pins = Pins(by_gpio, inverted, lambda: self.asleep)
        for role, line in self._lines.items():
            line.watch(partial(self._line_changed, role))
        self._sockets = {name: UartPort(world, wire) for name, wire in self._wires.items()}
        self._ops = {name[3:]: getattr(self, name) for name in dir(self) if name[:3] == "op_"}
        self._rtc_base_s = 0
        self._ports: dict[int, UartPort] = {}  # open ones, by number
        self._timers: dict[int, Entry] = {}
        self._forget_state()

    # -- what the world holds ---------------------------------------------------------------

    def line(self, role: str) -> Line:
        """The line of a role; one that this board has not leads nowhere."""
        return self._lines[role]

    def wire(self, role: str) -> Wire:
        return self._wires[role]

    def flash_has(self, label: str) -> bool:
        return any(part.label == label for part in self.flash.table)

    def reset(self, cause: str) -> None:
        """Reset the chip: "software", "watchdog" or "brownout" (reads as a power-on)."""
        self._stop("reset", cause)

    def power_cut(self, for_ms: int) -> None:
        """Take the power away now, and give it back for_ms later."""
        self._dark_until_ms = self.world.now_ms + for_ms
        self.rtc_memory = b""
        self._rtc_base_s = -self._dark_until_ms // 1000
        self._stop("power", "power")

    def _stop(self, halt: str, cause: str) -> None:
        self._halt, self._next_cause = halt, cause
        self.world.emit("reset", "board", cause=cause)

    def _line_changed(self, role: str, level: int) -> None:
        if role == "motor":
            self.world.emit("haptic", "motor", level=level)
        else:
            self.world.emit("edge", role, level=level)
        if self.asleep:
            self._check_wake_pins()

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
        self.pins.forget_interrupts()
        self._close_drivers()
        self.reset_cause = SOFT
        self.world.emit("reset", "board", cause="soft")
        self._spend_us(SOFT_RESET_MS * 1000)

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
        self.asleep = False
        self.radio_on = False
        self.reset_cause = POWER_ON
        self._wake_cause = 0
        self._ext0: tuple[int, int] | None = None
        self._ext1: tuple[int, int] = (0, 1)
        self._debt_us = 0
        self._watchdog_ms = FOREVER
        self._watchdog_timeout_ms = 0
        self._false_entropy = random.Random("the radio is off")
        self._start_counting()
        self._close_drivers()
        self.pins.chip_reset(CAUSES[self._next_cause] == POWER_ON)

    def _close_drivers(self) -> None:
        self._ports.clear()
        for port in self._sockets.values():
            port.close()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    # -- the link ---------------------------------------------------------------------------

    def call(
        self, op: str, args: tuple[int, ...], blob: bytes
    ) -> tuple[int, int, int, int, bytes]:
        """One request of the fakes; answers (ticks, levels, received, value, data).

        ticks is the unwrapped tick counter in ms, levels one bit per GPIO, received 16 bits
        per UART. Raises Halt when the firmware that asked no longer runs.
        """
        self._check()
        self.calls += 1
        try:
            result = self._ops[op](*args, blob) if blob else self._ops[op](*args)
        finally:
            self.calls += 1
        received = 0
        for number, port in self._ports.items():
            received |= min(len(port.buffer), 0xFFFF) << 16 * number
        ticks = self._tick_base + self.world.now_ms
        if isinstance(result, bytes):
            return ticks, self.pins.levels, received, 0, result
        return ticks, self.pins.levels, received, result or 0, b""

    def _check(self) -> None:
        if self.hung:
            raise Hang
        if not self._halt and self.world.now_ms >= self.end_ms:
            self._halt = "end"
        if self._halt:
            raise Halt(self._halt)

    def _pass_until(self, until_ms: int, stop: Callable[[], bool]) -> None:
        self.world.run_until(min(until_ms, self.end_ms), stop)
        self._check()

    def _spend_us(self, us: int) -> None:
        """The CPU is busy: the world goes on, interrupts wait."""
        self._debt_us += us
        ms, self._debt_us = divmod(self._debt_us, 1000)
        if ms:
            self._pass_until(self.world.now_ms + ms, lambda: bool(self._halt))

    def op_hello(self) -> bytes:
        """What the fakes must know of this board, as JSON."""
        chip = self.map.chip
        table = [list(part) for part in self.flash.table]
        facts: dict[str, Any] = {"gpio": chip.gpio, "input_only": chip.input_only}
        facts.update(rtc=chip.rtc, uarts=chip.uarts, partitions=table)
        facts["reset_cause"] = self.reset_cause
        return json.dumps(facts).encode()

    def op_wait(self, timeout_ms: int, uarts: int, charge: int) -> int:
        """Wait for a soft interrupt, a byte on one of the UARTs (a mask) or the timeout.

        timeout_ms < 0: for ever; it counts after the CPU time of the step, which is charged
        if `charge`. Answers the soft interrupts that are due, EDGE_BITS each.
        """
        if charge:
            self._spend_us(self.options.step_cost_ms * 1000)
        watched = [port for number, port in self._ports.items() if uarts >> number & 1]

        def stirred() -> bool:
            return bool(self._halt or self.pins.edges or any(port.buffer for port in watched))

        if timeout_ms and not stirred():
            until = FOREVER if timeout_ms < 0 else self.world.now_ms + timeout_ms
            self._pass_until(until, stirred)
        return self._due_interrupts()

    def op_charge(self, us: int) -> int:
        """Spend CPU time; answers the soft interrupts that are due."""
        self._spend_us(us)
        return self._due_interrupts()

    def _due_interrupts(self) -> int:
        due = 0
        for index, number in enumerate(self.pins.edges):
            due |= number + 1 << EDGE_BITS * index
        self.pins.edges.clear()
        return due

    # -- light sleep ------------------------------------------------------------------------

    def op_ext0(self, gpio: int, level: int) -> None:
        self._ext0 = (gpio, level) if gpio >= 0 else None

    def op_ext1(self, mask: int, level: int) -> None:
        self._ext1 = (mask, level)

    def op_lightsleep(self, timeout_ms: int) -> int:
        """Sleep; answers the wake cause. timeout_ms 0: no timer."""
        self._spend_us(self.options.step_cost_ms * 1000)
        self.world.emit("sleep", "board")
        self.asleep, self._wake_cause = True, 0
        self.pins.fall_asleep(self.map.chip.sleep_lets_go)
        for port in self._ports.values():
            port.fall_asleep()
        self._check_wake_pins()
        if not self._wake_cause:
            until = self.world.now_ms + timeout_ms if timeout_ms else FOREVER
            self._pass_until(until, lambda: bool(self._halt or self._wake_cause))
        self._wake_cause = self._wake_cause or TIMER_WAKE
        self._spend_us(WAKE_COST_US)
        self.asleep = False
        for port in self._ports.values():
            port.wake_up()
        self.pins.wake_up(self._ext1[0] | (1 << self._ext0[0] if self._ext0 else 0))
        self.world.emit("wake", "board", cause=self._wake_cause)
        return self._wake_cause

    def _check_wake_pins(self) -> None:
        levels = self.pins.true_levels()
        mask, level = self._ext1
        if self._wake_cause:
            return
        if self._ext0 and levels >> self._ext0[0] & 1 == self._ext0[1]:
            self._wake_cause = EXT0_WAKE
        elif mask and level and levels & mask:
            self._wake_cause = EXT1_WAKE
        elif mask and not level:
            low = ~levels & mask
            if low == mask or low and not self.map.chip.ext1_all_low:
                self._wake_cause = EXT1_WAKE

    def op_wake_cause(self) -> int:
        return self._wake_cause

    # -- resets and the watchdog ------------------------------------------------------------

    def op_watchdog(self, timeout_ms: int) -> None:
        """Arm it, or change its time; nothing disarms it but a reset of the chip."""
        armed = self._watchdog_ms < FOREVER
        self._watchdog_timeout_ms = timeout_ms
        self.op_feed()
        if not armed:
            self._watch(self.boots)
        elif timeout_ms:
            self.world.at(self._watchdog_ms, self._watch_again, self.boots)

    def op_feed(self) -> None:
        self._watchdog_ms = self.world.now_ms + self._watchdog_timeout_ms

    def _watch(self, boot: int) -> None:
        self.world.at(self._watchdog_ms, self._watch_again, boot)

    def _watch_again(self, boot: int) -> None:
        if boot != self.boots or self._watchdog_ms == FOREVER or self._halt:
            return
        if self.world.now_ms >= self._watchdog_ms:
            self.reset("watchdog")
        else:
            self._watch(boot)

    def op_reset(self) -> None:
        self.reset("software")
        self._check()

    # -- pins -------------------------------------------------------------------------------

    def op_pin(self, gpio: int, mode: int, pull: int, value: int, hold: int) -> None:
        self.pins.configure(gpio, mode, pull, value, hold)

    def op_set(self, gpio: int, level: int) -> None:
        self.pins.set(gpio, level)

    def op_irq(self, gpio: int, trigger: int) -> None:
        self.pins.interrupt_on(gpio, trigger)

    def op_pwm(self, gpio: int, duty_u16: int) -> None:
        self.pins.drive_duty(gpio, (duty_u16 * 100 + 32767) // 65535)

    def op_adc(self, gpio: int) -> int:
        """The voltage at the pin in microvolts."""
        if gpio == self.map.pins.get("battery"):
            times, of = self.map.constants.get("BATTERY_DIVIDER", (1, 1))
            return self.battery_mv * 1000 * of // times
        return (self.pins.levels >> gpio & 1) * 3_300_000

    def op_timer(self, number: int, period_ms: int, periodic: int) -> None:
        """A soft timer; period_ms 0 stops it."""
        if number in self._timers:
            self._timers.pop(number).cancel()
        if period_ms:
            self._timers[number] = self.world.after(
                period_ms, self._timer_ran, number, period_ms, periodic
            )

    def _timer_ran(self, number: int, period_ms: int, periodic: int) -> None:
        if not self.asleep:
            self.pins.schedule(number)
        self._timers.pop(number, None)
        if periodic:
            self.op_timer(number, period_ms, periodic)

    # -- serial ports -----------------------------------------------------------------------

    def op_uart_open(
        self, number: int, baud: int, tx: int, rx: int, rxbuf: int, txbuf: int
    ) -> None:
        """Install the driver on the wire that leads to these pins."""
        self._ports.pop(number, None)
        for name, pair in self.map.wires.items():
            if pair == (tx, rx):
                self._ports[number] = self._sockets[name]
                self._sockets[name].open(baud, rxbuf, txbuf)

    def op_uart_close(self, number: int) -> None:
        if number in self._ports:
            self._ports.pop(number).close()

    def op_uart_read(self, number: int, most: int) -> bytes:
        return self._ports[number].take(most) if number in self._ports else b""

    def op_uart_write(self, number: int, blob: bytes = b"") -> int:
        """Queue bytes; blocks while they do not fit the driver's buffer."""
        port = self._ports.get(number)
        if port is not None and blob:
            end_ms = port.wire.board_write(blob)
            waiting = (end_ms - self.world.now_ms) * port.wire.board_baud // 10_000
            excess = waiting - port.tx_limit - 128  # the FIFO takes the rest
            if excess > 0:
                self._spend_us(excess * 10_000_000 // port.wire.board_baud)
        return len(blob)

    def op_uart_idle(self, number: int) -> int:
        """1 when every byte has left."""
        port = self._ports.get(number)
        return 1 if port is None or port.wire.idle("tx") else 0

    # -- radio, chance, clock, memory -------------------------------------------------------

    def op_radio(self, on: int) -> None:
        if bool(on) != self.radio_on:
            self._spend_us(RADIO_START_US if on else 0)
            self.radio_on = bool(on)
            self.world.emit("radio", "wifi", on=int(on))

    def op_radio_use(self, blob: bytes = b"") -> None:
        """It scans, joins or sends: a thing this product never does."""
        self.world.emit("radio", "wifi", use=blob.decode())

    def op_entropy(self, count: int) -> bytes:
        """Random bytes: different on every run of a seed only while the radio is on."""
        rng = self.world.rng("entropy") if self.radio_on else self._false_entropy
        return bytes(rng.getrandbits(8) for _ in range(count))

    def op_clock(self) -> int:
        """Seconds since 2000-01-01 of the RTC, which starts there at power-on."""
        return self._rtc_base_s + self.world.now_ms // 1000

    def op_clock_set(self, seconds: int) -> None:
        self._rtc_base_s = seconds - self.world.now_ms // 1000

    def op_rtc_memory(self) -> bytes:
        return self.rtc_memory

    def op_rtc_memory_set(self, blob: bytes = b"") -> None:
        self.rtc_memory = blob[:RTC_MEMORY_MAX]

    # -- flash ------------------------------------------------------------------------------

    def op_flash_read(self, address: int, size: int) -> bytes:
        return self.flash.read(address, size)

    def op_flash_program(self, address: int, blob: bytes = b"") -> None:
        torn = self._block_op("program", address, len(blob))
        if torn is not None:
            self.flash.program(address, blob[:torn])
            raise Halt(self._halt)
        self._flash_busy(
            -(-len(blob) // 256) * self.options.program_us,
            lambda rng: self.flash.program(address, blob[: rng.randrange(0, len(blob), 32)]),
        )
        self.flash.program(address, blob)

    def op_flash_erase(self, address: int) -> None:
        torn = self._block_op("erase", address, SECTOR)
        rng = self.world.rng("flash")
        if torn is not None:
            self.flash.erase_torn(address, rng)
            raise Halt(self._halt)
        self._flash_busy(
            rng.randint(*self.options.erase_us),
            lambda tear: self.flash.erase_torn(address, tear),
        )
        self.flash.erase(address)

    def op_flash_sync(self, address: int) -> None:
        self._tell_block("sync", address, 0)
        self.world.emit("file_sync", "flash")

    def _flash_busy(self, us: int, tear: Callable[[random.Random], None]) -> None:
        """The operation takes its time; if power goes meanwhile it is left torn."""
        try:
            self._spend_us(us)
        except Halt:
            if self._halt == "power":
                tear(self.world.rng("tear"))
            raise

    def _block_op(self, kind: str, address: int, size: int) -> int | None:
        """Note an operation; when the power is to be cut in it, how much of it gets done."""
        self._tell_block(kind, address, size)
        self.block_ops += 1
        if self.cut_at_op is None or self.cut_at_op[0] != self.block_ops:
            return None
        done = self.cut_at_op[1]
        self.power_cut(0)
        return done

    def _tell_block(self, kind: str, address: int, size: int) -> None:
        for listener in self.block_listeners:
            listener({"t": self.world.now_ms, "op": kind, "address": address, "len": size})
