"""Tables that people write: CSV as spreadsheets save it.

Separate because two files are written by hand, and the same mistakes are made in both. RFC 4180;
`;` and tab also separate, as the first line does it. Imports csv.
"""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Iterator

from kit.command import Unusable, read_file

_SEPARATORS = ",;\t"


def read_text(path: Path) -> str:
    """The text of a file; Unusable with the line that is no UTF-8."""
    data = read_file(path)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = 1 + data.count(b"\n", 0, error.start)
        raise Unusable(f"{path}: line {line}: not UTF-8; save as CSV UTF-8") from None


def rows(text: str, header: list[str]) -> Iterator[tuple[int, list[str]]]:
    """(line, cells) below the header, without the empty ones; raises ValueError with the line."""
    first = text.split("\n", 1)[0]
    separator = next((s for s in _SEPARATORS if _cells(first, s) == header), None)
    if separator is None:
        raise ValueError(f"the first line is not {','.join(header)}")
    reader = csv.reader(io.StringIO(text), delimiter=separator)
    line = 0
    try:
        for row in reader:
            begin, line = line + 1, reader.line_num
            if begin == 1 or not any(row):
                continue
            if len(row) != len(header):
                raise ValueError(f"line {begin} has {len(row)} columns, not {len(header)}")
            yield begin, [cell.strip() for cell in row]
    except csv.Error as error:
        raise ValueError(f"line {line + 1}: {error}") from None


def _cells(line: str, separator: str) -> list[str]:
    try:
        return [c.strip() for row in csv.reader([line], delimiter=separator) for c in row]
    except csv.Error:
        return []
