"""A stock image and our partition table: the bytes, esptool's command line, and a board from it.

No chip is written here: esptool merges into a file, which is the whole flash, and a virtual board
starts from that.
"""

import hashlib
import json
import os
import subprocess
import sys

import pytest
from flashing import RUNS_HERE, assert_whole, board, flash, small

from kit.flash import table, tree
from kit.partitions import find_partition, stated_partition
from simulator import chip_image
from simulator.flash import Flash, read_table
from tests.virtual_board import ROOT

BOARDS = tree.board_names(ROOT)
CHIPS = {"esp32": (0, 0x1000), "esp32s3": (9, 0)}
APP_BYTES = 50_000


def header(chip):
    """Of an ESP-IDF image: magic, no segments, flash of 4 MB in the bootloader, no digest."""
    return bytes([0xE9, 0, 2, 0x2F]) + bytes(8) + bytes([chip]) + bytes(11)


def stock(path, chip="esp32", app_bytes=APP_BYTES):
    """A file with the form of a stock image: bootloader, the stock table, the application."""
    number, at = CHIPS[chip]
    data = bytearray(b"\xff" * (0x10000 - at)) + header(number) + os.urandom(app_bytes - 24)
    data[0:24] = header(number)
    data[24:9000] = os.urandom(9000 - 24)
    data[0x8000 - at : 0x8000 - at + 32] = b"\xaa\x50\x01\x02" + bytes(28)
    data[0x9000 - at : 0x9000 - at + 8] = b"settings"
    path.write_bytes(data)
    return path


def esptool(*words, code=0):
    done = subprocess.run(
        [sys.executable, "-m", "kit", "esptool", *map(str, words)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == code, (done.stdout, done.stderr)
    return done.stdout if code == 0 else done.stderr


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def chip_of(name):
    return tree.board_facts(ROOT, name).chip


# -- the table ---------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BOARDS)
def test_the_table_is_what_others_read(name):
    """The kit's reader and the simulator's image, both written from ESP-IDF's documentation."""
    parts = table.read(ROOT / f"firmware/boards/{name}.csv")
    data = table.binary(parts)
    assert len(data) == 0xC00
    image = b"\xff" * 0x8000 + data
    theirs = read_table(ROOT / f"firmware/boards/{name}.csv")
    for part in theirs:
        assert stated_partition(image, part.label) == (part.address, part.size)
    dumped = chip_image.dump(Flash(theirs))[0x8000:0x8C00]
    entries = 32 * len(parts)
    assert data[:entries] == dumped[:entries]
    # gen_esp32part.py: EB EB, 14 times FF, the MD5 of the entries, then FF
    assert data[entries : entries + 16] == b"\xeb\xeb" + b"\xff" * 14
    assert data[entries + 16 : entries + 32] == hashlib.md5(data[:entries]).digest()
    assert set(data[entries + 32 :]) == {0xFF}


WRONG = [  # (line, what is said)
    ("nvs, data, nvs, 0x9000", ":1: not name, type"),
    ("nvs, data, what, 0x9000, 0x1000", ":1: not name, type"),
    ("nvs, data, nvs, 0x8000, 0x1000", ":1: nvs cannot begin at 0x8000"),
    ("app, app, factory, 0x9000, 0x1000", ":1: app cannot begin at 0x9000"),
    ("nvs, data, nvs, 0x9000, 0x1001", ":1: nvs: not whole sectors"),
    ("a_name_of_17_long, data, nvs, 0x9000, 0x1000", "not a name of its own"),
    ("# nothing", "no partition in it"),
]


@pytest.mark.parametrize("line, said", WRONG)
def test_a_wrong_table_is_refused(line, said, tmp_path):
    path = tmp_path / "table.csv"
    path.write_text(line + "\n")
    with pytest.raises(table.Unusable, match="table.csv") as caught:
        table.read(path)
    assert said in str(caught.value)


# -- the image -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", BOARDS)
def test_the_command_line_and_what_goes_where(name, tmp_path):
    image = stock(tmp_path / "stock.bin", chip_of(name))
    words = ("--board", name, "--image", image, "--sha256", digest(image), "--port", "/dev/null")
    told = json.loads(esptool(*words, "--dry-run", "--json"))
    chip, at = chip_of(name), CHIPS[chip_of(name)][1]
    line = " ".join(told["command"])
    size = tree.board_facts(ROOT, name).flash_mb
    assert f"esptool --chip {chip} --port /dev/null" in line
    assert f"write-flash --erase-all --flash-size {size}MB {at:#x} " in line
    assert [0x8000, 0xC00, f"partition table of {name}"] in told["parts"]
    assert [0x10000, APP_BYTES] in [part[:2] for part in told["parts"]]
    text = esptool(*words, "--dry-run")
    assert "write-flash" in text and "0x008000" in text and f"table of {name}" in text


@pytest.mark.parametrize("name", ("generic_esp32", "t_a7670x_s3"))
def test_esptool_makes_the_whole_flash_of_it(name, tmp_path):
    image = stock(tmp_path / "stock.bin", chip_of(name))
    out = tmp_path / "whole.bin"
    words = ("--board", name, "--image", image, "--sha256", digest(image).upper(), "--out", out)
    assert json.loads(esptool(*words, "--json"))["result"] == "written"
    data, given = out.read_bytes(), image.read_bytes()
    facts = tree.board_facts(ROOT, name)
    assert len(data) == facts.flash_mb << 20
    at = CHIPS[facts.chip][1]
    # The size of the flash in the bootloader's header is the board's; the rest is as it was.
    assert data[at + 3] >> 4 == {4: 2, 16: 4}[facts.flash_mb]
    assert data[at + 4 : 0x8000] == given[4 : 0x8000 - at]
    parts = table.read(ROOT / f"firmware/boards/{name}.csv")
    assert data[0x8000:0x8C00] == table.binary(parts)
    assert set(data[0x8C00:0x10000]) == {0xFF}
    assert data[0x10000 : 0x10000 + APP_BYTES] == given[0x10000 - at :]
    start, size = find_partition(data, "vfs")
    assert set(data[start : start + size]) == {0xFF}, "formatted at the first start"


@RUNS_HERE
def test_a_board_starts_from_it_and_is_flashed(tmp_path):
    image = stock(tmp_path / "stock.bin")
    out = tmp_path / "whole.bin"
    esptool("--board", "generic_esp32", "--image", image, "--sha256", digest(image), "--out", out)
    with board(out) as blank:
        told = flash(blank.port, small(tmp_path / "1.0", "1.0"), "--board", "generic_esp32")
        assert_whole(out, blank.port, {told["manifest"]})


def test_what_is_not_that_image_is_refused(tmp_path):
    image = stock(tmp_path / "stock.bin")
    other = stock(tmp_path / "s3.bin", "esp32s3")
    large = stock(tmp_path / "large.bin", app_bytes=0x210001)
    none = tmp_path / "none.bin"
    none.write_bytes(bytes(100_000))
    out = ("--out", tmp_path / "out.bin")
    cases = (
        (("--board", "t_a7670e", "--image", image, *out), "--sha256 is needed"),
        (("--board", "t_a7670e", "--image", image, "--sha256", "12", *out), "not 64 hex digits"),
        (("--board", "t_a7670e", "--image", image, "--sha256", "0" * 64, *out), "another than"),
        (("--board", "t_a7670e", "--image", image, "--sha256", "0" * 64), "either --port, or"),
        (("--board", "toaster", "--image", image, *out), "no board toaster"),
        (("--board", "t_a7670e", "--image", tmp_path / "no", *out), "No such file"),
        (
            ("--board", "t_a7670e", "--image", other, "--sha256", digest(other), *out),
            "another chip",
        ),
        (
            ("--board", "t_a7670e", "--image", none, "--sha256", digest(none), *out),
            "no bootloader",
        ),
        (("--board", "t_a7670e", "--image", large, "--sha256", digest(large), *out), "room for"),
    )
    for words, said in cases:
        complaint = esptool(*words, code=2)
        assert said in complaint and complaint.count("\n") == 1, complaint
    assert not (tmp_path / "out.bin").exists()


FAKE = '''"""esptool, as far as the kit uses it: a chip in a file."""
import os, sys
words = sys.argv[1:]
chip = os.environ["FAKE_CHIP"]
if "read-flash" in words:
    at, size, path = words[words.index("read-flash") + 1 :][:3]
    with open(chip, "rb") as file, open(path, "wb") as out:
        file.seek(int(at, 0))
        out.write(file.read(int(size, 0)))
elif "write-flash" in words:
    with open(words[-1], "rb") as file, open(chip, "wb") as out:
        out.write(b"\\xff" * int(words[-2], 0) + file.read())
else:
    sys.exit(2)
'''


def test_recordings_are_not_erased_unasked(tmp_path, monkeypatch):
    """Against a program that stands in for esptool, since there is no chip."""
    (tmp_path / "esptool.py").write_text(FAKE)
    chip = tmp_path / "chip.bin"
    monkeypatch.setenv("FAKE_CHIP", str(chip))
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    image = stock(tmp_path / "stock.bin")
    words = ("--board", "t_a7670e", "--image", image, "--sha256", digest(image), "--port", "P")
    chip.write_bytes(b"\xff" * (4 << 20))
    esptool(*words)
    once = chip.read_bytes()
    assert stated_partition(once, "ev") is not None and once[0x1000] == 0xE9
    complaint = esptool(*words, code=2)
    assert "may hold recordings" in complaint and complaint.count("\n") == 1
    assert chip.read_bytes() == once
    esptool(*words, "--again")
