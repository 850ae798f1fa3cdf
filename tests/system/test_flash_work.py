"""What flashing does with a board whose flash does not keep what it is given, or is too small.

Against a board that is a dictionary: what on_board.py answers, without MicroPython.
"""

from hashlib import sha256

import pytest

from kit.command import Unusable
from kit.flash import tree, work

BLOCK = 4096


class Board:
    """Files by path. bad: {path: how often it is kept wrongly}; calls: what it was asked."""

    url = "board"

    def __init__(self, bad=None, blocks=100):
        self.files, self.calls = {}, []
        self._bad, self._blocks = dict(bad or {}), blocks

    def call(self, function, *args):
        self.calls.append((function, *args))
        return getattr(self, f"_{function}")(*args) or []

    def send(self, path, data, told):
        self.calls.append(("send", path))
        self._bad[path] = self._bad.get(path, 0) - 1
        self.files[path] = data[:-1] + b"?" if self._bad[path] >= 0 else data
        told(len(data))

    def _digests(self, *paths):
        found = (self.files.get(path) for path in paths)
        return [["" if data is None else sha256(data).hexdigest() for data in found]]

    def _files(self, folder):
        items = sorted(self.files.items())
        found = [[path, len(data)] for path, data in items if path.startswith(folder + "/")]
        return [*found, len(found)]

    def _remove(self, *paths):
        for path in paths:
            self.files.pop(path, None)

    def _copy(self, source, target):
        self.files[target] = self.files[source]

    def _rename(self, path, to):
        self.files[to] = self.files.pop(path)

    def _clear(self, _folder):
        return []

    def _forget_boots(self):
        return []

    def known(self):
        """Its facts, as if it had just been started."""
        pointer = self.files.get("/slot", b"").decode()
        slots = [slot for slot in "ab" if f"/{slot}/manifest.json" in self.files]
        running = pointer if pointer in slots else (slots[0] if slots else "")
        used = sum(-(-len(data) // BLOCK) for data in self.files.values())
        free = self._blocks - used
        return work.Facts(0, "1.26", "", running, pointer, "", "", BLOCK, free)


def release(mark, count=6):
    files = {f"firmware/f{n}.mpy": f"{mark if n % 2 else ''} {n}".encode() for n in range(count)}
    return tree.Release(mark, "x64", files, {"boot.py": b"b", "main.py": b"m"}, mark.encode())


def flash(board, wanted):
    known = board.known()
    todo = work.plan(board, known, wanted, "toy", lambda done, of: None)
    if not work.settled(known, todo):
        work.write(board, known, wanted, "toy", todo, lambda done, of: None)
    return todo


def whole(board, slot, wanted):
    found = {path[3:]: data for path, data in board.files.items() if path.startswith(f"/{slot}/")}
    return found == {**wanted.files, "manifest.json": wanted.manifest}


def test_a_file_that_is_kept_wrongly_is_written_again():
    board, wanted = (
        Board({"/a/firmware/f2.mpy": 2, "/slot.new": 1, "/boot.py.new": 2}),
        release("1"),
    )
    flash(board, wanted)
    assert whole(board, "a", wanted) and board.files["/slot"] == b"a"
    assert board.calls.count(("send", "/a/firmware/f2.mpy")) == 3


@pytest.mark.parametrize("path", ("/b/firmware/f1.mpy", "/b/manifest.json.new", "/slot.new"))
def test_one_that_never_is_keeps_the_old_version(path):
    board, old = Board(), release("1")
    flash(board, old)
    board._bad[path] = 99
    with pytest.raises(work.Spoilt, match=path.replace(".new", "")):
        flash(board, release("2"))
    assert board.files["/slot"] == b"a" and whole(board, "a", old)
    assert ("/b/manifest.json" in board.files) == (path == "/slot.new")


def test_the_order_in_which_things_change():
    """The manifest goes first and comes last; the pointer comes after everything."""
    board = Board()
    for mark in ("1", "2", "3"):
        del board.calls[:]
        flash(board, release(mark))
    changes = [call for call in board.calls if call[0] not in ("digests", "files", "facts")]
    assert changes[0] == ("remove", "/a/manifest.json")
    assert changes[-3:] == [
        ("send", "/slot.new"),
        ("rename", "/slot.new", "/slot"),
        ("forget_boots",),
    ]
    assert changes[-4] == ("rename", "/a/manifest.json.new", "/a/manifest.json")


def test_what_runs_is_never_written_to():
    """After a fall-back the pointer leads to what is to be written: it is led back first."""
    board, old = Board(), release("1")
    flash(board, old)
    flash(board, release("2"))
    known = board.known()._replace(running="a")
    del board.calls[:]
    wanted = release("3")
    todo = work.plan(board, known, wanted, "toy", lambda done, of: None)
    work.write(board, known, wanted, "toy", todo, lambda done, of: None)
    changes = [call for call in board.calls if call[0] not in ("digests", "files")]
    assert changes[:2] == [("send", "/slot.new"), ("rename", "/slot.new", "/slot")]
    assert not any(
        word.startswith("/a/") for call in changes if call[0] == "send" for word in call
    )
    assert whole(board, "a", old) and whole(board, "b", wanted) and board.files["/slot"] == b"b"


@pytest.mark.parametrize(
    "mode, slot, running, boots",
    [
        ("bench", "b", "", 1),
        ("", "b", "", 1),
        ("", "b", "a", 0),
        ("", "", "", 0),
        ("field", "b", "", 0),
    ],
)
def test_what_came_before_boot_py_lets_it_run(mode, slot, running, boots):
    """On the bench, where a slot is to be picked, and no more than once."""

    class Interrupted(Board):
        known = {"mode": mode, "slot": slot, "running": running, "board": "", "machine": ""}

        def _facts(self):
            return [dict(self.known, mpy=0, python="1.26", block_bytes=BLOCK, free_blocks=9)]

        def _boot(self):
            self.known["running"] = self.known["slot"]

    board = Interrupted()
    assert work.facts(board).running == (running or slot * boots)
    assert board.calls.count(("boot",)) == boots


def test_too_small_a_flash_is_told_before_anything_is_removed():
    board, old = Board(blocks=25), release("1")
    flash(board, old)
    flash(board, release("2"))
    before = dict(board.files)
    with pytest.raises(Unusable, match=r"no room for this firmware: \d+ blocks"):
        flash(board, release("3", count=12))
    assert board.files == before
