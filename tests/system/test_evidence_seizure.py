"""Somebody takes the device while it records: its flash, and the whole memory of its VM.

Stopped at random instants (SIGSTOP, so in the middle of anything), the process is read from
outside. With the association's private key every key of every segment and seal that is on flash
by then is derived, and searched for: as it is, in halves, as HMAC's pads, as AES has it. Then
every 32 bytes that lie anywhere in memory or flash are tried as a key of earlier segments of each
class. Neither finds any; and both do where a way of overwriting is switched off.

Once with the evidence package alone, which spends all its time on secrets, and once with the
whole product during an alert.
"""

import os
import random
import shutil
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import ev1_reader as reader
import evidence_bench as bench
import pytest
from handed_over import handed_over
from harness import depth
from stories import story

from kit.keys import read_private, read_secrets
from simulator import chip_image
from simulator.host_micropython import MicropythonHost
from simulator.stage import Stage
from tools.require_vm import vm_binary

seizure = pytest.importorskip("seizure")  # needs numpy
HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
pytestmark = [
    pytest.mark.skipif(vm_binary() is None, reason="no MicroPython VM for this machine"),
    pytest.mark.skipif(sys.platform != "linux", reason="NOT RUN: memory is read by /proc"),
]
SEED = int(os.environ.get("GALET_FIRST_SEED", "0"))
FULL = depth(100) == 100
SHALLOW = depth(100) < 10
INSTANTS = 20 if FULL else 3 if SHALLOW else 8  # of the package
PRODUCT_INSTANTS = 20 if FULL else 1 if SHALLOW else 4
TRIED_SECTORS = None if FULL else 2 if SHALLOW else 40  # of the recordings, as keys

# -- the evidence package ----------------------------------------------------------------------

SECTORS = 3000
ORIGIN = (bench.SECRET, bench.PSK, bench.SEED)


class Device:
    """A VM that records, and its flash, in a folder."""

    def __init__(self, folder, what):
        self.folder = folder
        (folder / "ev").write_bytes(b"\xff" * SECTORS * 4096)
        (folder / "keys").write_bytes(bytes(bench.planted().image))
        (folder / "agreement").write_bytes(bench.public())
        command = [vm_binary(), "-X", "heapsize=2M", str(HERE / "evidence_heap.py"), str(ROOT)]
        self.vm = subprocess.Popen(
            [*command, str(folder), what], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self.vm.stdout.readline() == b"ready\n"
        self.before = seizure.memory_of(self.vm.pid)
        self.vm.stdin.write(b"\n")
        self.vm.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.vm.kill()
        self.vm.communicate()

    def seized(self, after_s):
        """(memory, recordings, image of the keys) when it has gone on for so long."""
        os.kill(self.vm.pid, signal.SIGCONT)
        time.sleep(after_s)
        memory = seizure.stopped(self.vm.pid)
        sectors = seizure.written((self.folder / "ev").read_bytes())
        return memory, reader.recordings(sectors), (self.folder / "keys").read_bytes()


def instants(device, count):
    rng = random.Random(SEED)
    for _ in range(count):
        yield device.seized(rng.uniform(0.003, 0.03))


def test_the_past_cannot_be_opened(tmp_path):
    rng, origin = random.Random(SEED), seizure.Origin(*ORIGIN)
    count = seen = 0
    with Device(tmp_path, "nothing") as device:
        for memory, made, keys in instants(device, 10 * INSTANTS):
            if not any(one.segments[1] for one in made):
                continue  # a slow machine has not come so far
            spent = struct.pack("<I", made[-1].q)
            assert spent not in [keys[at : at + 4] for at in range(0, len(keys), 128) if keys[at]]
            memory[0] = keys
            assert seizure.search(memory, seizure.past_keys(made, origin)) == set()
            tried = seizure.windows(memory, {**device.before, 0: keys})
            assert seizure.opened(tried, seizure.targets(made, origin, rng)) == set()
            count += len(tried)
            seen += 1
            if seen == INSTANTS:
                break
    print(f"{count} windows, {len(made)} recordings")
    assert seen == INSTANTS and count > 1000


@pytest.mark.parametrize("what", ["digests", "ciphers", "keys"])
def test_what_is_not_overwritten_is_found(tmp_path, what):
    origin = seizure.Origin(*ORIGIN)
    found, opened = set(), set()
    with Device(tmp_path, what) as device:
        for memory, made, _ in instants(device, 6):
            names = seizure.search(memory, seizure.past_keys(made, origin))
            found |= names
            held = seizure.holders(names, made, origin)[:1]
            if held:
                opened = seizure.opened(seizure.windows(memory, device.before), held)
            if opened:
                break
    assert found and opened


# -- the product -------------------------------------------------------------------------------

BOARD = "t_a7670x_s3"
PRESS_MS = 20_000
PRESS = f"{{at: {PRESS_MS}ms, do: press, count: 3, gap_ms: 200, hold_ms: 100}}"
FIRST_MS = PRESS_MS + 3000  # it decides after two seconds,
SEALED_MS = PRESS_MS + 14_000  # has sealed every class by then,
LAST_MS = SEALED_MS + (4000 if SHALLOW else 62_000)  # and twice by then
APART_S = 0.002  # within which it is stopped, after a request that is chosen
END_MS = 2000
OVERWRITES = "        digest[k] = 0\n"
ANYWHERE = 0  # the place of the flash among the parts of the memory


class Seized(MicropythonHost):
    """The product on its host, stopped now and then; look(memory, whole flash)."""

    def __init__(self, stage, root, moments, look):
        super().__init__(stage.board, root)
        self.moments, self._look = moments, look
        self._rng = random.Random(SEED)
        self.before = {}

    def run(self, until_ms):
        was = signal.signal(signal.SIGALRM, self._stop)
        try:
            super().run(until_ms)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, was)

    def _answer(self, op, args, blob):
        reply = super()._answer(op, args, blob)
        now_ms = self.board.world.now_ms
        if not self.before and now_ms >= PRESS_MS:
            self.before = seizure.memory_of(self.child_pid)
        if self.moments and now_ms >= self.moments[0]:
            self.moments.pop(0)
            signal.setitimer(signal.ITIMER_REAL, self._rng.uniform(1e-6, APART_S))
        return reply

    def _stop(self, *_):
        memory = seizure.stopped(self.child_pid)
        try:
            self._look(self, memory, chip_image.dump(self.board.flash))
        finally:
            os.kill(self.child_pid, signal.SIGCONT)


def moments(count):
    """When it is stopped: the last one has seen two seals, or one where there are few."""
    rng = random.Random(SEED)
    return sorted(rng.uniform(FIRST_MS, LAST_MS) for _ in range(count - 1)) + [LAST_MS]


def record(folder, root, count, look):
    """An alert with the product that is below root, stopped so often."""
    chosen = ("device.config.recording=true", f"device.board={BOARD}")
    scenario = story(folder, [PRESS], f"{LAST_MS + END_MS}ms", chosen)
    stage = Stage(scenario, ROOT, handed_over(BOARD).image)
    host = Seized(stage, root, moments(count), look)
    host.run(LAST_MS + END_MS)
    assert host.exceptions == []


def origin_of(device):
    """What only the desk and slot 0 of a device that has not recorded yet hold."""
    (psk,) = read_secrets(device.desk / "secrets.json").values()
    at = device.image.index(psk) - 36
    q, seed, same = struct.unpack_from("<I32s32s", device.image, at)
    assert (q, same) == (0, psk)
    return seizure.Origin(read_private(device.desk / "key.pem").private_bytes_raw(), psk, seed)


def recordings(host, image):
    part = host.board.flash.find("ev")
    return reader.recordings(seizure.written(image[part.address : part.address + part.size]))


def shortened(host, image, count):
    """The flash, with so many sectors of the recordings; None: with all."""
    part = host.board.flash.find("ev")
    end = part.address + part.size
    first = end if count is None else part.address + 4096 * count
    return image[:first] + b"\xff" * (end - first) + image[end:]


def test_the_product_opens_nothing_of_the_past(tmp_path):
    """The whole flash and the whole memory, at each instant; and it finds what is put there."""
    device, rng = handed_over(BOARD), random.Random(SEED)
    origin, seen, put = origin_of(device), [], []

    def look(host, memory, image):
        made = recordings(host, image)
        secrets = dict(seizure.past_keys(made, origin))
        names = seizure.search({**memory, ANYWHERE: image}, secrets.items())
        part = shortened(host, image, 0 if host.moments else TRIED_SECTORS)
        tried = seizure.windows(
            {**memory, ANYWHERE: part}, {**host.before, ANYWHERE: device.image}
        )
        chosen = seizure.targets(made, origin, rng)
        seen.append((names, seizure.opened(tried, chosen), len(tried), len(chosen)))
        if not host.moments:
            longest = max(memory.values(), key=len)
            put.extend(found_again(data, made, secrets, chosen) for data in (longest, image))

    record(tmp_path, ROOT, PRODUCT_INSTANTS, look)
    print([row[2:] for row in seen])
    assert len(seen) == PRODUCT_INSTANTS and seen[-1][3] == (5 if SHALLOW else 6)
    for names, opened, tried, _ in seen:
        assert (names, opened) == (set(), set()) and tried > 1000
    assert put == [True, True]


def found_again(data, made, secrets, chosen):
    """Whether both ways find a key of each class, put at random places of what was taken."""
    rng, one = random.Random(SEED), made[-1]
    kinds = ("K", "Ke", "Km")
    names = [f"{one.q}: {kinds[c - 1]} {c} {len(one.segments[c]) - 1}" for c in (1, 2, 3)]
    spoilt = bytearray(data)
    for name, at in zip(names, rng.sample(range(0, len(data) - 64, 64), 3), strict=True):
        at += rng.randrange(32)
        spoilt[at : at + 32] = secrets[name]
    there = {ANYWHERE: bytes(spoilt)}
    opened = seizure.opened(seizure.windows(there, {ANYWHERE: data}), chosen)
    found = seizure.search(there, secrets.items())
    return found == set(names) and {kind for kind, _ in opened} == set(kinds)


@pytest.mark.skipif(SHALLOW, reason="at this depth only with the package")
def test_a_product_that_does_not_overwrite_digests_is_opened(tmp_path):
    root = tmp_path / "root"
    for name in ("firmware", "lib"):
        shutil.copytree(ROOT / name, root / name)
    for name in ("boot.py", "main.py"):
        shutil.copy(ROOT / name, root)
    wipe = root / "lib/wipe.py"
    text = wipe.read_text()
    assert text.count(OVERWRITES) == 1
    wipe.write_text(text.replace(OVERWRITES, ""))
    origin, found, keys, opened = origin_of(handed_over(BOARD)), set(), [], set()

    def look(host, memory, image):
        made = recordings(host, image)
        names = seizure.search(memory, seizure.past_keys(made, origin))
        found.update(names)
        held = seizure.holders(names, made, origin)[:1]
        keys.extend(held)
        if held and not opened:
            opened.update(seizure.opened(seizure.windows(memory, host.before), held))

    record(tmp_path, root, PRODUCT_INSTANTS, look)
    assert found
    assert opened or not keys  # at times only links of the seals' chains are left
