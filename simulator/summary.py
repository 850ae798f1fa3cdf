"""The summary of a run (CONTRACTS.md section 4), worked out from its events alone.

What kind of message each submission was is told from its text, by patterns of BEHAVIOUR.md
section 6 written here and not taken from the firmware. A contact's `delivered_ms` is the
moment its phone held a message, whatever was reported. Knows no device.
"""

from __future__ import annotations

import re
from typing import Any

from simulator.observer import RAISING, Gesture

# Of the whole text; the first that matches names the kind.
PATTERNS = (
    ("again", r"\(2\) "),
    ("test", r"TEST, "),
    ("duress", r".*annulation peut-etre FORCEE|.*FORCED or unsure cancel"),
    ("cancel", r".* a annulé( à [\d:]+)? l'alerte|.* cancelled( at [\d:]+)? the alert"),
    ("resume", r".*: bouton rallumé|.*: button on again"),
    ("end", r".*: fin du suivi|.*: tracking ended|.*: fin de la veille|.*: watch .*ended"),
    ("end", r".*: batterie vide|.*: battery empty"),
    ("notice", r"Rappel objet \d+|Reminder item \d+"),
    ("refined", r".*, lieu plus précis: |.*, better place: "),
    ("track", r".*, suivi \d+: |.*, track \d+: "),
    ("first", r"DANGER |CHUTE |FALL |.* n'est pas tranquille|.* feels uneasy"),
)


def kind_of(text: str, to: str, own_number: str) -> str | None:
    """What a message is, by its words; None where they are nobody's."""
    if to == own_number:
        return "loopback"
    for kind, pattern in PATTERNS:
        if re.match(pattern, text):
            return kind
    return None


def submissions(events: list[dict[str, Any]], own_number: str) -> list[dict[str, Any]]:
    """Each message that left the UART, with what became of it.

    A second first message to the same contact, once one was taken, is `again`.
    """
    found: list[dict[str, Any]] = []
    had_first: dict[str, bool] = {}
    for event in events:
        ev = event["ev"]
        if ev == "at_submit":
            kind = kind_of(event["text"], event["to"], own_number)
            if kind == "first" and had_first.get(event["to"]):
                kind = "again"
            row = {"to": event["to"], "submit_ms": event["t"], "kind": kind}
            found.append({**row, "accepted_ms": None, "result": None})
        elif not found or found[-1]["result"] is not None:
            continue
        elif ev == "at_accept":
            found[-1].update(accepted_ms=event["t"], result="ok")
            if found[-1]["kind"] in ("first", "again"):
                had_first[event["to"]] = True
        elif ev == "at_refuse":
            found[-1]["result"] = f"cms {event['cms']}"
        elif ev == "at_lost":
            found[-1]["result"] = "lost"
    return found


def trigger(gestures: list[Gesture], sent: list[dict[str, Any]]) -> Gesture | None:
    """The gesture that raised the first alert of the run that was not withdrawn.

    Until a message has left, a later one that raises takes its place.
    """
    chosen: Gesture | None = None
    for gesture in gestures:
        if chosen is not None and any(
            chosen.at_ms <= row["submit_ms"] <= gesture.at_ms for row in sent
        ):
            break
        if gesture.kind in RAISING:
            chosen = gesture
        elif gesture.kind == "withdraw":
            chosen = None
    return chosen


def first_accepted(sent: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """For each number its first submission that was accepted."""
    found: dict[str, dict[str, Any]] = {}
    for row in sent:
        if row["accepted_ms"] is not None:
            found.setdefault(row["to"], row)
    return found


def union_ms(intervals: list[tuple[int, int]]) -> int:
    """The time that at least one of the intervals covers."""
    total_ms, end_ms = 0, None
    for start, end in sorted(intervals):
        if end_ms is None or start > end_ms:
            total_ms, end_ms = total_ms + end - start, end
        elif end > end_ms:
            total_ms, end_ms = total_ms + end - end_ms, end
    return total_ms


def contacts(
    events: list[dict[str, Any]], numbers: list[str], first: dict[str, dict[str, Any]]
) -> list[dict[str, Any]]:
    rows = []
    for number in numbers:
        accepted = first.get(number)
        own = [event for event in events if event.get("number") == number]
        texts = [event for event in own if event["ev"] == "sms_on_phone"]
        answers = [event["t"] for event in own if event["ev"] == "answer" and _answers(event)]
        row = {
            "number": number,
            "accepted_ms": accepted["accepted_ms"] if accepted else None,
            "delivered_ms": texts[0]["t"] if texts else None,
            "answered_ms": answers[0] if answers else None,
            "text": [event["text"] for event in texts],
        }
        rows.append(row)
    return rows


def _answers(event: dict[str, Any]) -> bool:
    """A text whose first word is OK, OUI, YES or 1, or a call back."""
    words = re.findall(r"\w+", event["text"].upper())
    return event["how"] == "call" or words[:1] in (["OK"], ["OUI"], ["YES"], ["1"])


def figures(
    events: list[dict[str, Any]], gestures: list[Gesture], numbers: list[str], own_number: str
) -> dict[str, Any]:
    """Everything of the summary that follows from the events."""
    sent = submissions(events, own_number)
    raised = trigger(gestures, sent)
    since_ms = raised.at_ms if raised else 0
    alert = [row for row in sent if row["submit_ms"] >= since_ms and row["to"] in numbers]
    first = first_accepted(alert)
    times = [row["accepted_ms"] for row in first.values()]
    spans = [(row["submit_ms"], row["accepted_ms"]) for row in first.values()]
    return {
        "press_ms": raised.press_ms if raised else None,
        "trigger_ms": raised.at_ms if raised else None,
        "first_submit_ms": alert[0]["submit_ms"] if raised and alert else None,
        "first_accepted_ms": min(times) if raised and times else None,
        "last_accepted_ms": max(times) if raised and times else None,
        "radio_ms": union_ms(spans) if raised and spans else None,
        "submissions": sent,
        "contacts": contacts(events, numbers, first),
        "resets": sum(event["ev"] == "reset" for event in events),
    }
