"""A challenge, and whether its answer is that of one who holds the service key.

Each challenge serves once. Imports lib's HMAC.
"""

from binascii import hexlify

import hmac256
import wipe

from firmware.console import Refused
from firmware.console.device import service_key
from firmware.console.values import hex_of

BESIDE = ("hmac256", "wipe", "firmware.console.device", "firmware.console.values")
_CHALLENGE_BYTES = 16
_LABEL = b"galet console 1\0"


def hello(core, console, _request):
    known = service_key(core.files)
    if known is None:
        raise Refused("absent")
    console.challenge = core.board.entropy(_CHALLENGE_BYTES)
    return (
        ("challenge", hexlify(console.challenge).decode()),
        ("devid", hexlify(known[1]).decode()),
    )


def unlock(core, console, request):
    challenge, console.challenge = console.challenge, None
    known = service_key(core.files)
    try:
        told = hex_of(request, "mac", hmac256.BYTES)
        right = challenge is not None and known is not None and _is_right(known, challenge, told)
    except Refused:
        right = False
    if not right:
        if console.field:
            console.tries += 1
        raise Refused("denied")
    if console.field:
        console.unlock()
    return ()


def _is_right(known, challenge, told):
    mac = hmac256.into(bytearray(hmac256.BYTES), known[0], _LABEL, challenge)
    try:
        return hmac256.same(mac, told)
    finally:
        wipe.clear(mac)
