"""The campaign: what it makes of a seed, and that its judge sees what is wrong."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from harness import depth

from simulator import campaign, scenario


def test_every_seed_makes_a_scenario_whose_faults_end():
    for seed in range(200):
        text, names = campaign.generate(seed)
        setting = scenario.parse(text, "seed.yaml", Path("."))
        assert names and (text, names) == campaign.generate(seed)
        for step in setting.steps:
            ends_ms = step.at_ms
            if step.command.do == "fault":
                ends_ms += step.command.args["line"].for_ms or 0
            assert ends_ms <= setting.duration_ms - campaign.AFTER_S * 1000


def test_seeds_hold():
    for seed in range(1, 1 + depth(100)):
        assert campaign.run_seed(seed).failures == []


def result(**changes):
    contact = {"number": "+33639980001", "text": ["DANGER"]}
    sent = {"to": "+33639980001", "kind": "first", "submit_ms": 5}
    summary = {
        "virtual_ms": 9,
        "trigger_ms": 1,
        "submissions": [sent],
        "contacts": [contact],
        "exceptions": [],
        **changes.pop("summary", {}),
    }
    stage = SimpleNamespace(network=SimpleNamespace(own_number="+33639980099"))
    return SimpleNamespace(summary=summary, stage=stage, events=changes.pop("events", []))


BAD = (
    ({}, None),
    (
        {"submissions": [{"to": "+33639981234", "kind": "first", "submit_ms": 5}]},
        ("a message to a stranger", 5),
    ),
    (
        {"submissions": [{"to": "+33639980001", "kind": None, "submit_ms": 5}]},
        ("a message nobody knows", 5),
    ),
    ({"trigger_ms": None}, ("three presses raised no alert", 9)),
    ({"contacts": [{"number": "+33639980001", "text": []}]}, ("a contact holds no message", 9)),
    ({"exceptions": ["x"]}, ("the firmware ended with an exception", 9)),
)


@pytest.mark.parametrize("summary,failure", BAD)
def test_judge(summary, failure):
    found = [row[1:] for row in campaign.judge(3, result(summary=summary))]
    assert found == ([failure] if failure else [])


def test_judge_sees_wifi():
    used = {"ev": "radio", "use": "scan", "t": 4}
    assert campaign.judge(3, result(events=[used])) == [(3, "Wi-Fi was used", 4)]
