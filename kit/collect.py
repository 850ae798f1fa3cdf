"""A read-only copy of what a device holds, with proof that it is one.

Separate because it must change nothing: the device's own hash of each partition is taken before
the first sector is read, and the copy counts only once it has the same. The blank rest of a
partition is not transferred: it is filled in, and the hash is over all of it. What was cut off
goes on where it was. The copy is the raw partition, as `kit verify` takes it.
"""

from __future__ import annotations

import json
import os
from hashlib import sha256
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple

from kit.command import Unusable, read_json
from kit.container import SECTOR
from kit.desk import Desk, now
from kit.keys import unhex
from kit.link import Link, Refused, Reply, unbase64
from kit.provision import write
from kit.service import Info

Told = Callable[[str, int, int], None]  # what, done, of so many

_READ = 16  # sectors of one request: 1.5 s each at 115200 baud
_HASH_S = 60.0  # to the next part
_TRIES = 3
_NAMES = ("ev", "journal")
_BLANK = b"\xff" * SECTOR


class State(NamedTuple):
    """A partition as the device states it; sha256 in hex."""

    sha256: str
    sectors: int


class Collected(NamedTuple):
    """folder: where the copy lies. transferred: sectors by partition. resumed: of them before."""

    folder: Path
    partitions: dict[str, State]
    transferred: dict[str, int]
    resumed: dict[str, int]


class Unlike(Unusable):
    """The copy is not what the device stated."""


def state(link: Link, name: str, told: Told) -> State | None:
    """The device's hash of a partition; None where it has no such."""
    try:
        reply = link.ask(
            "hash", name=name, within_s=_HASH_S, told=_parts(name, told), tries=_TRIES
        )
    except Refused as refused:
        if refused.word in ("absent", "unknown"):
            return None
        raise
    sectors = reply.get("sectors")
    try:
        if not isinstance(sectors, int) or not 0 < sectors <= 1 << 16:
            raise ValueError
        return State(unhex(reply.get("sha256"), 32).hex(), sectors)
    except ValueError:
        raise Unusable(f"{name}: the device states no hash") from None


def _parts(name: str, told: Told) -> Callable[[Reply], None]:
    def part(line: Reply) -> None:
        if isinstance(line.get("part"), int) and isinstance(line.get("of"), int):
            told(f"device hashes {name}", line["part"], line["of"])

    return part


def blank(sectors: int, before: Any = None) -> str:
    """The hash of so many blank sectors, behind what before has taken in."""
    digest = sha256() if before is None else before.copy()
    for _ in range(sectors):
        digest.update(_BLANK)
    return digest.hexdigest()


def read(link: Link, name: str, sector: int, count: int) -> bytes:
    """Sectors as they are; asked for again where a line was damaged on its way."""
    for _ in range(_TRIES):
        pieces: list[bytes] = []

        def part(line: Reply, pieces: list[bytes] = pieces) -> None:
            if line.get("blank") == SECTOR:
                pieces.append(_BLANK)
            elif line.get("part") == len(pieces):
                pieces.append(unbase64(line.get("data")))

        reply = link.ask(
            "read", name=name, sector=sector, count=count, told=part, tries=_TRIES, within_s=10
        )
        data = b"".join(pieces)
        if len(data) == count * SECTOR and sha256(data).hexdigest() == reply.get("sha256"):
            return data
    raise Unlike(f"{name}: sector {sector} arrives damaged again and again: a bad cable?")


def partition(link: Link, name: str, stated: State, path: Path, told: Told) -> tuple[int, int]:
    """Copy a partition into path; returns (sectors transferred, of them in an earlier call).

    path.part holds what there is so far. Unlike where the whole has another hash than stated.
    """
    part = path.with_name(path.name + ".part")
    began = part.stat().st_size // SECTOR if part.exists() else 0
    done = began = min(began, stated.sectors)
    digest = sha256()
    with open(part, "r+b" if part.exists() else "w+b") as file:
        file.truncate(began * SECTOR)
        for _ in range(began):
            digest.update(file.read(SECTOR))
        for data in _until_blank(link, name, stated, began, digest, told):
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            done += len(data) // SECTOR
        for _ in range(stated.sectors - done):
            digest.update(_BLANK)
            file.write(_BLANK)
        file.flush()
        os.fsync(file.fileno())
    if digest.hexdigest() != stated.sha256:
        part.unlink()
        raise Unlike(_unlike(link, name, stated, told))
    part.chmod(0o444)
    os.replace(part, path)
    return done, began


def in_memory(link: Link, name: str, stated: State, told: Told) -> bytes:
    """The partition without its blank rest, proven by the hash: for what is not to be kept."""
    digest = sha256()
    data = b"".join(_until_blank(link, name, stated, 0, digest, told))
    if blank(stated.sectors - len(data) // SECTOR, digest) != stated.sha256:
        raise Unlike(_unlike(link, name, stated, told))
    return data


def _until_blank(
    link: Link, name: str, stated: State, done: int, digest: Any, told: Told
) -> Iterator[bytes]:
    """Sectors from `done` on, taken into digest, until nothing but blank ones can follow."""
    while done < stated.sectors and blank(stated.sectors - done, digest) != stated.sha256:
        count = min(_READ, stated.sectors - done)
        data = read(link, name, done, count)
        digest.update(data)
        done += count
        told(f"copying {name}", done, stated.sectors)
        yield data


def _unlike(link: Link, name: str, stated: State, told: Told) -> str:
    if state(link, name, told) == stated:
        return f"{name}: the copy is not what the device hashed; nothing of it is kept"
    return f"{name}: the device wrote while it was copied; do this again"


def collect(
    link: Link, info: Info, desk: Desk, out: Path | None, who: str, told: Told
) -> Collected:
    """Copy ev and journal into a folder of their own, and write down that it was done."""
    if info.devid is None:
        raise Unusable("this device was never handed over: there is nothing to collect")
    stated = {name: found for name in _NAMES if (found := state(link, name, told)) is not None}
    if "ev" not in stated:
        raise Unusable("this device has no recordings: its board has no partition for them")
    parent = out or desk.device(info.devid) / "collected"
    folder = parent / f"{info.devid.hex()}-{stated['ev'].sha256[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        transferred, resumed = _copy_all(link, stated, folder, told)
    except OSError as error:
        raise Unusable(f"{folder}: {error.strerror}") from None
    entry = {
        "format": 1,
        "devid": info.devid.hex(),
        "utc": now(),
        "board": info.board,
        "version": info.version,
        "firmware": info.firmware,
        "next_q": info.next_q,
        "partitions": {
            name: {"file": f"{name}.bin", "sha256": one.sha256, "sectors": one.sectors}
            for name, one in stated.items()
        },
    }
    sums = "".join(f"{one.sha256}  {name}.bin\n" for name, one in stated.items())
    write(folder / "SHA256SUMS", sums)
    desk.write_json(folder / "collection.json", entry)
    if out is not None:  # the desk knows its copies by their records
        link_to = desk.device(info.devid) / "collected" / folder.name
        link_to.mkdir(parents=True, exist_ok=True, mode=0o700)
        desk.write_json(link_to / "collection.json", _elsewhere(entry, folder))
    digest = stated["ev"].sha256
    desk.note(info.devid, who, "copied", digest, digest)
    return Collected(folder, stated, transferred, resumed)


def _elsewhere(entry: dict[str, Any], folder: Path) -> dict[str, Any]:
    parts = {
        name: {**one, "file": str(folder.resolve() / one["file"])}
        for name, one in entry["partitions"].items()
    }
    return {**entry, "partitions": parts}


def _copy_all(
    link: Link, stated: dict[str, State], folder: Path, told: Told
) -> tuple[dict[str, int], dict[str, int]]:
    """Copy what is not there yet. begun.json says what a part that was cut off is of."""
    begun = folder / "begun.json"
    before = read_json(begun) if begun.exists() else {}
    hashes = {name: one.sha256 for name, one in stated.items()}
    if before != hashes:
        for part in folder.glob("*.part"):
            part.unlink()
        write(begun, json.dumps(hashes) + "\n")
    transferred, resumed = {}, {}
    for name, one in stated.items():
        path = folder / f"{name}.bin"
        if path.exists() and sha256(path.read_bytes()).hexdigest() == one.sha256:
            transferred[name] = resumed[name] = one.sectors
            continue
        path.unlink(missing_ok=True)
        transferred[name], resumed[name] = partition(link, name, one, path, told)
    begun.unlink()
    return transferred, resumed
