"""One class of one recording: which sector counts as which segment, and what is not there.

Separate because it is the heart of a verdict. Two things fix a segment: a seal, through hashes
alone, and its tag, under a key that the association shares. Seals are followed backwards, so that
what is damaged separates nothing but itself (docs/ev1.md, "Verification", steps 4, 5 and 7).
Imports hashlib through its neighbours.
"""

from __future__ import annotations

from typing import Iterable, NamedTuple

from kit.container import CLASS_NAMES, Opening, Sector
from kit.keys import RATCHET_MAX, Ratchet
from kit.notes import Note
from kit.records import CLOSE, Close, Malformed, Record, read
from kit.seals import Statement, genesis, head


class Gap(NamedTuple):
    """Segments first to last have no sector; last is None where nobody can say how many."""

    first: int
    last: int | None


class Chain:
    """What became of one class.

    chosen: the sector that counts, by number. sealed: which of them seals fix. bad: numbers whose
    sector is there and not authentic. counts: of each valid seal, None where its head is of
    nothing here. unverified: nothing but a key could tell, and there is none. faults: what cannot
    be, each for grade D. records: contents of the chosen, in order.
    """

    def __init__(self, class_: int, opening: Opening, ratchet: Ratchet | None) -> None:
        self.class_, self._opening, self._ratchet = class_, opening, ratchet
        self.name = CLASS_NAMES[class_]
        self.chosen: dict[int, Sector] = {}
        self.sealed: set[int] = set()
        self.bad: dict[int, Sector] = {}
        self.gaps: list[Gap] = []
        self.counts: list[int | None] = []
        self.unverified: list[int] = []
        self.faults: list[Note] = []
        self.records: list[Record] = []
        self._candidates: dict[int, list[Sector]] = {}
        self._demand: dict[int, bytes] = {}  # by number: the hash that a seal leads to
        self._missing: list[int] = []
        self.tagged: set[int] = set()  # places of all sectors whose tag holds

    # -- what others ask --------------------------------------------------------------------

    @property
    def sealed_to(self) -> int:
        """The last sealed number, -1 if none."""
        return max(self.sealed, default=-1)

    @property
    def top(self) -> int:
        """The last authentic number, -1 if none."""
        return max(self.chosen, default=-1)

    @property
    def close(self) -> Close | None:
        """The CLOSE that ends it, if it does."""
        last = self.records[-1] if self.records else None
        return last.value if last and last.type == CLOSE and last.segment == self.top else None

    @property
    def damaged(self) -> bool:
        return bool(self.bad or self.gaps)

    # -- in this order ----------------------------------------------------------------------

    def follow(self, statements: list[Statement], segments: Iterable[Sector]) -> None:
        """Choose the sectors; segments are those of this recording's q, of any class."""
        for sector in segments:
            if sector.class_ == self.class_ and sector.number < RATCHET_MAX:
                same = self._candidates.setdefault(sector.number, [])
                if all(sector.digest != other.digest for other in same):
                    same.append(sector)
        self._count(statements)
        self._follow_seals()
        final = bool(statements) and statements[-1].final
        end = self.counts[-1] if final else None
        if self._ratchet is None:
            self._look_on()
        else:
            self._follow_keys(self._ratchet, end)
        self._read()
        self._judge_unmatched(statements)
        self._collect_gaps()

    def _count(self, statements: list[Statement]) -> None:
        """The count and last hash that each head is made of (step 5)."""
        known: dict[bytes, tuple[int, bytes]] = {}
        for number, sectors in self._candidates.items():
            for sector in sectors:
                known[head(self.class_, number + 1, sector.digest)] = (number + 1, sector.digest)
                if number:
                    known[head(self.class_, number, sector.link)] = (number, sector.link)
        before = 0
        for statement in statements:
            found = known.get(statement.heads[self.class_ - 1])
            self.counts.append(found[0] if found else None)
            if not found:
                continue
            count, digest = found
            if count < before:
                self._fault("fewer", statement.number)
            before = count
            if self._demand.setdefault(count - 1, digest) != digest:
                self._fault("contradiction", statement.number)

    def _follow_seals(self) -> None:
        for number in range(max(self._demand, default=-1), -1, -1):
            want = self._demand.get(number)
            found = [s for s in self._candidates.get(number, []) if s.digest == want]
            if not found:
                continue
            self.chosen[number] = found[0]
            self.sealed.add(number)
            link = found[0].link
            if number == 0:
                if link != genesis(self._opening, self.class_):
                    self._fault("other_opening")
            elif self._demand.setdefault(number - 1, link) != link:
                self._fault("link", number)

    def _look_on(self) -> None:
        """Without a key: what no seal leads to can only be listed."""
        top = max(self._demand, default=-1)
        for number in range(top, -1, -1):
            if number in self.sealed:
                continue
            if number not in self._candidates:
                self._missing.append(number)
            elif number in self._demand:
                self.bad[number] = self._candidates[number][0]
            else:
                self.unverified.append(number)
        self.unverified += [number for number in self._candidates if number > top]
        self.unverified.sort()

    def _follow_keys(self, ratchet: Ratchet, end: int | None) -> None:
        valid = {
            number: [sector for sector in sectors if ratchet.authentic(sector)]
            for number, sectors in sorted(self._candidates.items())
        }
        self.tagged = {sector.at for sectors in valid.values() for sector in sectors}
        false = [n for n in sorted(self.sealed) if self.chosen[n] not in valid[n]]
        if false:
            self._fault("false_tags", len(false), false[0])
        for number in false:
            self.bad[number] = self.chosen.pop(number)
        within = [n for n, sectors in valid.items() if sectors and (end is None or n < end)]
        top = max([*self._demand, *within], default=-1)
        want: dict[int, bytes] = {}  # by number: the hash that an authentic header names
        for number in range(top, -1, -1):
            self._choose(number, valid.get(number, []), want)
        for number, sectors in valid.items():
            if sectors and number > top:  # behind the end that the last seal fixes
                self.bad[number] = sectors[0]
        if end is None:
            self._look_for_next(top)

    def _choose(self, number: int, valid: list[Sector], want: dict[int, bytes]) -> None:
        """One number that no seal fixes, from the last one downwards."""
        if number in self.sealed:
            follower = want.get(number)
            if number in self.chosen and follower not in (None, self.chosen[number].digest):
                self._fork(number + 1)
            return
        present = self._candidates.get(number, [])
        if number in self._demand:
            valid = []  # the one that the seals lead to is not here
        elif len(valid) > 1 and number > self.sealed_to:
            self._fork(number)
            return
        if number in want:
            valid = [sector for sector in valid if sector.digest == want[number]]
        if len(valid) == 1:
            self.chosen[number] = valid[0]
            if number:
                want[number - 1] = valid[0].link
            elif valid[0].link != genesis(self._opening, self.class_):
                self._fault("other_opening")
        elif len(valid) > 1:
            self._fault("two_sectors", number)
            self.bad[number] = valid[0]
        elif present:
            self.bad[number] = present[0]
        else:
            self._missing.append(number)

    def _fork(self, number: int) -> None:
        """From this number to the next seal nothing tells what a holder of the key has made."""
        self._fault("fork", number)
        for later in sorted(set(self.chosen) | {number}):
            if later in self.sealed and later > number:
                return
            if later >= number:
                self.bad[later] = self.chosen.pop(later, self._candidates[number][0])

    def _look_for_next(self, top: int) -> None:
        """A damaged sector that continues the chain is its next segment, and so is any of this
        number where a seal says that there was one."""
        promised = self.counts[-1:] == [None]
        link = genesis(self._opening, self.class_) if top < 0 else b""
        if top in self.chosen:
            link = self.chosen[top].digest
        for sector in self._candidates.get(top + 1, []):
            if promised or sector.link == link:
                self.bad.setdefault(top + 1, sector)

    def _read(self) -> None:
        """Step 8: contents, of what is authentic alone."""
        if self._ratchet is None:
            return
        for number, sector in sorted(self.chosen.items()):
            if self.records and self.records[-1].type == CLOSE:
                self._fault("behind_close", number)
            try:
                plaintext = self._ratchet.decrypt(sector)
                self.records += read(plaintext, self.class_, number, number in self.sealed)
            except Malformed as error:
                self._fault("contents", number, error)
                self.bad[number] = self.chosen.pop(number)
        if self.close and self.close.segments != self.top + 1:
            self._fault("close_count")

    def _judge_unmatched(self, statements: list[Statement]) -> None:
        """A signed head that is of nothing here: something is missing, or something is false."""
        for index, count in enumerate(self.counts):
            if count is not None:
                continue
            before = max((c for c in self.counts[:index] if c is not None), default=0)
            after = next((c for c in self.counts[index:] if c is not None), None)
            if after is not None:
                if all(number in self.sealed for number in range(before, after)):
                    self._fault("both", index)
            elif self._contradicts(statements[index], before):
                self._fault("other_segments", index)
            elif statements[index].final:
                if not any(number > self.top for number in self.bad):
                    self.gaps = [Gap(self.top + 1, None)]
            elif not any(number >= before for number in [*self.bad, *self._missing]):
                self.gaps = [Gap(self.top + 1, None)]

    def _contradicts(self, statement: Statement, before: int) -> bool:
        """Whether more was written after what it sealed, and nothing is missing that could be it.

        In a disclosure all seals stand behind all segments, so that only CLOSE tells.
        """
        if self._ratchet is None:
            return False
        if statement.final and self.close:
            return True
        if any(number >= before for number in [*self.bad, *self._missing]):
            return False
        later = (s.at for n, s in self.chosen.items() if n >= before)
        return self.close is not None or any(at > statement.sector.at for at in later)

    def _collect_gaps(self) -> None:
        ranges: list[list[int]] = []
        for number in sorted(self._missing):
            if ranges and ranges[-1][1] == number - 1:
                ranges[-1][1] = number
            else:
                ranges.append([number, number])
        self.gaps = [Gap(first, last) for first, last in ranges] + self.gaps

    def _fault(self, code: str, *values: object) -> None:
        self.faults.append(Note(code, self.class_, values))
