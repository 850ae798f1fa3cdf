"""Power fails while the whole product is flashed: in every file of it, at every kind of moment.

The board has one version that runs and an older one to fall back to; a new one is written. After
each cut boot.py picks a slot that is the old version or the new one, by the hash of every file;
nothing else that it could fall back to is a mix; and doing it again completes it.
"""

import json
from hashlib import sha256

import cut_images
import pytest
from flash_model import NAME, Chip, Killed, flash, sectors
from harness import Rng, depth
from lfs import formatted
from nor import SECTOR, Nor

from kit.flash import tree
from tests.virtual_board import ROOT

MOMENTS = 50  # at full depth
TEARS = ((0, False), (32, False), (32, True), (SECTOR, False))


def release(real, mark, drivers=None, more=()):
    """A version of the size of this one, of which nothing is run; drivers: those of another."""
    line = b"\n# " + mark.encode() + b"\n"
    files = {name: data + line for name, data in real.files.items()}
    files |= {name: data for name, data in (drivers or {}).items() if "/drivers/" in name}
    files |= dict.fromkeys(more, line * 300)
    root = {name: data + line for name, data in real.root.items()}
    digests = {name: sha256(data).hexdigest() for name, data in files.items()}
    entry = {"format": 1, "version": mark, "arch": real.arch, "files": digests}
    return tree.Release(mark, real.arch, files, root, json.dumps(entry).encode())


def torn(log, operation, rng):
    """The cut in an operation: none of it, an end, or all; of an erase also bits in between."""
    done = TEARS if log[operation][1] is not None else (*TEARS, ("bits", False))
    return (operation, *rng.choice(done))


class Course:
    """A board that runs `old` from slot b and is to get `new`; log: what is done to its flash."""

    def __init__(self):
        real = tree.build(ROOT, NAME, False, "xtensawin")
        older = release(real, "older", more=("lib/gone.py", "firmware/gone/too.py"))
        self.old = release(real, "old")
        # What is the same in both is copied on the board.
        self.new = release(real, "new", drivers=self.old.files)
        nor = cut_images.Recorded(sectors())
        formatted(nor)
        chip = Chip(nor)
        for one in (older, self.old):
            flash(chip, one)
            chip.start()
        assert chip.slot() == "b"
        self.before = bytes(nor.image)
        del nor.log[:], nor.programs[:], nor.erases[:]
        board, todo = flash(chip, self.new)
        assert chip.start() == "a" and chip.files().slot("a") == self.new.digest
        assert todo.copied and todo.removed and len(todo.sent) > 100
        self.log, self.written, self.lines = nor.log, board.written, board.lines

    def again(self):
        """The board as it was."""
        nor = Nor(sectors())
        nor.image[:] = self.before
        return Chip(nor)

    def at_byte(self, number):
        """The cut after so many bytes were programmed."""
        for operation, (_, data) in enumerate(self.log):
            size = len(data or b"")
            if number < size:
                return operation, number, False
            number -= size
        raise AssertionError

    @property
    def bytes(self):
        return sum(len(data) for _, data in self.log if data is not None)

    def cut(self, wanted, repeat):
        """Make these cuts; what the board then runs, in their order."""
        ran = []
        for cut, torn, _ in cut_images.images(self.before, self.log, wanted):
            nor = Nor(sectors())
            nor.image[:] = torn
            try:
                ran.append(self.check(Chip(nor), repeat))
            except BaseException:
                print("cut", cut)
                raise
        return ran

    def check(self, chip, repeat=True):
        files = chip.files()
        found = {slot: files.slot(slot) for slot in "ab"}
        ran = found[chip.slot()]
        assert ran in (self.old.digest, self.new.digest)
        if repeat:
            flash(chip, self.new)
            assert chip.start() == "a"
            files = chip.files()
            assert files.slot("a") == self.new.digest and files.slot("b") == self.old.digest
            root = {name: files.read(f"/{name}") for name in self.new.root}
            assert root == self.new.root
        return ran


@pytest.fixture(scope="module")
def course():
    return Course()


def test_power_cut_in_each_file_and_a_repeat(course):
    """At full depth in each of those that are written, at a random operation of its own."""
    files = {f"/a/{name}" for name in course.new.files}
    assert files < set(course.written)
    rest = ("/a/manifest.json", "/boot.py", "/main.py", "/slot")
    assert {f"{path}.new" for path in rest} | set(rest) < set(course.written)
    rng, wanted = Rng(11), []
    for path, (first, end) in sorted(course.written.items()):
        if path in files and rng.below(100) >= depth(100):
            continue
        wanted.append(torn(course.log, first + rng.below(end - first), rng))
    print(f"{len(wanted)} files of {len(course.written)} cut")
    course.cut(wanted, repeat=True)


def test_power_cut_at_moments_spread_over_the_bytes_and_a_repeat(course):
    moments, rng = depth(MOMENTS), Rng(13)
    wanted = [
        course.at_byte(course.bytes * n // moments + rng.below(course.bytes // moments))
        for n in range(moments)
    ]
    assert course.old.digest in course.cut(wanted, repeat=True)


def test_power_cut_in_every_operation(course):
    """Up to one of them it is the old version, from then on the new one."""
    stride, rng = max(1, 199 // depth(200)), Rng(17)
    first = course.written["/slot"][0]
    last = range(first, len(course.log))
    chosen = sorted({*range(rng.below(stride), first, stride), *last})
    cuts = [torn(course.log, n, rng) for n in chosen]
    ran = course.cut([*cuts, (chosen[-1], SECTOR, False)], repeat=False)
    assert ran == sorted(ran, key=lambda digest: digest == course.new.digest)
    assert ran[0] == course.old.digest and ran[-1] == course.new.digest


def test_killed_and_done_again_without_a_restart(course):
    """The board still has the file open that was being written."""
    rng = Rng(19)
    for n in range(depth(MOMENTS)):
        chip = course.again()
        part = course.lines // depth(MOMENTS)
        with pytest.raises(Killed):
            flash(chip, course.new, kill_at=part * n + rng.below(part))
        course.check(chip)


def test_a_first_flash_that_is_cut_off(course):
    """There is no version before it: the board has nothing of it, or all."""
    nor = formatted(cut_images.Recorded(sectors()))
    before = bytes(nor.image)
    nor.log.clear()
    board, _ = flash(Chip(nor), course.new)
    log, rng = nor.log, Rng(23)
    last = board.written["/a/manifest.json"][1] - 1
    chosen = sorted(
        {rng.below(len(log)) for _ in range(depth(100))} | {*range(last - 9, len(log))}
    )
    wanted = [(n, *rng.choice(TEARS)) for n in chosen]
    for cut, torn, _ in cut_images.images(before, log, wanted):
        again = Nor(sectors())
        again.image[:] = torn
        chip = Chip(again)
        slot = chip.slot()
        assert slot in (None, "a") and chip.files().slot("a") in (None, course.new.digest), cut
        flash(chip, course.new)
        assert chip.start() == "a" and chip.files().slot("a") == course.new.digest, cut


def test_interrupted_before_boot_py(course):
    """Just after a start what runs is what boot.py picks; it is not counted as a boot."""
    chip = course.again()
    counted = chip.memory()
    chip.start(boot=False)
    assert chip.slot() is None
    _, todo = flash(chip, course.old)
    assert todo.slot == "b" and len(todo.kept) == len(course.old.files)
    assert chip.slot() == "b" and chip.memory() == counted != b""


def test_the_check_itself_fails(course):
    """A file of the version that is picked, changed, added or missing."""
    for change in (b"spoilt", None):
        chip = course.again()
        disk = chip.files()._disk
        path = "/b/firmware/app.mpy"
        if change is None:
            disk.remove(path)
        else:
            with disk.open(path, "wb") as file:
                file.write(change)
        with pytest.raises(AssertionError, match="no whole version"):
            course.check(Chip(chip.nor), repeat=False)
