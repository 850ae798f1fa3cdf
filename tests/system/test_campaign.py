"""The campaign: what it makes of a seed, and that its judge sees what is wrong."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from harness import depth
from stories import FIRST_SEED

from simulator import campaign, scenario


def test_every_seed_makes_a_scenario_whose_faults_end():
    for seed in range(FIRST_SEED, FIRST_SEED + 200):
        text, names = campaign.generate(seed)
        setting = scenario.parse(text, "seed.yaml", Path("."))
        devices = {name.split()[0] for name in names if name != "storage slow"}
        assert not {"board", "storage"} <= devices
        assert names and (text, names) == campaign.generate(seed)
        pressed_ms = setting.steps[0].at_ms
        for step in setting.steps:
            ends_ms = step.at_ms
            if step.command.do == "fault":
                ends_ms += step.command.args["line"].for_ms or 0
            if step.command.do == "fault" and step.command.args["line"].device == "board":
                assert step.at_ms > pressed_ms + 3000 or ends_ms < pressed_ms
            assert ends_ms <= setting.duration_ms - campaign.AFTER_S * 1000


def test_seeds_hold():
    for seed in range(FIRST_SEED + 1, FIRST_SEED + 1 + depth(100)):
        assert campaign.run_seed(seed).failures == []


def sent(**changes):
    row = {"to": "+33639980001", "kind": "first", "submit_ms": 5, "result": "ok"}
    return {**row, **changes}


def result(**changes):
    contact = {"number": "+33639980001", "text": ["DANGER"]}
    summary = {
        "virtual_ms": 9,
        "trigger_ms": 1,
        "submissions": [sent()],
        "contacts": [contact],
        "exceptions": [],
        **changes.pop("summary", {}),
    }
    stage = SimpleNamespace(network=SimpleNamespace(own_number="+33639980099"))
    return SimpleNamespace(summary=summary, stage=stage, events=changes.pop("events", []))


BAD = (
    ({}, None),
    (
        {"submissions": [sent(to="+33639981234")]},
        ("a message to a stranger", 5),
    ),
    (
        {"submissions": [sent(), sent(kind=None)]},
        ("a message nobody knows", 5),
    ),
    ({"submissions": []}, ("three presses raised no alert", 9)),
    ({"submissions": [sent(kind="track")]}, ("three presses raised no alert", 9)),
    ({"submissions": [sent(result="cms 38")]}, None),
    ({"submissions": [sent(), sent(kind="again", submit_ms=8)]}, ("an unneeded duplicate", 8)),
    ({"submissions": [sent(result="lost"), sent(kind="again", submit_ms=8)]}, None),
    ({"submissions": [sent(), sent(kind="refined", submit_ms=8)]}, None),
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


def fault(t, dev, on, kind="dies"):
    return {"ev": "fault", "dev": dev, "kind": kind, "on": on, "t": t}


# What happens besides, and whether a second first message at 8 ms is then excused.
TROUBLES = (
    ([], False),
    ([{"ev": "reset", "t": 6}], True),
    ([{"ev": "reset", "t": 4}], False),
    ([fault(2, "modem", 1), fault(6, "modem", 0)], True),
    ([fault(2, "modem", 1)], False),  # no event after it: the run was over
    ([fault(2, "modem", 1), {"ev": "sleep", "t": 9}], True),
    ([fault(2, "modem", 1), fault(4, "modem", 0)], False),
    ([fault(6, "gnss", 1), fault(7, "gnss", 0)], False),
)


@pytest.mark.parametrize("events,excused", TROUBLES)
def test_judge_knows_why_a_message_went_out_again(events, excused):
    summary = {"submissions": [sent(), sent(kind="again", submit_ms=8)]}
    found = campaign.judge(3, result(summary=summary, events=events))
    assert found == ([] if excused else [(3, "an unneeded duplicate", 8)])


def test_judge_sees_a_reset_loop():
    resets = [{"ev": "reset", "t": t} for t in range(10, 14)]
    assert campaign.judge(3, result(events=resets)) == [(3, "a reset loop", 13)]
    assert campaign.judge(3, result(events=resets[1:])) == []
    assert campaign.judge(3, result(events=[fault(9, "board", 1, "reset"), *resets])) == []
