"""The verifier judged before it judges: the published container, whole and tampered with.

Separate because it runs at each start: one good file and twelve bad ones must get their known
verdicts, or nothing else is said. They are a part of the tamper matrix in docs/ev1.md.
"""

from __future__ import annotations

from pathlib import Path
from typing import Callable, NamedTuple

from kit import VERSION, keys, registry
from kit.command import Unusable, read_file
from kit.container import SECTOR
from kit.recording import Given
from kit.verify import verify

FOLDER = Path(__file__).resolve().parent / "published"
Change = Callable[[list[bytes]], list[bytes]]


class Outcome(NamedTuple):
    """failed: names of the cases with another verdict than the known one."""

    version: str
    good: int
    tampered: int
    failed: list[str]

    def __str__(self) -> str:
        if self.failed:
            return f"self-test {self.version}: FAILED ({', '.join(self.failed)})"
        return f"self-test {self.version}: {self.good} good and {self.tampered} tampered, passed"


def run() -> Outcome:
    """Judge all thirteen; Unusable where the published container is not there."""
    whole = read_file(FOLDER / "recording.ev1")
    sectors = [whole[at : at + SECTOR] for at in range(0, len(whole), SECTOR)]
    association = keys.Association(
        keys.read_private(FOLDER / "key.pem"), keys.read_secrets(FOLDER / "secrets.json")
    )
    given = Given(registry.read(FOLDER / "registry.json"), association)
    disclosed = keys.read_class_key(FOLDER / "audio_key.json")
    wrong = given._replace(association=None, class_key=disclosed._replace(class_=2))
    failed = []
    for name, change, grade, named in _CASES:
        data = b"".join(change(list(sectors)))
        found = verify(data, wrong if name == _WRONG else given).recordings
        if not found or (found[0].grade, _named(found[0].recording.chains)) != (grade, named):
            failed.append(name)
    return Outcome(VERSION, 1, len(_CASES) - 1, failed)


def check() -> Outcome:
    """As run(), and Unusable where it fails."""
    outcome = run()
    if outcome.failed:
        raise Unusable(str(outcome))
    return outcome


def _named(chains: dict) -> str:
    """The segments that are bad (!) or missing (?)."""
    found = [f"{c.name}:{n}!" for c in chains.values() for n in sorted(c.bad)]
    found += [f"{c.name}:{gap.first}?" for c in chains.values() for gap in c.gaps]
    return " ".join(found)


def _flip(at: int, byte: int) -> Change:
    def change(sectors: list[bytes]) -> list[bytes]:
        sector = bytearray(sectors[at])
        sector[byte] ^= 1
        sectors[at] = bytes(sector)
        return sectors

    return change


def _both_copies(sectors: list[bytes]) -> list[bytes]:
    return _flip(0, 2100)(_flip(0, 100)(sectors))


def _move(*order: int) -> Change:
    """The sectors in another order; those that are not named are gone."""
    return lambda sectors: [sectors[at] for at in order]


# Opening; audio 0, place 0, log 0, seal 0; audio 1, place 1, log 1, seal 1; audio 2, audio 3,
# place 2, log 2, seal 2
_WRONG = "key of another class"
_CASES: tuple[tuple[str, Change, str, str], ...] = (
    ("as published", lambda sectors: sectors, "A", ""),
    ("a bit of a segment", _flip(5, 1000), "C", "audio:1!"),
    ("a bit of the last tag", _flip(12, 4095), "C", "log:2!"),
    ("a bit of the opening", _flip(0, 60), "C", ""),
    ("both copies of the opening", _both_copies, "D", ""),
    ("a bit of the first seal", _flip(4, 200), "D", ""),
    ("without its final seal", _move(*range(13)), "B", ""),
    ("cut off after the first seal", _move(*range(7)), "B", ""),
    ("cut off before the first seal", _move(*range(4)), "B0", ""),
    ("without a segment", _move(*range(6), *range(7, 14)), "C", "place:1?"),
    ("two segments exchanged", _move(*range(9), 10, 9, 11, 12, 13), "C", ""),
    ("a segment in place of another", _move(*range(9), 1, *range(10, 14)), "C", "audio:2?"),
    (_WRONG, lambda sectors: sectors, "D", "place:0! place:1! place:2!"),
)
