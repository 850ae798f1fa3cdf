"""What one report shows, gathered once: records, sound, figures, and the words around them.

Separate from the tables and the template so that what may be seen is decided in one place. A
report to be served is made of disclosures alone: classes that are withheld never come here, and
neither do senders, names or paths (kit/report/served.py). Imports numpy through the figures.
"""

from __future__ import annotations

from hashlib import sha256
from typing import NamedTuple

from markupsafe import Markup

from kit import show
from kit.anchors import Anchor
from kit.clock import Clock, clock_of
from kit.container import CLASS_NAMES, LOG, PLACE
from kit.notes import Note
from kit.records import CLOSE, TIME, AudioConfig, Record
from kit.registry import Registry
from kit.report import motion_figure, place_figure, sound_figures, tape
from kit.report.custody import Entry
from kit.report.drawing import Span
from kit.report.phrases import phrase
from kit.report.withheld import Hidden, Withheld
from kit.selftest import Outcome
from kit.stamps import Stamp
from kit.verify import Result, Verified


class Case(NamedTuple):
    """What both reports of a recording are made of. one: judged in the whole file.

    container: the recording's sectors as they lie in the file. custody: with the kit's own
    entries; custody_given: whether somebody wrote others.
    """

    name: str
    result: Result
    one: Verified
    registry: Registry
    test: Outcome
    custody: list[Entry]
    custody_given: bool
    stamp: Stamp | None
    container: bytes


class File(NamedTuple):
    """A file beside the page, and its SHA-256 in hex. class_: what it discloses, 0 for others."""

    name: str
    digest: str
    class_: int = 0


class View:
    """parts: what is shown, each judged for itself. files: beside the page. hidden: what stands
    in place of names, numbers and words."""

    def __init__(
        self, case: Case, served: bool, parts: list[Verified], hidden: Withheld, told: tape.Told
    ) -> None:
        self.case, self.served, self.parts, self.withheld = case, served, parts, hidden
        self.files: list[File] = []
        self.one = case.one
        self.grade = case.one.grade
        self.opening = case.one.recording.opening
        chains = [chain for part in parts for chain in part.recording.chains.values()]
        self.chains = sorted(chains, key=lambda chain: chain.class_)
        self.records: list[Record] = [record for chain in chains for record in chain.records]
        self.seals = (parts[0] if parts else case.one).recording.seals.valid
        self.examined = sorted({record.class_ for record in self.records})
        self.clock: Clock = clock_of(self.records)
        self.tape: tape.Tape | None = None
        self.sound_impossible = False
        try:
            self.tape = tape.tape_of(self.records, told)
        except (ValueError, MemoryError):
            self.sound_impossible = True
        self.span = self._span()

    def _span(self) -> Span:
        # A source of time may have spoken long before the trigger; nothing was recorded then.
        moments = [record.at_ms for record in self.records if record.type != TIME] or [0]
        moments += [r.value.ticks_ms for r in self.records if r.type == CLOSE]
        if self.tape is not None:
            moments += [self.tape.begin_ms, self.tape.end_ms]
        return Span(min(moments), max(moments))

    # -- what is known ----------------------------------------------------------------------

    @property
    def number(self) -> int:
        return self.one.recording.q

    @property
    def device(self) -> str | None:
        return self.opening.devid.hex() if self.opening else None

    @property
    def audio(self) -> AudioConfig | None:
        return next((r.value for r in self.records if isinstance(r.value, AudioConfig)), None)

    @property
    def clipped(self) -> int | None:
        """As the device counted it at the end."""
        totals = [r.value.totals for r in self.records if r.type == CLOSE and r.class_ == 1]
        return totals[0][2] if totals else None

    @property
    def not_examined(self) -> list[int]:
        """Classes whose contents nobody read for this report; withheld ones are another thing."""
        kept_back = self.kept_back
        return [c for c in CLASS_NAMES if c not in self.examined and c not in kept_back]

    @property
    def kept_back(self) -> list[int]:
        """Classes that were read and are withheld, and the place in any report to be served."""
        if not self.served:
            return []
        known = {r.class_ for chain in self.one.recording.chains.values() for r in chain.records}
        return [c for c in CLASS_NAMES if c not in self.examined and (c in known or c == PLACE)]

    @property
    def established(self) -> bool:
        return self.grade != "D"

    def notes(self) -> list[Note]:
        """Remarks of all that is shown, each once."""
        found = [note for part in self.parts for note in [*show.conflicts(part), *part.remarks]]
        found += [note for note in self.one.remarks if note.code == "image_cut"]
        return list(dict.fromkeys(found))

    def faults(self) -> list[Note]:
        """Why it is not established; of classes that are withheld only that they are concerned."""
        back = self.kept_back
        return [note for note in self.one.recording.faults if note.class_ not in back]

    def codes(self) -> list[tuple[Anchor, str | None]]:
        """The codes of this recording, and what each is of; None where it matches nothing."""
        matched = [(match.anchor, match.of) for match in self.one.matched]
        found: list[tuple[Anchor, str | None]] = [*matched]
        found += [(anchor, None) for anchor in self.one.unmatched]
        return sorted(found, key=lambda pair: pair[0].received_s)

    # -- people -----------------------------------------------------------------------------

    def person(self, kind: str, text: str, language: str) -> str:
        """A name, a number or words; in a report to be served, what stands in its place."""
        if not self.served or not text:
            return text
        return label(self.withheld.hide(kind, text), language)

    # -- figures ----------------------------------------------------------------------------

    def waveform(self, words: str) -> Markup | None:
        return sound_figures.waveform(self.tape, self.span, words) if self.tape else None

    def spectrogram(self, words: str) -> Markup | None:
        return sound_figures.spectrogram(self.tape, self.span, words) if self.tape else None

    def motion(self, words: str) -> Markup | None:
        return motion_figure.trace(self.records, self.span, words)

    def place(self, words: str) -> Markup | None:
        return None if self.served else place_figure.track(self.records, words)

    @property
    def has_log(self) -> bool:
        return LOG in self.examined

    def add_file(self, name: str, data: bytes, class_: int = 0) -> None:
        self.files.append(File(name, sha256(data).hexdigest(), class_))


def label(hidden: Hidden, language: str) -> str:
    """As "number 2"."""
    return f"{phrase(hidden.kind, language)} {hidden.number}"
