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
from simulator.devices.microphone import Microphone
from simulator.devices.motor import Motor
from simulator.devices.storage import Storage, raw
from simulator.edge import Line
from simulator.faults import Fault
from simulator.observer import Observer
from simulator.scenario import Scenario
from simulator.scene import Scene, observed
from simulator.sound.request import Request as Sound
from simulator.world import World

ROOT = Path(__file__).resolve().parent.parent
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


class Stage(Scene):
    """`world`, `board` and every device by name; `do` carries out one command."""

    def __init__(
        self,
        scenario: Scenario,
        root: Path = ROOT,
        image: bytes | None = None,
        world: World | None = None,
    ) -> None:
        """image: of the whole flash, from an earlier run (chip_image.py); world: a fresh one."""
        world = world or World(scenario.seed, scenario.world.start_utc_s)
        config = json.dumps(scenario.device.config, sort_keys=True).encode()
        files = {"/config.json": config, "/board": scenario.device.board.encode()}
        options = BoardOptions(
            step_cost_ms=scenario.step_cost_ms, costs=scenario.costs, files=files, image=image
        )
        self.board = BoardModel(world, scenario.device.board, root, options)
        self._surround(scenario, world)
        self._devices(scenario)
        for step in scenario.steps:
            self.world.at(step.at_ms, self.do, step.command)

    def _devices(self, scenario: Scenario) -> None:
        board, world = self.board, self.world
        button = board.line("button")
        self.button = Button(world, button)
        motor = board.line("motor")
        self.observer = Observer(world, button, motor=motor, **observed(scenario.device.config))
        self.motor = Motor(world, motor)
        self.battery = Battery(world, board, scenario.device.battery_pct)
        self._serial_devices(board.wire, self._wired)
        self.accel = Accelerometer(world, board.bus, board.line("accel_int1"), self.body)
        self.microphone = Microphone(world, board.sample_bus)
        self.faulty = {
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

    def refusal(self, command: Command) -> tuple[str, str]:
        if command.do == "fault" and command.args["line"].device == "storage":
            if not raw(self.board.flash.table):
                return "line", f"{self.board.name} has no partition that could fail"
        return super().refusal(command)

    def _do_press(self, count: int, gap_ms: int, hold_ms: int) -> None:
        self.button.press(count, gap_ms, hold_ms)

    def _do_pattern(self, ms: list[int]) -> None:
        self.button.pattern(ms)

    def _do_sound(self, request: Sound) -> None:
        self.world.emit("state", "world", sound=request.kind)
        self.microphone.scene.play(request.source, self.world.now_ms)

    def _do_console(self, line: str) -> None:
        self.board.console.type(line.encode() + b"\n")

    def _do_power(self, charging: bool | None, battery_pct: int | None) -> None:
        if charging is not None:
            self.board.line("charging").set(int(charging))
        if battery_pct is not None:
            self.battery.charge(battery_pct)

    def _do_to(self, fault: Fault, params: dict[str, Any]) -> None:
        if fault.device == "board":
            params["for_ms"] = POWER_CUT_MS if fault.for_ms is None else fault.for_ms
        super()._do_to(fault, params)
