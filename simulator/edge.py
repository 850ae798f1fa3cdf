"""Where the board meets its peripherals: serial wires, single lines, the I2C bus, I2S.

A device is written against these alone and never sees the board; the board model sits at the
other end of the same objects.
"""

from __future__ import annotations

import binascii
from typing import Callable, Protocol

from simulator.world import Entry, World

# The ESP32 UART hands received bytes over when its FIFO holds this many, or when the line has
# been idle for ten symbols (ESP32 technical reference, UART RXFIFO_FULL and RXFIFO_TOUT).
FIFO_FULL = 120
BITS_PER_BYTE = 10


class Line:
    """One wire with a level (0 or 1); watchers are called when it changes."""

    def __init__(self, world: World, name: str, level: int = 0) -> None:
        self.world, self.name, self.level = world, name, level
        self._watchers: list[Callable[[int], None]] = []

    def watch(self, run: Callable[[int], None]) -> None:
        self._watchers.append(run)

    def set(self, level: int) -> None:
        if level == self.level:
            return
        self.level = level
        for run in self._watchers:
            run(level)


class OpenDrain(Line):
    """A line with a pull-up: high unless the board or somebody else holds it low."""

    def __init__(self, world: World, name: str) -> None:
        super().__init__(world, name, 1)
        self._driven, self._held = 1, False

    def set(self, level: int) -> None:
        """What the board does with it."""
        self._driven = level
        super().set(int(bool(level) and not self._held))

    def hold(self, low: bool) -> None:
        """What a device does with it."""
        self._held = low
        self.set(self._driven)


class Slave(Protocol):
    """A device on an I2C bus. Every method may be called at any time of the world."""

    @property
    def stretch_us(self) -> int:
        """How long it stretches the clock in each transfer."""

    def listens(self) -> bool:
        """Whether it acknowledges its address."""

    def written(self, data: bytes) -> None: ...
    def read(self, count: int) -> bytes: ...
    def power_lost(self) -> None: ...


RELEASE_CLOCKS = 9  # of SCL, after which a device that was sending lets SDA go; UM10204 3.1.16


class Bus:
    """An I2C bus: SDA and SCL, and who answers at which address.

    A device that was cut off while it sent a zero holds SDA low, and nobody can talk, until it
    has seen its remaining clocks.
    """

    def __init__(self, sda: OpenDrain, scl: OpenDrain) -> None:
        self.slaves: dict[int, Slave] = {}
        self._sda = sda
        self._clocks_left = 0
        scl.watch(self._clocked)

    @property
    def stuck(self) -> bool:
        return self._clocks_left > 0

    def hold(self) -> None:
        """A device is in the middle of a byte, and no clock comes."""
        self._clocks_left = RELEASE_CLOCKS
        self._sda.hold(True)

    def release(self) -> None:
        self._clocks_left = 0
        self._sda.hold(False)

    def power_lost(self) -> None:
        self.release()
        for slave in self.slaves.values():
            slave.power_lost()

    def _clocked(self, level: int) -> None:
        if level and self._clocks_left:
            self._clocks_left -= 1
            if not self._clocks_left:
                self.release()


class Talker(Protocol):
    """A device that sends samples on I2S while it is clocked."""

    def clocked(self, rate_hz: int) -> None:
        """The clocks begin, at so many frames a second; 0: they have stopped."""

    def words(self, first: int, count: int, rate_hz: int) -> bytes:
        """The left slots of so many frames, 32 bits each, little endian.

        first: number of the frame since the world began, at this rate.
        """

    def power_lost(self) -> None: ...


class SampleBus:
    """An I2S bus with the board as its master; without a talker its data line rests low."""

    def __init__(self) -> None:
        self.talker: Talker | None = None
        self.settle: Callable[[], None] = lambda: None  # what was heard so far stays as it was

    def clocked(self, rate_hz: int) -> None:
        if self.talker is not None:
            self.talker.clocked(rate_hz)

    def words(self, first: int, count: int, rate_hz: int) -> bytes:
        if self.talker is None:
            return bytes(4 * count)
        return self.talker.words(first, count, rate_hz)

    def power_lost(self) -> None:
        if self.talker is not None:
            self.talker.power_lost()


class Wire:
    """A serial line between the board (`board_*`) and one device (`device_*`), byte-timed.

    device_rx(data) is called when the last byte of a burst that the board wrote has left its
    UART; board_rx(data) when a burst, at most FIFO_FULL bytes, becomes readable on the board.
    """

    def __init__(self, world: World, name: str, baud: int) -> None:
        self.world, self.name = world, name
        self.board_baud = self.device_baud = baud
        self.device_rx: Callable[[bytes], None] = lambda data: None
        self.board_rx: Callable[[bytes], None] = lambda data: None
        self.any_baud = False  # the device is a pseudo-terminal, which has no rate
        self.text_in_events = True  # False where the bytes are somebody's real recording
        self._free_us = {"tx": 0, "rx": 0}
        self._leaving: list[tuple[int, bytes, Entry]] = []  # (start_us, data, its delivery)

    def board_write(self, data: bytes) -> int:
        """The board sends; returns the virtual ms at which the last byte has left."""
        return self._carry("tx", data, self.board_baud)

    def device_write(self, data: bytes) -> int:
        """The device sends; returns the virtual ms at which the last byte has arrived."""
        end_ms = self.world.now_ms
        for start in range(0, len(data), FIFO_FULL):
            part = data[start : start + FIFO_FULL]
            end_ms = self._carry("rx", part, self.device_baud)
        return end_ms

    def cut_tx(self) -> bytes:
        """Stop the board's UART in mid-burst; what has left arrives, the rest is returned."""
        now_us = self.world.now_ms * 1000
        rest = b""
        for start_us, data, entry in self._leaving:
            if entry.at_ms > self.world.now_ms:
                entry.cancel()
                left = max(0, now_us - start_us) * self.board_baud // BITS_PER_BYTE // 1_000_000
                if left:
                    self._deliver("tx", data[:left])
                rest += data[left:]
        self._leaving.clear()
        self._free_us["tx"] = min(self._free_us["tx"], now_us)
        return rest

    def idle(self, direction: str) -> bool:
        """Whether no byte is on its way in that direction ("tx" from the board, "rx" to it)."""
        return self._free_us[direction] <= self.world.now_ms * 1000

    def _carry(self, way: str, data: bytes, baud: int) -> int:
        start_us = max(self._free_us[way], self.world.now_ms * 1000)
        self._free_us[way] = start_us + len(data) * BITS_PER_BYTE * 1_000_000 // baud
        end_ms = -(-self._free_us[way] // 1000)
        entry = self.world.at(end_ms, self._deliver, way, data)
        if way == "tx":
            self._leaving = [one for one in self._leaving if one[2].at_ms > self.world.now_ms]
            self._leaving.append((start_us, data, entry))
        return end_ms

    def _deliver(self, way: str, data: bytes) -> None:
        if self.board_baud != self.device_baud and not self.any_baud:
            data = bytes(b ^ 0x80 | 1 for b in data)  # framing at the wrong rate: rubbish
        fields = {"dir": way, "len": len(data), "crc32": binascii.crc32(data)}
        if self.text_in_events:
            fields["text"] = data.decode("latin-1")
        self.world.emit("uart", self.name, **fields)
        (self.device_rx if way == "tx" else self.board_rx)(data)
