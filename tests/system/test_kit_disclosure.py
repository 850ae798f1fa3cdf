"""One class of one recording verifies alone, and shows nothing of the others."""

import json

import ev1_writer as writer
import pytest
from ev1_judges import Desk, judge
from ev1_writer import AUDIO, LOG, PLACE, SECTOR, Association, Device, Recording

from kit import disclose, verify
from kit.__main__ import main
from kit.container import CLASS_NAMES

ASSOCIATION, DEVICE = Association(), Device()
DESK = Desk(ASSOCIATION, [DEVICE])


def disclosed(recording, class_, change=lambda data: data):
    """(file, desk of the other side) for one class."""
    (one,) = verify.verify(change(recording.data()), DESK.given()).recordings
    key = disclose.class_key(one, DESK.given().association, class_)
    assert key.key == recording.keys[class_]
    desk = Desk(ASSOCIATION, [DEVICE], writer.class_key(recording, class_))
    return disclose.sectors(one, class_), desk


def story(**more):
    return writer.tell(Recording(DEVICE, ASSOCIATION, 3), **more)


@pytest.mark.parametrize("class_", [AUDIO, PLACE, LOG])
def test_each_class_verifies_alone(class_):
    recording = story()
    file, desk = disclosed(recording, class_)
    (one,) = judge(file, desk)
    assert one.grade == "A" and list(one.got) == [CLASS_NAMES[class_]]
    (whole,) = judge(recording.data(), DESK)
    own = {key: told for key, told in whole.contents.items() if key[0] == CLASS_NAMES[class_]}
    assert one.contents == own
    # Nothing is in it but what the page lists, all as it was.
    sectors = [file[at : at + SECTOR] for at in range(0, len(file), SECTOR)]
    kept = [s for s in recording.sectors if s[:4] != b"EVS1" or s[8] == class_]
    assert sorted(sectors) == sorted(kept)


@pytest.mark.parametrize("class_", [AUDIO, PLACE, LOG])
def test_the_key_of_one_class_opens_no_other(class_):
    recording = story()
    for other in (AUDIO, PLACE, LOG):
        if other != class_:
            file, desk = disclosed(recording, other)
            wrong = json.loads(writer.class_key(recording, class_))
            desk.class_key = json.dumps({**wrong, "class": other}).encode()
            (one,) = judge(file, desk)
            assert one.grade == "D" and not one.contents


def test_two_recordings_that_differ_elsewhere_are_disclosed_alike():
    """Count, size, order and time of places: none of it shows with the sound."""
    stories = [story(), story(place=(150, 1, 300)), story(place=(1, 220, 1))]
    assert len({len(one.sectors) for one in stories}) > 1
    files = [disclosed(one, AUDIO)[0] for one in stories]
    assert len({len(file) for file in files}) == 1
    for file in files[1:]:
        for at in range(0, len(file), SECTOR):
            one, two = files[0][at : at + SECTOR], file[at : at + SECTOR]
            if one[:4] != b"EVSG":
                assert one == two
                continue
            # D_1 and the next key are the same; the other heads, and the signature over them,
            # carry the other classes as hashes.
            assert one[:48] == two[:48] and one[112:144] == two[112:144]
            assert one[48:112] != two[48:112]
            assert one[2324:] == two[2324:]


def test_order_of_writing_does_not_show():
    """The same segments and seals, with places written earlier or later between two seals."""
    recording = story(place=(150, 1, 1))
    sectors = list(recording.sectors)
    kinds = [(s[:4], s[8] if s[:4] == b"EVS1" else 0) for s in sectors]
    first = kinds.index((b"EVS1", PLACE))
    sectors[first], sectors[first - 1] = sectors[first - 1], sectors[first]
    file, _ = disclosed(recording, AUDIO)
    assert sectors != recording.sectors
    again, _ = disclosed(recording, AUDIO, lambda _: b"".join(sectors))
    assert file == again


def test_other_classes_are_not_examined_whatever_is_in_the_file():
    recording = story()
    desk = Desk(ASSOCIATION, [DEVICE], writer.class_key(recording, AUDIO))
    at = next(k for k, s in enumerate(recording.sectors) if s[:4] == b"EVS1" and s[8] == PLACE)
    hit = bytearray(recording.data())
    hit[at * SECTOR + 500] ^= 1
    (one,) = judge(bytes(hit), desk)
    assert one.grade == "A" and list(one.got) == ["audio"]
    (one,) = judge(bytes(hit), DESK)
    assert one.grade == "C" and one.bad == {("place", 0)}


def test_what_is_damaged_is_disclosed_as_it_lies():
    recording = story()

    def hit(data):
        return data[: 5 * SECTOR + 99] + b"?" + data[5 * SECTOR + 100 :]

    file, desk = disclosed(recording, AUDIO, hit)
    (one,) = judge(file, desk)
    assert one.grade == "C" and one.bad == {("audio", 1)}
    assert len(file) == (1 + 4 + 3) * SECTOR


def test_command(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    writer.publish(tmp_path)
    keys = ["--registry", "registry.json", "--key", "key.pem", "--secrets", "secrets.json"]
    asked = ["disclose", "recording.ev1", *keys, "--number", "3", "--class"]
    assert main([*asked, "audio", "--out", "court"]) == 0
    names = ["3-audio-hashes.json", "3-audio-key.json", "3-audio.ev1", "registry.json"]
    assert sorted(path.name for path in (tmp_path / "court").iterdir()) == names
    theirs = ["court/3-audio.ev1", "--registry", "court/registry.json"]
    capsys.readouterr()
    assert main(["verify", *theirs, "--class-key", "court/3-audio-key.json", "--json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)["recordings"]
    assert (one["grade"], one["classes"]) == ("A", ["audio"])
    everything = b"".join(path.read_bytes() for path in (tmp_path / "court").iterdir())
    psk = json.loads((tmp_path / "secrets.json").read_text())["devices"].popitem()[1]["psk_0"]
    assert psk.encode() not in everything
    assert main([*asked[:-2], "9", "--class", "audio", "--out", "x"]) == 2
    assert "no recording 9" in capsys.readouterr().err
