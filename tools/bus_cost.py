"""What reading the accelerometer takes of a board, before the detector has seen a sample.

Separate from tools/detector_cost.py, which counts the detector. The time on the bus is the
simulator's of a bit-banged I2C (simulator/i2c.py); the Python of driver and service is counted
in bytecodes. Nobody has timed either on an ESP32. Imports the firmware, as CPython sees it.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, NamedTuple

from simulator.devices.lis3dh import Chip
from simulator.i2c import SOFT, I2c
from tools import command, detector_cost

command.use_firmware_here()

from firmware.drivers.lis3dh import ADDRESS, Lis3dh  # noqa: E402
from firmware.policy.motion_ring import MotionRing  # noqa: E402
from firmware.services import motion  # noqa: E402
from firmware.trace import Trace  # noqa: E402

I2C_HZ = 400_000  # firmware/board_parts.py
TIMEOUT_US = 500
RATE_HZ = 100
_PERIOD_MS = 1000 // RATE_HZ
_START_MS = 5000
_PINS = {"i2c_sda": 1, "i2c_scl": 2}
_WALK_S = 20


class Cost(NamedTuple):
    """Of one look into the FIFO, when the line tells that samples wait."""

    bus_us: float
    bytecodes: float
    samples: float
    looks: int

    @property
    def bus_share(self) -> float:
        """Of an ESP32's time, which waits for each bit."""
        return self.bus_us / self._us

    @property
    def python_share(self) -> float:
        cycles = self.bytecodes * detector_cost.BYTECODE_CYCLES
        return cycles / detector_cost.CLOCK_HZ * 1e6 / self._us

    @property
    def _us(self) -> float:
        """From one look to the next."""
        return self.samples / RATE_HZ * 1e6


class _Board:
    """Of simulator/board.py what its I2C needs: who is where, and what time is spent."""

    def __init__(self) -> None:
        self.world = None
        self.map = SimpleNamespace(pins=_PINS)
        self.pins = SimpleNamespace(configure=lambda *_: None)
        self.spent_us = 0

    def spend_us(self, us: int) -> None:
        self.spent_us += us


class _Slave:
    stretch_us = 0

    def __init__(self, chip: Chip) -> None:
        self._chip, self._register = chip, 0

    def listens(self) -> bool:
        return True

    def written(self, data: bytes) -> None:
        self._register = data[0]
        if len(data) > 1:
            self._chip.write(data[0], data[1:])

    def read(self, count: int) -> bytes:
        return self._chip.read(self._register, count)


class _SoftI2c:
    """machine.SoftI2C, as far as the driver uses it."""

    def __init__(self, board: Any, chip: Chip) -> None:
        bus: Any = SimpleNamespace(stuck=False, slaves={ADDRESS: _Slave(chip)})
        self._ports = I2c(board, bus)
        self._ports.op_i2c_open(SOFT, _PINS["i2c_sda"], _PINS["i2c_scl"], I2C_HZ, TIMEOUT_US)

    def readfrom_mem_into(self, address: int, register: int, buffer: bytearray) -> None:
        got = self._ports.op_i2c(SOFT, address, len(buffer), 1, bytes((register,)))
        assert isinstance(got, bytes)
        buffer[:] = got

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        self._ports.op_i2c(SOFT, address, 0, 0, bytes((register,)) + bytes(data))


class _Idle:
    """A detector that does nothing, so that the service alone is counted."""

    def __init__(self) -> None:
        self.ring, self.still = MotionRing(), 0

    def feed(self, samples: Any, count: int) -> None:
        self.ring.count += count

    def restart(self) -> None:
        self.ring.restart()

    def busy(self) -> bool:
        return False

    def suspended(self) -> bool:
        return False


def counted() -> Cost:
    """Walk for some seconds, and read the chip whenever its line says so."""
    chip, board, detector = Chip(), _Board(), _Idle()
    accel = Lis3dh(_SoftI2c(board, chip))
    service = motion.make(accel, detector, Trace(), lambda: chip.int1, lambda: 0, rate_hz=RATE_HZ)
    walk = detector_cost.motion("walk", _START_MS // 1000 + _WALK_S)
    looks = bytecodes = bus_us = samples = now_ms = wake_ms = 0
    for at in range(0, len(walk), 3):
        now_ms += _PERIOD_MS
        chip.tick(*((0, 0, 1000) if now_ms < _START_MS else walk[at : at + 3]))
        if not chip.int1 and now_ms < wake_ms:
            continue
        before_us, fed = board.spent_us, detector.ring.count
        spent = detector_cost.bytecodes({}, service.step, now_ms)
        wake_ms = service.wake_ms(now_ms)
        if now_ms > _START_MS:
            looks += 1
            bytecodes += spent
            bus_us += board.spent_us - before_us
            samples += detector.ring.count - fed
    return Cost(bus_us / looks, bytecodes / looks, samples / looks, looks)
