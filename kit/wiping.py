"""Erasing a device, and only once all that comes before it was done.

Separate because it cannot be undone: every step that is missing is named, and nothing is erased.
What was written down stays at the desk: that it was done, and hashes of what had been there. The
registry keeps the public keys, which older copies are judged by; to destroy the private key of
the hand-over is to erase the copies, and PRIVACY.md says when.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any, NamedTuple

from kit import collect, service
from kit.command import Unusable
from kit.desk import Desk, now
from kit.keys import unhex
from kit.link import Link, Refused, Reply
from kit.service import Info

_WIPE_S = 120.0  # to the next part
_PARTITIONS = ("ev", "journal")


class Order(NamedTuple):
    """typed: the devid as a person gave it. reason: why no copy is kept, "" where one is."""

    typed: str
    reason: str
    who: str


def wipe(link: Link, info: Info, desk: Desk, order: Order, told: collect.Told) -> dict[str, Any]:
    """Erase it; returns what was written down. Unusable, with all that is missing, before."""
    devid = _devid(link, info, desk, order)
    record = desk.wipe_record(devid) if devid is not None and begun(desk, devid) else None
    stated = collect.state(link, "ev", told)
    lacking = missing(info, desk, order, devid, stated)
    if lacking:
        raise Unusable("not erased: " + "; ".join(lacking))
    assert devid is not None
    if record is None:
        record = {
            "format": 1,
            "devid": devid.hex(),
            "begun_utc": now(),
            "ended_utc": None,
            "board": info.board,
            "next_q": info.next_q,
            "ev_sha256": stated.sha256 if stated else None,
            "without_copy": order.reason or None,
        }
    path = desk.device(devid) / "wipe.json"
    desk.write_json(path, record)
    _erase(link, info, told)
    record["blank"] = _check(link, told)
    record["ended_utc"] = now()
    desk.write_json(path, record)
    desk.note(devid, order.who, "erased", record["ev_sha256"] or "")
    return record


def begun(desk: Desk, devid: bytes) -> bool:
    """Whether its erasure was begun and has not ended."""
    record = desk.wipe_record(devid)
    return record is not None and record["ended_utc"] is None


def missing(
    info: Info,
    desk: Desk,
    order: Order,
    devid: bytes | None,
    stated: collect.State | None,
) -> list[str]:
    """The steps that were not done; empty where it may be erased."""
    if devid is None:
        return ["this device was never handed over"]
    lacking = []
    if order.typed.lower() != devid.hex():
        lacking.append(f"--devid is not what the device says it is ({devid.hex()})")
    if stated is not None and devid not in desk.folder.devices():
        lacking.append(f"{devid.hex()} is not in {desk.folder.registry}")
    if info.alert:
        lacking.append("it is in an alert")
    copied = stated is None or begun(desk, devid) or stated.sha256 == collect.blank(stated.sectors)
    if not copied and not order.reason:
        hashes = [one["partitions"]["ev"]["sha256"] for one in desk.collections(devid)]
        assert stated is not None
        if not hashes:
            lacking.append("nothing was collected of it: kit collect, or --without-copy REASON")
        elif stated.sha256 not in hashes:
            lacking.append("it has recorded since it was collected: kit collect again")
    return lacking


def _devid(link: Link, info: Info, desk: Desk, order: Order) -> bytes | None:
    """Which device it is. One whose erasure was cut off may have forgotten all it was: then the
    one that was typed."""
    known = info.devid if info.devid is not None else service.named(link)
    if known is not None:
        return known
    with suppress(ValueError):
        typed = unhex(order.typed.lower(), 8)
        if begun(desk, typed):
            return typed
    return None


def _erase(link: Link, info: Info, told: collect.Told) -> None:
    def part(line: Reply) -> None:
        if isinstance(line.get("part"), int) and isinstance(line.get("of"), int):
            told("erasing", line["part"], line["of"])

    devid = None if info.devid is None else info.devid.hex()
    link.ask("wipe", devid=devid, within_s=_WIPE_S, told=part)


def _check(link: Link, told: collect.Told) -> list[str]:
    """Restart it and see that nothing is left; returns the partitions that are all blank."""
    blank = []
    for name in _PARTITIONS:
        stated = collect.state(link, name, told)
        if stated is not None and stated.sha256 == collect.blank(stated.sectors):
            blank.append(name)
        elif stated is not None:
            raise Unusable(f"{name} is not blank after the erasure: do this again")
    info = service.restarted(link)
    named = None
    with suppress(Refused):
        named = service.named(link)
    if info.mode != "bench" or info.devid is not None or info.configured or named is not None:
        raise Unusable("the device still knows whose it was: do this again")
    return blank
