"""The serial port of the virtual modem: characters to command lines, answers to bytes.

ITU-T V.250 section 5 for lines, echo and result codes; 27.005 section 3.5.1 for the prompt.
Separate from what commands mean. Answers come at true times: a few milliseconds for most, 20
for the prompt. Must not import firmware or lib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.devices.at_line import ERROR, Command, Reply, split_line
from simulator.edge import BITS_PER_BYTE

if TYPE_CHECKING:
    from simulator.devices.modem import Modem

LINE_MAX = 2048  # of a command line longer than this the rest is lost
CTRL_Z, ESC, CR = 0x1A, 0x1B, 0x0D
NUMERIC = {"OK": 0, "RING": 2, "NO CARRIER": 3, "ERROR": 4}
# Words of AT+CMEE=2 for the codes that this model gives.
CME_WORDS = {
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    14: "SIM busy",
    16: "incorrect password",
}


class Port:
    """Reads while it is not busy; what comes in the meantime waits."""

    def __init__(self, modem: Modem) -> None:
        self._modem = modem
        self.reset()

    def reset(self) -> None:
        """Power is gone: nothing half done remains."""
        self._input = bytearray()
        self._line = bytearray()
        self._busy = False
        self._pdu_octets: int | None = None
        self._todo: list[Command] = []
        self._kept_urcs: list[str] = []
        self._quiet_from_ms = self._quiet_until_ms = 0
        self.swallow = False  # the next answer is lost: the module is just awake

    # -- bytes in -------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        self._input += data
        self._consume()

    def _consume(self) -> None:
        while self._input and not self._busy:
            if self._pdu_octets is None:
                self._consume_line()
            else:
                self._consume_pdu()

    def _take(self, end: int) -> None:
        """Move input up to and with end (-1: all) to the line, echoed."""
        taken = bytes(self._input[: end + 1] if end >= 0 else self._input)
        del self._input[: len(taken)]
        if self._modem.basic["E"]:
            self.write(taken)
        self._line += taken

    def _consume_line(self) -> None:
        end = self._input.find(CR)
        self._take(end)
        if end < 0:
            del self._line[LINE_MAX:]
            return
        text = self._line.decode("latin-1").strip()
        self._line.clear()
        start = text.upper().find("AT")
        if start >= 0:
            self._execute(text[start + 2 :])

    def _consume_pdu(self) -> None:
        ends = [i for i in (self._input.find(CTRL_Z), self._input.find(ESC)) if i >= 0]
        self._take(min(ends, default=-1))
        if not ends:
            return
        text, last = self._line[:-1].decode("latin-1"), self._line[-1]
        self._line.clear()
        octets, self._pdu_octets = self._pdu_octets or 0, None
        if last == ESC:
            self.finish(Reply())
        else:
            self._busy = True
            self._modem.messages.submit(text.strip("\r\n"), octets)

    # -- commands -------------------------------------------------------------------------

    def _execute(self, line: str) -> None:
        self._busy = True
        commands = split_line(line)
        if commands is None:
            self._modem.power.later(ERROR.delay_ms, self.finish, ERROR)
            return
        self._todo = commands
        self._next_command()

    def _next_command(self) -> None:
        if not self._todo:
            self._modem.power.later(0, self.finish, Reply())
            return
        reply = self._modem.obey(self._todo.pop(0))
        self._modem.power.later(reply.delay_ms, self._say, reply)

    def _say(self, reply: Reply) -> None:
        if reply.final == "":
            self._modem.power.later(self._modem.faults.prompt_ms(), self._prompt)
        elif reply.final == "OK" and self._todo:
            if reply.lines:
                self.write(_lines(reply.lines))
            self._next_command()
        else:
            self._todo.clear()
            self.finish(reply)

    def expect_pdu(self, octets: int) -> None:
        """AT+CMGS: the prompt comes next, then so many octets of a PDU."""
        self._pdu_octets = octets

    def _prompt(self) -> None:
        self._busy = False
        self.write(b"\r\n> ")
        self._consume()

    # -- bytes out ------------------------------------------------------------------------

    def finish(self, reply: Reply) -> int:
        """Give the final result and read on; returns the ms at which its last byte is in."""
        end_ms = self.write(self.rendered(reply))
        self.swallow = False
        self.ready()
        return end_ms

    def ready(self) -> None:
        """Read on, without a result."""
        self._busy = False
        kept, self._kept_urcs = self._kept_urcs, []
        for line in kept:
            self.urc(line)
        self._consume()

    def rendered(self, reply: Reply) -> bytes:
        return _lines(reply.lines) + self._result(reply.final)

    def _result(self, final: str) -> bytes:
        basic = self._modem.basic
        if basic["Q"]:
            return b""
        level = self._modem.settings["+CMEE"][0]
        if final.startswith("+CME ERROR: "):
            code = int(final[12:])
            if level == 0:
                final = "ERROR"
            elif level == 2:
                final = "+CME ERROR: " + CME_WORDS.get(code, "unknown")
        if basic["V"] == 0 and final in NUMERIC:
            return f"{NUMERIC[final]}\r".encode()
        return f"\r\n{final}\r\n".encode("latin-1")

    def urc(self, line: str) -> None:
        """An unsolicited line: at once, but not into an open prompt, nor into the moment at
        which the result of a submission is due on the wire."""
        if self._pdu_octets is not None:
            self._kept_urcs.append(line)
            return
        data = _lines((line,))
        now_ms = self._modem.world.now_ms
        end_ms = now_ms + self.wire_ms(len(data)) + 1
        if self._quiet_from_ms <= end_ms and now_ms < self._quiet_until_ms:
            self._modem.power.later(self._quiet_until_ms - now_ms, self.urc, line)
        else:
            self.write(data)

    def reserve(self, delay_ms: int, for_ms: int) -> None:
        """Keep the wire free for a result that is due then."""
        self._quiet_from_ms = self._modem.world.now_ms + delay_ms
        self._quiet_until_ms = self._quiet_from_ms + for_ms

    def wire_ms(self, octets: int) -> int:
        return -(-octets * BITS_PER_BYTE * 1000 // self._modem.wire.device_baud)

    def write(self, data: bytes) -> int:
        """Send; returns the ms at which the last byte has arrived."""
        if self.swallow:
            return self._modem.world.now_ms
        return self._modem.faults.write(data)


def _lines(lines: tuple[str, ...]) -> bytes:
    return b"".join(f"\r\n{line}\r\n".encode("latin-1") for line in lines)
