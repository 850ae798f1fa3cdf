"""What a hand-over says to the people at the desk, and what it asks of them.

Separate because somebody is at the desk for one device and nobody for a thousand: the steps know
only these few questions. Imports rich for what runs on a terminal.
"""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from kit.link import Link

AGAIN, STOP = "again", "stop"


class Talk:
    """Says nothing, asks nothing: whatever a person would have to decide ends the hand-over."""

    def say(self, line: str) -> None:
        """Something that the person at the desk should know."""

    def told(self, what: str, done: int, total: int) -> None:
        """How far something is."""

    def shake(self, link: Link) -> None:
        """The device should be shaken now, until its keys are born."""

    def gesture(self, link: Link, kind: str, how: str) -> None:
        """She should now press like this."""

    def waiting(self, link: Link, contacts: list[int]) -> None:
        """These contacts (from 0) have a text that they should answer."""

    def choose(self, step: str, why: str) -> str:
        """AGAIN, STOP, or why the step is skipped."""
        return STOP

    def close(self) -> None:
        """Nothing more will be said."""


class Terminal(Talk):
    """Lines and bars on stderr; questions where somebody sits at the keyboard."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._bar: Progress | None = None
        self._task: Any = None
        self._what = ""

    def say(self, line: str) -> None:
        self.close()
        print(line, file=sys.stderr, flush=True)

    def told(self, what: str, done: int, total: int) -> None:
        if not sys.stderr.isatty():
            return
        if self._bar is None or self._what != what:
            self.close()
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
            self._bar = Progress(
                *columns, TimeRemainingColumn(), console=self._console, transient=True
            )
            self._bar.start()
            self._task = self._bar.add_task(what, total=total)
            self._what = what
        self._bar.update(self._task, completed=done, total=total)

    def shake(self, link: Link) -> None:
        self.say("shake the device now, firmly, until its keys are born (up to two minutes)")

    def gesture(self, link: Link, kind: str, how: str) -> None:
        self.say(f"{kind}: {how}")

    def waiting(self, link: Link, contacts: list[int]) -> None:
        names = ", ".join(str(index + 1) for index in contacts)
        self.say(f"waiting for the answer of contact {names}")

    def choose(self, step: str, why: str) -> str:
        self.say(f"{step}: {why}")
        if not sys.stdin.isatty():
            return STOP
        print("again (Enter), stop (s), or skip it and write down why: ", end="", file=sys.stderr)
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if answer.strip().lower() in ("s", "stop") or not answer:
            return STOP
        return answer.strip() or AGAIN

    def close(self) -> None:
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
