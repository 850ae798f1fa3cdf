"""The untouched copy of whatever is examined, and its hash, from before any key is used.

Separate because nothing may come before it. Later steps work on the bytes that were copied.
"""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

from kit.command import Unusable, read_file
from kit.provision import write


def secure(path: Path, copies: Path) -> bytes:
    """Read the file once, keep a copy and its hash; whatever follows works on these bytes."""
    data = read_file(path)
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        raise Unusable(f"{path}: this is a WAV file, not a recording")
    digest = sha256(data).hexdigest()
    folder = copies / digest[:16]
    kept = folder / path.name
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)  # contacts' numbers are in an image
        if not kept.exists():
            write(kept, data)
            kept.chmod(0o444)
            write(folder / "SHA256SUMS", f"{digest}  {path.name}\n")
        again = sha256(kept.read_bytes()).hexdigest()
    except OSError as error:
        raise Unusable(f"{kept}: {error.strerror}; give --copies DIR") from None
    if again != digest:
        raise Unusable(f"{kept}: not a copy of {path}")
    print(f"{path}: SHA-256 {digest}, copy in {folder}", file=sys.stderr)
    return data
