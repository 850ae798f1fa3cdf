"""The MicroPython VM as a process: its two pipes, its signals and what Linux tells of it.

Separate because only this file knows how the VM is started, watched and ended: by its process
id, never by name. Linux only: /proc says whether the program listens to Ctrl-C.
"""

from __future__ import annotations

import fcntl
import os
import select
import signal
import struct
import subprocess
import termios
from pathlib import Path

from simulator.host_micropython import cpu_s, end_with_host
from simulator.interpreter import interpreter

_SIGINT_BIT = 1 << signal.SIGINT - 1
_PIPE_MAX = 65536  # bytes that a pipe holds, pipe(7)


class Process:
    """One VM. `typed` and `printed` are the ends that this process holds; both never block."""

    def __init__(self, heap_bytes: int, arguments: list[str]) -> None:
        self._stdin, self.typed = os.pipe()
        self.printed, stdout = os.pipe()
        self._child = subprocess.Popen(
            [interpreter(), "-X", f"heapsize={heap_bytes}", "-i", *arguments],
            stdin=self._stdin,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            env={},  # above all no HOME: the REPL would keep its history there
            preexec_fn=end_with_host,  # noqa: PLW1509 (one system call, no lock)
        )
        os.close(stdout)
        os.set_blocking(self.typed, False)
        os.set_blocking(self.printed, False)
        self.pid = self._child.pid

    def write(self, data: bytes) -> int:
        """Put what fits into its input; returns how much that was."""
        try:
            return os.write(self.typed, data)
        except BlockingIOError:
            return 0

    def unread(self) -> int:
        """Bytes of input that it has not read yet."""
        return struct.unpack("i", fcntl.ioctl(self.typed, termios.FIONREAD, bytes(4)))[0]

    def take_unread(self) -> bytes:
        """Take back what it has not read."""
        if select.select([self._stdin], [], [], 0)[0]:
            return os.read(self._stdin, _PIPE_MAX)
        return b""

    def read(self) -> bytes | None:
        """What it has printed; None for nothing now, b"" once it has ended."""
        try:
            return os.read(self.printed, 4096)
        except BlockingIOError:
            return None

    def hears_ctrl_c(self) -> bool:
        """Whether a program runs that Ctrl-C ends: not at a prompt, not after kbd_intr(-1)."""
        return bool(int(self._status().get("SigCgt", "0"), 16) & _SIGINT_BIT)

    def waits(self) -> bool:
        """Whether it sleeps in a system call."""
        return self._status().get("State", "").startswith("S")

    def cpu_s(self) -> float:
        """The CPU time that it has used."""
        return cpu_s(self.pid)

    def _status(self) -> dict[str, str]:
        try:
            text = Path(f"/proc/{self.pid}/status").read_text()
        except OSError:
            return {}
        lines = (line.partition(":") for line in text.splitlines())
        return {key: value.strip() for key, _, value in lines}

    def interrupt(self) -> None:
        """KeyboardInterrupt in the program; only while it hears it, else this ends the VM."""
        self._child.send_signal(signal.SIGINT)

    def end(self) -> int:
        """End it if it has not ended; returns its exit status, below 0 for a signal."""
        self._child.kill()
        status = self._child.wait()
        for file in (self._stdin, self.typed, self.printed):
            if file >= 0:
                os.close(file)
        self._stdin = self.typed = self.printed = -1
        return status

    def exit_status(self) -> int | None:
        """Wait until it has ended by itself, as it does after the last of its output."""
        try:
            return self._child.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return None
