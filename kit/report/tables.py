"""The tables of a report: rows of words in one language, from what a view holds.

Separate so that the template only lays out. Cells are plain text, escaped by the template.
"""

from __future__ import annotations

from datetime import datetime, timezone
from hashlib import sha256
from typing import NamedTuple

from kit import show, words
from kit.container import AUDIO, LOG, PLACE
from kit.notes import CLASSES
from kit.records import FIX, TIME, UNIX_2000, PlaceConfig
from kit.report import custody, timeline
from kit.report.phrases import GRADES, phrase
from kit.report.tape import LOST_SAMPLES
from kit.report.view import View, label
from kit.stamps import Stamp
from kit.trust import fingerprint

_ROWS_MAX = 1000  # of silences and of readings of time; totals are of all of them


class Table(NamedTuple):
    """mono: columns with hashes. more: rows that are not shown. dense: small, lines unbroken."""

    head: list[str]
    rows: list[list[str]]
    mono: tuple[int, ...] = ()
    more: int = 0
    dense: bool = False


class Tables:
    """All tables of one view in one language."""

    def __init__(self, view: View, language: str) -> None:
        self.view, self.language = view, language
        self.place = 0 if language == "fr" else 1

    def t(self, key: str) -> str:
        return phrase(key, self.language)

    @property
    def colon(self) -> str:
        return "\N{NO-BREAK SPACE}:" if self.language == "fr" else ":"

    def _head(self, *keys: str) -> list[str]:
        return [self.t(key) for key in keys]

    # -- numbers and moments ----------------------------------------------------------------

    def decimal(self, value: float, digits: int = 1) -> str:
        shown = f"{value:.{digits}f}"
        return shown.replace(".", ",") if self.language == "fr" else shown

    def count(self, number: int) -> str:
        return f"{number:,}".replace(",", "\N{NARROW NO-BREAK SPACE}")

    def since(self, at_ms: int) -> str:
        """As +1:02.500."""
        sign, rest = ("−", -at_ms) if at_ms < 0 else ("+", at_ms)
        minutes, ms = divmod(rest, 60_000)
        return f"{sign}{minutes}:{ms // 1000:02}" + self.decimal(ms % 1000 / 1000, 3)[1:]

    def utc(self, at_ms: int) -> str:
        """The interval's middle and half; earliest and latest where sources disagree."""
        interval = self.view.clock.at(at_ms)
        if interval is None:
            return "-"
        if not interval.agreed:
            return f"{instant(interval.earliest_ms)} … {instant(interval.latest_ms)}"
        half = self.decimal(interval.plus_minus_ms / 1000, 3)
        return f"{instant(interval.middle_ms)} ± {half} s"

    def length(self, ms: int) -> str:
        return f"{self.decimal(ms / 1000, 3)} s" if ms < 60_000 else self.since(ms)[1:]

    # -- result -----------------------------------------------------------------------------

    def meaning(self) -> str:
        key = self.view.grade
        if key in ("B", "C") and not self.view.one.recording.keyed:
            key += " without key"
        return GRADES[key][self.place]

    def verdicts(self) -> list[tuple[str, str, str]]:
        """(of what, grade, sentence). What the other side reads comes from what it gets alone."""
        view = self.view
        if not view.served:
            return [(self.t("whole"), view.grade, words.verdict(view.one, self.language))]
        found = []
        for part in view.parts:
            names = self.classes(list(part.recording.chains))
            sentence = words.verdict(part, self.language)
            found.append((f"{self.t('part')} ({names})", part.grade, sentence))
        return found

    def faults(self) -> list[str]:
        return [note.text(self.language) for note in self.view.faults()]

    def notes(self) -> list[str]:
        return [note.text(self.language) for note in self.view.notes()]

    def classes(self, classes: list[int]) -> str:
        return ", ".join(CLASSES[self.language][class_] for class_ in classes)

    def chains(self) -> Table:
        rows = []
        for chain in self.view.chains:
            shared = show.ranges(sorted(set(chain.chosen) - chain.sealed))
            gaps = [(gap.first, gap.last) for gap in chain.gaps]
            bad = show.ranges(sorted(chain.bad))
            sealed = str(chain.sealed_to) if chain.sealed else "-"
            row = [self.classes([chain.class_]), str(len(chain.chosen)), sealed]
            row += [self._ranges([*part]) for part in (shared, bad, gaps)]
            rows.append(row)
        head = ("class", "segments", "sealed_to", "shared_only", "bad", "missing")
        return Table(self._head(*head), rows)

    def _ranges(self, parts: list) -> str:
        shown = [
            f"{first}-?" if last is None else str(first) if first == last else f"{first}-{last}"
            for first, last in parts
        ]
        return ", ".join(shown) or self.t("none")

    def sectors(self) -> Table:
        """Sectors with something to say about them; they show the order of the whole file, so
        that they stand in the complete report alone."""
        it = self.view.one.recording
        named = ("foreign", "unreadable", "repeated", "displaced", "failed", "unfinished")
        parts = [(name, getattr(it, name)) for name in (*named, "bad_seals")]
        rows = [[self.t(name), words.spans(which)] for name, which in parts if which]
        return Table([], [] if self.view.served else rows)

    def facts(self) -> Table:
        """What stands at the top."""
        view = self.view
        rows = [[self.t("device"), view.device or self.t("unknown")]]
        if view.records:
            span = view.span
            rows.append(
                [
                    f"{self.t('begin')} (UTC)",
                    f"{self.utc(span.begin_ms)} ({self.since(span.begin_ms)})",
                ]
            )
            rows.append([f"{self.t('trigger')} (UTC)", self.utc(0)])
            rows.append(
                [f"{self.t('end')} (UTC)", f"{self.utc(span.end_ms)} ({self.since(span.end_ms)})"]
            )
            rows.append([self.t("duration"), self.length(span.end_ms - span.begin_ms)])
        if not view.served and view.opening:
            rows.append([self.t("before_this"), self.t(f"previous_{view.one.previous}")])
            void = view.case.result.void.get(view.opening.devid.hex(), [])
            if void:
                rows.append([self.t("void"), words.spans(void)])
        return Table([], rows)

    # -- sound ------------------------------------------------------------------------------

    def sound(self) -> Table:
        view, tape = self.view, self.view.tape
        if tape is None or view.audio is None:
            return Table([], [])
        totals = {LOST_SAMPLES: 0}
        for silence in tape.silences:
            totals[silence.kind] = totals.get(silence.kind, 0) + silence.samples
        lost, missing = totals.pop(LOST_SAMPLES), sum(totals.values())
        rows = [
            [self.t("duration"), self.length(tape.end_ms - tape.begin_ms)],
            [self.t("rate"), self.count(tape.rate_hz)],
            [self.t("gain"), self.decimal(view.audio.gain_x16 / 16, 2)],
            [self.t("preroll"), f"{self.decimal(view.audio.preroll_ms / 1000)} s"],
            [self.t("samples"), self.count(len(tape.samples) - lost - missing)],
            [self.t("lost"), self.count(lost)],
            [self.t("missing_samples"), self.count(missing)],
        ]
        if view.clipped is not None:
            rows.append([self.t("clipped"), self.count(view.clipped)])
        return Table([], rows)

    def silences(self) -> Table:
        tape = self.view.tape
        rows = []
        for silence in tape.silences if tape else []:
            at_ms = tape.at_ms(silence.first) if tape else 0
            why = self.t("segment_gone")
            if silence.kind == LOST_SAMPLES:
                known = timeline.LOSSES.get(silence.reason)
                why = known[self.place] if known else str(silence.reason)
            length = self.length(silence.samples * 1000 // tape.rate_hz) if tape else ""
            rows.append([self.since(at_ms), length, self.count(silence.samples), why])
        head = [self.t("from"), self.t("length"), self.t("samples").split(" ")[0], self.t("why")]
        return Table(head, rows[:_ROWS_MAX], (), max(0, len(rows) - _ROWS_MAX), True)

    # -- place, timeline, time --------------------------------------------------------------

    def fixes(self) -> Table:
        rows = []
        for number, record in enumerate((r for r in self.view.records if r.type == FIX), 1):
            fix = record.value
            place = [self.decimal(fix.lat_e7 / 1e7, 7), self.decimal(fix.lon_e7 / 1e7, 7)]
            radius = "-" if fix.radius_m is None else f"± {fix.radius_m} m"
            sats = "-" if fix.sats is None else str(fix.sats)
            speed = "-" if fix.speed_cms is None else f"{self.decimal(fix.speed_cms / 100)} m/s"
            when = [self.since(record.at_ms), self.utc(record.at_ms)]
            fixed = self._fixed(record.sealed)
            rows.append([str(number), *when, *place, radius, sats, speed, fixed])
        keys = ("since", "utc", "latitude", "longitude", "radius", "sats", "speed", "fixed_by")
        shown = [] if self.view.served else rows
        return Table(["", *self._head(*keys)], shown, dense=True)

    def receiver(self) -> str | None:
        found = (r.value for r in self.view.records if isinstance(r.value, PlaceConfig))
        config = next(found, None)
        if config is None:
            return None
        known = timeline.RECEIVERS.get(config.receiver)
        return known[self.place] if known else str(config.receiver)

    def happenings(self) -> Table:
        found = timeline.happenings(self.view.records, not self.view.served)
        rows = [
            [
                self.since(one.at_ms),
                self.utc(one.at_ms),
                one.fr if self.language == "fr" else one.en,
                self._fixed(one.sealed),
            ]
            for one in found
        ]
        return Table(self._head("since", "utc", "what", "fixed_by"), rows, dense=True)

    def _fixed(self, sealed: bool) -> str:
        return self.t("by_seal" if sealed else "by_key")

    def times(self) -> Table:
        """Beginning, trigger and end by each source and by all."""
        clock, span = self.view.clock, self.view.span
        rows = []
        moments = [("trigger", 0), ("end", span.end_ms)]
        if span.begin_ms:
            moments.insert(0, ("begin", span.begin_ms))
        for name, at_ms in moments:
            for source in sorted(clock.by_source):
                own = clock.of(source, at_ms)
                if own is not None:
                    ends = [instant(own.earliest_ms), instant(own.latest_ms)]
                    shown = timeline.SOURCES[source][self.place]
                    if not own.agreed:
                        shown += " (!)"
                    rows.append([self.t(name), shown, *ends])
            every = clock.at(at_ms)
            if every is not None and len(clock.by_source) > 1:
                key = "together" if every.agreed else "disagree"
                ends = [instant(every.earliest_ms), instant(every.latest_ms)]
                rows.append([self.t(name), self.t(key), *ends])
        return Table(self._head("moment", "source", "earliest", "latest"), rows)

    def readings(self) -> Table:
        seen = dict.fromkeys(
            (r.at_ms, r.value) for r in sorted(self.view.records, key=_at) if r.type == TIME
        )
        rows = []
        for at_ms, value in seen:
            said = instant((UNIX_2000 + value.utc_s) * 1000)
            plus_minus = f"± {self.decimal(value.uncertainty_ms / 1000, 3)} s"
            source = timeline.SOURCES[show_source(value.source)][self.place]
            rows.append([self.since(at_ms), said, plus_minus, source])
        head = [self.t("since"), self.t("utc"), "±", self.t("source")]
        return Table(head, rows[:_ROWS_MAX], (), max(0, len(rows) - _ROWS_MAX), True)

    # -- codes, seals, hashes ---------------------------------------------------------------

    def codes(self) -> Table:
        rows = []
        for anchor, of in self.view.codes():
            shown = self.t("of_nothing")
            if of is not None:
                word, _, number = of.partition(" ")
                shown = f"{self.t(word)} {number}".strip()
            who = self.view.person("number", anchor.sender, self.language)
            rows.append([anchor.code, shown, seconds(anchor.received_s), who])
        return Table(self._head("code", "of", "received", "by"), rows, (0,))

    def seals(self) -> Table:
        rows = []
        for one in self.view.seals:
            name = f"{one.number} ({self.t('final')})" if one.final else str(one.number)
            rows.append([name, sha256(one.data).hexdigest(), *(head.hex() for head in one.heads)])
        heads = [f"D_{c} ({CLASSES[self.language][c]})" for c in (1, 2, 3)]
        return Table([self.t("seal").capitalize(), "SHA-256", *heads], rows, (1, 2, 3, 4))

    def hashes(self) -> Table:
        view, case = self.view, self.view.case
        registry, device = case.registry, view.one.recording.device
        tool = show.tool()
        rows = [] if view.served else [[self.t("raw_name"), case.name]]
        rows += [
            [self.t("raw"), case.result.sha256],
            [self.t("raw_stamp"), self._stamp(case.stamp, "stamp_matches", "stamp_other")],
        ]
        for file in view.files:
            known = f"{self.t('disclosed')} ({self.classes([file.class_])})" if file.class_ else ""
            rows.append([f"{known} {file.name}".strip() + ", SHA-256", file.digest])
        if view.opening:
            rows.append([self.t("opening_hash"), view.opening.digest.hex()])
            rows.append([self.t("identifier"), view.opening.identifier.hex()])
        if device:
            rows.append([self.t("agreement"), sha256(device.agreement_key).hexdigest()])
            rows.append([self.t("firmware"), self._hash(device.hashes.get("firmware", ""))])
            rows.append([self.t("issued"), device.issued_utc])
        rows += self._said()
        signed = self.t("valid" if registry.signed else "invalid")
        compared = {None: "key_unknown", True: "key_same", False: "key_other"}
        key = f"{fingerprint(registry.signing_key)} ; {self.t(compared[registry.compared])}"
        stamped = self._stamp(registry.stamp, "stamp_registry", "stamp_other")
        rows += [
            [self.t("association"), view.person("name", registry.name, self.language) or "-"],
            [self.t("signing"), key],
            [self.t("registry"), registry.digest],
            [self.t("registry_signed"), signed],
            [self.t("registry_stamp"), stamped],
            [self.t("tool"), f"{tool['name']} {tool['version']}"],
            [self.t("tool_hash"), tool["sha256"]],
            [
                self.t("self_test"),
                self.t("self_test_words").format(case.test.good, case.test.tampered),
            ],
        ]
        return Table([], rows, (1,))

    def _said(self) -> list[list[str]]:
        for record in self.view.records:
            if hasattr(record.value, "firmware_hash"):
                settings = record.value.settings_hash.hex()
                firmware = [self.t("firmware_said"), self._hash(record.value.firmware_hash.hex())]
                return [firmware, [self.t("settings_said"), self._hash(settings)]]
        return []

    def _hash(self, digits: str) -> str:
        """Zeros stand for one that nobody gave."""
        return digits if digits.strip("0") else self.t("not_given")

    def _stamp(self, stamp: Stamp | None, good: str, bad: str) -> str:
        if stamp is None:
            return self.t("stamp_none")
        when = "-" if stamp.utc_s is None else seconds(stamp.utc_s)
        if not stamp.matches:
            return self.t(bad)
        words = {None: "authority_unchecked", True: "authority_signed", False: "authority_other"}
        return f"{self.t(good).format(when)} ; {self.t(words[stamp.authority])}"

    # -- custody, withheld ------------------------------------------------------------------

    def custody(self) -> Table:
        view, case = self.view, self.view.case
        wrong = custody.broken(case.custody, case.result.sha256)
        rows = []
        for place, entry in enumerate(case.custody):
            act = custody.ACTS.get(entry.what)
            what = act[self.place] if act else view.person("words", entry.what, self.language)
            who = entry.who
            if entry.who != tool_name():
                who = view.person("name", entry.who, self.language)
            mark = "!" if place in wrong else ""
            rows.append([seconds(entry.utc_s), who, what, entry.before, entry.after, mark])
        return Table([*self._head("when", "who", "what", "before", "after"), ""], rows, (3, 4))

    def custody_broken(self) -> bool:
        return bool(custody.broken(self.view.case.custody, self.view.case.result.sha256))

    def kept_back(self) -> list[tuple[str, Table]]:
        """Of each withheld class: its heads, by seal."""
        found = []
        for class_ in self.view.kept_back:
            rows = [[str(one.number), one.heads[class_ - 1].hex()] for one in self.view.seals]
            head = [self.t("seal").capitalize(), f"D_{class_}"]
            found.append((self.classes([class_]), Table(head, rows, (1,))))
        return found

    def hidden(self) -> Table:
        """What was hidden: its hash, and in the complete report what it is."""
        rows = []
        for one in self.view.withheld.entries:
            known = [] if self.view.served else [one.text, one.salt]
            rows.append([label(one, self.language), *known, one.digest])
        keys = ["label"] if self.view.served else ["label", "text", "salt"]
        return Table([*self._head(*keys), "SHA-256"], rows, tuple(range(len(keys) - 1, 4)))

    @property
    def log_is_back(self) -> bool:
        return LOG in self.view.kept_back

    # -- what is not there ------------------------------------------------------------------

    def nothing(self, what: str) -> str:
        """The phrase in place of sound, motion or positions: withheld, not recorded, not read."""
        class_, fields = {"sound": (AUDIO, 2), "motion": (LOG, 2), "place": (PLACE, 1)}[what]
        if self.view.served and not self.view.established:
            return "withheld_of_d"
        if what == "motion" and self.log_is_back:
            return "log_withheld"
        recording = self.view.one.recording
        if not recording.keyed or class_ not in recording.chains:
            return "class_unexamined"
        for chain in self.view.chains:
            totals = chain.close.totals if chain.class_ == class_ and chain.close else None
            if totals is not None and not chain.gaps and not chain.bad:
                counted = totals[1:2] if what == "motion" else totals[:fields]
                return f"none_{what}" if not any(counted) else f"no_{what}"
        return f"no_{what}"

    def how_much_sound(self) -> str:
        """Whole where nothing is lost or missing up to the end that the device set."""
        tape = self.view.tape
        if tape is None:
            return "sound_none"
        closed = any(c.class_ == AUDIO and c.close and not c.damaged for c in self.view.chains)
        whole = closed and self.view.established and not tape.silences
        return "sound_whole" if whole else "sound_part"


def _at(record) -> int:  # type: ignore[no-untyped-def]
    return record.at_ms


def show_source(code: int) -> str:
    return ("", "GNSS", "network", "desk")[code]


def tool_name() -> str:
    made = show.tool()
    return f"{made['name']} {made['version']}"


def instant(unix_ms: int) -> str:
    """As 2026-11-05 20:41:07.250; an instant that no calendar has is given as its number."""
    try:
        time = datetime.fromtimestamp(unix_ms // 1000, timezone.utc)
    except (OverflowError, ValueError, OSError):
        return str(unix_ms)
    return f"{time:%Y-%m-%d %H:%M:%S}.{unix_ms % 1000:03}"


def seconds(unix_s: int) -> str:
    return instant(unix_s * 1000)[:-4]
