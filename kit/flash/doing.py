"""One board flashed: from the arguments to the version that answers.

Separate because here the parts are put together: port.py, tree.py, work.py, and the service
console, which a board in the field wants to be asked through first.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import time
from contextlib import suppress
from typing import Any

from kit import service
from kit.command import Unusable
from kit.flash import tree, work
from kit.flash.command import WAIT_S
from kit.flash.port import Board, Closed, Gone
from kit.link import Link, Lost
from kit.progress import progress

_TRY_S = 1.0
_DRAIN_S = 0.2
_BOOTS = 4  # three in vain, and the one from the other slot
_CHIP = re.compile(r" with (ESP32[A-Z0-9]*)", re.IGNORECASE)


def flash(args: argparse.Namespace) -> int:
    """0: that version runs. 1: it does not; doing it again may help."""
    began_s = time.monotonic()
    try:
        told = _flash(args)
    except (Gone, Lost, work.Garbled, work.Spoilt) as error:
        print(f"kit flash: {error}", file=sys.stderr)
        print("kit flash: the board starts what it had; do the same again", file=sys.stderr)
        return 1
    told["seconds"] = round(time.monotonic() - began_s, 1)
    if args.json:
        print(json.dumps(told, sort_keys=True))
    else:
        print("\n".join(_lines(args, told)))
    return 0 if told["result"] in _GOOD else 1


_GOOD = {
    "running": "it runs, and answers",
    "unanswered": "it was restarted; in the field it says nothing: ask it after the next gesture",
    "already": "it has that version already",
    "dry run": "nothing was changed",
}
_BAD = {
    "fallen back": "it does not start: the board has fallen back to the version before",
    "silent": "it does not answer, and neither does the version before",
}


def _lines(args: argparse.Namespace, told: dict[str, Any]) -> list[str]:
    said = {**_GOOD, **_BAD}[told["result"]]
    counts = (
        f"{told['sent']} files sent, {told['copied']} copied on the board, {told['kept']} kept"
    )
    lines = [f"{args.port}: {told['board']}, {told['version']} in slot {told['slot']}: {counts}"]
    return [*lines, f"{args.port}: {said} ({told['seconds']} s)"]


def _flash(args: argparse.Namespace) -> dict[str, Any]:
    if not (args.source / "firmware").is_dir():
        raise Unusable(f"{args.source}: no firmware in it")
    if args.board is not None:
        tree.board_facts(args.source, args.board)
    with Board(args.port) as board:
        _enter(board, args)
        known = work.facts(board)
        about = _board(args, known)
        release = tree.build(args.source, about.name, not about.psram, _arch(board.url, known))
        with progress("looking") as bar:
            todo = work.plan(board, known, release, about.name, bar)
        told = {"board": about.name, "arch": release.arch, "version": release.version}
        told |= {"manifest": release.digest, "mode": known.mode, **todo.as_json(release)}
        if args.dry_run:
            board.restart()  # what ran there has been ended
            return {**told, "result": "dry run"}
        if work.settled(known, todo):
            told["result"] = "already"
        else:
            with progress("writing") as bar:
                work.write(board, known, release, about.name, todo, bar)
        board.restart()
    answer = _answer(args, release, known)
    return {**told, "result": told.get("result", answer) if answer == "running" else answer}


# -- before ------------------------------------------------------------------------------------


def _enter(board: Board, args: argparse.Namespace) -> None:
    """Its REPL: by Ctrl-C on the bench, in the field after its console has been asked for it."""
    try:
        board.enter()
    except Closed:
        if args.desk is None:
            why = "a device in the field needs --desk; is it the right port?"
            raise Unusable(f"{args.port}: no REPL; {why}") from None
        board.close()
        _unlock(args)
        board.reopen()
        board.enter()


def _unlock(args: argparse.Namespace) -> None:
    from kit.desk import Desk

    def say(text: str) -> None:
        print(text, file=sys.stderr, flush=True)

    with Link(args.port) as link:
        link.drain(_DRAIN_S)
        service.reach(link, Desk(args.desk).key_of, 120, say)
        link.ask("repl")


def _board(args: argparse.Namespace, known: work.Facts) -> tree.BoardFacts:
    """Which board it is, and whether that can be."""
    name = args.board or known.board
    if not name:
        boards = ", ".join(tree.board_names(args.source))
        raise Unusable(f"{args.port}: which board is it? --board is one of {boards}")
    about = tree.board_facts(args.source, name)
    chip = _CHIP.search(known.machine)
    if chip is not None and chip[1].lower() != about.chip:
        raise Unusable(f"{args.port}: {name} has an {about.chip}, this is an {chip[1].lower()}")
    if args.core and about.psram:
        raise Unusable(f"--core: {name} has PSRAM and takes the whole product")
    return about


def _arch(url: str, known: work.Facts) -> str:
    """What to compile for."""
    number = known.mpy >> 10 & 0xF
    if not work.fits(known) or not 0 < number < len(tree.ARCHITECTURES):
        raise Unusable(
            f"{url}: MicroPython {known.python} there does not load .mpy "
            f"{tree.MPY_VERSION}.{tree.MPY_SUB_VERSION}: MicroPython 1.24 or later is needed"
        )
    return tree.ARCHITECTURES[number]


# -- after -------------------------------------------------------------------------------------


def _answer(args: argparse.Namespace, release: tree.Release, known: work.Facts) -> str:
    """What the board says once it is up; what does not start is given its three boots."""
    if known.mode not in ("", "bench"):
        return "unanswered"
    for boot in range(_BOOTS):
        last = boot == _BOOTS - 1
        found = _ask(args.port, max(args.wait, WAIT_S) if last else args.wait)
        if found is not None:
            return "running" if found == release.digest else "fallen back"
        if not last:
            _start_again(args.port)
    return "silent"


def _ask(port: str, within_s: float) -> str | None:
    """The SHA-256 of the manifest of what runs; None where nothing answers in time."""
    ends_s = time.monotonic() + within_s
    while time.monotonic() < ends_s:
        with suppress(Unusable), Link(port) as link:  # not there, silent, not of this protocol
            link.drain(_DRAIN_S)
            return service.info(link, _TRY_S).firmware
        time.sleep(0.2)
    return None


def _start_again(port: str) -> None:
    """On the bench a program that ends leaves its REPL: nobody else resets it."""
    with suppress(Unusable), Board(port) as board:
        board.enter()
        board.restart()
