"""`python -m simulator serve`: modem and GNSS in real time on serial ports, for any board.

CONTRACTS.md section 7. Separate from `run`: no firmware runs here, and time is the wall's. The
first line on stdout says where everything is, then come the events; the control socket takes
commands. docs/serve.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from simulator.control import Control
from simulator.expectations import Judge
from simulator.no_board import BAUDS, BUTTON_LINES, NoBoard
from simulator.outlet import Outlet
from simulator.ports import Port, PortError, Pty, SerialPort
from simulator.realtime import RealWorld
from simulator.scenario import SHIPPED, Scenario, load
from simulator.tree import ScenarioError

EXAMPLE = """examples:
  python -m simulator serve evening_walk --modem-port /dev/ttyUSB0 --gnss-port /dev/ttyUSB1
  python -m simulator serve evening_walk --pty
  python -m simulator serve my.yaml --modem-port socket://127.0.0.1:5555 --pty --until-end

While it runs: echo '{"do": "fault", "line": "modem cms=38 for=1min"}' | nc 127.0.0.1 PORT
docs/serve.md says how to wire a board and how to feed gpsd.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("scenario", type=Path, help="a file, or the name of a shipped one")
    text = "where the board's {} UART is: a device or any other URL of pyserial"
    for wire in BAUDS:
        parser.add_argument(f"--{wire}-port", metavar="URL", help=text.format(wire))
    text = "make a pseudo-terminal for each port that is not named"
    parser.add_argument("--pty", action="store_true", help=text)
    text = "control line that presses the button: " + ", ".join(BUTTON_LINES)
    parser.add_argument("--button", choices=BUTTON_LINES, metavar="LINE", help=text)
    text = "of the control socket (one that is free)"
    parser.add_argument("--control-port", type=_port, default=0, metavar="N", help=text)
    text = "stop at the scenario's end; exit 1 if an expectation was not held"
    parser.add_argument("--until-end", action="store_true", help=text)


def _port(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 5 and int(text) < 65536):
        raise argparse.ArgumentTypeError(f"{text!r} is not a port from 0 to 65535")
    return int(text)


def serve(args: argparse.Namespace) -> int:
    """Serve until SIGTERM, SIGINT or, if asked, the end of the scenario; the exit code."""
    scenario = load(args.scenario, tuple(args.overrides), args.seed)
    world = RealWorld(scenario.seed, scenario.world.start_utc_s)
    ports: dict[str, Port] = {}
    try:
        for wire in BAUDS:
            ports[wire] = _open(world, wire, args)
        return _Session(args, scenario, world, ports).run()
    finally:
        for port in ports.values():
            port.close()
        world.close()


def _open(world: RealWorld, wire: str, args: argparse.Namespace) -> Port:
    url = getattr(args, f"{wire}_port")
    option = f"--{wire}-port"
    if url is None and not args.pty:
        raise ScenarioError(f"{option}: is missing; name a port, or say --pty")
    try:
        port = Pty(world) if url is None else SerialPort(world, url, BAUDS[wire])
    except PortError as error:
        raise ScenarioError(f"{option} {url}: {error}") from None
    port.told = lambda what: tell(f"{option} {port.name}: {what}")
    return port


def tell(what: str) -> None:
    """A line for the person at the terminal."""
    print(what, file=sys.stderr, flush=True)


class _Session:
    """One world, from the ready line to its end."""

    def __init__(
        self,
        args: argparse.Namespace,
        scenario: Scenario,
        world: RealWorld,
        ports: dict[str, Port],
    ) -> None:
        self._args, self._scenario, self._world, self._ports = args, scenario, world, ports
        self._code = 0
        button = BUTTON_LINES.get(args.button)
        if button is not None and not ports[button.wire].has_lines:
            raise ScenarioError(f"--button {args.button}: that port has no control lines")
        self._scene = NoBoard(scenario, world, ports, button)
        self._judge = Judge(world, scenario.expect)
        folder = args.scenario.parent if args.scenario.exists() else SHIPPED
        try:
            self._control = Control(world, self._scene, folder, args.control_port)
        except OSError as error:
            raise ScenarioError(f"--control-port {args.control_port}: {error.strerror}") from None

    def run(self) -> int:
        world = self._world
        world.stop_on_signals()
        self._say_what_is_left_out()
        outlet = Outlet(world, sys.stdout.fileno(), tell, self._nobody_listens)
        outlet.text(json.dumps(self._ready()))
        world.listeners.append(outlet.say)
        if self._args.until_end:
            world.at(self._scenario.duration_ms, self._end)
        world.go()
        world.run()
        outlet.close()
        self._control.close()
        return self._code

    def _ready(self) -> dict[str, Any]:
        names = {wire: port.name for wire, port in self._ports.items()}
        return {"ready": True, **names, "control": self._control.url}

    def _say_what_is_left_out(self) -> None:
        steps = [f"{step.command.do} at {step.at_ms} ms" for step in self._scene.left_out]
        if steps:
            what = "left to you, for no board is here: " + ", ".join(steps)
            tell(f"{self._args.scenario}: steps: {what}")

    def _end(self) -> None:
        held = all(row["held"] for row in self._judge.close())
        self._code = 0 if held else 1
        self._world.stop()

    def _nobody_listens(self) -> None:
        """Whoever read the events has closed the pipe: as for every program in a pipe."""
        self._code = 3
        self._world.stop()
