"""Which GPIO does what on a board: the firmware's own board files, read as data.

Separate so that the simulator never imports firmware: `firmware/boards/NAME.py` is parsed and
only its constants are taken. What each chip can do comes from Espressif's datasheets (IO_MUX
and RTC_MUX tables) and from the pins that stock MicroPython exposes.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any, NamedTuple

from simulator.flash import Partition, read_table


def _mask(*ranges: tuple[int, int]) -> int:
    return sum(1 << n for low, high in ranges for n in range(low, high + 1))


class Chip(NamedTuple):
    """What the pins of a chip can do, one bit per GPIO."""

    gpio: int
    input_only: int
    rtc: int  # those that can wake it
    uarts: int
    ext1_all_low: bool  # False: the low level of ext1 means any low
    sleep_lets_go: bool  # outputs that are not on hold are released in light sleep


CHIPS = {
    "esp32": Chip(
        _mask((0, 5), (9, 10), (12, 23), (25, 27), (32, 39)),
        _mask((34, 39)),
        _mask((0, 0), (2, 2), (4, 4), (12, 15), (25, 27), (32, 39)),
        3,
        True,
        False,
    ),
    "esp32s3": Chip(_mask((0, 21), (26, 48)), 0, _mask((0, 21)), 3, False, True),
}

# Roles of PINS in a board file; "battery" is its battery_adc.
ROLES = (
    "button motor modem_pwrkey modem_dtr modem_ri modem_reset modem_supply full_power "
    "accel_int1 charging battery gnss_wake status_led"
).split()
WIRES = ("modem", "gnss")


class PinMap(NamedTuple):
    """One board: its chip, GPIO by role, (tx, rx) by wire, and its flash layout."""

    chip: Chip
    pins: dict[str, int]
    wires: dict[str, tuple[int, int]]
    partitions: list[Partition]
    constants: dict[str, Any]


def constants(path: Path) -> dict[str, Any]:
    """The module-level constants of a Python file that are literals, const() or not."""
    found: dict[str, Any] = {}
    for node in ast.parse(path.read_text()).body:
        if not isinstance(node, ast.Assign) or not isinstance(node.targets[0], ast.Name):
            continue
        value = node.value
        if isinstance(value, ast.Call) and getattr(value.func, "id", "") == "const":
            value = value.args[0]
        try:
            found[node.targets[0].id] = ast.literal_eval(value)
        except ValueError:
            continue
    return found


def read(root: Path, board: str) -> PinMap:
    """The pin map of a board of the tree at root; KeyError or OSError if there is none."""
    folder = root / "firmware" / "boards"
    found = constants(folder / f"{board}.py")
    named = dict(found["PINS"])
    named["battery"] = named.get("battery_adc")
    pins = {role: named[role] for role in ROLES if named.get(role) is not None}
    wires = {name: (uart[1], uart[2]) for name, uart in found["UARTS"].items()}
    table = read_table(folder / f"{board}.csv")
    return PinMap(CHIPS[found["CHIP"]], pins, wires, table, found)
