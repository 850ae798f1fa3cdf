"""Messages through the virtual modem: submissions out, messages and reports in.

27.005: AT+CMGS and its result (3.5.1), indications (3.4.1), acknowledgement (3.4.4). For a
submission the network's time runs exactly from the 0x1A byte to the last byte of OK, the time
on the wire included. Must not import firmware or lib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from simulator.devices import at_sms, sms_pdu
from simulator.devices.at_line import Reply, cms, ok
from simulator.network import Submission

if TYPE_CHECKING:
    from simulator.devices.modem import Modem

ACK_MS = 15_000  # phase 2+: a report not acknowledged by then switches reports off
ACK_PAUSE_MS = 10
RETRY_FULL_MS = 30_000  # the network tries again where the store was full
REFUSAL_MS = 3


class Messages:
    """`store` is what the modem keeps; it outlives a reset, the rest does not."""

    def __init__(self, modem: Modem) -> None:
        self._modem = modem
        self.store = at_sms.Store()
        self.ready = False  # the SIM's messages have been read after a boot
        self._reference = modem.rng.randrange(256)
        self.reset()

    def reset(self) -> None:
        self.ready = False
        self._direct: list[tuple[bytes, bool]] = []
        self._ack_due_ms = 0

    # -- out ------------------------------------------------------------------------------

    def submit(self, text: str, octets: int) -> None:
        """The 0x1A byte has come; text is what was typed before it."""
        modem = self._modem
        try:
            submit = sms_pdu.decode_submit(text, octets)
        except sms_pdu.BadPdu as bad:
            modem.world.emit("at_submit", "modem", to="", text="", why=str(bad))
            self._refuse(bad.cms)
            return
        modem.world.emit("at_submit", "modem", to=submit.number, text=submit.text)
        code = modem.faults.cms_code()
        if code:
            self._refuse(code)
            return
        self._reference = (self._reference + 1) % 256
        sub = modem.network.submit(submit, self._reference)
        ahead_ms = modem.port.wire_ms(len(modem.port.rendered(_taken(sub))))
        modem.power.later(sub.latency_ms - ahead_ms, self._conclude, sub, ahead_ms)
        modem.port.reserve(sub.latency_ms - ahead_ms, ahead_ms)

    def _conclude(self, sub: Submission, ahead_ms: int) -> None:
        modem = self._modem
        if sub.cms:
            more_ms = modem.network.give_up_ms(sub) - sub.latency_ms
            modem.power.later(more_ms, self._refuse, sub.cms)
        elif modem.faults.loses_result():
            modem.world.emit("at_lost", "modem", to=sub.submit.number)
            modem.port.ready()
        else:
            end_ms = modem.port.finish(_taken(sub))
            modem.world.at(end_ms, self._accepted, sub)

    def _accepted(self, sub: Submission) -> None:
        to, reference = sub.submit.number, sub.reference
        self._modem.world.emit("at_accept", "modem", to=to, ref=reference)

    def _refuse(self, code: int) -> None:
        self._modem.world.emit("at_refuse", "modem", cms=code)
        self._modem.power.later(REFUSAL_MS, self._modem.port.finish, cms(code))

    # -- in -------------------------------------------------------------------------------

    def deliver(self, pdu: bytes, report: bool) -> None:
        """The network hands over an SMS-DELIVER or an SMS-STATUS-REPORT."""
        modem = self._modem
        _, mt, _, ds, _ = modem.settings["+CNMI"]
        how = ds if report else mt
        if report and how == 0:
            return
        if how == (1 if report else 2):
            self._direct.append((pdu, report))
            self._next_direct()
            return
        index = self.store.add(pdu)
        if index is None:
            modem.world.after(RETRY_FULL_MS, self.deliver, pdu, report)
        elif report:
            modem.urc(f'+CDSI: "SR",{index}', ring=True)
        elif how:
            modem.urc(f'+CMTI: "{modem.memories[2]}",{index}', ring=True)

    def _next_direct(self) -> None:
        """One at a time where each must be acknowledged."""
        modem = self._modem
        while self._direct and not self._ack_due_ms:
            pdu, report = self._direct.pop(0)
            length = at_sms.length(pdu)
            head = f"+CDS: {length}" if report else f"+CMT: ,{length}"
            if modem.service:
                self._ack_due_ms = modem.world.now_ms + ACK_MS
                modem.power.later(ACK_MS, self._not_acknowledged, self._ack_due_ms)
            modem.urc(f"{head}\r\n{pdu.hex().upper()}", ring=True)

    def acknowledge(self) -> bool:
        """AT+CNMA; False when there was nothing to acknowledge."""
        if not self._ack_due_ms:
            return False
        self._ack_due_ms = 0
        self._modem.power.later(ACK_PAUSE_MS, self._next_direct)
        return True

    def _not_acknowledged(self, due_ms: int) -> None:
        if self._ack_due_ms == due_ms:
            self._ack_due_ms = 0
            indications = self._modem.settings["+CNMI"]
            indications[1] = indications[3] = 0


def _taken(sub: Submission) -> Reply:
    return ok(f"+CMGS: {sub.reference}")
