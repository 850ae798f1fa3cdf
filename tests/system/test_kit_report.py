"""Reports: what they hold, what they keep back, and that nothing in them can run or be fetched."""

import base64
import html
import json
import re
import shutil
import struct
import sys
import wave
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import ev1_writer as writer
import pytest

from kit.__main__ import main
from kit.records import FIX, Fix, Record
from kit.report import custody, drawing, make, pdf, place_figure
from kit.report.phrases import PHRASES
from kit.report.prose import LIMITS, METHOD

CHROMIUM = pdf.browser()
AUDIO, PLACE, LOG = writer.AUDIO, writer.PLACE, writer.LOG
NUMBER = "+33 6 39 98 00 09"
CELL = "208-01-1A2B-0123456"
NAME, LAWYER = "Camille Martin", "Me Ada Durand"
HOSTILE = "<script>alert(1)</script>\"'><img src=http://evil.example/x>"


class Heard(writer.Tone):
    """A tone that remembers what its blocks decode to."""

    def __init__(self):
        super().__init__()
        self.decoded = []

    def _code(self, sample):
        code = super()._code(sample)
        self.decoded.append(self._value)
        return code


@pytest.fixture
def desk(tmp_path, monkeypatch):
    """A folder with the keys of a device, without Chromium; ask(...) makes reports there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(pdf, "browser", lambda: None)
    return Desk(tmp_path)


class Desk:
    def __init__(self, folder):
        self.folder = folder
        self.association, self.device = writer.Association(), writer.Device()
        self.write("registry.json", self.association.registry([self.device]))
        self.write("key.pem", self.association.pem())
        self.write("secrets.json", writer.secrets([self.device]))

    def write(self, name, data):
        (self.folder / name).write_bytes(data if isinstance(data, bytes) else data.encode())

    def record(self, q=3, **story):
        return writer.tell(writer.Recording(self.device, self.association, q), **story)

    def ask(self, data, *args, keyed=True, code=0):
        """Make the reports of one file; returns the two folders of its only recording."""
        self.write("file.ev1", data)
        out = self.folder / "out"
        shutil.rmtree(out, ignore_errors=True)
        keys = ["--key", "key.pem", "--secrets", "secrets.json"] if keyed else []
        command = ["report", "file.ev1", "--registry", "registry.json", "--out", "out"]
        assert main([*command, *keys, *map(str, args)]) == code
        if code:
            return None
        (recording,) = out.iterdir()
        return recording / "complete", recording / "to-be-served"


def page(folder):
    return (folder / "report.html").read_text()


def words(text):
    """What a reader sees, blanks as one."""
    shown = re.sub(r"<style>.*?</style>|<[^>]*>", " ", text, flags=re.S)
    return re.sub(r"\s+", " ", html.unescape(shown))


def samples_of(path):
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (1, 2, 8000)
        data = file.readframes(file.getnframes())
    return list(struct.unpack(f"<{len(data) // 2}h", data))


def anchors(recording):
    return writer.anchors(recording).decode().replace("Code ", "de Julie. Code ")


CUSTODY = f"""utc,who,what,sha256_before,sha256_after
2026-11-06T09:10:00Z,{NAME},received,,
2026-11-06T09:40:00Z,{LAWYER},"remis à {LAWYER}, 12 rue Cachée",{{0}},{{0}}
"""


@pytest.fixture
def evening(desk):
    """The whole story, with codes and custody: (desk, recording, complete, served)."""
    recording = desk.record()
    desk.write("codes.csv", anchors(recording))
    desk.write("custody.csv", CUSTODY.format(sha256(recording.data()).hexdigest()))
    args = ("--anchors", "codes.csv", "--custody", "custody.csv", "--with-log")
    return (desk, recording, *desk.ask(recording.data(), *args))


# -- sound -----------------------------------------------------------------------------------


def test_the_wav_holds_the_samples_that_were_written(desk, monkeypatch):
    made = []

    def heard():
        made.append(Heard())
        return made[-1]

    monkeypatch.setattr(writer, "Tone", heard)
    complete, served = desk.ask(desk.record().data())
    said = made[0].decoded
    expected = said[:7680] + [0] * 256 + said[7680:]
    assert any(said[7600:7680]) and samples_of(complete / "sound.wav") == expected
    assert (complete / "sound.wav").read_bytes() == (served / "sound.wav").read_bytes()
    for folder in (complete, served):
        text = words(page(folder))
        assert "Échantillons perdus (comptés par l'appareil) 256" in text
        assert "+0:00,960 0,032 s 256 mémoire flash occupée" in text
        assert "+0:00.960 0.032 s 256 flash or interrupt masked" in text
        assert page(folder).count('class="lost"') == 4  # two figures, two languages


def test_what_a_damaged_segment_held_is_silence_of_its_length(desk):
    whole = desk.record().sectors
    sectors = list(whole)
    sectors[5] = sectors[5][:1000] + bytes([sectors[5][1000] ^ 1]) + sectors[5][1001:]
    sound, _ = desk.ask(b"".join(whole))
    full = samples_of(sound / "sound.wav")
    complete, served = desk.ask(b"".join(sectors))
    assert samples_of(complete / "sound.wav") == full[:7936] + [0] * 7680 + full[7936 + 7680 :]
    for folder in (complete, served):
        text = words(page(folder))
        assert "Grade C." in text and "7 680 segment absent ou non authentique" in text
    assert "Non authentiques : son 1." in words(page(complete))


def test_a_recording_that_lies_about_its_length_is_no_bomb(desk):
    recording = writer.Recording(desk.device, desk.association, 3)
    recording.add(AUDIO, 0x0A, 5, struct.pack("<IIB", 0, 0xFFFFFFF0, 1))
    recording.pending[AUDIO] = b""
    add = recording.add
    for class_ in (AUDIO, PLACE, LOG):
        add(class_, 0x01, 0, writer.config(class_))
    add(AUDIO, 0x02, 1, writer.Tone().block(256))
    add(AUDIO, 0x0A, 5, struct.pack("<IIB", 256, 0xFFFFFF00, 1))
    for class_ in (AUDIO, PLACE, LOG):
        recording.flush(class_)
    recording.seal()
    complete, _ = desk.ask(recording.data())
    assert "The sound could not be put together" in page(complete)
    assert not (complete / "sound.wav").exists()


# -- what is shown ---------------------------------------------------------------------------


def test_the_complete_report_holds_everything(evening):
    _, recording, complete, _ = evening
    text = words(page(complete))
    expected = [
        "Grade A.",
        "Complet : tous les segments examinés (son 4, lieu 3, journal 3)",
        "2 code(s) gardé(s) ailleurs concordent",
        "45,7604300 4,8356600 ± 8 m",
        f"antenne {CELL}",
        f"cell {CELL}",
        "message au contact 2 accepté par le réseau",
        "déclenchement : alerte danger",
        "trouvé au démarrage : enregistrement 2, dernier sceau 1",
        "2026-11-05 20:41:06.960 ± 0,061 s",
        NAME,
        LAWYER,
        NUMBER,
        sha256(recording.data()).hexdigest(),
        recording.digest.hex(),
        desk_key(evening[0]),
        "docs/ev1.md",
        "python -m kit verify 3.ev1 --registry registry.json --key DESK/key.pem",
        "Association d'essai",
    ]
    missing = [one for one in expected if one not in text]
    assert not missing
    kinds = ("wave", "axis-x", "axis-z", "track", "radius", "north", "bar", "sealed")
    assert all(f'class="{kind}"' in page(complete) for kind in kinds)
    assert "data:image/png;base64," in page(complete)
    assert (complete / "3.ev1").read_bytes() == recording.data()


def desk_key(desk):
    return sha256(desk.association.signing.public_key().public_bytes_raw()).hexdigest()


def test_both_languages_or_one(evening):
    desk, recording, complete, served = evening
    for folder in (complete, served):
        text = page(folder)
        assert text.index('lang="fr"') < text.index('<section class="language" lang="en"')
        for language, sentences in (*METHOD.items(), *LIMITS.items()):
            for sentence in sentences:
                assert sentence in html.unescape(text), (language, sentence)
    for language, other in (("fr", "en"), ("en", "fr")):
        for folder in desk.ask(recording.data(), "--lang", language):
            text = html.unescape(page(folder))
            assert LIMITS[language][0] in text and LIMITS[other][0] not in text
            assert f'<html lang="{language}">' in text


def test_every_phrase_is_in_both_languages():
    for key, (french, english) in PHRASES.items():
        assert french and english and french.count("{}") == english.count("{}"), key
    assert all(len(table["fr"]) == len(table["en"]) for table in (METHOD, LIMITS))


def test_what_is_not_claimed_is_said(evening):
    for folder in evening[2:]:
        text = html.unescape(page(folder))
        assert "Ce rapport ne dit pas qui parle." in text
        assert "Whether this exhibit is admitted is for the court." in text


# -- what is kept back -----------------------------------------------------------------------


def traces(recording):
    """Everything of place, numbers and names, in every form that it might take: (what, bytes)."""
    found = []
    for fix in range(4):
        for value_e7 in (457604300 + 90 * fix, 48356600 - 70 * fix):
            for order in "<>":
                found.append(("position", struct.pack(f"{order}i", value_e7)))
                found.append(("position", struct.pack(f"{order}d", value_e7 / 1e7)))
            whole, part = divmod(value_e7, 10**7)
            minutes = part * 60 / 1e7
            for digits in (4, 5, 7):
                number = f"{value_e7 / 1e7:.{digits}f}"
                found += [("position", number.encode()), ("position", _comma(number))]
            found.append(("position", str(value_e7).encode()))
            found.append(("position", f"{whole}{minutes:07.4f}".encode()))
            found.append(("position", f"{whole}°{int(minutes):02}".encode()))
    digits = re.sub(r"\D", "", NUMBER)
    for number in (NUMBER, digits, "+" + digits, "0" + digits[2:], NUMBER[4:], "6.39.98.00.09"):
        found += _forms("number", number)
    for cell in (CELL, "1A2B", "0123456", "208-01", "208,01"):
        found += _forms("cell", cell)
    for name in (NAME, *NAME.split(), LAWYER, "Durand", "Julie", "rue Cachée", "d'essai"):
        found += _forms("name", name)
    place = [s for s in recording.sectors if s[:4] == b"EVS1" and s[8] == PLACE]
    for sector in place:
        for at in range(0, 4096, 64):
            found += _forms("place sector", sector[at : at + 64])
        found += _forms("place hash", sha256(sector).digest())
    found += _forms("key of place", recording.keys[PLACE])
    return found


def _comma(number):
    return number.replace(".", ",").encode()


def _forms(what, value):
    raw = value if isinstance(value, bytes) else value.encode()
    forms = [raw, raw.hex().encode(), base64.b64encode(raw).rstrip(b"=")]
    if isinstance(value, str):
        forms.append(value.replace("'", "&#39;").encode())
    return [(what, form) for form in forms if len(form) >= 4]


def search(recording, folder, skip=()):
    files = {p.name: p.read_bytes() for p in folder.iterdir() if p.name not in skip}
    files["names of files"] = " ".join(files).encode()
    return [
        (what, form[:40], name)
        for what, form in traces(recording)
        for name, data in files.items()
        if form in data
    ]


def test_nothing_that_is_withheld_can_be_found(evening):
    """The registry is public and signed as a whole: it names the association, and only that."""
    _, recording, complete, served = evening
    assert search(recording, served, skip=("registry.json",)) == []
    assert b"rue" not in (served / "registry.json").read_bytes()
    seen = {what for what, _, _ in search(recording, complete)}
    assert seen == {"position", "number", "cell", "name", "place sector", "place hash"}


def test_what_is_withheld_is_named_by_hash(evening):
    _, recording, complete, served = evening
    text = page(served)
    for statement in recording.statements:
        for head in range(3):
            assert statement[16 + 32 * head : 48 + 32 * head].hex() in text
    assert "Ce qui est retenu" in text and "D_2" in text
    rows = re.findall(
        r"<td>\S+ \d+</td><td>([^<]*)</td><td class=\"mono\">([0-9a-f]{32})</td>"
        r"<td class=\"mono\">([0-9a-f]{64})</td>",
        page(complete),
    )
    opened = {html.unescape(one) for one, _, _ in rows}
    assert {NAME, LAWYER, NUMBER, "Association d'essai"} <= opened
    for one, salt, digest in rows:
        assert sha256(bytes.fromhex(salt) + html.unescape(one).encode()).hexdigest() == digest
        assert digest in text and salt not in text
    plain = [sha256(one.encode()).hexdigest() for one in opened]
    assert not any(digest in text for digest in plain)


def test_what_is_served_verifies_without_the_association(evening, capsys):
    desk, recording, _, served = evening
    for class_ in ("audio", "log"):
        capsys.readouterr()
        command = ["verify", served / f"3-{class_}.ev1", "--registry", served / "registry.json"]
        command += ["--class-key", served / f"3-{class_}-key.json"]
        command += ["--anchors", served / "codes.csv", "--json"]
        assert main([str(part) for part in command]) == 0
        (one,) = json.loads(capsys.readouterr().out)["recordings"]
        assert (one["grade"], one["classes"], one["anchors_matched"]) == ("A", [class_], 2)
    text = page(served)
    assert "verify 3-audio.ev1 --registry registry.json --class-key 3-audio-key.json" in text
    for name in ("3-audio.ev1", "3-log.ev1", "registry.json", "sound.wav", "codes.csv"):
        assert sha256((served / name).read_bytes()).hexdigest() in text


def test_the_served_page_depends_on_nothing_of_the_place(desk):
    """Of two that differ in their positions alone, hashes and times of custody left out."""
    seen = []
    for place in ((2, 1, 1), (40, 30, 20)):
        _, served = desk.ask(desk.record(place=place).data(), "--with-log")
        text = re.sub(r"[0-9a-f]{16,}", "#", page(served))
        seen.append(re.sub(r"<td>20\d\d-\d\d-\d\d \d\d:\d\d:\d\d</td>", "", text))
    assert seen[0] == seen[1]


def test_the_log_is_served_only_where_it_is_asked_for(desk, capsys):
    recording = desk.record()
    complete, served = desk.ask(recording.data())
    assert "secret" in capsys.readouterr().out
    text = words(page(served))
    assert "message au contact" not in text and "geste : danger" not in text
    assert "The log (settings, movement, gestures, messages) is withheld." in text
    assert "No movement could be read" not in text and "was not examined" not in text
    assert "message au contact" in words(page(complete))
    assert not list(served.glob("*log*")) and "D_3" in text
    log = [s for s in recording.sectors if s[:4] == b"EVS1" and s[8] == LOG]
    assert not any(s[48:112] in p.read_bytes() for s in log for p in served.iterdir())
    _, served = desk.ask(recording.data(), "--with-log")
    assert "geste : danger" in words(page(served)) and list(served.glob("*log*"))


# -- nothing runs, nothing is fetched --------------------------------------------------------


class Resources(HTMLParser):
    """Tags, and whatever a browser might load or run."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.loads, self.handlers = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "data", "action", "xlink:href", "poster"):
                self.loads.append(value)
            if name.startswith("on"):
                self.handlers.append(name)


def test_markup_in_names_is_text_and_nothing_is_fetched(desk):
    recording = desk.record()
    rows = [row.split(",", 2) for row in writer.anchors(recording).decode().splitlines()]
    rows = [",".join([time, f'"{HOSTILE.replace(chr(34), chr(34) * 2)}"', rest])
            for time, _, rest in rows[1:]]  # fmt: skip
    desk.write("codes.csv", "received_utc,from,text\n" + "\n".join(rows) + "\n")
    quoted = '"' + HOSTILE.replace('"', '""') + '"'
    line = f"2026-11-06T09:10:00Z,{quoted},{quoted},,\n"
    desk.write("custody.csv", "utc,who,what,sha256_before,sha256_after\n" + line)
    entry = json.loads((desk.folder / "registry.json").read_text())
    del entry["signature"], entry["stamp"]
    entry["association"]["name"] = HOSTILE
    canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    entry |= {"signature": desk.association.signing.sign(canonical.encode()).hex(), "stamp": None}
    desk.write("registry.json", json.dumps(entry))
    args = ("--anchors", "codes.csv", "--custody", "custody.csv")
    for folder in desk.ask(recording.data(), *args):
        found = Resources(page(folder))
        assert not found.tags & {"script", "img", "iframe", "object", "embed", "link", "a", "form"}
        assert not found.handlers
        assert found.loads and all(one.startswith("data:image/png;") for one in found.loads)
        text = page(folder)
        assert "url(" not in text and "@import" not in text and "default-src 'none'" in text
        assert ("&lt;script&gt;" in text) == (folder.name == "complete")
        assert "evil.example" not in text or folder.name == "complete"
        assert re.sub(r'xmlns="http://www.w3.org/2000/svg"', "", text).count("http") == (
            text.count("http-equiv") + text.count("http://evil.example")
        )


# -- grades ----------------------------------------------------------------------------------


def test_an_unclosed_recording_says_so(desk):
    complete, served = desk.ask(desk.record(finish=False).data())
    for folder in (complete, served):
        text = words(page(folder))
        assert "Grade B." in text and "ne peuvent être distinguées" in text
        assert "Power loss, seizure and cutting cannot be told apart" in text
    assert (served / "sound.wav").exists()


def test_an_unsealed_tail_is_marked(desk):
    recording = desk.record(finish=False)
    tone = writer.Tone()
    tone.samples = 30976
    recording.add(AUDIO, 0x02, 3872, tone.block(2560))
    recording.flush(AUDIO)
    for folder in desk.ask(recording.data()):
        assert 'class="shared"' in page(folder)


def test_time_that_was_known_before_the_trigger_makes_no_recording_longer(desk):
    recording = writer.Recording(desk.device, desk.association, 3)
    recording.add(LOG, 0x01, 0, writer.config(LOG))
    recording.add(LOG, 0x05, -86_000, writer.time(writer.START_UTC_S))
    recording.add(LOG, 0x06, 4000, writer.event(1))
    recording.flush(LOG)
    complete, _ = desk.ask(recording.data())
    assert "Durée 4,000 s" in words(page(complete)) and "20:42:33.000" in page(complete)


def test_without_seals_all_of_it_rests_on_the_shared_key(desk):
    data = b"".join(s for s in desk.record().sectors if s[:4] != b"EVSG")
    for folder in desk.ask(data):
        text = words(page(folder))
        assert "Grade B0." in text and "No valid seal" in text
        assert 'class="shared"' in page(folder)
        assert "Chaque sceau est" not in text


def test_what_is_not_established_is_never_shown_as_authentic(desk):
    sectors = list(desk.record().sectors)
    seal = next(k for k, s in enumerate(sectors) if s[:4] == b"EVSG")
    sectors[seal] = sectors[seal][:300] + bytes([sectors[seal][300] ^ 1]) + sectors[seal][301:]
    complete, served = desk.ask(b"".join(sectors))
    for folder in (complete, served):
        text = words(page(folder))
        assert "Grade D." in text and "Not established" in text and "probabl" not in text.lower()
        assert not (folder / "sound.wav").exists()
    assert "NON ÉTABLI" in page(complete)
    assert len(samples_of(complete / "not-established.wav")) == 30976
    assert {p.name for p in served.iterdir()} == {"report.html", "registry.json"}
    assert "aucun contenu n'est communiqué" in html.unescape(page(served))
    assert 'class="wave"' not in page(served)


def test_what_is_wrong_with_the_place_is_not_told_to_the_other_side(desk):
    recording = writer.Recording(desk.device, desk.association, 3)
    recording.add(PLACE, 0x01, 0, writer.config(PLACE))
    recording.add(PLACE, 0x03, 0, writer.accel(0, 1))
    complete, served = desk.ask(recording.data() + recording.segment(PLACE, recording.pending[2]))
    assert "lieu : contenu du segment 0" in words(page(complete))
    assert "contenu du segment" not in words(page(served)) and "Grade D." in page(served)


@pytest.mark.parametrize("size", [0, 1, 4096, 3 * 4096, 7 * 4096 + 5])
def test_any_length_gives_reports_or_one_line(desk, size, capsys):
    made = desk.ask(desk.record().data()[:size], code=0 if size >= 4096 else 1)
    if made is None:
        assert "no recording in this file" in capsys.readouterr().out
    else:
        assert all("Grade D." in page(p) or "Grade B" in page(p) for p in made)


def test_one_class_alone(desk):
    recording = desk.record()
    for class_, name in ((AUDIO, "son"), (PLACE, "lieu"), (LOG, "journal")):
        desk.write("class.json", writer.class_key(recording, class_))
        complete, served = desk.ask(
            recording.data(), "--class-key", "class.json", "--with-log", keyed=False
        )
        text = words(page(complete))
        assert f"tous les segments examinés ({name}" in text and "Non examiné" in text
        assert (complete / "sound.wav").exists() == (class_ == AUDIO)
        assert ('class="track"' in page(complete)) == (class_ == PLACE)
        assert bool(list(served.glob("*-key.json"))) == (class_ != PLACE)
        assert search(recording, served, skip=("registry.json",)) == []


def test_without_a_key_only_seals_are_told(desk):
    complete, served = desk.ask(desk.record().data(), keyed=False)
    for folder in (complete, served):
        text = words(page(folder))
        assert "Grade B." in text and "Contenu non examiné : aucune clé" in text
        assert "not closed" not in text.replace("A file that is not closed", "")
        assert "The sound is whole" not in text and "sound could be read" not in text
        assert "This class was not examined for want of a key." in text
        assert not (folder / "sound.wav").exists()
    assert "lieu 2" not in words(page(served))


# -- only what is so -------------------------------------------------------------------------


def test_the_sound_is_called_whole_only_where_it_is(desk, monkeypatch):
    _, served = desk.ask(desk.record().data())  # 256 samples are lost
    assert "The sound is given as far as" in words(page(served))
    _, served = desk.ask(quiet(desk, AUDIO, samples=512).data())
    assert "The sound is whole" in words(page(served))
    _, served = desk.ask(quiet(desk, AUDIO, samples=512).data()[:-4096])
    assert "The sound is whole" in words(page(served))  # closed, the last seal is gone
    _, served = desk.ask(desk.record(finish=False).data())
    assert "The sound is whole" not in words(page(served))


def test_what_was_never_recorded_is_not_called_unreadable(desk):
    complete, _ = desk.ask(quiet(desk, AUDIO, samples=0).data())
    text = words(page(complete))
    for what in ("No sound", "No measurement of movement", "No position"):
        assert f"{what} was recorded." in text
    assert "could be read." not in text.replace("all that could be read", "")


def quiet(desk, class_, samples):
    """A closed recording without movement and positions, with so many samples of sound."""
    recording = writer.Recording(desk.device, desk.association, 3)
    for one in (AUDIO, PLACE, LOG):
        recording.add(one, 0x01, 0, writer.config(one))
    if samples:
        recording.add(class_, 0x02, 1, writer.Tone().block(samples))
    for one in (AUDIO, PLACE, LOG):
        totals = (samples, 0, 0) if one == AUDIO else (0, 0, 0)
        recording.add(one, 0x7F, 70, writer.close(1, 3, 70, totals))
        recording.flush(one)
    recording.seal(final=True)
    return recording


def test_a_firmware_of_zeros_was_not_given(desk, monkeypatch):
    complete, _ = desk.ask(desk.record().data())
    assert "by the registry, SHA-256 not given" not in words(page(complete))
    config = writer.config
    monkeypatch.setattr(
        writer,
        "config",
        lambda c: config(c)[:12] + bytes(8) + config(c)[20:] if c == LOG else config(c),
    )
    complete, _ = desk.ask(desk.record().data())
    assert "Firmware by the recording (8 bytes) not given" in words(page(complete))


def test_a_device_that_was_registered_after_its_recording_is_remarked(desk):
    data = desk.record().data()
    for issued, said in (("2026-11-05T20:00:00Z", False), ("2026-11-06T09:00:00Z", True)):
        desk.write("registry.json", desk.association.registry([desk.device], issued))
        complete, _ = desk.ask(data)
        assert (f"the device was registered ({issued}) after" in words(page(complete))) == said


# -- custody, mistakes, PDF ------------------------------------------------------------------


def test_custody_whose_hashes_do_not_follow_is_marked():
    one, two = "1" * 64, "2" * 64
    rows = [("", ""), ("", one), (one, one), (two, two), (two, one), (one, "")]
    entries = [custody.Entry(0, "who", "what", before, after) for before, after in rows]
    assert custody.broken(entries, one) == [3, 4]
    assert custody.broken(entries, two) == [3, 4, 5]
    assert custody.broken([], one) == []
    upper = f"utc;who;what;sha256_before;sha256_after\n2026-11-06T09:10:00Z;a;b;;{'AB' * 32}\n"
    assert custody.parse(upper)[0].after == "ab" * 32


MISTAKES = [
    ("utc,who\n", "the first line is not utc,who,what,sha256_before,sha256_after"),
    ("2026-11-06T09:10:00Z,a,b,,,\n", "line 2 has 6 columns, not 5"),
    ("2026-11-06,a,b,,\n", "line 2: not a time"),
    ("2026-11-06T09:10:00Z,a,b,Julie,\n", "line 2: not a SHA-256"),
]


@pytest.mark.parametrize(("text", "expected"), MISTAKES)
def test_mistakes_in_the_custody_are_answered_in_one_line(desk, capsys, text, expected):
    head = "" if text.startswith("utc") else "utc,who,what,sha256_before,sha256_after\n"
    desk.write("custody.csv", head + text)
    desk.ask(desk.record().data(), "--custody", "custody.csv", code=2)
    said = [line for line in capsys.readouterr().err.splitlines() if "copy in" not in line]
    assert len(said) == 1 and expected in said[0]


def test_folders_of_reports_are_for_their_owner_alone(desk):
    for folder in desk.ask(desk.record().data()):
        for one in (folder, folder.parent, folder.parent.parent):
            assert one.stat().st_mode & 0o777 == 0o700
        assert "Déclenchement (UTC)" in page(folder)


def test_a_report_never_replaces_another(desk, capsys):
    data = desk.record().data()
    desk.ask(data)
    command = ["report", "file.ev1", "--registry", "registry.json", "--out", "out"]
    assert main(command) == 2
    assert "a report never replaces another" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["jinja2", "numpy"])
def test_a_missing_extra_is_one_line(desk, capsys, monkeypatch, name):
    for module in [module for module in sys.modules if module.startswith("kit.report")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.delattr("kit.report", raising=False)
    monkeypatch.setitem(sys.modules, name, None)
    desk.ask(desk.record().data(), code=2)
    said = capsys.readouterr().err.splitlines()
    assert said == [f"kit report: {name} is missing: .venv/bin/pip install -e '.[report]'"]


def test_pdf_by_whatever_chromium_there_is(desk, capsys, monkeypatch, tmp_path):
    data = desk.record().data()
    desk.ask(data)
    assert "no PDF: Chromium is not installed" in capsys.readouterr().out
    script = '#!/bin/sh\nfor a; do case $a in --print-to-pdf=*) echo %PDF > "${a#*=}";; esac; done'
    for text, made in ((script, True), ("#!/bin/sh\nexit 3", False)):
        program = tmp_path / "chromium"
        program.write_text(text)
        program.chmod(0o755)
        monkeypatch.setattr(pdf, "browser", lambda path=program: str(path))
        folders = desk.ask(data)
        assert all((folder / "report.pdf").exists() == made for folder in folders)
        assert ("exit 3, no PDF" in capsys.readouterr().out) != made


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium")
def test_pdf_by_chromium(desk, tmp_path):
    _, served = desk.ask(desk.record().data())
    assert pdf.print_pdf(CHROMIUM, served / "report.html", tmp_path / "it.pdf") is None
    assert (tmp_path / "it.pdf").read_bytes().startswith(b"%PDF-")


# -- figures ---------------------------------------------------------------------------------


def test_metres_on_the_map_also_across_the_date_line():
    def at(lat_e7, lon_e7):
        value = Fix(lat_e7, lon_e7, 5, None, None, None, None, None)
        return Record(FIX, 0, value, PLACE, 0, True)

    cases = [
        ((0, 0), (90_000, 0), (0, 1001.9)),
        ((600_000_000, 0), (600_000_000, 90_000), (500.9, 0)),
        ((0, 1_799_999_000), (0, -1_799_999_000), (22.3, 0)),
    ]
    for first, second, (east, north) in cases:
        _, (x, y) = place_figure._metres([at(*first), at(*second)])
        assert abs(x - east) < 0.2 and abs(y - north) < 0.2
    apart = [at(-900_000_000, -1_800_000_000), at(900_000_000, 1_800_000_000)]
    assert len(place_figure.track(apart, "<b>")) < 20_000
    assert "&lt;b&gt;" in place_figure.track(apart, "<b>")


def test_ticks():
    assert [drawing.nice_step(length, 8) for length in (55, 100, 900, 1e7)] == [
        10,
        20,
        200,
        2_000_000,
    ]
    cases = [(0, "0:00"), (65, "1:05"), (-10, "-0:10"), (3725, "1:02:05")]
    assert [drawing.clock_text(seconds) for seconds, _ in cases] == [text for _, text in cases]


def test_two_recordings_of_one_number_have_two_folders(desk):
    first = desk.record()
    again = writer.tell(writer.Recording(desk.device, desk.association, 3, label="again"))
    desk.write("both.ev1", first.data() + again.data())
    keys = ["--key", "key.pem", "--secrets", "secrets.json", "--out", "out"]
    assert main(["report", "both.ev1", "--registry", "registry.json", *keys]) == 0
    names = {path.name for path in (desk.folder / "out").iterdir()}
    assert names == {"recording-3", "recording-3-again-2"}


def test_templates_are_package_data():
    text = (Path(make.__file__).parents[2] / "pyproject.toml").read_text()
    assert '"kit.report" = ["templates/*"]' in text
