"""The cpython host: firmware in this process, each life in a sandbox of its own."""

from __future__ import annotations

import io
import traceback
from typing import Any

from simulator.filesystem import FileSystem
from simulator.host import FILES, Host
from simulator.sandbox import Sandbox


class CpythonHost(Host):
    """Fast, debuggable, measurable by coverage; heap figures are not known."""

    def _life(self) -> str:
        sandbox = self._furnish()
        try:
            for name in ("boot.py", "main.py"):
                if (self.root / name).is_file():
                    sandbox.run(self.root / name)
        except SystemExit:
            return "soft"
        except Exception as error:
            self.exceptions.append("".join(traceback.format_exception(error)))
        return ""

    def _furnish(self) -> Sandbox:
        """A sandbox with the link to the board and its file system."""
        call = self.board.call
        fakes: dict[str, dict[str, Any]] = {
            "_link": {"call": call, "step_ends": lambda: None},
            "uos": {},
        }
        sandbox = Sandbox(self.root, fakes, self.console)
        if self.board.flash_has(FILES):
            part = self.board.flash.find(FILES)
            files = FileSystem(call, part.address, part.size)
            fakes["uos"].update(files.functions())
            sandbox.builtins["open"] = files.open
            fakes["io"] = {"StringIO": io.StringIO, "BytesIO": io.BytesIO, "open": files.open}
        sandbox.load("_board").hello()
        return sandbox
