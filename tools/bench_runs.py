"""What runs of scenarios cost: our share of the delay, wall time, steps, and the VM's CPU time.

Separate from tools/bench.py, which makes rows and a table of the figures found here. Wall time
and CPU time are read around the hosts and never get into a run.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, Callable, NamedTuple

from simulator.host import make_host
from simulator.run import simulate
from simulator.scenario import SHIPPED, load
from simulator.stage import ROOT, Stage
from tools.handed_over import HandedOver

MAIN_JOB = "evening_walk"
BOARD_PER_VM = 45  # DESIGN.md section 2: a board takes this many times the VM's CPU time
STEP_ENDS = ("wait", "lightsleep")
SAMPLED_EVERY = 100  # steps: the VM then collects and weighs its heap, which is not the firmware's


class Overhead(NamedTuple):
    """Of one run of the main job, all in ms."""

    ours_ms: int  # from the trigger to the last acceptance, without the radio's share
    ours_limit_ms: float
    first_ms: int  # from the trigger to the first message leaving the UART
    first_limit_ms: int


class Cost(NamedTuple):
    """Of one run of a scenario."""

    wall_s: float
    virtual_s: float
    steps: int
    heap_peak: int | None
    heap_limit: int | None


def scenarios() -> list[str]:
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def overhead(step_cost_ms: int, latency_ms: int, device: HandedOver | None = None) -> Overhead:
    """Run the main job with every message taking latency_ms on the radio.

    device: one that records meanwhile, with all that computing costs.
    """
    settings: tuple[str, ...] = (
        f"cpu.step_cost_ms={step_cost_ms}",
        f"world.network.sms_latency.fixed_ms={latency_ms}",
    )
    if device is not None:
        settings += ("device.config.recording=true",)
    image = None if device is None else device.image
    summary = simulate(load(Path(MAIN_JOB), settings), image=image).summary
    accepted = [row for row in summary["contacts"] if row["accepted_ms"] is not None]
    if len(accepted) < 5:
        raise RuntimeError(f"{settings}: only {len(accepted)} of 5 contacts were reached")
    trigger_ms, radio_ms = summary["trigger_ms"], summary["radio_ms"]
    ours_ms = summary["last_accepted_ms"] - trigger_ms - radio_ms
    first_ms = summary["first_submit_ms"] - trigger_ms
    return Overhead(ours_ms, 0.05 * radio_ms + 500, first_ms, 300)


def cost(name: str, kind: str) -> Cost:
    """Run a shipped scenario on a host and see what that took."""
    scenario = load(Path(name))
    steps = 0

    def count(op: str, args: tuple[int, ...]) -> None:
        nonlocal steps
        steps += _ends_step(op, args)

    began_s = time.perf_counter()
    stage = Stage(scenario)
    host = make_host(kind, stage.board, ROOT)
    _overhear(stage, count)
    host.run(scenario.duration_ms)
    wall_s = time.perf_counter() - began_s
    if host.exceptions:
        raise RuntimeError(f"{name}: {host.exceptions[0]}")
    fakes, heap = host.heap_fakes_bytes, getattr(host, "heap_bytes", None)
    limit = heap - fakes if heap and fakes else None
    return Cost(wall_s, scenario.duration_ms / 1000, steps, host.heap_peak_bytes, limit)


def step_ms(name: str = MAIN_JOB) -> tuple[list[float], float]:
    """Estimate what each step takes on a board, and the start before the first wait; in ms.

    The CPU time of the VM's process, so that a busy PC does not count; its fakes and the link
    are in it, so that it is rather too much.
    """
    scenario = load(Path(name))
    stage = Stage(scenario)
    host: Any = make_host("micropython", stage.board, ROOT)
    marks: list[int] = []

    def note(op: str, args: tuple[int, ...]) -> None:
        if _ends_step(op, args):
            marks.append(_cpu_ns(host.child_pid))

    _overhear(stage, note)
    host.run(scenario.duration_ms)
    spent = [(after - before) * BOARD_PER_VM / 1e6 for before, after in zip(marks, marks[1:])]
    steps = [ms for index, ms in enumerate(spent, 1) if index % SAMPLED_EVERY]
    return sorted(steps), marks[0] * BOARD_PER_VM / 1e6


def _ends_step(op: str, args: tuple[int, ...]) -> bool:
    """Whether a request of the fakes is the end of a step: a wait that is charged, or sleep."""
    return op in STEP_ENDS and (op != "wait" or args[2] == 1)


def _overhear(stage: Stage, listener: Callable[[str, tuple[int, ...]], None]) -> None:
    """Tell the listener of every request of the fakes, before the board answers."""
    answer = stage.board.call

    def call(op: str, args: tuple[int, ...], blob: bytes) -> Any:
        listener(op, args)
        return answer(op, args, blob)

    stage.board.call = call  # type: ignore[method-assign]


def _cpu_ns(process: int) -> int:
    """The CPU time of a process; wall time where the kernel does not tell that of another one."""
    try:
        return time.clock_gettime_ns(~process << 3 | 2)  # MAKE_PROCESS_CPUCLOCK of Linux
    except OSError:
        return time.perf_counter_ns()
