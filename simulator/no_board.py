"""A scene without a board: modem and receiver on serial ports, the board is somebody's own.

Separate from the stage, which has a board model. Only two lines lead there, so the modem's pins
are soldered to nothing: its power key is held down by the module itself, as many carrier boards
have it, and it comes back whenever it is off. The button, if it is wired, is a control line of
one of the adapters.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from simulator.commands import Command
from simulator.devices.button import Button
from simulator.edge import Line, Wire
from simulator.observer import Observer
from simulator.ports import LINES, Port
from simulator.realtime import RealWorld
from simulator.scenario import Scenario, Step
from simulator.scene import Scene, observed

BAUDS = {"modem": 115200, "gnss": 9600}  # as they are when power comes
KEY_MS = 1000  # a modem that is off sees its key, and starts


class ButtonLine(NamedTuple):
    """A control line of a port; pressed is asserted (low, on an adapter), unless inverted."""

    wire: str
    line: str
    inverted: bool


BUTTON_LINES = {
    f"{wire}.{line}{'-inverted' * inverted}": ButtonLine(wire, line, inverted)
    for wire in BAUDS
    for line in LINES
    for inverted in (False, True)
}


class Cable(Wire):
    """A wire with a port as its far end, which follows the device's speed."""

    def __init__(self, world: RealWorld, name: str, port: Port) -> None:
        super().__init__(world, name, BAUDS[name])
        self._port = port
        port.heard = self._heard
        self.board_rx = port.write

    def _heard(self, data: bytes) -> None:
        self.board_write(data)

    def _deliver(self, way: str, data: bytes) -> None:
        self._follow()
        super()._deliver(way, data)
        self._follow()  # it may have been told to speak faster

    def _follow(self) -> None:
        if self.board_baud != self.device_baud:
            self.board_baud = self.device_baud
            self._port.speed(self.device_baud)


class NoBoard(Scene):
    """`left_out`: steps of the scenario that only a board of ours could be made to feel."""

    def __init__(
        self,
        scenario: Scenario,
        world: RealWorld,
        ports: dict[str, Port],
        button: ButtonLine | None = None,
    ) -> None:
        """ports: for "modem" and "gnss"."""
        self._surround(scenario, world)
        self.button: Button | None = None
        if button is not None:
            self._wire_button(world, button, ports[button.wire])
        self._serial_devices(lambda name: Cable(world, name, ports[name]), lambda role: None)
        self.faulty = {"gnss": self.gnss, "modem": self.modem}
        if self.button is not None:
            self.faulty["button"] = self.button
        world.listeners.append(self._heard)
        self._see_key()
        self.left_out: list[Step] = []
        for step in scenario.steps:
            if self.refusal(step.command)[1]:
                self.left_out.append(step)
            else:
                world.at(step.at_ms, self.do, step.command)

    # -- the button -----------------------------------------------------------------------

    def _wire_button(self, world: RealWorld, at: ButtonLine, port: Port) -> None:
        line = Line(world, "button")

        def drive(level: int) -> None:
            world.emit("edge", "button", level=level)
            port.line(at.line, bool(level) != at.inverted)

        port.line(at.line, at.inverted)
        line.watch(drive)
        self.button = Button(world, line)
        self.observer = Observer(world, line, **observed(self.scenario.device.config))

    def refusal(self, command: Command) -> tuple[str, str]:
        if command.do in ("press", "pattern") and self.button is None:
            return "do", f"{command.do}: there is no button here"
        return super().refusal(command)

    def _do_press(self, count: int, gap_ms: int, hold_ms: int) -> None:
        if self.button is not None:
            self.button.press(count, gap_ms, hold_ms)

    def _do_pattern(self, ms: list[int]) -> None:
        if self.button is not None:
            self.button.pattern(ms)

    # -- the modem's key ------------------------------------------------------------------

    def _heard(self, event: dict[str, Any]) -> None:
        off = event["ev"] == "state" and event.get("power") == "off"
        repaired = event["ev"] == "fault" and not event["on"]
        if event["dev"] == "modem" and (off or repaired):
            self._see_key()

    def _see_key(self) -> None:
        self.world.after(KEY_MS, self._start_modem)

    def _start_modem(self) -> None:
        if self.modem.power.state == "off":
            self.modem.power.restart()
