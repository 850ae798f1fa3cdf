"""Puts lib/, the root and the shims on the path, as they are on a board."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
for folder in (ROOT / "tests/shims", ROOT / "tests/unit", ROOT / "lib", ROOT):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))
