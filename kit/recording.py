"""One recording, judged: everything that a verdict, a report or a disclosure is made of.

Separate from chain.py because it puts the classes together with the opening, the seals and the
place of every sector in the file. docs/ev1.md, "Verification" and "Sectors that are left over".
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from kit import seals
from kit.chain import Chain
from kit.container import (
    BLANK,
    CLASSES,
    NO_SLOT,
    OPENING,
    SEAL,
    SECTOR,
    SEGMENT,
    UNREADABLE,
    Image,
    Opening,
    Raw,
    Sector,
)
from kit.keys import Association, ClassKey, Ratchet, class_keys
from kit.notes import Note
from kit.records import EVENT, WRITE_FAILED, Record
from kit.registry import Device, Registry
from kit.trust import RawImage

_VERSION = (1, 1)


class Given(NamedTuple):
    """What the verifier was given beside the file. raw: the image that the file was taken from, or
    the file itself, where there is a hash or a stamp of it."""

    registry: Registry
    association: Association | None = None
    class_key: ClassKey | None = None
    raw: RawImage | None = None


class Recording:
    """What was found of one recording.

    chains: of the examined classes. keyed: their contents could be read. faults: why it is not
    established. Numbers of sectors, counted from the start of the partition or file: foreign (not
    of this recording, or not what counts), unreadable, repeated (identical copies), displaced
    (behind one that they precede), failed (writes that the device began again), unfinished (the
    last one, as an interrupted write leaves it).
    """

    def __init__(self, raw: Raw, given: Given) -> None:
        self.raw = raw
        self.q = raw.q
        self.opening: Opening | None = raw.opening
        self.device: Device | None = None
        self.seals = seals.Seals([], [])
        self.chains: dict[int, Chain] = {}
        self.keyed = False
        self.faults: list[Note] = []
        self.bad_seals: list[int] = []
        self.opening_damaged = False
        self.foreign: list[int] = []
        self.unreadable: list[int] = []
        self.repeated: list[int] = []
        self.displaced: list[int] = []
        self.failed: list[int] = []
        self.unfinished: list[int] = []
        self.grade = "D"
        if self.opening is None:
            self.fault("no_opening")
        else:
            self._identify(self.opening, given)

    @property
    def records(self) -> list[Record]:
        """All authentic records, in order of their time; those of one time by class and place."""
        found = [record for chain in self.chains.values() for record in chain.records]
        return sorted(found, key=lambda record: record.at_ms)

    @property
    def segments(self) -> int:
        return sum(len(chain.chosen) for chain in self.chains.values())

    @property
    def complete(self) -> bool:
        """Step 9: a final seal, CLOSE last in every examined class, and no other count."""
        return (
            self.keyed
            and self.seals.final
            and all(
                chain.close is not None and chain.counts[-1] == chain.close.segments
                for chain in self.chains.values()
            )
        )

    @property
    def damaged(self) -> bool:
        """Whether there is anything that grade C names."""
        lists = (self.foreign, self.unreadable, self.repeated, self.displaced)
        chains = any(chain.damaged for chain in self.chains.values())
        return self.opening_damaged or chains or any(lists)

    def fault(self, code: str, *values: object) -> None:
        """Say why it is not established."""
        self.faults.append(Note(code, 0, values))

    # -- steps 1 to 8 -----------------------------------------------------------------------

    def _identify(self, opening: Opening, given: Given) -> None:
        self.device = device = given.registry.devices.get(opening.devid)
        if not given.registry.signed:
            self.fault("registry_signature")
        if given.registry.compared is False:
            self.fault("registry_key")
        stamp = given.registry.stamp
        if stamp is not None and not stamp.matches:
            self.fault("registry_stamp")
        elif stamp is not None and stamp.authority is False:
            self.fault("registry_authority")
        if opening.version != _VERSION:
            self.fault("version", *opening.version)
        elif device is None:
            self.fault("device", opening.devid.hex())
        elif opening.identifier != device.identifier:
            self.fault("identifier")
        elif opening.fingerprint != sha256(device.agreement_key).digest()[:8]:
            self.fault("agreement_key")
        else:
            if opening.q == NO_SLOT:
                self.fault("no_slot")
            self._follow(opening, device, self._keys(opening, device, given))

    def _keys(self, opening: Opening, device: Device, given: Given) -> dict[int, bytes] | None:
        """K_(c,0) of the classes that can be read; None where no key was given for this one."""
        if given.class_key is not None:
            key = given.class_key
            if (key.devid, key.q) != (opening.devid, opening.q):
                return None
            return {key.class_: key.key}
        if given.association is None:
            return None
        if given.association.public() != device.agreement_key:
            self.fault("wrong_key")
            return {}
        keys = class_keys(given.association, opening)
        if not keys:
            self.fault("no_key")
        return keys

    def _follow(self, opening: Opening, device: Device, keys: dict[int, bytes] | None) -> None:
        self.seals = seals.check(opening, device, self.raw.seals)
        self.faults += self.seals.faults
        if keys is None:
            present = sorted({sector.class_ for sector in self.raw.segments})
            ratchets: dict[int, Ratchet | None] = dict.fromkeys(present)
        else:
            self.keyed = bool(keys)
            ratchets = {class_: Ratchet(key) for class_, key in keys.items()}
        for class_, ratchet in ratchets.items():
            chain = Chain(class_, opening, ratchet)
            chain.follow(self.seals.valid, self.raw.segments)
            self.chains[class_] = chain
            self.faults += chain.faults
        if not any(chain.chosen for chain in self.chains.values()):
            fixed = self.keyed or self.seals.valid
            self.fault("nothing_authentic" if fixed else "nothing_fixes")

    # -- sectors ----------------------------------------------------------------------------

    def counted(self) -> dict[int, Sector]:
        """The sectors that count, by their number in the file: opening, segments, seals."""
        used = {s.at: s for chain in self.chains.values() for s in chain.chosen.values()}
        used |= {statement.sector.at: statement.sector for statement in self.seals.valid}
        for sector in sorted(self.raw.openings, key=lambda s: (s.sound, -s.at))[-1:]:
            used[sector.at] = sector
        return used

    def place(self, image: Image, elsewhere: set[int]) -> None:
        """Sort what is left over; elsewhere: sectors that count in other recordings."""
        if not self.chains:
            return
        used = self.counted()
        taken = dict(used)
        named = {s.at: n for c in self.chains.values() for n, s in c.bad.items()}
        kept = {s.digest for s in used.values()}
        examined = set(self.chains)
        final_at = self.seals.valid[-1].sector.at if self.seals.final else len(image.sectors)
        left: list[Sector] = []
        for sector in self.raw.own:
            if sector.at in used or sector.at in elsewhere:
                continue
            if sector.kind == UNREADABLE and sector.at > final_at:
                continue
            if sector.kind == SEGMENT and sector.class_ not in examined:
                continue
            if self._unverified(sector):
                continue
            if sector.digest in kept:
                self.repeated.append(sector.at)
                continue
            left.append(sector)
        left = self._without_failed(left, image, taken)
        left = self._without_unfinished(left)
        for sector in left:
            if sector.kind == SEAL:
                self.bad_seals.append(sector.at)
                self.fault("bad_seal", sector.number)
            elif sector.kind == UNREADABLE:
                self.unreadable.append(sector.at)
            elif sector.at not in named:
                self.foreign.append(sector.at)
        self._look_for_strangers(image, used)
        self._order(used, image)
        opened = [sector for sector in used.values() if sector.kind == OPENING]
        self.opening_damaged = not all(sector.sound for sector in opened)

    def _unverified(self, sector: Sector) -> bool:
        chain = self.chains.get(sector.class_) if sector.kind == SEGMENT else None
        return chain is not None and sector.number in chain.unverified

    def _without_failed(
        self, left: list[Sector], image: Image, taken: dict[int, Sector]
    ) -> list[Sector]:
        """Writes that failed stand directly before their repetition: without some of its zeros, or
        told of by the log."""
        told = {
            record.value.value
            for record in self.records
            if record.type == EVENT and record.value.kind == WRITE_FAILED
        }
        rest = []
        for sector in reversed(left):
            follower = taken.get(sector.at + 1)
            mark = int.from_bytes(sector.digest[:4], "little")
            known = mark in told and len(sector.data) == SECTOR
            if follower is not None and (known or _began(sector.data, follower.data)):
                taken[sector.at] = follower
                self.failed.append(sector.at)
            else:
                rest.append(sector)
        self.failed.sort()
        return rest[::-1]

    def _without_unfinished(self, left: list[Sector]) -> list[Sector]:
        """The last sector of a recording without a final seal may be an interrupted write."""
        if self.seals.final or not left or left[-1] is not self.raw.own[-1]:
            return left
        last = left[-1]
        if last.kind == SEAL and last.number != len(self.seals.valid):
            return left
        if last.kind == SEGMENT:
            chain = self.chains.get(last.class_)
            if chain is None or last.number <= max(chain.top, chain.sealed_to):
                return left
            if last.at in chain.tagged:
                return left
            chain.bad.pop(last.number, None)
        self.unfinished.append(last.at)
        return left[:-1]

    def _look_for_strangers(self, image: Image, used: dict[int, Sector]) -> None:
        """Sectors between those of this recording that are of none, or of another number."""
        start, stop = self._stretch(image, used)
        within = [index for index in used if start <= index < stop]
        own = {sector.at for sector in self.raw.own}
        for sector in image.sectors[min(within, default=0) : max(within, default=0)]:
            if sector.kind not in (BLANK, OPENING) and sector.at not in own:
                strange = self.unreadable if sector.kind == UNREADABLE else self.foreign
                strange.append(sector.at)
        self.foreign.sort()

    def _stretch(self, image: Image, used: dict[int, Sector]) -> tuple[int, int]:
        """From its opening to the next one of another recording; from the start of the file for
        the first recording in it."""
        here = next(index for index, sector in used.items() if sector.kind == OPENING)
        others = [
            sector.at
            for sector in image.sectors
            if sector.opening is not None and sector.opening != self.opening
        ]
        start = here if any(index < here for index in others) else 0
        stop = min((index for index in others if index > here), default=len(image.sectors))
        return start, stop

    def _order(self, used: dict[int, Sector], image: Image) -> None:
        """Those that stand behind one which they precede; copies are named already."""
        start, stop = self._stretch(image, used)
        doubled = {image.sectors[index].digest for index in self.repeated}
        file = [used[index] for index in sorted(used) if used[index].digest not in doubled]
        disclosed = _as_disclosed(file)
        highest = dict.fromkeys(CLASSES, -1)
        counts = dict.fromkeys(CLASSES, 0)
        seal = -1
        anything = False
        for sector in file:
            if not start <= sector.at < stop:
                self.displaced.append(sector.at)
                continue
            if sector.kind == OPENING:
                late = anything
            elif sector.kind == SEAL:
                late = sector.number < seal
                for class_, chain in self.chains.items():
                    count = chain.counts[sector.number]
                    if count is not None:
                        late = late or (highest[class_] >= count and not disclosed)
                        counts[class_] = max(counts[class_], count)
                seal = max(seal, sector.number)
            else:
                late = sector.number < highest[sector.class_]
                late = late or sector.number < counts[sector.class_]
                highest[sector.class_] = max(highest[sector.class_], sector.number)
            anything = True
            if late:
                self.displaced.append(sector.at)


def _began(torn: bytes, whole: bytes) -> bool:
    """Whether further programming, which only clears bits, could have made whole of torn."""
    if len(torn) != len(whole) or torn == whole:
        return False
    mixed = int.from_bytes(torn, "big") & int.from_bytes(whole, "big")
    return mixed == int.from_bytes(whole, "big")


def _as_disclosed(file: list[Sector]) -> bool:
    """Opening, segments of one class, seals: the order of a disclosure."""
    kinds = [sector.kind for sector in file]
    classes = {sector.class_ for sector in file if sector.kind == SEGMENT}
    ordered = [kind for kind in (OPENING, SEGMENT, SEAL) for _ in range(kinds.count(kind))]
    return len(classes) == 1 and kinds == ordered
