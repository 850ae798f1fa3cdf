"""AT commands from the asking side: bytes in, tokens out, one command outstanding at a time.

Separate because what a modem may say at any moment is a matter of its own, whatever it is asked
for. AtParser cuts bytes into lines and prompts; AtEngine tells the answer of the outstanding
command from what comes unasked, even in the middle of that answer. Follows ITU-T V.250 (lines,
results, echo), 3GPP TS 27.007 (errors, registration) and TS 27.005 (the prompt, lines in two
parts). Damage is a BadLine and a counter, never an exception. What is said and what it means
stands in the tables. Imports collections and micropython.
"""

from collections import namedtuple

from micropython import const

# -- tokens ----------------------------------------------------------------------------------

Line = namedtuple("Line", "text")  # of AtParser alone
Prompt = namedtuple("Prompt", "")  # the modem waits for the text of a message
BadLine = namedtuple("BadLine", "reason")  # "noise" | "long" | "unknown" | "late"
Reply = namedtuple("Reply", "result code lines")  # code: of CME and CMS, -1 where there is none
Urc = namedtuple("Urc", "name text pdu")  # text after the colon; pdu: its second line or ""
ModemRestarted = namedtuple("ModemRestarted", "said sure")  # sure: said first of all at a start
ModemDown = namedtuple("ModemDown", "said")

# Reply.result
OK = "OK"
ERROR = "ERROR"
CME = "CME"
CMS = "CMS"
ENDED = "ENDED"  # of a call: it was not answered, or is over

# -- tables ----------------------------------------------------------------------------------

_RESULTS = ("OK", "ERROR")
_CODED = (("+CME ERROR", CME), ("+CMS ERROR", CMS))
_CALL_RESULTS = ("NO CARRIER", "BUSY", "NO ANSWER", "NO DIALTONE")
_STARTED = ("RDY", "*ATREADY", "QCRDY")
# Said some time into a start, up to half a minute after the first answer: the listener must
# judge whether they belong to a start that it knows of.
_STARTING = ("+CFUN", "Call Ready", "SMS Ready", "SMS DONE", "PB DONE")
_DOWN = (
    "NORMAL POWER DOWN",
    "NORMAL POWER OFF",
    "UNDER-VOLTAGE POWER DOWN",
    "OVER-VOLTAGE POWER DOWN",
)
_REGISTRATIONS = ("+CREG", "+CGREG", "+CEREG")
_WITH_PDU = ("+CDS", "+CMT", "+CMGR", "+CMGL")
_UNASKED = _REGISTRATIONS + (
    "+CDS",
    "+CMT",
    "+CDSI",
    "+CMTI",
    "RING",
    "+CRING",
    "+CLIP",
    "+CPIN",
    "+CTZV",
    "+CTZE",
    "*PSUTTZ",
    "DST",
    "+CGEV",
    "VOICE CALL",
    "MISSED_CALL",
    "NO CARRIER",
)

LINE_MAX = const(512)  # the longest is a PDU of 176 + 12 octets in hex: 376 characters
LINES_MAX = const(16)  # of one answer: 8 messages of +CMGL, about 3 KB

_CR = const(13)
_LF = const(10)
_PROMPT = const(62)  # ">"


class AtParser:
    """Cuts what a modem sends into Line, Prompt and BadLine."""

    def __init__(self):
        self._line = bytearray(LINE_MAX)
        self._length = 0
        self._noise = False  # bytes that are no text have come
        self._long = False

    def feed(self, data):
        """The tokens that `data` completes, in order; how it is cut makes no difference.

        A prompt is a ">" that begins a line, with whatever tail: most send a space after it,
        some a line end (gammu#1176).
        """
        tokens = []
        for byte in data:
            if byte == _CR or byte == _LF:
                self._end(tokens)
            elif byte == _PROMPT and self._length == 0:
                self._clear()
                tokens.append(Prompt())
            elif 0x20 < byte < 0x7F or (byte == 0x20 and self._length):
                self._keep(byte)
            elif byte != 0x20:
                self._noise = True
                if self._length:
                    self._keep(0)
        return tokens

    def _keep(self, byte):
        if self._length == LINE_MAX:
            self._long = True
            return
        self._line[self._length] = byte
        self._length += 1

    def _end(self, tokens):
        length = self._length
        while length and self._line[length - 1] in b" \x00":
            length -= 1  # an echoed Ctrl-Z, or noise after the text: the text is whole
        line = bytes(self._line[:length])
        if self._long:
            tokens.append(BadLine("long"))
        elif b"\x00" in line or (self._noise and not line):
            tokens.append(BadLine("noise"))
        elif line:
            tokens.append(Line(str(line, "ascii")))
        self._clear()

    def _clear(self):
        self._length = 0
        self._noise = False
        self._long = False


class AtEngine:
    """Gives each line its meaning: for the outstanding command, or unasked.

    `lines` holds what the outstanding command has been answered so far; `bad_lines` counts what
    had no meaning.
    """

    def __init__(self):
        self._parser = AtParser()
        self._sent = None  # what was written last and may come back as echo
        self._prefix = None
        self._prompt = False
        self._header = None  # a Urc that waits for its second line
        self._row = False  # the last line of the answer waits for its second line
        self.lines = []
        self.bad_lines = 0

    def begin(self, command, prefix=None, prompt=False):
        """A command goes out: from now on results are its own.

        prefix: of its answer, such as "+CREG"; "" when it answers in bare lines, None when
        only with a result. prompt: it is answered with a prompt.
        """
        self._sent = command
        self._prefix = prefix
        self._prompt = prompt
        self._row = False
        self.lines = []

    def give(self, payload, prefix):
        """What the prompt asked for goes out; the same command stays outstanding."""
        self.begin(payload, prefix)

    def abandon(self):
        """Nothing is outstanding any more: a result that still comes is late."""
        self._sent = None
        self._prompt = False
        self._row = False

    def feed(self, data):
        """The tokens that `data` completes: Reply, Prompt, Urc, ModemRestarted, ..."""
        tokens = []
        for token in self._parser.feed(data):
            if isinstance(token, Line):
                token = self._classify(token.text)
            elif isinstance(token, Prompt):
                token = self._prompted()
            if isinstance(token, BadLine):
                self.bad_lines += 1
            if token is not None:
                tokens.append(token)
        return tokens

    def _prompted(self):
        if not self._prompt:
            return BadLine("late")
        self._prompt = False
        return Prompt()

    def _classify(self, line):
        """The token that a line is; None when it is part of something larger."""
        if self._sent is not None and line.endswith(self._sent):
            return None  # echo
        if (self._header is not None or self._row) and is_hex(line):
            return self._second(line)
        name, _, text = line.partition(":")
        token = self._result(line, name, text)
        if token is None:
            token = self._unasked(line, name, text.strip())
        if token is None:
            return None if self._answer(line, name) else BadLine("unknown")
        if isinstance(token, Urc) and name in _WITH_PDU:
            self._header = token
            return None
        return token

    def _second(self, line):
        """Join a PDU to the line that announced it; other lines may have come between."""
        header, self._header = self._header, None
        if header is not None:
            return Urc(header.name, header.text, line)
        self._row = False
        self.lines.append(line)
        return None

    def _result(self, line, name, text):
        """Reply, when the line ends the outstanding command; BadLine when there is none."""
        result = None
        if line in _RESULTS:
            result = line
        elif line in _CALL_RESULTS and self._sent is not None and self._sent.startswith("ATD"):
            result = ENDED
        for said, coded in _CODED:
            if name == said:
                result = coded
        if result is None:
            return None
        if self._sent is None or (result == OK and self._unanswered()):
            return BadLine("late")
        self.abandon()
        return Reply(result, number(text), self.lines)

    def _unanswered(self):
        """Whether an OK cannot be the outstanding command's: a prompt or a line must come first.

        It is then the late end of an earlier command, and without this rule every answer
        after it would be taken for the next command's.
        """
        return self._prompt or (self._sent.endswith("?") and self._prefix and not self.lines)

    def _unasked(self, line, name, text):
        """The token of a line that comes unasked; None when the line may be an answer."""
        if name in _STARTED:
            return ModemRestarted(name, 1)
        if line in _DOWN:
            return ModemDown(name)
        if name == self._prefix and self._sent is not None:
            if name not in _REGISTRATIONS or is_answer(text):
                return None
        if name in _STARTING:
            return ModemRestarted(name, 0)
        return Urc(name, text, "") if name in _UNASKED else None

    def _answer(self, line, name):
        """Whether the line belongs to the answer of the outstanding command."""
        if self._sent is None or self._prefix is None or self._prefix not in ("", name):
            return False
        self._row = name in _WITH_PDU and len(self.lines) < LINES_MAX
        if len(self.lines) < LINES_MAX:
            self.lines.append(line)
        return True


def is_answer(text):
    """Whether the text after +CREG: and the like answers a question.

    An answer begins with <n>,<stat>; unasked comes <stat>[,<lac>,<ci>[,<AcT>]] (TS 27.007
    7.2), and an area code has more digits than a state (FreeRTOS-Cellular#89).
    """
    values = arguments(text)
    return len(values) == 2 or (len(values) > 3 and len(values[1]) <= 2)


def arguments(text):
    """The values of a line after its colon, without quotes; a comma in quotes separates not."""
    values = []
    value = ""
    quoted = False
    for character in text:
        if character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            values.append(value.strip())
            value = ""
        else:
            value += character
    values.append(value.strip())
    return values


def number(text):
    """The decimal number that text is; -1 where it is none."""
    text = text.strip()
    return int(text) if text.isdigit() and len(text) <= 9 else -1


def is_hex(line):
    """Whether a line can be a PDU: an even count of hex digits, the shortest of 8 octets."""
    if len(line) < 16 or len(line) % 2:
        return False
    for character in line:
        if character not in "0123456789ABCDEFabcdef":
            return False
    return True
