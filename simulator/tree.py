"""A YAML document as nodes that remember where they were written.

Separate because every complaint must name file, line and key, which PyYAML's own loader
forgets. Values follow YAML 1.2: `on` and `off` are words, a telephone number is text. Knows
nothing of scenarios.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import yaml

UNITS_MS = {"ms": 1, "s": 1000, "min": 60_000, "h": 3_600_000, "d": 86_400_000}
DURATION_MAX_MS = 400 * UNITS_MS["d"]
DEPTH_MAX = 20  # of mappings and lists within one another; an alias to itself has no end
NODES_MAX = 20_000  # with every alias written out
_WHOLE = re.compile(r"-?[0-9]{1,18}")  # ASCII digits, few enough for any field
_DECIMAL = re.compile(r"[0-9]{1,9}(\.[0-9]{1,3})?")
_DEGREES = re.compile(r"[+-]?[0-9]{1,3}(\.[0-9]{1,12})?")
LATITUDE_MAX = 85  # nearer the poles the models' flat square of earth is none


class ScenarioError(Exception):
    """`file:line: key: what is wrong`, one line."""


class Node:
    """kind is map, list or text; `where` is file:line, `key` the name it stands under."""

    def __init__(self, kind: str, value: Any, where: str, key: str, quoted: bool = False) -> None:
        self.kind, self.value, self.where, self.key = kind, value, where, key
        self.quoted = quoted

    def wrong(self, what: str) -> ScenarioError:
        return ScenarioError(f"{self.where}: {self.key}: {what}")

    # -- readers: each raises ScenarioError -------------------------------------------------

    def fields(self, allowed: tuple[str, ...]) -> dict[str, "Node"]:
        """The entries of a mapping, none of them unknown."""
        entries = self.entries()
        for key, node in entries.items():
            if key not in allowed:
                raise node.wrong(f"unknown key; known here: {', '.join(allowed)}")
        return entries

    def entries(self) -> dict[str, "Node"]:
        if self.kind != "map":
            raise self.wrong("must be a mapping")
        return self.value

    def items(self) -> list["Node"]:
        if self.kind != "list":
            raise self.wrong("must be a list")
        return self.value

    def text(self) -> str:
        if self.kind != "text":
            raise self.wrong("must be a single value")
        return self.value

    def choice(self, words: tuple[str, ...]) -> str:
        if self.text() not in words:
            raise self.wrong(f"{self.value!r} is not one of {', '.join(words)}")
        return self.value

    def on(self) -> bool:
        return self.choice(("on", "off")) == "on"

    def thousandths(self, low: int, high: int) -> int:
        """A number with at most three decimals, low and high in thousandths as well."""
        text = self.text()
        if not _DECIMAL.fullmatch(text) or not low <= Decimal(text) * 1000 <= high:
            limits = f"{Decimal(low) / 1000} to {Decimal(high) / 1000}"
            raise self.wrong(f"{text!r} is not a number from {limits}, three decimals at most")
        return int(Decimal(text) * 1000)

    def whole(self, low: int, high: int) -> int:
        text = self.text()
        if not _WHOLE.fullmatch(text) or not low <= int(text) <= high:
            raise self.wrong(f"{text!r} is not a whole number from {low} to {high}")
        return int(text)

    def duration_ms(self) -> int:
        """40s, 12min, 1500ms."""
        ms = to_ms(self.text())
        if ms is None:
            raise self.wrong(f"{self.value!r} is not a duration such as 1500ms, 40s, 12min, 3h")
        if ms > DURATION_MAX_MS:
            days = DURATION_MAX_MS // UNITS_MS["d"]
            raise self.wrong(f"{self.value!r} is longer than {days} days")
        return ms

    def place(self) -> tuple[int, int]:
        """ "45.76043,4.83566" or [45.76043, 4.83566], in units of 1e-7 degree."""
        parts = [n.text() for n in self.value] if self.kind == "list" else self.text().split(",")
        words = [part.strip() for part in parts]
        if len(words) != 2 or not all(_DEGREES.fullmatch(word) for word in words):
            raise self.wrong("is not a latitude and a longitude in degrees")
        degrees = [Decimal(word) for word in words]
        if abs(degrees[0]) > LATITUDE_MAX or abs(degrees[1]) > 180:
            raise self.wrong(f"is beyond {LATITUDE_MAX} degrees of latitude or 180 of longitude")
        lat, lon = (int((d * 10_000_000).to_integral_value()) for d in degrees)
        return lat, lon

    def number(self) -> str:
        """A telephone number, without its blanks."""
        number = without_blanks(self.text())
        if not re.fullmatch(r"\+[1-9][0-9]{7,14}", number):
            raise self.wrong(f"{self.value!r} is not a number such as +33 6 39 98 00 01")
        return number

    def plain(self) -> Any:
        """As JSON would have it."""
        if self.kind == "map":
            return {key: node.plain() for key, node in self.value.items()}
        if self.kind == "list":
            return [node.plain() for node in self.value]
        if self.quoted:
            return self.value
        if _WHOLE.fullmatch(self.value):
            return int(self.value)
        return {"true": True, "false": False, "null": None}.get(self.value, self.value)


def without_blanks(number: str) -> str:
    """A telephone number as the network has it."""
    return number.replace(" ", "")


def to_ms(text: str) -> int | None:
    match = re.fullmatch(r"([0-9]{1,12})(ms|s|min|h|d)", text.strip())
    return int(match.group(1)) * UNITS_MS[match.group(2)] if match else None


def read(text: str, name: str) -> Node:
    """The document of a file; raises ScenarioError."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ScenarioError(f"{name}:{line}: yaml: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ScenarioError(f"{name}:1: yaml: {str(error).splitlines()[0]}") from None
    except RecursionError:
        raise ScenarioError(f"{name}:1: yaml: is nested too deeply") from None
    if root is None:
        raise ScenarioError(f"{name}:1: scenario: the file is empty")
    return _Reader(name).node(root, "scenario", 0)


def read_json(line: str, where: str, key: str) -> Node:
    """One line of JSON as the same nodes: true and false are on and off; raises ScenarioError."""

    def constant(word: str) -> None:
        raise ValueError(f"{word} is no JSON")

    try:
        value = json.loads(
            line,
            parse_int=str,
            parse_float=str,
            parse_constant=constant,
            object_pairs_hook=_Pairs,
        )
    except RecursionError:
        raise ScenarioError(f"{where}: {key}: is nested too deeply") from None
    except json.JSONDecodeError as error:
        what = f"is not JSON: {error.msg} at column {error.colno}"
        raise ScenarioError(f"{where}: {key}: {what}") from None
    except ValueError as error:
        raise ScenarioError(f"{where}: {key}: is not JSON: {error}") from None
    return _from_json(value, where, key, 0)


class _Pairs(list):
    """The entries of a JSON object, in order, as they were written."""


def _from_json(value: Any, where: str, key: str, depth: int) -> Node:
    node = Node("text", "", where, key)
    if depth > DEPTH_MAX:
        raise node.wrong("is nested too deeply")
    if isinstance(value, _Pairs):
        entries: dict[str, Node] = {}
        for name, child in value:
            if name in entries:
                raise Node("text", "", where, _said(name)).wrong("is there twice")
            entries[name] = _from_json(child, where, _said(name), depth + 1)
        return Node("map", entries, where, key)
    if isinstance(value, list):
        return Node("list", [_from_json(one, where, key, depth + 1) for one in value], where, key)
    if value is None:
        raise node.wrong("is null")
    if isinstance(value, bool):
        return Node("text", "on" if value else "off", where, key)
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise node.wrong("is not text: half a character")
    return Node("text", value, where, key)


def _said(name: str) -> str:
    """A key that anybody may have made up, as a complaint shows it."""
    return name if name.isascii() and name.isprintable() and len(name) <= 40 else "?"


def override(root: Node, assignment: str) -> None:
    """Carry out --set a.b=value; raises ScenarioError."""
    path, equals, value = assignment.partition("=")
    where = f"--set {assignment}"
    keys = path.split(".")
    if not equals or not all(keys):
        raise ScenarioError(f"{where}: {path or '?'}: is not of the form a.b=value")
    new = read(value, where) if value.strip() else Node("text", "", where, keys[-1])
    _relabel(new, where, keys[-1])
    node = root
    for key in keys[:-1]:
        if node.kind == "list":
            node = node.value[_index(node, key, where)]
        elif node.kind == "map":
            node = node.value.setdefault(_present(node, key), Node("map", {}, where, key))
        else:
            raise _no_place(where, key)
    if node.kind == "list":
        node.value[_index(node, keys[-1], where)] = new
    elif node.kind == "map":
        node.value[_present(node, keys[-1])] = new
    else:
        raise _no_place(where, keys[-1])


def _no_place(where: str, key: str) -> ScenarioError:
    return ScenarioError(f"{where}: {key}: there is no such place in the scenario")


def _index(node: Node, key: str, where: str) -> int:
    if not re.fullmatch("[0-9]{1,6}", key) or int(key) >= len(node.value):
        raise _no_place(where, key)
    return int(key)


def _present(node: Node, key: str) -> str:
    """The key as the mapping has it: a telephone number may be written with blanks there."""
    if key.startswith("+"):
        for known in node.value:
            if without_blanks(known) == without_blanks(key):
                return known
    return key


def _relabel(node: Node, where: str, key: str) -> None:
    node.where, node.key = where, key
    if node.kind == "map":
        for name, child in node.value.items():
            _relabel(child, where, name)
    elif node.kind == "list":
        for child in node.value:
            _relabel(child, where, key)


class _Reader:
    """Turns what PyYAML composed into nodes; bounded, since aliases may multiply or go round."""

    def __init__(self, name: str) -> None:
        self._name, self._count = name, 0

    def node(self, node: yaml.Node, key: str, depth: int) -> Node:
        where = f"{self._name}:{node.start_mark.line + 1}"
        self._count += 1
        if depth > DEPTH_MAX:
            raise ScenarioError(f"{where}: {key}: is nested too deeply")
        if self._count > NODES_MAX:
            raise ScenarioError(f"{where}: {key}: the scenario has too many values")
        if isinstance(node, yaml.MappingNode):
            return Node("map", self._entries(node, key, depth), where, key)
        if isinstance(node, yaml.SequenceNode):
            items = [self.node(child, key, depth + 1) for child in node.value]
            return Node("list", items, where, key)
        return Node("text", node.value, where, key, node.style in ("'", '"'))

    def _entries(self, node: yaml.MappingNode, key: str, depth: int) -> dict[str, Node]:
        entries: dict[str, Node] = {}
        for name_node, value_node in node.value:
            where = f"{self._name}:{name_node.start_mark.line + 1}"
            if not isinstance(name_node, yaml.ScalarNode):
                raise ScenarioError(f"{where}: {key}: a key must be a word")
            child = name_node.value
            if child in entries:
                raise ScenarioError(f"{where}: {child}: is there twice")
            entries[child] = self.node(value_node, child, depth + 1)
            entries[child].where = where
        return entries
