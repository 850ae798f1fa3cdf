"""What is about a button: world, place, body, network, phones, and its modem and receiver.

Separate from the stage because these are all there is where the board is somebody's own
(no_board.py): modem and receiver on wires, the rest around them. Knows no board and no host.
"""

from __future__ import annotations

from typing import Any, Callable

from simulator.commands import Command
from simulator.devices.gnss import Gnss, Recording
from simulator.devices.modem import Modem
from simulator.edge import Line, Wire
from simulator.faults import MOMENTARY, Fault, Faulty
from simulator.latency import Latency
from simulator.motion.body import Body
from simulator.motion.request import Request
from simulator.network import Network, Phone
from simulator.scenario import Scenario
from simulator.truth import Truth
from simulator.world import World

MODEM_PINS = ("modem_pwrkey", "modem_dtr", "modem_ri", "modem_reset", "modem_supply")


class Scene:
    """`world` and what is in it by name; `do` carries out one command.

    A subclass calls _surround and _serial_devices, and fills in `faulty`.
    """

    faulty: dict[str, Faulty]

    def _surround(self, scenario: Scenario, world: World) -> None:
        part = scenario.world
        self.scenario, self.world = scenario, world
        self.truth = Truth(self.world, part.place, part.sky)
        self.truth.motion = part.motion.kind
        self.truth.speed_cms, self.truth.heading_deg = part.speed_cms, part.heading_deg
        self.body = Body(self.world.rng)
        part.motion.begin(self.body, 0, part.speed_cms)
        self.phones = [
            Phone(f"phone-{index + 1}", contact.number, contact.on, contact.refused)
            for index, contact in enumerate(part.contacts)
        ]
        self.network = Network(
            self.world,
            self.truth,
            self.phones,
            Latency(self.world.rng("latency"), part.law, part.fixed_ms),
            part.coverage,
            part.own_number,
            part.nitz,
        )

    def _serial_devices(
        self, wire: Callable[[str], Wire], line: Callable[[str], Line | None]
    ) -> None:
        """line: of a role, None where nothing is soldered to that pin."""
        part = self.scenario.world
        self.modem = Modem(
            self.world,
            wire("modem"),
            {role: line(role) for role in MODEM_PINS},
            self.network,
            self.scenario.device.modem_on,
            part.sim_pin,
        )
        self.gnss: Gnss | Recording
        if part.gnss_log is not None:
            log_at_ms = part.gnss_log_at_ms
            self.gnss = Recording(self.world, wire("gnss"), part.gnss_log, log_at_ms)
        else:
            wake = line("gnss_wake")
            self.gnss = Gnss(self.world, wire("gnss"), self.truth, part.gnss_start, wake)

    # -- commands -------------------------------------------------------------------------

    def refusal(self, command: Command) -> tuple[str, str]:
        """What keeps a command from being done here, as (key, why); ("", "") if nothing does."""
        if not hasattr(self, "_do_" + command.do):
            return "do", f"{command.do}: there is no board here"
        if command.do == "contact" and command.args["number"] not in self.network.phones:
            return "number", "is no contact of this scenario"
        if command.do == "fault" and command.args["line"].device not in self.faulty:
            return "line", f"there is no {command.args['line'].device} here"
        return "", ""

    def do(self, command: Command) -> None:
        getattr(self, "_do_" + command.do)(**command.args)

    def _do_move(self, place: tuple[int, int], speed_cms: int) -> None:
        self.truth.move(place, speed_cms)
        if speed_cms:
            self.body.go(speed_cms, self.world.now_ms, self.truth.arrives_ms())

    def _do_walk(self, speed_cms: int, heading_deg: int) -> None:
        self.truth.walk(speed_cms, heading_deg)
        self.body.go(speed_cms, self.world.now_ms)

    def _do_motion(self, request: Request) -> None:
        self.truth.be(request.kind)
        request.begin(self.body, self.world.now_ms, self.truth.speed_cms)

    def _do_sky(self, **args: str) -> None:
        self.truth.see(args["class"])

    def _do_network(self, coverage: str) -> None:
        self.network.cover(coverage)

    def _do_contact(self, number: str, action: str, text: str) -> None:
        if action == "reply":
            self.network.reply(number, text)
        elif action == "call":
            self.network.call(number)
        else:
            self.network.switch(number, action == "on")

    def _do_fault(self, line: Fault) -> None:
        self.fault(line)

    # -- faults ---------------------------------------------------------------------------

    def fault(self, fault: Fault) -> None:
        """Put a fault in force at its time, and lift it at its end."""
        self.world.at(fault.at_ms or self.world.now_ms, self._start_fault, fault)

    def _start_fault(self, fault: Fault) -> None:
        params = dict(fault.params)
        self.world.emit("fault", fault.device, kind=fault.kind, on=1, **params)
        self._do_to(fault, params)
        if fault.for_ms is not None and (fault.device, fault.kind) not in MOMENTARY:
            self.world.after(fault.for_ms, self._end_fault, fault)

    def _do_to(self, fault: Fault, params: dict[str, Any]) -> None:
        self.faulty[fault.device].start_fault(fault.kind, params)

    def _end_fault(self, fault: Fault) -> None:
        self.world.emit("fault", fault.device, kind=fault.kind, on=0)
        self.faulty[fault.device].end_fault(fault.kind)


def observed(config: dict[str, Any]) -> dict[str, Any]:
    """What the observer must know of her configuration."""
    return {
        "pattern": config.get("cancel_pattern", ""),
        "profile": config.get("gestures", "default"),
        "watch_max_ms": _whole(config.get("watch_max_min"), 60) * 60_000,
        "danger_max_ms": _whole(config.get("danger_max_min"), 720) * 60_000,
        "prealarm_ms": _whole(config.get("prealarm_s"), 30) * 1000,
    }


def _whole(value: Any, default: int) -> int:
    """A scenario may hold a configuration that the firmware is to refuse."""
    return value if type(value) is int else default
