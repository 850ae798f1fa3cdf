"""The application: the one loop.

`main` is the only place of the firmware that waits (DESIGN: one loop, one wait). What is needed
before it, once, is in start.py, and let go. Imports start.py, micropython and sys.
"""

from micropython import const

_WATCHDOG_MS = const(60000)


def main():
    """Start, then step and wait until the console hands over to the REPL: 1 then.

    None at once where there is nothing to run: in the field without a configuration, or on the
    bench with one that is refused.
    """
    core = _started()
    if core is None:
        return None
    board = core.board
    if core.config is not None and core.config.mode == "field":
        board.watchdog_start(_WATCHDOG_MS)
    while not core.leaves:
        now_ms = core.clock.now_ms()
        wake_ms = core.step(now_ms)
        board.wait(wake_ms, core.clock.now_ms(), core.may_sleep(now_ms))
    return 1


def _started():
    from firmware import start

    core = start.build(start.board())
    start.forget("firmware.start")
    return core
