"""The fields that SMS transfer units are made of: numbers, times, coding, user data.

Separate from tpdu.py so that each clause of 3GPP TS 23.040 has one place: 9.1.2.5 addresses,
9.2.3.11 service centre time, 9.2.3.12 validity, 9.2.3.24 user data; and the data coding scheme
of TS 23.038 section 4. Reading never raises: a Reader that runs out of octets says so once, at
the end. Imports collections, micropython and gsm7.
"""

from collections import namedtuple

import gsm7
from micropython import const

# The three codings of TS 23.038 section 4
GSM7 = "gsm7"
DATA8 = "8bit"
UCS2 = "ucs2"

OCTETS_MAX = const(140)  # user data of one short message, 9.2.3.16
SEPTETS_MAX = const(160)
PART_SEPTETS = const(153)  # beside a header of 6 octets and 1 fill bit
PART_UNITS = const(67)  # UCS-2 code units beside the same header
_DIGITS_MAX = const(20)  # 9.1.2.5: ten octets of semi-octets
_DIGITS = "0123456789*#abc"
_DIALLED = const(12)  # of them: a number to send to has no letters
_TON_INTERNATIONAL = const(0x10)
_TON_ALPHANUMERIC = const(0x50)
_NPI_TELEPHONE = const(0x01)
_NO_EXTENSION = const(0x80)

# One part of a longer message, 9.2.3.24.1: its reference, how many there are, which this is.
Part = namedtuple("Part", "ref total index")
UserData = namedtuple("UserData", "coding text part")


class Reader:
    """Takes a unit apart from the front; `short` tells that it was shorter than it claims."""

    def __init__(self, octets):
        self._octets = octets
        self._at = 0
        self.short = False

    def take(self, count):
        """The next `count` octets; zeros in place of those that are missing."""
        part = self._octets[self._at : self._at + count]
        self._at += len(part)
        if len(part) < count:
            self.short = True
            part = bytes(part) + bytes(count - len(part))
        return part

    def octet(self):
        return self.take(1)[0]


# -- addresses, 9.1.2.5 ----------------------------------------------------------------------


def address(number):
    """The address field of a telephone number such as "+33639980001"; None if it is not one."""
    semi_octets = _semi_octets(number)
    if semi_octets is None:
        return None
    digits = len(number) - number.startswith("+")
    return bytes((digits,)) + semi_octets


def centre(number):
    """The service centre field of PDU mode (TS 24.011 8.2.5.2): its length counts octets.

    "" leaves the choice to the SIM; None if number is not one.
    """
    if not number:
        return b"\x00"
    semi_octets = _semi_octets(number)
    return None if semi_octets is None else bytes((len(semi_octets),)) + semi_octets


def _semi_octets(number):
    international = number.startswith("+")
    digits = number[1:] if international else number
    if not 1 <= len(digits) <= _DIGITS_MAX:
        return None
    octets = bytearray(1 + (len(digits) + 1) // 2)
    octets[0] = _NO_EXTENSION | _NPI_TELEPHONE | (_TON_INTERNATIONAL if international else 0)
    for i, digit in enumerate(digits):
        value = _DIGITS.find(digit)
        if not 0 <= value < _DIALLED:
            return None
        octets[1 + i // 2] |= value << (4 * (i & 1))
    if len(digits) & 1:
        octets[-1] |= 0xF0
    return bytes(octets)


def read_address(reader):
    """The number or the name in an address field; None where it cannot be one."""
    digits = reader.octet()
    kind = reader.octet()
    if digits > _DIGITS_MAX:
        return None
    octets = reader.take((digits + 1) // 2)
    if kind & 0x70 == _TON_ALPHANUMERIC:
        return gsm7.decode(gsm7.unpack(octets, digits * 4 // 7))
    number = []
    for i in range(digits):
        value = octets[i // 2] >> (4 * (i & 1)) & 0x0F
        if value >= len(_DIGITS):
            return None
        number.append(_DIGITS[value])
    return ("+" if kind & 0x70 == _TON_INTERNATIONAL else "") + "".join(number)


# -- validity, 9.2.3.12.1 --------------------------------------------------------------------

_DAY_MIN = const(1440)
_WEEK_MIN = const(10080)


def validity(minutes):
    """The relative validity period that lasts at least `minutes`, as far as there is one."""
    if minutes <= 720:
        return max(1, -(-minutes // 5)) - 1
    if minutes <= _DAY_MIN:
        return 143 + -(-(minutes - 720) // 30)
    if minutes <= 30 * _DAY_MIN:
        return 166 + -(-minutes // _DAY_MIN)
    return min(255, max(197, 192 + -(-minutes // _WEEK_MIN)))


def validity_minutes(octet):
    """How many minutes a relative validity period lasts."""
    if octet <= 143:
        return (octet + 1) * 5
    if octet <= 167:
        return 720 + (octet - 143) * 30
    if octet <= 196:
        return (octet - 166) * _DAY_MIN
    return (octet - 192) * _WEEK_MIN


# -- service centre time, 9.2.3.11 -----------------------------------------------------------


def read_time(reader):
    """(year, month, day, hour, minute, second, minutes east of UTC); None where damaged."""
    octets = reader.take(7)
    values = []
    for i, octet in enumerate(octets):
        tens = octet & (0x07 if i == 6 else 0x0F)
        units = octet >> 4
        if tens > 9 or units > 9:
            return None
        values.append(tens * 10 + units)
    year, month, day, hour, minute, second, quarters = values
    if not (1 <= month <= 12 and 1 <= day <= 31 and hour < 24 and minute < 60 and second < 60):
        return None
    east_min = -15 * quarters if octets[6] & 0x08 else 15 * quarters
    return (2000 + year, month, day, hour, minute, second, east_min)


# -- data coding scheme, TS 23.038 section 4 -------------------------------------------------


def coding(scheme):
    """GSM7, DATA8 or UCS2; what is compressed counts as DATA8, what is reserved as GSM7."""
    group = scheme >> 4
    if group < 8:
        if scheme & 0x20:
            return DATA8
        return (GSM7, DATA8, UCS2, GSM7)[scheme >> 2 & 3]
    if group == 14:
        return UCS2
    return DATA8 if group == 15 and scheme & 0x04 else GSM7


# -- user data, 9.2.3.24 ---------------------------------------------------------------------


def read_user_data(reader, scheme, has_header):
    """UserData of the rest of a unit; None where its length or its header cannot be."""
    length = reader.octet()
    code = coding(scheme)
    if length > (SEPTETS_MAX if code == GSM7 else OCTETS_MAX):
        return None
    octets = reader.take((length * 7 + 7) // 8 if code == GSM7 else length)
    head = octets[0] + 1 if has_header and octets else 0
    if head > len(octets):
        return None
    part = _read_part(octets[1:head]) if head else None
    if code == GSM7:
        skipped = (head * 8 + 6) // 7  # septets that the header covers, fill bits included
        if skipped > length:
            return None
        fill_bits = skipped * 7 - head * 8
        text = gsm7.decode(gsm7.unpack(octets[head:], length - skipped, fill_bits))
    elif code == UCS2:
        text = from_ucs2(octets[head:])
    else:
        text = "".join([chr(octet) for octet in octets[head:]])
    return UserData(code, text, part)


def _read_part(header):
    """The Part that a user data header tells of; None when it tells of none."""
    at = 0
    while at + 2 <= len(header):
        kind, length = header[at], header[at + 1]
        element = header[at + 2 : at + 2 + length]
        if len(element) < length:
            return None
        if kind == 0x00 and length == 3:  # 9.2.3.24.1
            return Part(element[0], element[1], element[2])
        if kind == 0x08 and length == 4:  # 9.2.3.24.8
            return Part(element[0] << 8 | element[1], element[2], element[3])
        at += 2 + length
    return None


def part_header(part):
    """The user data header of one part, 9.2.3.24.1."""
    return bytes((5, 0, 3, part.ref & 0xFF, part.total, part.index))


def to_ucs2(text):
    """The code units of `text`, two octets each; two units beyond the first 65536 characters."""
    octets = bytearray()
    for character in text:
        code = ord(character)
        if code > 0xFFFF:
            code -= 0x10000
            high = 0xD800 | code >> 10
            octets += bytes((high >> 8, high & 0xFF))
            code = 0xDC00 | code & 0x3FF
        octets += bytes((code >> 8, code & 0xFF))
    return bytes(octets)


def from_ucs2(octets):
    """The text of UCS-2 or UTF-16 code units; U+FFFD for half of a pair, an odd octet is lost."""
    text = []
    high = 0
    for i in range(0, len(octets) - 1, 2):
        unit = octets[i] << 8 | octets[i + 1]
        if high:
            if 0xDC00 <= unit < 0xE000:
                text.append(chr(0x10000 + ((high & 0x3FF) << 10 | unit & 0x3FF)))
                high = 0
                continue
            text.append("\ufffd")
            high = 0
        if 0xD800 <= unit < 0xDC00:
            high = unit
        else:
            text.append("\ufffd" if 0xDC00 <= unit < 0xE000 else chr(unit))
    if high:
        text.append("\ufffd")
    return "".join(text)
