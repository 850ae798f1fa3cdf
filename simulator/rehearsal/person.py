"""Whose button it is: her configuration, judged by the firmware, with invented numbers.

Separate because here, and nowhere else, real telephone numbers are known: of each contact only
the last two digits are kept for people to see. The firmware reads the file as it is, once, on a
board that is up for a moment; what is played afterwards has numbers of nobody.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

from simulator import dates, inputs
from simulator.run import ENDED, Result, simulate
from simulator.scenario import OWN_NUMBER, parse
from simulator.stage import Stage
from simulator.tree import ScenarioError

WITNESS_NUMBER = "+33639980098"
_NUMBERS = tuple(f"+336399800{nth:02d}" for nth in range(1, 6))
_BOOT = "name: rehearsal\nduration: 3s\n"
_SHOWN_FROM = 8  # digits of a number of which the last two give nothing away
_LOCAL_PRESS = "21:40"  # local time at which every story begins
_WATCH_MAX, _DANGER_MAX, _OFFSET = 60, 720, 60  # minutes: the firmware's defaults


class Refused(Exception):
    """The firmware's own line about the configuration."""


class Contact(NamedTuple):
    """One who is told. tail: "…01", the end of the real number; number: the invented one."""

    number: str
    tail: str
    roles: tuple[str, ...]


class Person(NamedTuple):
    """config: hers, with numbers of nobody, all contacts confirmed, in field mode.

    utc_s: when the stories begin, seconds since 2000, an evening of a winter after all that her
    configuration believes to be past. offset_min: of her clock there and then.
    """

    config: dict[str, Any]
    contacts: list[Contact]
    witness: bool
    utc_s: int
    offset_min: int

    @property
    def name(self) -> str:
        return self.config["name"]

    @property
    def numbers(self) -> list[str]:
        return [contact.number for contact in self.contacts] + [WITNESS_NUMBER] * self.witness

    def minutes(self, key: str) -> int:
        """One of her two limits of time."""
        return self.config.get(key, {"watch_max_min": _WATCH_MAX}.get(key, _DANGER_MAX))


def read(path: Path) -> Person:
    """The person of a file; Refused with the firmware's line, ScenarioError about the file."""
    try:
        data = inputs.read_bytes(path, inputs.SCENARIO_MAX)
    except OSError as error:
        raise ScenarioError(f"{path}: {error.strerror}") from None
    _judge(data)
    config = json.loads(data)
    entries = config["contacts"]
    contacts = [
        Contact(number, _tail(entry["number"]), _roles(entry, nth))
        for nth, (number, entry) in enumerate(zip(_NUMBERS, entries))
    ]
    offset_min = config.get("timezone", {"offset_min": _OFFSET})["offset_min"]
    utc_s = _evening(config.get("not_before_utc", "2026-01-01"), offset_min)
    if utc_s is None:
        raise ScenarioError(f"{path}: not_before_utc: later than the simulator can play")
    witness = bool(config.get("witness"))
    return Person(_masked(config, contacts, witness), contacts, witness, utc_s, offset_min)


def _judge(data: bytes) -> None:
    """Have the firmware read it, on a board whose world has nothing in it."""

    def put(stage: Stage) -> None:
        stage.board.options.files["/config.json"] = data

    said = _said(simulate(parse(_BOOT, "rehearsal", Path(".")), prepare=put))
    if said:
        raise Refused(said)


def _said(result: Result) -> str:
    """What the firmware has against its configuration: all that it prints but what is JSON."""
    for line in "".join(result.host.console).splitlines():
        if line.strip() and not line.startswith("{"):
            return line
    broken = [text for text in result.summary["exceptions"] if not text.startswith(ENDED)]
    return "config.json: the firmware broke while reading it" if broken else ""


def _masked(config: dict[str, Any], contacts: list[Contact], witness: bool) -> dict[str, Any]:
    """The same with numbers of nobody, one for each; the PIN is the desk's business as well."""
    masked = {key: value for key, value in config.items() if key not in ("smsc", "sim_pin")}
    masked["contacts"] = [
        {**entry, "number": contact.number, "confirmed": True}
        for entry, contact in zip(config["contacts"], contacts)
    ]
    masked["own_number"] = OWN_NUMBER
    masked["mode"] = "field"
    if witness:
        masked["witness"] = WITNESS_NUMBER
    return masked


def _roles(entry: dict[str, Any], nth: int) -> tuple[str, ...]:
    """Where nobody was given any, the first has them all."""
    return tuple(entry.get("roles") or (("danger", "watch", "technical") if nth == 0 else ()))


def _tail(number: str) -> str:
    digits = [character for character in number if character.isdecimal()]
    return "…" + "".join(digits[-2:]) if len(digits) >= _SHOWN_FROM else ""


def _evening(not_before: str, offset_min: int) -> int | None:
    """20 to ten, by her clock, of a November day after that date; no summer time anywhere."""
    year = int(not_before[:4]) + (not_before[5:] >= "11-05")
    if year > dates.LAST_YEAR:
        return None
    return dates.from_iso(f"{year}-11-05T{_LOCAL_PRESS}:00Z") - offset_min * 60
