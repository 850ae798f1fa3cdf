"""SMS transfer units as the service centre sees them (3GPP TS 23.040 section 9.2).

Reads the SUBMIT that the modem hands over: every octet is checked here, strictly, and the
text is read by a published library (gsmmodem.pdu), so that two strangers judge each message.
Makes the DELIVER and STATUS-REPORT that come back. Must not import firmware or lib.
"""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import Any, NamedTuple

from gsmmodem import pdu as published
from gsmmodem.exceptions import EncodingError

from simulator.dates import to_datetime

DIGITS_MAX = 20  # TP-DA, section 9.1.2.5: at most 12 octets in all
BAD_PDU = 304  # 27.005 section 3.2.5: invalid PDU mode parameter
GSM7, BINARY, UCS2 = 0, 1, 2


class BadPdu(Exception):
    """The network or the modem refuses this PDU; `cms` is the code that it answers."""

    def __init__(self, why: str, cms: int = BAD_PDU) -> None:
        super().__init__(why)
        self.cms = cms


class Submit(NamedTuple):
    """One SMS-SUBMIT. validity_min is 0 where none was given."""

    number: str
    text: str
    reference: int
    report: bool
    validity_min: int
    coding: int
    part: tuple[int, int, int] | None  # concatenation: reference, total, this one


class _Octets:
    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, count: int, what: str) -> bytes:
        if self.at + count > len(self.data):
            raise BadPdu(f"{what} is cut off")
        self.at += count
        return self.data[self.at - count : self.at]

    def one(self, what: str) -> int:
        return self.take(1, what)[0]


def decode_submit(hex_text: str, tpdu_octets: int) -> Submit:
    """Read what was typed at the prompt of AT+CMGS=<tpdu_octets>; raises BadPdu."""
    try:
        data = bytes.fromhex(hex_text)
    except ValueError:
        raise BadPdu("not hexadecimal") from None
    if " " in hex_text:
        raise BadPdu("a blank among the digits")
    octets = _Octets(data)
    _centre(octets)
    if len(data) - octets.at != tpdu_octets:
        raise BadPdu(f"{len(data) - octets.at} octets where {tpdu_octets} were announced")
    first = octets.one("first octet")
    if first & 0x03 != 0x01:
        raise BadPdu("not an SMS-SUBMIT")
    reference = octets.one("TP-MR")
    number = _address(octets)
    if octets.one("TP-PID") not in (0x00, *range(0x40, 0x48)):
        raise BadPdu("TP-PID is not a short message's")
    coding = _coding(octets.one("TP-DCS"))
    validity_min = _validity(octets, first >> 3 & 3)
    length = octets.one("TP-UDL")
    user = octets.take(len(data) - octets.at, "TP-UD")
    part = _check_user_data(user, length, coding, bool(first & 0x40))
    text = _text(data, length, coding, number, bool(first & 0x40))
    return Submit(number, text, reference, bool(first & 0x20), validity_min, coding, part)


def _centre(octets: _Octets) -> None:
    length = octets.one("SMSC length")
    if length == 0:
        return
    if length < 2 or length > 11:
        raise BadPdu("SMSC length")
    kind = octets.one("SMSC type")
    _semi_octets(octets.take(length - 1, "SMSC"), None, kind)


def _address(octets: _Octets) -> str:
    digits = octets.one("TP-DA length")
    if not 1 <= digits <= DIGITS_MAX:
        raise BadPdu("TP-DA length")
    kind = octets.one("TP-DA type")
    return _semi_octets(octets.take((digits + 1) // 2, "TP-DA"), digits, kind)


def _semi_octets(data: bytes, digits: int | None, kind: int) -> str:
    """Section 9.1.2.5; digits None: as many as there are (SMSC of 24.011)."""
    if kind & 0x8F != 0x81 or kind >> 4 & 7 not in (0, 1, 2):
        raise BadPdu("type of number is not one for a telephone number")
    text = "".join(f"{octet & 15:X}{octet >> 4:X}" for octet in data)
    if digits is None:
        digits = len(text) - (text[-1] == "F")
    body, fill = text[:digits], text[digits:]
    if not body.isdecimal() or fill not in ("", "F"):
        raise BadPdu("digits of a number")
    return ("+" if kind & 0x70 == 0x10 else "") + body


def _coding(dcs: int) -> int:
    """23.038 section 4: general group without compression, or the class group."""
    if dcs & 0xE0 == 0x00 and dcs >> 2 & 3 != 3:
        return dcs >> 2 & 3
    if dcs & 0xF8 == 0xF0:
        return BINARY if dcs & 4 else GSM7
    raise BadPdu("TP-DCS is reserved or compressed")


def _validity(octets: _Octets, form: int) -> int:
    if form == 0:
        return 0
    if form == 2:
        value = octets.one("TP-VP")
        return round(published._decodeRelativeValidityPeriod(value).total_seconds()) // 60
    raise BadPdu("TP-VPF is not modelled")


def _check_user_data(user: bytes, length: int, coding: int, headed: bool) -> Any:
    """Sections 9.2.3.16 and 9.2.3.24; returns what a concatenation header says."""
    octets = -(-length * 7 // 8) if coding == GSM7 else length
    if len(user) != octets or len(user) > 140:
        raise BadPdu(f"TP-UD has {len(user)} octets where TP-UDL says {octets}")
    if coding == GSM7 and length % 8 and user[-1] >> (length * 7 % 8 or 8):
        raise BadPdu("bits after the last septet are not 0")
    if coding == UCS2 and (length - (user[0] + 1 if headed else 0)) % 2:
        raise BadPdu("half a UCS-2 character")
    if not headed:
        return None
    if not user or user[0] + 1 > len(user):
        raise BadPdu("TP-UDHL")
    header = user[1 : user[0] + 1]
    if len(header) == 5 and header[:2] == b"\x00\x03":
        reference, total, this = header[2:]
        if not 1 <= this <= total:
            raise BadPdu("part of a concatenation")
        return reference, total, this
    raise BadPdu("a user data header that is not modelled")


def _text(data: bytes, length: int, coding: int, number: str, headed: bool) -> str:
    try:
        read = published.decodeSmsPdu(bytearray(data))
    except (EncodingError, StopIteration, IndexError, ValueError, RuntimeError) as error:
        raise BadPdu(f"the published decoder refuses it: {error!r}") from None
    if read["number"] != number:
        raise BadPdu("two readers see two numbers")
    text = read.get("text", "")
    if coding != GSM7 or headed:
        return text
    septets = len(published.encodeGsm7(text))
    if septets == length - 1:  # the library drops a last septet of 0, which is an @
        text, septets = text + "@", septets + 1
    if septets != length:
        raise BadPdu(f"{septets} characters where TP-UDL says {length}")
    return text


def encode_deliver(number: str, text: str, utc_s: int, quarters: int) -> bytes:
    """SMS-DELIVER (9.2.2.1), with an empty SMSC before it, as AT+CMGR shows it.

    Raises ValueError where the text does not fit one message.
    """
    user, length, dcs, most = _user_data(text)
    if length > most:
        raise ValueError("longer than one message")
    head = b"\x00\x04" + _encode_address(number) + bytes((0x00, dcs))
    return head + _timestamp(utc_s, quarters) + bytes((length,)) + bytes(user)


def fits(text: str) -> bool:
    """Whether a text is at most one message."""
    _, length, _, most = _user_data(text)
    return length <= most


def _user_data(text: str) -> tuple[bytearray, int, int, int]:
    """TP-UD, TP-UDL, TP-DCS, and what TP-UDL may be."""
    try:
        septets = published.encodeGsm7(text)
        return published.packSeptets(septets), len(septets), 0x00, 160
    except ValueError:
        user = bytearray(text.encode("utf-16-be"))
        return user, len(user), 0x08, 140


def encode_report(
    reference: int, number: str, sent_utc_s: int, done_utc_s: int, quarters: int, status: int
) -> bytes:
    """SMS-STATUS-REPORT (9.2.2.3), with an empty SMSC before it."""
    times = _timestamp(sent_utc_s, quarters) + _timestamp(done_utc_s, quarters)
    head = bytes((0x00, 0x06, reference)) + _encode_address(number)
    return head + times + bytes((status,))


def _encode_address(number: str) -> bytes:
    digits = number.lstrip("+")
    kind = 0x91 if number.startswith("+") else 0x81
    return bytes((len(digits), kind)) + bytes(published.encodeSemiOctets(digits))


def _timestamp(utc_s: int, quarters: int) -> bytes:
    zone = timezone(timedelta(minutes=15 * quarters))
    local = to_datetime(utc_s).replace(tzinfo=timezone.utc).astimezone(zone)
    return bytes(published._encodeTimestamp(local))
