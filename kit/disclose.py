"""One class of one recording, so that others can verify it and see nothing else.

Separate because what must not leak is decided here: opening, segments of the class, seals, in an
order that tells nothing of where they lay. docs/ev1.md, "Disclosure of one class".
"""

from __future__ import annotations

from kit.container import OPENING, SEGMENT
from kit.keys import Association, ClassKey, class_keys
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
