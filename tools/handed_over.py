"""A device that the desk has handed over: its flash, and the desk's files.

As a person does it: the simulator leaves a flash, the kit puts the desk's file on it, the firmware
gives birth to its keys on a second run, the kit takes the public ones. Separate because tests and
bench both record with such a device. The keys are new each time.
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import NamedTuple

from kit import __main__ as kit
from simulator import chip_image
from simulator.run import simulate
from simulator.scenario import load

_AT_THE_DESK = """\
name: hand_over
duration: {seconds}s
world: {{motion: still}}
device:
  board: {board}
  config: {{recording: true}}
"""


class HandedOver(NamedTuple):
    image: bytes
    desk: Path


def hand_over(folder: Path, board: str) -> HandedOver:
    """Make one in an empty folder."""
    flash, desk = folder / "flash.bin", folder / "desk"
    image = None
    for seconds in (5, 60):
        scenario = folder / "hand_over.yaml"
        scenario.write_text(_AT_THE_DESK.format(seconds=seconds, board=board))
        run = simulate(load(scenario), image=image)
        flash.write_bytes(chip_image.dump(run.stage.board.flash))
        with contextlib.redirect_stdout(io.StringIO()):
            asked = ["provision", "--image", str(flash), "--out", str(desk), "--name", "Desk"]
            if kit.main(asked):
                raise RuntimeError(f"{board}: the hand-over failed")
        image = flash.read_bytes()
    return HandedOver(flash.read_bytes(), desk)
