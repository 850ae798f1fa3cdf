"""The application: the start, and the one loop.

The start reads configuration and journal and then lets go of what read them, before the
services and the policy (core.py) are loaded: on a board without PSRAM the heap has not room for
all of it at once. `main` is the only place of the firmware that waits (DESIGN: one loop, one
wait).
"""

import gc
import sys

from micropython import const

from firmware.board import Board
from firmware.clock import Clock
from firmware.journal import Journal
from firmware.store import Store
from firmware.trace import Trace

_WATCHDOG_MS = const(60000)
_NAME_MAX = const(32)  # bytes of a board's name


def main():
    """Start, then step and wait for ever; returns at once on a board without configuration."""
    board = _board()
    core = build(board)
    if core is None:
        return
    if core.config.mode == "field":
        board.watchdog_start(_WATCHDOG_MS)
    else:
        board.stay_awake = 1
    while True:
        now_ms = core.clock.now_ms()
        wake_ms = core.step(now_ms)
        board.wait(wake_ms, core.clock.now_ms(), core.may_sleep(now_ms))


def build(board):
    """The core of this board, with its configuration and its journal read.

    Returns None where there is no configuration yet: the board then waits for the desk.
    """
    files = Store(board.partition)
    journal = Journal(files.log("journal"))
    # A new configuration waits while an alert is in progress: the five she alerted stay.
    config, error = _configure(files, not journal.open)
    if error is not None and (config is None or config.mode == "bench"):
        print(error)  # names the field, never its value; in the field nothing is printed
    if config is None:
        return None
    profile = _modem_profile(board.modem_profile)
    gc.collect()  # what stays fills the room of what was let go
    core = _product(board)
    clock = Clock(config.not_before_utc)
    return core(board, clock, config, profile, files, journal, Trace())


# -- what is needed at start and never again --------------------------------------------------


def _board():
    board = Board(_board_name())
    for name in ("boards." + board.name, "boards", "board_parts"):
        _forget("firmware." + name)
    return board


def _board_name():
    """What the flashing tool wrote into /board; a board of two UARTs where nothing is there."""
    name = Store(lambda label: None).read("/board", _NAME_MAX)
    return name.decode().strip() if name else "generic_esp32"


def _configure(files, take):
    from firmware import config

    found = config.load(files, take=take)
    _forget("firmware.config")
    return found


def _product(board):
    """The class of what this board has room for."""
    if board.accel is None:  # no PSRAM
        from firmware.core import Core

        return Core
    from firmware.product import Product

    return Product


def _modem_profile(name):
    from firmware import modem_profiles

    profile = modem_profiles.get(name)
    _forget("firmware.modem_profiles")
    return profile


def _forget(name):
    """Let go of a module: the next collection frees its code and its tables."""
    package, _, module = name.rpartition(".")
    del sys.modules[name]
    delattr(sys.modules[package], module)
