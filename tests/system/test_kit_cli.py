"""The kit's command line: what it prints, keeps and answers to every mistake."""

import json
import os
import re
import shutil
import subprocess
import sys
import wave
from hashlib import sha256
from pathlib import Path

import ev1_writer as writer
import pytest

from kit import selftest, show, words
from kit.__main__ import main
from kit.command import Unusable

ROOT = Path(__file__).resolve().parents[2]
PUBLISHED = ROOT / "kit/published"
KEYS = ["--key", "key.pem", "--secrets", "secrets.json"]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the published files, to work in."""
    for path in PUBLISHED.iterdir():
        shutil.copy(path, tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*args):
    return main(["verify", *args, "--registry", "registry.json"])


def test_published_container_is_what_the_writer_writes(tmp_path):
    made = writer.publish(tmp_path)
    assert {path.name: path.read_bytes() for path in PUBLISHED.iterdir()} == made
    page = (ROOT / "docs/ev1.md").read_text()
    assert sha256(made["recording.ev1"]).hexdigest() in page
    assert len(made["recording.ev1"]) < 64 * 1024


def test_verify_with_all_keys(desk, capsys):
    assert run("recording.ev1", *KEYS, "--anchors", "anchors.csv", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    (one,) = found["recordings"]
    raw = sha256((desk / "recording.ev1").read_bytes()).hexdigest()
    expected = {
        "file": "recording.ev1",
        "sha256": raw,
        "device": "c793d4861afea9f3",
        "q": 3,
        "grade": "A",
        "segments": 10,
        "bad": [],
        "gaps": [],
        "closed": True,
        "seals": {"valid": 3, "bad": 0, "final": True},
        "sealed_to": {"audio": 3, "place": 2, "log": 2},
        "classes": ["audio", "place", "log"],
        "anchors_matched": 2,
        "duration_ms": 3872,
    }
    assert {key: one[key] for key in expected} == expected
    gnss, network = one["time"]
    assert gnss == {
        "from": "2026-11-05T20:41:06.960Z",
        "to": "2026-11-05T20:41:10.832Z",
        "plus_minus_ms": 61,
        "source": "GNSS",
    }
    assert network["source"] == "network" and network["plus_minus_ms"] > 1000
    assert found["tool"] == show.tool()
    assert found["self_test"] == {"version": "0.1.0", "good": 1, "tampered": 12, "failed": []}


def test_verify_with_the_key_of_one_class(desk, capsys):
    assert run("recording.ev1", "--class-key", "audio_key.json", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["recordings"]
    assert one["grade"] == "A" and one["classes"] == ["audio"]
    assert one["not_examined"] == ["place", "log"]
    assert "rollback" not in one["words"]["en"] and "earlier state" in one["words"]["en"]


def test_verify_without_keys_says_what_seals_say(desk, capsys):
    assert run("recording.ev1") == 1
    out = capsys.readouterr().out
    assert "Recording 3 of device c793d4861afea9f3: B" in out
    assert "Scellé jusqu'aux segments : son 3, lieu 2, journal 2" in out
    assert "Sealed up to segments: audio 3, place 2, log 2" in out


def test_damage_is_named_in_words_and_json(desk, capsys):
    data = bytearray((desk / "recording.ev1").read_bytes())
    data[5 * 4096 + 100] ^= 4
    data = data[: 11 * 4096] + data[12 * 4096 :]
    (desk / "hit.ev1").write_bytes(data)
    assert run("hit.ev1", *KEYS, "--json") == 1
    (one,) = json.loads(capsys.readouterr().out)["recordings"]
    assert (one["grade"], one["bad"], one["gaps"]) == ("C", ["audio:1"], [["place:2", None]])
    assert "Non authentiques : son 1 ; absents : lieu 2-?" in one["words"]["fr"]
    assert "Not authentic: audio 1; missing: place 2-?" in one["words"]["en"]
    assert one["shared_key_only"]["audio"] == [] and one["sealed_to"]["place"] == 1


def test_a_copy_and_its_hash_are_kept_before_any_key_is_read(desk, capsys):
    assert run("recording.ev1", "--key", "none.pem", "--secrets", "secrets.json") == 2
    assert "none.pem: No such file" in capsys.readouterr().err
    raw = (desk / "recording.ev1").read_bytes()
    folder = desk / "build/copies" / sha256(raw).hexdigest()[:16]
    assert (folder / "recording.ev1").read_bytes() == raw
    line = f"{sha256(raw).hexdigest()}  recording.ev1\n"
    assert (folder / "SHA256SUMS").read_text() == line
    assert not os.stat(folder / "recording.ev1").st_mode & 0o222
    assert os.stat(folder).st_mode & 0o777 == 0o700


def test_a_copy_that_is_none_stops_it(desk, capsys):
    raw = (desk / "recording.ev1").read_bytes()
    folder = desk / "build/copies" / sha256(raw).hexdigest()[:16]
    folder.mkdir(parents=True)
    (folder / "recording.ev1").write_bytes(raw[:-1])
    assert run("recording.ev1", *KEYS) == 2
    assert "not a copy of recording.ev1" in capsys.readouterr().err


MISTAKES = [
    (["verify"], "kit verify: the following arguments are required: PATH, --registry"),
    (["frobnicate"], "kit: argument command: invalid choice"),
    (["verify", "none", "--registry", "registry.json"], "none: No such file"),
    (["verify", "recording.ev1", "--registry", "key.pem"], "key.pem: not JSON"),
    (["verify", "recording.ev1", "--registry", "secrets.json"], "not a registry of format 1"),
    (["verify", "recording.ev1", "--registry", "registry.json", "--key", "key.pem"], "together"),
    (
        ["verify", "recording.ev1", "--registry", "registry.json", *KEYS]
        + ["--class-key", "audio_key.json"],
        "either --key and --secrets, or --class-key",
    ),
    (
        ["verify", "recording.ev1", "--registry", "registry.json", "--class-key", "secrets.json"],
        "secrets.json: not a class key file of format 1",
    ),
    (
        ["verify", "recording.ev1", "--registry", "registry.json", "--anchors", "key.pem"],
        "key.pem: the first line is not received_utc,from,text",
    ),
    (
        ["verify", "recording.ev1", "--registry", "registry.json", "--key", "key.pem"]
        + ["--secrets", "registry.json"],
        "registry.json: not a secrets.json of format 1",
    ),
    (["disclose", "recording.ev1", "--registry", "registry.json"], "are required: --number"),
    (
        ["disclose", "recording.ev1", "--registry", "registry.json", *KEYS, "--number", "3"]
        + ["--class", "audio", "--out", "x", "--device", "00"],
        "no device 00 in recording.ev1; there is c793d4861afea9f3",
    ),
    (
        ["verify", "recording.ev1", "--registry", "registry.json", "--copies", "key.pem"],
        "; give --copies DIR",
    ),
    (
        ["report", "recording.ev1", "--registry", "registry.json", "--out", "x"]
        + ["--stamp", "key.pem"],
        "key.pem: not an RFC 3161 token (DER)",
    ),
]


@pytest.mark.parametrize(("args", "expected"), MISTAKES)
def test_mistakes_are_answered_in_one_line(desk, capsys, args, expected):
    try:
        code = main(args)
    except SystemExit as error:
        code = error.code
    said = capsys.readouterr()
    assert code == 2 and not said.out
    complaint = [line for line in said.err.splitlines() if "copy in" not in line]
    assert len(complaint) == 1 and expected in complaint[0], complaint


def test_what_can_be_refused_at_once_leaves_no_copy(desk, capsys):
    with wave.open("sound.wav", "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
    assert run("sound.wav") == 2
    assert "sound.wav: this is a WAV file, not a recording" in capsys.readouterr().err
    assert run("recording.ev1", "--key", "key.pem") == 2
    assert not (desk / "build").exists()


def test_an_interrupt_is_no_traceback(desk, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("kit.__main__.verify", interrupted)
    assert run("recording.ev1", *KEYS) == 130
    assert capsys.readouterr().err.splitlines()[-1] == "kit verify: interrupted"


def test_a_terminal_without_accents(desk):
    command = [sys.executable, "-m", "kit", "verify", "recording.ev1", "--registry"]
    where = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [*command, "registry.json", *KEYS], cwd=desk, env=where, capture_output=True, check=False
    )
    assert done.returncode == 0 and b"n? 2) est valide" in done.stdout
    assert b"audio: 4 segments, all sealed" in done.stdout


def test_numbers_of_sectors_are_ranges():
    assert words.spans([7, 1, 2, 3]) == "1-3, 7" and words.spans([]) == ""


def test_files_without_a_recording_are_not_good(desk, capsys):
    for name, data in (
        ("empty", b""),
        ("blank", b"\xff" * 8192),
        ("noise", bytes(range(256)) * 99),
    ):
        (desk / name).write_bytes(data)
        assert run(name, *KEYS) == 1
        assert "no recording in this file" in capsys.readouterr().out


def test_every_command_has_an_example(capsys):
    for args in (
        ["--help"],
        ["verify", "--help"],
        ["provision", "--help"],
        ["disclose", "--help"],
        ["report", "--help"],
    ):
        with pytest.raises(SystemExit) as end:
            main(args)
        assert end.value.code == 0 and "python -m kit" in capsys.readouterr().out


def test_the_module_runs_from_a_shell():
    command = [sys.executable, "-m", "kit", "verify", "--help"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "example:" in done.stdout


def test_a_copy_of_the_package_alone_tests_itself(tmp_path):
    """As a wheel holds it: what setuptools is told to take along, and no repository around it."""
    stated = (ROOT / "pyproject.toml").read_text()
    assert 'kit = ["published/*"]' in stated
    shutil.copytree(ROOT / "kit", tmp_path / "kit", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(PUBLISHED / "registry.json", tmp_path)
    shutil.copy(PUBLISHED / "recording.ev1", tmp_path)
    command = [sys.executable, "-m", "kit", "verify", "recording.ev1"]
    command += ["--registry", "registry.json"]
    where = {**os.environ, "PYTHONPATH": str(tmp_path)}
    done = subprocess.run(
        command, cwd=tmp_path, env=where, capture_output=True, text=True, check=False
    )
    assert "12 tampered, passed" in done.stdout, done.stderr


def test_the_self_test_notices_a_verifier_that_is_broken(monkeypatch, tmp_path):
    assert selftest.run().failed == []
    with monkeypatch.context() as patch:
        patch.setattr("kit.lmots.verify", lambda *_: True)
        assert "a bit of the first seal" in selftest.run().failed
    with monkeypatch.context() as patch:
        patch.setattr("kit.keys.Ratchet.authentic", lambda *_: True)
        assert "a bit of the last tag" in selftest.run().failed
    with monkeypatch.context() as patch:
        patch.setattr("kit.chain.head", lambda *_: b"")
        assert "as published" in selftest.run().failed
        with pytest.raises(Unusable, match="FAILED"):
            selftest.check()
    monkeypatch.setattr(selftest, "FOLDER", tmp_path)
    with pytest.raises(Unusable, match="No such file"):
        selftest.check()


def test_a_whole_flash_image_is_read_by_its_partition_table(desk, capsys):
    whole = flash_image({"ev": (desk / "recording.ev1").read_bytes() + b"\xff" * 8192})
    (desk / "flash.bin").write_bytes(whole)
    assert run("flash.bin", *KEYS) == 0
    shutil.copy(desk / "flash.bin", desk / "short.bin")
    os.truncate(desk / "short.bin", len(whole) - 3 * 4096)
    capsys.readouterr()
    assert run("short.bin", *KEYS, "--json") == 1  # the last seal is cut off: B, by its own number
    found = json.loads(capsys.readouterr().out)
    (one,) = found["recordings"]
    assert (one["grade"], one["seals"]["valid"]) == ("B", 2)
    assert found["image_cut"] == [len(whole) - 3 * 4096, len(whole)]
    says = f"ends at byte {len(whole) - 3 * 4096}, partition ev at {len(whole)}: recordings may"
    assert says in one["remarks"][0]
    os.truncate(desk / "short.bin", 0x10000)
    assert run("short.bin", *KEYS) == 1
    out = capsys.readouterr().out
    assert "the image ends at byte 65536, partition ev at" in out and "no recording" in out
    hit = bytearray(whole)
    hit[0x10000 + 9] ^= 1
    hit[0x10000 + 2048 + 9] ^= 1
    (desk / "hit.bin").write_bytes(hit)
    assert run("hit.bin", *KEYS, "--json") == 1
    found = json.loads(capsys.readouterr().out)
    assert found["unreadable"] == [0]  # counted from the partition's start


def flash_image(contents):
    """A flash image with a partition table, and these partitions from 0x10000 on."""
    table, body = b"", b""
    for label, data in contents.items():
        at = 0x10000 + len(body)
        entry = b"\xaa\x50\x01\x06" + at.to_bytes(4, "little") + len(data).to_bytes(4, "little")
        table += entry + label.encode().ljust(16, b"\0") + bytes(4)
        body += data
    return (b"\xff" * 0x8000 + table).ljust(0x10000, b"\xff") + body


# -- tables that people write ----------------------------------------------------------------


def test_codes_that_contradict_a_recording_are_not_silence(desk, capsys):
    text = (desk / "anchors.csv").read_text()
    (desk / "wrong.csv").write_text(re.sub(r"(3[oh])\S{16}", r"\1" + "A" * 16, text))
    assert run("recording.ev1", *KEYS, "--anchors", "wrong.csv", "--json") == 0
    (one,) = json.loads(capsys.readouterr().out)["recordings"]
    assert (one["grade"], one["anchors_matched"]) == ("A", 0)
    says = "2 code(s) carry this number and do not match: a copying mistake, or another recording"
    assert says in one["words"]["en"] and says in one["remarks"][0]
    assert "No code kept elsewhere matches" in one["words"]["en"]
    assert "2 code(s) portent ce numéro et ne concordent pas" in one["words"]["fr"]
    cut = (desk / "recording.ev1").read_bytes()[: 4 * 4096]
    (desk / "cut.ev1").write_bytes(cut)
    assert run("cut.ev1", *KEYS, "--anchors", "anchors.csv", "--json") == 1
    (one,) = json.loads(capsys.readouterr().out)["recordings"]
    assert one["anchors_matched"] == 1 and "a seal that is not here any more" in one["words"]["en"]


def test_lines_without_a_code_are_told(desk, capsys):
    with (desk / "anchors.csv").open("a") as file:
        file.write("2026-11-05T20:41:19Z,Julie,Code 3o***\n")
    assert run("recording.ev1", *KEYS, "--anchors", "anchors.csv") == 0
    said = capsys.readouterr().err
    assert "anchors.csv: line 4: no code found" in said
    assert "anchors.csv: 2 codes, 1 lines without one" in said


@pytest.mark.parametrize("separator", [";", "\t"])
def test_tables_of_spreadsheets(desk, capsys, separator):
    text = "\ufeff" + (desk / "anchors.csv").read_text().replace(",", separator)
    (desk / "sheet.csv").write_bytes(text.replace("\n", "\r\n").encode())
    assert run("recording.ev1", *KEYS, "--anchors", "sheet.csv", "--json") == 0
    assert json.loads(capsys.readouterr().out)["recordings"][0]["anchors_matched"] == 2


def test_a_table_in_another_encoding_is_told_by_line(desk, capsys):
    text = "received_utc;from;text\n2026-11-05T20:41:19Z;Zoé;\n"
    (desk / "sheet.csv").write_bytes(text.encode("cp1252"))
    assert run("recording.ev1", "--anchors", "sheet.csv") == 2
    assert "sheet.csv: line 2: not UTF-8; save as CSV UTF-8" in capsys.readouterr().err


# -- wrong keys ------------------------------------------------------------------------------


def test_the_key_of_another_device_is_no_verdict(desk, capsys):
    (desk / "other.pem").write_bytes(writer.Association("other").pem())
    keys = ["--registry", "registry.json", "--key", "other.pem", "--secrets", "secrets.json"]
    disclosed = ["--number", "3", "--class", "audio", "--out", "out"]
    for command, more in (("verify", []), ("disclose", disclosed), ("report", disclosed[-2:])):
        assert main([command, "recording.ev1", *keys, *more]) == 2
        said = capsys.readouterr()
        assert not said.out and not (desk / "out").exists()
        line = f"kit {command}: other.pem is not the key of device c793d4861afea9f3"
        assert said.err.splitlines()[1:] == [line]


def test_the_key_of_another_class_or_recording_is_no_verdict(desk, capsys):
    keys = ["--registry", "registry.json", *KEYS]
    asked = ["disclose", "recording.ev1", *keys, "--number", "3", "--out", ".", "--class"]
    assert main([*asked, "log"]) == main([*asked, "audio"]) == 0
    entry = json.loads((desk / "audio_key.json").read_text())
    (desk / "q.json").write_text(json.dumps({**entry, "q": 4}))
    cases = [
        ("3-log.ev1", "3-audio-key.json", "class audio; 3-log.ev1 holds log"),
        ("3-audio.ev1", "3-log-key.json", "class log; 3-audio.ev1 holds audio"),
        ("recording.ev1", "q.json", "recording 4 of device c793d4861afea9f3, which is not in"),
    ]
    capsys.readouterr()
    for path, key, expected in cases:
        assert run(path, "--class-key", key) == 2
        said = capsys.readouterr()
        assert not said.out and expected in said.err.splitlines()[-1]
        assert len(said.err.splitlines()) == 2
