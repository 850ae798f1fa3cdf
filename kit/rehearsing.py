"""Gestures rehearsed at hand-over: she presses, the device tells what it understood.

Separate because it is a small play with an order of its own. Nothing leaves the device meanwhile.
Her own pattern is never shown: she knows it, and nobody else should. BEHAVIOUR.md, section 1.
"""

from __future__ import annotations

import time
from contextlib import suppress

from kit.command import Unusable
from kit.desk import now
from kit.work import Work

CHECK, WATCH, WITHDRAW, DANGER = "check", "watch", "withdraw", "danger"
DECOY, CANCEL, EVIDENCE = "decoy_cancel", "true_cancel", "evidence"
STEP = "gestures"

_HOW = {
    CHECK: "one press of 1 to 2 seconds",
    WATCH: "two short presses",
    WITHDRAW: "wait 5 seconds, then one press of 1 to 2 seconds",
    DANGER: "three short presses or more",
    DECOY: "wait 5 seconds, then hold for 3 seconds: what another one would try",
    CANCEL: "wait 5 seconds, then her own pattern",
    EVIDENCE: "one short press, then one of 2 seconds",
}
_TRAINED = {WATCH: "one press", DANGER: "two presses"}  # profile monsherif
# In an alert more presses say the same again.
_REPEATED = ("danger", "danger_again")


def blocks(config: dict[str, object]) -> list[tuple[str, ...]]:
    """What is rehearsed, in groups that go together."""
    play: list[tuple[str, ...]] = [(WATCH, WITHDRAW), (DANGER, DECOY, CANCEL)]
    if config.get("gestures", "default") == "monsherif":
        return play
    return [(CHECK,), *play] + ([(EVIDENCE,)] if config.get("recording") else [])


def how(config: dict[str, object], kind: str) -> str:
    trained = config.get("gestures", "default") == "monsherif"
    return _TRAINED.get(kind, _HOW[kind]) if trained else _HOW[kind]


def rehearse(work: Work) -> None:
    """All groups, each until it went well; what is skipped is written down with its reason."""
    try:
        for block in blocks(work.row.config):
            if work.skipped(STEP):
                return
            _block(work, block)
    finally:
        with suppress(Unusable):
            work.link.ask("rehearse", on=False)


def _block(work: Work, block: tuple[str, ...]) -> None:
    tries = 0
    while not all(kind in work.state["gestures"] for kind in block):
        tries += 1
        wrong = _play(work, block)
        if wrong is None:
            for kind in block:
                work.state["gestures"][kind] = {"tries": tries, "utc": now()}
            work.save()
        elif tries % work.patience.tries:
            work.talk.say(f"{wrong}; once more from the beginning")
        elif not work.settle(STEP, wrong):
            return


def _play(work: Work, block: tuple[str, ...]) -> str | None:
    """One try; None where it went well, else what happened."""
    link = work.link
    link.ask("rehearse", on=False)  # whatever it was in, it is at rest again
    link.forget("gesture", "rehearse")
    link.ask("rehearse", on=True)
    for place, kind in enumerate(block):
        work.talk.gesture(link, kind, how(work.row.config, kind))
        ends_s = time.monotonic() + work.patience.gesture_s
        while True:
            event = link.event("gesture", "rehearse", within_s=ends_s - time.monotonic())
            if event is None:
                return f"{kind}: the device noticed nothing"
            if event["ev"] == "rehearse":
                return "the rehearsal went off by itself"
            found = event.get("kind")
            if found == kind:
                work.talk.say(f"{kind}: understood")
                break
            if not (place and found in _REPEATED and block[0] == DANGER):
                return f"{kind}: the device understood {_word(found)}"
    return None


def _word(found: object) -> str:
    return found if isinstance(found, str) and found.isidentifier() else "something else"
