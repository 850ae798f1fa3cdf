"""`python -m simulator board`: a virtual board on a port, in a world in real time.

CONTRACTS.md section 7. The first line on stdout says where everything is, then come the events;
the control socket takes commands. docs/board.md.
"""

from __future__ import annotations

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from simulator import chip_image
from simulator.control import Control
from simulator.host import check_host
from simulator.interpreter import NoInterpreter
from simulator.live.kept import KeptFlash
from simulator.live.outside import THEIRS, Outside
from simulator.live.port import ConsolePort
from simulator.outlet import Outlet
from simulator.ports import Pty
from simulator.realtime import FOREVER_MS, RealWorld
from simulator.scenario import SHIPPED, Scenario, boards, load, parse
from simulator.stage import ROOT, Stage
from simulator.tree import ScenarioError

DESK = "name: desk\nduration: 1h\nworld: {motion: still}\n"

EXAMPLE = """examples:
  python -m simulator board
  python -m simulator board evening_walk --board generic_esp32 --pty-link build/board
  python -m simulator board --flash build/flash.bin
  python -m simulator board --outside

Then, with the port of the first line: mpremote connect PORT ls
docs/board.md says what such a board can do, and in what it is no real one.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    text = "the world around it: a file, or the name of a shipped one (a quiet desk)"
    parser.add_argument("scenario", type=Path, nargs="?", help=text)
    text = "which board (the scenario's): " + ", ".join(boards())
    parser.add_argument("--board", choices=boards(), metavar="NAME", help=text)
    text = "keep its flash here, from one start to the next (it is new and blank)"
    parser.add_argument("--flash", type=Path, metavar="FILE", help=text)
    text = "flash operations take no time"
    parser.add_argument("--quick-flash", action="store_true", help=text)
    text = "modem and GNSS are yours: its two UARTs are pseudo-terminals, for `serve` or others"
    parser.add_argument("--outside", action="store_true", help=text)
    text = "a symbolic link to the port, while there is one"
    parser.add_argument("--pty-link", type=Path, metavar="PATH", help=text)


def board(args: argparse.Namespace) -> int:
    """Be a board until SIGTERM or SIGINT; the exit code."""
    if sys.platform != "linux":
        raise ScenarioError("board: a virtual board needs Linux")
    try:
        check_host("micropython")
    except NoInterpreter as error:
        raise ScenarioError(f"board: {error}") from None
    with ExitStack() as stack:
        return _Session(args, stack).run()


def tell(what: str) -> None:
    """A line for the person at the terminal."""
    print(what, file=sys.stderr, flush=True)


def _scenario(args: argparse.Namespace) -> Scenario:
    overrides = tuple(args.overrides)
    if args.board is not None:
        overrides += (f"device.board={args.board}",)
    if args.scenario is None:
        found = parse(DESK, "desk", SHIPPED, overrides, args.seed)
    else:
        found = load(args.scenario, overrides, args.seed)
    return found._replace(step_cost_ms=0, costs=False)  # here computing takes its own time


class _Session:
    """One board, from the ready line to its end."""

    def __init__(self, args: argparse.Namespace, stack: ExitStack) -> None:
        # Here, so that who has no interpreter can have everything else.
        from simulator.live.console import Console
        from simulator.live.host import BoardHost

        scenario = _scenario(args)
        kept = None
        if args.flash is not None:
            kept = KeptFlash(args.flash)
            stack.callback(kept.close)
        self._world = RealWorld(scenario.seed, scenario.world.start_utc_s)
        stack.callback(self._world.close)
        self._world.stop_on_signals()
        image = kept.image if kept else None
        self._wires: dict[str, Pty] = {}
        if args.outside:
            self._wires = {name: Pty(self._world) for name in THEIRS}
            for wire in self._wires.values():
                stack.callback(wire.close)
            stage: Stage = Outside(scenario, ROOT, image, self._world, dict(self._wires))
        else:
            stage = Stage(scenario, ROOT, image, self._world)
        options = stage.board.options
        options.files = {}
        if args.quick_flash:
            options.erase_us, options.program_us = (0, 0), 0
        self._port = ConsolePort(self._world)
        stack.callback(self._port.close)
        try:
            self._host = BoardHost(stage.board, ROOT, Console(self._world, self._port))
            if kept is not None:
                kept.keep(stage.board.flash)
        except chip_image.WrongImage as error:
            raise ScenarioError(f"--flash {args.flash}: {error}") from None
        if args.pty_link is not None:
            try:
                self._port.link(args.pty_link)
            except OSError as error:
                raise ScenarioError(f"--pty-link {args.pty_link}: {error.strerror}") from None
        folder = args.scenario.parent if args.scenario and args.scenario.exists() else SHIPPED
        self._control = Control(self._world, stage, folder)
        stack.callback(self._control.close)
        self._code = 0

    def run(self) -> int:
        outlet = Outlet(self._world, sys.stdout.fileno(), tell, self._nobody_listens)
        outlet.text(json.dumps(self._ready()))
        self._world.listeners.append(outlet.say)
        self._world.go()
        self._host.run(FOREVER_MS)
        outlet.close()
        return self._code

    def _ready(self) -> dict[str, Any]:
        wires = {name: self._wires[name].name if self._wires else None for name in THEIRS}
        return {"ready": True, "port": self._port.name, **wires, "control": self._control.url}

    def _nobody_listens(self) -> None:
        """Whoever read the events has closed the pipe: as for every program in a pipe."""
        self._code = 3
        self._world.stop()
