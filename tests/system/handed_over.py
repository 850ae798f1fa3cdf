"""A device that the desk has handed over: its flash, and the desk's files, made once a session.

As a person does it: the simulator leaves a flash, the kit puts the desk's file on it, the firmware
gives birth to its keys on a second run, the kit takes the public ones. What then records is judged
by the kit alone.
"""

from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import NamedTuple

from stories import story

from kit import __main__ as kit
from kit import registry, verify
from kit.keys import Association, read_private, read_secrets
from kit.recording import Given
from simulator import chip_image
from simulator.run import simulate

FOLDER = Path(mkdtemp())


class HandedOver(NamedTuple):
    image: bytes
    desk: Path


@lru_cache(maxsize=None)
def handed_over(board="t_a7670x_s3"):
    """What lies in the drawer of the association after the hand-over of such a board."""
    folder = FOLDER / board
    folder.mkdir()
    flash, desk = folder / "flash.bin", folder / "desk"
    chosen = (f"device.board={board}", "device.config.recording=true")
    still = ("world.motion=still",)
    image = None
    for seconds in (5, 60):
        run = simulate(story(folder, [], f"{seconds}s", chosen + still), image=image)
        assert run.summary["exceptions"] == []
        flash.write_bytes(chip_image.dump(run.stage.board.flash))
        assert kit.main(["provision", "--image", str(flash), "--out", str(desk)]) == 0
        image = flash.read_bytes()
    return HandedOver(image, desk)


def judged(flash, desk, codes=()):
    """The kit's verdict on what is in a flash: a verify.Result. codes: anchors."""
    association = Association(read_private(desk / "key.pem"), read_secrets(desk / "secrets.json"))
    given = Given(registry.read(desk / "registry.json"), association)
    return verify.verify(chip_image.dump(flash), given, list(codes))
