"""The kit over the service console: hand-over, self-test, copy, erasure, against a device that is
written from docs/console.md; that the firmware speaks alike is tested with it elsewhere."""

import json
import os
import re
import shutil
import stat
import time
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

import fake_console
import pytest
import serial.urlhandler.protocol_socket as protocol_socket
from fake_console import BLANK, FakeDevice, Port
from harness import Rng, depth

from kit import collect, handed, link, provisioning, rehearsing, serial_cli, service, trial
from kit.__main__ import main
from kit.command import Unusable
from kit.desk import Desk
from kit.fleet.provisioner import Absent, Begun, Made, checked
from kit.fleet.provisioner import Refused as No
from kit.provisioning import Patience, Row, SerialProvisioner, provision
from kit.talk import AGAIN, STOP, Talk

NUMBERS = ["+33639980011", "+33639980022", "+33639980033"]
CONFIG = {
    "format": 1,
    "item": 27,
    "name": "Julie",
    "recording": True,
    "cancel_pattern": "lsls",
    "contacts": [
        {"number": "06 39 98 00 11", "roles": ["danger", "watch", "technical"]},
        {"number": "+33 6 39 98 00 22", "roles": ["danger"]},
        {"number": "+33639980033", "roles": ["danger"]},
    ],
}
FAST = Patience(
    start_s=0.2,
    service_s=0.2,
    shake_s=5,
    gesture_s=0.3,
    answer_s=0.3,
    tries=2,
    record_s=2,
    silence_s=0.05,
)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Seconds that a real device needs; and no browser, which the pages do not need."""
    monkeypatch.setattr(service, "_TRY_S", 0.15)
    monkeypatch.setattr(service, "_DRAIN_S", 0.01)
    monkeypatch.setattr(protocol_socket.time, "sleep", lambda seconds, real=time.sleep: real(0.01))
    monkeypatch.setattr(link, "ANSWER_S", 1.0)
    monkeypatch.setattr(collect, "_HASH_S", 0.3)
    monkeypatch.setattr(trial, "_TEST_S", 0.3)
    monkeypatch.setattr(provisioning, "_SILENT_S", 0.05)
    monkeypatch.setattr("kit.report.pdf.browser", lambda: None)


@pytest.fixture
def device():
    return FakeDevice()


@pytest.fixture
def port(device):
    with Port(device) as port:
        yield port


class Robot(Talk):
    """The person at the desk and the wearer: does what is asked, keeps what is said."""

    def __init__(self, device, wrong=(), choices=()):
        self.device, self.wrong, self.choices = device, list(wrong), list(choices)
        self.said, self.asked = [], []

    def say(self, line):
        self.said.append(line)

    def gesture(self, link, kind, how):
        self.device.gesture(self.wrong.pop(0) if self.wrong else kind)

    def choose(self, step, why):
        self.asked.append((step, why))
        return self.choices.pop(0) if self.choices else STOP


def hand(port, device, folder, row=None, talk=None, **more):
    row = row or Row("case-27", CONFIG)
    more = {"name": "Association d'essai", "patience": FAST, **more}
    return provision(port.url, row, folder, talk=talk or Robot(device), **more)


def everything(folder):
    """Name and content of every file of the desk."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


# -- a whole hand-over -----------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["socket", "pty"])
def test_a_whole_hand_over(device, tmp_path, kind, capfd):
    device.noise = True
    robot = Robot(device)
    with Port(device, kind) as port:
        outcome = hand(port, device, tmp_path, Row("case-27", CONFIG, who="A. M."), robot)
        assert outcome.done and outcome.devid == device.born.devid.hex()
        assert device.mode == "field" and device.config["mode"] == "field"
        again = hand(port, device, tmp_path)  # asks the device nothing: it would not answer
        assert again.done and again.devid == outcome.devid
    contacts = device.config["contacts"]
    assert [one["number"] for one in contacts] == NUMBERS
    assert all(one["confirmed"] for one in contacts)
    assert {one for one, _ in device.tested} == {0, 1, 2}
    assert "handover.json" not in device.files and "desk.json" not in device.files

    record = outcome.record
    assert record["seal_keys_compared"] == 256 and record["test_recording"]["grade"] == "A"
    assert set(record["gestures"]) == {
        *("check", "watch", "withdraw", "danger", "decoy_cancel", "true_cancel", "evidence")
    }
    assert [one["number_ends"] for one in record["contacts"]] == ["…11", "…22", "…33"]
    entry = json.loads((tmp_path / "registry.json").read_text())["devices"][0]
    assert entry["seal_keys"] == device.born.seal_keys()
    assert entry["hashes"] == {"firmware": "ab" * 32}
    said = "\n".join(robot.said)
    assert "DANGER Julie 21:42" in said and "répondez OUI" in said
    pages = tmp_path / "devices" / outcome.devid
    assert {path.name for path in pages.glob("*.html")} == {
        *("record.html", "contacts-fr.html", "contacts-en.html")
    }
    custody = (pages / "custody.csv").read_text().splitlines()
    assert custody[0].startswith("utc,who,") and custody[1].split(",")[1:3] == [
        "A. M.",
        "handed over",
    ]
    out, err = capfd.readouterr()
    hidden(tmp_path, device, [said, out, err])


def hidden(folder, device, texts):
    """No number, code, pattern or key anywhere but where secrets are; those for their owner."""
    secret = json.loads((folder / "service.json").read_text())["service_secret"]
    known = [*NUMBERS, *(number[3:] for number in NUMBERS), "lsls"]
    keys = [device.psk_0.hex(), secret, (device.service or ("-" * 20,))[0]]
    keys += [*(f'"{code}"' for _, code in device.tested)]
    for name, content in everything(folder).items():
        text = content.decode()
        mine = {"service.json": [secret], "secrets.json": [device.psk_0.hex()]}.get(name, [])
        for value in known + keys:
            assert value in mine or value not in text, (name, value[:4])
        if name.endswith((".json", ".pem", ".csv")) and name != "registry.json":
            assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600, name
    for text in texts:
        for value in known + keys:
            assert value not in text, value[:4]


def requests_of_a_hand_over(tmp_path):
    device = FakeDevice()
    with Port(device) as port:
        assert hand(port, device, tmp_path / "counted").done
    return device.requests


def test_cut_off_at_every_step_it_goes_on(tmp_path):
    """Cable and power pulled at a request, before or after it was obeyed, wherever that is."""
    requests = requests_of_a_hand_over(tmp_path)
    every = [(at, before) for at in range(len(requests)) for before in (True, False)]
    # The first of each kind whatever the depth, the others by chance.
    kinds = {}
    for at, request in enumerate(requests):
        kinds.setdefault((request["do"], request.get("name"), request.get("on")), at)
    chance = Rng(5)
    chosen = {(at, bool(chance.below(2))) for at in kinds.values()}
    if depth(100) < 10:
        chosen = {chance.choice(sorted(chosen)) for _ in range(12)}
    for _ in range(depth(len(every)) // 4):
        chosen.add(chance.choice(every))
    for at, before in sorted(chosen):
        cut_and_resumed(tmp_path / f"{at}-{before}", at, before)


def cut_and_resumed(folder, at, before):
    device = FakeDevice()
    device.cut_at, device.cut_before = at, before
    with Port(device) as port:
        with suppress(Unusable):  # unless it was so late that nothing is missing
            assert hand(port, device, folder).done
        for _ in range(3):
            device.service_gesture()
            outcome = hand(port, device, folder)
            if outcome.done:
                break
    assert outcome.done and device.mode == "field", (at, before, outcome)
    entries = json.loads((folder / "registry.json").read_text())["devices"]
    assert [one["devid"] for one in entries] == [device.born.devid.hex()], (at, before)
    assert entries[0]["seal_keys"] == device.born.seal_keys()
    secrets = json.loads((folder / "secrets.json").read_text())["devices"]
    assert secrets == {device.born.devid.hex(): {"psk_0": device.psk_0.hex()}}
    assert all(one["confirmed"] for one in device.config["contacts"])
    shutil.rmtree(folder)


def test_the_desk_killed_between_two_files_goes_on(device, port, tmp_path, monkeypatch):
    """Registry, secrets, state: whatever was written last, nothing is made twice."""
    from kit import provision as files

    real, allowed = files.write, 0
    while True:
        left = [allowed]

        def write(path, data, secret=False, left=left):
            left[0] -= 1
            if left[0] < 0:
                raise KeyboardInterrupt
            real(path, data, secret)

        with monkeypatch.context() as patch:
            patch.setattr(files, "write", write)
            patch.setattr("kit.birth.provision.write", write)
            try:
                if hand(port, device, tmp_path).done:
                    break
            except KeyboardInterrupt:
                allowed = 3 if allowed == 0 else allowed + 2
            if device.mode == "field":
                device.service_gesture()
    assert allowed > 10
    entries = json.loads((tmp_path / "registry.json").read_text())["devices"]
    assert [one["devid"] for one in entries] == [device.born.devid.hex()]


# -- what stands in the way ------------------------------------------------------------------


def test_numbers_that_are_refused(device, port, tmp_path):
    row = Row("case-27", CONFIG, own=("0639980022",), his=(NUMBERS[2],))
    with pytest.raises(Unusable) as caught:
        hand(port, device, tmp_path, row)
    said = str(caught.value)
    assert "contact 2 (…22): her own number" in said and "contact 3 (…33)" in said
    assert not device.requests and "998" not in said


def test_a_configuration_that_the_device_refuses(device, port, tmp_path):
    device.refused_config = "config.json: prealarm_s: not a whole number from 0 to 45"
    with pytest.raises(Unusable, match="prealarm_s: not a whole number"):
        hand(port, device, tmp_path)
    device.refused_config = None
    assert hand(port, device, tmp_path).done


def test_contacts_say_yes_no_another_code_or_nothing(device, port, tmp_path):
    device.answers = [["wrong yes"], ["no"], [""]]
    outcome = hand(port, device, tmp_path)
    assert (outcome.done, outcome.step, outcome.why) == (False, "contact.3", "(…33) no answer yet")
    assert [one["live"] for one in outcome.record["contacts"]] == [True, False, False]
    tested = len(device.tested)
    robot = Robot(device, choices=[AGAIN, "answers on Monday"])
    outcome = hand(port, device, tmp_path, talk=robot)
    assert outcome.done and len(device.tested) == tested + 2  # of the third alone
    assert [one["confirmed"] for one in device.config["contacts"]] == [True, False, False]
    skipped = outcome.record["skipped"]
    assert skipped["contact.3"]["why"] == "answers on Monday"
    assert skipped["contact.2"]["why"] == "answered NON"
    codes = [code for contact, code in device.tested if contact == 2]
    assert len(set(codes)) > 1 or len(codes) == 1


def test_nobody_says_yes(device, port, tmp_path):
    device.answers = [["no"], ["refused"], ["no"]]
    outcome = hand(port, device, tmp_path, skips={"contact.2": "wrong number"})
    assert not outcome.done and outcome.step == "contacts" and device.mode == "bench"
    changed = json.loads(json.dumps(CONFIG))
    changed["contacts"][1]["number"] = "+33639980044"
    device.answers[1] = ["yes"]
    outcome = hand(port, device, tmp_path, Row("case-27", changed))
    assert outcome.done
    assert [one["confirmed"] for one in device.config["contacts"]] == [False, True, False]


def test_gestures_until_they_are_understood(device, port, tmp_path):
    robot = Robot(device, wrong=["danger", "check", "watch", "danger"])
    outcome = hand(port, device, tmp_path, talk=robot)
    assert outcome.done and outcome.record["gestures"]["check"]["tries"] == 2
    assert outcome.record["gestures"]["watch"]["tries"] == 2
    assert any("understood danger" in line for line in robot.said)
    assert not any("lsls" in line for line in robot.said)


def test_gestures_skipped_with_a_reason(device, port, tmp_path):
    robot = Robot(device, wrong=["danger"] * 9)
    outcome = hand(port, device, tmp_path, talk=robot)
    assert not outcome.done and outcome.step == rehearsing.STEP
    robot = Robot(device, wrong=["danger"] * 9, choices=["her arm is in plaster"])
    outcome = hand(port, device, tmp_path, talk=robot)
    assert outcome.done and outcome.record["gestures"] == {}
    assert outcome.record["skipped"]["gestures"]["why"] == "her arm is in plaster"


@pytest.mark.parametrize(
    "name, word, passes",
    [
        ("gnss", "silent", False),
        ("registered", "no", False),
        ("contacts", "unconfirmed", True),
        ("recording", "unsealed", False),
        ("motor", "absent", False),
    ],
)
def test_findings_that_stop_it(device, port, tmp_path, name, word, passes):
    device.findings[name] = word
    outcome = hand(port, device, tmp_path)
    assert outcome.done is passes
    if not passes:
        assert outcome.step == f"selftest.{name}"
        skips = {f"selftest.{name}": "in a cellar"}
        assert hand(port, device, tmp_path, skips=skips).done


def test_a_modem_that_is_not_accepted_cannot_be_skipped(device, port, tmp_path):
    device.accepted = False
    outcome = hand(port, device, tmp_path, skips={"selftest.modem": "no other one"})
    assert not outcome.done and outcome.step == "selftest.modem"


def test_not_shaken(device, port, tmp_path):
    device.shaken = 0
    assert hand(port, device, tmp_path).step == "shake"
    robot = Robot(device, choices=[AGAIN, AGAIN, AGAIN])
    assert hand(port, device, tmp_path, talk=robot).step == "shake"
    outcome = hand(port, device, tmp_path, skips={"shake": "no accelerometer"})
    assert outcome.done and outcome.record["shaken"] is False
    entries = json.loads((tmp_path / "registry.json").read_text())["devices"]
    assert [one["devid"] for one in entries] == [device.born.devid.hex()]


def test_a_device_without_randomness_is_not_handed_over(device, port, tmp_path):
    device.radio = 0
    outcome = hand(port, device, tmp_path)
    assert not outcome.done and "do not hand it over" in outcome.why
    assert not (tmp_path / "registry.json").exists()


def test_a_recording_that_does_not_open(device, port, tmp_path):
    real = device.record

    def spoilt(label):
        one = real(label)
        device.ev[5 * 4096 + 100] ^= 1
        return one

    device.record = spoilt
    outcome = hand(port, device, tmp_path)
    assert (outcome.done, outcome.step) == (False, "recording") and "grade" in outcome.why


def test_recording_that_she_did_not_choose(device, port, tmp_path):
    device.findings.update(recording="off", microphone="absent")
    config = {**CONFIG, "recording": False}
    outcome = hand(port, device, tmp_path, Row("case-27", config))
    assert outcome.done and outcome.record["test_recording"]["made"] is False
    assert bytes(device.ev) == BLANK * fake_console.EV


def test_another_device_and_one_that_was_handed_over(device, port, tmp_path):
    device.answers = [[""]] * 3
    assert not hand(port, device, tmp_path).done
    with Port(FakeDevice("other device")) as other:
        with pytest.raises(Unusable, match="and this is one without keys"):
            hand(other, other.device, tmp_path)
    with pytest.raises(Unusable, match="was handed over as .*kit wipe"):
        hand(port, device, tmp_path, Row("case-28", CONFIG))
    device.answers = [["yes"]] * 3
    assert hand(port, device, tmp_path).done
    with pytest.raises(Unusable, match="no answer"):
        hand(port, device, tmp_path, Row("case-28", CONFIG))


def test_a_device_that_does_not_go_into_the_field(device, port, tmp_path):
    real = device._restart

    def stays(request):
        real(request)
        device.mode = "bench"

    device._restart = stays
    outcome = hand(port, device, tmp_path)
    assert (outcome.done, outcome.step) == (False, "left")
    device._restart = real
    assert hand(port, device, tmp_path).done


def test_keys_that_are_not_those_of_the_registry(device, port, tmp_path):
    count = [0]

    def lie(do, reply):
        if do == "remove":
            return reply
        if do == "get" and "data" in reply:
            count[0] += 1
            if count[0] > 70:  # the third reading, after the registry was written
                return {**reply, "data": reply["data"].translate(str.maketrans("MT", "TM"))}
        return reply

    device.lie = lie
    with pytest.raises(Unusable):
        hand(port, device, tmp_path)
    assert device.mode == "bench" and device.service is None


# -- getting at a device ---------------------------------------------------------------------


@pytest.fixture
def handed_over(device, port, tmp_path, monkeypatch):
    """A device in the field, with a recording of its own, and the desk's folder: `desk`."""
    monkeypatch.chdir(tmp_path)
    outcome = hand(port, device, tmp_path / "desk")
    assert outcome.done
    device.record()
    return outcome.devid


def run(port, *args):
    command, *rest = args
    return main([command, "--port", port.url, "--wait", "0.3", *rest])


def test_in_the_field_it_takes_gesture_and_key(device, port, handed_over, capsys):
    assert run(port, "selftest") == 2
    said = capsys.readouterr().err
    assert "press it twice" in said and "no answer; is it the right port" in said
    device.service_gesture()
    assert run(port, "selftest", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["findings"]["gnss"] == "ok" and found["devid"] == handed_over
    assert not device.window and not device.unlocked  # locked again behind us
    device.findings["battery"] = "low"
    device.service_gesture()
    assert run(port, "selftest") == 1
    assert "under 20 %" in capsys.readouterr().out


def test_the_key_of_another_desk(device, port, handed_over, capsys, tmp_path):
    shutil.copytree("desk", "other")
    entry = {"format": 1, "service_secret": "00" * 32}
    Path("other/service.json").write_text(json.dumps(entry))
    device.service_gesture()
    assert run(port, "selftest", "--desk", "other") == 2
    said = capsys.readouterr().err
    assert "handed over by another desk" in said and handed_over in said
    Path("other/service.json").unlink()
    assert run(port, "collect", "--desk", "other") == 2
    assert "no service secret" in capsys.readouterr().err


@pytest.mark.parametrize("url", ["/dev/nothing", "socket://127.0.0.1:1", "nonsense://", "loop://"])
def test_ports_that_are_none(tmp_path, url, capsys):
    assert main(["selftest", "--port", url, "--desk", str(tmp_path), "--wait", "0.1"]) == 2
    said = capsys.readouterr().err.splitlines()
    assert said[-1].startswith(f"kit selftest: {url}: ")


def test_what_a_device_says_is_not_believed(device, port, tmp_path, capsys):
    """Whatever stands in a reply: one line and exit 1 or 2, never a traceback."""
    chance = Rng(7)
    values = [None, True, -1, 1 << 70, "", "é", "x" * 5000, [], {}, [[]], {"v": 2}, 0.5]
    for _ in range(depth(400)):

        def lie(do, reply):
            if chance.below(6) == 0:
                name = chance.choice(sorted(reply))
                if name not in ("ok", "id"):
                    return {**reply, name: chance.choice(values)}
            return reply

        fresh = FakeDevice()
        fresh.config, fresh.lie = dict(CONFIG), lie
        fresh._give_birth({"psk_0": "11" * 32, "agreement_key": "22" * 32})
        port.device = fresh
        command = chance.choice(["selftest", "collect"])
        assert run(port, command, "--desk", str(tmp_path)) in (0, 1, 2)
    assert "Traceback" not in capsys.readouterr().err


# -- copies ----------------------------------------------------------------------------------


def test_a_copy_is_what_the_device_holds(device, port, handed_over, capsys):
    device.service_gesture()
    before = len(device.requests)
    state = bytes(device.ev), bytes(device.journal), dict(device.files)
    assert run(port, "collect", "--who", "A. M.", "--json") == 0
    assert state == (bytes(device.ev), bytes(device.journal), dict(device.files))
    found = json.loads(capsys.readouterr().out)
    ev = found["partitions"]["ev"]
    copied = Path(ev["file"]).read_bytes()
    assert copied == bytes(device.ev) and sha256(copied).hexdigest() == ev["sha256"]
    assert device.used() // 4096 <= ev["transferred"] < device.used() // 4096 + 16
    asked = [one["do"] for one in device.requests[before:]]
    assert asked.count("hash") == 2 and max(
        place for place, do in enumerate(asked) if do == "hash"
    ) < asked.index("read")
    folder = Path(ev["file"]).parent
    assert (
        os.access(folder / "ev.bin", os.R_OK) and (folder / "ev.bin").stat().st_mode & 0o222 == 0
    )
    assert (folder / "SHA256SUMS").read_text().splitlines()[0] == f"{ev['sha256']}  ev.bin"
    line = Path(f"desk/devices/{handed_over}/custody.csv").read_text().splitlines()[-1]
    assert line.endswith(f",A. M.,copied,{ev['sha256']},{ev['sha256']}")
    key = next(Path("desk/keys").glob("*.pem"))
    files = ["--registry", "desk/registry.json", "--key", str(key)]
    assert main(["verify", ev["file"], *files, "--secrets", "desk/secrets.json"]) == 0
    assert capsys.readouterr().out.count(": A") == 2


def test_a_copy_that_was_cut_off_goes_on(device, port, handed_over, capsys):
    for _ in range(3):
        device.record()
    device.cut_at = len(device.requests) + 9
    device.service_gesture()
    assert run(port, "collect") == 2
    assert "the device is gone" in capsys.readouterr().err
    device.service_gesture()
    assert run(port, "collect", "--json") == 0
    ev = json.loads(capsys.readouterr().out)["partitions"]["ev"]
    assert 0 < ev["resumed"] < ev["transferred"]
    assert Path(ev["file"]).read_bytes() == bytes(device.ev)
    device.service_gesture()
    assert run(port, "collect", "--json") == 0  # all of it is there
    ev = json.loads(capsys.readouterr().out)["partitions"]["ev"]
    assert ev["resumed"] == ev["sectors"]


def test_a_copy_that_is_not_what_was_hashed_is_not_kept(device, port, handed_over, capsys):
    def lie(do, reply):
        return {**reply, "sha256": "00" * 32} if do == "hash" else reply

    device.lie = lie
    device.service_gesture()
    assert run(port, "collect") == 1
    assert "not what the device hashed; nothing of it is kept" in capsys.readouterr().err
    assert not list(Path("desk").rglob("*.bin")) and not list(Path("desk").rglob("*.part"))


def test_a_device_that_writes_meanwhile(device, port, handed_over, capsys):
    def lie(do, reply):
        if do == "hash":
            device.ev[100] = (device.ev[100] + 1) & 255
        return reply

    device.lie = lie
    device.service_gesture()
    assert run(port, "collect") == 1
    assert "the device wrote while it was copied" in capsys.readouterr().err


def test_lines_that_were_damaged_are_asked_for_again(device, port, handed_over, capsys):
    count = [0]

    def lie(do, reply):
        count[0] += 1
        if do == "part" and "data" in reply and count[0] % 300 == 0:
            return {**reply, "data": "A" * 684}
        return reply

    device.lie = lie
    device.service_gesture()
    assert run(port, "collect", "--out", "copy", "--json") == 0
    ev = json.loads(capsys.readouterr().out)["partitions"]["ev"]
    assert Path(ev["file"]).read_bytes() == bytes(device.ev) and ev["file"].startswith("copy/")
    device.lie = lambda do, reply: {**reply, "data": "####"} if "data" in reply else reply
    device.ev[1] ^= 1
    device.service_gesture()
    assert run(port, "collect") == 2
    assert len(capsys.readouterr().err.splitlines()) == 1


# -- erasure ---------------------------------------------------------------------------------


def wipe(port, devid, *more):
    port.device.service_gesture()
    return run(port, "wipe", "--devid", devid, *more)


def test_erased_only_once_it_was_collected(device, port, handed_over, capsys):
    before = bytes(device.ev)
    assert wipe(port, handed_over) == 2
    assert "nothing was collected of it" in capsys.readouterr().err
    device.service_gesture()
    assert run(port, "collect") == 0
    device.record()
    assert wipe(port, handed_over) == 2
    assert "recorded since it was collected" in capsys.readouterr().err
    assert wipe(port, "00" * 8) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "--devid is not" in said and "recorded since" in said  # all of it at once
    assert bytes(device.ev).startswith(before.rstrip(b"\xff"))
    device.service_gesture()
    assert run(port, "collect") == 0
    capsys.readouterr()
    assert wipe(port, handed_over, "--who", "A. M.", "--json") == 0
    record = json.loads(capsys.readouterr().out)
    assert record["blank"] == ["ev", "journal"] and record["without_copy"] is None
    assert bytes(device.ev) == BLANK * fake_console.EV
    assert (device.born, device.service, device.config, device.mode) == (None, None, None, "bench")
    kept = json.loads(Path(f"desk/devices/{handed_over}/wipe.json").read_text())
    assert kept == record and kept["ended_utc"] is not None
    custody = Path(f"desk/devices/{handed_over}/custody.csv").read_text().splitlines()
    assert ",A. M.,erased," in custody[-1]


def test_a_copy_that_is_gone_or_spoilt_is_none(device, port, handed_over, capsys):
    device.service_gesture()
    assert run(port, "collect") == 0
    copy = next(Path("desk").rglob("ev.bin"))
    copy.chmod(0o600)
    copy.write_bytes(copy.read_bytes()[:-1] + b"\0")
    assert wipe(port, handed_over) == 2
    assert "nothing was collected" in capsys.readouterr().err
    assert wipe(port, handed_over, "--without-copy", "her wish, in writing") == 0
    kept = json.loads(Path(f"desk/devices/{handed_over}/wipe.json").read_text())
    assert kept["without_copy"] == "her wish, in writing"


def test_not_in_the_registry(device, port, handed_over, capsys):
    shutil.copytree("desk", "other")
    Path("other/registry.json").unlink()
    assert wipe(port, handed_over, "--desk", "other", "--without-copy", "x") == 2
    assert "is not in other/registry.json" in capsys.readouterr().err
    assert device.born is not None


def test_an_erasure_that_was_cut_off_goes_on(device, port, handed_over, capsys):
    device.service_gesture()
    assert run(port, "collect") == 0
    device.wipe_stops = True
    assert wipe(port, handed_over) == 2
    assert device.used() and device.born is None and device.mode == "field"
    assert wipe(port, handed_over) == 0
    assert not device.used() and device.mode == "bench"
    # The desk was cut off just before it wrote that it was done.
    path = Path(f"desk/devices/{handed_over}/wipe.json")
    record = json.loads(path.read_text())
    path.write_text(json.dumps({**record, "ended_utc": None}))
    assert wipe(port, handed_over) == 0
    assert json.loads(path.read_text())["ended_utc"] is not None
    assert wipe(port, handed_over) == 2
    assert "never handed over" in capsys.readouterr().err


def test_handed_over_again_only_after_its_erasure(device, port, handed_over, capsys):
    desk = Path("desk")
    row = Row("case-28", CONFIG, reissue=handed_over)
    with pytest.raises(Unusable, match="was not erased: kit wipe comes first"):
        hand(port, device, desk, row)
    device.service_gesture()
    assert run(port, "collect") == 0
    assert wipe(port, handed_over) == 0
    outcome = hand(port, device, desk, row)
    assert outcome.done and outcome.devid != handed_over
    assert outcome.record["reissue_of"] == handed_over
    entries = json.loads((desk / "registry.json").read_text())["devices"]
    assert [one["devid"] for one in entries] == [handed_over, outcome.devid]
    assert len({one["agreement_key"] for one in entries}) == 2
    with pytest.raises(Unusable, match="is not in"):
        hand(port, device, desk, Row("case-29", CONFIG, reissue="00" * 8))


# -- many devices, and the command line ------------------------------------------------------


class Ready:
    """A row of kit.fleet."""

    serial, board = "G-0001", "t_a7670x_s3"


def test_devices_that_get_their_keys_in_a_batch(device, port, tmp_path):
    maker = SerialProvisioner(tmp_path, "Association d'essai", patience=FAST)
    with pytest.raises(Absent):
        maker.look("/dev/nothing")
    assert maker.look(port.url) is None
    device.cut_at = 20
    with pytest.raises(Absent):
        maker.provision(port.url, Ready)
    assert maker.look(port.url) is None  # nobody has taken its answer yet: born anew
    device.cut_at = len(device.requests) + 60
    with pytest.raises(Absent):
        maker.provision(port.url, Ready)
    assert maker.look(port.url) == Begun("G-0001")
    made = maker.provision(port.url, Ready)
    assert checked(made) == Made("G-0001", device.born.devid.hex(), made.entry)
    assert made.entry == handed.entry(Desk(tmp_path), device.born.devid)
    assert maker.look(port.url) == made == maker.provision(port.url, Ready)
    assert device.mode == "bench" and device.config["contacts"][0].get("confirmed") is False

    class Other(Ready):
        serial, board = "G-0002", "t_a7670e"

    with pytest.raises(No, match="not a t_a7670e"):
        maker.provision(port.url, Other)
    outcome = hand(port, device, tmp_path, Row("G-0001", CONFIG))
    assert outcome.done and outcome.devid == made.devid and device.config["name"] == "Julie"


def test_examples_of_every_help_run(device, port, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(serial_cli, "Terminal", lambda: Robot(device))
    monkeypatch.setattr(serial_cli, "PATIENCE", FAST)
    Path("config.json").write_text(json.dumps(CONFIG))
    for name in ("provision", "selftest", "collect", "wipe"):
        with pytest.raises(SystemExit) as left:
            main([name, "--help"])
        assert left.value.code == 0
        example = re.findall(
            r"  python -m kit (.*--port.*(?:(?<=\\)\n.*)*)", capsys.readouterr().out
        )
        assert len(example) == 1, name
        words = re.findall(r'"[^"]*"|[^\s"\\]+', example[0])
        words = [word.strip('"').replace("/dev/ttyUSB0", port.url) for word in words]
        devid = device.born.devid.hex() if device.born else ""
        words = [word.replace("0011223344556677", devid) for word in words]
        device.service_gesture()
        assert main(words) == 0, (name, capsys.readouterr())
    out = capsys.readouterr().out
    assert "erased" in out


WRONG = [
    ([], "--image or --port is needed"),
    (["--port", "p"], "--port needs --config"),
    (["--port", "p", "--config", "none.json"], "none.json: No such file"),
    (["--port", "p", "--config", "list.json"], "list.json: not an object"),
    (["--port", "p", "--config", "c.json", "--image", "i"], "either --image or --port"),
    (["--port", "p", "--config", "c.json", "--skip", "gestures"], "--skip: not STEP=REASON"),
    (["--port", "p", "--config", "c.json", "--serial", "../x"], "1 to 40 letters"),
    (["--port", "p", "--config", "c.json", "--avoid", "list.json"], "list.json: not {"),
    (["--port", "p", "--config", "empty.json"], "--serial is needed"),
    (["--port", "p", "--config", "empty.json", "--serial", "x"], "contacts: missing"),
    (["--port", "/dev/nothing", "--config", "c.json"], "/dev/nothing: cannot be opened"),
]


@pytest.mark.parametrize("args, said", WRONG)
def test_mistakes(tmp_path, monkeypatch, capsys, args, said):
    monkeypatch.chdir(tmp_path)
    Path("c.json").write_text(json.dumps(CONFIG))
    Path("list.json").write_text("[]")
    Path("empty.json").write_text("{}")
    assert main(["provision", "--out", "desk", "--name", "A", *args]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and said in lines[0], lines
