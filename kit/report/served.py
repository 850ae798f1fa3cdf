"""What goes to the other side: disclosures of sound and log, each judged again for itself.

Separate because this is the wall. Whatever the report to be served shows is read from these
bytes, under these keys; the place of the device, cells, and the classes that are withheld are not
among them. Nothing is disclosed of a recording that is not established.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import NamedTuple

from kit import disclose
from kit.anchors import Anchor
from kit.container import AUDIO, CLASS_NAMES, LOG
from kit.keys import ClassKey
from kit.recording import Given
from kit.verify import Verified, verify

SERVED = (AUDIO, LOG)


class Part(NamedTuple):
    """A disclosure: its file, its key, and what a stranger finds in it. name: of its files."""

    class_: int
    name: str
    data: bytes
    key: ClassKey
    one: Verified


def parts_of(one: Verified, given: Given, withhold: tuple[int, ...]) -> list[Part]:
    """In the order of the classes; none where nothing is established or could be read."""
    if one.grade == "D" or not one.recording.keyed:
        return []
    codes = [match.anchor for match in one.matched] + one.unmatched
    nameless = [anchor._replace(sender="") for anchor in codes]
    found = []
    for class_ in SERVED:
        chain = one.recording.chains.get(class_)
        if chain is not None and chain.chosen and class_ not in withhold:
            found.append(_part(one, given, class_, nameless))
    return [part for part in found if part.one.grade != "D"]


def _part(one: Verified, given: Given, class_: int, codes: list[Anchor]) -> Part:
    data = disclose.sectors(one, class_)
    key = given.class_key
    if key is None:
        assert given.association is not None
        key = disclose.class_key(one, given.association, class_)
    judged = verify(data, Given(given.registry, None, key, given.raw), codes).recordings[0]
    return Part(class_, f"{one.recording.q}-{CLASS_NAMES[class_]}", data, key, judged)


def codes_file(one: Verified) -> str:
    """The codes and when they arrived, in the form of anchors.csv, without who received them."""
    codes = [match.anchor for match in one.matched] + one.unmatched
    rows = [f"{_utc(anchor)},withheld,{anchor.code}\n" for anchor in codes]
    return "received_utc,from,text\n" + "".join(rows)


def _utc(anchor: Anchor) -> str:
    time = datetime.fromtimestamp(anchor.received_s, timezone.utc)
    return f"{time:%Y-%m-%dT%H:%M:%SZ}"
