"""How the desk gets at a device: on the bench at once, in the field with its service key.

Separate because everything that speaks to a device begins here, and because the service key has
one place. docs/console.md, "Bench and field". A device in the field says nothing until two long
presses while it has power; then it answers who knows its key. Imports hmac.
"""

from __future__ import annotations

import hmac
import time
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import Callable, Iterator, NamedTuple

from kit.command import Unusable
from kit.keys import unhex
from kit.link import Link, Lost, Refused, Reply, Silent

GESTURE = (
    "no answer yet: plug it in, then press it twice, each time long (1 to 3 s), with less than "
    "2 s between; it then listens for 10 minutes"
)
_TRY_S = 2.0
_DRAIN_S = 0.2
_START_S = 90.0  # a restart: a second on a board, more where an emulator starts
_SLACK_MS = 3000

KeyOf = Callable[[bytes], "bytes | None"]
Say = Callable[[str], None]


class Info(NamedTuple):
    """What a device says of itself. firmware: SHA-256 of its manifest in hex, "" without one.

    devid: of the evidence, None before the hand-over. next_q: of the recording to come, None
    where nothing is sealed.
    """

    version: str
    firmware: str
    slot: str
    board: str
    mode: str
    devid: bytes | None
    uptime_ms: int
    configured: bool
    alert: bool
    next_q: int | None


def service_key(secret: bytes, devid: bytes) -> bytes:
    """The key of one device, from the association's service secret."""
    return hmac.new(secret, b"galet service\0" + devid, sha256).digest()


def answer(key: bytes, challenge: bytes) -> str:
    """The mac that unlocks."""
    return hmac.new(key, b"galet console 1\0" + challenge, sha256).hexdigest()


@contextmanager
def reached(
    url: str, key_of: KeyOf, wait_s: float, say: Say, gesture: bool = True
) -> Iterator[tuple[Link, Info]]:
    """An open and unlocked device; it is locked again behind whoever used it."""
    with Link(url) as link:
        link.drain(_DRAIN_S)
        info = reach(link, key_of, wait_s, say, gesture)
        try:
            yield link, info
        finally:
            if info.mode == "field":
                with suppress(Unusable):
                    link.ask("lock", within_s=_TRY_S)


def reach(link: Link, key_of: KeyOf, wait_s: float, say: Say, gesture: bool = True) -> Info:
    """Wait until it answers, unlock it where needed; Unusable where it does not.

    key_of(devid): its service key, None where this desk has none. gesture: whether to ask for it.
    """
    ends_s = time.monotonic() + wait_s
    asked = False
    while True:
        with suppress(Silent):
            return info(link, _TRY_S)
        with suppress(Silent, Refused):
            unlock(link, key_of)
            continue
        if gesture and not asked:
            say(GESTURE)
            asked = True
        if time.monotonic() > ends_s:
            raise Silent(f"{link.url}: no answer; is it the right port, is the device plugged in?")


def unlock(link: Link, key_of: KeyOf) -> bytes:
    """Answer its challenge; returns the devid that it named. Unusable with another's key."""
    reply = link.ask("hello", within_s=_TRY_S)
    devid, challenge = _hex(reply, "devid", 8), _hex(reply, "challenge", 16)
    key = key_of(devid)
    if key is None:
        raise Unusable(f"device {devid.hex()} is locked, and this desk has no service secret")
    try:
        link.ask("unlock", mac=answer(key, challenge))
    except Refused as refused:
        if refused.word == "denied":
            raise Unusable(
                f"device {devid.hex()} was handed over by another desk: its key is not the one "
                "that this desk's service secret gives"
            ) from None
        raise
    return devid


def info(link: Link, within_s: float = 5.0) -> Info:
    """Ask it what it is."""
    reply = link.ask("info", within_s=within_s)
    devid = reply.get("devid")
    number = reply.get("next_q")
    return Info(
        str(reply.get("version", "")),
        _digest(reply.get("firmware")),
        str(reply.get("slot", "")),
        str(reply.get("board", "")),
        "bench" if reply.get("mode") == "bench" else "field",
        None if devid is None else _hex(reply, "devid", 8),
        int(reply.get("uptime_ms") or 0),
        reply.get("configured") is True,
        reply.get("alert") is True,
        number if isinstance(number, int) else None,
    )


def named(link: Link) -> bytes | None:
    """The devid that its service key is of, None without one; on the bench or unlocked."""
    try:
        return _hex(link.ask("hello"), "devid", 8)
    except Refused as refused:
        if refused.word in ("absent", "unknown"):
            return None
        raise


def restart(link: Link) -> None:
    """Restart it and wait for its port; whether it answers is for whoever asked."""
    link.forget("ready")
    link.ask("restart")
    with suppress(Lost):
        if link.event("ready", within_s=_TRY_S) is not None:
            return
    link.reopen()


def restarted(link: Link) -> Info:
    """Restart a device on the bench; returns what it says of itself when it is up again."""
    began_s = time.monotonic()
    restart(link)
    while time.monotonic() < began_s + _START_S:
        try:
            found = info(link, _TRY_S)
        except Silent:
            continue
        except Lost:
            link.reopen()
            continue
        if found.uptime_ms <= (time.monotonic() - began_s) * 1000 + _SLACK_MS:
            return found
        time.sleep(0.2)  # not yet gone
    raise Silent(f"{link.url}: the device does not answer after its restart")


def _hex(reply: Reply, field: str, size: int) -> bytes:
    try:
        return unhex(reply.get(field), size)
    except ValueError:
        raise Unusable(f"the device sends a {field} that is none") from None


def _digest(text: object) -> str:
    try:
        return unhex(text, 32).hex()
    except ValueError:
        return ""
