"""The campaign: one random bad evening per seed, and what must hold whatever happens.

Each seed makes a scenario of its own, as text: faults that end at a stated time, then fifteen
minutes of coverage. A seed that fails is written to a folder, from where `run` replays it.
CONTRACTS.md section 6. Knows no device.
"""

from __future__ import annotations

import multiprocessing
import random
from pathlib import Path
from typing import Any, Callable, NamedTuple

from simulator import faults, scenario
from simulator.run import Result, simulate

FORMAT = 1
CONTACTS = 5
FAULTS_END_S = 8 * 60
AFTER_S = 15 * 60
FAULTS_MAX = 3
FAULT_S = (2, 240)
FOLDER = Path("build/campaign")
# A button that does not close, or closes by itself, raises no alert to judge.
LEFT_OUT = ("button",)


class Failure(NamedTuple):
    seed: int
    invariant: str
    t: int


class Outcome(NamedTuple):
    seed: int
    faults: list[str]
    delay_ms: int | None  # trigger to the last contact's first acceptance
    failures: list[Failure]


def generate(seed: int) -> tuple[str, list[str]]:
    """The scenario of a seed, as YAML, and the names of its faults."""
    rng = random.Random(f"campaign/{seed}")
    press_s = rng.randrange(5, 120)
    names, steps = [], [f"{{at: {press_s}s, do: press, count: {rng.randrange(3, 7)}}}"]
    rows = [row for row in faults.catalogue() if row["device"] not in LEFT_OUT]
    for _ in range(rng.randrange(1, FAULTS_MAX + 1)):
        row = rng.choice(rows)
        names.append(f"{row['device']} {row['kind']}")
        at_s = rng.randrange(0, FAULTS_END_S - FAULT_S[1])
        line = f"fault {names[-1]}"
        if "for" in row["times"]:
            line += f" for={rng.randrange(*FAULT_S)}s"
        steps.append(f"{{at: {at_s}s, do: fault, line: {line}}}")
    if rng.randrange(3) == 0:
        at_s = rng.randrange(0, FAULTS_END_S - FAULT_S[1])
        steps.append(f"{{at: {at_s}s, do: network, coverage: none}}")
        end_s = at_s + rng.randrange(*FAULT_S)
        steps.append(f"{{at: {end_s}s, do: network, coverage: good}}")
        names.append("network none")
    numbers = "".join(f"      +33 6 39 98 00 0{i + 1}: ok\n" for i in range(CONTACTS))
    text = (
        f"name: campaign-{seed}\nseed: {seed}\nduration: {FAULTS_END_S + AFTER_S}s\n"
        f"world:\n  sky: {rng.choice(('open', 'street', 'indoors'))}\n"
        "  motion: {kind: walk, speed_cms: 120, heading_deg: 30}\n"
        f"  network:\n    contacts:\n{numbers}"
        "steps:\n" + "".join(f"  - {step}\n" for step in steps)
    )
    return text, sorted(set(names))


def judge(seed: int, result: Result) -> list[Failure]:
    """The invariants that a run broke."""
    summary, found = result.summary, []
    end_ms = summary["virtual_ms"]
    allowed = [row["number"] for row in summary["contacts"]]
    allowed.append(result.stage.network.own_number)
    for row in summary["submissions"]:
        if row["to"] and row["to"] not in allowed:
            found.append(Failure(seed, "a message to a stranger", row["submit_ms"]))
        elif row["to"] and row["kind"] is None:
            found.append(Failure(seed, "a message nobody knows", row["submit_ms"]))
    if summary["trigger_ms"] is None:
        found.append(Failure(seed, "three presses raised no alert", end_ms))
    for row in summary["contacts"]:
        if not row["text"]:
            found.append(Failure(seed, "a contact holds no message", end_ms))
    if summary["exceptions"]:
        found.append(Failure(seed, "the firmware ended with an exception", end_ms))
    for event in result.events:
        if event["ev"] == "radio" and "use" in event:
            found.append(Failure(seed, "Wi-Fi was used", event["t"]))
    return found


def run_seed(seed: int) -> Outcome:
    text, names = generate(seed)
    setting = scenario.parse(text, f"seed-{seed}.yaml", Path("."))
    result = simulate(setting)
    summary = result.summary
    failures = judge(seed, result)
    if failures:
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"seed-{seed}.yaml").write_text(text)
    delay_ms = None
    if summary["trigger_ms"] is not None and summary["last_accepted_ms"] is not None:
        delay_ms = summary["last_accepted_ms"] - summary["trigger_ms"]
    return Outcome(seed, names, delay_ms, failures)


def campaign(
    first_seed: int,
    seeds: int,
    jobs: int,
    progress: Callable[[Outcome], object] = lambda outcome: None,
) -> dict:
    """Run them all; the dictionary of CONTRACTS.md section 6."""
    outcomes = []
    wanted = range(first_seed, first_seed + seeds)
    if jobs > 1:
        with multiprocessing.get_context("spawn").Pool(jobs) as pool:
            for outcome in pool.imap(run_seed, wanted, chunksize=4):
                outcomes.append(outcome)
                progress(outcome)
    else:
        for seed in wanted:
            outcomes.append(run_seed(seed))
            progress(outcomes[-1])
    failed = [failure._asdict() for outcome in outcomes for failure in outcome.failures]
    return {
        "format": FORMAT,
        "runs": len(outcomes),
        "failed": failed,
        "delays_ms": _delays(outcomes),
    }


def _delays(outcomes: list[Outcome]) -> dict[str, dict[str, Any]]:
    by_fault: dict[str, list[int]] = {}
    for outcome in outcomes:
        for name in outcome.faults:
            if outcome.delay_ms is not None:
                by_fault.setdefault(name, []).append(outcome.delay_ms)
    return {
        name: {"p50": _percentile(delays, 50), "p95": _percentile(delays, 95)}
        for name, delays in sorted(by_fault.items())
    }


def _percentile(values: list[int], percent: int) -> int:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
