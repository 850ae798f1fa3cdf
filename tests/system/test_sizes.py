"""`python -m tools.sizes`: a file over its budget, without one, or gone is found."""

import pytest

from tools import sizes


@pytest.mark.parametrize(
    "measured, budget, complaints",
    [
        ({"a.py": 100}, {"a.py": 100}, []),
        ({"a.py": 101}, {"a.py": 100}, ["a.py: 101 bytes, budget 100"]),
        ({"a.py": 1}, {}, ["a.py: 1 bytes, budget none"]),
        ({}, {"a.py": 100}, ["a.py: has a budget and is no more"]),
    ],
)
def test_judgement(measured, budget, complaints):
    assert sizes.judge(measured, budget) == complaints


def test_everything_that_is_flashed_is_compiled(tmp_path):
    found = sizes.compile_all(tmp_path)
    flashed = {path.relative_to(sizes.ROOT).as_posix() for path in sizes.firmware_files()}
    assert set(found) == flashed
    assert {"boot.py", "main.py", "firmware/app.py", "lib/nmea.py"} <= flashed
    assert all(size > 20 for size in found.values())
