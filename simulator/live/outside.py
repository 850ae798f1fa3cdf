"""A virtual board whose modem and receiver are somebody else's: its UARTs are pseudo-terminals.

Separate from the stage, which has both: here `python -m simulator serve` plays them, or whatever
else takes a port, as with a real board whose UARTs are tied to the adapters of a PC. The modem's
other pins lead nowhere, as with such a board.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Callable

from simulator.commands import Command
from simulator.edge import Line, Wire
from simulator.ports import Port
from simulator.realtime import RealWorld
from simulator.scenario import Scenario
from simulator.stage import Stage

THEIRS = ("modem", "gnss")
NEED_MODEM = ("contact", "network")


class Outside(Stage):
    """ports: for "modem" and "gnss"."""

    def __init__(
        self,
        scenario: Scenario,
        root: Path,
        image: bytes | None,
        world: RealWorld,
        ports: dict[str, Port],
    ) -> None:
        self._ports = ports
        super().__init__(scenario, root, image, world)
        for name in THEIRS:
            del self.faulty[name]

    def _serial_devices(
        self, wire: Callable[[str], Wire], line: Callable[[str], Line | None]
    ) -> None:
        nobody: Any = None
        self.modem = self.gnss = nobody
        for name in THEIRS:
            _join(wire(name), self._ports[name])

    def refusal(self, command: Command) -> tuple[str, str]:
        if command.do in NEED_MODEM:
            return "do", f"{command.do}: the modem is not of this world"
        return super().refusal(command)


def _join(wire: Wire, port: Port) -> None:
    def heard(data: bytes) -> None:
        wire.device_baud = wire.board_baud
        wire.device_write(data)

    def sent(data: bytes) -> None:
        port.write(data)

    wire.any_baud = True
    wire.device_rx, port.heard = sent, heard
