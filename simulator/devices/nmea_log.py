"""Reading what a receiver says, as the world does: which positions an epoch claims.

pynmea2 reads the sentences (NMEA 0183), so that no parser of ours judges itself. Also cuts a
recording into its epochs. Must not import firmware or lib.
"""

from __future__ import annotations

import re
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple

import pynmea2

_SENTENCE = re.compile(rb"\$[A-Z]{2}[A-Z]{3},[^$\r\n]*\*[0-9A-Fa-f]{2}")
_TIME_FIELD = {"RMC": 0, "GGA": 0, "ZDA": 0, "GNS": 0, "GST": 0, "GBS": 0, "GLL": 4}


class Claim(NamedTuple):
    """One valid position as the sentences say it; utc is ISO text, without a date where
    none has been said."""

    lat_e7: int
    lon_e7: int
    utc: str


def sentences(data: bytes) -> list[tuple[int, pynmea2.NMEASentence]]:
    """(offset, sentence) of each whole sentence with a good checksum."""
    found = []
    for match in _SENTENCE.finditer(data):
        try:
            sentence = pynmea2.parse(match.group().decode("ascii"), check=True)
        except (pynmea2.ParseError, UnicodeDecodeError, ValueError):
            continue
        if isinstance(sentence, pynmea2.TalkerSentence):
            found.append((match.start(), sentence))
    return found


class ClaimReader:
    """Collects the claims of one epoch after the other; remembers the date."""

    def __init__(self) -> None:
        self._date = ""

    def read(self, epoch: bytes) -> list[Claim]:
        """The different valid positions of one epoch, in order, by RMC and GGA."""
        claims: list[Claim] = []
        spoken = [(sentence.sentence_type, sentence.data) for _, sentence in sentences(epoch)]
        for kind, data in spoken:  # the date first: many receivers say it last
            if kind == "RMC" and len(data) > 8:
                self._date = _iso_date(data[8]) or self._date
        for kind, data in spoken:
            if kind == "RMC" and len(data) > 8:
                valid, position = data[1] == "A", data[2:6]
            elif kind == "GGA" and len(data) > 5:
                valid, position = data[5] not in ("", "0"), data[1:5]
            else:
                continue
            clock = _iso_clock(data[0])
            lat_e7, lon_e7 = _e7(*position[:2]), _e7(*position[2:])
            if valid and clock and lat_e7 is not None and lon_e7 is not None:
                utc = f"{self._date}T{clock}Z" if self._date else clock
                claim = Claim(lat_e7, lon_e7, utc)
                if claim not in claims:
                    claims.append(claim)
        return claims


def epochs(data: bytes) -> list[bytes]:
    """The bytes of a recording, cut where the UTC second of a sentence changes."""
    cuts, current = [0], None
    for offset, sentence in sentences(data):
        index = _TIME_FIELD.get(sentence.sentence_type)
        if index is None or index >= len(sentence.data):
            continue
        second = sentence.data[index][:6]
        if not second.isdigit() or len(second) != 6 or second == current:
            continue
        if current is not None:
            cuts.append(offset)
        current = second
    return [data[a:b] for a, b in zip(cuts, [*cuts[1:], len(data)])]


def _iso_clock(field: str) -> str:
    return f"{field[:2]}:{field[2:4]}:{field[4:6]}" if field[:6].isdigit() else ""


def _iso_date(field: str) -> str:
    try:
        return datetime.strptime(field, "%d%m%y").date().isoformat()
    except ValueError:
        return ""


def _e7(field: str, side: str) -> int | None:
    """ddmm.mmmm and N, S, E or W, in units of 1e-7 degree, rounded half up."""
    dot = field.find(".") if "." in field else len(field)
    if dot < 3 or side not in ("N", "S", "E", "W"):
        return None
    try:
        degrees, minutes = int(field[: dot - 2]), Fraction(field[dot - 2 :])
    except ValueError:
        return None
    value = degrees * 10_000_000 + int(minutes * 10_000_000 / 60 + Fraction(1, 2))
    return -value if side in "SW" else value
