"""tpdu, tpdu_fields: SUBMIT, DELIVER and STATUS-REPORT of TS 23.040, field by field."""

import gsm7
import tpdu
import tpdu_fields as fields
from harness import Rng, depth

JULIE = "+33639980001"


def test_a_submit_octet_by_octet():
    unit = tpdu.submit("+33639980001", "OK", 1, 240)
    assert tpdu.to_line(unit) == "0031000B913336990800F10000" + "2F" + "02" + "CF25"
    assert tpdu.to_line(unit, "+33639980000")[:18] == "07913336990800F031"


def test_first_octet():
    for report, first in ((0, 0x11), (1, 0x31)):
        assert tpdu.submit(JULIE, "x", report, 240)[0] == first
    for unit in tpdu.submit_parts(JULIE, "x" * 161, 1, 240, 7):
        assert unit[0] == 0x71


def test_what_no_number_is():
    for number in ("", "+", "33a", "12 34", "+" + "1" * 21, "Julie", "1" * 21, "0639é"):
        assert tpdu.submit(number, "x", 0, 240) is None, number
        assert tpdu.submit_parts(number, "x", 0, 240) is None


NUMBERS = ("1", "12", "3114", "0639980001", "+33639980001", "*100#", "+" + "9" * 20, "1" * 20)


def test_numbers_round_trip():
    for number in NUMBERS:
        unit = tpdu.decode(tpdu.submit(number, "x", 0, 240))
        assert unit.number == number


def test_alphanumeric_sender():
    reader = fields.Reader(bytes((0x0B, 0xD0)) + gsm7.pack(b"Orange"))
    assert fields.read_address(reader) == "Orange" and not reader.short


# (minutes asked, octet, minutes that it lasts): never shorter than asked, 9.2.3.12.1
VALIDITIES = (
    (0, 0, 5),
    (1, 0, 5),
    (5, 0, 5),
    (6, 1, 10),
    (240, 47, 240),
    (720, 143, 720),
    (721, 144, 750),
    (1440, 167, 1440),
    (1441, 168, 2880),
    (43200, 196, 43200),
    (43201, 197, 50400),
    (635040, 255, 635040),
    (9999999, 255, 635040),
)


def test_validity():
    for minutes, octet, lasts in VALIDITIES:
        assert fields.validity(minutes) == octet, minutes
        assert fields.validity_minutes(octet) == lasts
    for octet in range(256):
        assert fields.validity(fields.validity_minutes(octet)) == octet


# Octets of 9.2.3.11 and what they say; the last row of each kind is damaged
TIMES = (
    ("62112241429040", (2026, 11, 22, 14, 24, 9, 60)),
    ("6211224142908A", (2026, 11, 22, 14, 24, 9, -420)),
    ("6211224142900A", (2026, 11, 22, 14, 24, 9, -300)),
    ("62112241429080", (2026, 11, 22, 14, 24, 9, 120)),
    ("00000000000000", None),
    ("62312241429040", None),
    ("6A112241429040", None),
    ("62112252429040", None),
)


def test_service_centre_time():
    for line, time in TIMES:
        assert fields.read_time(fields.Reader(tpdu.from_hex(line))) == time, line


CODINGS = (
    (0x00, fields.GSM7),
    (0x04, fields.DATA8),
    (0x08, fields.UCS2),
    (0x0C, fields.GSM7),
    (0x10, fields.GSM7),
    (0x18, fields.UCS2),
    (0x20, fields.DATA8),  # compressed
    (0x48, fields.UCS2),
    (0x84, fields.GSM7),  # reserved
    (0xC0, fields.GSM7),
    (0xD8, fields.GSM7),
    (0xE0, fields.UCS2),
    (0xF0, fields.GSM7),
    (0xF4, fields.DATA8),
)


def test_codings():
    for scheme, coding in CODINGS:
        assert fields.coding(scheme) == coding, scheme


def deliver(number, scheme, length, data, first="04"):
    """An SMS-DELIVER as a modem shows it."""
    head = tpdu.from_hex(first) + fields.address(number) + bytes((0, scheme))
    unit = head + tpdu.from_hex("62112241429040") + bytes((length,)) + data
    return tpdu.to_line(unit, "+33639980000")


def test_deliver():
    unit = tpdu.from_line(deliver(JULIE, 0, 3, gsm7.pack(b"OUI")))
    assert unit == tpdu.Deliver(JULIE, "OUI", "gsm7", (2026, 11, 22, 14, 24, 9, 60), None)
    unit = tpdu.from_line(deliver("3114", 8, 6, fields.to_ucs2("ça!")))
    assert (unit.number, unit.text, unit.coding) == ("3114", "ça!", "ucs2")
    unit = tpdu.from_line(deliver(JULIE, 4, 2, b"O\xe9"))
    assert (unit.text, unit.coding) == ("Oé", "8bit")
    unit = tpdu.from_line(deliver(JULIE, 0, 0, b""))
    assert unit.text == ""


def test_deliver_part_of_a_longer_text():
    header = bytes((5, 0, 3, 0x6D, 2, 1))
    unit = tpdu.from_line(deliver(JULIE, 0, 9, header + gsm7.pack(b"OK", 1), "44"))
    assert unit.text == "OK" and unit.part == fields.Part(0x6D, 2, 1)
    header = bytes((6, 8, 4, 0x12, 0x34, 3, 2))
    unit = tpdu.from_line(deliver(JULIE, 8, 11, header + fields.to_ucs2("é!"), "44"))
    assert unit.text == "é!" and unit.part == fields.Part(0x1234, 3, 2)
    header = bytes((4, 0x24, 1, 1, 0))  # a language table and a broken element: no part
    unit = tpdu.from_line(deliver(JULIE, 4, 7, header + b"hi", "44"))
    assert unit.text == "hi" and unit.part is None


REPORT = "06D50B913336990800F16211224142904062112241528040"


def test_status_report():
    for status in (0x00, 0x01, 0x30, 0x46, 0x63):
        unit = tpdu.from_line("00" + REPORT + "%02X" % status)
        assert unit == tpdu.StatusReport(0xD5, JULIE, status)
    unit = tpdu.from_line("00" + REPORT + "00" + "FF00")  # optional fields follow
    assert unit.status == 0


# (line, why it cannot be read)
DAMAGED = (
    ("", "short"),
    ("0", "hex"),
    ("zz", "hex"),
    ("00", "short"),
    ("07913336990800F0", "short"),
    ("0D913336990800F0", "short"),
    ("0031", "short"),
    ("00" + REPORT, "short"),
    ("0003" + "00" * 20, "type"),
    ("0031001F913336990800F10000" + "2F" + "02" + "CF25", "number"),
    ("0031000B913336990D00F100002F02CF25", None),  # 0xD is a letter, not damage
    ("0031000B9133F6990800F100002F02CF25", "number"),
    ("0031000B913336990800F100002FA1CF25", "data"),  # 161 septets
    ("0031000B913336990800F100082F8D0041", "data"),  # 141 octets
    ("0031000B913336990800F100002F03CF25", "short"),  # 21 bits in 16
    ("0071000B913336990800F100002F020900", "data"),  # a header longer than the data
    ("0071000B913336990800F100002F03050003", "data"),
    ("0071000B913336990800F100002F03020000", "data"),  # a header as long as the data
    ("F" * 400, "hex"),
)


def test_damage_is_told_not_raised():
    for line, reason in DAMAGED:
        unit = tpdu.from_line(line)
        if reason is None:
            assert not isinstance(unit, tpdu.BadPdu), line
        else:
            assert unit == tpdu.BadPdu(reason), (line, unit)


def test_every_truncation_is_damage():
    for line in (deliver(JULIE, 8, 6, b"\0a\0b\0c"), "00" + REPORT + "00", SUBMIT):
        for end in range(0, len(line) - 1):
            assert isinstance(tpdu.from_line(line[:end]), tpdu.BadPdu), (line, end)


SUBMIT = tpdu.to_line(tpdu.submit(JULIE, "DANGER Julie 21:42", 1, 240))


def test_alert_text_fits_one_part():
    text = "ê" * 200
    unit = tpdu.decode(tpdu.submit(JULIE, text, 1, 240))
    assert unit.text == "e" * 160 and unit.part is None
    unit = tpdu.decode(tpdu.submit(JULIE, "x" * 159 + "€", 1, 240))
    assert unit.text == "x" * 159  # half an euro sign would be read as "e"


# (text, parts): around every limit
LENGTHS = (
    ("", 1),
    ("x" * 160, 1),
    ("x" * 161, 2),
    ("x" * 306, 2),
    ("x" * 307, 3),
    ("x" * 152 + "€" * 80, 3),
    ("é" * 70 + "ç", 2),
    ("ç" * 70, 1),
    ("ç" * 134, 2),
    ("ç" * 135, 3),
    ("ç" * 66 + "😀" * 3, 2),
    ("😀" * 35, 1),
)


def test_parts():
    for text, count in LENGTHS:
        units = [tpdu.decode(unit) for unit in tpdu.submit_parts(JULIE, text, 0, 240, 9)]
        assert len(units) == count, text
        assert "".join([unit.text for unit in units]) == text
        for index, unit in enumerate(units):
            part = None if count == 1 else fields.Part(9, count, index + 1)
            assert unit.part == part
    assert tpdu.submit_parts(JULIE, "x" * (153 * 255 + 1), 0, 240) is None


def test_units_never_exceed_what_a_modem_takes():
    for text, _ in LENGTHS:
        for unit in tpdu.submit_parts(JULIE, text, 1, 240, 9):
            assert len(unit) <= 164


def test_halves_of_pairs():
    for octets, text in (
        (b"\xd8\x3d\xde\x00", "😀"),
        (b"\xd8\x3d", "\ufffd"),
        (b"\xde\x00\x00A", "\ufffdA"),
        (b"\xd8\x3d\xd8\x3d\xde\x00", "\ufffd😀"),
        (b"\xd8\x3d\x00A\x00", "\ufffdA"),
    ):
        assert fields.from_ucs2(octets) == text


ALPHABETS = ("abc XYZ 019", "àéùÇ@\n€[]|~", "çœ✓Ж", "😀a")


def random_text(rng):
    alphabet = rng.choice(ALPHABETS)
    return "".join([rng.choice(alphabet) for _ in range(rng.below(200))])


def test_round_trip():
    rng = Rng(3)
    for _ in range(depth(20000)):
        number, text = rng.choice(NUMBERS), random_text(rng)
        report, validity_min, ref = rng.below(2), rng.below(70000), rng.below(256)
        units = tpdu.submit_parts(number, text, report, validity_min, ref)
        read = [tpdu.decode(unit) for unit in units]
        assert "".join([unit.text for unit in read]) == text
        for unit in read:
            assert (unit.number, unit.report, unit.ref) == (number, report, ref)
            assert unit.validity_min >= min(validity_min, 635040)


def corpus():
    report = "00" + REPORT + "00"
    parts = tpdu.submit_parts(JULIE, "ç" * 100, 1, 240, 5)
    return [SUBMIT, report, tpdu.to_line(parts[0]), deliver(JULIE, 8, 6, b"\0a\0b\0c")]


def grammatical(rng):
    """Hex of a unit whose fields are each possible, but do not belong together."""
    first = rng.choice((0x00, 0x01, 0x02, 0x04, 0x11, 0x31, 0x40, 0x44, 0x51, 0x71, 0x19, 0x09))
    address = bytes((rng.below(24), rng.choice((0x81, 0x91, 0xD0)))) + rng.bytes(rng.below(12))
    body = bytes((rng.below(256), rng.choice((0, 4, 8, 0xF4, 0xE0)))) + rng.bytes(rng.below(9))
    data = bytes((rng.below(256),)) + rng.bytes(rng.below(150))
    return tpdu.to_line(bytes((first, rng.below(256))) + address + body + data)


def mutated(rng, line):
    octets = bytearray(tpdu.from_hex(line))
    for _ in range(1 + rng.below(4)):
        octets[rng.below(len(octets))] = rng.below(256)
    return tpdu.to_line(bytes(octets))[2:]


def test_fuzz():
    rng = Rng(11)
    good = corpus()
    kinds = (tpdu.Submit, tpdu.Deliver, tpdu.StatusReport, tpdu.BadPdu)
    for i in range(depth(100000)):
        if i % 3 == 0:
            line = tpdu.to_line(rng.bytes(1 + rng.below(200)))[2:]
        elif i % 3 == 1:
            line = mutated(rng, rng.choice(good))
        else:
            line = grammatical(rng)
        unit = tpdu.from_line(line)
        assert isinstance(unit, kinds)
        if isinstance(unit, (tpdu.Submit, tpdu.Deliver)):
            assert len(unit.text) <= 160 and len(unit.number) <= 21
    assert tpdu.from_line(SUBMIT).text == "DANGER Julie 21:42"
