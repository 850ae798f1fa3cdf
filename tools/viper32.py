"""Viper functions as the board runs them: in words of 32 bits, within the bounds of buffers.

Separate from tools/viper.py, which finds them. A PC's viper has 64 bits and CPython has no end,
so what leaves 32 bits shows on neither. Here each number is a word: what is too great for one
wraps, and is counted; a pointer reads without a sign (8 and 16 bits) or whole words, keeps the
low bits of what it is given, and raises where the board would read or write outside.
Any operation that viper has not raises too.
"""

from __future__ import annotations

import ast
import copy
import operator
from typing import Any, Callable

from tools import viper

BITS = 32
_HALF = 1 << (BITS - 1)
_CODES = {"ptr8": "B", "ptr16": "H", "ptr32": "i"}  # as they are read
_SIZES = {"ptr8": 1, "ptr16": 2, "ptr32": 4}


class OutOfBounds(AssertionError):
    """It would have read or written what is not its own."""


class Word:
    """A viper int of the board."""

    __slots__ = ("value",)
    wraps = 0  # results that did not fit, of all words

    def __init__(self, value: int) -> None:
        if not -_HALF <= value < _HALF:
            Word.wraps += 1
            value = (value + _HALF) % (2 * _HALF) - _HALF
        self.value = value

    def __bool__(self) -> bool:
        return self.value != 0

    def __index__(self) -> int:
        return self.value

    def __lshift__(self, other: Any) -> Word:
        return Word(self.value << _places(other))

    def __rshift__(self, other: Any) -> Word:
        """With the sign, as viper's int has it."""
        return Word(self.value >> _places(other))


def _places(shift: Any) -> int:
    places = operator.index(shift)
    if not 0 <= places < BITS:
        raise ValueError(f"a shift by {places}: the processor's own affair")
    return places


def _with(work: Callable[[int, int], int]) -> Callable[[Word, Any], Word]:
    return lambda self, other: Word(work(self.value, operator.index(other)))


def _than(work: Callable[[int, int], bool]) -> Callable[[Word, Any], bool]:
    return lambda self, other: work(self.value, operator.index(other))


for _name in ("add", "sub", "mul", "floordiv", "mod", "and", "or", "xor"):
    setattr(Word, f"__{_name}__", _with(getattr(operator, f"__{_name}__")))
for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Word, f"__{_name}__", _than(getattr(operator, f"__{_name}__")))


class Pointer:
    """A viper pointer at a buffer."""

    def __init__(self, kind: str, buffer: Any) -> None:
        view = memoryview(buffer)
        if view.itemsize != _SIZES[kind]:
            raise TypeError(f"{kind} at items of {view.itemsize} bytes")
        flat: Any = view.cast("B")
        self._items = flat.cast(_CODES[kind])
        self._limit = 1 << (8 * _SIZES[kind])
        self._signed = kind == "ptr32"

    def __getitem__(self, index: Any) -> Word:
        return Word(self._items[self._inside(index)])

    def __setitem__(self, index: Any, value: Any) -> None:
        kept = operator.index(value) % self._limit
        if self._signed and kept >= self._limit // 2:
            kept -= self._limit
        self._items[self._inside(index)] = kept

    def _inside(self, index: Any) -> int:
        at = operator.index(index)
        if not 0 <= at < len(self._items):
            raise OutOfBounds(f"item {at} of {len(self._items)}")
        return at


class Reference:
    """A viper function in 32 bits; call it as the function. calls: how often that was."""

    def __init__(self, one: viper.Function, names: dict[str, Any]) -> None:
        """names: the module's, which the function uses."""
        self.calls = 0
        node = copy.deepcopy(one.node)
        self._kinds = [
            ast.unparse(argument.annotation) if argument.annotation else "object"
            for argument in node.args.args
        ]
        unknown = set(self._kinds) - {*_CODES, "int"}
        if unknown:
            raise ValueError(f"{one.name}: no reference for arguments that are {unknown}")
        changed = _Words().visit(node)
        words = {
            name: Word(value)
            for name, value in names.items()
            if isinstance(value, int) and not isinstance(value, bool)
        }
        self._function = viper.built(
            changed, one.path, {**names, **words, "_word": Word, "int": _same}
        )

    def __call__(self, *arguments: Any) -> Any:
        self.calls += 1
        given = [
            Word(value) if kind == "int" else Pointer(kind, value)
            for kind, value in zip(self._kinds, arguments)
        ]
        answer = self._function(*given)
        return answer.value if isinstance(answer, Word) else answer


def _same(value: Any) -> Word:
    """int() of viper: a word it is."""
    return value if isinstance(value, Word) else Word(value)


class _Words(ast.NodeTransformer):
    """Every number of the source becomes a word."""

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        if isinstance(node.value, bool) or not isinstance(node.value, int):
            return node
        call = ast.Call(ast.Name("_word", ast.Load()), [node], [])
        return ast.copy_location(call, node)


def of(module: Any) -> dict[str, Reference]:
    """References of a module's viper functions, by name."""
    return {
        one.name: Reference(one, vars(module))
        for one in viper.functions()
        if one.module == module.__name__
    }
