"""What a scenario says of a sound: a kind, or a WAV file. Complaints name file, line and key."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, NamedTuple

from simulator import inputs
from simulator.sound import recording
from simulator.sound.recording import Recording
from simulator.sound.synthesis import KINDS
from simulator.tree import Node

RECORDING = "recording"  # the word for any sound that comes from a file
SOUNDS = (*KINDS, RECORDING)


class Request(NamedTuple):
    """kind is a word of SOUNDS."""

    kind: str
    source: str | Recording


# key -> (reader, default), as in commands.TABLE
FIELDS: dict[str, tuple[Callable[[Node], Any], Any]] = {
    "kind": (lambda n: n.choice(tuple(KINDS)), None),
    "file": (Node.text, None),
    "full_db": (lambda n: n.whole(40, 140), None),
}


def read(node: Node, fields: dict[str, Node], args: dict[str, Any], folder: Path) -> Request:
    """The request of a mapping whose FIELDS are read; files are relative to folder."""
    if (args["kind"] is None) == (args["file"] is None):
        raise node.wrong("sound needs kind or file" + (", not both" if args["kind"] else ""))
    if args["kind"] is not None:
        if args["full_db"] is not None:
            raise fields["full_db"].wrong("is for a file only")
        return Request(args["kind"], args["kind"])
    path = inputs.named(fields["file"], folder)
    full_db = recording.USUAL_FULL_DB if args["full_db"] is None else args["full_db"]
    try:
        return Request(RECORDING, recording.read(path, full_db))
    except recording.RecordingError as error:
        raise fields["file"].wrong(f"{path}: {error}") from None
