"""The viper functions of the firmware: found, made plain, and taken apart into what they do.

Viper is integer code of the machine: fast, and without the checks of an interpreter. Separate
from the tests and the bench, which both ask what such code does on a board. Here are the list of
them, read from the sources; the firmware's tree without viper, for an interpreter that has none;
and the count of the operations that a run of one takes. tools/viper32.py runs them in 32 bits.
"""

from __future__ import annotations

import ast
import copy
import os
import tempfile
from collections import Counter
from pathlib import Path
from types import CodeType
from typing import Any, Callable, Iterable, NamedTuple

ROOT = Path(__file__).resolve().parent.parent
MARK = "@micropython.viper"
PARTS = ("firmware", "lib")
KINDS = ("local", "constant", "arithmetic", "division", "load", "store", "branch")


class Function(NamedTuple):
    """One of them. module: as it is imported; node: without its decorator."""

    module: str
    name: str
    path: Path
    node: ast.FunctionDef


# -- where they are --------------------------------------------------------------------------


def functions() -> list[Function]:
    """Every function of firmware/ and lib/ under the decorator."""
    found = []
    for part in PARTS:
        for path in sorted((ROOT / part).rglob("*.py")):
            text = path.read_text()
            if MARK in text:
                found += _of(path, text)
    return found


def _of(path: Path, text: str) -> list[Function]:
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = ".".join(parts if parts[0] != "lib" else parts[1:])
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef) and _marked(node):
            node.decorator_list = []
            found.append(Function(module, node.name, path, node))
    if len(found) != text.count(MARK):
        raise ValueError(f"{path}: not every {MARK} is a decorator of its own")
    return found


def _marked(node: ast.FunctionDef) -> bool:
    return any(ast.unparse(one) == MARK[1:] for one in node.decorator_list)


# -- the same without viper ------------------------------------------------------------------


def plain(text: str) -> str:
    """A source whose viper functions are plain ones; every line keeps its number."""
    lines = text.split("\n")
    return "\n".join("" if line.strip() == MARK else line for line in lines)


def plain_tree(target: Path, parts: Iterable[str] = PARTS) -> Path:
    """Copy these folders' sources into target, made plain; returns target."""
    for part in parts:
        for path in (ROOT / part).rglob("*.py"):
            copied = target / path.relative_to(ROOT)
            copied.parent.mkdir(parents=True, exist_ok=True)
            copied.write_text(plain(path.read_text()))
    return target


def machine_code_bytes() -> dict[str, int]:
    """What each of them is for an ESP32, by name: how much its .mpy shrinks when it is emptied.

    When a .mpy is loaded this part is copied to where an ESP32 can execute it: internal RAM.
    """
    from tools.sizes import compile_one

    found = {}
    with tempfile.TemporaryDirectory() as folder:
        less, made = Path(folder) / "less.py", Path(folder) / "made.mpy"
        for one in functions():
            less.write_text(_emptied(one))
            name = one.path.name
            found[one.name] = compile_one(one.path, name, made) - compile_one(less, name, made)
    return found


def _emptied(one: Function) -> str:
    """The source of its module with nothing in its body."""
    lines = one.path.read_text().split("\n")
    begin, end = one.node.body[0].lineno - 1, one.node.end_lineno or 0
    return "\n".join(
        [*lines[:begin], "    return 0" if one.node.returns else "    pass", *lines[end:]]
    )


# -- what a run of one takes -----------------------------------------------------------------


class Counted:
    """A function that counts its operations by kind in `total`; call it as the function.

    What stands in one block is counted whole when the block is begun, and both arms of an `and`,
    `or` or conditional expression: rather too much than too little.
    """

    def __init__(self, one: Function, names: dict[str, Any]) -> None:
        """names: the module's, which the function uses."""
        self.total: Counter[str] = Counter()
        self.calls = 0
        self._blocks: list[Counter[str]] = []
        self._runs: list[int] = []
        node = copy.deepcopy(one.node)
        self.static: Counter[str] = Counter()
        node.body = self._block(node.body)
        for block in self._blocks:
            self.static += block
        self._runs += [0] * len(self._blocks)
        self._function = built(node, one.path, {**names, "_ran": self._runs})

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        for number in range(len(self._runs)):
            self._runs[number] = 0
        answer = self._function(*arguments)
        self.last = Counter[str]()
        for times, block in zip(self._runs, self._blocks):
            for kind, count in block.items():
                self.last[kind] += count * times
        self.total += self.last
        return answer

    def _block(self, body: list[ast.stmt]) -> list[ast.stmt]:
        """The statements with a count in front; those of blocks in them have their own."""
        number = len(self._blocks)
        count: Counter[str] = Counter()
        self._blocks.append(count)
        out: list[ast.stmt] = list(ast.parse(f"_ran[{number}] += 1").body)
        for statement in body:
            out += self._statement(statement, count)
        return out

    def _statement(self, node: ast.stmt, count: Counter[str]) -> list[ast.stmt]:
        if isinstance(node, ast.If):
            count += operations(node.test)
            count["branch"] += 2
            node.body = self._block(node.body)
            if node.orelse:
                node.orelse = self._block(node.orelse)
        elif isinstance(node, ast.While):
            # The test is in the body's block, and once more where it ends the loop
            count += operations(node.test)
            count["branch"] += 2
            node.body = self._block(node.body)
            inner = self._blocks[int(ast.unparse(node.body[0]).split("[")[1].split("]")[0])]
            inner += operations(node.test)
            inner["branch"] += 2
        elif isinstance(node, ast.For):
            raise ValueError(f"line {node.lineno}: a for loop is not counted")
        else:
            count += operations(node)
        return [node]


def operations(node: ast.AST) -> Counter[str]:
    """What one expression or simple statement takes, by kind."""
    found: Counter[str] = Counter()
    for part in ast.walk(node):
        if isinstance(part, (ast.BinOp, ast.AugAssign)):
            divides = isinstance(part.op, (ast.FloorDiv, ast.Mod))
            found["division" if divides else "arithmetic"] += 1
        elif isinstance(part, (ast.UnaryOp, ast.Compare)):
            found["arithmetic"] += 1
        elif isinstance(part, ast.Subscript):
            found["load" if isinstance(part.ctx, ast.Load) else "store"] += 1
        elif isinstance(part, ast.Name) and part.id not in ("int", "ptr8", "ptr16", "ptr32"):
            found["local"] += 1
        elif isinstance(part, ast.Constant) and isinstance(part.value, int):
            found["constant"] += 1
        elif isinstance(part, (ast.IfExp, ast.BoolOp, ast.Break, ast.Continue)):
            found["branch"] += 2
        if isinstance(part, ast.AugAssign):
            found["local"] += 1  # it is read, too
    return found


def built(node: ast.FunctionDef, path: Path, names: dict[str, Any]) -> Callable[..., Any]:
    """The function of this syntax tree, among these names."""
    tree = ast.Module(body=[unannotated(node)], type_ignores=[])
    code: CodeType = compile(ast.fix_missing_locations(tree), os.fspath(path), "exec")
    space = dict(names)
    exec(code, space)
    function: Callable[..., Any] = space[node.name]
    return function


def unannotated(node: ast.FunctionDef) -> ast.FunctionDef:
    """The same; annotations of viper are no names of Python."""
    node.returns = None
    for argument in node.args.args:
        argument.annotation = None
    return node
