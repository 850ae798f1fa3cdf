"""What the detector of falls takes of a board: time, operation by operation, and memory.

Separate from tools/bench.py, which makes rows of it. Nobody has timed it on an ESP32. So what its
viper does for a sample and for a decision is counted from the sources, at so many cycles each;
and the VM is timed with viper and, from the same sources, without. Both hear two minutes of the
simulator's walking. Imports the firmware, as CPython sees it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from array import array
from collections import Counter
from pathlib import Path
from random import Random
from types import FrameType
from typing import Any, Callable, NamedTuple

from simulator.motion.body import Body
from tools import command, viper

command.use_firmware_here()

from firmware.policy import fall_features, fall_model, fall_trunk, falls  # noqa: E402

CLOCK_HZ = 240_000_000
RATE_HZ = 100
BATCH = 20  # samples of a watermark
# The ESP32's code of these functions has 4.0 to 4.6 bytes an operation: at 2.4 bytes (95 bytes
# were 35 to 40 instructions) up to 1.9 instructions; native code runs from internal RAM, at some
# 1.6 cycles an instruction. That is 3; taken are 4. A division is a call of the runtime.
OPERATION_CYCLES = 4
DIVISION_CYCLES = 60
# The VM takes some 5 ns for one on a PC, a board 45 times as long (25 to 67): 30 to 80 cycles.
BYTECODE_CYCLES = 80
# falls.py: of three decisions the last comes at least 440 samples after the first.
DECISIONS_PER_SAMPLE = 2 / 440
SHARE_MAX = 0.01
RAM_MAX = 4096  # of the detector without the ring
_WALK_S = 120
_PROBE = viper.ROOT / "tools/detector_probe.py"
_FIRMWARE = str(viper.ROOT / "firmware")


class Count(NamedTuple):
    """Operations of viper, divisions among them, and instructions of bytecode."""

    operations: float
    divisions: float
    bytecodes: float

    def cycles(self) -> float:
        simple = self.operations - self.divisions
        return (
            simple * OPERATION_CYCLES
            + self.divisions * DIVISION_CYCLES
            + self.bytecodes * BYTECODE_CYCLES
        )


class Cost(NamedTuple):
    """Counts by what is done, and the part of an ESP32's time that they are."""

    sample: Count  # the mean of walking
    worst_sample: Count
    decision: Count
    share: float  # of walking, with the decisions there were
    worst_share: float  # of nothing but worst samples, with decisions as often as can be
    samples: int
    decisions: int


class Measured(NamedTuple):
    """On the VM; bytes are those of a board of 32 bits."""

    feed_us: float
    decision_us: float
    held_bytes: int
    garbage_bytes: int
    ring_bytes: int
    constants_bytes: int


# -- counted ---------------------------------------------------------------------------------


def counted() -> Cost:
    """Play walking and a fall to a detector whose viper functions count."""
    modules = (falls, fall_features, fall_model)
    kept = [dict(vars(module)) for module in modules]
    try:
        functions = _counting(modules)
        return _cost(functions)
    finally:
        for module, names in zip(modules, kept):
            vars(module).update(names)


def _counting(modules: tuple[Any, ...]) -> dict[str, viper.Counted]:
    """Put a counting function in place of each; returns them by name."""
    found = {}
    for module in modules:
        for one in viper.functions():
            if one.module == module.__name__:
                found[one.name] = viper.Counted(one, dict(vars(module)))
                setattr(module, one.name, found[one.name])
    return found


def _cost(functions: dict[str, viper.Counted]) -> Cost:
    scan, survey = functions["_scan"], functions["_survey"]
    detector = falls.Detector(fall_model.Model(fall_trunk.CONSTANTS))
    walk = motion("walk", _WALK_S)
    least: list[int] = []
    for at in range(0, len(walk), 3 * BATCH):
        batch = walk[at : at + 3 * BATCH]
        before = survey.calls
        spent = bytecodes(functions, detector.feed, batch, BATCH)
        if survey.calls == before:  # else a decision is in it
            least.append(spent)
    samples, decisions = len(walk) // 3, survey.calls
    glue = max(least) / BATCH
    mean = _count(scan.total, samples, glue)
    worst = mean
    for at in range(0, len(walk), 3):
        detector.feed(walk[at : at + 3], 1)
        worst = max(worst, _count(scan.last, 1, glue), key=Count.cycles)
    decision = _decision(functions, detector)
    walking = mean.cycles() + decision.cycles() * decisions / samples
    hardest = worst.cycles() + decision.cycles() * DECISIONS_PER_SAMPLE
    per_s = RATE_HZ / CLOCK_HZ
    return Cost(mean, worst, decision, walking * per_s, hardest * per_s, samples, decisions)


def _decision(functions: dict[str, viper.Counted], detector: Any) -> Count:
    """Of features and score, of an impact after which nothing moves: else there are none."""
    still = array("h", [0, 1000, 0] * BATCH)
    for _ in range(fall_features.WINDOW // BATCH):
        detector.feed(still, BATCH)
    impact = detector.ring.count - fall_features.AFTER - 20
    for one in functions.values():
        one.total.clear()

    def judge() -> None:
        detector._model.score(detector._features.of(detector.ring, impact))

    spent = bytecodes(functions, judge)
    total: Counter[str] = Counter()
    for one in functions.values():
        total += one.total
    return _count(total, 1, spent)


def _count(total: Counter[str], times: int, bytecodes: float) -> Count:
    return Count(sum(total.values()) / times, total["division"] / times, bytecodes)


def bytecodes(functions: dict[str, viper.Counted], work: Callable[..., Any], *given: Any) -> int:
    """How many instructions of Python's the firmware runs in work, without those of viper.

    CPython's, of which a piece of work takes rather more than of MicroPython's.
    """
    spent = 0

    def trace(frame: FrameType, event: str, _: Any) -> Any:
        nonlocal spent
        code = frame.f_code
        if not code.co_filename.startswith(_FIRMWARE) or code.co_name in functions:
            return None
        frame.f_trace_opcodes = True
        spent += event == "opcode"
        return trace

    kept = sys.gettrace()
    sys.settrace(trace)
    try:
        work(*given)
    finally:
        sys.settrace(kept)
    return spent


def motion(kind: str, seconds: int) -> array[int]:
    """What a chip of 100 Hz and 8 g feels of a motion of the simulator; x y z in mg."""
    body = Body(Random, kind)
    period_ms = 1000 // RATE_HZ
    found = array("h")
    for number in range(1, seconds * RATE_HZ + 1):
        felt = body.mg(number * period_ms, period_ms)
        found.extend(max(-8192, min(8191, round(value))) for value in felt)
    return found


# -- measured --------------------------------------------------------------------------------


def measured(vm: str) -> dict[str, Measured]:
    """On the VM, for a detector with viper and for one without."""
    with tempfile.TemporaryDirectory() as folder:
        samples = Path(folder) / "samples"
        samples.write_bytes(motion("walk", _WALK_S).tobytes())
        plain = viper.plain_tree(Path(folder) / "tree")
        found = {}
        for name, root in (("viper", viper.ROOT), ("bytecode", plain)):
            program = [vm, str(_PROBE), str(root), str(samples)]
            done = subprocess.run(program, capture_output=True, text=True, check=True)
            found[name] = Measured(**json.loads(done.stdout))
    return found
