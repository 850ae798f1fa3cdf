"""The detector as the service gets it: the firmware's own, here or on the MicroPython VM.

Separate from the device, which takes whatever detects. On the VM every batch of samples is handed
over as the service would, and every answer comes back: a decision that differs would show.
"""

from __future__ import annotations

import ast
import subprocess
from array import array
from typing import Any

from tools import command
from tools.command import ROOT
from tools.falls import device
from tools.falls.pipeline import Broken

command.use_firmware_here()

from firmware.policy import falls  # noqa: E402
from firmware.policy.motion_ring import SLOTS, MotionRing  # noqa: E402

PROGRAM = ROOT / "tools/falls/on_vm.py"


def make(
    placement: str, model: Any = None, host: str = "cpython", every_score: bool = False
) -> Any:
    """A detector with this setting; model: constants in place of those that are shipped.

    every_score: every impact is a fall, whatever came before, so that all scores are heard.
    """
    config = device.config(placement)
    made = OnVm(config, model) if host == "micropython" else falls.make(config, model)
    return Outspoken(made) if every_score else made


class Outspoken:
    """Takes every impact for a fall, and goes on as if it had not; in this process only."""

    def __init__(self, detector: Any) -> None:
        self._detector = detector
        detector.threshold = -(1 << 30)

    def feed(self, samples: array[int], count: int) -> Any:
        found = self._detector.feed(samples, count)
        self._detector._mute = 0
        return found

    def __getattr__(self, name: str) -> Any:
        return getattr(self._detector, name)


class Mirror:
    """The ring of the detector on the VM, with the same samples, for the service to read."""

    def __init__(self) -> None:
        self.first = 0
        self._ring = MotionRing()
        self.read = self._ring.read

    @property
    def count(self) -> int:
        return self._ring.count

    def take(self, samples: array[int]) -> None:
        ring = self._ring
        for at in range(0, len(samples), 3):
            slot = 3 * (ring.count % SLOTS)
            ring.samples[slot : slot + 3] = samples[at : at + 3]
            ring.count += 1


class OnVm:
    """The detector's interface (firmware/policy/falls.py), answered by one on the VM."""

    _vm: subprocess.Popen[bytes] | None = None  # one for all detectors of this process

    def __init__(self, config: Any, model: Any) -> None:
        self.ring = Mirror()
        self.still = 0
        self._busy = self._suspended = False
        given = None if model is None else tuple(model)
        self._ask(repr(("make", config, given)).encode() + b"\n")

    def feed(self, samples: array[int], count: int) -> Any:
        taken = samples[: 3 * count]
        self.ring.take(taken)
        return self._ask(b'("feed", %d)\n' % count + taken.tobytes())

    def restart(self) -> None:
        self._ask(b'("restart",)\n')

    def busy(self) -> bool:
        return self._busy

    def suspended(self) -> bool:
        return self._suspended

    def _ask(self, request: bytes) -> Any:
        if OnVm._vm is None:
            OnVm._vm = subprocess.Popen(
                [command.vm(), str(PROGRAM)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
            )
        vm = OnVm._vm
        assert vm.stdin is not None and vm.stdout is not None
        vm.stdin.write(request)
        vm.stdin.flush()
        line = vm.stdout.readline()
        if not line:
            raise Broken("the detector on the VM ended")
        found, self.still, self._busy, self._suspended, first, count = ast.literal_eval(
            line.decode()
        )
        if count != self.ring.count:
            raise Broken("the detector on the VM has lost samples")
        self.ring.first = first
        return found
