"""The stage: a world with everything in it, set up from a scenario.

Here devices meet the board's lines and wires, and commands and faults meet devices. Both
hosts, the page and the control socket use the same one. Knows no host.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from simulator.board import BoardModel, BoardOptions
from simulator.commands import Command
from simulator.devices.accelerometer import Accelerometer
from simulator.devices.battery import Battery
from simulator.devices.button import Button
from simulator.devices.gnss import Gnss, Recording
from simulator.devices.microphone import Microphone
from simulator.devices.modem import Modem
from simulator.devices.motor import Motor
from simulator.devices.storage import Storage
from simulator.edge import Line
from simulator.faults import MOMENTARY, Fault, Faulty
from simulator.latency import Latency
from simulator.motion.body import Body
from simulator.motion.request import Request
from simulator.network import Network, Phone
from simulator.observer import Observer
from simulator.scenario import Scenario
from simulator.sound.request import Request as Sound
from simulator.truth import Truth
from simulator.world import World

ROOT = Path(__file__).resolve().parent.parent
MODEM_PINS = ("modem_pwrkey", "modem_dtr", "modem_ri", "modem_reset", "modem_supply")
POWER_CUT_MS = 5000  # of a power cut without for=


class _Board:
    """Faults of the microcontroller."""

    def __init__(self, board: BoardModel) -> None:
        self._board = board

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        if kind == "power_cut":
            self._board.power_cut(params["for_ms"])
        else:
            self._board.reset("software" if kind == "reset" else kind)

    def end_fault(self, kind: str) -> None:
        pass


class Stage:
    """`world`, `board` and every device by name; `do` carries out one command."""

    def __init__(
        self,
        scenario: Scenario,
        root: Path = ROOT,
        image: bytes | None = None,
        world: World | None = None,
    ) -> None:
        """image: of the whole flash, from an earlier run (chip_image.py); world: a fresh one."""
        part = scenario.world
        self.scenario = scenario
        self.world = world or World(scenario.seed, part.start_utc_s)
        config = json.dumps(scenario.device.config, sort_keys=True).encode()
        files = {"/config.json": config, "/board": scenario.device.board.encode()}
        options = BoardOptions(
            step_cost_ms=scenario.step_cost_ms, costs=scenario.costs, files=files, image=image
        )
        self.board = BoardModel(self.world, scenario.device.board, root, options)
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
        self._devices(scenario)
        for step in scenario.steps:
            self.world.at(step.at_ms, self.do, step.command)

    def _devices(self, scenario: Scenario) -> None:
        part, board, world = scenario.world, self.board, self.world
        button = board.line("button")
        self.button = Button(world, button)
        motor = board.line("motor")
        self.observer = Observer(world, button, motor=motor, **_gestures(scenario.device.config))
        self.motor = Motor(world, motor)
        self.battery = Battery(world, board, scenario.device.battery_pct)
        self.modem = Modem(
            world,
            board.wire("modem"),
            {role: self._wired(role) for role in MODEM_PINS},
            self.network,
            scenario.device.modem_on,
            part.sim_pin,
        )
        wire = board.wire("gnss")
        self.gnss: Gnss | Recording
        if part.gnss_log is not None:
            self.gnss = Recording(world, wire, part.gnss_log, part.gnss_log_at_ms)
        else:
            wake = self._wired("gnss_wake")
            self.gnss = Gnss(world, wire, self.truth, part.gnss_start, wake)
        self.accel = Accelerometer(world, board.bus, board.line("accel_int1"), self.body)
        self.microphone = Microphone(world, board.sample_bus)
        self.faulty: dict[str, Faulty] = {
            "accel": self.accel,
            "battery": self.battery,
            "board": _Board(board),
            "button": self.button,
            "gnss": self.gnss,
            "microphone": self.microphone,
            "modem": self.modem,
            "motor": self.motor,
            "storage": Storage(world, board),
        }

    def _wired(self, role: str) -> Line | None:
        """The line of a role that this board has, else None."""
        return self.board.line(role) if role in self.board.map.pins else None

    # -- commands -------------------------------------------------------------------------

    def do(self, command: Command) -> None:
        getattr(self, "_do_" + command.do)(**command.args)

    def _do_press(self, count: int, gap_ms: int, hold_ms: int) -> None:
        self.button.press(count, gap_ms, hold_ms)

    def _do_pattern(self, ms: list[int]) -> None:
        self.button.pattern(ms)

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

    def _do_sound(self, request: Sound) -> None:
        self.world.emit("state", "world", sound=request.kind)
        self.microphone.scene.play(request.source, self.world.now_ms)

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

    def _do_power(self, charging: bool | None, battery_pct: int | None) -> None:
        if charging is not None:
            self.board.line("charging").set(int(charging))
        if battery_pct is not None:
            self.battery.charge(battery_pct)

    def _do_fault(self, line: Fault) -> None:
        self.fault(line)

    # -- faults ---------------------------------------------------------------------------

    def fault(self, fault: Fault) -> None:
        """Put a fault in force at its time, and lift it at its end."""
        self.world.at(fault.at_ms or self.world.now_ms, self._start_fault, fault)

    def _start_fault(self, fault: Fault) -> None:
        params = dict(fault.params)
        self.world.emit("fault", fault.device, kind=fault.kind, on=1, **params)
        if fault.device == "board":
            params["for_ms"] = POWER_CUT_MS if fault.for_ms is None else fault.for_ms
        self.faulty[fault.device].start_fault(fault.kind, params)
        if fault.for_ms is not None and (fault.device, fault.kind) not in MOMENTARY:
            self.world.after(fault.for_ms, self._end_fault, fault)

    def _end_fault(self, fault: Fault) -> None:
        self.world.emit("fault", fault.device, kind=fault.kind, on=0)
        self.faulty[fault.device].end_fault(fault.kind)


def _gestures(config: dict[str, Any]) -> dict[str, Any]:
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
