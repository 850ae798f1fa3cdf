"""at: lines, prompts, answers and what comes unasked, however the bytes are cut."""

import at
from harness import Rng, depth, pieces

SENT = "0031000B913336990800F100002F02CF25"
PDU = "07913336990800F006D50B913336990800F1621122414290406211224152804000"


def heard(data, command=None, prefix=None, prompt=False, chunks=None):
    """The tokens of `data` while a command is outstanding."""
    engine = at.AtEngine()
    if command is not None:
        engine.begin(command, prefix, prompt)
    tokens = []
    for chunk in [data] if chunks is None else chunks:
        tokens += engine.feed(chunk)
    return tokens


# -- lines -----------------------------------------------------------------------------------

LINES = (
    (b"OK\r\n", [at.Line("OK")]),
    (b"\r\nOK\r\n", [at.Line("OK")]),
    (b"\n\n\rOK\r\r", [at.Line("OK")]),
    (b"  OK  \r", [at.Line("OK")]),
    (b"OK", []),
    (b"> ", [at.Prompt()]),
    (b"\r\n> ", [at.Prompt()]),
    (b"\r\n>\r\n", [at.Prompt()]),
    (b"\x00>\r\n", [at.Prompt()]),
    (b"> \r\n0011\x1a\r\nOK\r\n", [at.Prompt(), at.Line("0011"), at.Line("OK")]),
    (b"+X: a > b\r", [at.Line("+X: a > b")]),
    (b"\xff\x00OK\r", [at.Line("OK")]),
    (b"OK\x1a\r", [at.Line("OK")]),
    (b"O\xffK\r", [at.BadLine("noise")]),
    (b"\xff\xfe\r", [at.BadLine("noise")]),
    (b"\xff\r\nOK\r", [at.BadLine("noise"), at.Line("OK")]),
    (b"x" * at.LINE_MAX + b"\r", [at.Line("x" * at.LINE_MAX)]),
    (b"x" * (at.LINE_MAX + 1) + b"\rOK\r", [at.BadLine("long"), at.Line("OK")]),
    (b"x" * 5000 + b"\rOK\r", [at.BadLine("long"), at.Line("OK")]),
)


def test_lines():
    for data, tokens in LINES:
        assert at.AtParser().feed(data) == tokens, data


def test_lines_cut_anywhere():
    for data, tokens in LINES:
        for cut in range(0, len(data), 1 + len(data) // 50):
            parser = at.AtParser()
            assert parser.feed(data[:cut]) + parser.feed(data[cut:]) == tokens, (data, cut)


# -- answers ---------------------------------------------------------------------------------


def ok(*lines):
    return at.Reply("OK", -1, list(lines))


CREG = '+CREG: 2,1,"1A2B","0123456",7'

# (name, command, prefix, prompt, bytes, tokens)
ANSWERS = (
    ("ok", "AT", None, False, b"\r\nOK\r\n", [ok()]),
    ("echo on", "AT", None, False, b"AT\r\r\nOK\r\n", [ok()]),
    ("echo after noise", "AT", None, False, b"\xffAT\r\r\nOK\r\n", [ok()]),
    ("no line ends before", "AT", None, False, b"OK\r", [ok()]),
    ("error", "AT+X", None, False, b"\r\nERROR\r\n", [at.Reply("ERROR", -1, [])]),
    ("cme", "AT+X", None, False, b"\r\n+CME ERROR: 14\r\n", [at.Reply("CME", 14, [])]),
    ("cms", "AT+X", None, False, b"\r\n+CMS ERROR: 500\r\n", [at.Reply("CMS", 500, [])]),
    ("cms without space", "AT+X", None, False, b"+CMS ERROR:38\r", [at.Reply("CMS", 38, [])]),
    ("cms in words", "AT+X", None, False, b"+CMS ERROR: SIM busy\r", [at.Reply("CMS", -1, [])]),
    ("cms cut off", "AT+X", None, False, b"\r\n+CMS ERROR:\r\n", [at.Reply("CMS", -1, [])]),
    ("cms glued", "AT+X", None, False, b"+CMS ERROR: AT+CMGF=0\r", [at.Reply("CMS", -1, [])]),
    ("line", "AT+CSQ", "+CSQ", False, b"+CSQ: 21,99\r\nOK\r\n", [ok("+CSQ: 21,99")]),
    ("bare line", "AT+CGMR", "", False, b"\r\nA7670\r\n\r\nOK\r\n", [ok("A7670")]),
    ("prompt", "AT+CMGS=9", None, True, b"\r\n> ", [at.Prompt()]),
    ("prompt, no space", "AT+CMGS=9", None, True, b"\r\n>\r\n", [at.Prompt()]),
    ("prompt with echo", "AT+CMGS=9", None, True, b"AT+CMGS=9\r\r\n> ", [at.Prompt()]),
    ("refused", "AT+CMGS=9", None, True, b"+CMS ERROR: 304\r", [at.Reply("CMS", 304, [])]),
    ("sent", SENT, "+CMGS", False, b"\r\n+CMGS: 12\r\n\r\nOK\r\n", [ok("+CMGS: 12")]),
    (
        "sent, echo",
        SENT,
        "+CMGS",
        False,
        SENT.encode() + b"\x1a\r\n+CMGS: 7\r\nOK\r\n",
        [ok("+CMGS: 7")],
    ),
    (
        "stored",
        "AT+CMGR=1",
        "+CMGR",
        False,
        b"+CMGR: 0,,24\r\n" + PDU.encode() + b"\r\n\r\nOK\r\n",
        [ok("+CMGR: 0,,24", PDU)],
    ),
    ("none stored", "AT+CMGL=4", "+CMGL", False, b"\r\nOK\r\n", [ok()]),
    ("call ended", "ATD123;", None, False, b"\r\nNO CARRIER\r\n", [at.Reply("ENDED", -1, [])]),
    ("busy", "ATD123;", None, False, b"\r\nBUSY\r\n", [at.Reply("ENDED", -1, [])]),
    # What would put every later answer one command behind, were it taken for the answer:
    (
        "late ok before a prompt",
        "AT+CMGS=9",
        None,
        True,
        b"OK\r\n> ",
        [at.BadLine("late"), at.Prompt()],
    ),
    (
        "late ok before a line",
        "AT+CREG?",
        "+CREG",
        False,
        b"OK\r\n+CREG: 2,1\r\nOK\r\n",
        [at.BadLine("late"), ok("+CREG: 2,1")],
    ),
    ("late prompt", "AT", None, False, b"> \r\nOK\r\n", [at.BadLine("late"), ok()]),
    ("unknown line", "AT", None, False, b"*XYZ: 1\r\nOK\r\n", [at.BadLine("unknown"), ok()]),
    # A message whose text is OK cannot end an answer: it is hex (MKRGSM#104).
    ("registered", "AT+CREG?", "+CREG", False, CREG.encode() + b"\r\nOK\r\n", [ok(CREG)]),
)


def test_answers():
    for name, command, prefix, prompt, data, tokens in ANSWERS:
        assert heard(data, command, prefix, prompt) == tokens, name


def test_answers_cut_anywhere():
    for name, command, prefix, prompt, data, tokens in ANSWERS:
        for cut in range(1, len(data)):
            chunks = [data[:cut], data[cut:]]
            assert heard(data, command, prefix, prompt, chunks) == tokens, (name, cut)


# Comes at any moment: (bytes, token)
UNASKED = (
    (b"\r\nRING\r\n", at.Urc("RING", "", "")),
    (b'\r\n+CMTI: "SM",3\r\n', at.Urc("+CMTI", '"SM",3', "")),
    (b'\r\n+CDSI: "SR",1\r\n', at.Urc("+CDSI", '"SR",1', "")),
    (b"\r\n+CDS: 25\r\n" + PDU.encode() + b"\r\n", at.Urc("+CDS", "25", PDU)),
    (b"\r\n+CMT: ,25\r\n\r\n" + PDU.encode() + b"\r\n", at.Urc("+CMT", ",25", PDU)),
    (
        b'\r\n+CLIP: "+33639980001",145,"",,"",0\r\n',
        at.Urc("+CLIP", '"+33639980001",145,"",,"",0', ""),
    ),
    (b"\r\n+CREG: 2\r\n", at.Urc("+CREG", "2", "")),
    (b'\r\n+CREG: 1,"1A2B","0123456",7\r\n', at.Urc("+CREG", '1,"1A2B","0123456",7', "")),
    (b"\r\n+CPIN: SIM REMOVED\r\n", at.Urc("+CPIN", "SIM REMOVED", "")),
    (
        b'\r\n*PSUTTZ: 2026,11,22,14,24,09,"+4",0\r\n',
        at.Urc("*PSUTTZ", '2026,11,22,14,24,09,"+4",0', ""),
    ),
    (b"\r\nNO CARRIER\r\n", at.Urc("NO CARRIER", "", "")),
    (b"\r\nRDY\r\n", at.ModemRestarted("RDY", 1)),
    (b"\r\n*ATREADY: 1\r\n", at.ModemRestarted("*ATREADY", 1)),
    (b"\r\nQCRDY\r\n", at.ModemRestarted("QCRDY", 1)),
    (b"\r\n+CFUN: 1\r\n", at.ModemRestarted("+CFUN", 0)),
    (b"\r\nSMS Ready\r\n", at.ModemRestarted("SMS Ready", 0)),
    (b"\r\nPB DONE\r\n", at.ModemRestarted("PB DONE", 0)),
    (b"\r\nNORMAL POWER DOWN\r\n", at.ModemDown("NORMAL POWER DOWN")),
    (b"\r\nUNDER-VOLTAGE POWER DOWN\r\n", at.ModemDown("UNDER-VOLTAGE POWER DOWN")),
)


def test_unasked_when_nothing_was_asked():
    for data, token in UNASKED:
        assert heard(data) == [token], data


def line_ends(data):
    """Where another line may come between."""
    return [i + 2 for i in range(len(data) - 1) if data[i : i + 2] == b"\r\n"]


def test_unasked_inside_every_answer():
    for name, command, prefix, prompt, data, tokens in ANSWERS:
        for place in [0] + line_ends(data):
            for urc, token in UNASKED:
                if name == "call ended" and token == at.Urc("NO CARRIER", "", ""):
                    continue
                if (
                    (prefix == "+CREG" or name == "busy")
                    and token.__class__ is at.Urc
                    and token.name in ("+CREG", "NO CARRIER")
                ):
                    continue  # tested below
                mixed = heard(data[:place] + urc + data[place:], command, prefix, prompt)
                found = [t for t in mixed if t != token]
                assert found == tokens and len(mixed) == len(tokens) + 1, (name, place, token)


# What "+CREG: ..." is while AT+CREG? is outstanding: (text, 1 the answer, 0 unasked)
REGISTRATIONS = (
    ("2", 0),
    ("0,1", 1),
    ("2,1", 1),
    ("2,11", 1),
    ('1,"1A2B","0123456"', 0),
    ('2,1,"1A2B","0123456"', 1),
    ('1,"1A2B","0123456",7', 0),
    ('2,1,"1A2B","0123456",7', 1),
    ("2,5,1A2B,0123456,7", 1),
    ("5,1A2B,0123456,7", 0),
    ('3,"1A2B","0123456",7,0,15', 0),
    ("", 0),
)


def test_registration_told_or_answered():
    for text, answer in REGISTRATIONS:
        for name in ("+CREG", "+CGREG", "+CEREG"):
            line = "%s: %s" % (name, text)
            data = ("\r\n" + line + "\r\n\r\nOK\r\n").encode()
            tokens = heard(data, "AT" + name + "?", name)
            if answer:
                assert tokens == [ok(line)], line
            else:
                assert tokens[0] == at.Urc(name, text, ""), line


def test_second_line_that_is_lost():
    torn = b"+CDS: 25\r\n\xff\xff\r\n+CDS: 25\r\n" + PDU.encode() + b"\r\n"
    assert heard(torn) == [at.BadLine("noise"), at.Urc("+CDS", "25", PDU)]
    assert heard(PDU.encode() + b"\r\n") == [at.BadLine("unknown")]
    torn = b"+CMGR: 0,,24\r\n\xff\xff\r\nOK\r\n" + PDU.encode() + b"\r\n"
    assert heard(torn, "AT+CMGR=1", "+CMGR") == [
        at.BadLine("noise"),
        ok("+CMGR: 0,,24"),
        at.BadLine("unknown"),
    ]


def test_after_giving_up_everything_is_late():
    engine = at.AtEngine()
    engine.begin("AT+CSQ", "+CSQ")
    engine.abandon()
    assert engine.feed(b"+CSQ: 21,99\r\nOK\r\n") == [at.BadLine("unknown"), at.BadLine("late")]
    assert engine.bad_lines == 2


def test_an_answer_is_bounded():
    engine = at.AtEngine()
    engine.begin("AT+CMGL=4", "+CMGL")
    for index in range(100):
        engine.feed(b"+CMGL: %d,0,,24\r\n" % index + PDU.encode() + b"\r\n")
    reply = engine.feed(b"OK\r\n")[-1]
    assert len(reply.lines) == at.LINES_MAX
    assert reply.lines[0] == "+CMGL: 0,0,,24" and reply.lines[-1] == PDU


ARGUMENTS = (
    ("1,2", ["1", "2"]),
    (' "a,b" , 3', ["a,b", "3"]),
    ("", [""]),
    ('"', [""]),
    (",,", ["", "", ""]),
)


def test_arguments():
    for text, values in ARGUMENTS:
        assert at.arguments(text) == values, text
    for text, number in (("12", 12), (" 7 ", 7), ("", -1), ("-3", -1), ("x", -1), ("1" * 10, -1)):
        assert at.number(text) == number, text


# -- chunks and fuzz -------------------------------------------------------------------------

DIALOGUE = b"".join([row[4] for row in ANSWERS] + [data for data, _ in UNASKED])


def test_chunks_make_no_difference():
    whole = heard(DIALOGUE, "AT+CREG?", "+CREG")
    single = [DIALOGUE[i : i + 1] for i in range(len(DIALOGUE))]
    assert heard(DIALOGUE, "AT+CREG?", "+CREG", False, single) == whole
    for seed in range(20):
        chunks = pieces(DIALOGUE, Rng(seed))
        assert heard(DIALOGUE, "AT+CREG?", "+CREG", False, chunks) == whole


NAMES = ("OK", "ERROR", "+CMS ERROR", "+CREG", "+CDS", "+CMGR", "+CMGS", "RING", "> ", "RDY", "AT")
TAILS = ("", ": ", ": 1", ': 2,1,"1A2B","C",7', ": ,25", "=1", ":,,", ': "', ": " + "9" * 40)
ENDS = (b"\r\n", b"\r", b"\n", b"\r\n\r\n", b"", b"\x1a", b"\x00\r\n")


def grammatical(rng):
    data = b""
    for _ in range(1 + rng.below(12)):
        data += (rng.choice(NAMES) + rng.choice(TAILS)).encode() + rng.choice(ENDS)
        if rng.chance(20):
            data += PDU[: 2 * rng.below(len(PDU) // 2)].encode() + b"\r\n"
    return data[:600]


def mutated(rng):
    start = rng.below(len(DIALOGUE))
    data = bytearray(DIALOGUE[start : start + 1 + rng.below(600)])
    for _ in range(1 + rng.below(8)):
        data[rng.below(len(data))] = rng.below(256)
    return bytes(data)


def test_fuzz():
    rng = Rng(5)
    asked = (
        ("AT", None, False),
        ("AT+CREG?", "+CREG", False),
        ("AT+CMGS=9", None, True),
        ("AT+CMGL=4", "+CMGL", False),
        ("AT+CGMR", "", False),
    )
    engine = at.AtEngine()
    for i in range(depth(100000)):
        data = (rng.bytes(1 + rng.below(600)), mutated(rng), grammatical(rng))[i % 3]
        engine.begin(*rng.choice(asked))
        bad = engine.bad_lines
        tokens = []
        for chunk in pieces(data, rng):
            tokens += engine.feed(chunk)
            assert len(engine.lines) <= at.LINES_MAX
        damaged = [t for t in tokens if isinstance(t, at.BadLine)]
        assert len(damaged) <= engine.bad_lines - bad  # each is counted
        engine.abandon()
        engine.feed(b"\r\n\r\n")
        engine.begin("AT+CREG?", "+CREG")
        assert engine.feed(b"\r\n+CREG: 2,1\r\n\r\nOK\r\n")[-1] == ok("+CREG: 2,1")
