"""The virtual modem: an A7670E as its serial line and its five pins show it.

Written from ITU-T V.250 (modem_port), 3GPP TS 27.007 and 27.005 (at_general, at_sms,
modem_sms), SIMCom's A76XX manual and the project's facts about real modules. Here is what
holds the parts together: settings, SIM, clock, sleep. It judges the firmware, so it must not
import firmware or lib.
"""

from __future__ import annotations

from typing import Any

from simulator.dates import to_datetime, to_utc_s
from simulator.devices import at_general, at_sms
from simulator.devices.at_line import ERROR, Command, Reply, cme, cms, settle
from simulator.devices.call import Call
from simulator.devices.modem_faults import ModemFaults
from simulator.devices.modem_port import Port
from simulator.devices.modem_power import Power
from simulator.devices.modem_sms import Messages
from simulator.edge import Line, Wire
from simulator.network import Network
from simulator.world import World

WAKE_MS = 50  # DTR low for so long before the UART listens again
DOZE_MS = 1000  # DTR high for so long before the module really sleeps
RI_PULSE_MS = 120
SUPPLY_MV = 3800
BASIC = {"E": 1, "V": 1, "Q": 0, "X": 4, "&C": 1, "&D": 2, "S0": 0}
UNSET_CLOCK_S = to_utc_s(to_datetime(0).replace(year=1970))  # as an A7670 starts


class Sim:
    """The card: whether it is there, has been read, and is unlocked."""

    def __init__(self, pin: str = "") -> None:
        self.present, self.pin = True, pin
        self.lock()
        self.tries_left = 3

    def lock(self) -> None:
        self.readable, self.open = False, self.pin == ""

    def state(self) -> str:
        if self.open:
            return "READY"
        return "SIM PIN" if self.tries_left else "SIM PUK"

    def enter(self, pin: str) -> bool:
        if not self.open and self.tries_left:
            self.open = pin == self.pin
            self.tries_left = 3 if self.open else self.tries_left - 1
        return self.open


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
        self.sim, self.call = Sim(sim_pin), Call(self)
        self.faults, self.port, self.messages = ModemFaults(self), Port(self), Messages(self)
        self.settings: dict[str, list[int]] = {"+CTZU": [0]}
        self.restore_defaults()
        self.memories = ["SM", "SM", "SM"]
        self.centre = "+33639980000"
        self.function = 1
        self._clock = (UNSET_CLOCK_S, 0, 0)  # utc_s, quarters of an hour, at_ms
        self._dtr_high_ms: int | None = None
        self._awake_ms = 0
        self._ri = lines.get("modem_ri")
        self.ri_high()
        dtr = lines.get("modem_dtr")
        if dtr is not None:
            dtr.watch(self._dtr_changed)
        wire.device_rx = self._receive
        network.modem = self
        self.power = Power(self, lines)
        if on:
            self._start_on()

    def _start_on(self) -> None:
        """As an earlier run left it: registered, its clock set by the network."""
        self.power.start_on()
        self.sim.readable = self.messages.ready = True
        self.settings["+CTZU"][0] = 1
        self.network.start_registered()
        if self.network.registered and self.network.nitz:
            self.network_time(self.world.utc_s(), self.network.quarters())

    # -- what power and commands change ---------------------------------------------------

    def restore_defaults(self) -> None:
        """After power-on and AT&F; AT+CTZU is kept by the module itself."""
        kept = self.settings["+CTZU"]
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
        self.port.reset()
        self.messages.reset()
        self.faults.power_lost()
        self.sim.lock()
        self.call.drop()
        self.network.radio(False)

    def obey(self, command: Command) -> Reply:
        """Carry out one command of a line."""
        if command.name in at_general.SETTINGS:
            setting = at_general.SETTINGS[command.name]
            return settle(setting, self.settings[command.name], command)
        handler = at_general.TABLE.get(command.name) or at_sms.TABLE.get(command.name)
        return handler(self, command) if handler is not None else ERROR

    def restart_soon(self) -> None:
        self.power.later(100, self.power.restart)

    def power_off_soon(self) -> None:
        self.power.later(100, self.power.close)

    def switch_radio(self, wanted: int) -> None:
        """AT+CFUN: 1 full, 0 and 4 without radio."""
        self.function = wanted
        self.network.radio(wanted == 1 and self.sim.present and self.sim.open)

    def supply_mv(self) -> int:
        return SUPPLY_MV

    # -- the card -------------------------------------------------------------------------

    def read_sim(self) -> None:
        self.sim.readable = True
        self.urc("+CPIN: " + (self.sim.state() if self.sim.present else "NOT INSERTED"))

    def enter_pin(self, pin: str) -> bool:
        was_open = self.sim.open
        if self.sim.enter(pin) and not was_open:
            self.urc("+CPIN: READY")
            self.switch_radio(self.function)
        return self.sim.open

    def messages_ready(self) -> None:
        self.messages.ready = True
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
        return None if self.messages.ready else cms(314)

    # -- sleep and wake-up ----------------------------------------------------------------

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
                self.port.swallow = self.rng.randrange(2) == 0

    def _receive(self, data: bytes) -> None:
        asleep = self._dtr_high_ms is not None or self.world.now_ms < self._awake_ms
        deaf = self.settings["+CSCLK"][0] and asleep
        if self.power.state == "on" and not self.faults.hung and not deaf:
            self.port.receive(data)

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

    def urc(self, line: str, ring: bool = False) -> None:
        """An unsolicited line; ring: RI tells a sleeping board that something came."""
        if self.power.state in ("on", "closing") and not self.faults.hung:
            if ring:
                self._ri_pulse()
            self.port.urc(line)

    # -- what the network calls -----------------------------------------------------------

    def deliver(self, pdu: bytes, report: bool) -> None:
        self.messages.deliver(pdu, report)

    def incoming_call(self, number: str | None) -> None:
        self.call.incoming(number or "")

    def registration_changed(self) -> None:
        for name in at_general.REGISTRATIONS:
            if self.reporting[name]:
                self.urc(f"{name}: {at_general.registration_tail(self, name)}")

    def network_time(self, utc_s: int, quarters: int) -> None:
        if self.settings["+CTZU"][0]:
            self._clock = (utc_s, quarters, self.world.now_ms)
        if self.settings["+CTZR"][0]:
            self.urc(f"+CTZV: {quarters:+03d}")

    def clock_text(self) -> str:
        utc_s, quarters, at_ms = self._clock
        local_s = utc_s + (self.world.now_ms - at_ms) // 1000 + quarters * 900
        return to_datetime(local_s).strftime("%y/%m/%d,%H:%M:%S") + f"{quarters:+03d}"

    # -- faults ---------------------------------------------------------------------------

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        self.faults.start(kind, params)

    def end_fault(self, kind: str) -> None:
        self.faults.end(kind)
