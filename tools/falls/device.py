"""One device in virtual time: the virtual chip, and the firmware's own driver, service, detector.

Separate from the trials it plays. Nothing of them is cut short: every sample goes through the
registers and the FIFO of the chip, over a bus with the calls of machine.I2C, to the service that
decides when to read, to sleep and to wake. Imports the firmware, as CPython sees it.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, Sequence

from simulator.devices.lis3dh import Chip
from tools import command
from tools.falls.pipeline import Broken

command.use_firmware_here()

from firmware import config as configuration  # noqa: E402
from firmware.drivers.lis3dh import ADDRESS, Lis3dh  # noqa: E402
from firmware.messages import FallSuspected  # noqa: E402
from firmware.motion_messages import MotionFault, Worn  # noqa: E402
from firmware.services import motion  # noqa: E402
from firmware.trace import Trace  # noqa: E402

Sample = Sequence[float]  # x, y, z in mg

_POWER_ON_MS = 1000
_READY_MAX_MS = 5000  # for identification, self-test and the first watermark
_ASLEEP_MAX_MS = 120000
_LYING_MAX_MS = 2000000
_FELT = 40  # samples before each look: more than the FIFO holds, of what is all the same
_QUIET_MS = 1500  # without a look into the FIFO: it sleeps
_ENODEV = 19


class Suspicion(NamedTuple):
    """A fall, as the service reported it; in ms of the device's own clock."""

    impact_ms: int
    decided_ms: int
    score: int


class Bus:
    """machine.I2C, as far as the driver uses it, with one chip at the other end."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip

    def readfrom_mem_into(self, address: int, register: int, buffer: bytearray) -> None:
        self._answered(address)
        buffer[:] = self._chip.read(register, len(buffer))

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        self._answered(address)
        self._chip.write(register, bytes(data))

    def _answered(self, address: int) -> None:
        if address != ADDRESS:
            raise OSError(_ENODEV)


class Device:
    """Switch it on with `start`, then `play` what it feels."""

    def __init__(self, rate_hz: int, detector: Any) -> None:
        self._chip = Chip()
        self._detector = detector
        accel = Lis3dh(Bus(self._chip))
        self._service = motion.make(
            accel, detector, Trace(), self._line, lambda: 0, rate_hz=rate_hz
        )
        self._period_ms = 1000 // rate_hz
        self._wake_ms = self._looked_ms = 0
        self._worn = 1
        self.strict = True  # a fault ends it: figures rest on every sample
        self.faults = 0
        self.next_ms = _POWER_ON_MS  # when the next sample will be felt

    def start(self, sample: Sample, asleep: bool) -> None:
        """Feel this sample for as long as it takes to get ready, or to fall asleep."""
        self._hold(sample, _READY_MAX_MS, lambda: self._detector.ring.count)
        if asleep:
            self._hold(sample, _ASLEEP_MAX_MS, lambda: self.next_ms - self._looked_ms >= _QUIET_MS)

    def lie(self, sample: Sample) -> None:
        """Asleep: lie still until it is taken for set down.

        It feels only what the chip would still know of when the service looks.
        """
        until_ms = self.next_ms + _LYING_MAX_MS
        while self._worn:
            if self.next_ms > until_ms:
                raise Broken(f"not set down after {_LYING_MAX_MS} ms")
            idle_ms = self._wake_ms - self.next_ms - _FELT * self._period_ms
            self.next_ms += max(0, idle_ms // self._period_ms * self._period_ms)
            if self.play([sample] * (_FELT + 1), [True] * (_FELT + 1)):
                raise Broken("a fall where nothing moved")

    def play(self, samples: Sequence[Sample], kept: Sequence[bool]) -> list[Suspicion]:
        """Feel one sample after another; those that are not kept never reach the chip."""
        found = []
        chip, period_ms = self._chip, self._period_ms
        for sample, passes in zip(samples, kept):
            now_ms = self.next_ms
            self.next_ms = now_ms + period_ms
            if passes:
                chip.tick(*sample)
            if chip.int1 or now_ms >= self._wake_ms:
                found += self._step(now_ms)
        return found

    def _hold(self, sample: Sample, most_ms: int, done: Any) -> None:
        until_ms = self.next_ms + most_ms
        while not done():
            if self.next_ms > until_ms:
                raise Broken(f"not ready after {most_ms} ms")
            if self.play((sample,), (True,)):
                raise Broken("a fall where nothing moved")

    def _step(self, now_ms: int) -> list[Suspicion]:
        found = []
        self._looked_ms = now_ms
        for event in self._service.step(now_ms):
            if isinstance(event, FallSuspected):
                found.append(Suspicion(event.impact_ms, now_ms, event.score))
            elif isinstance(event, MotionFault):
                if self.strict:
                    raise Broken(f"the service tells of a fault: {event.reason or 'over'}")
                self.faults += bool(event.reason)
            elif isinstance(event, Worn):
                self._worn = event.flag
        self._wake_ms = self._service.wake_ms(now_ms)
        return found

    def _line(self) -> int:
        return self._chip.int1


def config(placement: str) -> Any:
    """A configuration of the firmware with this setting, checked as on the device."""
    tree = {
        "format": 1,
        "name": "Julie",
        "contacts": [{"number": "+33 6 39 98 01 01", "roles": ["danger", "watch", "technical"]}],
        "fall_detection": True,
        "placement": placement,
    }
    made, wrong = configuration.parse(json.dumps(tree).encode())
    if made is None:
        raise Broken(wrong)
    return made
