"""SMS transfer protocol data units: what is sent, what arrives, what reports on it.

Separate from the fields they are made of (tpdu_fields.py). Follows 3GPP TS 23.040: 9.2.2.1
SMS-DELIVER, 9.2.2.2 SMS-SUBMIT, 9.2.2.3 SMS-STATUS-REPORT, and the PDU mode of TS 27.005
(hex, service centre first). Reading never raises: what cannot be read is a BadPdu. Imports
binascii, collections, micropython, gsm7 and tpdu_fields.
"""

import binascii
from collections import namedtuple

import gsm7
import tpdu_fields as fields
from micropython import const

Submit = namedtuple("Submit", "number text coding report ref validity_min part")
Deliver = namedtuple("Deliver", "number text coding time part")
StatusReport = namedtuple("StatusReport", "ref number status")
BadPdu = namedtuple("BadPdu", "reason")  # "hex" | "short" | "number" | "data" | "type"

_PARTS_MAX = const(255)
TPDU_MAX = const(176)  # octets: 12 of numbers, 7 of time, 140 of data and the rest, rounded up

# First octet, 9.2.3: type indicator, validity format, report request, header indicator
_DELIVER = const(0)
_SUBMIT = const(1)
_STATUS_REPORT = const(2)
_VALIDITY_RELATIVE = const(0x10)
_VALIDITY_FORMAT = const(0x18)
_REPORT_REQUEST = const(0x20)
_HEADER = const(0x40)
_CODING_UCS2 = const(0x08)


# -- SMS-SUBMIT, 9.2.2.2 ---------------------------------------------------------------------


def submit(number, text, report, validity_min, ref=0):
    """One SMS-SUBMIT in the GSM 7 bit alphabet; what the alphabet lacks is transliterated.

    Text beyond 160 septets is cut off: half a message helps, none does not. report: 1 asks for
    a status report. Returns None when number is not a telephone number.
    """
    septets = gsm7.encode(text)
    if septets is None:
        septets = gsm7.encode(gsm7.transliterate(text))
    septets = gsm7.clip(septets, fields.SEPTETS_MAX)
    return _submit(number, report, validity_min, ref, 0, None, len(septets), gsm7.pack(septets))


def submit_parts(number, text, report, validity_min, ref=0):
    """The SMS-SUBMITs that carry `text` unchanged: GSM 7 bit if it can, else UCS-2.

    Several where one is too short, joined by ref (0..255). None when number is not a telephone
    number or the text needs more than 255 parts.
    """
    septets = gsm7.encode(text)
    if septets is None:
        pieces = _cut_units(fields.to_ucs2(text))
        scheme = _CODING_UCS2
    else:
        pieces = _cut_septets(septets)
        scheme = 0
    if len(pieces) > _PARTS_MAX:
        return None
    units = []
    for index, piece in enumerate(pieces):
        part = fields.Part(ref, len(pieces), index + 1) if len(pieces) > 1 else None
        length, octets = _user_data(piece, scheme, part)
        units.append(_submit(number, report, validity_min, ref, scheme, part, length, octets))
    return None if units[0] is None else units


def _submit(number, report, validity_min, ref, scheme, part, length, user_data):
    address = fields.address(number)
    if address is None:
        return None
    first = _SUBMIT | _VALIDITY_RELATIVE
    if report:
        first |= _REPORT_REQUEST
    if part is not None:
        first |= _HEADER
    head = bytes((first, ref & 0xFF)) + address
    return head + bytes((0, scheme, fields.validity(validity_min), length)) + user_data


def _user_data(piece, scheme, part):
    """TP-UDL and TP-UD of one piece, with the header of its part."""
    header = b"" if part is None else fields.part_header(part)
    if scheme:
        return len(header) + len(piece), header + piece
    skipped = (len(header) * 8 + 6) // 7
    fill_bits = skipped * 7 - len(header) * 8
    return skipped + len(piece), header + gsm7.pack(piece, fill_bits)


def _cut_septets(septets):
    if len(septets) <= fields.SEPTETS_MAX:
        return [septets]
    pieces = []
    while septets:
        piece = gsm7.clip(septets, fields.PART_SEPTETS)
        pieces.append(piece)
        septets = septets[len(piece) :]
    return pieces


def _cut_units(octets):
    if len(octets) <= fields.OCTETS_MAX:
        return [octets]
    pieces = []
    while octets:
        size = min(2 * fields.PART_UNITS, len(octets))
        if size < len(octets) and 0xD8 <= octets[size - 2] < 0xDC:
            size -= 2  # the two halves of a pair stay together
        pieces.append(octets[:size])
        octets = octets[size:]
    return pieces


# -- reading ---------------------------------------------------------------------------------


def decode(octets):
    """The Submit, Deliver or StatusReport in a unit without service centre, or a BadPdu."""
    if not octets:
        return BadPdu("short")
    reader = fields.Reader(octets)
    first = reader.octet()
    kind = first & 0x03
    if kind == _DELIVER:
        unit = _read_deliver(reader, first)
    elif kind == _SUBMIT:
        unit = _read_submit(reader, first)
    elif kind == _STATUS_REPORT:
        unit = _read_status_report(reader)
    else:
        return BadPdu("type")
    return BadPdu("short") if reader.short else unit


def _read_deliver(reader, first):
    number = fields.read_address(reader)
    reader.octet()  # TP-PID: of no interest
    scheme = reader.octet()
    time = fields.read_time(reader)
    data = fields.read_user_data(reader, scheme, first & _HEADER)
    if number is None or data is None:
        return BadPdu("number" if number is None else "data")
    return Deliver(number, data.text, data.coding, time, data.part)


def _read_submit(reader, first):
    ref = reader.octet()
    number = fields.read_address(reader)
    reader.octet()  # TP-PID
    scheme = reader.octet()
    validity_min = None
    if first & _VALIDITY_FORMAT == _VALIDITY_RELATIVE:
        validity_min = fields.validity_minutes(reader.octet())
    elif first & _VALIDITY_FORMAT:
        reader.take(7)  # enhanced or absolute: nothing here sends one
    data = fields.read_user_data(reader, scheme, first & _HEADER)
    if number is None or data is None:
        return BadPdu("number" if number is None else "data")
    report = 1 if first & _REPORT_REQUEST else 0
    return Submit(number, data.text, data.coding, report, ref, validity_min, data.part)


def _read_status_report(reader):
    ref = reader.octet()
    number = fields.read_address(reader)
    reader.take(14)  # service centre time and discharge time
    status = reader.octet()
    return BadPdu("number") if number is None else StatusReport(ref, number, status)


# -- PDU mode of TS 27.005 -------------------------------------------------------------------


def to_line(unit, centre=""):
    """What follows the prompt of +CMGS: hex, service centre first. None: centre is no number."""
    field = fields.centre(centre)
    return None if field is None else _hex(field + unit)


def from_line(line):
    """The unit in a line of +CMGR, +CMGL, +CMT or +CDS, service centre first, or a BadPdu."""
    octets = from_hex(line)
    if octets is None:
        return BadPdu("hex")
    if not octets or octets[0] >= len(octets) or octets[0] > 12:
        return BadPdu("short")
    return decode(octets[1 + octets[0] :])


def from_hex(line):
    """The octets of hex digits; None where they are none, odd, or more than a unit has."""
    if len(line) > 2 * (TPDU_MAX + 12):
        return None
    try:
        return binascii.unhexlify(line)
    except ValueError:
        return None


def _hex(octets):
    return str(binascii.hexlify(octets), "ascii").upper()
