"""Files that people name: where they are, and read whole, unless they are more than is sensible.

Separate because scenarios, recordings and their folders are all named by hand: whatever is wrong
with one is an OSError whose strerror says so, or a line about the scenario that names it.
"""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path

from simulator.tree import Node

SCENARIO_MAX = 1 << 20  # bytes
RECORDING_MAX = 64 << 20

SHARED = "data:"  # a file name that begins so is looked for in the shared data
DATA = Path(__file__).resolve().parents[2] / "shared/data"


def named(node: Node, folder: Path) -> Path:
    """The file that a scenario names: in its folder, or in the shared data; ScenarioError."""
    name = node.text()
    if name.startswith(SHARED):
        data = Path(os.environ.get("GALET_DATA") or DATA)
        if not data.is_dir():
            raise node.wrong(f"the folder of shared data is not there: {data} (set GALET_DATA)")
        return data / name.removeprefix(SHARED)
    path = folder / name
    # A file set on the command line may be named from here.
    if node.where.startswith("--set ") and not path.is_file():
        return Path(name)
    return path


def read_bytes(path: Path, most: int) -> bytes:
    """The content of a regular file of at most `most` bytes; raises OSError."""
    if path.exists() and not path.is_file():
        kind = "a folder" if path.is_dir() else "a device or a pipe"
        raise OSError(errno.EINVAL, f"is {kind}, not a file", str(path))
    with path.open("rb") as file:
        data = file.read(most + 1)
    if len(data) > most:
        raise OSError(errno.EFBIG, f"is longer than {most >> 10} KiB", str(path))
    return data


def check_writable(folder: Path, names: tuple[str, ...]) -> None:
    """Make the folder and see that each file can be written into it; raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        path = folder / name
        if path.exists() and not path.is_file():
            raise OSError(errno.EEXIST, f"{name} is there and is no file", str(path))
        fresh = not path.exists()
        path.open("ab").close()
        if fresh:
            os.unlink(path)


def check_replaceable(path: Path) -> None:
    """See that `replace` can do its work, in a folder that is there; raises OSError."""
    real = Path(os.path.realpath(path))
    if not real.parent.is_dir():
        raise OSError(errno.ENOENT, f"there is no folder {real.parent}", str(path))
    check_writable(real.parent, (real.name, _beside(real).name))


def replace(path: Path, data: bytes) -> None:
    """Write a file whole, or leave the one that is there as it is; raises OSError."""
    real = Path(os.path.realpath(path))
    beside = _beside(real)
    try:
        beside.write_bytes(data)
        if real.exists():
            shutil.copymode(real, beside)
        os.replace(beside, real)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def _beside(path: Path) -> Path:
    return path.with_name(f"{path.name}.{os.getpid()}.part")
