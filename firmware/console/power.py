"""The ends of a session: locked again, restarted, or handed over to the REPL."""

from firmware.console import Refused

_BARE = "/bare"  # read by start.py
_HANDED_MS = 3600000  # of the watchdog: who works at the REPL does not feed it


def lock(_core, console, _request):
    if console.field:
        console.then = console.shut
    return ()


def restart(core, console, request):
    bare = request.get("bare", False)
    if type(bare) is not bool:
        raise Refused("value")
    if bare and not core.files.write(_BARE, b"1"):
        raise Refused("storage")
    console.then = core.board.reset
    return ()


def repl(core, console, _request):
    def leave():
        core.board.lengthen_watchdog(_HANDED_MS)
        console.port.give_up()
        core.leaves = 1

    console.then = leave
    return ()
