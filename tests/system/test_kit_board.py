"""The desk and the firmware, each as it is: one device from its keys to its erasure.

In virtual time, on the CPython host. The kit was written from docs/console.md and so was the
firmware: here they meet.
"""

import json
import re
from pathlib import Path

from desk_in_time import Desk

from kit.__main__ import main
from kit.provisioning import Row, provision
from kit.talk import Talk
from simulator.commands import Command
from simulator.motion.request import Request
from simulator.run import simulate
from simulator.scenario import load

NUMBERS = ("+33639980011", "+33639980022", "+33639980033")
SCENARIO = """\
name: desk
duration: 420s
world:
  motion: {kind: still}
  network: {contacts: {"+33639980011": ok, "+33639980022": ok, "+33639980033": ok}}
device:
  board: t_a7670x_s3
  config: {mode: bench, name: Essai}
"""
CONFIG = {
    "format": 1,
    "item": 27,
    "name": "Julie",
    "recording": True,
    "cancel_pattern": "lsls",
    "contacts": [
        {"number": NUMBERS[0], "roles": ["danger", "watch", "technical"]},
        *({"number": number, "roles": ["danger"]} for number in NUMBERS[1:]),
    ],
}
# How each gesture is pressed: how long she waits, then press, pause, press...
PRESSED = {
    "check": (2500, [1500]),
    "watch": (2500, [150, 250, 150]),
    "withdraw": (5000, [1500]),
    "danger": (2500, [150, 250, 150, 250, 150]),
    "decoy_cancel": (5000, [3300]),
    "true_cancel": (5000, [1500, 300, 150, 300, 1500, 300, 150]),
    "evidence": (2500, [150, 300, 2000]),
    "service": (1000, [1500, 500, 1500]),
}


class People(Talk):
    """At the desk, and at the three telephones."""

    def __init__(self, desk):
        self.desk, self.said = desk, []

    def say(self, line):
        self.said.append(line)

    def shake(self, link):
        self.moves("run")
        self.desk.world.after(25_000, self.moves, "still")

    def moves(self, kind):
        self.desk.stage.do(Command("motion", {"request": Request(kind=kind)}))

    def gesture(self, link, kind, how):
        self.press(kind)

    def press(self, kind):
        after_ms, ms = PRESSED[kind]
        command = Command("pattern", {"ms": ms})
        self.desk.world.after(after_ms, self.desk.stage.do, command)

    def answer(self, event):
        """Whoever receives a TEST says yes."""
        code = event["ev"] == "sms_on_phone" and re.search(r"OUI (\d{4})", event["text"])
        if code:
            words = {"number": event["number"], "action": "reply", "text": f"Oui {code[1]}"}
            self.desk.world.after(3000, self.desk.stage.do, Command("contact", words))


def test_from_its_keys_to_its_erasure(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("kit.report.pdf.browser", lambda: None)
    Path("desk.yaml").write_text(SCENARIO)

    def script(desk):
        people = People(desk)
        desk.world.listeners.append(people.answer)
        row = Row("case-27", CONFIG, who="A. M.")
        outcome = provision(desk.url, row, Path("desk"), name="Association", talk=people)
        assert outcome.done, (outcome.step, outcome.why)
        power = Command("power", {"charging": True, "battery_pct": None})
        desk.stage.do(power)
        codes = [run(desk, people, "collect"), run(desk, people, "selftest")]
        codes.append(run(desk, people, "wipe", "--devid", outcome.devid))
        return outcome, codes

    desk = Desk(script, monkeypatch)
    simulate(load(Path("desk.yaml")), prepare=desk)
    assert desk.over, "the hand-over takes longer than the scenario"
    if desk.error is not None:
        raise desk.error
    outcome, codes = desk.result
    assert codes == [0, 0, 0], capsys.readouterr()
    record = outcome.record
    assert record["seal_keys_compared"] == 256 and record["shaken"] is True
    assert all(one["live"] for one in record["contacts"]) and record["skipped"] == {}
    assert len(record["gestures"]) == 7 and record["test_recording"]["grade"] == "A"
    copy = next(Path("desk").rglob("ev.bin"))
    files = ["--registry", "desk/registry.json", "--secrets", "desk/secrets.json"]
    files += ["--key", str(next(Path("desk/keys").glob("*.pem")))]
    assert main(["verify", str(copy), *files, "--json"]) == 0
    found = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert [one["grade"] for one in found["recordings"]] == ["A"]


def run(desk, people, command, *more):
    people.press("service")
    return main([command, "--port", desk.url, *more])
