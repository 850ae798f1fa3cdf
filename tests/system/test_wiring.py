"""The board files of the firmware against the wiring of the boards, each written by itself."""

import ast
import shutil
from pathlib import Path

import pytest
from stories import story

from simulator import wiring
from simulator.pinmap import ROLES
from simulator.run import simulate

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "firmware/boards"
PRESS = "{at: 40s, do: press, count: 3}"


def facts(name):
    """The constants of a board file, read as data."""
    body = ast.parse((FOLDER / f"{name}.py").read_text()).body
    assigned = [node for node in body if isinstance(node, ast.Assign)]
    return {node.targets[0].id: ast.literal_eval(node.value) for node in assigned}


def test_every_board_of_the_firmware_is_wired():
    names = {path.stem for path in FOLDER.glob("*.py")} - {"__init__"}
    assert names == set(wiring.BOARDS)


@pytest.mark.parametrize("name", sorted(wiring.BOARDS))
def test_the_firmware_drives_what_is_wired(name):
    said, wired = facts(name), wiring.BOARDS[name]
    pins = {**said["PINS"], "battery": said["PINS"]["battery_adc"]}
    assert {role: pins[role] for role in ROLES if pins.get(role) is not None} == wired.pins
    assert {wire: (tx, rx) for wire, (_, tx, rx, _) in said["UARTS"].items()} == wired.wires
    roles = ("mic_sck", "mic_ws", "mic_sd")
    assert tuple(said["PINS"][role] for role in roles) == wired.microphone
    assert set(said["ACTIVE_LOW"]) == set(wired.active_low)
    assert (said["CHIP"], said["BATTERY_DIVIDER"]) == (wired.chip, wired.divider)
    assert bool(said["PSRAM"]) is wired.psram


def reached(folder, board, old="", new=""):
    """How many contacts an alert reaches when the board file says `new` instead of `old`."""
    root = folder / "tree"
    shutil.copytree(ROOT / "firmware", root / "firmware")
    for name in ("lib", "boot.py", "main.py"):
        (root / name).symlink_to(ROOT / name)
    path = root / f"firmware/boards/{board}.py"
    text = path.read_text()
    assert not old or text.count(old) == 1
    path.write_text(text.replace(old, new) if old else text)
    settings = (f"device.board={board}", "device.modem=off")
    summary = simulate(story(folder, [PRESS], "2min", settings), root=root).summary
    return sum(row["accepted_ms"] is not None for row in summary["contacts"])


@pytest.mark.parametrize("board", sorted(wiring.BOARDS))
def test_an_alert_reaches_all_on_every_board(board, tmp_path):
    assert reached(tmp_path, board) == 5


# board, what its file says, what it would say wrongly
SLIPS = (
    ("t_a7670x_s3", '"modem": (1, 4, 5, 115200)', '"modem": (1, 5, 4, 115200)'),
    ("t_a7670x_s3", '"modem_pwrkey": 46', '"modem_pwrkey": 45'),
    ("t_a7670x_s3", '"button": 14', '"button": 13'),
    ("t_a7670e", "ACTIVE_LOW = ()", 'ACTIVE_LOW = ("modem_supply",)'),
    ("t_a7670e", "ACTIVE_LOW = ()", 'ACTIVE_LOW = ("modem_reset",)'),
    ("t_sim7670g_s3", 'ACTIVE_LOW = ("modem_reset", "status_led")', "ACTIVE_LOW = ()"),
)


@pytest.mark.parametrize("board,old,new", SLIPS, ids=[row[2][:30] for row in SLIPS])
def test_an_alert_fails_where_the_board_file_is_wrong(board, old, new, tmp_path):
    assert reached(tmp_path, board, old, new) == 0
