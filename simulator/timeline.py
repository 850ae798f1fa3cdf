"""The story of a run in plain lines, and the five phones with their texts.

For a person who reads a terminal. Knows only events.
"""

from __future__ import annotations

from typing import Any, TextIO

from simulator.network import Phone

QUIET_FIX_MS = 10_000  # a fix is worth a line when there has been none for so long
QUIET_MOTOR_MS = 1500
STATS = {0: "no radio", 1: "registered", 2: "no network", 3: "refused"}


class Timeline:
    """A listener of events: prints those a person wants to read."""

    def __init__(self, out: TextIO, names: dict[str, str]) -> None:
        """names: what to call a number."""
        self._out, self._names = out, names
        self._fix_ms = self._motor_ms = -QUIET_FIX_MS
        self._submit_ms, self._to = 0, ""

    def __call__(self, event: dict[str, Any]) -> None:
        tell = getattr(self, "_" + event["ev"], None)
        line = tell(event) if tell is not None else ""
        if line:
            print(f"{clock(event['t'])}  {line}", file=self._out)

    def _name(self, number: str) -> str:
        return self._names.get(number, number)

    def _gesture(self, event: dict[str, Any]) -> str:
        return f"she presses: {event['kind'].replace('_', ' ')}"

    def _haptic(self, event: dict[str, Any]) -> str:
        quiet = event["t"] - self._motor_ms > QUIET_MOTOR_MS
        self._motor_ms = event["t"]
        return "it vibrates" if quiet and event["level"] else ""

    def _fix(self, event: dict[str, Any]) -> str:
        quiet = event["t"] - self._fix_ms > QUIET_FIX_MS
        self._fix_ms = event["t"]
        place = f"{degrees(event['lat_e7'])},{degrees(event['lon_e7'])}"
        return f"GNSS: fix {place}" if quiet else ""

    def _at_submit(self, event: dict[str, Any]) -> str:
        self._submit_ms, self._to = event["t"], self._name(event["to"])
        return f"modem: sends to {self._to}"

    def _at_accept(self, event: dict[str, Any]) -> str:
        took_ms = event["t"] - self._submit_ms
        return f"network: took it for {self._name(event['to'])} after {took_ms} ms"

    def _at_refuse(self, event: dict[str, Any]) -> str:
        return f"network: refused it for {self._to}, CMS {event['cms']}"

    def _at_lost(self, event: dict[str, Any]) -> str:
        return "modem: the result is lost"

    def _sms_on_phone(self, event: dict[str, Any]) -> str:
        return f"{event['dev']}: {event['text']}"

    def _answer(self, event: dict[str, Any]) -> str:
        what = f"answers {event['text']!r}" if event["how"] == "reply" else "calls back"
        return f"{event['dev']}: {what}"

    def _ring(self, event: dict[str, Any]) -> str:
        return f"{event['dev']}: rings"

    def _fault(self, event: dict[str, Any]) -> str:
        return f"FAULT {event['dev']} {event['kind']} {'begins' if event['on'] else 'ends'}"

    def _reset(self, event: dict[str, Any]) -> str:
        return f"RESET ({event['cause']})"

    def _state(self, event: dict[str, Any]) -> str:
        if event["dev"] == "world":
            return _world_state(event)
        if "coverage" in event:
            return f"network: coverage {event['coverage']}"
        if "stat" in event:
            return f"network: {STATS[event['stat']]}"
        if "power" in event:
            return f"modem: {event['power']}"
        if "on" in event:
            return f"{event['dev']}: switched {'on' if event['on'] else 'off'}"
        return ""

    def _expect(self, event: dict[str, Any]) -> str:
        return f"{'held' if event['held'] else 'NOT HELD'}: {event['text']}"


def _world_state(event: dict[str, Any]) -> str:
    if "sound" in event:
        return f"to be heard: {event['sound']}"
    if "sky" in event:
        return f"sky: {event['sky']}"
    if "motion" in event:
        return f"motion: {event['motion'].replace('_', ' ')}"
    if "speed_cms" in event:
        return f"she moves at {event['speed_cms']} cm/s" if event["speed_cms"] else "she stands"
    return ""


def show_phones(phones: list[Phone], out: TextIO) -> None:
    for phone in phones:
        notes = [] if phone.on else ["off"]
        notes += [f"network refuses it, CMS {phone.refused}"] if phone.refused else []
        print(f"\n{phone.name}  {phone.number}  {', '.join(notes)}".rstrip(), file=out)
        for text in phone.texts or ["(nothing)"]:
            print(f"  {text}", file=out)


def clock(t_ms: int) -> str:
    seconds, ms = divmod(t_ms, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}.{ms:03d}"


def degrees(value_e7: int) -> str:
    whole, rest = divmod((abs(value_e7) + 50) // 100, 100_000)
    return f"{'-' if value_e7 < 0 else ''}{whole}.{rest:05d}"
