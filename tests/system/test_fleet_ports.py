"""A batch over two ports at once, with the firmware on virtual boards behind them."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress

import pytest
from flashing import GENEROUS_S, RUNS_HERE
from harness import depth

from kit import link, service
from tests.virtual_board import ROOT, VirtualBoard, firmware_files, flash_file

pytestmark = [
    RUNS_HERE,
    pytest.mark.skipif(depth(100) < 10, reason="NOT RUN: two boards draw keys, from 10 % on"),
]

NAME = "t_a7670e"
SHAKEN = f"""\
name: shaken
duration: 1h
world: {{motion: {{kind: run}}}}
device: {{board: {NAME}, config: {{mode: bench, name: Essai}}}}
"""
SERIALS = ["G-0001", "G-0002"]


def fleet(folder, *words):
    db = ("--db", str(folder / "fleet.db"))
    return [sys.executable, "-m", "kit", "fleet", *words, *db, "--who", "tester"]


def batch(folder, boards):
    ports = [board.port for board in boards]
    words = ("--desk", str(folder / "desk"), "--wait", "120", "--json")
    return fleet(folder, "provision", "--port", *ports, *words)


def said(words, **more):
    done = subprocess.run(
        words, cwd=ROOT, stdout=subprocess.PIPE, timeout=GENEROUS_S, check=True, **more
    )
    return json.loads(done.stdout) if "--json" in words else None


def killed_once_both_have_begun(folder, boards):
    """SIGKILL, when each port's device has been told to draw its keys."""
    process = subprocess.Popen(batch(folder, boards), cwd=ROOT, stderr=subprocess.DEVNULL)
    begun = 0
    while begun < 2:
        assert process.poll() is None
        time.sleep(0.01)
        states = (folder / "desk").glob("handovers/*/state.json")
        begun = sum(json.loads(state.read_text()).get("asked", False) for state in states)
    process.send_signal(signal.SIGKILL)
    process.wait()


def on_a_terminal(words):
    """What the command says, and what is seen on a terminal meanwhile."""
    ours, theirs = os.openpty()
    seen = []

    def read():
        with suppress(OSError):  # the other end is closed, and all is read
            while part := os.read(ours, 4096):
                seen.append(part)

    reader = threading.Thread(target=read)
    reader.start()
    found = said(words, stderr=theirs)
    os.close(theirs)
    reader.join()
    os.close(ours)
    return found, b"".join(seen).decode()


def test_each_serial_once_over_two_ports(tmp_path):
    files = firmware_files(NAME, {"mode": "bench"})
    del files["/config.json"]
    (tmp_path / "shaken.yaml").write_text(SHAKEN)
    (tmp_path / "devices.csv").write_text(
        "serial,board\n" + "".join(f"{one},{NAME}\n" for one in SERIALS)
    )
    said(fleet(tmp_path, "init", "--name", "Association"))
    said(fleet(tmp_path, "import", str(tmp_path / "devices.csv")))
    with ExitStack() as stack:
        boards = []
        for number in range(2):
            path = flash_file(tmp_path / f"{number}.bin", NAME, files)
            live = VirtualBoard(tmp_path / "shaken.yaml", "--quick-flash", "--flash", path)
            boards.append(stack.enter_context(live))
        killed_once_both_have_begun(tmp_path, boards)
        found, seen = on_a_terminal(batch(tmp_path, boards))
        assert found == {"failed": [], "left": 0, "provisioned": SERIALS}
        assert "2/2" in seen and all(f"{board.port}: shake it" in seen for board in boards)

        # Once more: nothing is left to be done, and nothing is done.
        kept = (tmp_path / "desk/registry.json").read_bytes()
        assert said(batch(tmp_path, boards)) == {"failed": [], "left": 0, "provisioned": []}
        assert (tmp_path / "desk/registry.json").read_bytes() == kept
        devids = []
        for board in boards:
            with link.Link(board.port) as port:
                port.drain(0.2)
                devids.append(service.info(port).devid.hex())
    known = {one["devid"] for one in json.loads(kept)["devices"]}
    rows = said(fleet(tmp_path, "list", "--json"))["devices"]
    assert len(set(devids)) == 2 and known == set(devids)
    assert {row["devid"] for row in rows} == known
    assert [(row["serial"], row["state"]) for row in rows] == [
        (one, "provisioned") for one in SERIALS
    ]
