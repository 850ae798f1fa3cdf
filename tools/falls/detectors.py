"""The detector as the service gets it: the firmware's own, here or on the MicroPython VM.

Separate from the device, which takes whatever detects. On the VM every batch of samples is handed
over as the service would, and every answer comes back: a decision that differs would show.
"""

from __future__ import annotations

import ast
import json
import subprocess
from array import array
from typing import Any

from tools import command
from tools.command import ROOT
from tools.falls import device
from tools.falls.pipeline import Broken

command.use_firmware_here()

from firmware.policy import falls  # noqa: E402

PROGRAM = ROOT / "tools/falls/on_vm.py"


def make(placement: str, model: Any = None, host: str = "cpython") -> Any:
    """A detector with this setting; model: constants in place of those that are shipped."""
    config = device.config(placement)
    if host == "micropython":
        return OnVm(config, model)
    return falls.make(config) if model is None else falls.make(config, model=model)


class Mirror:
    """What the service asks of the ring without its samples."""

    def __init__(self) -> None:
        self.count = self.first = 0

    def read(self, index: int, count: int, out: array[int]) -> None:
        raise NotImplementedError("the samples are on the VM")


class OnVm:
    """The detector's interface (firmware/policy/falls.py), answered by one on the VM."""

    _vm: subprocess.Popen[bytes] | None = None  # one for all detectors of this process

    def __init__(self, config: Any, model: Any) -> None:
        self.ring = Mirror()
        self.still = 0
        self._busy = self._suspended = False
        self._ask(json.dumps(["make", config, model]).encode() + b"\n")

    def feed(self, samples: array[int], count: int) -> Any:
        values = samples[: 3 * count].tobytes()
        return self._ask(b'["feed", %d]\n' % count + values)

    def restart(self) -> None:
        self._ask(b'["restart"]\n')

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
        self.ring.first, self.ring.count = first, count
        return found
