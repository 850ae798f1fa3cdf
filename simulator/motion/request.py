"""What a scenario says of a motion: a kind or a recording, and how the object is mounted.

One reader for `world.motion` and the command `motion`; complaints name file, line and key. A
recording is read here, so that a missing one is found before anything runs.
"""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Any, Callable, NamedTuple

from simulator import inputs
from simulator.motion import recorded
from simulator.motion.body import Body
from simulator.motion.kinds import KINDS
from simulator.motion.recorded import Recorded, RecordedError, Selection
from simulator.motion.vectors import Matrix, Vector, euler, random_rotation
from simulator.tree import Node

RECORDING = "recording"  # the word for any motion that comes from a file
MOTIONS = (*KINDS, RECORDING)
OFFSET_MAX_MG = 2000
SEED_MAX = 2**31


class Request(NamedTuple):
    """kind is a word of MOTIONS; rotation and offset_mg None: as before."""

    kind: str
    recording: Recorded | None = None
    rotation: Matrix | None = None
    offset_mg: Vector | None = None

    def begin(self, body: Body, at_ms: int, speed_cms: int | None = None) -> None:
        body.wear(self.rotation, self.offset_mg)
        if self.recording is not None:
            body.play(self.recording.play, at_ms)
        else:
            body.set(self.kind, at_ms, speed_cms)


def _rotation(node: Node) -> Matrix:
    """Three angles in degrees, about x, y, z in turn; or the seed of any rotation."""
    if node.kind == "text":
        return random_rotation(Random(f"rotate/{node.whole(0, SEED_MAX)}"))
    x_deg, y_deg, z_deg = _three(node, 360)
    return euler(x_deg, y_deg, z_deg)


def _offset(node: Node) -> Vector:
    return _three(node, OFFSET_MAX_MG)


def _three(node: Node, most: int) -> Vector:
    if len(node.items()) != 3:
        raise node.wrong("must be a list of three, for x, y, z")
    x, y, z = [float(item.whole(-most, most)) for item in node.items()]
    return x, y, z


# key -> (reader, default), as in commands.TABLE
FIELDS: dict[str, tuple[Callable[[Node], Any], Any]] = {
    "kind": (lambda n: n.choice(tuple(KINDS)), None),
    "file": (Node.text, None),
    "rate_hz": (lambda n: n.whole(1, recorded.RATE_MAX_HZ), None),
    "subject": (Node.text, None),
    "activity": (Node.text, None),
    "trial": (lambda n: n.whole(0, 1_000_000), None),
    "placement": (Node.text, None),
    "index": (lambda n: n.whole(0, 1_000_000_000), None),
    "rotate": (_rotation, None),
    "offset_mg": (_offset, None),
}


def read(node: Node, fields: dict[str, Node], args: dict[str, Any], folder: Path) -> Request:
    """The request of a mapping whose FIELDS are read; files are relative to folder."""
    if (args["kind"] is None) == (args["file"] is None):
        raise node.wrong("motion needs kind or file" + (", not both" if args["kind"] else ""))
    recording = None
    if args["file"] is not None:
        selection = Selection(*(args[key] for key in Selection._fields))
        recording = _recording(fields["file"], folder, selection, args["rate_hz"])
    else:
        for key in (*Selection._fields, "rate_hz"):
            if key in fields:
                raise fields[key].wrong("is for a file only")
    kind = args["kind"] or RECORDING
    return Request(kind, recording, args["rotate"], args["offset_mg"])


def _recording(node: Node, folder: Path, selection: Selection, rate_hz: int | None) -> Recorded:
    path = inputs.named(node, folder)
    try:
        return recorded.read(path, selection, rate_hz)
    except RecordedError as error:
        raise node.wrong(f"{path}: {error}") from None
