"""Flashing, step by step, in an order in which power may fail anywhere.

Separate because it knows neither serial ports nor compilers: a Board does what on_board.py can, a
Release says what is to be there. The rules, with boot.py:

- A slot without its manifest.json is none. It is taken away first and written last.
- What runs is never written to. The pointer leads to it while the other slot is written.
- What lies in the root is replaced by rename. boot.py comes first, for it is what knows the rules;
  main.py once the new slot is whole; the pointer last. boot.py and main.py must therefore be able
  to start the version before them, as they must when that is fallen back to.
- What counts is what the board reads back from its flash, never what was sent.
"""

from __future__ import annotations

from hashlib import sha256
from typing import Any, Callable, Iterable, NamedTuple, Protocol

from kit.command import Unusable
from kit.flash.tree import MANIFEST, MPY_SUB_VERSION, MPY_VERSION, Release

Told = Callable[[int, int], None]

TRIES = 3  # to write a file that does not read back
_SPARE_BLOCKS = 8  # LittleFS writes a folder anew before it lets the old one go
_ASKED_AT_ONCE = 8  # files


class Device(Protocol):
    """What of port.Board is needed."""

    url: str

    def call(self, function: str, *args: str) -> list[Any]: ...

    def send(self, path: str, data: bytes, told: Callable[[int], None]) -> None: ...


class Facts(NamedTuple):
    """What a board says of itself. running, pointer: "a", "b" or ""."""

    mpy: int
    python: str
    machine: str
    running: str
    pointer: str
    board: str
    mode: str
    block_bytes: int
    free_blocks: int


class Spoilt(Unusable):
    """A file does not read back as it was written."""


class Garbled(Unusable):
    """An answer is not all there."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url}: an answer of the board's did not come through")


class Plan(NamedTuple):
    """What is to be done. slot: to be written, or the one that runs, where that is this version.

    kept, copied, sent: files of it, by path. removed: what else lies there. root: files of the
    root to be replaced. missing: blocks that there is no room for.
    """

    slot: str
    kept: list[str]
    copied: list[str]
    sent: list[str]
    removed: list[str]
    root: list[str]
    missing: int

    def as_json(self, release: Release) -> dict[str, Any]:
        return {
            "slot": self.slot,
            "kept": len(self.kept),
            "copied": len(self.copied),
            "sent": len(self.sent),
            "bytes_sent": sum(len(release.files[name]) for name in self.sent),
            "removed": len(self.removed),
            "blocks_missing": self.missing,
            "root": self.root,
        }


def facts(board: Device) -> Facts:
    found = _one(board, "facts")
    if found["slot"] and not found["running"] and found["mode"] in ("", "bench"):
        # Ctrl-C came before boot.py had picked a slot. Not in the field, where it closes the port.
        board.call("boot")
        found = _one(board, "facts")
    pointer = found["slot"] if found["slot"] in ("a", "b") else ""
    return Facts(
        found["mpy"],
        found["python"],
        found["machine"],
        found["running"],
        pointer,
        found["board"],
        found["mode"],
        found["block_bytes"],
        found["free_blocks"],
    )


def fits(known: Facts) -> bool:
    """Whether the board loads what this mpy-cross makes."""
    return known.mpy & 0xFF == MPY_VERSION and known.mpy >> 8 & 3 == MPY_SUB_VERSION


# -- what is to be done ----------------------------------------------------------------------


def plan(board: Device, known: Facts, release: Release, name: str, told: Told) -> Plan:
    """Look at what is there; changes nothing. name: of the board, for /board."""
    wanted = {path: _hex(data) for path, data in sorted(release.files.items())}
    root = _root(board, release, name)
    runs = known.running
    there: dict[str, str] = {}
    if runs:
        there = _digests(board, f"/{runs}", wanted, told, 0, 2 * len(wanted))
        manifest = _one(board, "digests", f"/{runs}/{MANIFEST}")[0]
        listed = {*_listed(board, runs)}
        if (manifest, there, listed) == (release.digest, wanted, {*wanted, MANIFEST}):
            return Plan(runs, list(wanted), [], [], [], root, 0)
    slot = {"a": "b", "b": "a"}.get(runs or known.pointer, "a")
    old = _digests(board, f"/{slot}", wanted, told, len(wanted), 2 * len(wanted))
    kept = [path for path in wanted if old[path] == wanted[path]]
    copied = [path for path in wanted if path not in kept and there.get(path) == wanted[path]]
    sent = [path for path in wanted if path not in kept and path not in copied]
    sizes = _listed(board, slot)
    removed = [path for path in sizes if path not in {*kept, MANIFEST}]
    free = known.free_blocks + sum(_blocks(known, sizes[path]) for path in removed)
    new = sum(_blocks(known, len(release.files[path])) for path in (*copied, *sent))
    return Plan(slot, kept, copied, sent, removed, root, max(0, new + _SPARE_BLOCKS - free))


def _blocks(known: Facts, size: int) -> int:
    return -(-size // known.block_bytes)


def settled(known: Facts, todo: Plan) -> bool:
    """Whether nothing is to be done."""
    return known.running == known.pointer == todo.slot and not todo.root


def _root(board: Device, release: Release, name: str) -> list[str]:
    """Which files of the root are not as they should be."""
    wanted = _root_files(release, name)
    found = _one(board, "digests", *(f"/{file}" for file in wanted))
    return [file for file, digest in zip(wanted, found) if digest != _hex(wanted[file])]


def _root_files(release: Release, name: str) -> dict[str, bytes]:
    """In the order in which they are replaced."""
    first = {"board": name.encode() + b"\n", "boot.py": release.root["boot.py"]}
    return {**first, **release.root}


def _digests(
    board: Device, folder: str, names: Iterable[str], told: Told, done: int, steps: int
) -> dict[str, str]:
    """SHA-256 of each file, as the board reads it; "" where there is none."""
    found: dict[str, str] = {}
    paths = list(names)
    for at in range(0, len(paths), _ASKED_AT_ONCE):
        part = paths[at : at + _ASKED_AT_ONCE]
        digests = _one(board, "digests", *(f"{folder}/{path}" for path in part))
        found.update(zip(part, digests))
        told(done + len(found), steps)
    return found


def _listed(board: Device, slot: str) -> dict[str, int]:
    """The files of a slot, by path in it, and their bytes."""
    *found, count = board.call("files", f"/{slot}") or [None]
    if count != len(found):
        raise Garbled(board.url)
    return {path[len(slot) + 2 :]: size for path, size in found}


def _one(board: Device, function: str, *args: str) -> Any:
    """The one answer to a question."""
    found = board.call(function, *args)
    if len(found) != 1:
        raise Garbled(board.url)
    return found[0]


# -- doing it ----------------------------------------------------------------------------------


def write(
    board: Device, known: Facts, release: Release, name: str, todo: Plan, told: Told
) -> None:
    """Do all of it but the restart."""
    if todo.missing:
        raise Unusable(
            f"{board.url}: no room for this firmware: {todo.missing} blocks of "
            f"{known.block_bytes} bytes too few; is the partition table that of this board?"
        )
    root = _root_files(release, name)
    for file in ("board", "boot.py"):
        if file in todo.root:
            _replace(board, f"/{file}", root[file])
    if todo.slot != known.running:
        if known.running and known.pointer != known.running:
            _replace(board, "/slot", known.running.encode())
        _write_slot(board, known, release, todo, told)
    if "main.py" in todo.root:
        _replace(board, "/main.py", root["main.py"])
    _replace(board, "/slot", todo.slot.encode())
    board.call("forget_boots")


def _write_slot(board: Device, known: Facts, release: Release, todo: Plan, told: Told) -> None:
    slot = f"/{todo.slot}"
    count = _Count(told, sum(map(len, release.files.values())) + len(release.files))
    board.call("remove", f"{slot}/{MANIFEST}")
    for path in todo.removed:
        board.call("remove", f"{slot}/{path}")
    if todo.removed:
        board.call("clear", slot)
    for path in todo.kept:
        count.add(len(release.files[path]))
    for path in todo.copied:
        board.call("copy", f"/{known.running}/{path}", f"{slot}/{path}")
        count.add(len(release.files[path]))
    for path in todo.sent:
        board.send(f"{slot}/{path}", release.files[path], count.add)
    _verify(board, slot, release, count)
    _replace(board, f"{slot}/{MANIFEST}", release.manifest)


class _Count:
    """Adds up what is done for a bar."""

    def __init__(self, told: Told, total: int) -> None:
        self._told, self._total, self._done = told, total, 0

    def add(self, much: int) -> None:
        self._done += much
        self._told(self._done, self._total)


def _verify(board: Device, slot: str, release: Release, count: _Count) -> None:
    """Read every file back; one that is not as it was written is written again, a few times."""
    waiting = sorted(release.files)
    for attempt in range(TRIES):
        found = _digests(board, slot, waiting, lambda done, of: None, 0, len(waiting))
        good = [path for path in waiting if found[path] == _hex(release.files[path])]
        if not attempt:
            count.add(len(good))
        waiting = [path for path in waiting if path not in good]
        if not waiting:
            return
        for path in waiting:
            board.call("remove", f"{slot}/{path}")  # the bad block stays where it is, for now
            board.send(f"{slot}/{path}", release.files[path], lambda much: None)
    raise Spoilt(f"{board.url}: {slot}/{waiting[0]}: does not read back as it was written")


def _replace(board: Device, path: str, data: bytes) -> None:
    """After a power cut it is the old file or the new one."""
    for _ in range(TRIES):
        board.send(f"{path}.new", data, lambda much: None)
        if _one(board, "digests", f"{path}.new")[0] == _hex(data):
            board.call("rename", f"{path}.new", path)
            return
    raise Spoilt(f"{board.url}: {path}: does not read back as it was written")


def _hex(data: bytes) -> str:
    return sha256(data).hexdigest()
