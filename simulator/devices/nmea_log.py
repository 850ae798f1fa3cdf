"""Reading what a receiver says, as the world does: which positions an epoch claims.

pynmea2 reads the sentences (NMEA 0183), so that no parser of ours judges itself. Also cuts a
recording into its epochs. Must not import firmware or lib.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from fractions import Fraction
from typing import NamedTuple

import pynmea2

# Printable characters only, and it ends at its first asterisk: noise may hold anything.
_SENTENCE = re.compile(rb"\$[A-Z]{2}[A-Z]{3},[ -#%-)+-~]*\*[0-9A-Fa-f]{2}")
_ANGLE = re.compile(r"(\d+)(\d\d(?:\.\d*)?)")
_TIME_FIELD = {"RMC": 0, "GGA": 0, "ZDA": 0, "GNS": 0, "GST": 0, "GBS": 0, "GLL": 4}


class Claim(NamedTuple):
    """One valid position as the sentences say it; utc is ISO text, without a date where none
    has been said, empty where the sentence has no time."""

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
        self._clock = ""

    def read(self, epoch: bytes) -> list[Claim]:
        """The different valid positions of one epoch, in order, by RMC and GGA."""
        claims: list[Claim] = []
        spoken = [(sentence.sentence_type, sentence.data) for _, sentence in sentences(epoch)]
        told = ""
        for kind, data in spoken:  # the date first: many receivers say it last
            told = _said_date(kind, data) or told
        self._date = told or self._date
        for kind, data in spoken:
            if kind == "RMC" and len(data) > 8:
                valid, position = data[1] == "A", data[2:6]
            elif kind == "GGA" and len(data) > 5:
                valid, position = data[5] not in ("", "0"), data[1:5]
            else:
                continue
            lat_e7 = _e7(position[0], position[1], "NS", 90)
            lon_e7 = _e7(position[2], position[3], "EW", 180)
            clock = _iso_clock(data[0])
            timed = bool(clock) or not data[0]  # an impossible time makes the rest doubtful
            if valid and timed and lat_e7 is not None and lon_e7 is not None:
                claim = Claim(lat_e7, lon_e7, self._utc(clock, not told))
                if claim not in claims:
                    claims.append(claim)
        return claims

    def _utc(self, clock: str, may_be_next_day: bool) -> str:
        """may_be_next_day: nobody said the date of this epoch."""
        if clock and self._date:
            if may_be_next_day and clock < "06" and self._clock > "18":
                tomorrow = datetime.fromisoformat(self._date) + timedelta(days=1)
                self._date = tomorrow.date().isoformat()
            self._clock = clock
            return f"{self._date}T{clock}Z"
        return clock


def epochs(data: bytes) -> list[bytes]:
    """The bytes of a recording, cut where the UTC second of a sentence changes.

    Where the receiver tells no time yet, the first kind of sentence that comes again begins one.
    """
    cuts, second, timeless = [0], "", ""
    for offset, sentence in sentences(data):
        kind = sentence.sentence_type
        index = _TIME_FIELD.get(kind)
        if index is None or index >= len(sentence.data):
            continue
        said = sentence.data[index]
        opened = bool(second or timeless)
        if _iso_clock(said):
            said = said[:6]
            begins = said != second
            if begins:
                second, timeless = said, ""
        elif not said and kind in ("RMC", "GGA"):
            begins = kind == timeless
            timeless = timeless or kind
        else:
            continue
        if begins and opened:
            cuts.append(offset)
    return [data[a:b] for a, b in zip(cuts, [*cuts[1:], len(data)])]


def _said_date(kind: str, data: list[str]) -> str:
    """The ISO date of an RMC or a ZDA, empty where there is none."""
    if kind == "RMC" and len(data) > 8:
        return _iso_date(data[8])
    if kind == "ZDA" and len(data) > 3 and len(data[3]) == 4:
        return _iso_date(f"{data[1]:0>2}{data[2]:0>2}{data[3][2:]}")
    return ""


def _iso_clock(field: str) -> str:
    """hhmmss to hh:mm:ss, empty where that is no time of day; 60 is a leap second."""
    hour, minute, second = field[:2], field[2:4], field[4:6]
    if not (field[:6].isdecimal() and len(field) >= 6):
        return ""
    return f"{hour}:{minute}:{second}" if hour < "24" and minute < "60" >= second else ""


def _iso_date(field: str) -> str:
    try:
        return datetime.strptime(field, "%d%m%y").date().isoformat()
    except ValueError:
        return ""


def _e7(field: str, side: str, sides: str, limit_deg: int) -> int | None:
    """ddmm.mmmm and a side (one of two), in units of 1e-7 degree, rounded half up."""
    match = _ANGLE.fullmatch(field)
    if match is None or len(side) != 1 or side not in sides:
        return None
    minutes = Fraction(match[2].rstrip("."))
    value = int(match[1]) * 10_000_000 + int(minutes * 10_000_000 / 60 + Fraction(1, 2))
    if minutes >= 60 or value > limit_deg * 10_000_000:
        return None
    return value if side == sides[0] else -value
