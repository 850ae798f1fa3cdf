"""The program that flashes is killed, on a port, with the real interpreter behind it.

A virtual board runs one version and has an older one to fall back to. While a newer one is written
the program is killed, and the board loses its power. Whatever that hits, it then runs the one or
the other, by the hash of every file, and doing it again completes it. What power does to the flash
itself, operation by operation, is for test_flash_power.py.
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
    """A board, and three versions in turn: each takes the place of the last but one."""

    def __init__(self, folder):
        self.path = folder / "flash.bin"
        self._sources = [small(folder / mark, mark) for mark in ("1.0", "2.0", "3.0")]
        self.first, self._next = self._sources[0], 2
        self.live = board(self.path)
        flash(self.live.port, self._sources[0], "--board", BOARD)
        self._told = flash(self.live.port, self._sources[1])
        self.bytes = self._whole()

    def _whole(self):
        """How many bytes go to the board when nothing is cut, up to its restart."""
        seen = {"tail": b"", "bytes": 0}

        def when(sent, data):
            text = seen["tail"] + data
            if b"restart()" in text and not seen["bytes"]:
                seen["bytes"] = sent
            seen["tail"] = text[-20:]

        flow = Flow(self.live.port, when)
        assert flow.run(command(flow.url, self._sources[2])) == 0
        assert 0 < seen["bytes"] < flow.sent
        self._complete()
        return seen["bytes"]

    def _complete(self):
        """Do it again; what runs before is what can be fallen back to."""
        old = self._told
        self._told = flash(self.live.port, self._sources[self._next])
        assert self._told["result"] in ("running", "already")
        assert_whole(self.path, self.live.port, {self._told["manifest"]})
        assert Files(self.path).slot(old["slot"]) == (old["manifest"], True)
        self._next = (self._next + 1) % 3

    @property
    def slot(self):
        """Which one is to be written."""
        return {"a": "b", "b": "a"}[self._told["slot"]]

    def cut(self, when, power):
        """Kill it there, then take the power away, or not; whether the old version runs then."""
        source, old = self._sources[self._next], self._told["manifest"]
        flow, ran = Flow(self.live.port, when), None
        flow.run(command(flow.url, source))
        assert flow.killed
        if power:
            new = tree.build(source, BOARD, True, "x64").digest
            ran = without_power(self.path, self.live, {old, new})["firmware"]
        self._complete()
        return ran == old


def without_power(path, live, digests, name=BOARD):
    """Take its power away for a moment; what it says then, which must be one of these."""
    seen = len(live.events)
    live.do(do="fault", line="board power_cut for=50ms")
    live.wait_for("boot", start=seen)
    assert_no_mix(path, name)
    return assert_whole(path, live.port, digests, name)


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    made = Course(tmp_path_factory.mktemp("cuts"))
    with made.live:
        yield made


def test_killed_at_moments_spread_over_the_bytes(course):
    """Every fifth board keeps its power: it still has the file open that was being written."""
    moments, rng, old = depth(MOMENTS), Rng(5), 0
    for number in range(moments):
        part = course.bytes // moments
        old += course.cut(at_byte(number * part + rng.below(part)), power=number % 5 < 4)
    assert old


def test_killed_before_the_manifest_and_the_pointer(course):
    for path in ("/{slot}/manifest.json.new", "/slot.new"):
        assert course.cut(at_file(path.format(slot=course.slot), skip=20), power=True), path


@pytest.mark.skipif(depth(100) < 100, reason="of the product: at full depth")
def test_the_product_killed_at_moments_spread_over_its_bytes(tmp_path):
    """One after the other, each time going on where it was cut off."""
    name, path, other = "t_a7670x_s3", tmp_path / "flash.bin", tmp_path / "other"
    copy_of_the_product(other)
    with board(path, name=name) as live:
        old = flash(live.port, ROOT, "--board", name)["manifest"]
        release = tree.build(other, name, False, "x64")
        for file, byte in moments_of(release):
            flow = Flow(live.port, at_file(f"/b/{file}", skip=byte))
            flow.run(command(flow.url, other))
            assert flow.killed, file
            without_power(path, live, {old}, name)
        assert flash(live.port, other)["manifest"] == release.digest
        assert_whole(path, live.port, {release.digest}, name)


def copy_of_the_product(folder):
    """This tree, every module of which is another."""
    for part in ("firmware", "lib"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / part, folder / part, ignore=ignored)
    for name in ("boot.py", "main.py", "package.json"):
        shutil.copy(ROOT / name, folder / name)
    for part in ("firmware", "lib"):
        for path in (folder / part).rglob("*.py"):
            if path.parent.name != "boards":
                path.write_text(path.read_text() + "\nVERSION_TWO = 2\n")


def moments_of(release):
    """(file, byte of what is sent of it) at moments spread over all the bytes of a version."""
    total, rng = sum(map(len, release.files.values())), Rng(9)
    part = total // MOMENTS
    waiting = [number * part + rng.below(part) for number in range(MOMENTS)]
    before = 0
    for file, data in sorted(release.files.items()):
        while waiting and waiting[0] < before + len(data):
            yield file, waiting.pop(0) - before
        before += len(data)


FIRST = ("/main.py.new", "/a/firmware/app.mpy", "/boot.py.new", "/board.new", "/slot.new")


@pytest.mark.parametrize("file", FIRST if depth(100) == 100 else FIRST[:1])
def test_a_first_flash_that_is_cut_off(file, course, tmp_path):
    """There is no version before it: the board has nothing of it, or all."""
    path = tmp_path / "flash.bin"
    with board(path) as live:
        flow = Flow(live.port, at_file(file, skip=5))
        flow.run(command(flow.url, course.first, "--board", BOARD))
        assert flow.killed
        live.end(signal.SIGKILL)
    whole = Files(path).read("/a/manifest.json") is not None
    assert whole == (file in ("/main.py.new", "/slot.new"))
    with board(path) as live:
        told = flash(live.port, course.first, "--board", BOARD)
        assert assert_whole(path, live.port, {told["manifest"]})["version"] == "1.0"
