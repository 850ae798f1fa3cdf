"""The virtual modem: an A7670E as its serial line and its five pins show it.

Written from ITU-T V.250 (command lines), 3GPP TS 27.007 and 27.005 (commands, in at_general
and at_sms), SIMCom's A76XX manual and the project's facts about real modules. It judges the
firmware, so it must not import firmware or lib.

Answers are bytes on the wire at true times: a few milliseconds for most, 20 ms for the
prompt, and for a submission exactly the network's time from the 0x1A byte to the last byte
of OK, the time on the wire included.
"""

from __future__ import annotations

from typing import Any

from simulator.dates import to_datetime
from simulator.devices import at_general, at_sms, sms_pdu
from simulator.devices.at_line import (
    ERROR,
    Command,
    Reply,
    cme,
    cms,
    settle,
    split_line,
)
from simulator.devices.call import Call
from simulator.devices.modem_faults import ModemFaults
from simulator.devices.modem_power import Power
from simulator.edge import BITS_PER_BYTE, Line, Wire
from simulator.network import Network, Submission
from simulator.world import World

LINE_MAX = 2048  # a command line longer than this is an ERROR
WAKE_MS = 50  # DTR low for so long before the UART listens again
DOZE_MS = 1000  # DTR high for so long before the module really sleeps
RI_PULSE_MS = 120
ACK_MS = 15_000  # phase 2+: a report not acknowledged by then switches reports off
RETRY_FULL_MS = 30_000
SUPPLY_MV = 3800
CTRL_Z, ESC, CR = 0x1A, 0x1B, 0x0D
BASIC = {"E": 1, "V": 1, "Q": 0, "X": 4, "&C": 1, "&D": 2, "S0": 0}
NUMERIC = {"OK": 0, "RING": 2, "NO CARRIER": 3, "ERROR": 4}
# Words of AT+CMEE=2 for the codes that this model gives.
CME_WORDS = {
    10: "SIM not inserted",
    11: "SIM PIN required",
    12: "SIM PUK required",
    14: "SIM busy",
    16: "incorrect password",
}


class Sim:
    """The card: whether it is there, has been read, and is unlocked."""

    def __init__(self, pin: str = "") -> None:
        self.present, self.readable, self.pin = True, False, pin
        self.open, self.tries_left = pin == "", 3

    def state(self) -> str:
        if self.open:
            return "READY"
        return "SIM PIN" if self.tries_left else "SIM PUK"


class Modem:
    """One module on a Wire; `lines` by role, None where the board has no such pin."""

    commands = (*at_general.SETTINGS, *at_general.TABLE, *at_sms.TABLE)

    def __init__(
        self,
        world: World,
        wire: Wire,
        lines: dict[str, Line | None],
        network: Network,
        on: bool = True,
        sim_pin: str = "",
    ) -> None:
        self.world, self.wire, self.network = world, wire, network
        self.rng = world.rng("modem")
        self.sim, self.store, self.call = Sim(sim_pin), at_sms.Store(), Call(self)
        self.faults = ModemFaults(self)
        self.memories = ["SM", "SM", "SM"]
        self.centre = "+33639980000"
        self.restore_defaults()
        self._clock: tuple[int, int, int] | None = None  # utc_s, quarters, at_ms
        self._reference = self.rng.randrange(256)
        self._input = bytearray()
        self._line = bytearray()
        self._busy = False
        self._pdu_octets: int | None = None
        self._todo: list[Command] = []
        self._kept_urcs: list[str] = []
        self._quiet_from_ms = self._quiet_until_ms = 0
        self._direct: list[tuple[bytes, bool]] = []
        self._ack_due = 0
        self._messages_ready = False
        self.function = 1
        self._dtr = lines.get("modem_dtr")
        self._ri = lines.get("modem_ri")
        self._dtr_high_ms: int | None = None
        self._awake_ms = 0
        self._swallow = False
        if self._dtr is not None:
            self._dtr.watch(self._dtr_changed)
        self.ri_high()
        wire.device_rx = self._receive
        network.modem = self
        self.power = Power(self, lines)
        if on:
            self._start_on()

    def _start_on(self) -> None:
        """As an earlier run left it: registered, its clock set by the network."""
        self.power.start_on()
        self.sim.readable = self._messages_ready = True
        self.settings["+CTZU"][0] = 1
        self.network.start_registered()
        if self.network.registered and self.network.nitz:
            self._clock = (self.world.utc_s(), self.network.quarters(), self.world.now_ms)

    # -- what power and commands change ---------------------------------------------------

    def restore_defaults(self) -> None:
        """After power-on and AT&F; AT+CTZU is kept by the module itself."""
        kept = self.settings["+CTZU"] if hasattr(self, "settings") else [0]
        self.settings = {name: list(s.default) for name, s in at_general.SETTINGS.items()}
        self.settings["+CTZU"] = kept
        self.basic = dict(BASIC)
        self.reporting = dict.fromkeys(at_general.REGISTRATIONS, 0)
        self.operator_format = 0
        self.character_set = "IRA"
        self.text_parameters = "17,167,0,0"
        self.show_caller = 0
        self.service = 0

    def stopped(self) -> None:
        """Power is gone: nothing of the running program remains."""
        self._input.clear()
        self._line.clear()
        self._todo.clear()
        self._kept_urcs.clear()
        self._direct.clear()
        self._busy, self._pdu_octets, self._messages_ready = False, None, False
        self._ack_due = 0
        self._swallow = False
        self._quiet_until_ms = 0
        self.faults.power_lost()
        self.sim.readable, self.sim.open = False, self.sim.pin == ""
        self.call.drop()
        self.network.radio(False)

    def restart_soon(self) -> None:
        self.power.later(100, self.power.restart)

    def power_off_soon(self) -> None:
        self.power.later(100, self.power.close)

    def switch_radio(self, wanted: int) -> None:
        """AT+CFUN: 1 full, 0 and 4 without radio."""
        self.function = wanted
        usable = self.sim.present and self.sim.open
        self.network.radio(wanted == 1 and usable)

    def read_sim(self) -> None:
        self.sim.readable = True
        self.urc("+CPIN: " + (self.sim.state() if self.sim.present else "NOT INSERTED"))

    def enter_pin(self, pin: str) -> bool:
        if self.sim.open or not self.sim.tries_left:
            return self.sim.open
        self.sim.open = pin == self.sim.pin
        self.sim.tries_left = 3 if self.sim.open else self.sim.tries_left - 1
        if self.sim.open:
            self.urc("+CPIN: READY")
            self.switch_radio(self.function)
        return self.sim.open

    def messages_ready(self) -> None:
        self._messages_ready = True
        if self.sim.present and self.sim.open:
            self.urc("SMS DONE")

    def sim_trouble(self) -> Reply | None:
        if not self.sim.present:
            return cme(at_general.CME_NO_SIM)
        if not self.sim.readable:
            return cme(at_general.CME_SIM_BUSY)
        return None if self.sim.open else cme(at_general.CME_PIN)

    def messages_trouble(self) -> Reply | None:
        """27.005 section 3.2.5: no SIM, PIN needed, still busy."""
        if not self.sim.present:
            return cms(310)
        if not self.sim.open:
            return cms(311)
        return None if self._messages_ready else cms(314)

    def supply_mv(self) -> int:
        return SUPPLY_MV

    def clock_text(self) -> str:
        if self._clock is None:
            utc_s, quarters, at_ms = -946684800, 0, 0  # 1970-01-01, as an A7670 starts
        else:
            utc_s, quarters, at_ms = self._clock
        local_s = utc_s + (self.world.now_ms - at_ms) // 1000 + quarters * 900
        return to_datetime(local_s).strftime("%y/%m/%d,%H:%M:%S") + f"{quarters:+03d}"

    # -- lines ----------------------------------------------------------------------------

    def _dtr_changed(self, level: int) -> None:
        now_ms = self.world.now_ms
        if level:
            self._dtr_high_ms = now_ms
        elif self._dtr_high_ms is not None:
            slept = self.settings["+CSCLK"][0] and now_ms - self._dtr_high_ms >= DOZE_MS
            self._dtr_high_ms = None
            if slept and self.power.state == "on":
                self._awake_ms = now_ms + WAKE_MS
                # The first answer after a wake is lost now and then (facts, "sleep").
                self._swallow = self.rng.randrange(2) == 0

    def _deaf(self) -> bool:
        if self.settings["+CSCLK"][0] == 0:
            return False
        return self._dtr_high_ms is not None or self.world.now_ms < self._awake_ms

    def ri_low(self) -> None:
        if self._ri is not None:
            self._ri.set(0)

    def ri_high(self) -> None:
        if self._ri is not None:
            self._ri.set(1)

    def _ri_pulse(self) -> None:
        if self.settings["+CFGRI"][0] and self.call.state != "incoming":
            self.ri_low()
            self.world.after(RI_PULSE_MS, self._ri_pulse_over)

    def _ri_pulse_over(self) -> None:
        if self.call.state != "incoming":
            self.ri_high()

    # -- bytes in -------------------------------------------------------------------------

    def _receive(self, data: bytes) -> None:
        if self.power.state != "on" or self.faults.hung or self._deaf():
            return
        self._input += data
        self._consume()

    def _consume(self) -> None:
        while self._input and not self._busy:
            if self._pdu_octets is None:
                self._consume_line()
            else:
                self._consume_pdu()

    def _consume_line(self) -> None:
        end = self._input.find(CR)
        taken = bytes(self._input[: end + 1] if end >= 0 else self._input)
        del self._input[: len(taken)]
        self._echo(taken)
        self._line += taken
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
        end = min(ends, default=-1)
        taken = bytes(self._input[: end + 1] if ends else self._input)
        del self._input[: len(taken)]
        self._echo(taken)
        self._line += taken
        if not ends:
            return
        text, last = self._line[:-1].decode("latin-1"), self._line[-1]
        self._line.clear()
        octets, self._pdu_octets = self._pdu_octets, None
        if last == ESC:
            self._finish(Reply())
        else:
            self._submit(text.strip("\r\n"), octets or 0)

    def _echo(self, data: bytes) -> None:
        if self.basic["E"]:
            self._write(data)

    # -- commands -------------------------------------------------------------------------

    def _execute(self, line: str) -> None:
        self._busy = True
        commands = split_line(line)
        if commands is None:
            self.power.later(ERROR.delay_ms, self._finish, ERROR)
            return
        self._todo = commands
        self._next_command()

    def _next_command(self) -> None:
        if not self._todo:
            self.power.later(0, self._finish, Reply())
            return
        reply = self._answer(self._todo.pop(0))
        self.power.later(reply.delay_ms, self._say, reply)

    def _answer(self, command: Command) -> Reply:
        if command.name in at_general.SETTINGS:
            setting = at_general.SETTINGS[command.name]
            return settle(setting, self.settings[command.name], command)
        handler = at_general.TABLE.get(command.name) or at_sms.TABLE.get(command.name)
        return handler(self, command) if handler is not None else ERROR

    def _say(self, reply: Reply) -> None:
        if reply.final == "":
            self.power.later(self.faults.prompt_ms(), self._prompt)
            return
        if reply.final == "OK" and self._todo:
            self._write_lines(reply.lines)
            self._next_command()
            return
        self._todo.clear()
        self._finish(reply)

    def _prompt(self) -> None:
        self._busy = False
        self._write(b"\r\n> ")
        self._consume()

    def _finish(self, reply: Reply) -> None:
        self._write(self._lines(reply.lines) + self._result(reply.final))
        self._swallow = False
        self._ready()

    def _ready(self) -> None:
        self._busy = False
        kept, self._kept_urcs = self._kept_urcs, []
        for line in kept:
            self.urc(line)
        self._consume()

    def _lines(self, lines: tuple[str, ...]) -> bytes:
        return b"".join(f"\r\n{line}\r\n".encode("latin-1") for line in lines)

    def _write_lines(self, lines: tuple[str, ...]) -> None:
        if lines:
            self._write(self._lines(lines))

    def _result(self, final: str) -> bytes:
        if self.basic["Q"]:
            return b""
        level = self.settings["+CMEE"][0]
        if final.startswith("+CME ERROR: "):
            code = int(final[12:])
            if level == 0:
                final = "ERROR"
            elif level == 2:
                final = "+CME ERROR: " + CME_WORDS.get(code, "unknown")
        if self.basic["V"] == 0 and final in NUMERIC:
            return f"{NUMERIC[final]}\r".encode()
        return f"\r\n{final}\r\n".encode("latin-1")

    # -- a message out --------------------------------------------------------------------

    def expect_pdu(self, octets: int) -> None:
        self._pdu_octets = octets

    def _submit(self, text: str, octets: int) -> None:
        self._busy = True
        try:
            submit = sms_pdu.decode_submit(text, octets)
        except sms_pdu.BadPdu as bad:
            self.world.emit("at_submit", "modem", to="", text="", why=str(bad))
            self._refuse(bad.cms)
            return
        self.world.emit("at_submit", "modem", to=submit.number, text=submit.text)
        code = self.faults.cms_code()
        if code:
            self._refuse(code)
            return
        self._reference = (self._reference + 1) % 256
        sub = self.network.submit(submit, self._reference)
        result = self._submitted(sub.reference)
        ahead_ms = self.wire_ms(len(result))
        self.power.later(sub.latency_ms - ahead_ms, self._conclude, sub, ahead_ms)
        self._reserve(sub.latency_ms - ahead_ms, ahead_ms)

    def _submitted(self, reference: int) -> bytes:
        return self._lines((f"+CMGS: {reference}",)) + self._result("OK")

    def _conclude(self, sub: Submission, ahead_ms: int) -> None:
        still_ms = self.network.give_up_ms(sub) - (sub.latency_ms - ahead_ms)
        if sub.cms:
            self.power.later(max(0, still_ms - ahead_ms), self._refuse, sub.cms)
        elif self.faults.loses_result():
            self.world.emit("at_lost", "modem", to=sub.submit.number)
            self._ready()
        else:
            end_ms = self._write(self._submitted(sub.reference))
            self.world.at(end_ms, self._accepted, sub)
            self._ready()

    def _accepted(self, sub: Submission) -> None:
        to, reference = sub.submit.number, sub.reference
        self.world.emit("at_accept", "modem", to=to, ref=reference)

    def _refuse(self, code: int) -> None:
        self.world.emit("at_refuse", "modem", cms=code)
        self.power.later(3, self._finish, cms(code))

    # -- messages in ----------------------------------------------------------------------

    def deliver(self, pdu: bytes, report: bool) -> None:
        """The network hands over an SMS-DELIVER or an SMS-STATUS-REPORT."""
        _, mt, _, ds, _ = self.settings["+CNMI"]
        how = ds if report else mt
        if how == 0 and report:
            return
        if how == (1 if report else 2):
            self._direct.append((pdu, report))
            self._next_direct()
            return
        index = self.store.add(pdu)
        if index is None:
            self.world.after(RETRY_FULL_MS, self.deliver, pdu, report)
        elif how:
            name = "SR" if report else self.memories[2]
            self.urc(f'{"+CDSI" if report else "+CMTI"}: "{name}",{index}', ring=True)

    def _next_direct(self) -> None:
        """27.005 section 3.4.1: one at a time where each must be acknowledged."""
        if not self._direct or self._ack_due:
            return
        pdu, report = self._direct.pop(0)
        head = f"+CDS: {at_sms.length(pdu)}" if report else f"+CMT: ,{at_sms.length(pdu)}"
        if self.service:
            self._ack_due = self.world.now_ms + ACK_MS
            self.power.later(ACK_MS, self._not_acknowledged, self._ack_due)
        self.urc(f"{head}\r\n{pdu.hex().upper()}", ring=True)
        self._next_direct()

    def acknowledged(self) -> bool:
        """AT+CNMA; False when there was nothing to acknowledge."""
        if not self._ack_due:
            return False
        self._ack_due = 0
        self.power.later(10, self._next_direct)
        return True

    def _not_acknowledged(self, due_ms: int) -> None:
        if self._ack_due == due_ms:
            self._ack_due = 0
            self.settings["+CNMI"][1] = self.settings["+CNMI"][3] = 0

    def incoming_call(self, number: str | None) -> None:
        self.call.incoming(number or "")

    # -- the network ----------------------------------------------------------------------

    def registration_changed(self) -> None:
        if self.power.state != "on":
            return
        for name in at_general.REGISTRATIONS:
            if self.reporting[name]:
                self.urc(f"{name}: {at_general.registration_tail(self, name)}")

    def network_time(self, utc_s: int, quarters: int) -> None:
        if self.settings["+CTZU"][0]:
            self._clock = (utc_s, quarters, self.world.now_ms)
        if self.settings["+CTZR"][0]:
            self.urc(f"+CTZV: {quarters:+03d}")

    # -- bytes out ------------------------------------------------------------------------

    def urc(self, line: str, ring: bool = False) -> None:
        """An unsolicited line: at once, but not into an open prompt, nor into the moment at
        which the result of a submission is due on the wire."""
        if self.power.state not in ("on", "closing") or self.faults.hung:
            return
        if ring:
            self._ri_pulse()
        data = f"\r\n{line}\r\n".encode("latin-1")
        if self._pdu_octets is not None:
            self._kept_urcs.append(line)
            return
        now_ms, end_ms = self.world.now_ms, self.world.now_ms + self.wire_ms(len(data)) + 1
        if self._quiet_from_ms <= end_ms and now_ms < self._quiet_until_ms:
            self.power.later(self._quiet_until_ms - now_ms, self.urc, line)
            return
        self._write(data)

    def _reserve(self, delay_ms: int, for_ms: int) -> None:
        self._quiet_from_ms = self.world.now_ms + delay_ms
        self._quiet_until_ms = self._quiet_from_ms + for_ms

    def wire_ms(self, octets: int) -> int:
        return -(-octets * BITS_PER_BYTE * 1000 // self.wire.device_baud)

    def _write(self, data: bytes) -> int:
        """Send; returns the ms at which the last byte has arrived."""
        if self._swallow:
            return self.world.now_ms
        return self.faults.write(data)

    # -- faults ---------------------------------------------------------------------------

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        self.faults.start(kind, params)

    def end_fault(self, kind: str) -> None:
        self.faults.end(kind)
