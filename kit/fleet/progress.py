"""What is seen while devices are made ready: a bar on a terminal, and a line for each device.

Separate because nobody else prints from several threads. Everything goes to stderr. Imports rich.
"""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from kit.fleet.batch import Failure, Watch
from kit.fleet.provisioner import Made


class Bar(Watch):
    """Counts the devices that are recorded, of so many."""

    def __init__(self, total: int) -> None:
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            console=Console(stderr=True, highlight=False),
            transient=True,
            disable=not sys.stderr.isatty(),
        )
        self._task = self._bar.add_task("provisioning", total=total)

    def __enter__(self) -> Bar:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def done(self, port: str, made: Made, fresh: bool) -> None:
        word = "provisioned" if fresh else "was provisioned before"
        self._say(f"{made.serial} on {port}: {word}; take it off")
        self._bar.advance(self._task, int(fresh))

    def failed(self, failure: Failure) -> None:
        who = failure.serial or "a device"
        self._say(f"{who} on {failure.port}: {failure.error}")

    def shake(self, port: str) -> None:
        self._say(f"{port}: shake it firmly until it is provisioned (up to two minutes)")

    def waiting(self, port: str, why: str) -> None:
        self._say(f"{port}: waiting for a device ({why})" if why else f"{port}: waiting")

    def _say(self, line: str) -> None:
        self._bar.console.print(line, markup=False, soft_wrap=True)
