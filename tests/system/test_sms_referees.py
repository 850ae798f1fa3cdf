"""Our codec against others: python-gsmmodem, vectors of gammu and smstools, gammu's own pairs.

The pairs are `sms/gammu/NN.{backup,dump}` of the data folder (GALET_DATA, else
../shared/data); without it that test is skipped by name.
"""

import json
import os
import random
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import gsm7
import pytest
import tpdu
from gsmmodem import pdu as referee
from harness import depth

from tools.require_vm import vm_binary

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("GALET_DATA") or ROOT.parent / "shared/data")
PAIRS = DATA / "sms/gammu"

JULIE = "+33639980001"
NUMBERS = (JULIE, "+447700900123", "3114", "0639980001", "+8615012345678901")

# python-gsmmodem 0.13 is wrong about these: it has "`" at the code of "§" and "ÿ" at that of
# the form feed, drops a final "@" when it fills the last octet, and does not join the two
# units of a character beyond the first 65536 (joined below).
UNKNOWN_TO_THE_REFEREE = "§`\fÿ@\x1b"
ALPHABET = [
    c for c in gsm7._ALPHABET + gsm7._EXTENSION if c not in UNKNOWN_TO_THE_REFEREE + "\uffff"
]
BEYOND = "çêœ✓Жא漢😀"


def judged(unit):
    """What the referee reads in one of our units."""
    read = referee.decodeSmsPdu(tpdu.to_line(unit))
    read["text"] = read["text"].encode("utf-16", "surrogatepass").decode("utf-16")
    return read


def text_of(rng, longest):
    """A random text: most of it in the alphabet, a third of the time with more."""
    letters = ALPHABET + list(BEYOND) if rng.random() < 0.33 else ALPHABET
    return "".join(rng.choice(letters) for _ in range(rng.randrange(longest)))


# -- our units, their reading ----------------------------------------------------------------


def test_alert_texts_are_read_as_meant():
    rng = random.Random(1)
    for _ in range(depth(20000)):
        text, number = text_of(rng, 165), rng.choice(NUMBERS)
        report, minutes = rng.randrange(2), rng.choice((5, 240, 1440, 2880, 50400))
        read = judged(tpdu.submit(number, text, report, minutes))
        sent = gsm7.decode(gsm7.clip(gsm7.encode(gsm7.transliterate(text)), 160))
        assert read["type"] == "SMS-SUBMIT"
        assert (read["number"], read["text"]) == (number, sent)
        assert read["validity"] == timedelta(minutes=minutes)


def test_parts_are_read_as_meant():
    rng = random.Random(2)
    for _ in range(depth(20000)):
        text, ref = text_of(rng, 500), rng.randrange(256)
        units = tpdu.submit_parts(JULIE, text, 1, 240, ref)
        read = [judged(unit) for unit in units]
        assert "".join(one["text"] for one in read) == text
        for index, one in enumerate(read):
            headers = [(h.reference, h.parts, h.number) for h in one.get("udh", [])]
            assert headers == ([(ref, len(units), index + 1)] if len(units) > 1 else [])


# -- their units, our reading ----------------------------------------------------------------


def test_what_the_referee_writes():
    rng = random.Random(3)
    for _ in range(depth(20000)):
        text, number, ref = text_of(rng, 300), rng.choice(NUMBERS), rng.randrange(256)
        text = "".join(c for c in text if ord(c) < 0x10000)  # it cannot write these
        written = referee.encodeSmsSubmitPdu(number, text, ref, timedelta(hours=4))
        units = [tpdu.from_line(str(one)) for one in written]
        assert "".join(unit.text for unit in units) == text
        for unit in units:
            assert (unit.number, unit.ref, unit.report) == (number, ref, 1)
            assert unit.validity_min == 240
        if len(written) == 1 and number[0] == "+":  # to others it says "national"
            ours = tpdu.submit_parts(number, text, 1, 240, ref)
            assert [tpdu.to_line(unit) for unit in ours] == [str(one) for one in written]


# (what wrote it, PDU, number, text, report, validity in minutes): facts, "SMS encoding"
VECTORS = (
    (
        "gammu",
        "0011000B913316325476F80000FF0B4176594E2F83E8E5391D",
        "+33612345678",
        "Alerte test",
        0,
        635040,
    ),
    (
        "smstools",
        "0011000B913316325476F80000FF0EF3F69CFE7EB3E7A0F27C1E4E03",
        "+33612345678",
        "smstools essai",
        0,
        635040,
    ),
    (
        "ModemManager",
        "0021000B913316325476F8000008ED36A83C9F87D3",
        "+33612345678",
        "mm essai",
        1,
        None,
    ),
    (
        "python-gsmmodem",
        "0021000B913316325476F800000EE779BBFD2697DBA0F27C1E4E03",
        "+33612345678",
        "gsmmodem essai",
        1,
        None,
    ),
)


def test_vectors():
    for name, line, number, text, report, validity_min in VECTORS:
        unit = tpdu.from_line(line)
        assert isinstance(unit, tpdu.Submit), name
        assert (unit.number, unit.text) == (number, text), name
        assert (unit.report, unit.validity_min) == (report, validity_min), name
        if validity_min is not None:  # the form that we send: written again, it is the same
            again = tpdu.submit(number, text, report, validity_min)
            assert tpdu.to_line(again) == line, name


# -- gammu's pairs ---------------------------------------------------------------------------

# file -> why number, text or coding may differ; so far nothing has to be excused
EXCEPTIONS: dict[str, str] = {}
CODINGS = {"Default": "gsm7", "Unicode": "ucs2", "8bit": "8bit"}


def backup_of(path):
    """The fields of a backup; the text of its TextNN lines in hex of UCS-2."""
    fields = {}
    text = ""
    for line in path.read_text().splitlines():
        name, found, value = line.partition(" = ")
        if found and name.startswith("Text"):
            text += value
        elif found:
            fields[name] = value.strip('"')
    fields["text"] = bytes.fromhex(text).decode("utf-16-be")
    return fields


def pairs():
    dumps = sorted(PAIRS.glob("*.dump"), key=lambda path: int(path.stem))
    return [(path.stem, backup_of(path.with_suffix(".backup")), path) for path in dumps]


needs_pairs = pytest.mark.skipif(
    not PAIRS.is_dir(), reason=f"gammu's pairs are not here: {PAIRS} (set GALET_DATA)"
)


@needs_pairs
def test_gammu_pairs_are_read_as_gammu_means_them():
    wrong = []
    for name, backup, path in pairs():
        if name in EXCEPTIONS:
            continue
        line = path.read_text().strip()
        unit = tpdu.from_line(line)
        assert isinstance(unit, (tpdu.Submit, tpdu.Deliver)), name
        # gammu keeps the whole text; its driver sends what one unit holds, transliterated.
        sent = backup["text"][:70]
        if unit.coding == "gsm7":
            sent = gsm7.transliterate(backup["text"])[:160]
        if (unit.number, unit.text) != (backup["Number"], sent):
            wrong.append(name)
        if unit.coding != CODINGS[backup["Coding"]]:
            wrong.append(name + " coding")
    assert not wrong
    assert set(EXCEPTIONS) <= {name for name, _, _ in pairs()}
    assert len(pairs()) >= 97 or DATA != ROOT.parent / "shared/data"


@needs_pairs
def test_gammu_pairs_are_written_again_octet_by_octet():
    checked = 0
    for name, backup, path in pairs():
        line = path.read_text().strip()
        unit = tpdu.from_line(line)
        if name in EXCEPTIONS or not isinstance(unit, tpdu.Submit) or unit.validity_min is None:
            continue  # not a form that we send
        if unit.coding == "gsm7":
            ours = tpdu.submit(unit.number, backup["text"], unit.report, unit.validity_min)
        elif gsm7.encode(unit.text) is None:
            ours = tpdu.submit_parts(unit.number, unit.text, unit.report, unit.validity_min)[0]
        else:
            continue  # we send as UCS-2 only what the alphabet lacks
        assert ours.hex().upper() == line[2 * (1 + int(line[:2], 16)) :].upper(), name
        checked += 1
    assert checked >= 60 or DATA != ROOT.parent / "shared/data"


# -- the command line ------------------------------------------------------------------------


def sms_tool(task, lines, host):
    run = subprocess.run(
        [sys.executable, "-m", "tools.sms", task, "--host", host, "--json"],
        input="".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines),
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    return run.returncode, [json.loads(line) for line in run.stdout.splitlines()], run.stderr


HOSTS = [
    "cpython",
    pytest.param(
        "micropython", marks=pytest.mark.skipif(not vm_binary(), reason="no MicroPython VM here")
    ),
]


@pytest.mark.parametrize("host", HOSTS)
def test_tool_round_trip(host):
    rng = random.Random(4)
    messages = [
        {
            "to": rng.choice(NUMBERS),
            "text": text_of(rng, 400),
            "report": rng.random() < 0.5,
            "ref": rng.randrange(256),
        }
        for _ in range(depth(5000))
    ]
    code, units, errors = sms_tool("encode", messages, host)
    assert (code, errors) == (0, "")
    for message, line in zip(messages, units, strict=True):
        read = [referee.decodeSmsPdu("00" + unit) for unit in line["tpdus"]]
        text = "".join(one["text"] for one in read)
        assert text.encode("utf-16", "surrogatepass").decode("utf-16") == message["text"]
    code, again, errors = sms_tool("decode", units, host)
    assert (code, errors) == (0, "")
    assert again == messages


# (task, lines, what the one line of the error says)
WRONG = (
    ("encode", [{"to": "+33639980001", "text": "a"}, {"to": "x", "text": "a"}], "line 2: to: "),
    ("encode", [{"text": "a"}], "line 1: to: missing"),
    ("encode", [{"to": "1", "text": 5}], "line 1: text: of the wrong type"),
    ("encode", [{"to": "1", "text": "a", "ref": 256}], "line 1: ref: not 0 to 255"),
    ("encode", [[]], "line 1: not an object"),
    ("encode", [{"to": "1", "text": "a", "ref": True}], "line 1: ref: of the wrong type"),
    ("encode", [{"to": "1", "text": "a", "report": 2}], "line 1: report: not true or false"),
    ("encode", [{"to": "1", "text": "a", "validity_min": -5}], "line 1: validity_min: not 1 to"),
    (
        "encode",
        [{"to": "1", "text": "a", "re\nf": 7}],
        "line 1: re?f: unknown key; known here: to",
    ),
    ("encode", [{"to": "1", "text": "a", "ref": float("nan")}], "line 1: not JSON (NaN is no"),
    ("decode", [{"tpdus": ["1100"], "to": "1"}], "line 1: to: unknown key; known here: tpdus"),
    ("decode", [{"tpdus": []}], "line 1: tpdus: empty"),
    ("decode", [{"tpdus": ["zz"]}], "line 1: tpdus: unit 1 is damaged (hex)"),
    ("decode", [{"tpdus": ["1100"]}], "line 1: tpdus: unit 1 is damaged (short)"),
    ("decode", [{"tpdus": 2 * [VECTORS[0][1]]}], "line 1: tpdus: not the parts of one message"),
)


@pytest.mark.parametrize("host", HOSTS)
def test_tool_errors(host):
    for task, lines, said in WRONG:
        code, _, errors = sms_tool(task, lines, host)
        assert code == 2, lines
        assert errors.startswith("tools.sms: " + said) and errors.count("\n") == 1, errors


def test_tool_reads_units_with_and_without_a_centre():
    bare = VECTORS[0][1][2:]
    centres = ("", "00", "07913336990800F0", "0A81" + "12" * 9)
    code, read, _ = sms_tool(
        "decode", [{"tpdus": [centre + bare]} for centre in centres], "cpython"
    )
    assert code == 0 and [one["text"] for one in read] == ["Alerte test"] * 4


def tool(*arguments, text="", **env):
    return subprocess.run(
        [sys.executable, "-m", "tools.sms", *map(str, arguments)],
        input=text,
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, **env},
        timeout=60,
    )


def test_tool_takes_its_arguments_in_any_order(tmp_path):
    path = tmp_path / "lines"
    path.write_text('{"to": "+33639980001", "text": "OK"}\n')
    orders = (
        ("encode", path, "--json"),
        ("encode", "--json", path),
        ("--json", "encode", "--host", "cpython", path),
    )
    said = [tool(*order) for order in orders]
    assert {done.stdout for done in said} == {'{"tpdus": ["11000B913336990800F100002F02CF25"]}\n'}


# (arguments, stdin, what the one line begins with)
USAGES = (
    ((), "", "tools.sms: the following arguments are required: task"),
    (("fly",), "", "tools.sms: argument task: invalid choice: 'fly'"),
    (("decode", "--colour"), "", "tools.sms: unrecognized arguments: --colour"),
    (("decode",), "[" * 100_000, "tools.sms: line 1: nested too deeply"),
    (("decode", "/dev/zero"), "", "tools.sms: /dev/zero: is no file"),
    (("decode", "."), "", "tools.sms: .: is no file"),
)


@pytest.mark.parametrize("arguments,text,begins", USAGES, ids=[row[2][11:40] for row in USAGES])
def test_tool_complains_in_one_line(arguments, text, begins):
    done = tool(*arguments, text=text)
    assert done.returncode == 2 and done.stdout == ""
    assert done.stderr.startswith(begins) and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize("named", ("/bin/true", "/tmp", "/no/such/vm"))
def test_tool_refuses_what_is_no_micropython(named):
    done = tool("encode", "--host", "micropython", text="{}", MICROPYTHON=named)
    assert done.returncode == 2 and done.stdout == ""
    assert named in done.stderr and done.stderr.count("\n") == 1


def test_tool_help_has_an_example_that_works():
    run = subprocess.run(
        [sys.executable, "-m", "tools.sms", "--help"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert run.returncode == 0
    typed, wanted = run.stdout.split("example:\n")[1].splitlines()[:3][0], "31070B913336990800F1"
    message = json.loads(typed.split("'")[1])
    code, units, _ = sms_tool("encode", [message], "cpython")
    assert code == 0 and units[0]["tpdus"][0].startswith(wanted) and wanted in run.stdout


def test_tool_names_a_missing_file():
    run = subprocess.run(
        [sys.executable, "-m", "tools.sms", "decode", "/nowhere"],
        check=False,
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert run.returncode == 2
    assert run.stderr == "tools.sms: /nowhere: No such file or directory\n"
