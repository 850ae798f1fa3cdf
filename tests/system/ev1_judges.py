"""Both verifiers on one file: what they say must be the same, and is put into one form.

Separate because several tests ask them. Signatures that were checked once are remembered.
"""

import functools
import json
from types import SimpleNamespace

import ev1_writer as writer
import second_verifier
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kit import keys, lmots, registry, verify
from kit.recording import Given

lmots.verify = functools.lru_cache(maxsize=1 << 14)(lmots.verify)
NAMES = {1: "audio", 2: "place", 3: "log"}
LISTS = ("unreadable", "foreign", "repeated", "displaced", "failed", "unfinished")


class Desk:
    """What a verifier has beside the file, as bytes of the files that hold it."""

    def __init__(self, association, devices, class_key=None):
        self.registry = association.registry(devices)
        self.pem, self.secrets = association.pem(), writer.secrets(devices)
        self.class_key = class_key

    def given(self, keyed=True):
        read = registry.parse(self.registry)
        if self.class_key:
            one = json.loads(self.class_key)
            key = (bytes.fromhex(one["devid"]), one["q"], one["class"], bytes.fromhex(one["key"]))
            return Given(read, None, keys.ClassKey(*key))
        if not keyed:
            return Given(read)
        psk = json.loads(self.secrets)["devices"].items()
        psk = {bytes.fromhex(devid): bytes.fromhex(one["psk_0"]) for devid, one in psk}
        return Given(read, keys.Association(load_pem_private_key(self.pem, None), psk))


def judge(file, desk, keyed=True):
    """What both say of every recording, the one with the best grade first."""
    found = [told(one) for one in verify.verify(file, desk.given(keyed)).recordings]
    files = {"class_key": desk.class_key}
    if keyed and not desk.class_key:
        files = {"key": desk.pem, "secrets": desk.secrets}
    other = second_verifier.verify(file, desk.registry, **files)
    for one in other:
        one.pop("why")
    found, other = (sorted(each, key=_order) for each in (found, other))
    for one, two in zip(found, other):
        plain = {key: value for key, value in vars(one).items() if key in two}
        assert plain == two, _differences(plain, two)
    assert len(found) == len(other)
    return found


def _order(one):
    one = one if isinstance(one, dict) else vars(one)
    return one["grade"], one["q"], sorted(one["bad"])


def _differences(one, two):
    return "; ".join(f"{k}: kit {one[k]}, second {two[k]}" for k in one if one[k] != two[k])


def told(verified):
    """The kit's findings in the form of the second verifier, and the records by segment."""
    one = verified.recording
    chains = {NAMES[class_]: chain for class_, chain in one.chains.items()}
    contents = {}
    for record in one.records:
        contents.setdefault((NAMES[record.class_], record.segment), []).append(record[:3])
    return SimpleNamespace(
        q=one.q,
        grade=one.grade,
        faults=one.faults,
        seals=len(one.seals.valid),
        opening=one.opening_damaged,
        bad={(name, number) for name, chain in chains.items() for number in chain.bad},
        missing={
            (name, number)
            for name, chain in chains.items()
            for gap in chain.gaps
            if gap.last is not None
            for number in range(gap.first, gap.last + 1)
        },
        after={n for n, chain in chains.items() if any(g.last is None for g in chain.gaps)},
        got={name: sorted(chain.chosen) for name, chain in chains.items()},
        sealed={name: sorted(chain.sealed) for name, chain in chains.items()},
        contents=contents,
        **{name: set(getattr(one, name)) for name in LISTS},
        bad_seals=set(one.bad_seals),
    )
