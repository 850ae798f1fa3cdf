"""One class of one recording, so that others can verify it and see nothing else.

Separate because what must not leak is decided here: opening, segments of the class, seals, in an
order that tells nothing of where they lay. docs/ev1.md, "Disclosure of one class".
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path

from kit.command import Unusable, read_json
from kit.container import OPENING, SEGMENT
from kit.keys import Association, ClassKey, class_keys, unhex
from kit.trust import RawImage
from kit.verify import Verified


def sectors(one: Verified, class_: int) -> bytes:
    """The file: what counts of this class, and what is damaged of it, as it lay there."""
    recording = one.recording
    chain = recording.chains[class_]
    counted = recording.counted()
    opening = next(sector.data for sector in counted.values() if sector.kind == OPENING)
    segments = {**chain.bad, **chain.chosen}
    kept = [segments[n].data for n in sorted(segments) if segments[n].kind == SEGMENT]
    seals = [statement.sector.data for statement in recording.seals.valid]
    return b"".join([opening, *kept, *seals])


def class_key(one: Verified, association: Association, class_: int) -> ClassKey:
    """K_(c,0); nothing that another class or recording could be read with follows from it."""
    opening = one.recording.opening
    assert opening is not None
    key = class_keys(association, opening)[class_]
    return ClassKey(opening.devid, opening.q, class_, key)


def hashes_file(key: ClassKey, raw: RawImage, part: bytes) -> str:
    """The text of the hashes that go with a disclosure: of the whole image, and of its file."""
    about = {"format": 1, "devid": key.devid.hex(), "q": key.q, "class": key.class_}
    about |= {"raw_sha256": raw.digest.hex(), "file_sha256": sha256(part).hexdigest()}
    return json.dumps(about, indent=1) + "\n"


def read_hashes(path: Path, digest: bytes, file: Path) -> bytes:
    """SHA-256 of the whole image, from the hashes that came with a file of this SHA-256."""
    entry = read_json(path)
    try:
        if entry["format"] != 1:
            raise ValueError
        raw, part = unhex(entry["raw_sha256"], 32), unhex(entry["file_sha256"], 32)
    except (KeyError, TypeError, ValueError):
        raise Unusable(f"{path}: not the hashes of a disclosure, format 1") from None
    if part != digest:
        raise Unusable(f"{path}: the hashes of another file than {file}")
    return raw
