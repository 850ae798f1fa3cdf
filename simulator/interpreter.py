"""The MicroPython VM of this machine: found, and tried, in one place.

Separate so that the simulator, the tools and the tests all mean the same program: MICROPYTHON,
else the one installed beside this Python, else the one on the path. Imports nothing of the
simulator.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

VARIABLE = "MICROPYTHON"
HOW = "`make test` installs it, or pip install -e '.[vm]'"
_QUESTION = "import sys; print(sys.implementation.name)"
_ANSWER_S = 20  # a busy machine is given that long


class NoInterpreter(Exception):
    """One line: what is missing and how it is got."""


def interpreter() -> str:
    """The path of the VM; raises NoInterpreter where there is none, or it is none."""
    named = os.environ.get(VARIABLE)
    if named:
        path = shutil.which(named)
        if path is None:
            raise NoInterpreter(f"{VARIABLE}={named}: is not a program")
    else:
        path = shutil.which(str(Path(sys.executable).with_name("micropython")))
        path = path or shutil.which("micropython")
        if path is None:
            raise NoInterpreter(f"there is no MicroPython here: {HOW}, or set {VARIABLE}=")
    if not _is_micropython(path):
        raise NoInterpreter(f"{path}: is not MicroPython (set {VARIABLE}=)")
    return path


@lru_cache
def _is_micropython(path: str) -> bool:
    """Whether it says so itself: a wrong program would answer nothing, or never."""
    try:
        done = subprocess.run(
            [path, "-c", _QUESTION],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_ANSWER_S,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.stdout.strip() == b"micropython"
