"""What the firmware takes of the heap, module by module, on the real interpreter.

Shows where the memory of a board goes, by default of one without PSRAM (DESIGN.md section 6).
Boots the firmware as flashed on the micropython host with tools/heap_probe.py in the place of
main.py; this half starts it and makes the table.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from simulator import wiring
from simulator.host_micropython import (
    BUFFER_BYTES,
    ROOMY_BYTES,
    MicropythonHost,
    firmware_files,
    limit_bytes,
)
from simulator.run import simulate
from simulator.scenario import Scenario, load
from simulator.stage import ROOT, Stage
from simulator.tree import ScenarioError

OUT = ROOT / "build/heap.json"
PROBE = ROOT / "tools/heap_probe.py"
SMALLEST = "generic_esp32"
EXAMPLE = """examples:
  python -m tools.heap --scenario indoors
  python -m tools.heap --board t_a7670x_s3
  python -m tools.heap --json | python -c "import json,sys; print(json.load(sys.stdin)['sum'])"
"""


def on_board(scenario_name: str, board: str) -> Scenario:
    return load(Path(scenario_name), (f"device.board={board}",))


def measure(board: str = SMALLEST, scenario_name: str = "evening_walk") -> dict[str, Any]:
    """Boot the firmware of a board on the VM and weigh its parts."""
    scenario = on_board(scenario_name, board)
    stage = Stage(scenario)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        for name in ("firmware", "lib", "boot.py"):
            (root / name).symlink_to(ROOT / name)
        (root / "main.py").symlink_to(PROBE)
        host = MicropythonHost(stage.board, root, ROOMY_BYTES)
        host.run(scenario.duration_ms)
    said = [line for text in host.console for line in text.splitlines() if line[:5] == "HEAP "]
    if not said:
        raise RuntimeError("".join([*host.console, *host.exceptions]))
    rows, kept, in_use, buffers = json.loads(said[0][5:])
    return {
        "board": scenario.device.board,
        "fakes": host.heap_fakes_bytes,
        **_table(rows, kept),
        "in_use": in_use,
        "buffers": [{"where": where, "bytes": size} for where, size in sorted(buffers)],
    }


def _table(rows: list[list], kept: list[str]) -> dict[str, Any]:
    """The rows by name, what is let go after the start apart, and the sum of what stays."""
    weights = {name: size for name, size, is_module in rows if is_module}
    modules = []
    for source, shown in firmware_files(ROOT):
        name = _module_name(source)
        size = weights.pop(name, None)
        modules.append({"file": shown, "bytes": size, "kept": name in kept})
    objects = [{"what": name, "bytes": size} for name, size, is_module in rows if not is_module]
    objects.append({"what": "built-in modules", "bytes": sum(weights.values())})
    stays = [row["bytes"] for row in [*modules, *objects] if row.get("kept", True)]
    return {
        "modules": sorted(modules, key=_heaviest_first),
        "objects": sorted(objects, key=_heaviest_first),
        "sum": sum(size for size in stays if size),
    }


def _heaviest_first(row: dict[str, Any]) -> int:
    return -(row["bytes"] or 0)


def _module_name(source: Path) -> str:
    parts = source.relative_to(ROOT).with_suffix("").parts
    if parts[0] == "lib":
        return parts[-1]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def peak(board: str, scenario_name: str) -> dict[str, Any]:
    """Run a scenario with the heap of a board: its heap figures, and whether it went well."""
    summary = simulate(on_board(scenario_name, board), "micropython").summary
    names = ("scenario", "heap_peak_bytes", "heap_fakes_bytes", "resets", "exceptions")
    return {name: summary[name] for name in names}


def _print(report: dict[str, Any]) -> None:
    print(f"{'module':<36}{'bytes':>8}")
    for row in report["modules"]:
        if row["bytes"] is not None:
            note = "" if row["kept"] else "  let go after the start"
            print(f"{row['file']:<36}{row['bytes']:>8}{note}")
    print(f"\n{'object':<36}{'bytes':>8}")
    for row in report["objects"]:
        print(f"{row['what']:<36}{row['bytes']:>8}")
    print(f"{'sum of what stays':<36}{report['sum']:>8}")
    print(f"{'peak of ' + report['peak']['scenario']:<36}{report['limit']['peak']:>8}")
    print(f"{'limit':<36}{report['limit']['bytes']:>8}  {report['limit']['percent']} % used")


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.heap",
        description=__doc__.splitlines()[0],
        epilog=EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--scenario", default="evening_walk", help="a scenario (evening_walk)")
    parser.add_argument(
        "--board", default=SMALLEST, choices=sorted(wiring.BOARDS), help=f"({SMALLEST})"
    )
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    args = parser.parse_args()
    try:
        report = measure(args.board, args.scenario)
        report["peak"] = peak(args.board, args.scenario)
    except (ScenarioError, FileNotFoundError) as error:  # the latter: no MicroPython
        print(f"tools.heap: {error}", file=sys.stderr)
        return 2
    bytes_ = report["peak"]["heap_peak_bytes"] or 0
    limit = limit_bytes(args.board)
    report["limit"] = {"bytes": limit, "peak": bytes_, "percent": bytes_ * 100 // limit}
    OUT.parent.mkdir(exist_ok=True)
    OUT.write_text(json.dumps(report, indent=1) + "\n")
    if args.json:
        print(json.dumps(report))
    else:
        _print(report)
    held = sum(row["bytes"] for row in report["buffers"])
    allowed = BUFFER_BYTES[wiring.BOARDS[args.board].psram]
    if held > allowed:
        print(f"buffers of {held} bytes, {allowed} in host_micropython.py", file=sys.stderr)
        return 1
    return 0 if 0 < bytes_ <= limit else 1


if __name__ == "__main__":
    sys.exit(main())
