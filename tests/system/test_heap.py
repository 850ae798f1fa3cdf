"""The alert core in the heap of a board without PSRAM: DESIGN.md section 6.

The micropython host gives the VM exactly that heap, so every run on it is a proof; here are the
figures, and that the measuring itself can be trusted.
"""

from functools import lru_cache
from pathlib import Path

import pytest

from simulator.run import simulate
from simulator.scenario import SHIPPED, load
from tools.require_vm import vm_binary

if vm_binary() is None:
    pytest.skip("test_heap.py: no MicroPython VM for this machine", allow_module_level=True)

from simulator import host_micropython
from tools import heap

SCENARIOS = sorted(path.stem for path in SHIPPED.glob("*.yaml"))
RESTARTS = slice(8, 24)  # of the record in RTC memory: restarts by service
# Of another board, and the other language.
NOT_LOADED = {
    "firmware/boards/generic_esp32.py",
    "firmware/boards/t_a7670e.py",
    "firmware/boards/t_sim7670g_s3.py",
    "firmware/policy/texts_en.py",
}


@lru_cache(maxsize=None)
def weighed():
    return heap.measure()


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_scenario_stays_within_the_limit(name):
    result = simulate(load(Path(name)), "micropython")
    summary = result.summary
    assert summary["heap_peak_bytes"] <= host_micropython.LIMIT_BYTES
    assert result.host.heap_bytes - host_micropython.LIMIT_BYTES <= summary["heap_fakes_bytes"]
    assert (summary["exceptions"], summary["resets"], result.held) == ([], 0, True)
    # An allocation that failed would have cost a service its life, and nothing else.
    assert not any(result.stage.board.rtc_memory[RESTARTS])


def test_the_limit_follows_from_the_buffers():
    """2 x (128 - K) KiB, K being half the KiB of the buffers that were found on the VM."""
    buffers = sum(row["bytes"] for row in weighed()["buffers"])
    assert host_micropython.LIMIT_BYTES == 2 * (128 * 1024 - buffers / 2)


def test_too_small_a_heap_is_noticed():
    """The measured peak is what the firmware needs: with less than that it does not start."""
    scenario = load(Path("indoors"))
    least = weighed()["in_use"] + weighed()["fakes"]
    held = [runs_in(scenario, least * percent // 100) for percent in (90, 120)]
    assert held == [False, True]


def runs_in(scenario, heap_bytes):
    stage = heap.Stage(scenario)
    host = host_micropython.MicropythonHost(stage.board, heap.ROOT, heap_bytes)
    host.run(10_000)
    return not host.exceptions and host.heap_peak_bytes is not None


def test_the_table_covers_every_module():
    rows = {row["file"]: row for row in weighed()["modules"]}
    files = {
        path.relative_to(heap.ROOT).as_posix()
        for part in ("firmware", "lib")
        for path in (heap.ROOT / part).rglob("*.py")
    }
    assert set(rows) == files
    assert {name for name, row in rows.items() if row["bytes"] is None} == NOT_LOADED


def test_the_table_adds_up():
    table = weighed()
    assert abs(table["sum"] - table["in_use"]) < 4096  # the steps, and the probe itself
    dropped = {row["file"] for row in table["modules"] if row["bytes"] and not row["kept"]}
    board = "firmware/boards/t_a7670x_s3.py"
    assert dropped == {"firmware/config.py", "firmware/modem_profiles.py", board}
    for row in table["modules"]:
        if row["kept"] and not row["file"].endswith("__init__.py"):
            size = (heap.ROOT / row["file"]).stat().st_size
            assert size / 20 < row["bytes"], row
