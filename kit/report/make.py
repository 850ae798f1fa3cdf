"""From a judged file to a folder of reports: DIR/recording-N/complete and to-be-served.

Separate because here files are written. Both pages of a recording come from one judgement of one
reading of the file; what is served is judged again by itself. Imports jinja2.
"""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import Iterator, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined

from kit import disclose, keys, provision
from kit.command import Unusable
from kit.container import Image
from kit.progress import progress
from kit.recording import Given
from kit.report import pdf, served
from kit.report.custody import Entry
from kit.report.phrases import phrase
from kit.report.prose import LIMITS, METHOD
from kit.report.tables import Tables, tool_name
from kit.report.tape import wav
from kit.report.view import Case, View
from kit.report.withheld import Withheld
from kit.selftest import Outcome
from kit.verify import Result, Verified

COMPLETE, SERVED = "complete", "to-be-served"
LANGUAGES = {"fr": ("fr",), "en": ("en",), "both": ("fr", "en")}
WAV = "sound.wav"
WAV_OF_D = "not-established.wav"
STAMP = "raw-stamp.der"


class Order(NamedTuple):
    """What is asked for. name: of the file that was read. read_s: Unix time, when it was read and
    hashed. custody: None where nobody gave one. token: the stamp as it was given. withhold:
    classes beside the place."""

    name: str
    result: Result
    given: Given
    registry: bytes
    test: Outcome
    read_s: int
    custody: list[Entry] | None
    token: bytes | None
    languages: tuple[str, ...]
    withhold: tuple[int, ...]


def reports(order: Order, folder: Path) -> Iterator[str]:
    """Make them all; yields lines for whoever waits."""
    program = pdf.browser()
    if program is None:
        yield "no PDF: Chromium is not installed; print report.html from any browser"
    taken: set[str] = set()
    for one in order.result.recordings:
        name = _folder_name(one, taken)
        yield from _recording(order, one, folder / name, program)


def _folder_name(one: Verified, taken: set[str]) -> str:
    q = one.recording.q
    stem = "recording-without-key" if q == 0xFFFFFFFF else f"recording-{q}"
    name, count = stem, 1
    while name in taken:
        count += 1
        name = f"{stem}-again-{count}"
    taken.add(name)
    return name


def _recording(order: Order, one: Verified, folder: Path, program: str | None) -> Iterator[str]:
    case = _case(order, one)
    hidden = Withheld()
    parts = served.parts_of(one, order.given, order.withhold)
    for name, what in ((SERVED, [part.one for part in parts]), (COMPLETE, [one])):
        place = folder / name
        _make_folder(place)
        with progress(f"recording {one.recording.q}: sound") as told:
            view = View(case, name == SERVED, what, hidden, told)
        _write_sound(view, place)
        if view.served:
            _write_disclosure(view, order, parts, place)
        else:
            _write(view, place, "registry.json", order.registry)
            _write(view, place, _container_name(one), case.container)
        if order.token is not None:
            _write(view, place, STAMP, order.token)
        page = place / "report.html"
        provision.write(page, render(view, order.languages))
        yield f"{page}: {one.grade}"
        if program is not None:
            with progress("PDF") as told:
                told(0, 1)
                problem = pdf.print_pdf(program, page, page.with_suffix(".pdf"))
            if problem:
                yield f"no PDF: {problem}"


def _case(order: Order, one: Verified) -> Case:
    digest = order.result.sha256
    now_s = int(datetime.now(timezone.utc).timestamp())
    own = [
        Entry(order.read_s, tool_name(), "read and hashed", digest, digest),
        Entry(now_s, tool_name(), "report made", digest, digest),
    ]
    return Case(
        order.name,
        order.result,
        one,
        order.given.registry,
        order.test,
        [*(order.custody or []), *own],
        order.custody is not None,
        order.given.raw.stamp if order.given.raw else None,
        container(order.result.image, one),
    )


def container(image: Image, one: Verified) -> bytes:
    """The sectors of a recording as they lie in the file, from its first to its last one."""
    places = [sector.at for sector in one.recording.raw.own] + list(one.recording.counted())
    if not places or max(places) - min(places) >= len(image.sectors):
        return b""
    return b"".join(s.data for s in image.sectors[min(places) : max(places) + 1])


def _container_name(one: Verified) -> str:
    return f"{one.recording.q}.ev1"


def _make_folder(place: Path) -> None:
    try:
        for folder in [*reversed(place.parents), place]:
            if not folder.exists():
                folder.mkdir(mode=0o700)  # what was said is for nobody else on this machine
        leftovers = [path for path in place.iterdir() if path.is_file()]
    except OSError as error:
        raise Unusable(f"{place}: {error.strerror}") from None
    if leftovers:
        raise Unusable(f"{place}: not empty; a report never replaces another")


def _write(view: View, place: Path, name: str, data: bytes, class_: int = 0) -> None:
    provision.write(place / name, data)
    view.add_file(name, data, class_)


def _write_sound(view: View, place: Path) -> None:
    if view.tape is not None:
        _write(view, place, WAV if view.established else WAV_OF_D, wav(view.tape))


def _write_disclosure(view: View, order: Order, parts: list[served.Part], place: Path) -> None:
    """What a stranger needs to verify it: docs/ev1.md, "Disclosure of one class"."""
    _write(view, place, "registry.json", order.registry)
    for part in parts:
        _write(view, place, f"{part.name}.ev1", part.data, part.class_)
        key = keys.class_key_file(part.key).encode()
        _write(view, place, f"{part.name}-key.json", key, part.class_)
        if order.given.raw is not None:
            hashes = disclose.hashes_file(part.key, order.given.raw, part.data).encode()
            _write(view, place, f"{part.name}-hashes.json", hashes, part.class_)
    if view.codes():
        _write(view, place, "codes.csv", served.codes_file(view.one).encode())


def render(view: View, languages: tuple[str, ...]) -> str:
    """The page: everything that was read is escaped, nothing is fetched, nothing runs."""
    world = Environment(
        loader=PackageLoader("kit.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    title = phrase("served" if view.served else "complete", languages[0])
    return world.get_template("report.html").render(
        languages=languages,
        title=f"{title} - {view.number}",
        view=view,
        tables=[Tables(view, language) for language in languages],
        method=METHOD,
        limits=LIMITS,
        wav=WAV if view.established else WAV_OF_D,
        commands=commands(view),
    )


def commands(view: View) -> list[tuple[str, list[str]]]:
    """(phrase, lines) of how to repeat it; with files that lie beside the page."""
    more = " --anchors codes.csv" if view.served and view.codes() else ""
    more += f" --stamp {STAMP}" if view.case.stamp else ""
    verify = "python -m kit verify {} --registry registry.json"
    if not view.served:
        own = f"{view.number}.ev1"
        with_key = verify.format(own) + " --key DESK/key.pem --secrets DESK/secrets.json"
        with_key += " --anchors anchors.csv" if view.codes() else ""
        return [
            ("repeat_complete", [f"sha256sum {own}", with_key]),
            ("repeat_without", [verify.format(own)]),
        ]
    names = [file.name for file in view.files if file.class_ and file.name.endswith(".ev1")]
    if not names:
        return []
    lines = [
        verify.format(name) + f" --class-key {stem}-key.json --hashes {stem}-hashes.json{more}"
        for name, stem in ((name, name.removesuffix(".ev1")) for name in names)
    ]
    first = verify.format(names[0])
    return [("repeat_served", ["sha256sum *", *lines]), ("repeat_without", [first])]
