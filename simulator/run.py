"""One run of a scenario on one host: events, block operations, summary.

`simulate` is what the command line, the tests and the campaign call. Writes the files of
CONTRACTS.md sections 3 and 4 where a folder is given.
"""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path
from typing import Any, Callable

from simulator.expectations import Judge
from simulator.host import Host, make_host
from simulator.scenario import Scenario
from simulator.stage import ROOT, Stage
from simulator.summary import figures

FORMAT = 1
ENDED = "the firmware ended by itself"
FILES = ("events.jsonl", "flash.jsonl", "summary.json")


class Result:
    """`summary` as CONTRACTS 4 has it; `events` and `stage` for those who look closer."""

    def __init__(self, summary: dict[str, Any], events: list[dict], stage: Stage, host: Host):
        self.summary, self.events, self.stage, self.host = summary, events, stage, host

    @property
    def ended_by_itself(self) -> bool:
        """Whether the firmware ran to its end, as it does with a configuration it refuses."""
        return any(text.startswith(ENDED) for text in self.summary["exceptions"])

    @property
    def held(self) -> bool:
        return all(row["held"] for row in self.summary["expectations"])


def line_of(event: dict[str, Any]) -> bytes:
    """One line of events.jsonl."""
    text = json.dumps(event, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8") + b"\n"


def simulate(
    scenario: Scenario,
    host_kind: str = "cpython",
    out: Path | None = None,
    listener: Callable[[dict[str, Any]], None] | None = None,
    prepare: Callable[[Stage], None] | None = None,
    root: Path = ROOT,
    loaded: Callable[[str, Any], None] | None = None,
    image: bytes | None = None,
) -> Result:
    """Run it to its end; `prepare(stage)` may put in what no scenario can say.

    loaded(name, module): told of each module the firmware imports (see make_host). image: the
    flash of an earlier run (chip_image.py), else it starts blank.
    """
    began_s = time.monotonic()
    stage = Stage(scenario, root, image)
    events: list[dict[str, Any]] = []
    blocks: list[dict[str, Any]] = []
    stage.world.listeners.append(events.append)
    if listener is not None:
        stage.world.listeners.append(listener)
    stage.board.block_listeners.append(blocks.append)
    judge = Judge(stage.world, scenario.expect)
    if prepare is not None:
        prepare(stage)
    host = make_host(host_kind, stage.board, root, loaded)
    host.run(scenario.duration_ms)
    expectations = judge.close()
    data = b"".join(line_of(event) for event in events)
    numbers = [phone.number for phone in stage.phones]
    summary = {
        "format": FORMAT,
        "scenario": scenario.name,
        "seed": scenario.seed,
        "host": host_kind,
        "virtual_ms": stage.world.now_ms,
        "wall_s": round(time.monotonic() - began_s, 3),
        "expectations": expectations,
        **figures(events, stage.observer.gestures, numbers, scenario.world.own_number),
        "haptics": stage.motor.patterns(),
        "exceptions": [*host.exceptions, *map(_ended, host.ended)],
        "heap_peak_bytes": host.heap_peak_bytes,
        "heap_fakes_bytes": host.heap_fakes_bytes,
        "energy_mah": None,
        "events_sha256": hashlib.sha256(data).hexdigest(),
    }
    if out is not None:
        write(out, data, blocks, summary)
    return Result(summary, events, stage, host)


def _ended(said: str) -> str:
    """A firmware that came to its end instead of running its loop, in its own words."""
    return f"{ENDED}; it said: {said.strip() or '(nothing)'}\n"


def write(out: Path, data: bytes, blocks: list[dict[str, Any]], summary: dict) -> None:
    out.mkdir(parents=True, exist_ok=True)
    text = json.dumps(summary, indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    contents = (data, b"".join(line_of(block) for block in blocks), text.encode("utf-8"))
    for name, content in zip(FILES, contents, strict=True):
        (out / name).write_bytes(content)
