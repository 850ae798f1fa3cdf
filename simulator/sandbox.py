"""The sandbox: MicroPython's import space on CPython, one for each life of a board.

Every module of the firmware and every fake is executed with its own builtins, whose
`__import__` knows the fakes, then the firmware's folders, then a short list of standard
modules cut down to what MicroPython has; anything else fails as on a board. Nothing is shared
between two sandboxes but compiled code.
"""

from __future__ import annotations

import array
import binascii
import builtins
import collections
import errno
import hashlib
import heapq
import io
import json
import math
import re
import struct
import traceback
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Callable

from simulator.aes import Aes
from simulator.filesystem import BoardError
from simulator.mounts import Mounts

GUEST = Path(__file__).parent / "guest"

# What MicroPython's builtins module has (dir(builtins) of the unix port, less the REPL's).
_BUILTINS = """ArithmeticError AssertionError AttributeError BaseException EOFError Ellipsis
Exception GeneratorExit ImportError IndentationError IndexError KeyError KeyboardInterrupt
LookupError MemoryError NameError NotImplementedError OSError OverflowError RuntimeError
StopIteration SyntaxError SystemExit TypeError ValueError ZeroDivisionError abs all any bool
bytearray bytes callable chr classmethod dict dir divmod getattr globals hasattr hash
id int isinstance issubclass iter len list locals map next object ord pow range repr
round set setattr sorted staticmethod str sum super tuple type zip NotImplemented
StopAsyncIteration UnicodeError __build_class__ bin compile complex delattr enumerate
filter float frozenset hex max memoryview min oct property reversed slice eval exec""".split()

Loaded = Callable[[str, ModuleType], None]  # told of each module that has been executed

_code: dict[tuple[str, int, int], CodeType] = {}


def compiled(path: Path) -> CodeType:
    """The code of a file, compiled once per process and content."""
    stat = path.stat()
    key = (str(path), stat.st_mtime_ns, stat.st_size)
    if key not in _code:
        _code[key] = compile(path.read_text(), str(path), "exec", dont_inherit=True)
    return _code[key]


def _module(name: str, members: dict[str, Any]) -> ModuleType:
    module = ModuleType(name)
    module.__dict__.update(members)
    return module


def _pick(module: Any, names: str) -> dict[str, Any]:
    return {name: getattr(module, name) for name in names.split()}


def _raising_value_error(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any) -> Any:
        try:
            return function(*args)
        except struct.error as error:
            raise ValueError(str(error)) from None

    return wrapped


class _Hash:
    """A hash object with MicroPython's methods; it is final after its digest."""

    _name = ""

    def __init__(self, data: bytes = b"") -> None:
        self._hash: Any = hashlib.new(self._name, data)

    def _open(self) -> Any:
        if self._hash is None:
            raise ValueError("hash is final")
        return self._hash

    def update(self, data: bytes) -> None:
        self._open().update(data)

    def digest(self) -> bytes:
        done = self._open().digest()
        self._hash = None
        return done


class _IOBase:
    """What a program derives its own streams from."""


def _namedtuple(name: str, fields: Any) -> Any:
    made = collections.namedtuple(name, fields)  # type: ignore[misc]
    for missing in ("_replace", "_asdict", "_make", "_field_defaults"):
        delattr(made, missing)
    return made


class _Deque(collections.deque):
    """deque needs its length on MicroPython."""

    def __init__(self, items: Any, maxlen: int, flags: int = 0) -> None:
        self._strict = flags & 1
        super().__init__(items, maxlen)

    def append(self, item: Any) -> None:
        if self._strict and len(self) == self.maxlen:
            raise IndexError("full")
        super().append(item)


def _dumps(value: Any, separators: Any = None) -> str:
    return json.dumps(value, separators=separators, ensure_ascii=False)


def _dump(value: Any, stream: Any, separators: Any = None) -> None:
    stream.write(_dumps(value, separators))


def _standard() -> dict[str, dict[str, Any]]:
    hashes = {n: type(n, (_Hash,), {"_name": n}) for n in ("sha256", "sha1", "md5")}
    packing = "calcsize pack pack_into unpack unpack_from"
    return {
        "array": {"array": array.array},
        "cryptolib": {"aes": Aes},
        "binascii": _pick(binascii, "hexlify unhexlify a2b_base64 b2a_base64 crc32"),
        "collections": {
            "namedtuple": _namedtuple,
            "deque": _Deque,
            "OrderedDict": collections.OrderedDict,
        },
        "errno": _pick(
            errno,
            "EPERM ENOENT EIO EBADF EAGAIN ENOMEM EACCES EEXIST ENODEV EISDIR EINVAL "
            "EOPNOTSUPP EADDRINUSE ECONNABORTED ECONNRESET ENOBUFS ENOTCONN ETIMEDOUT "
            "ECONNREFUSED EHOSTUNREACH EALREADY EINPROGRESS errorcode",
        ),
        "hashlib": hashes,
        "heapq": _pick(heapq, "heappush heappop heapify"),
        "io": {"StringIO": io.StringIO, "BytesIO": io.BytesIO, "IOBase": _IOBase},
        "json": {"loads": json.loads, "load": json.load, "dumps": _dumps, "dump": _dump},
        "math": _pick(math, "sqrt sin cos tan atan2 floor ceil pi e exp log fabs pow isnan"),
        "re": _pick(re, "compile match search sub"),
        "struct": {n: _raising_value_error(getattr(struct, n)) for n in packing.split()},
    }


_STANDARD = _standard()


class Sandbox:
    """One import space. `fakes` are ready modules by name; root is the firmware's tree.

    loaded(name, module) is called whenever a module has been executed here, so that a test can
    change what no device can: a service that raises, a step that never ends.
    """

    def __init__(
        self,
        root: Path,
        fakes: dict[str, dict[str, Any]],
        console: list[str],
        loaded: Loaded | None = None,
    ) -> None:
        self.root = root
        self._loaded = loaded
        self.modules: dict[str, ModuleType] = {}
        self._fakes = fakes
        self._console = console
        self.builtins: dict[str, Any] = {n: getattr(builtins, n) for n in _BUILTINS}
        self.builtins.update(
            OSError=BoardError,
            __import__=self._import,
            print=self._print,
            const=lambda value: value,
            ptr8=lambda view: view,
            ptr16=lambda view: memoryview(view).cast("B").cast("H"),
            ptr32=lambda view: memoryview(view).cast("B").cast("i"),
        )
        self._fakes["sys"] = self._sys()

    def run(self, paths: list[Path]) -> None:
        """Execute what there is of these files in one namespace, as the board does."""
        names = {"__name__": "__main__", "__builtins__": self.builtins}
        for path in paths:
            if path.is_file():
                exec(compiled(path), names)

    def give_files(self, mounts: Mounts) -> None:
        """Give this space its file systems: `open`, `uos` and `vfs`."""
        self.builtins["open"] = mounts.open
        self._fakes["io"] = {**_STANDARD["io"], "open": mounts.open}
        self._fakes["uos"] = mounts.os_functions()
        self._fakes["vfs"] = mounts.vfs_members()

    def give_console(self, stdin: Any) -> None:
        """Give this space its `sys.stdin`."""
        self._fakes["sys"]["stdin"] = stdin

    def load(self, name: str) -> ModuleType:
        """Import a top-level module of this space."""
        return self._load(name)

    def _print(self, *items: Any, sep: str = " ", end: str = "\n", file: Any = None) -> None:
        text = sep.join(str(item) for item in items) + end
        if file is None:
            self._console.append(text)
        else:
            file.write(text)

    def _sys(self) -> dict[str, Any]:
        def print_exception(error: BaseException, file: Any = None) -> None:
            self._print("".join(traceback.format_exception(error)), end="", file=file)

        def leave(code: Any = None) -> None:
            raise SystemExit(code)

        implementation = collections.namedtuple("implementation", "name version")
        return {
            "implementation": implementation("micropython", (1, 24, 0, "")),
            "platform": "esp32",
            "byteorder": "little",
            "maxsize": 0x7FFFFFFF,
            "version": "3.4.0; MicroPython v1.24.0",
            "version_info": (3, 4, 0),
            "argv": [],
            "path": ["", ".frozen", "/lib"],
            "modules": self.modules,
            "exit": leave,
            "print_exception": print_exception,
            "stdout": _module("stdout", {"write": lambda text: self._print(text, end="")}),
        }

    # -- imports ----------------------------------------------------------------------------

    def _import(
        self, name: str, names: Any = None, _locals: Any = None, wanted: Any = (), level: int = 0
    ) -> ModuleType:
        if level:
            package = names["__package__"].split(".")
            package = package[: len(package) - level + 1]
            name = ".".join(package + ([name] if name else []))
        parts = name.split(".")
        for count in range(1, len(parts) + 1):
            module = self._load(".".join(parts[:count]))
        if not wanted:
            return module if level else self.modules[parts[0]]
        for item in wanted:
            if item != "*" and not hasattr(module, item) and hasattr(module, "__path__"):
                self._load(f"{name}.{item}")
        return module

    def _load(self, name: str) -> ModuleType:
        if name in self.modules:
            return self.modules[name]
        if name in self._fakes:
            module = _module(name, self._fakes[name])
        else:
            path = self._find(name)
            if path is None and name in _STANDARD:
                module = _module(name, _STANDARD[name])
            elif path is None:
                raise ImportError(f"no module named '{name}'")
            else:
                return self._execute(name, path)
        self.modules[name] = module
        return module

    def true_module(self, name: str) -> ModuleType:
        """The module of lib/ that a fake of the same name stands before."""
        twin = self.modules.pop(name)
        try:
            return self._execute(name, self.root / "lib" / f"{name}.py", told=False)
        finally:
            self.modules[name] = twin

    def _find(self, name: str) -> Path | None:
        """The file of a module: fakes first, then lib/, then the firmware package."""
        if "." not in name:
            for folder in (GUEST, GUEST / "cpython", self.root / "lib"):
                if (folder / f"{name}.py").is_file():
                    return folder / f"{name}.py"
            if name != "firmware":
                return None
        base = self.root / name.replace(".", "/")
        for path in (base / "__init__.py", base.with_suffix(".py")):
            if path.is_file():
                return path
        return None

    def _execute(self, name: str, path: Path, told: bool = True) -> ModuleType:
        module = ModuleType(name)
        module.__file__ = str(path)
        module.__dict__["__builtins__"] = self.builtins
        if path.name == "__init__.py":
            module.__path__ = [str(path.parent)]
            module.__package__ = name
        else:
            module.__package__ = name.rpartition(".")[0]
        self.modules[name] = module
        try:
            exec(compiled(path), module.__dict__)
        except BaseException:
            del self.modules[name]
            raise
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(self.modules[parent], last, module)
        if told and self._loaded is not None:
            self._loaded(name, module)
        return module
