"""The two pages of a hand-over: `briefing` for her contacts, `record` to be signed.

Separate because whoever hands over wants a page for a configuration, and no words. Each is one
self-contained HTML page that prints on one sheet of A4: nothing is fetched, nothing runs, what
was read is escaped. Imports jinja2.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping, Sequence

from jinja2 import Environment, PackageLoader, StrictUndefined

from kit import provision
from kit.command import Unusable
from kit.handover_sheet import briefing_words as b
from kit.handover_sheet import messages, wearer
from kit.handover_sheet import record_words as r
from kit.numbers import shown
from kit.report import pdf

LANGUAGES = ("fr", "en")
_AT = {"fr": 0, "en": 1}


@dataclass(frozen=True)
class Contact:
    """number: its last two digits are printed, "…01" will do. None: to be ticked by hand."""

    number: str = ""
    roles: Sequence[str] = ()
    confirmed: bool | None = None
    briefed: bool | None = None


@dataclass(frozen=True)
class Facts:
    """What the record tells; what is empty or None is left to be filled in by pen.

    date, due: as they are to be read. key, registry, firmware: hex. gestures: kinds of
    record_words.GESTURES and whether each was rehearsed. selftest: findings of the device, each
    "ok" or a word. test_recording: its grade.
    """

    association: str = ""
    case: str = ""
    date: str = ""
    item: int | None = None
    things: Sequence[str] = ()
    devid: str = ""
    board: str = ""
    version: str = ""
    firmware: str = ""
    modem: str = ""
    sim: str = ""
    key: str = ""
    registry: str = ""
    next_seal: int | None = None
    contacts: Sequence[Contact] = ()
    due: str = ""
    gestures: Mapping[str, bool | None] = field(default_factory=dict)
    recording: bool | None = None
    recording_fall: bool | None = None
    preroll_s: int = 0
    falls: bool | None = None
    profile: str = ""
    selftest: Mapping[str, str] = field(default_factory=dict)
    room_min: int | None = None
    test_recording: str = ""


def briefing(config: Mapping[str, Any], lang: str) -> str:
    """The page for the contacts of a configuration, in fr or en; Unusable names a wrong field.

    The messages are in her language, the rest in this one.
    """
    her = wearer.read(config)
    at = _AT[lang]
    felt = (b.FELT if her.felt else b.UNFELT)[at].format(name=her.name)
    said = {"name": her.name, "felt": felt, "button": f" ({her.button})" if her.button else ""}

    def lines(rows: list[tuple[str, str]]) -> list[str]:
        return [row[at].format(**said) for row in rows]

    rows = [
        (messages.message(kind, her.language, her.name, her.recorded), b.ACTIONS[kind][at])
        for kind in messages.KINDS
        if _sent(kind, her)
    ]
    know = [*b.KNOW, *([b.CODE] if her.recorded else []), b.KNOW_LAST]
    head = {key: words[at].format(**said) for key, words in b.HEAD.items()}
    return _render(
        "briefing.html",
        lang=lang,
        spoken=her.language,
        head=head,
        today=lines(b.TODAY),
        when=lines(b.WHEN),
        rows=rows,
        know=lines(know),
    )


def record(facts: Facts | Mapping[str, Any], lang: str = "fr") -> str:
    """The record to be signed, in fr or en; contacts may be mappings as well."""
    told = facts if isinstance(facts, Facts) else facts_of(facts)
    at = _AT[lang]

    def pick(table: Mapping[str, tuple[str, str]]) -> dict[str, str]:
        return {key: words[at] for key, words in table.items()}

    return _render(
        "record.html",
        lang=lang,
        w=pick(r.WORDS),
        gestures=pick(r.GESTURES),
        roles=pick(r.ROLES),
        profiles=pick(r.PROFILES),
        findings=pick(r.FINDINGS),
        explained=[words[at] for words in r.EXPLAINED],
        facts=told,
        contacts=[*told.contacts, *[Contact()] * (wearer.CONTACTS_MAX - len(told.contacts))],
        shown=_tail,
        grouped=_grouped,
    )


def facts_of(tree: Mapping[str, Any]) -> Facts:
    """Facts from plain values, as JSON has them; TypeError for one that is not known."""
    contacts = [
        one if isinstance(one, Contact) else Contact(**one) for one in tree.get("contacts", ())
    ]
    return Facts(**{**tree, "contacts": contacts})


def write(folder: Path, stem: str, page: str) -> list[str]:
    """STEM.html, and STEM.pdf where there is Chromium; returns lines that say so."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Unusable(f"{folder}: {error.strerror}") from None
    path = folder / f"{stem}.html"
    provision.write(path, page)
    program = pdf.browser()
    if program is None:
        return [f"{path}: print it from any browser (no PDF: Chromium is not installed)"]
    problem = pdf.print_pdf(program, path, path.with_suffix(".pdf"))
    return [str(path), f"no PDF: {problem}" if problem else str(path.with_suffix(".pdf"))]


def _sent(kind: str, her: wearer.Wearer) -> bool:
    """Whether her button ever sends it."""
    if kind == messages.FALL:
        return her.falls
    return kind not in (messages.WATCH, messages.WATCH_END) or her.watchers > 0


def _tail(number: str) -> str:
    """Two digits of a number; of one that is no more than that already, the same."""
    return number if number.startswith("…") and len(number) == 3 else shown(number)


def _grouped(digits: str) -> str:
    """Hex that two people can read to each other."""
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def _render(name: str, **values: Any) -> str:
    world = Environment(
        loader=PackageLoader("kit.handover_sheet"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = world.get_template(name).render(**values)
    return _set_french(page) if values["lang"] == "fr" else page


def _set_french(page: str) -> str:
    """No line begins with a mark that French sets apart by a blank; messages have none."""
    for mark in ":;?!»":
        page = page.replace(f" {mark}", f"\u00a0{mark}")
    return page.replace("« ", "«\u00a0")
