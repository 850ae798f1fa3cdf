"""A handed-over device of each board, made once a session, and the kit's verdict on its flash."""

from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

from kit import registry, verify
from kit.keys import Association, read_private, read_secrets
from kit.recording import Given
from simulator import chip_image
from tools.handed_over import hand_over


@lru_cache(maxsize=None)
def handed_over(board="t_a7670x_s3"):
    """What lies in the drawer of the association after the hand-over of such a board."""
    return hand_over(Path(mkdtemp()), board)


def judged(flash, desk, codes=()):
    """The kit's verdict on what is in a flash: a verify.Result. codes: anchors."""
    association = Association(read_private(desk / "key.pem"), read_secrets(desk / "secrets.json"))
    given = Given(registry.read(desk / "registry.json"), association)
    return verify.verify(chip_image.dump(flash), given, list(codes))
