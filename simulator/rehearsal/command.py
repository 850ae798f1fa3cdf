"""`python -m simulator rehearse`: her relatives see what they would get, before they ever get it.

Separate so that the command line knows one more command and nothing of it. Imports rich.
"""

from __future__ import annotations

import argparse
import os
import sys
from concurrent.futures import ProcessPoolExecutor, as_completed
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from simulator import inputs
from simulator.rehearsal import show
from simulator.rehearsal.page import page
from simulator.rehearsal.person import Person, Refused, read
from simulator.rehearsal.play import Played, play, with_keys
from simulator.rehearsal.stories import Story, stories
from simulator.tree import ScenarioError

PAGE = "rehearsal.html"
OUT = Path("build/rehearsal")
WIDE = 180
EXAMPLE = """examples:
  python -m simulator rehearse config.json
  python -m simulator rehearse config.json --only danger,forced --out build/rehearsal

Plays a few evenings with her configuration, and shows to each contact the texts in their order.
They are on the page build/rehearsal/rehearsal.html, too. Real numbers are not used: they are
replaced by invented ones, and nothing but that page is written. Takes some ten seconds, a minute
or two where she chose recordings. Exit 1 if an evening was not as it should be.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("config", type=Path, help="her configuration, JSON, as the desk has it")
    text = "these evenings alone, by their words (all)"
    parser.add_argument("--only", metavar="WORD,...", type=_words, default=None, help=text)
    parser.add_argument("--out", type=Path, default=OUT, metavar="DIR", help=f"({OUT})")


def _words(text: str) -> list[str]:
    words = [word for word in text.split(",") if word]
    if not words:
        raise argparse.ArgumentTypeError("names no evening")
    return words


def rehearse(args: argparse.Namespace) -> int:
    """Play and show; the exit code."""
    try:
        person = read(args.config)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 2
    chosen = _chosen(person, args.only)
    try:
        inputs.check_writable(args.out, (PAGE,))
    except OSError as error:
        raise ScenarioError(f"--out {args.out}: {error.strerror}") from None
    played = _play(person, chosen)
    # A file or a pipe gets each message in one line.
    console = Console(highlight=False, width=None if sys.stdout.isatty() else WIDE)
    show.introduce(console, person)
    for one in played:
        show.show(console, one, person)
    path = args.out / PAGE
    _write(path, page(person, played))
    console.print(f"\n{path}")
    return 0 if all(one.whole or one.missed for one in played) else 1


def _chosen(person: Person, only: list[str] | None) -> list[Story]:
    found = stories(person)
    if only is None:
        return found
    known = [story.key for story in found]
    for word in only:
        if word not in known:
            raise ScenarioError(f"--only {word}: not one of {', '.join(known)}")
    return [story for story in found if story.key in only]


def _play(person: Person, chosen: list[Story]) -> list[Played]:
    """All of them, on as many cores as there are."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    console = Console(stderr=True)
    with Progress(
        *columns, console=console, transient=True, disable=not sys.stderr.isatty()
    ) as bar:
        task = bar.add_task("playing", total=len(chosen) + 1)
        image = with_keys(person) if any(story.keys for story in chosen) else None
        bar.advance(task)
        with ProcessPoolExecutor(max_workers=min(len(chosen), os.cpu_count() or 1)) as pool:
            playing = [pool.submit(play, story, person, image) for story in chosen]
            for _ in as_completed(playing):
                bar.advance(task)
            return [one.result() for one in playing]


def _write(path: Path, text: str) -> None:
    """For her and those who helped her to set it up, nobody else on this machine."""
    try:
        inputs.replace(path, text.encode())
        os.chmod(path, 0o600)
    except OSError as error:
        raise ScenarioError(f"--out {path}: {error.strerror}") from None
