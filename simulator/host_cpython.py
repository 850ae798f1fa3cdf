"""The cpython host: firmware in this process, each life in a sandbox of its own."""

from __future__ import annotations

import traceback

from simulator.filesystem import FileSystem
from simulator.host import FILES, Host
from simulator.mounts import Mounts
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
        link = {"call": self.board.call, "step_ends": lambda: None}
        sandbox = Sandbox(self.root, {"_link": link}, self.console)
        mounts = Mounts()
        sandbox.give_files(mounts)
        sandbox.load("_board").hello()
        for device in sandbox.load("esp32").Partition.find(1, label=FILES):
            mounts.mount(FileSystem(device), "/")
        return sandbox
