"""The mobile network: coverage, cells, registration, network time, SMS centre, five phones.

Written from 3GPP TS 23.040 (what a service centre does with a message, its validity and its
report), 24.301/24.008 (registration, seen through the states of 27.007) and 22.042 (network
time). It knows one subscriber, the button. Must not import firmware or lib.
"""

from __future__ import annotations

import zlib
from typing import Callable, NamedTuple, Protocol

from simulator import dates
from simulator.devices import sms_pdu
from simulator.latency import Latency
from simulator.truth import Truth
from simulator.world import World

COVERAGES = ("good", "weak", "none")
# Registration states of 27.007 section 7.2
OFF, HOME, SEARCHING, DENIED = 0, 1, 2, 3
ATTACH_MS = (2500, 6000)  # from a cell seen to being registered
RADIO_LOST_MS = 4000  # how long a lost cell is believed in
DELIVER_MS = (800, 2500)  # centre to phone
REPORT_MS = (300, 1200)  # phone to the button's modem
REPLY_MS = (1500, 3500)  # phone to the button's modem, a new message
VOICEMAIL_MS = 20000  # a phone that rings for so long is answered by a machine
CELL_E7 = 100_000  # cells are squares of 0.01 degree: some 1.1 km by 0.8 km in Lyon
# RP causes of 24.011 and codes of 27.005
CMS_NO_NETWORK, CMS_TIMEOUT = 331, 332
CMS_REFUSED_AFTER_MS = 40_000  # the module gives up (A76XX manual, AT+CMGS)
# TP-Status, 23.040 section 9.2.3.15
DELIVERED, NOT_OBTAINABLE, EXPIRED = 0x00, 0x43, 0x46


class Cell(NamedTuple):
    mcc: str
    mnc: str
    area: int
    cell: int


class Phone:
    """One contact's telephone: what it holds, whether it is on, what refuses it."""

    def __init__(self, name: str, number: str, on: bool = True, refused: int = 0) -> None:
        self.name, self.number, self.on, self.refused = name, number, on, refused
        self.texts: list[str] = []


class Submission:
    """One message on its way to the centre; `cms` is 0 when the centre took it."""

    def __init__(self, submit: sms_pdu.Submit, reference: int, latency_ms: int) -> None:
        self.submit, self.reference, self.latency_ms = submit, reference, latency_ms
        self.cms = 0
        self.taken_utc_s = 0


class Subscriber(Protocol):
    """What the network calls on the button's modem."""

    def registration_changed(self) -> None: ...
    def network_time(self, utc_s: int, quarters: int) -> None: ...
    def deliver(self, pdu: bytes, report: bool) -> None: ...
    def incoming_call(self, number: str | None) -> None: ...


class Network:
    """One operator; `phones` by number in the scenario's order."""

    def __init__(
        self,
        world: World,
        truth: Truth,
        phones: list[Phone],
        latency: Latency,
        coverage: str = "good",
        own_number: str = "",
        nitz: bool = True,
    ) -> None:
        self.world, self.truth, self.latency = world, truth, latency
        self.phones = {phone.number: phone for phone in phones}
        self.own_number, self.nitz = own_number, nitz
        self.coverage = coverage
        self.stat = OFF
        self.denied = False
        self.modem: Subscriber | None = None
        self._rng = world.rng("network")
        self._radio = False
        self._session = 0  # each time the radio goes, what it was sending is gone too
        self._next = world.at(0, _nothing)  # the registration step that is due
        self._held: dict[str, list[Submission]] = {number: [] for number in self.phones}
        self._for_modem: list[tuple[bytes, bool, dict]] = []

    # -- the radio ------------------------------------------------------------------------

    def start_registered(self) -> None:
        """The modem has been on for a while when the scenario begins."""
        self._radio = True
        if self.coverage != "none" and not self.denied:
            self.stat = HOME
        else:
            self.stat = SEARCHING

    def radio(self, on: bool) -> None:
        """The modem switches its radio on or off (power, AT+CFUN)."""
        self._radio = on
        self._session += 0 if on else 1
        self._next.cancel()
        self._set(SEARCHING if on else OFF)
        if on:
            self._search()

    def cover(self, coverage: str) -> None:
        self.coverage = coverage
        self.world.emit("state", "network", coverage=coverage)
        self._review()

    def deny(self, denied: bool) -> None:
        """The operator refuses the subscriber (fault `modem denied`)."""
        self.denied = denied
        self._review()

    @property
    def registered(self) -> bool:
        return self.stat == HOME

    @property
    def reachable(self) -> bool:
        return self.registered and self.coverage != "none"

    def cell(self) -> Cell:
        """The serving cell: a function of the place alone."""
        lat_e7, lon_e7 = self.truth.place()
        square = f"{lat_e7 // CELL_E7},{lon_e7 // CELL_E7}"
        chance = zlib.crc32(square.encode())
        area = 0x1A00 + zlib.crc32(f"{lat_e7 // (20 * CELL_E7)}".encode()) % 256
        return Cell("208", "01", area, chance % 0x0FFFFFFF)

    def signal(self) -> int:
        """+CSQ of 27.007 section 8.5: 0..31, 99 unknown."""
        if not self._radio or self.coverage == "none":
            return 99
        return 21 if self.coverage == "good" else 6

    def _review(self) -> None:
        if not self._radio:
            return
        self._next.cancel()
        if self.denied:
            self._next = self.world.after(self._draw(ATTACH_MS), self._set, DENIED)
        elif self.coverage == "none":
            self._next = self.world.after(RADIO_LOST_MS, self._set, SEARCHING)
        elif self.stat != HOME:
            self._set(SEARCHING)
            self._search()

    def _search(self) -> None:
        if self.denied:
            self._next = self.world.after(self._draw(ATTACH_MS), self._set, DENIED)
        elif self.coverage != "none":
            self._next = self.world.after(self._draw(ATTACH_MS), self._attach)

    def _attach(self) -> None:
        self._set(HOME)
        if self.modem and self.nitz:
            self.modem.network_time(self.world.utc_s(), self.quarters())
        self._flush()

    def _set(self, stat: int) -> None:
        if stat == self.stat:
            return
        self.stat = stat
        self.world.emit("state", "network", stat=stat)
        if self.modem:
            self.modem.registration_changed()

    def quarters(self) -> int:
        return dates.summer_quarters(self.world.utc_s())

    def _draw(self, span_ms: tuple[int, int]) -> int:
        return self._rng.randrange(span_ms[0], span_ms[1])

    # -- the SMS centre -------------------------------------------------------------------

    def submit(self, submit: sms_pdu.Submit, reference: int) -> Submission:
        """A message leaves the modem; the outcome stands in `cms` after `latency_ms`."""
        sub = Submission(submit, reference, self.latency.draw_ms(self.world.now_ms))
        phone = self.phones.get(submit.number)
        if not self.registered:
            sub.cms, sub.latency_ms = CMS_NO_NETWORK, 300
        elif phone is not None and phone.refused:
            sub.cms = phone.refused
        else:
            # The centre has it a little before its answer has come back to the modem.
            self.world.after(sub.latency_ms * 3 // 4, self._take, sub, self._session)
            sub.cms = CMS_TIMEOUT
        return sub

    def give_up_ms(self, sub: Submission) -> int:
        """How long after the submission the modem gives its final result."""
        return CMS_REFUSED_AFTER_MS if sub.cms == CMS_TIMEOUT else sub.latency_ms

    def _take(self, sub: Submission, session: int) -> None:
        if not self.reachable or session != self._session:
            return
        sub.cms, sub.taken_utc_s = 0, self.world.utc_s()
        number = sub.submit.number
        if number == self.own_number:
            self.world.after(self._draw(REPLY_MS), self._to_modem_text, number, sub.submit.text)
            self.world.after(self._draw(REPORT_MS), self._report, sub, DELIVERED)
        elif number not in self.phones:
            self.world.emit("state", "network", nobody=number)
            self.world.after(self._draw(DELIVER_MS), self._report, sub, NOT_OBTAINABLE)
        else:
            self.world.after(self._draw(DELIVER_MS), self._reach, sub)
            if sub.submit.validity_min:
                self.world.after(sub.submit.validity_min * 60_000, self._expire, sub)

    def _reach(self, sub: Submission) -> None:
        phone = self.phones[sub.submit.number]
        if not phone.on:
            self._held[phone.number].append(sub)
            return
        text = sub.submit.text
        phone.texts.append(text)
        self.world.emit(
            "sms_on_phone", phone.name, number=phone.number, text=text, ref=sub.reference
        )
        self.world.after(self._draw(REPORT_MS), self._report, sub, DELIVERED)

    def _expire(self, sub: Submission) -> None:
        held = self._held[sub.submit.number]
        if sub in held:
            held.remove(sub)
            self._report(sub, EXPIRED)

    def _report(self, sub: Submission, status: int) -> None:
        if not sub.submit.report:
            return
        now_s = self.world.utc_s()
        number = sub.submit.number
        pdu = sms_pdu.encode_report(
            sub.reference, number, sub.taken_utc_s, now_s, self.quarters(), status
        )
        self._to_modem(pdu, True, {"number": number, "ref": sub.reference, "status": status})

    def _to_modem_text(self, number: str, text: str) -> None:
        pdu = sms_pdu.encode_deliver(number, text, self.world.utc_s(), self.quarters())
        self._to_modem(pdu, False, {"number": number})

    def _to_modem(self, pdu: bytes, report: bool, fields: dict) -> None:
        self._for_modem.append((pdu, report, fields))
        self._flush()

    def _flush(self) -> None:
        """Hand the modem what waits for it, as soon as it can be paged."""
        while self._for_modem and self.reachable and self.modem:
            pdu, report, fields = self._for_modem.pop(0)
            self.world.emit("report" if report else "sms_to_modem", "network", **fields)
            self.modem.deliver(pdu, report)

    # -- the phones -----------------------------------------------------------------------

    def reply(self, number: str, text: str) -> None:
        phone = self.phones[number]
        self.world.emit("answer", phone.name, number=number, how="reply", text=text)
        self.world.after(self._draw(REPLY_MS), self._to_modem_text, number, text)

    def switch(self, number: str, on: bool) -> None:
        phone = self.phones[number]
        phone.on = on
        self.world.emit("state", phone.name, number=number, on=int(on))
        if on:
            held, self._held[number] = self._held[number], []
            for sub in held:
                self.world.after(self._draw(DELIVER_MS), self._reach, sub)

    def call(self, number: str) -> None:
        """A contact calls the button."""
        phone = self.phones[number]
        self.world.emit("answer", phone.name, number=number, how="call", text="")
        if self.reachable and self.modem:
            self.modem.incoming_call(number)

    def ring(self, number: str, connected: Callable[[], None]) -> None:
        """The button calls somebody: his phone rings until a machine answers."""
        phone = self.phones.get(number)
        if phone is not None and phone.on:
            self.world.emit("ring", phone.name, number=number)
        delay_ms = VOICEMAIL_MS if phone is not None and phone.on else 2000
        self.world.after(delay_ms, connected)


def _nothing() -> None:
    pass
