"""Scenarios and the command line: what is read, and what every mistake is answered with."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from simulator.scenario import load, parse
from simulator.tree import ScenarioError

ROOT = Path(__file__).resolve().parent.parent.parent
SCENARIOS = sorted((ROOT / "simulator" / "scenarios").glob("*.yaml"))

GOOD = """name: x
duration: 2min
world:
  start_utc: 2026-03-02T20:41:00Z
  place: 45.76043,4.83566
  motion: {kind: walk, speed_cms: 120, heading_deg: 45}
  network:
    sms_latency: {fixed_ms: 1500}
    contacts:
      +33 6 39 98 00 01: ok
      +33 6 39 98 00 02: refused:38
      +33 6 39 98 00 03: off
device:
  modem: off
  config: {haptics: off, item: 27, quiet_hours: ["22:00", 07:00]}
steps:
  - {at: 40s, do: press, count: 3}
  - {at: 50s, do: contact, number: +33 6 39 98 00 01, action: reply, text: "OK"}
  - at: 1min
    do: fault
    line: modem cms=38 count=2 for=90s
expect:
  - {by: 1min, ev: at_accept, count: 3, where: {to: "+33639980001"}}
"""


def read(text, *overrides):
    return parse(text, "f.yaml", Path("."), overrides)


def test_a_good_one():
    scenario = read(GOOD)
    assert scenario.world.place == (457604300, 48356600)
    assert scenario.world.fixed_ms == 1500
    assert [(c.number[-1], c.on, c.refused) for c in scenario.world.contacts] == [
        ("1", True, 0),
        ("2", True, 38),
        ("3", False, 0),
    ]
    config = scenario.device.config
    assert (config["haptics"], config["item"], config["quiet_hours"]) == (
        "off",
        27,
        ["22:00", "07:00"],
    )
    assert [contact["roles"] for contact in config["contacts"]] == [
        ["danger", "watch"],
        ["danger", "watch"],
        ["danger", "technical"],
    ]
    assert config["not_before_utc"] == "2026-01-01" and not scenario.device.modem_on
    assert [step.at_ms for step in scenario.steps] == [40_000, 50_000, 60_000]
    fault = scenario.steps[2].command.args["line"]
    assert (fault.kind, fault.params, fault.for_ms) == ("cms", {"code": 38, "count": 2}, 90_000)
    assert scenario.expect[0].where == {"to": "+33639980001"}


# (what is replaced, by what, the line that must come)
WRONG = (
    ("name: x", "nam: x", "f.yaml:1: nam: unknown key; known here: name, seed, "),
    ("duration: 2min", "duration: 2", "f.yaml:2: duration: '2' is not a duration"),
    ("duration: 2min", "duration: 2minutes", "f.yaml:2: duration: '2minutes' is not"),
    ("duration: 2min", "x: &", "f.yaml:"),
    ("place: 45.7", "place: N45.7", "f.yaml:5: place: is not a latitude"),
    ("2026-03-02T20:41:00Z", "yesterday", "f.yaml:4: start_utc: 'yesterday' is not"),
    ("kind: walk", "kind: fly", "f.yaml:6: kind: 'fly' is not one of still, worn, walk"),
    ("fixed_ms: 1500", "fixed_ms: 1.5", "f.yaml:8: fixed_ms: '1.5' is not a whole number"),
    ("fixed_ms: 1500", "law: 5g", "f.yaml:8: law: '5g' is not one of lte, gsm"),
    ("00 01: ok", "00 01: nice", "f.yaml:10: +33 6 39 98 00 01: 'nice' is not ok, off or"),
    ("+33 6 39 98 00 02", "17", "f.yaml:11: 17: '17' is not a number"),
    ("modem: off", "modem: maybe", "f.yaml:14: modem: 'maybe' is not one of on, off"),
    ("modem: off", "board: nokia", "f.yaml:14: board: 'nokia' is not one of"),
    ("do: press", "do: pres", "f.yaml:17: do: 'pres' is not one of press, pattern"),
    ("count: 3}\n", "cont: 3}\n", "f.yaml:17: cont: unknown key; known here: do, at, count"),
    ("at: 40s, ", "", "f.yaml:17: steps: at is missing"),
    ("at: 40s", "at: 3min", "f.yaml:17: at: is after the end of the scenario"),
    ("00 01, action", "00 09, action", "f.yaml:18: number: is no contact of this scenario"),
    ("action: reply, ", "", "f.yaml:18: steps: contact needs action"),
    ("modem cms=38", "modem explodes", "f.yaml:21: line: modem cannot be 'explodes'"),
    ("for=90s", "for=90", "f.yaml:21: line: 'for=90' is not a time"),
    ("ev: at_accept, ", "", "f.yaml:23: expect: ev is missing"),
    ("by: 1min", "by: 3min", "f.yaml:23: by: is after the end"),
    ("world:\n", "world:\n  gnss: {file: none.log}\n", "f.yaml:4: file: none.log: No such file"),
)


@pytest.mark.parametrize("old,new,line", WRONG, ids=[row[2][7:40] for row in WRONG])
def test_a_wrong_one_names_the_place(old, new, line):
    assert old in GOOD
    with pytest.raises(ScenarioError) as caught:
        read(GOOD.replace(old, new, 1))
    assert str(caught.value).startswith(line), caught.value
    assert "\n" not in str(caught.value)


SETS = (
    ("world.sky=street", None),
    ("world.network.sms_latency.fixed_ms=5000", None),
    ("steps.0.count=4", None),
    ("device.config.name=Ann", None),
    ("world.sky=blue", "--set world.sky=blue: sky: 'blue' is not one of"),
    ("world.colour=blue", "--set world.colour=blue: colour: unknown key"),
    ("seed", "--set seed: seed: is not of the form a.b=value"),
    ("steps.9.count=4", "--set steps.9.count=4: 9: there is no such place"),
)


@pytest.mark.parametrize("assignment,complaint", SETS)
def test_set(assignment, complaint):
    if complaint is None:
        assert read(GOOD, assignment) != read(GOOD)
        return
    with pytest.raises(ScenarioError) as caught:
        read(GOOD, assignment)
    assert str(caught.value).startswith(complaint)


@pytest.mark.parametrize("path", SCENARIOS, ids=lambda path: path.stem)
def test_shipped_scenarios_are_read(path):
    scenario = load(path)
    assert scenario.name == path.stem and scenario.expect
    for contact in scenario.world.contacts:
        assert contact.number.startswith("+3363998")


def command(*args):
    return subprocess.run(
        [sys.executable, "-m", "simulator", *args],
        cwd=ROOT,
        capture_output=True,
        check=False,
        text=True,
        timeout=60,
    )


# Arguments, and how the one line on stderr begins.
USAGES = (
    ((), "simulator: "),
    (("fly",), "simulator: "),
    (("run",), "simulator run: "),
    (("run", "none.yaml"), "none.yaml:1: scenario: No such file"),
    (("run", "README.md", "--host", "abacus"), "simulator run: argument --host"),
    (
        ("run", "simulator/scenarios/watch.yaml", "--set", "world.sky=blue"),
        "--set world.sky=blue: sky: ",
    ),
    (("run", "simulator/scenarios/watch.yaml", "--out", "/dev/null/x"), "--out /dev/null/x: "),
)


@pytest.mark.parametrize("args,begins", USAGES, ids=[" ".join(row[0]) for row in USAGES])
def test_wrong_usage_is_one_line_and_exit_2(args, begins):
    done = command(*args)
    assert done.returncode == 2
    assert done.stderr.startswith(begins) and done.stderr.count("\n") == 1, done.stderr


def test_faults_as_json():
    done = command("faults", "--json")
    rows = json.loads(done.stdout)
    assert done.returncode == 0
    assert {
        "device": "modem",
        "kind": "slow",
        "params": {"ms": 1500},
        "times": ["at", "for"],
    } in rows
