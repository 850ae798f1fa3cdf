"""Which GPIO does what on a board, and what its chip can do.

The pins are those of wiring.py, the physical truth; of the firmware's tree only the partition
table is read, which is what gets flashed. What each chip can do comes from Espressif's datasheets
(IO_MUX and RTC_MUX tables) and from the pins that stock MicroPython exposes.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from simulator import wiring
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

# Roles of lines, on whichever board has them
ROLES = (
    "button motor modem_pwrkey modem_dtr modem_ri modem_reset modem_supply full_power "
    "accel_int1 i2c_sda i2c_scl charging battery gnss_wake status_led"
).split()
WIRES = ("modem", "gnss")
BUS = ("i2c_sda", "i2c_scl")


class PinMap(NamedTuple):
    """One board: its chip, GPIO by role, (tx, rx) by wire, (SCK, WS, SD), its flash layout."""

    chip: Chip
    pins: dict[str, int]
    wires: dict[str, tuple[int, int]]
    microphone: tuple[int, int, int]
    partitions: list[Partition]
    active_low: tuple[str, ...]
    divider: tuple[int, int]


def read(root: Path, board: str) -> PinMap:
    """The map of a board, with the partitions of the tree at root; OSError if there is none."""
    table = read_table(root / "firmware" / "boards" / f"{board}.csv")
    wired = wiring.BOARDS[board]
    return PinMap(
        CHIPS[wired.chip],
        wired.pins,
        wired.wires,
        wired.microphone,
        table,
        wired.active_low,
        wired.divider,
    )
