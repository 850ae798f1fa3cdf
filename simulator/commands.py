"""The commands of CONTRACTS.md section 2: what may be done to the world, and by what words.

One table for scenarios, page and control socket. Reading a command (with its complaints) is
here; carrying it out is the stage's, method by method. Knows no device.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable, NamedTuple

from simulator import faults
from simulator.devices import sms_pdu
from simulator.motion import request
from simulator.network import COVERAGES
from simulator.realtime import SPEED_MAX, SPEED_MIN, STEP_MAX_MS
from simulator.sound import request as sound
from simulator.tree import Node
from simulator.truth import SKIES


class Command(NamedTuple):
    do: str
    args: dict[str, Any]


def _gap(node: Node) -> int:
    return node.whole(0, 60_000)


def _pattern(node: Node) -> list[int]:
    return [item.whole(1, 600_000) for item in node.items()]


def _fault(node: Node) -> faults.Fault:
    try:
        return faults.parse(node.text())
    except faults.FaultError as error:
        raise node.wrong(str(error)) from None


def _reply(node: Node) -> str:
    text = node.text()
    if not sms_pdu.fits(text):
        raise node.wrong("is longer than one message")
    return text


def _step(node: Node) -> int:
    ms = node.duration_ms()
    if ms > STEP_MAX_MS:
        raise node.wrong(f"is longer than {STEP_MAX_MS // 60_000}min")
    return ms


# do -> argument -> (reader, default); a default of ... means that it must be given.
TABLE: dict[str, dict[str, tuple[Callable[[Node], Any], Any]]] = {
    "press": {
        "count": (lambda n: n.whole(1, 60), 1),
        "gap_ms": (_gap, 250),
        "hold_ms": (lambda n: n.whole(1, 60_000), 150),
    },
    "pattern": {"ms": (_pattern, ...)},
    "move": {
        "place": (Node.place, ...),
        "speed_cms": (lambda n: n.whole(0, 10_000), 0),
    },
    "walk": {
        "speed_cms": (lambda n: n.whole(0, 10_000), 120),
        "heading_deg": (lambda n: n.whole(0, 359), 0),
    },
    "motion": request.FIELDS,
    "sound": sound.FIELDS,
    "sky": {"class": (lambda n: n.choice(SKIES), ...)},
    "network": {"coverage": (lambda n: n.choice(COVERAGES), ...)},
    "contact": {
        "number": (Node.number, ...),
        "action": (lambda n: n.choice(("reply", "call", "on", "off")), ...),
        "text": (_reply, "OK"),
    },
    "power": {
        "charging": (Node.on, None),
        "battery_pct": (lambda n: n.whole(0, 100), None),
    },
    "console": {"line": (Node.text, ...)},
    "fault": {"line": (_fault, ...)},
}
# Where time is that of the wall: the page and the control socket.
CLOCK: dict[str, tuple[Callable[[Node], Any], Any]] = {
    "pause": (Node.on, None),
    "step": (_step, None),
    "speed": (lambda n: n.thousandths(SPEED_MIN, SPEED_MAX), None),
}
LIVE = {**TABLE, "clock": CLOCK}


def read(
    node: Node, besides: tuple[str, ...] = (), folder: Path = Path("."), live: bool = False
) -> Command:
    """A command object; `besides` are keys that are not its own (`at`).

    Files named in it are relative to folder. live: the clock obeys, too.
    """
    table = LIVE if live else TABLE
    entries = node.entries()
    if "do" not in entries:
        raise node.wrong("do is missing")
    do = entries["do"].choice(tuple(table))
    spec = table[do]
    fields = node.fields(("do", *besides, *spec))
    args = {}
    for name, (reader, default) in spec.items():
        if name in fields:
            args[name] = reader(fields[name])
        elif default is ...:
            raise node.wrong(f"{do} needs {name}")
        else:
            args[name] = default
    if do == "clock" and len(fields) == 1:
        raise node.wrong("clock needs pause, step or speed")
    if do == "motion":
        args = {"request": request.read(node, fields, args, folder)}
    if do == "sound":
        args = {"request": sound.read(node, fields, args, folder)}
    return Command(do, args)
