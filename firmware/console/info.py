"""What this device is, and that it is there. Imports binascii and sys."""

import sys
from binascii import hexlify

from firmware import VERSION


def ready(core, console):
    """What a device on the bench says at its start."""
    return _firmware(core, console) + (("mode", _mode(core)),)


def info(core, console, _request):
    board = core.board
    known = console.call("device", "devid", core.files)
    return _firmware(core, console) + (
        ("mode", _mode(core)),
        ("devid", None if known is None else hexlify(known).decode()),
        ("uptime_ms", console.now_ms),
        ("boots", board.counters()[0]),
        ("reset_cause", board.reset_cause()),
        ("configured", core.config is not None),
        ("alert", core.alert_open()),
        ("next_q", None if board.accel is None else core.next_q()),
    )


def _mode(core):
    return "bench" if core.config is None else core.config.mode


def _firmware(core, console):
    """Its version, and of its manifest where there is one: what runs, not what was flashed."""
    version, digest, slot = VERSION, "", ""
    for path in sys.path:
        if path in ("/a", "/b"):
            slot = path[1:]
            digest, found = console.call("manifest", "read", path + "/manifest.json")
            version = found or version
            break
    told = (("version", version), ("firmware", digest), ("slot", slot))
    return told + (("board", core.board.name),)
