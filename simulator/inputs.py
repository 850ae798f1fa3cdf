"""Files that people name: read whole, but never a device, a pipe or more than is sensible.

Separate because scenarios, recordings and their folders are all named by hand: whatever is wrong
with one is an OSError whose strerror says so. Knows no scenario.
"""

from __future__ import annotations

import errno
import os
from pathlib import Path

SCENARIO_MAX = 1 << 20  # bytes
RECORDING_MAX = 64 << 20


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
