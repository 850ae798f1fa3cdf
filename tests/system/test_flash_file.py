"""The flash that a run begins with and leaves: whole, or as it was, and every mistake one line."""

import errno
import os
from pathlib import Path

import pytest

from simulator import inputs
from simulator.__main__ import main

STORY = "name: x\nduration: 3s\n"


@pytest.fixture
def run(tmp_path, capsys):
    """Run a short scenario with --flash FILE: (exit code, lines on stderr)."""
    story = tmp_path / "story.yaml"
    story.write_text(STORY)

    def run(path):
        code = main(["run", str(story), "--flash", str(path)])
        return code, capsys.readouterr().err.splitlines()

    return run


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_what_one_run_leaves_the_next_one_begins_with(run, tmp_path):
    flash = tmp_path / "kept" / "flash.bin"
    flash.parent.mkdir()
    assert run(flash) == (0, [])
    size = flash.stat().st_size
    assert size and size % (1 << 20) == 0
    os.chmod(flash, 0o600)
    assert run(flash) == (0, [])
    assert names(flash.parent) == ["flash.bin"]
    assert flash.stat().st_mode & 0o777 == 0o600


def test_a_link_stays_one(run, tmp_path):
    real, link = tmp_path / "kept" / "flash.bin", tmp_path / "link.bin"
    real.parent.mkdir()
    link.symlink_to(real)
    assert run(link) == (0, [])
    assert link.is_symlink() and real.stat().st_size and names(real.parent) == ["flash.bin"]


def a_missing_folder(folder):
    return folder / "mistyped" / "flash.bin", "there is no folder "


def a_link_to_a_missing_folder(folder):
    (folder / "link.bin").symlink_to(folder / "mistyped" / "flash.bin")
    return folder / "link.bin", "there is no folder "


def a_file_as_a_folder(folder):
    (folder / "file").write_text("")
    return folder / "file" / "flash.bin", ""


def a_folder(folder):
    (folder / "flash.bin").mkdir()
    return folder / "flash.bin", "is a folder, not a file"


def a_device(_folder):
    return Path("/dev/null"), "is a device or a pipe, not a file"


def no_image(folder):
    (folder / "flash.bin").write_bytes(b"text")
    return folder / "flash.bin", "is no image of this board"


WRONG = (
    a_missing_folder,
    a_link_to_a_missing_folder,
    a_file_as_a_folder,
    a_folder,
    a_device,
    no_image,
)


@pytest.mark.parametrize("wrong", WRONG)
def test_a_mistake_is_one_line_and_changes_nothing(wrong, run, tmp_path):
    path, says = wrong(tmp_path)
    before = names(tmp_path)
    code, said = run(path)
    assert code == 2 and len(said) == 1 and f"--flash {path}: {says}" in said[0], said
    assert names(tmp_path) == before


@pytest.mark.parametrize("fails", ("write", "rename"))
def test_what_cannot_be_written_is_one_line_and_the_old_flash_stays(
    fails, run, tmp_path, monkeypatch
):
    flash = tmp_path / "kept" / "flash.bin"
    flash.parent.mkdir()
    assert run(flash)[0] == 0
    flash_before = flash.read_bytes()

    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    def half(path, data):
        with path.open("wb") as file:
            file.write(data[:4096])
        full()

    if fails == "write":
        monkeypatch.setattr(Path, "write_bytes", half)
    else:
        monkeypatch.setattr(inputs.os, "replace", full)
    code, said = run(flash)
    assert code == 2
    assert said == [f"--flash {flash}: not written: No space left on device"]
    assert flash.read_bytes() == flash_before and names(flash.parent) == ["flash.bin"]


def test_a_fault_of_the_simulation_is_not_called_one_of_the_image(run, tmp_path, monkeypatch):
    def broken(*_, **__):
        raise ValueError("of the simulation")

    monkeypatch.setattr("simulator.__main__.simulate", broken)
    code, said = run(tmp_path / "flash.bin")
    assert code == 3 and said[-1] == "ValueError: of the simulation"
