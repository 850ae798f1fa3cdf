"""NMEA 0183 as GNSS receivers speak it: bytes in, the values of RMC, GGA, GSA and GST out.

Separate because a receiver's wire carries cut lines, binary noise and void fixes, and all
of that must end here. Follows NMEA 0183 4.1 as Quectel's L76K GNSS Protocol Specification 1.1
renders it: 2.1 (fields, checksum), 2.2.1 (RMC), 2.2.2 (GGA), 2.2.4 (GSA). Damage is a counter,
never an exception. Integers only: angles in 1e-7 degree, speed in cm/s, dilution of precision
(DOP) x 100, time of day in ms. Imports collections, micropython and civil only.
"""

from collections import namedtuple

import civil
from micropython import const

# The standard allows 82 characters from `$` to the line feed; receivers with 7 decimals of a
# minute, or with the identifiers of version 4.1, send a few more.
MAX_SENTENCE = const(128)

# Void values are None: a receiver that has no fix fills the fields with anything.
Rmc = namedtuple("Rmc", "day_ms valid lat_e7 lon_e7 speed_cms date")  # date: (y, m, d)
Gga = namedtuple("Gga", "day_ms quality lat_e7 lon_e7 sats hdop_c")
Gsa = namedtuple("Gsa", "mode hdop_c")  # mode: 1 none, 2 flat, 3 with height
Gst = namedtuple("Gst", "day_ms lat_cm lon_cm")  # standard deviations

_NO_DOP_C = const(9999)  # 99.99: what receivers send for "none"
_SHORTEST = {b"RMC": 10, b"GGA": 9, b"GSA": 3, b"GST": 9}  # fields, with the address


class Reader:
    """Finds the sentences in a stream of bytes and counts what was wrong with it.

    good: sentences whose values were read; unknown: sound ones of other kinds; damaged: sound
    checksum, impossible contents; bad_checksum; cut: ended by a `$` or a line end before their
    checksum; overlong: more than MAX_SENTENCE bytes without an end.
    """

    __slots__ = ("good", "unknown", "damaged", "bad_checksum", "cut", "overlong", "_held")

    def __init__(self):
        self.good = self.unknown = self.damaged = 0
        self.bad_checksum = self.cut = self.overlong = 0
        self._held = b""  # a sentence that has begun: at most MAX_SENTENCE + 2 bytes

    def feed(self, data):
        """Take bytes as they came and return the list of values that they complete.

        A sentence ends at the second digit of its checksum: a lost line end costs nothing.
        """
        values = []
        held = self._held + data
        start = held.find(b"$")
        while start >= 0:
            stop = _first_stop(held, start + 1)
            if stop < 0:
                if len(held) - start < MAX_SENTENCE:
                    break
                self.overlong += 1
                stop = start + 1
            elif held[stop] == 0x2A:  # *
                if len(held) < stop + 3:
                    break
                self._checked(held, start + 1, stop, values)
            else:
                self.cut += 1
            start = held.find(b"$", stop)
        self._held = held[start:] if start >= 0 else b""
        return values

    def _checked(self, held, start, star, values):
        """Read the sentence held[start:star] if its checksum agrees."""
        body = held[start:star]
        if hex_value(held[star + 1 : star + 3]) != checksum(body):
            self.bad_checksum += 1
            return
        comma = body.find(b",")
        kind = body[2:comma] if comma >= 0 else body[2:]
        # Five letters, the first two for the talker: any constellation, or GN for several. P is
        # a maker's own sentence, and not all of those look foreign: Garmin has a $PGRMC.
        if kind not in _SHORTEST or body[:1] == b"P":
            self.unknown += 1
            return
        try:
            # Three bytes of noise may cancel out in the checksum, but are hardly all text.
            if min(body) < 0x20 or max(body) > 0x7E:
                raise ValueError
            values.append(read_fields(kind, body.split(b",")))
            self.good += 1
        except ValueError:
            self.damaged += 1


def _first_stop(held, start):
    """Where the first `*`, `$` or line end is within a sentence's length, or -1."""
    limit = start - 1 + MAX_SENTENCE
    first = -1
    for stop in (b"*", b"$", b"\r", b"\n"):
        at = held.find(stop, start, limit)
        if at >= 0:
            first = limit = at  # what comes later cannot be the first
    return first


def sentence(body):
    """Return a command ready to send: `$`, the body, its checksum, CR LF."""
    return b"$" + body + b"*%02X\r\n" % checksum(body)


def checksum(body):
    """Return the checksum of what stands between `$` and `*`: the exclusive or of all of it."""
    value = 0
    for byte in body:
        value ^= byte
    return value


def hex_value(digits):
    """Return the value of two hexadecimal digits, -1 when they are anything else."""
    value = 0
    for byte in digits:
        if 0x30 <= byte <= 0x39:
            nibble = byte - 0x30
        elif 0x41 <= byte & 0xDF <= 0x46:  # either case
            nibble = (byte & 0xDF) - 0x37
        else:
            return -1
        value = value * 16 + nibble
    return value


# -- the values of one sentence: ValueError when they are impossible --------------------------


def read_fields(kind, fields):
    """Return the Rmc, Gga, Gsa or Gst of a sentence split at its commas."""
    if len(fields) < _SHORTEST[kind]:
        raise ValueError
    if kind == b"RMC":
        return _rmc(fields)
    if kind == b"GGA":
        return _gga(fields)
    if kind == b"GSA":
        return _gsa(fields)
    return Gst(_day_ms(fields[1]), _decimal(fields[6], 2), _decimal(fields[7], 2))


def _rmc(fields):
    day_ms = _day_ms(fields[1])
    # From 2.3 on a mode follows (field 12): Not valid, Estimated, Manual, Simulator. From 4.1
    # on a navigational status comes after it (field 13): V there says "not proven safe for
    # navigation", which nearly every receiver sends, and does not void the fix.
    mode = fields[12] if len(fields) > 12 else b""
    if fields[2] != b"A" or mode in (b"N", b"E", b"M", b"S"):
        return Rmc(day_ms, False, None, None, None, None)
    lat_e7 = _angle_e7(fields[3], fields[4], b"NS", 90)
    lon_e7 = _angle_e7(fields[5], fields[6], b"EW", 180)
    knots_e3 = _beside(fields[7], 3)
    # 1 knot is 1852 m/h, so a thousandth of it 1852 / 36000 cm/s.
    speed_cms = None if knots_e3 is None else (knots_e3 * 1852 + 18000) // 36000
    return Rmc(day_ms, True, lat_e7, lon_e7, speed_cms, _date(fields[9]))


def _gga(fields):
    day_ms = _day_ms(fields[1])
    # Quality 1 to 5 are satellite fixes; 0 is void, 6 estimated, 7 typed in, 8 simulated.
    quality = _integer(fields[6])
    if quality is None or not 1 <= quality <= 5:
        return Gga(day_ms, quality, None, None, None, None)
    lat_e7 = _angle_e7(fields[2], fields[3], b"NS", 90)
    lon_e7 = _angle_e7(fields[4], fields[5], b"EW", 180)
    return Gga(day_ms, quality, lat_e7, lon_e7, _beside(fields[7], 0), _dop_c(fields[8]))


def _gsa(fields):
    mode = _integer(fields[2])
    if mode is None or not 1 <= mode <= 3:
        raise ValueError
    # Twelve satellites, then PDOP, HDOP, VDOP and, from 4.1 on, the system. A receiver that
    # lists more satellites has left the standard: its DOP is not where we would look for it.
    return Gsa(mode, _dop_c(fields[16]) if len(fields) in (18, 19) else None)


# Numbers are read where they stand: a slice for each would be garbage, some 5 KB a second.


def _day_ms(field):
    """hhmmss or hhmmss.sss to ms of the day (a leap second belongs to the next day)."""
    if not field:
        return None
    if _point(field) != 6:
        raise ValueError
    hour, minute, second = _digits(field, 0, 2), _digits(field, 2, 4), _digits(field, 4, 6)
    if hour > 23 or minute > 59 or second > 60:
        raise ValueError
    return ((hour * 60 + minute) * 60 + second) * 1000 + _fraction(field, 6, 3)


def _date(field):
    """ddmmyy to (year, month, day); 80 to 99 are of the last century."""
    if not field:
        return None
    if len(field) != 6:
        raise ValueError
    day, month, year = _digits(field, 0, 2), _digits(field, 2, 4), _digits(field, 4, 6)
    year += 1900 if year >= 80 else 2000
    if not civil.is_date(year, month, day):
        raise ValueError
    return (year, month, day)


def _angle_e7(field, hemisphere, hemispheres, limit_deg):
    """ddmm.mmmm, with any number of decimals, to 1e-7 degree, rounded to the nearest."""
    point = _point(field)
    if len(hemisphere) != 1 or hemisphere not in hemispheres or point < 3:
        raise ValueError
    minutes = _digits(field, point - 2, point)
    if minutes > 59:
        raise ValueError
    unit = 10 ** max(0, len(field) - point - 1)
    minutes = minutes * unit + _digits(field, point + 1, len(field))  # in 1 / unit of a minute
    e7 = _digits(field, 0, point - 2) * 10000000 + (minutes * 10000000 + 30 * unit) // (60 * unit)
    if e7 > limit_deg * 10000000:
        raise ValueError
    return e7 if hemisphere == hemispheres[:1] else -e7


def _dop_c(field):
    """A dilution of precision x 100; None for the two ways of saying that there is none."""
    dop_c = _beside(field, 2)
    return dop_c if dop_c and dop_c < _NO_DOP_C else None


def _beside(field, places):
    """A decimal number that a position can do without; None when it is none at all."""
    try:
        return _decimal(field, places)
    except ValueError:
        return None


def _decimal(field, places):
    """A decimal number in units of 10 ** -places, rounded half up; None when empty."""
    if not field:
        return None
    point = _point(field)
    if point == 0 and len(field) == 1:
        raise ValueError
    _digits(field, point + 1, len(field))
    value = _digits(field, 0, point) * 10 ** (places + 1) + _fraction(field, point, places + 1)
    return (value + 5) // 10


def _integer(field):
    """An unsigned integer; None when empty."""
    return _digits(field, 0, len(field)) if field else None


def _point(field):
    """Where the decimal point is, or would be."""
    point = field.find(b".")
    return point if point >= 0 else len(field)


def _fraction(field, point, places):
    """The first `places` decimals after the point, in units of the last of them."""
    stop = min(len(field), point + 1 + places)
    count = max(0, stop - point - 1)
    return _digits(field, point + 1, stop) * 10 ** (places - count)


def _digits(field, start, stop):
    """The unsigned integer that stands there; 0 where there is nothing."""
    value = 0
    for at in range(start, stop):
        digit = field[at] - 0x30
        if not 0 <= digit <= 9:
            raise ValueError
        value = value * 10 + digit
    return value
