"""Which numbers may be a contact (BEHAVIOUR.md section 5), and what is said of the others."""

import json
import random
import re

import pytest

from kit import numbers
from tests.unit import harness

# what somebody types -> as the network has it
READ = (
    ("06 39 98 00 01", "+33639980001"),
    ("06.39.98.00.01", "+33639980001"),
    ("+33 (0)6 39 98 00 01", "+33639980001"),
    ("0033 6 39 98 00 01", "+33639980001"),
    ("\u202a+33\u00a06\u202f39\u200998 00 01\u202c", "+33639980001"),
    ("\uff0b33639980001", "+33639980001"),
    ("٠٦٣٩٩٨٠٠٠١", "+33639980001"),
    ("06-12-34-56-78", "+33612345678"),
    ("0692 12 34 56", "+262692123456"),  # Réunion, dialled from anywhere in France
    ("0690 12 34 56", "+590690123456"),
    ("0639 01 23 45", "+262639012345"),  # Mayotte
    ("+32 470 12 34 56", "+32470123456"),
    ("+1 202 555 0143", "+12025550143"),  # fixed or mobile: nobody can tell
)
# what somebody types -> why it is no contact
REFUSED = (
    ("", "missing"),
    ("   ", "missing"),
    ("\u200b", "missing"),
    ("+", "unreadable"),
    ("06 39 98 00 01 ext 3", "unreadable"),
    ("06 12 FLOWERS", "unreadable"),
    ("tel:+33639980001", "unreadable"),
    ("+33 6 39+98 00 01", "unreadable"),
    ("0639980001, 0639980002", "unreadable"),
    ("+999 12345678", "unknown"),
    ("1" * 60, "unreadable"),
    ("17", "short"),
    ("112", "short"),
    ("3919", "short"),
    ("116 006", "short"),
    ("+33 17", "short"),
    ("+33 3919", "short"),
    ("06 39 98 00", "length"),
    ("06 39 98 00 01 02", "length"),
    ("06 39 98 00 01 / 06 39 98 00 02", "length"),
    ("01 42 00 00 00", "landline"),
    ("+33 4 72 00 00 00", "landline"),
    ("+44 20 7946 0000", "landline"),
    ("0262 12 34 56", "landline"),  # Réunion
    ("09 72 00 00 00", "voip"),
    ("0899 70 00 00", "special"),
    ("0800 00 00 00", "special"),
    ("+44 70 1234 5678", "special"),
    ("0700 12 34 56", "unknown"),
)
CODES = {code for _, code in REFUSED} | {"hers", "his", "button", "twice"}
FIVE = tuple(f"+3363998000{n}" for n in range(1, 6))


def said(problems):
    return [(one.who, one.nth, one.code) for one in problems]


@pytest.mark.parametrize(("text", "number"), READ)
def test_a_number_is_read_as_people_write_it(text, number):
    assert numbers.mobile(text) == number
    assert numbers.check([text]) == []


@pytest.mark.parametrize(("text", "code"), REFUSED)
def test_what_no_text_reaches_is_refused(text, code):
    with pytest.raises(numbers.Refused) as caught:
        numbers.mobile(text)
    assert caught.value.code == code
    assert said(numbers.check([text])) == [("contact", 1, code)]


def test_another_region_is_another_reading():
    assert numbers.mobile("0470 12 34 56", "BE") == "+32470123456"
    with pytest.raises(numbers.Refused):
        numbers.mobile("0692 12 34 56", "BE")


def test_the_firmware_takes_what_is_read():
    from firmware import config

    for text, _ in READ:
        entry = {"number": numbers.mobile(text), "roles": []}
        tree = {"format": 1, "name": "Julie", "contacts": [entry]}
        assert config.parse(json.dumps(tree).encode())[1] is None, text


# -- hers, his, the button's, twice ---------------------------------------------------------

CASES = (
    ("nothing", FIVE, {}, []),
    ("her own", FIVE, {"own": "06 39 98 00 02"}, [("contact", 2, "hers")]),
    ("either of hers", FIVE, {"own": ["0639980009", FIVE[3]]}, [("contact", 4, "hers")]),
    ("his", FIVE, {"his": ["0033639980005"]}, [("contact", 5, "his")]),
    ("his, one of them", FIVE, {"his": "+33 6 39 98 00 05"}, [("contact", 5, "his")]),
    ("his landline", ["01 42 00 00 00"], {"his": ["+33142000000"]}, [("contact", 1, "his")]),
    ("hers and his", FIVE, {"own": FIVE[0], "his": [FIVE[0]]}, [("contact", 1, "hers")]),
    ("the button's", FIVE, {"sim": FIVE[2]}, [("contact", 3, "button")]),
    ("twice", [*FIVE[:2], "06 39 98 00 01"], {}, [("contact", 3, "twice")]),
    ("witness", FIVE, {"witness": "+33639980009"}, []),
    ("witness, a contact", FIVE, {"witness": FIVE[1]}, [("witness", 0, "twice")]),
    ("witness, his", [], {"witness": "0639980009", "his": "0639980009"}, [("witness", 0, "his")]),
    ("witness, landline", FIVE, {"witness": "0142000000"}, [("witness", 0, "landline")]),
    ("unread, his", FIVE, {"his": ["0639980009", "12x"]}, [("his", 2, "unreadable")]),
    ("unread, hers", FIVE, {"own": "06 39"}, [("own", 1, "short")]),
    ("empty lines", FIVE, {"own": "", "his": ["", " "], "sim": "", "witness": ""}, []),
    ("several", ["17", "0142000000", FIVE[0]], {"his": FIVE[0]},
     [("contact", 1, "short"), ("contact", 2, "landline"), ("contact", 3, "his")]),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "contacts", "others", "expected"), CASES, ids=[c[0] for c in CASES]
)
def test_who_may_not_be_told(name, contacts, others, expected):
    assert said(numbers.check(contacts, **others)) == expected


def test_a_stranger_is_told_from_every_other():
    """Whatever is among hers and his is refused, whatever is not is not."""
    rng = random.Random(int(harness.depth(1000)))
    for _ in range(harness.depth(2000)):
        pool = [f"+336399800{rng.randrange(100):02d}" for _ in range(8)]
        contacts, own, his = pool[:4], pool[4:6], pool[6:]
        codes = {one.nth: one.code for one in numbers.check(contacts, own, his)}
        for nth, number in enumerate(contacts, 1):
            expected = "hers" if number in own else "his" if number in his else None
            if expected is None and number in contacts[: nth - 1]:
                expected = "twice"
            assert codes.get(nth) == expected, (contacts, own, his)


# -- what is said ----------------------------------------------------------------------------


def test_every_refusal_is_a_plain_line_in_both_languages():
    for code in CODES:
        french, english = numbers.Problem("contact", 2, "…01", code, 1).text("fr"), ""
        english = numbers.Problem("contact", 2, "…01", code, 1).text("en")
        assert french != english
        for line in (french, english):
            assert "\n" not in line and "{" not in line and len(line) < 99
            assert line.startswith("contact 2 (…01)")
    assert CODES == set(numbers._SAID)


def test_a_complaint_tells_two_digits_at_most():
    texts = [text for text, _ in (*READ, *REFUSED)]
    problems = numbers.check([*texts, *texts], own=texts, his=texts, sim=FIVE[0], witness=FIVE[0])
    assert len(problems) > len(texts)
    for problem in problems:
        for language in ("fr", "en"):
            line = problem.text(language)
            place = re.sub(r"^[^:(]*", "", line)  # the nth is no digit of it
            place = re.sub(r"contact \d+$", "", place).replace("17, 112", "")
            assert len(re.findall(r"\d", place)) <= 2, line


def test_the_error_itself_tells_nothing():
    for text, _ in REFUSED:
        with pytest.raises(numbers.Refused) as caught:
            numbers.mobile(text)
        assert not set(str(caught.value)) & set("456789") and len(str(caught.value)) < 60


SHOWN = (("+33639980001", "…01"), ("06 39 98 00 42", "…42"), ("3919", ""), ("17", ""), ("", ""))


def test_two_digits_are_shown_of_what_is_long_enough():
    for text, expected in SHOWN:
        assert numbers.shown(text) == expected


# -- a configuration -------------------------------------------------------------------------


def test_a_configuration_gets_its_numbers_as_the_firmware_wants_them():
    config = {
        "format": 1,
        "name": "Julie",
        "contacts": [{"number": "06 39 98 00 01", "ring": False}, {"number": "0692123456"}],
        "own_number": "06.39.98.00.99",
        "witness": "06 39 98 00 98",
    }
    before = json.dumps(config)
    fitted, problems = numbers.fit(config, own="0639980005")
    assert problems == [] and json.dumps(config) == before
    assert [entry["number"] for entry in fitted["contacts"]] == ["+33639980001", "+262692123456"]
    assert fitted["contacts"][0]["ring"] is False
    assert (fitted["own_number"], fitted["witness"]) == ("+33639980099", "+33639980098")
    assert said(numbers.fit(fitted, his="0639980001")[1]) == [("contact", 1, "his")]


def test_a_configuration_of_any_shape_is_judged():
    for contacts in (None, 3, "x", [], [3], [{}], [{"number": 3}], [None, {"number": "17"}]):
        fitted, problems = numbers.fit({"contacts": contacts, "own_number": 7})
        assert fitted["contacts"] == contacts and fitted["own_number"] == 7
        count = len(contacts) if isinstance(contacts, list) else 0
        assert len(problems) == count


def test_whatever_is_typed_is_answered():
    rng = random.Random(5)
    letters = "0123456789+ .-()/x*#\u202a\u00a0\u0660é\n"
    for _ in range(harness.depth(20000)):
        text = "".join(rng.choice(letters) for _ in range(rng.randrange(24)))
        try:
            number = numbers.mobile(text)
        except numbers.Refused as refused:
            assert refused.code in CODES
        else:
            assert re.fullmatch(r"\+[1-9]\d{7,14}", number), text
