"""Faults: one grammar, everywhere (CONTRACTS.md section 5).

    fault <device> <kind> [key=value]... [at=T] [for=T]

`at` is a time of the run, `for` how long it lasts; without them now and for good. `cms=38`
is short for `cms code=38`. Each device says what it can do; the rest is refused.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Protocol

from simulator.devices import (
    accelerometer,
    battery,
    button,
    gnss,
    microphone,
    modem_faults,
    motor,
    storage,
)
from simulator.tree import DURATION_MAX_MS, to_ms

BOARD: dict[str, dict[str, int]] = {
    "reset": {},
    "watchdog": {},
    "brownout": {},
    "power_cut": {},
}
# device -> kind -> parameter -> default
DEVICES: dict[str, dict[str, dict[str, int]]] = {
    "accel": accelerometer.FAULTS,
    "battery": battery.FAULTS,
    "board": BOARD,
    "button": button.FAULTS,
    "gnss": gnss.FAULTS,
    "microphone": microphone.FAULTS,
    "modem": modem_faults.KINDS,
    "motor": motor.FAULTS,
    "storage": storage.FAULTS,
}
# parameter -> what is sensible
LIMITS: dict[str, tuple[int, int]] = {
    "code": (1, 999),
    "count": (0, 1000),
    "level": (0, 1),
    "ms": (0, 600_000),
    "per_100000": (0, 100_000),
    "rate_pct": (0, 100),
    "times": (1, 1000),
}
# Over in the moment in which they happen: `for` says nothing about them.
MOMENTARY = (("board", "reset"), ("board", "watchdog"), ("board", "brownout"), ("modem", "reset"))


class FaultError(ValueError):
    """What is wrong with a line, in words."""


class Fault(NamedTuple):
    """at_ms None: at once; for_ms None: for good."""

    device: str
    kind: str
    params: dict[str, int]
    at_ms: int | None
    for_ms: int | None


class Faulty(Protocol):
    """A device that faults can be done to."""

    def start_fault(self, kind: str, params: dict[str, Any]) -> None: ...
    def end_fault(self, kind: str) -> None: ...


def parse(line: str) -> Fault:
    """Read one line, with or without the word fault before it; raises FaultError."""
    words = line.split()
    if words[:1] == ["fault"]:
        words = words[1:]
    if len(words) < 2:
        raise FaultError("is not of the form: fault <device> <kind> [key=value]...")
    device, kind, *rest = words
    if device not in DEVICES:
        raise FaultError(f"no device {device!r}; there are {', '.join(DEVICES)}")
    if kind.startswith("cms="):
        kind, rest = "cms", ["code=" + kind[4:], *rest]
    kinds = DEVICES[device]
    if kind not in kinds:
        raise FaultError(f"{device} cannot be {kind!r}; it can be {', '.join(kinds)}")
    params = dict(kinds[kind])
    times: dict[str, int | None] = {"at": None, "for": None}
    for word in rest:
        key, equals, value = word.partition("=")
        if key in times and equals:
            times[key] = _time(word, to_ms(value))
        elif key in params and value.isascii() and value.isdecimal():
            params[key] = _within(word, key, value)
        else:
            known = ", ".join([*params, *times])
            raise FaultError(f"{word!r} is not understood; {device} {kind} knows {known}")
    if times["for"] is not None and (device, kind) in MOMENTARY:
        raise FaultError(f"{device} {kind} is over at once: for= means nothing")
    return Fault(device, kind, params, times["at"], times["for"])


def _time(word: str, ms: int | None) -> int:
    if ms is None:
        raise FaultError(f"{word!r} is not a time such as {word.partition('=')[0]}=40s")
    if ms > DURATION_MAX_MS:
        raise FaultError(f"{word!r} is longer than any scenario")
    return ms


def _within(word: str, key: str, digits: str) -> int:
    low, high = LIMITS[key]
    if len(digits) > 9 or not low <= int(digits) <= high:
        raise FaultError(f"{word!r} is not from {low} to {high}")
    return int(digits)


def catalogue() -> list[dict[str, Any]]:
    """What `simulator faults --json` prints."""
    rows = []
    for device, kinds in DEVICES.items():
        for kind, params in kinds.items():
            timing = ["at"] if (device, kind) in MOMENTARY else ["at", "for"]
            rows.append({"device": device, "kind": kind, "params": params, "times": timing})
    return rows
