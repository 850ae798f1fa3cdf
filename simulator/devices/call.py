"""The one voice call that the virtual modem can hold (3GPP TS 27.007 sections 6 and 7.18).

Separate because it is a small machine of its own: none, dialing, alerting, active, incoming.
Must not import firmware or lib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulator.devices.modem import Modem

RING_EVERY_MS = 3000
CALLER_GIVES_UP_MS = 25_000
# <stat> of +CLCC
STATS = {"active": 0, "dialing": 2, "incoming": 4}


class Call:
    """`state` is none, dialing, active or incoming; `number` may be empty (withheld)."""

    def __init__(self, modem: Modem) -> None:
        self._modem = modem
        self.state, self.number = "none", ""
        self._since_ms = 0
        self._serial = 0  # tells this call from the one before

    def dial(self, number: str) -> None:
        self._begin("dialing", number)
        serial = self._serial
        self._modem.network.ring(number, lambda: self._connected(serial))

    def _begin(self, state: str, number: str) -> None:
        self._serial += 1
        self.state, self.number = state, number
        self._modem.world.emit("call", "modem", number=number, state=state)

    def _connected(self, serial: int) -> None:
        if serial == self._serial and self.state == "dialing":
            self._active()

    def _active(self) -> None:
        self.state, self._since_ms = "active", self._modem.world.now_ms
        muted = self._modem.settings["+CMUT"][0]
        self._modem.world.emit("call", "modem", number=self.number, state="active", muted=muted)
        self._modem.urc("VOICE CALL: BEGIN")

    def incoming(self, number: str) -> None:
        """The network pages for a call; "" where the caller withholds his number."""
        if self.state != "none":
            return
        self._begin("incoming", number)
        self._modem.ri_low()
        self._ring(self._serial, self._modem.world.now_ms + CALLER_GIVES_UP_MS, 1)

    def _ring(self, serial: int, until_ms: int, rings: int) -> None:
        modem = self._modem
        if serial != self._serial or self.state != "incoming":
            return
        if modem.world.now_ms >= until_ms:
            self._end()
            modem.urc("NO CARRIER")
            return
        modem.urc("+CRING: VOICE" if modem.settings["+CRC"][0] else "RING")
        if modem.show_caller:
            kind = 145 if self.number.startswith("+") else 128
            modem.urc(f'+CLIP: "{self.number}",{kind},,,,0')
        if 0 < modem.basic["S0"] <= rings:
            self.answer()
            return
        modem.world.after(RING_EVERY_MS, self._ring, serial, until_ms, rings + 1)

    def answer(self) -> bool:
        if self.state != "incoming":
            return False
        self._modem.ri_high()
        self._active()
        return True

    def hang_up(self) -> None:
        if self.state == "none":
            return
        was_active = self.state == "active"
        seconds = (self._modem.world.now_ms - self._since_ms) // 1000
        self._end()
        if was_active:
            self._modem.urc(f"VOICE CALL: END: {seconds:06d}")

    def drop(self) -> None:
        """The modem goes down."""
        if self.state != "none":
            self._end()

    def _end(self) -> None:
        self._modem.world.emit("call", "modem", number=self.number, state="ended")
        self._serial += 1
        self.state = "none"
        self._modem.ri_high()

    def listing(self) -> list[str]:
        """The lines of AT+CLCC."""
        if self.state == "none":
            return []
        direction = int(self.state == "incoming")
        kind = 145 if self.number.startswith("+") else 129
        return [f'+CLCC: 1,{direction},{STATS[self.state]},0,0,"{self.number}",{kind}']
