"""The console and the rest of the firmware: opened, kept alive, stepped, closed again.

Separate because most starts never open it. Imports nothing before it is opened.
"""


def open_it(core, locked):
    """locked: 1 in the field, where it is silent until it is unlocked."""
    core.console = Joint(core, locked)
    core.board.stay_awake = 1


class Joint:
    """`step` it last of all, ask for its `wake_ms`; a console that raises is made anew."""

    def __init__(self, core, locked):
        self._core = core
        self._locked = locked
        self.kept = core.supervisor.add("console", self._make)

    def step(self, now_ms):
        core, kept = self._core, self.kept
        restarts = kept.restarts
        goes_on = kept.call("step", now_ms, 1, now_ms)
        if kept.restarts is not restarts or not goes_on:
            core.finger = 0  # what it held
            core.rehearsal = None
        if not goes_on:
            from firmware.console import longer

            longer.closed(core, kept)

    def wake_ms(self, now_ms):
        """When it must be stepped though nothing comes."""
        kept = self.kept
        if kept.rests(now_ms):
            return kept.rests_until_ms
        return kept.call("wake_ms", now_ms, now_ms, now_ms)

    def _make(self):
        core = self._core
        if core.board.accel is None:  # no PSRAM
            from firmware.services.console import Console

            return Console(core.board.console(), core)
        from firmware.console.longer import Longer

        return Longer(core.board.console(), core, self._locked, core.trace.now_ms)
