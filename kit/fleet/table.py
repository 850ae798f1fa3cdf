"""The list of devices that an association writes: CSV, every bad row with its line and column.

Separate because a spreadsheet has a hundred ways to be wrong and the database none. A refused cell
is never repeated. RFC 4180; `;` and tab also separate. Imports csv.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Callable, NamedTuple

from kit.command import Unusable
from kit.fleet import rules
from kit.rows import read_text

_RULES: dict[str, Callable[[str], str]] = {
    "serial": rules.serial,
    "board": rules.word,
    "lot": lambda cell: rules.word(cell) if cell.strip() else "",
}
_NEEDED = ("serial", "board")
_SEPARATORS = ",;\t"


class Line(NamedTuple):
    """One device of the list; line: where it begins."""

    line: int
    serial: str
    board: str
    lot: str


class Bad(NamedTuple):
    """column: its name in the first row, or empty where the row as a whole is wrong."""

    line: int
    column: str
    error: str

    def __str__(self) -> str:
        return f"line {self.line}: " + (f"{self.column}: " if self.column else "") + self.error


def read(path: Path) -> tuple[list[Line], list[Bad]]:
    """(good rows, what is wrong with the others); Unusable where it is no such table."""
    text = read_text(path)
    try:
        return parse(text)
    except ValueError as error:
        raise Unusable(f"{path}: {error}") from None


def parse(text: str) -> tuple[list[Line], list[Bad]]:
    """As read(); raises ValueError."""
    separator, header = _header(text)
    good: list[Line] = []
    bad: list[Bad] = []
    seen: dict[str, int] = {}
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    line = 0
    try:
        for row in reader:
            begin, line = line + 1, reader.line_num
            if begin == 1 or not any(cell.strip() for cell in row):
                continue
            made = _line(begin, header, row)
            if isinstance(made, Line) and made.serial in seen:
                made = [Bad(begin, "serial", f"the same as in line {seen[made.serial]}")]
            if isinstance(made, Line):
                seen[made.serial] = begin
                good.append(made)
            else:
                bad += made
    except csv.Error as error:
        raise ValueError(f"line {line + 1}: {error}") from None
    return good, bad


def _header(text: str) -> tuple[str, list[str]]:
    first = text.split("\n", 1)[0].strip("\r")
    for separator in _SEPARATORS:
        cells = [cell.strip().strip('"').lower() for cell in first.split(separator)]
        if set(_NEEDED) <= set(cells) <= set(_RULES) and len(set(cells)) == len(cells):
            return separator, cells
    raise ValueError("line 1: not serial,board or serial,board,lot")


def _line(begin: int, header: list[str], row: list[str]) -> Line | list[Bad]:
    if len(row) != len(header):
        return [Bad(begin, "", f"{len(row)} columns, not {len(header)}")]
    found = {"lot": ""}
    bad = []
    for column, cell in zip(header, row):
        try:
            found[column] = _RULES[column](cell)
        except ValueError as error:
            bad.append(Bad(begin, column, str(error)))
    return bad or Line(begin, found["serial"], found["board"], found["lot"])
