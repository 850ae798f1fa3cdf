"""No key is left in the memory of the VM after use, as somebody finds it who takes the device.

Its heap is read from outside, by way of /proc, and searched for every key, for what is made of
it on the way, and for the pads and limbs that hold it in another form. The same search finds them
where one of the ways to overwrite them is switched off: so it can find.
"""

import hashlib
import hmac
import struct
import subprocess
import sys
from pathlib import Path

import pytest
import sealing_heap as program

from tools.require_vm import vm_binary

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
pytestmark = [
    pytest.mark.skipif(vm_binary() is None, reason="no MicroPython VM for this machine"),
    pytest.mark.skipif(sys.platform != "linux", reason="NOT RUN: memory is read by /proc"),
]


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


def in_hmac(name, key, *parts):
    """What an HMAC makes of a key: its pads and the inner digest."""
    pads = [bytes(byte ^ by for byte in key) for by in (0x36, 0x5C)]
    inner = sha(pads[0], bytes([0x36]) * (64 - len(key)), *parts)
    return {f"{name}: key": key, f"{name}: inner pad": pads[0], f"{name}: outer pad": pads[1]} | {
        f"{name}: inner digest": inner
    }


def chains(seed):
    """The values of LM-OTS below those that a signature shows, by chain and position."""
    head = program.IDENTIFIER + struct.pack(">I", program.Q)
    digest = sha(head, b"\x81\x81", program.C, program.MESSAGE)
    digits = [digit for byte in digest for digit in (byte >> 4, byte & 15)]
    total = sum(15 - digit for digit in digits)
    digits += [total >> 8, total >> 4 & 15, total & 15]
    found = {}
    for number, digit in enumerate(digits):
        place = head + struct.pack(">H", number)
        value = sha(place, b"\xff", seed)
        for position in range(digit):
            found[f"chain {number}: {position}"] = value
            value = sha(place, bytes([position]), value)
    return found


def secrets():
    """By name, all that must not be found."""
    made = [bytes(program.key_bytes(seed, bytearray(32))) for seed in range(5)]
    shared = agreement(made[1], made[2])
    ratchet = mac(made[3], program.LABEL)
    derived = mac(program.LABEL, shared)
    first = mac(derived, program.LABEL, b"\x01")
    second = mac(derived, first, program.LABEL, b"\x02")
    limbs = [int.from_bytes(shared, "little") >> 13 * k & 8191 for k in range(20)]
    return {
        "secret": made[1],
        "secret, clamped": bytes([made[1][0] & 248, *made[1][1:31], made[1][31] & 127 | 64]),
        "shared": shared,
        "limbs of the shared": struct.pack("<20H", *limbs),
        **in_hmac("tag", made[3], program.MESSAGE),
        **in_hmac("ratchet", made[3], program.LABEL),
        "ratcheted": ratchet,
        **in_hmac("expand", derived, program.LABEL, b"\x01"),
        **in_hmac("expand again", derived, first, program.LABEL, b"\x02"),
        "derived": first,
        "derived again": second,
        "seed": made[4],
        **chains(made[4]),
    }


def agreement(secret, public):
    referee = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.x25519")
    theirs = referee.X25519PublicKey.from_public_bytes(public)
    return referee.X25519PrivateKey.from_private_bytes(secret).exchange(theirs)


def left(what):
    """Names of the secrets in the VM's heap after use, with that not overwritten."""
    command = [vm_binary(), str(HERE / "sealing_heap.py"), str(ROOT), what]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as vm:
        address = int(vm.stdout.readline())
        memory = region(vm.pid, address)
        vm.communicate(b"\n", timeout=10)
    wanted = secrets()
    tag = mac(bytes(program.key_bytes(3, bytearray(32))), program.MESSAGE)
    assert tag in memory, "what is public must be there: else this is not the heap"
    # A half is as good as the whole; the first bytes of a free block may be in use again.
    return {
        name for name, secret in wanted.items() if secret[:16] in memory or secret[16:] in memory
    }


def region(pid, address):
    """The mapping of that process around an address."""
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        start, end = (int(part, 16) for part in line.split()[0].split("-"))
        if start <= address < end:
            with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
                memory.seek(start)
                return memory.read(end - start)
    raise AssertionError("no such address")


def test_nothing_is_left():
    assert left("nothing") == set()


@pytest.mark.parametrize(
    "kept, found",
    [
        ("digests", {"tag: inner digest", "ratcheted", "derived", "chain 0: 0"}),
        ("numbers", {"limbs of the shared"}),
        ("keys", {"secret", "shared", "derived", "derived again", "seed"}),
    ],
)
def test_what_is_not_overwritten_is_found(kept, found):
    assert found <= left(kept)
