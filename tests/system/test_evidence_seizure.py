"""Somebody takes the device while it records: its flash, and the whole memory of its VM.

Stopped at random instants (SIGSTOP, so in the middle of anything), the process is read from
outside. With the association's private key every key of every segment and seal that is on flash
by then is derived, and searched for: as it is, in halves, as HMAC's pads, as AES has it. Then
every 32 bytes that lie anywhere in memory or flash are tried as a key of earlier segments. Neither
finds any; and both do where a way of overwriting is switched off.
"""

import contextlib
import hashlib
import hmac
import itertools
import os
import random
import signal
import struct
import subprocess
import sys
import time
from pathlib import Path

import ev1_reader as reader
import evidence_bench as bench
import pytest
from harness import depth

from tools.require_vm import vm_binary

np = pytest.importorskip("numpy")

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
pytestmark = [
    pytest.mark.skipif(vm_binary() is None, reason="no MicroPython VM for this machine"),
    pytest.mark.skipif(sys.platform != "linux", reason="NOT RUN: memory is read by /proc"),
]

SECTORS = 3000
HALF = 16
ZEROS_MAX = 4  # of the 32 bytes of a key: more in 1 of 5 million
KINDS = (1, 2, 6, 9, 127)  # of the records here, and how long they are: no other plaintext has
LENGTH_MAX = 1008  # such from its beginning to its end
INSTANTS = 20 if depth(100) >= 10 else 4
SEED = int(os.environ.get("GALET_FIRST_SEED", "0"))


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


# -- what must not be found --------------------------------------------------------------------


def forms(name, key):
    """A key, the pads that HMAC makes of it, and its words as AES may keep them."""
    yield name, key
    for pad, by in (("inner pad", 0x36), ("outer pad", 0x5C)):
        yield f"{name}, {pad}", bytes(byte ^ by for byte in key)
    yield f"{name}, turned", struct.pack(">8I", *struct.unpack("<8I", key))


def past_keys(whole):
    """(name, secret) of all that opened, authenticated or sealed what is on flash by now."""
    q = whole.q
    psk, seed = bench.psk_of(q), bench.seed_of(q)
    shared = reader.agree(bench.SECRET, whole.public)
    salt = sha(b"EV1 salt\0", whole.public, reader.public_of(bench.SECRET))
    root = mac(salt, shared)
    named = {"psk": psk, "S": seed, "Z": shared, "R": root, "psk R": mac(psk, root)}
    named["Krec"] = whole.key(bench.SECRET, psk)
    for which in (1, 2, 3):
        for m, key in enumerate(whole.keys(bench.SECRET, psk, which)):
            named[f"K {which} {m}"] = key
            named[f"Ke {which} {m}"] = mac(key, b"EV1 enc\0")
            named[f"Km {which} {m}"] = mac(key, b"EV1 mac\0")
    private = mac(seed, b"EV1 seal\0")
    for j, sector in enumerate(whole.seals):
        named[f"sk {j}"] = private
        yield from chains(whole, j, sector, private)
        private = mac(private, b"EV1 seal next\0")
    for name, key in named.items():
        yield from forms(f"{q}: {name}", key)


def chains(whole, j, sector, private):
    """The first values of LM-OTS's chains, where the signature does not show them."""
    place = whole.identifier + struct.pack(">I", j << 8 | whole.q)
    parts = (b"EV1 seal\0", whole.opened, sector[:144])
    digest = sha(place, b"\x81\x81", sector[148:180], *parts)
    for number in range(64):
        if digest[number // 2] >> (0 if number & 1 else 4) & 15:
            value = sha(place, struct.pack(">HB", number, 255), private)
            yield f"{whole.q}: chain {j} {number}", value


def search(memory, secrets):
    """Names of the secrets of which a half is somewhere in memory."""
    halves = {}
    for name, secret in secrets:
        for part in (secret[:HALF], secret[HALF:]):
            halves[part] = name
    begins = np.zeros(1 << 24, bool)  # by the first three bytes
    begins[np.frombuffer(b"".join(part[:4] for part in halves), "<u4") & 0xFFFFFF] = True
    found = set()
    for offset in range(4):
        words = np.frombuffer(memory, "<u4", (len(memory) - offset) // 4, offset)
        for k in np.flatnonzero(begins[words & 0xFFFFFF]).tolist():
            at = offset + 4 * k
            if memory[at : at + HALF] in halves:
                found.add(halves[memory[at : at + HALF]])
    return found


# -- every 32 bytes as a key -------------------------------------------------------------------


def windows(memory):
    """All that could be a key: 32 bytes in a row, not too many of them zero."""
    zero = np.frombuffer(memory, np.uint8) == 0
    summed = np.concatenate(([0], np.cumsum(zero)))
    counts = summed[32:] - summed[:-32]
    return {memory[at : at + 32] for at in np.flatnonzero(counts <= ZEROS_MAX).tolist()}


def opens(candidate, sector):
    """Whether these 32 bytes are the key of this segment, or one of the two made of it."""
    signed, tag = sector[:4064], sector[4064:]
    if mac(candidate, signed) == tag:
        return "Km"
    if mac(mac(candidate, b"EV1 mac\0"), signed) == tag:
        return "K"
    return "Ke" if decrypts(candidate, sector) else None


def decrypts(candidate, sector):
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

    start = sha(sector[:48])[:16]
    cipher = Cipher(algorithms.AES(candidate), modes.CBC(start)).decryptor()
    first = cipher.update(sector[48:64])
    if first[0] not in KINDS:
        return False
    with contextlib.suppress(AssertionError, struct.error):
        told = list(reader.records(first + cipher.update(sector[64:4064])))
        return all(kind in KINDS and len(value) <= LENGTH_MAX for kind, _, value in told)
    return False


# -- the device --------------------------------------------------------------------------------


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
        self.before = windows(self.memory())  # no key of a recording can be among these
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
        os.kill(self.vm.pid, signal.SIGSTOP)
        _, status = os.waitpid(self.vm.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(status), "it had come to its end"
        return self.memory(), reader.recordings(self.sectors()), self.image("keys")

    def image(self, name):
        return (self.folder / name).read_bytes()

    def sectors(self):
        """What is written of the partition of recordings."""
        return list(itertools.takewhile(reader.BLANK.__ne__, reader.sectors(self.image("ev"))))

    def memory(self):
        """All that the process can write to, and has not from a file: heap, stack, data."""
        parts = []
        with open(f"/proc/{self.vm.pid}/mem", "rb", buffering=0) as memory:
            for line in Path(f"/proc/{self.vm.pid}/maps").read_text().splitlines():
                span, rights, *_ = line.split()
                if rights.startswith("rw"):
                    start, end = (int(part, 16) for part in span.split("-"))
                    memory.seek(start)
                    parts.append(memory.read(end - start))
        return b"".join(parts)


def instants(device, count):
    rng = random.Random(SEED)
    for _ in range(count):
        yield device.seized(rng.uniform(0.003, 0.03))


def segments(made):
    return [sector for one in made for which in (1, 2, 3) for sector in one.segments[which]]


def test_the_past_cannot_be_opened(tmp_path):
    tried, targets = set(), []
    with Device(tmp_path, "nothing") as device:
        for memory, made, keys in instants(device, INSTANTS):
            if not made:
                continue
            spent = struct.pack("<I", made[-1].q)
            assert spent not in [keys[at : at + 4] for at in range(0, len(keys), 128) if keys[at]]
            secrets = [secret for one in made for secret in past_keys(one)]
            assert search(memory + keys, secrets) == set()
            targets = targets or random.Random(SEED).sample(segments(made), 1)
            tried |= windows(memory + keys) - device.before
        if INSTANTS > 4:
            tried |= windows(b"".join(device.sectors()[:40]))
    assert targets and len(tried) > 1000
    print(f"{len(tried)} windows")
    assert not [opens(one, sector) for one in tried for sector in targets if opens(one, sector)]


@pytest.mark.parametrize("what", ["digests", "ciphers", "keys"])
def test_what_is_not_overwritten_is_found(tmp_path, what):
    found, opened = set(), set()
    with Device(tmp_path, what) as device:
        for memory, made, _ in instants(device, 6):
            names = search(memory, [secret for one in made for secret in past_keys(one)])
            found |= names
            for sector in holders(names, made)[:1]:
                near = windows(memory) - device.before
                opened |= {opens(one, sector) for one in sorted(near)} - {None}
            if opened:
                break
    assert found and opened


def holders(names, made):
    """The segments whose keys were found, whole."""
    held = []
    for one in made:
        for which in (1, 2, 3):
            for m, sector in enumerate(one.segments[which]):
                if any(f"{one.q}: {kind} {which} {m}" in names for kind in ("K", "Ke", "Km")):
                    held.append(sector)
    return held
