"""Contacts who say yes: the TEST with a code of four digits, and who answered it.

Separate because it is the one step that waits for people elsewhere. A contact is live only after
OUI and the code came from that telephone (BEHAVIOUR.md, section 5). No number is shown or kept:
contacts are counted from 1, with their last two digits.
"""

from __future__ import annotations

import secrets
import time
from typing import Any

from kit.command import Unusable
from kit.desk import now
from kit.link import Refused, Reply
from kit.numbers import shown
from kit.work import Unfinished, Work

YES, NO = "yes", "no"
_SENT_S = 120.0  # a text on its way to the network


def numbers(config: dict[str, Any]) -> list[str]:
    return [contact["number"] for contact in config["contacts"]]


def step(index: int) -> str:
    return f"contact.{index + 1}"


def answer(work: Work, index: int) -> str | None:
    """What this contact answered; None so far."""
    entry = work.state["answers"].get(_tag(work, index))
    return None if entry is None else str(entry["answer"])


def confirmed(work: Work) -> dict[str, Any]:
    """The configuration with those live who said yes, and no others."""
    contacts = [
        {**contact, "confirmed": answer(work, index) == YES}
        for index, contact in enumerate(work.row.config["contacts"])
    ]
    return {**work.row.config, "contacts": contacts}


def confirm(work: Work) -> None:
    """Test every contact who has not answered; nobody live ends the hand-over."""
    names = numbers(work.row.config)
    while True:
        due = [
            index
            for index in range(len(names))
            if answer(work, index) is None and not work.skipped(step(index))
        ]
        if not due:
            break
        failed = _test(work, due)
        for index in due:
            if answer(work, index) == NO:
                work.skip(step(index), "answered NON")
            elif answer(work, index) is None:
                why = failed.get(index, "no answer yet")
                work.settle(step(index), f"({shown(names[index])}) {why}")
    if not any(answer(work, index) == YES for index in range(len(names))):
        raise Unfinished("contacts", "nobody has said yes: choose other contacts")


def _test(work: Work, due: list[int]) -> dict[int, str]:
    """Send them the text, and wait; returns what went wrong, by contact."""
    link = work.link
    link.forget("test", "contact")
    failed: dict[int, str] = {}
    for index in due:
        code = f"{secrets.randbelow(10000):04d}"
        _send(work, index, code)
        _sent(work, index, failed)
    work.talk.waiting(link, due)
    ends_s = time.monotonic() + work.patience.answer_s
    while any(answer(work, index) is None for index in due):
        event = link.event("contact", "test", within_s=ends_s - time.monotonic())
        if event is None:
            break
        _heard(work, event, failed)
        open_ = [index for index in due if answer(work, index) is None]
        if all(index in failed for index in open_):
            break
    return failed


def _send(work: Work, index: int, code: str) -> None:
    ends_s = time.monotonic() + _SENT_S
    while True:
        try:
            work.link.ask("test", contact=index, code=code, within_s=30)
            return
        except Refused as refused:
            if refused.word != "busy" or time.monotonic() > ends_s:
                raise
        work.link.event("test", within_s=1)


def _sent(work: Work, index: int, failed: dict[int, str]) -> None:
    """Wait until the network has taken or refused it; one text at a time."""
    ends_s = time.monotonic() + _SENT_S
    while True:
        event = work.link.event("test", "contact", within_s=ends_s - time.monotonic())
        if event is None:
            failed[index] = "the network has not taken the text"
            return
        _heard(work, event, failed)
        if event["ev"] == "test" and event.get("contact") == index:
            return


def _heard(work: Work, event: Reply, failed: dict[int, str]) -> None:
    index = event.get("contact")
    if not isinstance(index, int) or not 0 <= index < len(work.row.config["contacts"]):
        raise Unusable("the device tells of a contact that there is not")
    who = f"contact {index + 1}"
    if event["ev"] == "test":
        state = event.get("state")
        if state == "failed":
            failed[index] = "the network refused the text: is the number right?"
        said = {"accepted": "sent", "delivered": "arrived", "failed": failed.get(index, "failed")}
        if state in said:
            work.talk.say(f"{who}: {said[str(state)]}")
        return
    word = event.get("answer")
    if word in (YES, NO):
        work.state["answers"][_tag(work, index)] = {"answer": word, "utc": now()}
        work.save()
    said = {YES: "said yes", NO: "said no", "wrong": "answered with another code"}
    work.talk.say(f"{who}: {said.get(str(word), 'answered something else')}")


def _tag(work: Work, index: int) -> str:
    return work.tag("contact", numbers(work.row.config)[index])
