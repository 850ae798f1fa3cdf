"""Hand-over on a flash image: two calls with a start of the device between them.

The device is played by the reference writer's; that the firmware answers alike is tested with it.
"""

import json
import os
import stat
from hashlib import sha256

import ev1_writer as writer
import pytest
from ev1_judges import Desk, judge
from ev1_writer import Device, Recording
from littlefs import LittleFS
from test_kit_cli import flash_image

from kit import provision as module
from kit.__main__ import main

BLOCKS = 32
SETTINGS = {
    "block_size": 4096,
    "block_count": BLOCKS,
    "read_size": 32,
    "prog_size": 32,
    "cache_size": 128,
    "lookahead_size": 32,
    "mount": False,
}


def disk(data=None):
    made = LittleFS(**SETTINGS)
    if data is None:
        made.format()
    else:
        made.context.buffer = bytearray(data)
    made.mount()
    return made


class Flash:
    """A whole flash image with vfs in it, as a file; the device is switched on with start()."""

    def __init__(self, path):
        self.path = path
        path.write_bytes(flash_image({"ev": b"\xff" * 8192, "vfs": bytes(disk().context.buffer)}))

    def files(self):
        return disk(self.path.read_bytes()[-BLOCKS * 4096 :])

    def keep(self, made):
        data = self.path.read_bytes()[: -BLOCKS * 4096] + bytes(made.context.buffer)
        self.path.write_bytes(data)

    def write(self, name, data):
        made = self.files()
        with made.open(name, "wb") as file:
            file.write(data)
        self.keep(made)

    def names(self):
        return set(self.files().listdir("/"))

    def start(self, label="device", radio=1):
        """As the firmware does it: answer, and take away what the desk left."""
        made = self.files()
        with made.open("/desk.json", "rb") as file:
            desk = json.loads(file.read())
        device = Device(label)
        device.psk_0 = bytes.fromhex(desk["psk_0"])
        answer = {
            "format": 1,
            "devid": device.devid.hex(),
            "identifier": device.identifier.hex(),
            "seal_keys": device.seal_keys(),
            "radio_entropy": radio,
        }
        with made.open("/handover.json", "wb") as file:
            file.write(json.dumps(answer).encode())
        made.remove("/desk.json")
        self.keep(made)
        return device, desk


@pytest.fixture
def flash(tmp_path):
    return Flash(tmp_path / "flash.bin")


def provision(flash, out, *more):
    name = [] if "--name" in more else ["--name", "Association d'essai"]
    return main(["provision", "--image", str(flash.path), "--out", str(out), *name, *more])


def test_two_calls_and_a_start(flash, tmp_path, capsys):
    out = tmp_path / "desk"
    before = flash.path.read_bytes()
    assert provision(flash, out, "--name", "Association d'essai") == 0
    assert "fingerprint" in capsys.readouterr().out
    after = flash.path.read_bytes()
    assert after[: -BLOCKS * 4096] == before[: -BLOCKS * 4096]  # nothing but vfs was touched
    assert flash.names() == {"desk.json"}
    assert provision(flash, out) == 1 and flash.names() == {"desk.json"}
    assert "not answered" in capsys.readouterr().out

    device, desk = flash.start()
    assert sorted(desk) == ["agreement_key", "entropy", "format", "psk_0"]
    assert provision(flash, out, "--firmware", "ab" * 32) == 0
    assert flash.names() == set()
    said = capsys.readouterr().out
    assert device.devid.hex() in said and "RFC 3161" in said
    signing = json.loads((out / "registry.json").read_text())["association"]["signing_key"]
    digits = sha256(bytes.fromhex(signing)).hexdigest()[:32]
    (shown,) = [line for line in said.splitlines() if "signs the registry" in line]
    assert shown.split("fingerprint ")[1].replace(" ", "") == digits
    names = {path.name for path in out.iterdir()}
    assert names == {"key.pem", "registry.json", "secrets.json", "signing.pem"}
    for name in names - {"registry.json"}:
        assert stat.S_IMODE(os.stat(out / name).st_mode) == 0o600

    public = (out / "registry.json").read_text()
    entry = json.loads(public)["devices"][0]
    assert entry["seal_keys"] == device.seal_keys() and entry["hashes"] == {"firmware": "ab" * 32}
    assert desk["psk_0"] not in public
    assert desk["psk_0"] in (out / "secrets.json").read_text()


def test_what_was_handed_over_can_be_verified(flash, tmp_path, capsys):
    out = tmp_path / "desk"
    provision(flash, out)
    device, desk = flash.start()
    provision(flash, out)

    class Here:
        public = bytes.fromhex(desk["agreement_key"])

    recording = writer.tell(Recording(device, Here, 1))
    path = tmp_path / "recording.ev1"
    path.write_bytes(recording.data())
    files = ["--registry", str(out / "registry.json"), "--key", str(out / "key.pem")]
    files += ["--secrets", str(out / "secrets.json"), "--copies", str(tmp_path / "copies")]
    assert main(["verify", str(path), *files]) == 0

    class Both:  # and by the second verifier
        registry = (out / "registry.json").read_bytes()
        pem = (out / "key.pem").read_bytes()
        secrets = (out / "secrets.json").read_bytes()
        class_key = None

    Both.given = Desk.given
    (one,) = judge(recording.data(), Both())
    assert one.grade == "A"


def test_a_second_device_needs_its_own_key(flash, tmp_path, capsys):
    out = tmp_path / "desk"
    provision(flash, out)
    flash.start()
    provision(flash, out)
    first = json.loads((out / "registry.json").read_text())
    assert provision(flash, out) == 2
    assert "one key pair for each hand-over" in capsys.readouterr().err
    second = str(out / "second.pem")
    assert provision(flash, out, "--key", second) == 0
    flash.start("other device")
    assert provision(flash, out, "--key", second) == 0
    both = json.loads((out / "registry.json").read_text())
    assert len(both["devices"]) == 2 and both["devices"][0] == first["devices"][0]
    assert both["association"] == first["association"]
    keys = {one["agreement_key"] for one in both["devices"]}
    assert len(keys) == 2
    assert len(json.loads((out / "secrets.json").read_text())["devices"]) == 2


def test_a_cut_in_the_second_call_is_made_good(flash, tmp_path, monkeypatch):
    """Registry and secrets first, then the device's file: whatever stops it, it goes on."""
    out = tmp_path / "desk"
    provision(flash, out)
    flash.start()
    real = module.write
    for allowed in (0, 1, 2, 2):  # secrets; signing key; registry; then all of it but the image
        done = []

        def write(path, data, secret=False, done=done, allowed=allowed):
            if len(done) == allowed:
                raise KeyboardInterrupt
            done.append(path)
            real(path, data, secret)

        with monkeypatch.context() as patch:
            patch.setattr(module, "write", write)
            assert provision(flash, out) == 130
        assert "handover.json" in flash.names()
    assert provision(flash, out) == 0
    assert len(json.loads((out / "registry.json").read_text())["devices"]) == 1
    assert flash.names() == set()


def answer(**changes):
    device = Device()
    fields = {
        "format": 1,
        "devid": device.devid.hex(),
        "identifier": device.identifier.hex(),
        "seal_keys": device.seal_keys(),
        "radio_entropy": 1,
    }
    return json.dumps({**fields, **changes}).encode()


ANSWERS = [
    b"",
    b"[]",
    b"{",
    answer(format=2),
    answer(devid="00"),
    answer(identifier=None),
    answer(seal_keys=[]),
    answer(seal_keys=["00" * 32] * 256),
    answer(seal_keys=Device().seal_keys()[:255]),
    answer(seal_keys=[*Device().seal_keys(), "00" * 32]),
    answer(radio_entropy="yes"),
]


@pytest.mark.parametrize("number", range(len(ANSWERS)))
def test_answers_that_are_none(flash, tmp_path, capsys, number):
    out = tmp_path / "desk"
    provision(flash, out)
    flash.start()
    flash.write("/handover.json", ANSWERS[number])
    assert provision(flash, out) == 2
    assert "not what the firmware writes" in capsys.readouterr().err
    assert not (out / "registry.json").exists() and "handover.json" in flash.names()


def test_other_mistakes(flash, tmp_path, capsys):
    out = tmp_path / "desk"
    flash.write("/handover.json", answer())
    assert provision(flash, out) == 2
    assert "begun elsewhere" in capsys.readouterr().err
    other = Flash(tmp_path / "other.bin")
    assert provision(other, out) == 0
    third = Flash(tmp_path / "third.bin")
    assert provision(third, out) == 2
    assert "is not finished" in capsys.readouterr().err
    (tmp_path / "noise").write_bytes(bytes(range(256)) * 256)
    other.path = tmp_path / "noise"
    assert provision(other, tmp_path / "new") == 2
    assert "cannot be mounted" in capsys.readouterr().err
    assert (tmp_path / "noise").read_bytes() == bytes(range(256)) * 256
    other.path = tmp_path / "none"
    assert provision(other, tmp_path / "new") == 2
    assert "none: No such file" in capsys.readouterr().err


def test_a_device_without_randomness_is_told(flash, tmp_path, capsys):
    out = tmp_path / "desk"
    provision(flash, out)
    flash.start(radio=0)
    assert provision(flash, out) == 0
    assert "do not hand it over" in capsys.readouterr().out


def test_a_new_registry_needs_a_name(flash, tmp_path, capsys):
    out = tmp_path / "desk"
    for name in ("", " "):
        assert provision(flash, out, "--name", name) == 2
        assert "--name is required for a new registry" in capsys.readouterr().err
        assert flash.names() == set() and not list(out.iterdir())
    assert provision(flash, out, "--name", "Association d'essai") == 0
    flash.start()
    assert provision(flash, out, "--name", "") == 0  # the name of the first call
    entry = json.loads((out / "registry.json").read_text())
    assert entry["association"]["name"] == "Association d'essai"


def test_what_is_on_the_device_is_not_handed_over_by_mistake(flash, tmp_path, capsys):
    out = tmp_path / "desk"
    provision(flash, tmp_path / "elsewhere")
    before = flash.path.read_bytes()
    assert provision(flash, out) == 2
    assert "the hand-over of another desk is on it; --again" in capsys.readouterr().err
    assert flash.path.read_bytes() == before and not list(out.iterdir())
    assert provision(flash, out, "--again") == 0
    device, desk = flash.start()
    assert provision(flash, out) == 0

    class Here:
        public = bytes.fromhex(desk["agreement_key"])

    opening = Recording(device, Here, 1).sectors[0]
    data = bytearray(flash.path.read_bytes())
    data[0x10000 : 0x10000 + len(opening)] = opening
    flash.path.write_bytes(data)
    second = ["--key", str(out / "second.pem")]
    capsys.readouterr()
    assert provision(flash, out, *second) == 2
    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1 and "1 recording(s) of an earlier hand-over are on it" in said[0]
    assert flash.path.read_bytes() == data and not (out / "second.pem").exists()
    assert provision(flash, out, *second, "--again") == 0
