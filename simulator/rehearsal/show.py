"""A rehearsal on the terminal: evening by evening, contact by contact, in the order of arrival.

Separate from the page, which people keep. French first. Imports rich.
"""

from __future__ import annotations

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text as Line

from simulator.rehearsal.person import Person
from simulator.rehearsal.play import Played, Text
from simulator.rehearsal.words import heading, lines, who, word


def introduce(console: Console, person: Person) -> None:
    for language in ("fr", "en"):
        console.print(Line(word("lead", language, name=person.name), _style(language)))
    console.print(Line(word("secret", "fr"), "bold"))


def show(console: Console, played: Played, person: Person) -> None:
    """One evening."""
    console.print()
    french = heading(played, person, "fr")
    console.rule(Line.assemble((french, "bold"), " / ", heading(played, person, "en")))
    for language in ("fr", "en"):
        for line in lines(played, person, language):
            console.print(Line(line, _style(language)))
    for nth, (contact, texts) in enumerate(zip(person.contacts, played.rows), 1):
        _phone(console, who(nth, contact, "fr"), texts)
    if person.witness:
        _phone(console, word("witness", "fr"), played.witness)


def _style(language: str) -> str:
    return "" if language == "fr" else "dim"


def _phone(console: Console, name: str, texts: list[Text]) -> None:
    console.print(Line(f"\n{name}", "bold cyan"))
    table = Table.grid(padding=(0, 2))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for one in texts:
        said = f"-> {one.text}" if one.sent else one.text
        table.add_row(one.clock, Line(said, "green" if one.sent else ""))
    if not texts:
        table.add_row("", Line(word("nothing", "fr"), "dim"))
    console.print(Padding(table, (0, 0, 0, 2), expand=False))
