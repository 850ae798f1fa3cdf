"""Files in pieces, for the console: read at a place, made piece by piece, moved into place.

Beside store.py, which is the only other file of the firmware that opens files: separate because
it is loaded when the console asks for it, and let go. Power may fail at any moment: what is made
piece by piece has another name until it is whole. Imports os.
"""

import os


def size(path):
    """Bytes of a file; None where there is none."""
    try:
        return os.stat(path)[6]
    except OSError:
        return None


def read(path, at, most):
    """At most so many bytes from there on; None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            file.seek(at)
            return file.read(most)
    except OSError:
        return None


def append(path, data, anew):
    """Add to a file, or begin it anew. Raises OSError."""
    with open(path, "wb" if anew else "ab") as file:
        file.write(data)


def move(path, to):
    """Take the place of another file, in one step. Raises OSError."""
    os.rename(path, to)


def names():
    """The files of the root, sorted; folders are left out."""
    return sorted([entry[0] for entry in os.ilistdir("/") if not entry[1] & 0x4000])
