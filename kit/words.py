"""Verdicts in words, French first: what a judge reads, and nothing that is not known.

Separate because every word of it was weighed: a recording is never called probably authentic,
and what cannot be told apart is said to be so. Pure.
"""

from __future__ import annotations

from datetime import datetime, timezone
from typing import NamedTuple

from kit.chain import Chain
from kit.notes import CLASSES, CONTRADICTIONS, Note
from kit.records import SOUND
from kit.verify import Verified


class Tail(NamedTuple):
    """Up to when seals reach, and how long what follows is, in ms since the trigger."""

    sealed_ms: int
    seconds: int


def verdict(one: Verified, language: str) -> str:
    """The sentence of the grade, with its numbers, and what it rests on."""
    text = _Text(language)
    contradictions = [note for note in one.remarks if note.code in CONTRADICTIONS]
    return _SENTENCES[one.grade](one, text) + _sentences(contradictions + one.provisos, text)


def tail(one: Verified) -> Tail | None:
    """Of what the examined classes say: None where nothing could be read."""
    sealed = [record.at_ms for record in one.recording.records if record.sealed]
    if one.sound is not None:
        blocks = [r for r in one.recording.records if r.type == SOUND and r.sealed]
        sealed += [r.at_ms + len(r.value.data) * 2000 // one.sound.rate_hz for r in blocks]
    if one.end_ms is None or not sealed:
        return None
    return Tail(max(sealed), max(0, one.end_ms - max(sealed) + 999) // 1000)


def _sentences(notes: list[Note], t: _Text) -> str:
    """Codes that contradict it are not the same as none, nor is a key that nobody compared."""
    return "".join(
        f" {said[0].upper()}{said[1:]}." for said in (n.text(t.language) for n in notes)
    )


class _Text:
    """One language: t(French, English)."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, french: str, english: str) -> str:
        return french if self.language == "fr" else english

    def classes(self, chains: list[Chain]) -> str:
        names = CLASSES[self.language]
        return ", ".join(f"{names[c.class_]} {len(c.chosen)}" for c in chains)

    def segment(self, class_: int, first: int, last: int | None) -> str:
        name = CLASSES[self.language][class_]
        if last is None:
            return f"{name} {first}-?"
        return f"{name} {first}" if first == last else f"{name} {first}-{last}"


def _complete(one: Verified, t: _Text) -> str:
    chains = list(one.recording.chains.values())
    last = one.recording.seals.valid[-1].number
    text = t(
        f"Complet : tous les segments examinés ({t.classes(chains)}) sont authentiques, "
        f"l'enregistrement est clos, le sceau final (n° {last}) est valide",
        f"Complete: all examined segments ({t.classes(chains)}) are authentic, the recording is "
        f"closed, its final seal (no. {last}) is valid",
    )
    count = len(one.matched)
    if count:
        return text + t(
            f", {count} code(s) gardé(s) ailleurs concordent.",
            f", and {count} code(s) kept elsewhere match.",
        )
    if one.unmatched:
        return text + t(
            ". Aucun code gardé ailleurs ne concorde : un retour de l'appareil à un état "
            "antérieur n'est pas exclu.",
            ". No code kept elsewhere matches: that the device was put back into an earlier state "
            "is not excluded.",
        )
    return text + t(
        ". Aucun code gardé ailleurs : un retour de l'appareil à un état antérieur n'est pas "
        "exclu.",
        ". No code kept elsewhere: that the device was put back into an earlier state is not "
        "excluded.",
    )


def _open(one: Verified, t: _Text) -> str:
    recording = one.recording
    reach = ", ".join(
        t.segment(chain.class_, chain.sealed_to, chain.sealed_to)
        for chain in recording.chains.values()
        if chain.sealed
    )
    if not recording.keyed:
        return t(
            f"Scellé jusqu'aux segments : {reach}. Contenu non examiné, faute de clé.",
            f"Sealed up to segments: {reach}. Contents not examined for want of a key.",
        )
    until = tail(one)
    when = ""
    if until is not None:
        moment = moment_of(one, until.sealed_ms, t.language)
        when = t(
            f" ({moment}), puis {until.seconds} s authentifiées par la seule clé partagée",
            f" ({moment}), then {until.seconds} s authentic by the shared key alone",
        )
    return t(
        f"Authentique et scellé jusqu'aux segments : {reach}{when} ; non clos. Coupure de "
        "courant, saisie et suppression de la fin ne peuvent être distinguées.",
        f"Authentic and sealed up to segments: {reach}{when}; not closed. Power loss, seizure "
        "and cutting cannot be told apart.",
    )


def _unsealed(one: Verified, t: _Text) -> str:
    text = t(
        "Aucun sceau valide : tout l'enregistrement ne repose que sur une clé que l'association "
        "partage.",
        "No valid seal: the whole recording rests on a key that the association shares.",
    )
    return text + _except(one, t)


def _damaged(one: Verified, t: _Text) -> str:
    text = t("Authentique, sauf ce qui est nommé", "Authentic except what is named")
    if not one.recording.keyed:
        text = t("Scellé, sauf ce qui est nommé", "Sealed except what is named")
        text += t(" ; contenu non examiné, faute de clé", "; contents not examined")
        text += t("", " for want of a key")
    elif not one.recording.complete:
        text += t(" ; non clos", "; not closed")
    return text + "." + _except(one, t)


def _false(one: Verified, t: _Text) -> str:
    reasons = [note.text(t.language) for note in one.recording.faults]
    return t(f"Non établi : {' ; '.join(reasons)}.", f"Not established: {'; '.join(reasons)}.")


def _except(one: Verified, t: _Text) -> str:
    recording = one.recording
    bad: list[str] = []
    missing: list[str] = []
    for chain in recording.chains.values():
        bad += [t.segment(chain.class_, *span) for span in ranges(sorted(chain.bad))]
        missing += [t.segment(chain.class_, gap.first, gap.last) for gap in chain.gaps]
    parts: list[tuple[str, list[str] | list[int]]] = [
        (t("non authentiques", "not authentic"), bad),
        (t("absents", "missing"), missing),
        (t("secteurs étrangers", "foreign sectors"), recording.foreign),
        (t("secteurs illisibles", "unreadable sectors"), recording.unreadable),
        (t("secteurs en double", "sectors that stand twice"), recording.repeated),
        (t("secteurs déplacés", "displaced sectors"), recording.displaced),
    ]
    found = [f"{name} : {_list(what)}" for name, what in parts if what]
    if recording.opening_damaged:
        found.append(
            t("une copie de l'ouverture est abîmée", "one copy of the opening is damaged")
        )
    text = " ; ".join(found) if t.language == "fr" else "; ".join(found).replace(" : ", ": ")
    return f" {text[0].upper()}{text[1:]}." if text else ""


def _list(what: list[str] | list[int]) -> str:
    """Names as they are; numbers of sectors as ranges."""
    return ", ".join(w for w in what if isinstance(w, str)) or spans(
        [n for n in what if isinstance(n, int)]
    )


def ranges(numbers: list[int]) -> list[tuple[int, int]]:
    """1, 2, 3, 7 as (1, 3), (7, 7)."""
    found: list[tuple[int, int]] = []
    for number in numbers:
        if found and found[-1][1] == number - 1:
            found[-1] = (found[-1][0], number)
        else:
            found.append((number, number))
    return found


def spans(numbers: list[int]) -> str:
    """The same as text: 1-3, 7."""
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in ranges(sorted(numbers)))


_SENTENCES = {"A": _complete, "B": _open, "B0": _unsealed, "C": _damaged, "D": _false}


def moment_of(one: Verified, at_ms: int, language: str) -> str:
    """A moment of the recording: UTC with its uncertainty, else the time since the trigger."""
    interval = one.clock.at(at_ms)
    since = f"{at_ms / 1000:+.1f} s"
    if language == "fr":
        since = since.replace(".", ",")
    if interval is None:
        return since
    plus_minus = f"± {interval.plus_minus_ms / 1000:.3f} s"
    if language == "fr":
        plus_minus = plus_minus.replace(".", ",")
    return f"{utc(interval.middle_ms)} {plus_minus}"


def utc(unix_ms: int) -> str:
    """As 2026-11-05 20:41:07.250 UTC: rounded, it could lie outside of its own interval."""
    time = datetime.fromtimestamp(unix_ms // 1000, timezone.utc)
    return f"{time:%Y-%m-%d %H:%M:%S}.{unix_ms % 1000:03} UTC"
