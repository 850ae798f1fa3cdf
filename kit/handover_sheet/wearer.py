"""What of her configuration the page for her contacts depends on.

Separate because the page must be right before any device is there to judge the configuration:
what it needs is checked here, by the limits of BEHAVIOUR.md. Pure.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple

from kit.command import Unusable
from kit.numbers import shown

NAME_MAX = 10
# Letters of the GSM alphabet that take one septet and that no button changes (23.038 6.2.1).
_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZàèéìòùäöüñåæøßÄÖÜÑÅÆØÉÇ-' "
CONTACTS_MAX = 5


class Wearer(NamedTuple):
    """button: the last digits of its number, "" unknown. watchers: contacts told of a watch."""

    name: str
    language: str
    falls: bool
    recorded: bool
    felt: bool
    button: str
    watchers: int


def read(config: Mapping[str, Any]) -> Wearer:
    """The wearer of a configuration; Unusable names the field and the rule, never the value."""
    name = _needed(config, "name", str)
    if not 1 <= len(name) <= NAME_MAX or name[0] in "-' " or set(name) - set(_LETTERS):
        raise Unusable("name: not 1 to 10 letters of the GSM alphabet (no ç ê ë î ï ô û)")
    language = _word(config, "language", ("fr", "en"))
    profile = _word(config, "profile", ("separated", "cohabiting", "health"))
    return Wearer(
        name,
        language,
        _flag(config, "fall_detection", profile != "cohabiting"),
        _flag(config, "recording", False),
        _word(config, "haptics", ("on", "off")) == "on",
        shown(_field(config, "own_number", str, "")),
        _watchers(_needed(config, "contacts", list)),
    )


def _field(config: Mapping[str, Any], key: str, kind: type, default: Any) -> Any:
    value = config.get(key, default)
    if type(value) is not kind:
        words = {str: "text", bool: "true or false", list: "a list"}
        raise Unusable(f"{key}: not {words[kind]}")
    return value


def _needed(config: Mapping[str, Any], key: str, kind: type) -> Any:
    if key not in config:
        raise Unusable(f"{key}: missing")
    return _field(config, key, kind, None)


def _flag(config: Mapping[str, Any], key: str, default: bool) -> bool:
    return _field(config, key, bool, default)


def _word(config: Mapping[str, Any], key: str, words: tuple[str, ...]) -> str:
    """One of the words; the first is the default."""
    value = _field(config, key, str, words[0])
    if value not in words:
        raise Unusable(f"{key}: not {' or '.join(words)}")
    return value


def _watchers(contacts: list[Any]) -> int:
    """How many are told of a watch: where the first has no roles, the first alone."""
    if not 1 <= len(contacts) <= CONTACTS_MAX:
        raise Unusable(f"contacts: not 1 to {CONTACTS_MAX} of them")
    count = 0
    for nth, contact in enumerate(contacts):
        if not isinstance(contact, dict) or not isinstance(contact.get("roles", []), list):
            raise Unusable(f"contacts[{nth}]: not an object with a list of roles")
        roles = contact.get("roles") or (["watch"] if nth == 0 else [])
        count += "watch" in roles
    return count
