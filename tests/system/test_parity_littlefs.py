"""Storage is the same on both hosts: 500 file operations give the same blocks and image.

On CPython littlefs-python works on the flash image, on the VM its own VfsLfs2; what is
programmed, erased and synced, when and where, must not differ, nor what the program sees.
"""

import hashlib
import shutil
from pathlib import Path

import pytest

from simulator.board import BoardModel, BoardOptions
from simulator.host import KINDS, make_host
from simulator.world import World

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = Path(__file__).with_name("file_operations.py")


def run(kind, folder):
    shutil.copyfile(PROGRAM, folder / "main.py")
    world = World(seed=3, start_utc_s=0)
    board = BoardModel(world, "generic_esp32", ROOT, BoardOptions(files={"/board": b"x"}))
    blocks = []
    board.block_listeners.append(blocks.append)
    host = make_host(kind, board, folder)
    host.run(600_000)
    assert not host.exceptions, host.exceptions
    return "".join(host.console), blocks, board.flash.image("vfs")


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    return [run(kind, tmp_path_factory.mktemp(kind)) for kind in KINDS]


def test_the_program_sees_the_same(runs):
    assert runs[0][0] == runs[1][0]
    lines = runs[0][0].splitlines()
    assert len(lines) == 500
    assert sum("OSError" in line for line in lines) < 250, "most operations should do something"


def test_block_operations_are_equal(runs):
    assert len(runs[0][1]) > 1000
    assert runs[0][1] == runs[1][1]


def test_images_are_equal(runs):
    hashes = [hashlib.sha256(image).hexdigest() for _, _, image in runs]
    assert hashes[0] == hashes[1]
