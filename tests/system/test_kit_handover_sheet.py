"""The printed pages of a hand-over: true to the firmware, one sheet each, telling no number."""

import html
import json
import re

import pytest

from firmware import config as firmware_config
from firmware.messages import Cell, Fix
from firmware.policy import texts
from kit.__main__ import main
from kit.command import Unusable
from kit.handover_sheet import briefing_words, messages, record_words, sheet, wearer
from kit.report import pdf

CHROMIUM = pdf.browser()
NAMES = ("Zo", "Julie", "Anne-Lise", "Zoé", "Alexandrin", "A'ÅßÉ Øñüò")
NUMBERS = [f"+336399800{nth:02d}" for nth in (1, 2, 3, 4, 5)]
CONFIG = {
    "format": 1,
    "name": "Alexandrin",
    "language": "fr",
    "recording": True,
    "cancel_pattern": "slls",
    "sim_pin": "4711",
    "own_number": "+33639980099",
    "contacts": [{"number": number, "roles": ["danger"]} for number in NUMBERS],
}
CONFIG["contacts"][0]["roles"] = ["danger", "watch", "technical"]


def text_of(page):
    """What is to be read on it, blanks as they are typed."""
    body = re.sub(r"<(head|style).*?</\1>", "", page, flags=re.DOTALL)
    return html.unescape(re.sub(r"<[^>]*>", "\n", body)).replace("\u00a0", " ")


# -- the messages are those of the firmware --------------------------------------------------


def composed(kind, language, name, recorded):
    """What the firmware writes on the example evening."""
    place = messages.PLACES.get(kind)
    fix = None
    if place is not None:
        fix = Fix(457604300, 48356600, place.radius_m, *[0] * (len(Fix._fields) - 3))
    when = {"cancel": "21:58", "duress": "21:58", "end": "09:42", "resume": "23:10"}
    facts = texts.Facts(
        name,
        0,
        "05/11 21:42" if kind == messages.ON_AGAIN else messages.PRESS,
        {**when, "watch_end": "22:42"}.get(kind, ""),
        fix,
        place.at if place else "",
        Cell(*messages.CELL.split("-")),
        messages.BATTERY.get(kind, 80),
        3,
        messages.ANSWER if kind == messages.TEST else messages.CODE if recorded else "",
    )
    return texts.compose(kind.rstrip("?"), language, facts)


def test_every_message_is_what_the_firmware_writes():
    assert Fix._fields[:3] == ("lat_e7", "lon_e7", "radius_m")
    count = 0
    for kind in messages.KINDS:
        for language in sheet.LANGUAGES:
            for name in NAMES:
                for recorded in (False, True):
                    own = messages.message(kind, language, name, recorded)
                    assert own == composed(kind, language, name, recorded)
                    count += 1
    assert count == 12 * 2 * len(NAMES) * 2


def test_every_kind_the_firmware_sends_is_on_the_page():
    """What is not: batteries, which no policy of the firmware sends, and the witness's code."""
    french = {kind for kind in texts.wording("fr") if kind.rstrip("?") in kind and " " not in kind}
    french -= {"place", "place?", "reply", texts.WITNESS, texts.LOW_BATTERY, texts.BATTERY_OUT}
    assert french == set(messages.KINDS)
    assert set(briefing_words.ACTIONS) == set(messages.KINDS)


# -- the page for her contacts ---------------------------------------------------------------


@pytest.mark.parametrize("lang", sheet.LANGUAGES)
@pytest.mark.parametrize("spoken", sheet.LANGUAGES)
def test_the_page_holds_every_message_word_for_word(lang, spoken):
    page = sheet.briefing({**CONFIG, "language": spoken}, lang)
    cells = html.unescape(page)
    for kind in messages.KINDS:
        message = messages.message(kind, spoken, "Alexandrin", True)
        assert f'lang="{spoken}">{message}</td>' in cells
        assert briefing_words.ACTIONS[kind][lang == "en"] in text_of(page)
    for word in ("17", "112", "OUI", "OK", "…99"):
        assert word in text_of(page)
    assert "{" not in text_of(page)


LEFT_OUT = (
    ("fall, off", {"fall_detection": False}, {messages.FALL}),
    ("fall, by the profile", {"profile": "cohabiting"}, {messages.FALL}),
    ("fall, asked for", {"profile": "cohabiting", "fall_detection": True}, set()),
    ("watch, nobody", {"contacts": CONFIG["contacts"][1:]}, {messages.WATCH, messages.WATCH_END}),
    ("watch, by default", {"contacts": [{"number": NUMBERS[0]}]}, set()),
)


@pytest.mark.parametrize(("name", "change", "missing"), LEFT_OUT, ids=[row[0] for row in LEFT_OUT])
def test_what_her_button_never_sends_is_not_on_the_page(name, change, missing):
    page = html.unescape(sheet.briefing({**CONFIG, **change}, "fr"))
    for kind in messages.KINDS:
        there = messages.message(kind, "fr", "Alexandrin", True) in page
        assert there == (kind not in missing), kind


def test_without_recording_there_is_no_code_and_without_vibration_nothing_felt():
    said = text_of(sheet.briefing({**CONFIG, "recording": False, "haptics": "off"}, "en"))
    assert "Code" not in said.replace("OUI and the code", "") and "feels it" not in said
    said = text_of(sheet.briefing(CONFIG, "en"))
    assert f"Code {messages.CODE}" in said and "Alexandrin feels it" in said
    assert "(…" not in text_of(sheet.briefing({**CONFIG, "own_number": ""}, "en"))


@pytest.mark.parametrize("lang", sheet.LANGUAGES)
def test_the_page_tells_no_number_no_pin_and_no_pattern(lang):
    config = {**CONFIG, "witness": "+33639980042", "smsc": "+33639980043"}
    said = re.sub(r"q=[\d.,]+|antenne \S+|cell \S+", "", text_of(sheet.briefing(config, lang)))
    said = said.replace(messages.CODE, "").replace(messages.ANSWER, "")
    assert not re.search(r"\d[\d .]{5,}\d", said)
    assert not re.search("4711|slls|…0|…4", said)


def test_no_french_line_begins_with_a_mark():
    for page in (sheet.briefing(CONFIG, "fr"), sheet.record(FACTS, "fr")):
        body = page.partition("</style>")[2]
        assert not re.search(" [:;?!»]|« ", body) and "\u00a0:" in body


def test_pages_are_self_contained():
    for lang in sheet.LANGUAGES:
        for page in (sheet.briefing(CONFIG, lang), sheet.record(FACTS, lang)):
            assert not re.search(r"<(script|link|img|iframe|a)\b|@import|url\(|\bsrc=", page)
            assert "default-src 'none'" in page and f'<html lang="{lang}">' in page


# what is wrong -> what is said; the firmware refuses the same field
WRONG = (
    ({"name": "Alexandrina"}, "name: not 1 to 10 letters"),
    ({"name": "François"}, "name: not 1 to 10 letters"),
    ({"name": " Zoe"}, "name: not 1 to 10 letters"),
    ({"name": ""}, "name: not 1 to 10 letters"),
    ({"name": 3}, "name: not text"),
    ({"language": "de"}, "language: not fr or en"),
    ({"profile": "x"}, "profile: not separated"),
    ({"haptics": True}, "haptics: not text"),
    ({"recording": 1}, "recording: not true or false"),
    ({"fall_detection": "yes"}, "fall_detection: not true or false"),
    ({"contacts": {}}, "contacts: not a list"),
    ({"contacts": []}, "contacts: not 1 to 5"),
    ({"contacts": [{}] * 6}, "contacts: not 1 to 5"),
    ({"contacts": [3]}, "contacts[0]: not an object"),
    ({"own_number": 33639980099}, "own_number: not text"),
)


@pytest.mark.parametrize(("change", "line"), WRONG)
def test_a_wrong_configuration_is_one_line(change, line):
    config = {**CONFIG, **change}
    with pytest.raises(Unusable) as caught:
        sheet.briefing(config, "fr")
    assert str(caught.value).startswith(line)
    error = firmware_config.parse(json.dumps(config).encode())[1]
    assert error.startswith(line.partition(":")[0])


def test_what_is_missing_is_one_line():
    for key in ("name", "contacts"):
        with pytest.raises(Unusable, match=f"{key}: missing"):
            wearer.read({name: value for name, value in CONFIG.items() if name != key})


# -- the record ------------------------------------------------------------------------------

FACTS = {
    "association": "Association de Lyon",
    "case": "2026-0117",
    "date": "2026-11-05 10:30",
    "item": 27,
    "things": ["bouton", "chargeur", "pochette"],
    "devid": "29078c08c1392ce5",
    "board": "t_a7670x_s3",
    "version": "0.1.0+g75c3310",
    "firmware": "0123456789abcdef" * 4,
    "modem": "A7670E-FASE B07",
    "sim": "+33639980099",
    "key": "cd" * 32,
    "registry": "ef" * 32,
    "next_seal": 1,
    "contacts": [
        {"number": number, "roles": ["danger", "watch", "technical"], "confirmed": True}
        for number in NUMBERS
    ],
    "due": "2027-02-03",
    "gestures": dict.fromkeys(record_words.GESTURES, True),
    "recording": True,
    "recording_fall": True,
    "preroll_s": 10,
    "falls": True,
    "profile": "separated",
    "selftest": dict.fromkeys(record_words.FINDINGS, "ok"),
    "room_min": 190,
    "test_recording": "A",
}


@pytest.mark.parametrize("lang", sheet.LANGUAGES)
def test_the_record_tells_what_was_handed_over(lang):
    said = text_of(sheet.record(FACTS, lang))
    for key in ("association", "case", "date", "devid", "board", "version", "modem", "due"):
        assert FACTS[key] in said
    for key in ("firmware", "key", "registry"):
        assert FACTS[key] in said.replace(" ", "")
    for number in NUMBERS:
        assert f"…{number[-2:]}" in said
    assert said.count("☒") == 5 + len(record_words.GESTURES) + 3
    for table in (record_words.GESTURES, record_words.FINDINGS):
        for words in table.values():
            assert words[lang == "en"] in said


def test_the_record_tells_no_number():
    said = text_of(sheet.record(FACTS, "fr"))
    for number in (*NUMBERS, FACTS["sim"]):
        assert number[-3:] not in said.replace(" ", "").replace(FACTS["firmware"], "")


def test_two_digits_alone_are_enough():
    short = {**FACTS, "sim": "…99", "contacts": [{"number": "…42"}, {"number": "…4711"}]}
    said = text_of(sheet.record(short))
    assert "…99 / 1" in said and "…42" in said and "4711" not in said


def test_an_empty_record_is_filled_in_by_pen():
    for lang in sheet.LANGUAGES:
        said = text_of(sheet.record({}, lang))
        assert "☒" not in said and "None" not in said and said.count("____") > 10
    assert sheet.record({}) == sheet.record(sheet.Facts()) == sheet.record({}, "fr")


def test_what_was_not_done_is_not_ticked():
    said = text_of(sheet.record({"gestures": {"danger": False}, "recording": False}, "en"))
    assert "☐ Danger: three presses" in said and "☐ yes ☒ no" in said
    one = {"contacts": [{"number": NUMBERS[0], "confirmed": False}]}
    assert "☒" not in text_of(sheet.record(one))


def test_a_fact_that_is_not_known_is_a_mistake_of_the_caller():
    for facts in ({"colour": 1}, {"contacts": [{"phone": 1}]}):
        with pytest.raises(TypeError):
            sheet.record(facts)


def test_what_is_told_is_escaped():
    evil = "<script>alert(1)</script>"
    for facts in ({"case": evil}, {"things": [evil]}, {"selftest": {"modem": evil}}):
        page = sheet.record(facts)
        assert "<script" not in page and "&lt;script&gt;" in page


# -- on paper --------------------------------------------------------------------------------


def pages(path):
    return len(re.findall(rb"/Type\s*/Page\b(?!s)", path.read_bytes()))


@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
def test_each_prints_on_one_sheet_of_a4(tmp_path):
    """The fullest pages there are: every message, at its longest."""
    for stem, page in (
        ("briefing", sheet.briefing(CONFIG, "fr")),
        ("record", sheet.record(FACTS, "fr")),
    ):
        assert sheet.write(tmp_path, stem, page)[1] == str(tmp_path / f"{stem}.pdf")
        assert pages(tmp_path / f"{stem}.pdf") == 1
        assert b"/MediaBox [0 0 59" in (tmp_path / f"{stem}.pdf").read_bytes()


# -- the command -----------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pdf, "browser", lambda: None)
    (tmp_path / "config.json").write_text(json.dumps(CONFIG))
    return tmp_path


def test_the_example_of_the_help_runs(folder, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["briefing", "--help"])
    lines = capsys.readouterr().out.splitlines()
    line = next(line for line in lines if line.startswith("  python -m kit"))
    assert ended.value.code == 0
    assert main(line.split()[3:]) == 0
    assert capsys.readouterr().out.count("no PDF") == 2
    written = sorted(path.name for path in (folder / "build/briefing").iterdir())
    assert written == ["briefing-en.html", "briefing-fr.html"]
    page = (folder / "build/briefing/briefing-en.html").read_text()
    assert page == sheet.briefing(CONFIG, "en")


def test_one_language_alone(folder):
    assert main(["briefing", "config.json", "--lang", "en", "--out", "."]) == 0
    assert not (folder / "briefing-fr.html").exists()


BAD_FILES = (
    (b"{", "config.json: not JSON"),
    (b"[]", "config.json: not an object"),
    (b"{}", "config.json: name: missing"),
    (b'{"name": "Julie", "contacts": [{"number": "+33639980001", "roles": 3}]}',
     "config.json: contacts[0]: not an object with a list of roles"),
)  # fmt: skip


@pytest.mark.parametrize(("content", "line"), BAD_FILES)
def test_a_bad_file_is_one_line_and_exit_2(folder, capsys, content, line):
    (folder / "config.json").write_bytes(content)
    assert main(["briefing", "config.json", "--out", "out"]) == 2
    said = capsys.readouterr()
    assert said.err == f"kit briefing: {line}\n" and not said.out
    assert not (folder / "out").exists()


def test_a_file_that_is_not_there_and_a_folder_that_cannot_be(folder, capsys):
    assert main(["briefing", "no.json", "--out", "out"]) == 2
    assert capsys.readouterr().err == "kit briefing: no.json: No such file or directory\n"
    assert main(["briefing", "config.json", "--out", "config.json"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
