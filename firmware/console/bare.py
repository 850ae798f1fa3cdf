"""What runs on a device without configuration: the console alone, for the desk.

Separate because everything else of the firmware needs a configuration. It has of core.Core what
the console and its commands ask for. Imports the supervisor and sys.
"""

import sys

from firmware.supervisor import Supervisor

_LATER_MS = 60000


class Bare:
    """Step it, wait, step it again."""

    config = rehearsal = None
    finger = leaves = wiping = 0  # nobody looks at the finger

    def __init__(self, board, clock, files, trace):
        self.board = board
        self.clock = clock
        self.files = files
        self.trace = trace
        self.console = None
        self.supervisor = Supervisor(trace, board.count_restart, _stay, sys.print_exception)

    def step(self, now_ms):
        self.trace.now_ms = now_ms
        self.console.step(now_ms)
        wake_ms = self.console.wake_ms(now_ms)
        return now_ms + _LATER_MS if wake_ms is None else wake_ms

    def may_sleep(self, _now_ms):
        return False

    # -- as core.Core and product.Product ---------------------------------------------------

    def alert_open(self):
        return False

    def is_recording(self):
        return False

    def kept(self, _name):
        return None

    def next_q(self):
        return None


def _stay(_kept):
    """A reset would change nothing."""
