"""The parts inside the microcontroller that meet the world: pins and serial ports.

Separate from the board model, which owns time and power: here is what a pin or a UART does
when a level or a byte arrives. Truths kept (ESP32 technical reference and stock MicroPython):
the scheduler holds 8 soft interrupts and drops the rest; in light sleep edges are not
latched, bytes that arrive are lost and the one in progress is garbled.
"""

from __future__ import annotations

from functools import partial
from typing import Callable

from simulator.edge import BITS_PER_BYTE, Line, OpenDrain, Wire
from simulator.world import World

SCHEDULER_DEPTH = 8
RISING, FALLING = 1, 2
PULL_UP = 2
MODE_OUTPUT = 2  # the bit of an output in a pin mode
NAP_MEMORY_US = 1_000_000  # longer than a full FIFO takes at 1200 baud


class Pins:
    """All GPIOs: levels as one mask, and the soft interrupts that wait to be run."""

    def __init__(
        self, lines: dict[int, Line], inverted: set[int], asleep: Callable[[], bool]
    ) -> None:
        """inverted: outputs that a low pin turns on; their lines carry 1 for on."""
        self.lines, self._inverted, self._asleep = lines, inverted, asleep
        self._pulled_up = {gpio for gpio, line in lines.items() if isinstance(line, OpenDrain)}
        self.levels = 0
        self.edges: list[int] = []
        self.lost_edges = 0
        self._triggers: dict[int, int] = {}
        self._outputs: set[int] = set()
        self._held: set[int] = set()
        self._latched: dict[int, int] = {}
        self._astray: set[int] = set()  # inputs that the RTC has had since a light sleep
        for gpio, line in lines.items():
            self._note(gpio, self._at_pin(gpio, line.level))
            line.watch(partial(self._line_changed, gpio))

    def chip_reset(self, power_was_lost: bool) -> None:
        """Every pin is an input again and falls to its rest, but pads on hold keep theirs."""
        self.forget_interrupts()
        if power_was_lost:
            self._held.clear()
        for gpio in sorted(self._outputs - self._held):
            self._release(gpio)
        self._outputs &= self._held
        self._latched.clear()
        self._astray.clear()

    def forget_interrupts(self) -> None:
        """Soft reset: handlers are gone, levels stay."""
        self._triggers.clear()
        self.edges.clear()

    def configure(self, gpio: int, mode: int, pull: int, value: int, hold: int) -> None:
        """What MicroPython's Pin takes; -1: leave as it is."""
        if value >= 0:
            self._latched[gpio] = value
        if mode >= 0:
            (self._outputs.add if mode & MODE_OUTPUT else self._outputs.discard)(gpio)
            self._regain(gpio)
            if gpio in self._pulled_up and not mode & MODE_OUTPUT:
                self._release(gpio)
        if pull >= 0 and gpio not in self.lines and gpio not in self._outputs:
            self._note(gpio, int(bool(pull & PULL_UP)))
        if hold >= 0:
            self._held.discard(gpio)
        self._apply(gpio)
        if hold > 0:
            self._held.add(gpio)

    def set(self, gpio: int, level: int) -> None:
        self._latched[gpio] = level
        self._apply(gpio)

    def drive_duty(self, gpio: int, duty_pct: int) -> None:
        """A PWM output: the line carries the duty in percent."""
        self._outputs.add(gpio)
        self._latched[gpio] = duty_pct
        self._apply(gpio)

    def interrupt_on(self, gpio: int, trigger: int) -> None:
        """trigger: RISING | FALLING, 0 for none."""
        self._triggers[gpio] = trigger

    def fall_asleep(self, lets_go: bool) -> None:
        """lets_go: this chip releases outputs that are not on hold while it sleeps."""
        if lets_go:
            for gpio in sorted(self._outputs - self._held):
                self._release(gpio)

    def wake_up(self, wake_mask: int) -> None:
        """Drive again; pins of the wake-up mask read 0 until they are configured anew."""
        for gpio in sorted(self._outputs):
            self._apply(gpio)
        for gpio in range(wake_mask.bit_length()):
            if wake_mask >> gpio & 1:
                self._astray.add(gpio)
                self.levels &= ~(1 << gpio)

    def true_levels(self) -> int:
        """What the wake-up logic sees, also of pins that read wrong."""
        levels = self.levels
        for gpio in self._astray:
            if gpio in self.lines:
                level = self._at_pin(gpio, self.lines[gpio].level)
                levels = levels & ~(1 << gpio) | bool(level) << gpio
        return levels

    def schedule(self, number: int) -> None:
        """Queue one soft interrupt; beyond the scheduler's depth it is lost."""
        if len(self.edges) < SCHEDULER_DEPTH:
            self.edges.append(number)
        else:
            self.lost_edges += 1

    def _regain(self, gpio: int) -> None:
        if gpio in self._astray:
            self.levels = self.true_levels()
            self._astray.discard(gpio)
            for other in self._astray:
                self.levels &= ~(1 << other)

    def _apply(self, gpio: int) -> None:
        if gpio in self._outputs and gpio not in self._held:
            self._drive(gpio, self._latched.get(gpio, 0))

    def _release(self, gpio: int) -> None:
        self._drive(gpio, int(gpio in self._inverted or gpio in self._pulled_up))

    def _drive(self, gpio: int, level: int) -> None:
        if gpio in self.lines:
            self.lines[gpio].set(self._at_pin(gpio, level))
        else:
            self._changed(gpio, level)

    def _at_pin(self, gpio: int, level: int) -> int:
        return int(not level) if gpio in self._inverted else level

    def _note(self, gpio: int, level: int) -> None:
        self.levels = self.levels & ~(1 << gpio) | (bool(level) << gpio)

    def _line_changed(self, gpio: int, level: int) -> None:
        self._changed(gpio, self._at_pin(gpio, level))

    def _changed(self, gpio: int, level: int) -> None:
        if gpio in self._astray:
            return
        before = self.levels >> gpio & 1
        self._note(gpio, level)
        if bool(level) == bool(before) or self._asleep():
            return
        if self._triggers.get(gpio, 0) & (RISING if level else FALLING):
            self.schedule(gpio)


class UartPort:
    """One UART: its receive buffer, and what light sleep does to it."""

    def __init__(self, world: World, wire: Wire) -> None:
        self.world, self.wire = world, wire
        self.buffer = bytearray()
        self.limit = 0  # bytes; 0: the driver is not installed
        self.tx_limit = 256
        self.overflow = 0
        self._naps_us: list[list[int]] = []
        self._unsent = b""
        wire.board_rx = self._received

    def open(self, baud: int, rx_limit: int, tx_limit: int) -> None:
        self.wire.board_baud = baud
        self.buffer.clear()
        self.limit, self.tx_limit = rx_limit, tx_limit

    def close(self) -> None:
        self.limit = 0
        self._naps_us.clear()
        self.wire.cut_tx()
        self.buffer.clear()

    def take(self, most: int) -> bytes:
        """Remove and return up to `most` received bytes."""
        taken = bytes(self.buffer[:most])
        del self.buffer[:most]
        return taken

    def fall_asleep(self) -> None:
        self._unsent = self.wire.cut_tx()
        self._naps_us = self._naps_us[-3:]
        self._naps_us.append([self.world.now_ms * 1000, -1])

    def wake_up(self) -> None:
        self._naps_us[-1][1] = self.world.now_ms * 1000
        if self._unsent:  # the UART was held back, its FIFO kept
            self.wire.board_write(self._unsent)

    def _received(self, data: bytes) -> None:
        if not self.limit:
            return
        if self._naps_us:
            data = self._survivors(data)
            if 0 <= self._naps_us[-1][1] < self.world.now_ms * 1000 - NAP_MEMORY_US:
                self._naps_us.clear()
        room = self.limit - len(self.buffer)
        self.overflow += max(0, len(data) - room)
        self.buffer += data[: max(0, room)]

    def _survivors(self, data: bytes) -> bytes:
        """What is left of a burst that ends now, after the naps it ran into."""
        byte_us = BITS_PER_BYTE * 1_000_000 // self.wire.device_baud
        end_us = self.world.now_ms * 1000
        kept = bytearray()
        for index, byte in enumerate(data):
            last_us = end_us - (len(data) - 1 - index) * byte_us
            for down_us, up_us in self._naps_us:
                if last_us > down_us and (up_us < 0 or last_us - byte_us < up_us):
                    if 0 <= up_us < last_us:
                        kept.append(byte >> 3 | 0xE0)  # its last bits, then the idle line
                    break
            else:
                kept.append(byte)
        return bytes(kept)
