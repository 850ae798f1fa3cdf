"""A rehearsal shows what the firmware would send with her configuration, and no real number."""

import html
import json
import re
from functools import lru_cache

import pytest

from firmware import config as firmware_config
from simulator.__main__ import main
from simulator.rehearsal import page as pages
from simulator.rehearsal import person, play, show, stories, words
from tests.unit import harness

REAL = ("+33 7 56 78 91 23", "+33612345678", "+33 7 56 78 91 25")
WITNESS, OWN, CENTRE, PIN = "+33756789199", "+33756789188", "+33689004000", "4711"
HERS = {
    "format": 1,
    "name": "Julie",
    "mode": "bench",
    "language": "fr",
    "cancel_pattern": "sslsl",
    "own_number": OWN,
    "smsc": CENTRE,
    "sim_pin": PIN,
    "witness": WITNESS,
    "contacts": [
        {"number": REAL[0], "roles": ["danger", "watch"]},
        {"number": REAL[1], "roles": ["danger", "technical"], "confirmed": False},
        {"number": REAL[2], "roles": ["danger"], "ring": False},
    ],
}
SECRETS = [number.replace(" ", "")[-5:] for number in (*REAL, WITNESS, OWN, CENTRE)]


@pytest.fixture
def desk(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(folder, **change):
    tree = {key: value for key, value in {**HERS, **change}.items() if value is not None}
    (folder / "config.json").write_text(json.dumps(tree))
    return folder / "config.json"


@lru_cache(maxsize=None)
def played(key, change="{}", **instead):
    """One evening of hers, with these changes of the configuration, and of the story."""
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        her = person.read(write(Path(folder), **json.loads(change)))
    story = next(story for story in stories.stories(her) if story.key == key)
    return play.play(story._replace(**instead), her, play.with_keys(her)), her


def texts(one, nth=0):
    return [text.text for text in one.rows[nth] if not text.sent]


# -- the command -----------------------------------------------------------------------------


def test_her_contacts_see_the_exact_texts(desk, capsys):
    write(desk)
    assert main(["rehearse", "config.json", "--only", "test,no_place,withdrawn"]) == 0
    said, errors = capsys.readouterr()
    page = (desk / "build/rehearsal/rehearsal.html").read_text()
    shown = html.unescape(page)
    for one, _ in (played("test"), played("no_place"), played("withdrawn")):
        for row in (*one.rows, one.witness):
            for text in row:
                assert shown.count(f"<time>{text.clock}</time>{text.text}</div>") == 2
                assert re.search(f"{text.clock}  (-> )?{re.escape(text.text)}", said)
    for nth, number in enumerate(REAL, 1):
        assert f"Contact {nth} (…{number[-2:]})" in said and f"(…{number[-2:]})" in page
    # French first, English too; the secret gesture is told in neither.
    assert said.index("Danger, et le lieu") < said.index("Danger, and the place")
    assert page.index('<section lang="fr">') < page.index('<section lang="en">')
    assert "build/rehearsal/rehearsal.html" in said and not errors
    assert said.count("-> OUI 4821") == 1
    assert shown.count("</time>OUI 4821</div>") == 2
    assert not re.search(r"<(script|link|img|a)\b|url\(|\bsrc=", page)
    written = [str(path.relative_to(desk)) for path in desk.rglob("*") if path.is_file()]
    assert sorted(written) == ["build/rehearsal/rehearsal.html", "config.json"]
    for secret in (*SECRETS, *(number[-5:] for number in REAL), PIN, "sslsl", "639980"):
        assert secret not in page + said


def test_no_real_number_is_ever_played(desk, monkeypatch):
    """Neither in a scenario nor on a board; they are read once, on a board that does nothing."""
    runs = []
    real = play.simulate

    def watched(scenario, **rest):
        result = real(scenario, **rest)
        flash = result.stage.board.flash
        held = b"".join(flash.image(part.label) for part in flash.table)
        runs.append((repr(scenario), held, json.dumps(result.events)))
        return result

    monkeypatch.setattr(play, "simulate", watched)
    her = person.read(write(desk, recording=True))
    assert her.config["mode"] == "field"  # as she will carry it
    image = play.with_keys(her)
    short = stories.NO_PLACE._replace(steps=_seen_soon, duration_s=stories.PRESS_S + 20)
    assert play.play(short, her, image).whole
    assert len(runs) == 2
    for scenario, held, events in runs:
        for number in (*REAL, WITNESS, OWN, CENTRE):
            secret = number.replace(" ", "")
            assert secret not in scenario + events and secret.encode() not in held
        assert PIN not in scenario and f'"{PIN}"'.encode() not in held
    assert '"+33639980001"' in runs[1][2]


def test_every_evening(desk, capsys):
    """All there is, as a desk does it: at full depth only."""
    if harness.depth(100) < 100:
        pytest.skip("at full depth")
    write(desk, recording=True)
    assert main(["rehearse", "config.json", "--out", "out"]) == 0
    said = capsys.readouterr().out
    for word in ("TEST,", "n'est pas tranquille", "DANGER", "Lieu inconnu", "CHUTE", "FORCEE"):
        assert word in said
    for word in ("a annulé", "rallumé", "fin du suivi", "fin de la veille", "Code 0h"):
        assert word in said


# what is wrong with it -> whether the firmware itself says so
BAD = (
    (b"{", True),
    (b"[]", True),
    (b"{}", True),
    (b"\xff\xfe", True),
    (b'{"format": 1, "format": 2}', True),
    (json.dumps({**HERS, "fall_detecton": True}).encode(), True),
    (json.dumps({**HERS, "sim_pin": "12"}).encode(), True),
    (json.dumps({**HERS, "contacts": [{"number": "+33142000000"}]}).encode(), True),
    (json.dumps({**HERS, "contacts": HERS["contacts"] * 2}).encode(), True),
    (json.dumps({**HERS, "own_number": REAL[0]}).encode(), True),
    (json.dumps({**HERS, "witness": REAL[1]}).encode(), True),
    (json.dumps({**HERS, "mode": "field", "name": "François"}).encode(), True),
    (json.dumps({**HERS, "not_before_utc": "2099-12-01"}).encode(), False),
)


@pytest.mark.parametrize(("content", "own"), BAD)
def test_a_bad_configuration_is_answered_in_the_firmwares_own_words(desk, capsys, content, own):
    (desk / "config.json").write_bytes(content)
    assert main(["rehearse", "config.json"]) == 2
    said, line = capsys.readouterr()
    error = firmware_config.parse(content)[1] if own else "config.json: not_before_utc: "
    assert not said and line.count("\n") == 1
    assert line == f"{error}\n" if own else line.startswith(error)
    assert [path.name for path in desk.iterdir()] == ["config.json"]
    assert not any(secret in line for secret in (*SECRETS, PIN))


def test_wrong_usage_is_one_line(desk, capsys):
    write(desk)
    (desk / "file").write_text("")
    for args, line in (
        (["no.json"], "no.json: No such file or directory"),
        (["."], ".: is a folder, not a file"),
        (["config.json", "--only", "x"], "--only x: not one of test, watch, danger"),
        (["config.json", "--out", "file"], "--out file: "),
    ):
        assert main(["rehearse", *args]) == 2
        said = capsys.readouterr()
        assert said.err.startswith(line) and said.err.count("\n") == 1 and not said.out
    for args in ([], ["config.json", "--only", ","]):
        with pytest.raises(SystemExit) as ended:
            main(["rehearse", *args])
        assert ended.value.code == 2 and capsys.readouterr().err.count("\n") == 1


def test_help_has_an_example(capsys):
    with pytest.raises(SystemExit):
        main(["rehearse", "--help"])
    assert "python -m simulator rehearse config.json" in capsys.readouterr().out


# -- the evenings ----------------------------------------------------------------------------


def test_danger_is_told_followed_and_cancelled_with_her_own_pattern():
    change = '{"gestures": "monsherif"}'
    one, _ = played("danger", change, duration_s=stories.PRESS_S + 270)
    assert one.whole
    for nth in range(3):
        told = texts(one, nth)
        assert told[0].startswith("DANGER Julie 21:42. Appelez le 17")
        assert told[-1].startswith("Julie a annulé à 21:46 l'alerte de 21:42.")
    assert any("suivi 1" in text for text in texts(one, 0))
    assert not any("suivi" in text for text in texts(one, 1))  # who has not answered
    clocks = [text.clock for text in one.rows[0]]
    assert clocks == sorted(clocks) and "21:42:05" < clocks[0] < "21:42:30"


def test_a_forced_cancel_is_told_as_such():
    one, _ = played("forced", '{"language": "en"}', duration_s=stories.PRESS_S + 120)
    for nth in range(3):
        assert any("FORCED or unsure cancel at 21:43" in text for text in texts(one, nth))
        assert not any("Check BY VOICE" in text for text in texts(one, nth))


def test_a_watch_is_for_those_she_chose():
    one, her = played("watch", '{"gestures": "monsherif"}')
    assert texts(one)[0].startswith("Julie n'est pas tranquille, 21:42")
    assert texts(one)[-1].startswith("Julie: fin de la veille de 21:42, à 21:52")
    assert one.rows[1:] == [[], []] and one.whole
    limits = words.word("shortened", "fr", minutes=10, hers=60)
    assert limits in words.lines(one, her, "fr")


def test_a_fall_is_told_or_that_it_was_missed():
    one, her = played("fall")
    assert one.whole and not one.missed
    assert texts(one, 2)[0].startswith("CHUTE Julie 21:42, pas de réaction. Appelez le 112")
    missed, her = played("fall", kinds=("bend",), duration_s=stories.PRESS_S + 40)
    assert missed.missed and not missed.whole
    assert words.word("no_fall", "fr") in words.lines(missed, her, "fr")


def test_with_recordings_messages_end_with_a_code():
    change = '{"recording": true, "not_before_utc": "2030-12-24"}'
    one, _ = played("no_place", change, steps=_seen_soon, duration_s=stories.PRESS_S + 60)
    refined = [text for text in texts(one) if "lieu plus précis" in text]
    assert re.search(r" Code 0[oh][A-Za-z0-9_-]{16}$", refined[0])
    assert re.fullmatch(r"0o[A-Za-z0-9_-]{16}", one.witness[0].text)


def _seen_soon(*_):
    at_s = stories.PRESS_S
    return [stories.press(at_s, 3), f"{{at: {at_s + 10}s, do: sky, class: open}}"]


def test_which_evenings_depends_on_her_configuration():
    def keys(**change):
        return [story.key for story in stories.stories(someone(**change))]

    def someone(**change):
        contacts = [person.Contact("+33639980001", "…31", change.pop("roles", ("watch",)))]
        return person.Person({"name": "Julie", **change}, contacts, False, 0, 60)

    everything = [
        *("test", "watch", "danger", "no_place", "fall"),
        *("forced", "off_and_on", "end", "withdrawn"),
    ]
    assert keys() == everything
    assert "fall" not in keys(profile="cohabiting")
    assert "fall" in keys(profile="cohabiting", fall_detection=True)
    assert "fall" not in keys(fall_detection=False)
    assert "watch" not in keys(roles=("danger",))
    limits = {story.key: stories.shortened(story, someone(watch_max_min=10)) for story in
              stories.stories(someone())}  # fmt: skip
    assert limits["watch"] is None and limits["end"] == (60, 720)


def test_a_run_that_goes_wrong_is_not_passed_over(desk, monkeypatch, capsys):
    """Nobody is told in an evening of danger; somebody is where nothing was to leave."""
    write(desk)
    loud = stories.WITHDRAWN._replace(steps=lambda *_: [stories.press(10, 3)], duration_s=40)
    her = person.read(desk / "config.json")
    for story in (MUTE, loud):
        one = play.play(story, her, None)
        assert not one.whole and not one.missed
        assert words.lines(one, her, "en")[-1] == words.word("broken", "en")
        assert html.escape(words.word("broken", "fr")) in pages.page(her, [one])
    monkeypatch.setattr("simulator.rehearsal.command.stories", lambda _: [MUTE])
    assert main(["rehearse", "config.json", "--out", "out"]) == 1
    assert words.word("broken", "fr") in capsys.readouterr().out


def _nothing(*_):
    return ["{at: 1s, do: sky, class: open}"]


MUTE = stories.DANGER._replace(steps=_nothing, duration_s=20)


def test_what_is_told_is_escaped():
    her = person.Person({"name": "A'-"}, [person.Contact("", "…31", ())], True, 0, 60)
    evil = play.Text("21:42:00", "<script>1</script>")
    one = play.Played(stories.DANGER, [[evil]], [evil], True)
    page = pages.page(her, [one])
    assert "<script" not in page and page.count("&lt;script&gt;") == 4
    assert show.who(1, her.contacts[0], "en") == "Contact 1 (…31)"


def test_words_are_in_both_languages():
    for story in vars(stories).values():
        if isinstance(story, stories.Story):
            for french, english in (story.title, story.what):
                assert french != english and "{" not in french.replace("{name}", "")
                # Whoever finds the page must not learn how it is pressed.
                for word in ("appui", "press", "hold", "tenir", "court", "long"):
                    assert not re.search(rf"\b{word}", (french + english).lower())


def test_the_evening_follows_her_calendar_and_her_clock():
    cases = (
        ("2026-01-01", 60, "2026-11-05T20:40"),
        ("2026-11-05", 60, "2027-11-05T20:40"),
        ("2026-11-04", -240, "2026-11-06T01:40"),
        ("2099-11-04", 60, "2099-11-05T20:40"),
        ("2099-11-05", 60, None),
    )
    from simulator import dates

    for not_before, offset_min, expected in cases:
        utc_s = person._evening(not_before, offset_min)
        assert utc_s == (dates.from_iso(f"{expected}:00Z") if expected else None)
