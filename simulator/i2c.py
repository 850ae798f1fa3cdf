"""The microcontroller's I2C: what a transfer does to the bus, and how long it takes.

Part of the board beside parts.py. Hardware ports and the bit-banged one differ where a bus is in
trouble: a hardware port gives up after its timeout, bit-banging clocks whoever holds SDA free and
takes the low line for acknowledgements (extmod/machine_i2c.c, ports/esp32/machine_i2c.c of
MicroPython 1.24).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from simulator.chip import MODE_OUTPUT
from simulator.edge import RELEASE_CLOCKS, Bus
from simulator.parts import Part

if TYPE_CHECKING:
    from simulator.board import BoardModel

ENODEV, ETIMEDOUT = 19, 116
BITS_PER_BYTE = 9  # with the acknowledgement
FRAME_BITS = 3  # start, stop and the pause between
CALL_US = 40  # of the driver, each transfer; our estimate
OPEN_DRAIN = 4 | MODE_OUTPUT | 1
SOFT = 2  # the number under which the bit-banged port goes
SOFT_BIT_US = 2  # of its instructions, beside two delays of whole microseconds; our estimate


class _Port(NamedTuple):
    pins: tuple[int, int]  # SDA, SCL
    reaches: bool  # whether the bus is where the pins are
    bit_ns: int
    timeout_us: int


class I2c(Part):
    """The ports by number; one whose pins lead elsewhere has nobody on it."""

    def __init__(self, board: BoardModel, bus: Bus) -> None:
        super().__init__(board)
        self._bus = bus
        self._wired = (board.map.pins.get("i2c_sda"), board.map.pins.get("i2c_scl"))
        self._ports: dict[int, _Port] = {}
        self._lost: set[int] = set()  # pins that have been made plain ones since

    def chip_reset(self) -> None:
        self._ports.clear()
        self._lost.clear()

    def power_lost(self) -> None:
        self._bus.power_lost()

    def lose_pin(self, gpio: int) -> None:
        """A pin is configured by itself: a port that had it no longer reaches it."""
        self._lost.add(gpio)

    def op_i2c_open(self, number: int, sda: int, scl: int, freq: int, timeout_us: int) -> None:
        bit_ns = 1_000_000_000 // freq
        if number == SOFT:
            bit_ns = (2 * max(1, 500_000 // freq) + SOFT_BIT_US) * 1000
        self._ports[number] = _Port((sda, scl), (sda, scl) == self._wired, bit_ns, timeout_us)
        self._lost -= {sda, scl}
        for gpio in (sda, scl):
            self.board.pins.configure(gpio, OPEN_DRAIN, -1, 1, -1)

    def op_i2c(
        self, number: int, address: int, count: int, reads: int, blob: bytes = b""
    ) -> int | bytes:
        """Write blob, then read count bytes if `reads`, after a repeated start.

        Answers minus the error number, or what was read, or how many bytes were acknowledged.
        """
        port, bus = self._ports[number], self._bus
        if self._lost.intersection(port.pins):
            self.board.spend_us(port.timeout_us if number != SOFT else CALL_US)
            return -ETIMEDOUT if number != SOFT else -ENODEV
        if port.reaches and bus.stuck:
            if number != SOFT:
                self.board.spend_us(port.timeout_us)
                return -ETIMEDOUT
            self._spend(port, RELEASE_CLOCKS)
            bus.release()
            return bytes(count) if reads else len(blob)
        slave = bus.slaves.get(address) if port.reaches else None
        if slave is None or not slave.listens():
            self._spend(port, BITS_PER_BYTE)
            return -ENODEV
        if slave.stretch_us > port.timeout_us:
            self.board.spend_us(port.timeout_us)
            return -ETIMEDOUT
        starts = bool(blob or not reads) + bool(reads)
        self._spend(port, BITS_PER_BYTE * (len(blob) + count + starts), slave.stretch_us, reads)
        if not slave.listens():
            return -ENODEV
        if blob:
            slave.written(blob)
        return slave.read(count) if reads else len(blob)

    def _spend(self, port: _Port, bits: int, more_us: int = 0, reads: int = 0) -> None:
        us = (bits + FRAME_BITS) * port.bit_ns // 1000
        try:
            self.board.spend_us(us + CALL_US + more_us)
        except BaseException:
            # Reset in the middle of a byte that a device sends: it waits for the rest of it.
            if reads and self.board.reset_in_force and not self.board.is_dark:
                self._bus.hold()
            raise
