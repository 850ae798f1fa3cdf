"""What the VM of a virtual board runs; see _start.py. Arguments: as its `start` has them."""

import sys

sys.path[:] = [sys.argv[2]]
import _start  # noqa: E402

_start.start(globals(), *sys.argv[1:])
