"""Flashing is cut off: the program that flashes is killed, and the board loses its power.

Each cut begins with a board that runs one version and has an older one to fall back to, and
happens while a new one is written. Whatever it hits, the board then runs the one or the new one,
by the hash of every file, and has nothing else to fall back to; doing it again completes it.
"""

import shutil
import signal

import pytest
from flashing import (
    BOARD,
    RUNS_HERE,
    Files,
    Flow,
    assert_no_mix,
    assert_whole,
    at_byte,
    at_file,
    board,
    command,
    flash,
    small,
)
from harness import Rng, depth

from kit.flash import tree
from tests.virtual_board import ROOT

pytestmark = RUNS_HERE

MOMENTS = 50  # at full depth


class Course:
    """A board with two versions, kept as it was; `cut` begins from there each time."""

    def __init__(self, tmp_path):
        marks = ("0.9", "1.0", "2.0")
        before, self.one, self.two = (small(tmp_path / mark, mark) for mark in marks)
        self.kept, self.path = tmp_path / "kept.bin", tmp_path / "flash.bin"
        with board(self.kept) as blank:
            flash(blank.port, before, "--board", BOARD)
            self.old = flash(blank.port, self.one)["manifest"]
        release = tree.build(self.two, BOARD, True, "x64")
        self.new, self.files = release.digest, release.files
        self.bytes = self._whole()

    def _whole(self):
        """How many bytes go to the board when nothing is cut, up to its restart."""
        seen = {"tail": b"", "bytes": 0}

        def when(sent, data):
            text = seen["tail"] + data
            if b"restart()" in text and not seen["bytes"]:
                seen["bytes"] = sent
            seen["tail"] = text[-20:]

        shutil.copy(self.kept, self.path)
        with board(self.path) as live:
            flow = Flow(live.port, when)
            assert flow.run(command(flow.url, self.two)) == 0
            assert_whole(self.path, live.port, {self.new})
        assert 0 < seen["bytes"] < flow.sent
        return seen["bytes"]

    def cut(self, when, power):
        """Kill it there; with power, the board goes on. Returns which version it then runs."""
        shutil.copy(self.kept, self.path)
        with board(self.path) as live:
            flow = Flow(live.port, when)
            flow.run(command(flow.url, self.two))
            if not power:
                live.end(signal.SIGKILL)
            else:  # it is reset, at some time
                self._again(live)
        if not power:
            assert_no_mix(self.path)
            with board(self.path) as live:
                found = assert_whole(self.path, live.port, {self.old, self.new})
                self._again(live)
            return flow, found["firmware"]
        return flow, None

    def _again(self, live):
        told = flash(live.port, self.two)
        assert told["result"] in ("running", "already")
        assert assert_whole(self.path, live.port, {self.new})["version"] == "2.0"


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    return Course(tmp_path_factory.mktemp("cuts"))


def test_killed_at_moments_spread_over_the_bytes(course):
    """At full depth 50, every file among those that are written between them."""
    moments = depth(MOMENTS)
    rng, ran = Rng(5), set()
    for number in range(moments):
        at = course.bytes * number // moments + rng.below(course.bytes // moments)
        flow, runs = course.cut(at_byte(at), power=number % 5 == 4)
        assert flow.killed, at
        ran.add(runs)
    assert course.old in ran


def test_killed_in_each_file(course):
    """Those of the slot, a sample of them below full depth; its manifest, and the pointer."""
    slot = sorted(f"/a/{name}" for name in course.files)
    rng = Rng(7)
    some = [rng.choice(slot) for _ in range(depth(10))] if depth(100) < 100 else slot
    for path in (*some, "/a/manifest.json.new", "/slot.new"):
        flow, runs = course.cut(at_file(path, skip=rng.below(60)), power=False)
        # What is the same in both versions is copied on the board: it is never sent.
        assert runs == course.old or not flow.killed, path


@pytest.mark.skipif(depth(100) < 100, reason="of the product: at full depth")
def test_killed_in_each_file_of_the_product(tmp_path):
    """One after the other, going on each time where it was cut off."""
    other = tmp_path / "other"
    other.mkdir()
    for name in ("firmware", "lib"):
        shutil.copytree(ROOT / name, other / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("boot.py", "main.py", "package.json"):
        shutil.copy(ROOT / name, other / name)
    for path in sorted(other.rglob("*.py")):
        if path.parent != other and path.parent.name != "boards":
            path.write_text(path.read_text() + "\nVERSION_TWO = 2\n")
    name, path = "t_a7670x_s3", tmp_path / "flash.bin"
    with board(path, name=name) as blank:
        old = flash(blank.port, ROOT, "--board", name)["manifest"]
    release = tree.build(other, name, False, "x64")
    rng, killed = Rng(9), 0
    for file in sorted(release.files):
        with board(path, name=name) as live:
            flow = Flow(live.port, at_file(f"/b/{file}", skip=rng.below(200)))
            flow.run(command(flow.url, other))
            killed += flow.killed
            live.end(signal.SIGKILL)
        with board(path, name=name) as live:
            said = assert_whole(path, live.port, {old, release.digest}, name)
            assert said["firmware"] == old or not flow.killed
    with board(path, name=name) as live:
        assert flash(live.port, other)["manifest"] == release.digest
        assert_whole(path, live.port, {release.digest}, name)
    assert killed > 100


FIRST = ("/main.py.new", "/a/firmware/app.mpy", "/boot.py.new", "/board.new", "/slot.new")


@pytest.mark.parametrize("file", FIRST if depth(100) == 100 else FIRST[:2])
def test_a_first_flash_that_is_cut_off(file, course, tmp_path):
    """There is no version before it: the board has nothing of it, or all."""
    path = tmp_path / "flash.bin"
    with board(path) as live:
        flow = Flow(live.port, at_file(file, skip=5))
        flow.run(command(flow.url, course.one, "--board", BOARD))
        assert flow.killed
        live.end(signal.SIGKILL)
    whole = Files(path).read("/a/manifest.json") is not None
    assert whole == (file in ("/main.py.new", "/slot.new"))
    with board(path) as live:
        told = flash(live.port, course.one, "--board", BOARD)
        assert assert_whole(path, live.port, {told["manifest"]})["version"] == "1.0"
