"""Every device broken in every way, before the alert and in the middle of it: the five are told.

The delays are compared with the same evening without the fault; the network is given a fixed
latency, so that a difference is ours.
"""

import functools
import json

import pytest
from harness import Rng, depth
from perils import CONTACTS, DELIVERED, FAILED, PRESS, PRESS_S, TAKEN, Run, evening, fault
from stories import SHIPPED, of

from simulator import faults
from simulator.__main__ import main
from simulator.run import simulate
from simulator.scenario import load
from simulator.tree import ScenarioError
from tools.require_vm import vm_binary

KINDS = ("absent", "silent", "stuck", "garbage", "slow", "dies")
SPARED = ("gnss", "motor", "battery", "storage", "accel", "microphone")  # an alert needs none
LATER_MS = 2000  # than without the fault, at most
MOMENTS = depth(40)  # of each device and kind
STEP_COSTS_MS = (2, 10)
BOARDS = ("t_a7670x_s3", "t_a7670e")
MODEM_FAULT_MS = 90_000
WELL_MS = 60_000  # the five are reached so soon after a modem works again, at most


def settings(index):
    """Step costs and boards take turns."""
    board = BOARDS[index // 2 % 2]
    return (f"cpu.step_cost_ms={STEP_COSTS_MS[index % 2]}", f"device.board={board}")


@functools.lru_cache(None)
def sound(overrides):
    """The evening without a fault."""
    run = Run(evening([PRESS], "60s", overrides))
    run.check()
    assert run.felt_at(TAKEN)
    return run


def moment(kind, rng, run):
    """When the fault comes: what dies dies in the alert, the rest may never have been there."""
    if kind != "dies" and rng.chance(50):
        return rng.choice((0, rng.below(PRESS_S * 1000)))
    return run.trigger_ms - 800 + rng.below(run.reached_ms + 800)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("device", SPARED)
def test_a_broken_device_costs_no_time(device, kind):
    rng = Rng(1000 + 10 * SPARED.index(device) + KINDS.index(kind))
    for index in range(MOMENTS):
        overrides = settings(index + rng.below(4))
        clean = sound(overrides)
        at_ms = moment(kind, rng, clean)
        run = Run(evening([fault(f"fault {device} {kind}", at_ms), PRESS], "60s", overrides))
        where = f"{device} {kind} at {at_ms} ms, {overrides}"
        assert run.reached_ms is not None, where
        assert run.reached_ms - clean.reached_ms <= LATER_MS, where
        writable = device != "storage" or kind in ("slow", "stuck")
        run.check(recorded=writable or at_ms > run.trigger_ms)
        assert run.felt_at(TAKEN), where


@pytest.mark.parametrize("kind", KINDS)
def test_a_modem_that_works_again(kind):
    rng = Rng(2000 + KINDS.index(kind))
    for index in range(MOMENTS):
        overrides = settings(index + rng.below(4))
        at_ms = moment("", rng, sound(overrides))
        line = f"fault modem {kind} for={MODEM_FAULT_MS}ms"
        run = Run(evening([fault(line, at_ms), PRESS], "3min", overrides))
        where = f"{line} at {at_ms} ms, {overrides}"
        assert run.reached_ms is not None, where
        well_ms = max(at_ms + MODEM_FAULT_MS, run.trigger_ms)
        assert run.trigger_ms + run.reached_ms <= well_ms + WELL_MS, where
        run.check()
        assert run.felt_at(TAKEN), where


@pytest.mark.parametrize("at_ms", (0, 15_000, PRESS_S * 1000 + 500))
def test_without_a_modem_she_feels_that_it_failed(at_ms):
    run = Run(evening([fault("fault modem absent", at_ms), PRESS], "12min"))
    run.check()
    assert run.felt_at(FAILED) and not run.felt_at(TAKEN)
    assert run.felt_at(FAILED) - run.trigger_ms <= 40_000
    assert run.result.stage.board.boots == 1


def test_refused_by_the_network_is_not_taken():
    run = Run(evening(["{at: 1s, do: fault, line: fault modem cms=38}", PRESS], "3min"))
    run.check()
    assert run.felt_at(FAILED) and not run.felt_at(TAKEN) and len(run.rows) > 5


@pytest.mark.parametrize("line", ("cms=38", "silent"))
def test_what_was_taken_of_an_alert_before_is_not_felt_in_this_one(line):
    """She presses again while the news that she cancelled is on its way; then nothing is taken."""
    cancel = "{at: 40s, do: pattern, ms: [1400, 400, 200, 400, 200, 400, 1400]}"
    for at_ms in range(51_500, 54_500, max(50, 500 // depth(20))):
        press = f"{{at: {at_ms}ms, do: press, count: 3, gap_ms: 150, hold_ms: 50}}"
        run = Run(evening([PRESS, cancel, press, fault(f"fault modem {line}", at_ms)], "4min"))
        trigger_ms = of(run.result, "gesture", kind="danger")[1]["t"]
        later = [pattern for t, pattern in run.felt() if t > trigger_ms]
        assert FAILED in later and TAKEN not in later, at_ms
        run.check()


def test_taken_by_the_network_is_not_delivered():
    off = [f"{{at: 1s, do: contact, number: '{n}', action: off}}" for n in CONTACTS]
    run = Run(evening([*off, PRESS], "3min"))
    run.check()
    assert run.felt_at(TAKEN) and not run.felt_at(DELIVERED)
    assert not any(phone.texts for phone in run.result.stage.phones)


@pytest.mark.parametrize("step_cost_ms", STEP_COSTS_MS)
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_the_trigger_is_in_the_journal_at_once(path, step_cost_ms):
    run = Run(load(path, (f"cpu.step_cost_ms={step_cost_ms}",)), prepare=stop_after_the_trigger)
    assert run.trigger_ms is None or run.recorded_ms - run.trigger_ms <= 50


def stop_after_the_trigger(stage):
    def look(event):
        if event["ev"] == "gesture" and event["kind"] in ("danger", "watch"):
            stage.board.end_ms = event["t"] + 1000

    stage.world.listeners.append(look)


@pytest.mark.skipif(vm_binary() is None, reason="no MicroPython VM for this machine")
def test_both_hosts_agree_in_peril():
    steps = [
        fault("fault gnss garbage", 1000),
        fault("fault accel bus_stuck", 1500),
        fault("fault storage garbage for=30s", 2000),
        PRESS,
        fault("fault modem dies for=30s", PRESS_S * 1000 + 3000),
        fault("fault board power_cut for=5s", PRESS_S * 1000 + 20_000),
        fault("fault board watchdog", PRESS_S * 1000 + 45_000),
        fault("fault motor slow", PRESS_S * 1000 + 46_000),
        fault("fault battery garbage", PRESS_S * 1000 + 47_000),
    ]
    scenario = evening(steps, "2min")
    ours, real = simulate(scenario, "cpython"), simulate(scenario, "micropython")
    assert ours.summary["last_accepted_ms"] is not None and ours.summary["resets"] == 2
    assert ours.summary["events_sha256"] == real.summary["events_sha256"]


# -- what can be asked for ---------------------------------------------------------------------


def test_every_device_can_break_in_every_way(capsys):
    assert main(["faults", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    listed = {(row["device"], row["kind"]) for row in rows}
    assert {device for device, _ in listed} == {*SPARED, "modem", "button", "board"}
    assert listed >= {(device, kind) for device in (*SPARED, "modem") for kind in KINDS}


def test_a_board_without_raw_partitions_has_none_that_fail():
    step = fault("fault storage absent", 1000)
    with pytest.raises(ScenarioError, match="has no partition that could fail"):
        evening([step], "10s", ("device.board=generic_esp32",))


@pytest.mark.parametrize("line", ("fault button slow", "fault motor cms=38", "fault lamp absent"))
def test_what_no_device_can_do_is_refused(line, tmp_path, capsys):
    path = tmp_path / "refused.yaml"
    path.write_text(
        f"name: refused\nduration: 10s\nsteps:\n  - {{at: 1s, do: fault, line: {line}}}\n"
    )
    with pytest.raises(faults.FaultError):
        faults.parse(line)
    assert main(["run", str(path)]) == 2
    assert capsys.readouterr().err.startswith(f"{path}:4: line: ")
