"""`python -m tools.bench`: rows as CONTRACTS.md section 11 has them, and limits that can break."""

import json

import pytest

from tools import bench, bench_runs, bus_cost

FIELDS = {"name", "value", "unit", "baseline", "ratio", "host", "n"}


def test_a_row_has_the_fields_of_the_contract():
    found = bench.Bench()
    found.add("x", 12.34567, "ms", "cpython", 3, 50)
    found.add("y", 3, "1/s", "cpython", 1)
    assert [set(row) for row in found.rows] == [FIELDS, FIELDS]
    assert found.rows[0] == {
        **{"name": "x", "value": 12.346, "unit": "ms", "baseline": 50},
        **{"ratio": 0.247, "host": "cpython", "n": 3},
    }
    assert (found.rows[1]["baseline"], found.rows[1]["ratio"]) == (None, None)
    assert json.loads(json.dumps(found.rows)) == found.rows


@pytest.mark.parametrize(
    "value, limit, broken",
    [(300, True, []), (301, True, ["x"]), (None, True, ["x"]), (301, False, [])],
)
def test_a_broken_limit_is_named(value, limit, broken):
    found = bench.Bench()
    found.add("x", value, "ms", "cpython", 1, 300, limit)
    assert found.broken == broken


def test_the_main_job_leaves_in_time_on_a_slow_board():
    found = bench_runs.overhead(10, 5000)
    assert 0 < found.ours_ms <= found.ours_limit_ms
    assert 0 <= found.first_ms <= found.first_limit_ms
    # The radio's share follows the latency, ours does not.
    faster = bench_runs.overhead(10, 1500)
    assert abs(faster.ours_ms - found.ours_ms) < 100
    assert found.ours_limit_ms - faster.ours_limit_ms == pytest.approx(0.05 * 5 * 3500)


def test_steps_are_counted():
    cost = bench_runs.cost("indoors", "cpython")
    assert cost.steps > 200 and cost.heap_peak is None and cost.virtual_s == 420


def test_help_shows_an_example(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["bench", "--help"])
    with pytest.raises(SystemExit) as ended:
        bench.main()
    assert ended.value.code == 0
    assert "python -m tools.bench" in capsys.readouterr().out


def test_what_reading_the_accelerometer_takes():
    cost = bus_cost.counted()
    assert cost.samples == 20 and cost.looks >= 90
    # FIFO_SRC and 120 bytes, 9 bits each at 4 us: some 4.6 ms in 200
    assert 4500 < cost.bus_us < 5000 and cost.bus_share == pytest.approx(cost.bus_us / 200000)
    assert 20 * 3 * 20 < cost.bytecodes < 20 * 3 * 60  # unpacking, above all
    assert 0.001 < cost.python_share < 0.01


def test_the_bus_is_measured_at_the_speed_of_the_board():
    parts = (bus_cost.command.ROOT / "firmware/board_parts.py").read_text()
    assert f"_I2C_HZ = const({bus_cost.I2C_HZ})" in parts
