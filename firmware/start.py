"""The start: which board, which configuration, what is in the journal, and what is run with it.

Separate because it is needed once. It reads configuration and journal and then lets go of what
read them, before the services and the policy (core.py) are loaded: on a board without PSRAM the
heap has not room for all of it at once. Afterwards it is let go itself.
"""

import gc
import sys

from micropython import const

from firmware.board import Board
from firmware.clock import Clock
from firmware.journal import Journal
from firmware.store import Store
from firmware.trace import FEW, NOTES, Trace

_NAME_MAX = const(32)  # bytes of a board's name
_BARE = "/bare"  # left by the console: one start without the configuration


def board():
    """The board that this is."""
    made = Board(_board_name())
    for name in ("boards." + made.name, "boards", "board_parts"):
        forget("firmware." + name)
    return made


def build(board):
    """The core of this board, with its configuration and its journal read.

    Where there is no configuration yet, what waits for the desk; None where that cannot be.
    """
    files = Store(board.partition)
    journal = Journal(files.log("journal"))
    # A new configuration waits while an alert is in progress: the five she alerted stay.
    config, error = _configure(files, not journal.open)
    if _waits_for_desk(files, config):
        return _bare(board, files)
    if error is not None and (config is None or config.mode == "bench"):
        print(error)  # names the field, never its value; in the field nothing is printed
    if config is None:
        return None
    profile = _modem_profile(board.modem_profile)
    gc.collect()  # what stays fills the room of what was let go
    core = _product(board)
    clock = Clock(config.not_before_utc)
    trace = Trace(FEW if board.accel is None else NOTES)
    made = core(board, clock, config, profile, files, journal, trace)
    if config.mode == "bench":
        _open_console(made)
    return made


def _board_name():
    """What the flashing tool wrote into /board; a board of two UARTs where nothing is there."""
    name = Store(lambda label: None).read("/board", _NAME_MAX)
    return name.decode().strip() if name else "generic_esp32"


def _configure(files, take):
    from firmware import config

    found = config.load(files, take=take)
    forget("firmware.config")
    return found


def _waits_for_desk(files, config):
    """Whether it is on the bench and was given no configuration, not even a wrong one.

    Or has one, and was asked to start without it for once.
    """
    mode = files.read("/mode", _NAME_MAX)
    if mode not in (None, b"bench"):
        return False
    if files.read(_BARE, 0) is not None:
        return files.remove(_BARE)
    return config is None and files.read("/config.json", 0) is None


def _bare(board, files):
    from firmware.console.bare import Bare

    made = Bare(board, Clock(0), files, Trace())
    _open_console(made)
    return made


def _open_console(core):
    from firmware.console import joint

    joint.open_it(core, 0)


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
    forget("firmware.modem_profiles")
    return profile


def forget(name):
    """Let go of a module: the next collection frees its code and its tables."""
    package, _, module = name.rpartition(".")
    del sys.modules[name]
    delattr(sys.modules[package], module)
