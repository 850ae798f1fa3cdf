"""The alert core in the heap of a board without PSRAM, the product in that of one with it.

DESIGN.md section 6. The micropython host gives the VM exactly that heap, so every run on it is a
proof; here are the figures, and that the measuring itself can be trusted.
"""

from functools import lru_cache

import pytest

from simulator.run import simulate
from simulator.scenario import SHIPPED
from tools.require_vm import vm_binary

if vm_binary() is None:
    pytest.skip("test_heap.py: no MicroPython VM for this machine", allow_module_level=True)

from simulator import host_micropython
from tools import heap

BOARDS = (heap.SMALLEST, "t_a7670x_s3")
# Hours in which the button never sleeps, two minutes here: test_long_scenarios.py
LONG = ("washing_machine",)
# Without PSRAM nothing feels motion: no fall is noticed, and no expectation of these can hold.
FALLEN = ("fall", "fall_cancelled")
SCENARIOS = sorted({path.stem for path in SHIPPED.glob("*.yaml")} - {*LONG})
RUNS = [
    (name, board)
    for name in SCENARIOS
    for board in BOARDS
    if board != heap.SMALLEST or name not in FALLEN
]
RESTARTS = slice(8, 24)  # of the record in RTC memory: restarts by service
# Of another board, another place where it is worn, the other language; what records, which is
# loaded where she has chosen that: test_press_to_verdict.py.
NOT_LOADED = {
    *(f"lib/{name}.py" for name in "adpcm aes_cbc hkdf256 hmac256 lmots wipe x25519".split()),
    *(
        path.relative_to(heap.ROOT).as_posix()
        for path in (heap.ROOT / "firmware/evidence").glob("*.py")
    ),
    *("firmware/board_sound.py", "firmware/drivers/microphone.py"),
    *(
        "firmware/evidence_messages.py",
        "firmware/evidence_parts.py",
        "firmware/release.py",
        "firmware/policy/recording.py",
    ),
    *(
        f"firmware/services/{name}.py"
        for name in ("evidence", "microphone", "motion_trace", "sample_clock", "sound_ring")
    ),
    # The console, which in the field is opened by a gesture
    *(
        path.relative_to(heap.ROOT).as_posix()
        for path in (heap.ROOT / "firmware/console").glob("*.py")
    ),
    *(f"firmware/{name}.py" for name in ("board_console", "file_pieces", "services/console")),
    "firmware/boards/t_a7670e.py",
    "firmware/boards/t_sim7670g_s3.py",
    "firmware/policy/fall_pocket.py",
    "firmware/policy/texts_en.py",
}
# What only a board with PSRAM has room for
FALLS = {
    "firmware/motion_messages.py",
    "firmware/product.py",
    "firmware/fall_log.py",
    "firmware/drivers/i2c_bus.py",
    "firmware/drivers/lis3dh.py",
    "firmware/services/motion.py",
    "firmware/services/motion_stream.py",
    "firmware/services/wear.py",
    *(
        path.relative_to(heap.ROOT).as_posix()
        for pattern in ("fall*.py", "motion*.py")
        for path in (heap.ROOT / "firmware/policy").glob(pattern)
    ),
}


@lru_cache(maxsize=None)
def weighed(board):
    return heap.measure(board)


@pytest.mark.parametrize(("name", "board"), RUNS)
def test_every_scenario_stays_within_the_limit(name, board):
    result = simulate(heap.on_board(name, board), "micropython")
    summary = result.summary
    limit = host_micropython.limit_bytes(board)
    assert summary["heap_peak_bytes"] <= limit
    assert result.host.heap_bytes - limit <= summary["heap_fakes_bytes"]
    assert (summary["exceptions"], summary["resets"]) == ([], 0)
    assert result.held
    # An allocation that failed would have cost a service its life, and nothing else.
    assert not any(result.stage.board.rtc_memory[RESTARTS])


@pytest.mark.parametrize(("board", "kib"), ((BOARDS[0], 128), (BOARDS[1], 512)))
def test_the_limit_follows_from_the_buffers(board, kib):
    """2 x (128 - K) KiB, K being half the KiB of the buffers that were found on the VM; or 512."""
    buffers = sum(row["bytes"] for row in weighed(board)["buffers"])
    stricter = 2 * (kib * 1024 - buffers / 2) - host_micropython.limit_bytes(board)
    assert 0 <= stricter < 512


def test_too_small_a_heap_is_noticed():
    """The measured peak is what the firmware needs: with less than that it does not start."""
    scenario = heap.on_board("indoors", heap.SMALLEST)
    table = weighed(heap.SMALLEST)
    least = table["in_use"] + table["fakes"]
    held = [runs_in(scenario, least * percent // 100) for percent in (90, 120)]
    assert held == [False, True]


def runs_in(scenario, heap_bytes):
    stage = heap.Stage(scenario)
    host = host_micropython.MicropythonHost(stage.board, heap.ROOT, heap_bytes)
    host.run(10_000)
    return not host.exceptions and host.heap_peak_bytes is not None


@pytest.mark.parametrize("board", BOARDS)
def test_the_table_covers_every_module(board):
    rows = {row["file"]: row for row in weighed(board)["modules"]}
    files = {
        path.relative_to(heap.ROOT).as_posix()
        for part in ("firmware", "lib")
        for path in (heap.ROOT / part).rglob("*.py")
    }
    assert set(rows) == files
    (other,) = set(BOARDS) - {board}
    missing = {*NOT_LOADED, f"firmware/boards/{other}.py"}
    missing |= FALLS if board == heap.SMALLEST else set()
    assert {name for name, row in rows.items() if row["bytes"] is None} == missing


@pytest.mark.parametrize("board", BOARDS)
def test_the_table_adds_up(board):
    table = weighed(board)
    assert abs(table["sum"] - table["in_use"]) < 4096  # the steps, and the probe itself
    dropped = {row["file"] for row in table["modules"] if row["bytes"] and not row["kept"]}
    once = (
        "config",
        "modem_profiles",
        "board_parts",
        "boards/__init__",
        "boards/" + board,
    )
    assert dropped == {f"firmware/{name}.py" for name in once}
    for row in table["modules"]:
        if row["kept"] and not row["file"].endswith("__init__.py"):
            size = (heap.ROOT / row["file"]).stat().st_size
            assert size / 30 < row["bytes"], row
