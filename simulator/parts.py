"""The parts of the microcontroller that serve requests of the fakes: each `op_NAME` is one.

Separate from the board model, which owns power and time: a part asks it to spend CPU time or to
let time pass, and is told of resets. Truths kept: DESIGN.md section 3.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Callable

from simulator.chip import Pins, UartPort
from simulator.flash import SECTOR
from simulator.world import Entry

if TYPE_CHECKING:
    from simulator.board import BoardModel

FOREVER = 1 << 62
WAKE_COST_US = 1000  # leaving light sleep, flash and clocks included
RADIO_START_US = 100_000
RTC_MEMORY_MAX = 2048  # bytes, stock sdkconfig
EXT0_WAKE, EXT1_WAKE, TIMER_WAKE = 2, 3, 4
FIFO_BYTES = 128  # of a UART, beside the driver's buffer
FULL_SCALE_UV = 3_300_000


class Part:
    """What every part has: its board, and what a reset of the chip or the interpreter does."""

    def __init__(self, board: BoardModel) -> None:
        self.board, self.world = board, board.world

    def chip_reset(self) -> None:
        """Forget everything but what the chip keeps over a reset."""

    def soft_reset(self) -> None:
        """The interpreter starts anew."""

    def power_lost(self) -> None:
        """Forget also what only power keeps."""


class LightSleep(Part):
    """Light sleep: ext0, ext1 and the timer wake it, nothing else does."""

    def chip_reset(self) -> None:
        self.asleep = False
        self._cause = 0
        self._ext0: tuple[int, int] | None = None
        self._ext1 = (0, 1)

    def op_ext0(self, gpio: int, level: int) -> None:
        self._ext0 = (gpio, level) if gpio >= 0 else None

    def op_ext1(self, mask: int, level: int) -> None:
        self._ext1 = (mask, level)

    def op_wake_cause(self) -> int:
        return self._cause

    def op_lightsleep(self, timeout_ms: int) -> int:
        """Sleep; answers the wake cause. timeout_ms 0: no timer."""
        board, ports = self.board, self.board.serial.open_ports()
        board.spend_us(board.options.step_cost_ms * 1000)
        self.world.emit("sleep", "board")
        self.asleep, self._cause = True, 0
        board.pins.fall_asleep(board.map.chip.sleep_lets_go)
        for port in ports:
            port.fall_asleep()
        board.i2s.fall_asleep()
        self.look()
        if not self._cause:
            until = self.world.now_ms + timeout_ms if timeout_ms else FOREVER
            board.pass_until(until, lambda: bool(self._cause))
        self._cause = self._cause or TIMER_WAKE
        board.spend_us(WAKE_COST_US)
        self.asleep = False
        for port in ports:
            port.wake_up()
        board.i2s.wake_up()
        board.pins.wake_up(self._ext1[0] | (1 << self._ext0[0] if self._ext0 else 0))
        self.world.emit("wake", "board", cause=self._cause)
        return self._cause

    def look(self) -> None:
        """A line has changed: see whether that wakes the chip."""
        if not self.asleep or self._cause:
            return
        levels, (mask, level) = self.board.pins.true_levels(), self._ext1
        low = ~levels & mask
        if self._ext0 and levels >> self._ext0[0] & 1 == self._ext0[1]:
            self._cause = EXT0_WAKE
        elif levels & mask if level else low:
            if level or low == mask or not self.board.map.chip.ext1_all_low:
                self._cause = EXT1_WAKE


class Watchdog(Part):
    """Once armed nothing disarms it but a reset of the chip; soft resets it survives."""

    def chip_reset(self) -> None:
        self._due_ms = FOREVER
        self._timeout_ms = 0
        self._entry: Entry | None = None

    def op_watchdog(self, timeout_ms: int) -> None:
        """Arm it, or change its time."""
        self._timeout_ms = timeout_ms
        self.op_feed()
        if self._entry is not None:
            self._entry.cancel()
        self._entry = self.world.at(self._due_ms, self._look, self.board.boots)

    def op_feed(self) -> None:
        self._due_ms = self.world.now_ms + self._timeout_ms

    def _look(self, boot: int) -> None:
        # Fed since: look again then. One entry of the world's queue serves any number of feeds.
        if boot != self.board.boots or self._due_ms == FOREVER:
            return
        if self.world.now_ms < self._due_ms:
            self._entry = self.world.at(self._due_ms, self._look, boot)
        else:
            self.board.reset("watchdog")


class Gpio(Part):
    """Pins, PWM, the ADC and soft timers."""

    def __init__(self, board: BoardModel, pins: Pins) -> None:
        super().__init__(board)
        self._pins = pins
        self._timers: dict[int, Entry] = {}

    def chip_reset(self) -> None:
        self._stop_timers()

    def soft_reset(self) -> None:
        self._pins.forget_interrupts()
        self._stop_timers()

    def _stop_timers(self) -> None:
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()

    def op_pin(self, gpio: int, mode: int, pull: int, value: int, hold: int) -> None:
        self.board.i2c.lose_pin(gpio)
        self._pins.configure(gpio, mode, pull, value, hold)

    def op_set(self, gpio: int, level: int) -> None:
        self._pins.set(gpio, level)

    def op_irq(self, gpio: int, trigger: int) -> None:
        self._pins.interrupt_on(gpio, trigger)

    def op_pwm(self, gpio: int, duty_u16: int) -> None:
        self._pins.drive_duty(gpio, (duty_u16 * 100 + 32767) // 65535)

    def op_adc(self, gpio: int) -> int:
        """The voltage at the pin in microvolts."""
        board = self.board
        if gpio == board.map.pins.get("battery"):
            times, of = board.map.divider
            return board.battery_mv * 1000 * of // times
        return (self._pins.levels >> gpio & 1) * FULL_SCALE_UV

    def op_timer(self, number: int, period_ms: int, periodic: int) -> None:
        """A soft timer; period_ms 0 stops it."""
        if number in self._timers:
            self._timers.pop(number).cancel()
        if period_ms:
            run = (self._timer_ran, number, period_ms, periodic)
            self._timers[number] = self.world.after(period_ms, *run)

    def _timer_ran(self, number: int, period_ms: int, periodic: int) -> None:
        if not self.board.sleep.asleep:
            self._pins.schedule(number)
        del self._timers[number]
        if periodic:
            self.op_timer(number, period_ms, periodic)


class Serial(Part):
    """The UARTs by their numbers, each on the wire that its pins lead to."""

    def __init__(self, board: BoardModel, sockets: dict[str, UartPort]) -> None:
        super().__init__(board)
        self._sockets = sockets
        self._ports: dict[int, UartPort] = {}

    def chip_reset(self) -> None:
        self._ports.clear()
        for port in self._sockets.values():
            port.close()

    soft_reset = chip_reset

    def open_ports(self) -> list[UartPort]:
        return list(self._ports.values())

    def watched(self, mask: int) -> list[UartPort]:
        """The ports of a mask of UART numbers."""
        return [port for number, port in self._ports.items() if mask >> number & 1]

    def received(self) -> int:
        """Bytes that wait to be read, 16 bits per UART."""
        waiting = 0
        for number, port in self._ports.items():
            waiting |= min(len(port.buffer), 0xFFFF) << 16 * number
        return waiting

    def op_uart_open(
        self, number: int, baud: int, tx: int, rx: int, rxbuf: int, txbuf: int
    ) -> None:
        self._ports.pop(number, None)
        for name, pair in self.board.map.wires.items():
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
            excess = waiting - port.tx_limit - FIFO_BYTES
            if excess > 0:
                self.board.spend_us(excess * 10_000_000 // port.wire.board_baud)
        return len(blob)

    def op_uart_idle(self, number: int) -> int:
        """1 when every byte has left."""
        port = self._ports.get(number)
        return 1 if port is None or port.wire.idle("tx") else 0


class Radio(Part):
    """The Wi-Fi radio, and the generator that is random only while it is on."""

    def chip_reset(self) -> None:
        self._on = False
        self._predictable = random.Random("the radio is off")

    def op_radio(self, on: int) -> None:
        if bool(on) != self._on:
            self.board.spend_us(RADIO_START_US if on else 0)
            self._on = bool(on)
            self.world.emit("radio", "wifi", on=int(on))

    def op_radio_use(self, blob: bytes = b"") -> None:
        """It scans, joins or sends: a thing this product never does."""
        self.world.emit("radio", "wifi", use=blob.decode())

    def op_entropy(self, count: int) -> bytes:
        rng = self.world.rng("entropy") if self._on else self._predictable
        return bytes(rng.getrandbits(8) for _ in range(count))


class Rtc(Part):
    """The real-time clock and its memory: kept over resets, lost with the power."""

    def __init__(self, board: BoardModel) -> None:
        super().__init__(board)
        self._memory = b""
        self._zero_ms = 0  # virtual time of its second 0, 2000-01-01

    def power_lost(self) -> None:
        self._memory = b""
        self._zero_ms = self.world.now_ms

    def op_clock(self) -> int:
        """Seconds since 2000-01-01."""
        return (self.world.now_ms - self._zero_ms) // 1000

    def op_clock_set(self, seconds: int) -> None:
        self._zero_ms = self.world.now_ms - seconds * 1000

    def op_rtc_memory(self) -> bytes:
        return self._memory

    def op_rtc_memory_set(self, blob: bytes = b"") -> None:
        self._memory = blob[:RTC_MEMORY_MAX]


class FlashPort(Part):
    """Flash operations in their time; a power cut, or any reset, leaves the one in progress torn.

    A chip that is not without power would finish by itself: torn is the worse case.
    """

    def op_flash_read(self, address: int, size: int) -> bytes:
        return self.board.flash.read(address, size)

    def op_flash_program(self, address: int, blob: bytes = b"") -> None:
        board = self.board
        done = self._begin("program", address, len(blob))
        if done is not None:
            board.flash.program(address, blob[:done])
            board.check()
        steps = range(0, len(blob), 32)
        self._take_time(
            -(-len(blob) // 256) * board.options.program_us,
            lambda rng: board.flash.program(address, blob[: rng.choice(steps)]),
        )
        board.flash.program(address, blob)

    def op_flash_erase(self, address: int) -> None:
        board, rng = self.board, self.world.rng("flash")
        if self._begin("erase", address, SECTOR) is not None:
            board.flash.erase_torn(address, rng)
            board.check()
        self._take_time(
            rng.randint(*board.options.erase_us),
            lambda tear: board.flash.erase_torn(address, tear),
        )
        board.flash.erase(address)

    def op_flash_sync(self, address: int) -> None:
        self._tell("sync", address, 0)
        self.world.emit("file_sync", "flash")

    def _begin(self, kind: str, address: int, size: int) -> int | None:
        """Note an operation; when the power is to be cut in it, how much of it gets done."""
        board = self.board
        self._tell(kind, address, size)
        board.block_ops += 1
        if board.cut_at_op is None or board.cut_at_op[0] != board.block_ops:
            return None
        board.power_cut(0)
        return board.cut_at_op[1]

    def _take_time(self, us: int, tear: Callable[[random.Random], None]) -> None:
        self.board.i2s.mask()
        try:
            self.board.spend_us(us)
        except BaseException:
            if self.board.reset_in_force:
                tear(self.world.rng("tear"))
            raise
        self.board.i2s.unmask()

    def _tell(self, kind: str, address: int, size: int) -> None:
        for listener in self.board.block_listeners:
            listener({"t": self.world.now_ms, "op": kind, "address": address, "len": size})
