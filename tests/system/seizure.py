"""What somebody can do with the flash and the memory of a device that was recording.

The association's private key is given, and the device's first secrets: so every key of the past
is known here, and can be searched for. Separate because the evidence package alone and the whole
product are seized in the same way. Reads /proc, so Linux only.
"""

import hashlib
import hmac
import itertools
import os
import signal
import struct
from pathlib import Path
from typing import NamedTuple

import ev1_reader as reader
import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

HALF = 16
ZEROS_MAX = 4  # of the 32 bytes of a key: more in 1 of 5 million
SIGNED = 4064  # bytes of a segment that its tag stands for
BODY_AT = 48


def sha(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.digest(key, b"".join(parts), "sha256")


class Origin(NamedTuple):
    """a of the association, and of the device what it was born with: slot 0."""

    private: bytes
    psk: bytes
    seed: bytes

    def of(self, q):
        """(psk_q, S_q)."""
        psk, seed = self.psk, self.seed
        for _ in range(q):
            psk, seed = mac(psk, b"EV1 psk next\0"), mac(seed, b"EV1 S next\0")
        return psk, seed


# -- taking ------------------------------------------------------------------------------------


def stopped(pid):
    """Stop a process in the middle of anything; {address: bytes} of its memory."""
    os.kill(pid, signal.SIGSTOP)
    _, status = os.waitpid(pid, os.WUNTRACED)
    assert os.WIFSTOPPED(status), "it had come to its end"
    return memory_of(pid)


def memory_of(pid):
    """{address: bytes} of all that the process can write to: heap, stack, data."""
    parts = {}
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            span, rights, *_ = line.split()
            if rights.startswith("rw"):
                start, end = (int(part, 16) for part in span.split("-"))
                memory.seek(start)
                parts[start] = memory.read(end - start)
    return parts


def written(image):
    """The sectors of a partition of recordings up to the first blank one."""
    return list(itertools.takewhile(reader.BLANK.__ne__, reader.sectors(image)))


# -- what must not be found --------------------------------------------------------------------


def forms(name, key):
    """A key, the pads that HMAC makes of it, and its words as AES may keep them."""
    yield name, key
    for pad, by in (("inner pad", 0x36), ("outer pad", 0x5C)):
        yield f"{name}, {pad}", bytes(byte ^ by for byte in key)
    yield f"{name}, turned", struct.pack(">8I", *struct.unpack("<8I", key))


def past_keys(made, origin):
    """(name, secret) of all that opened, authenticated or sealed what is on flash by now."""
    for whole in made:
        q = whole.q
        psk, seed = origin.of(q)
        shared = reader.agree(origin.private, whole.public)
        salt = sha(b"EV1 salt\0", whole.public, reader.public_of(origin.private))
        root = mac(salt, shared)
        named = {"psk": psk, "S": seed, "Z": shared, "R": root, "psk R": mac(psk, root)}
        named["Krec"] = whole.key(origin.private, psk)
        for which in (1, 2, 3):
            for m, key in enumerate(whole.keys(origin.private, psk, which)):
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
    """Names of the secrets of which a half is somewhere in {address: bytes}."""
    halves = {}
    for name, secret in secrets:
        for part in (secret[:HALF], secret[HALF:]):
            halves[part] = name
    begins = np.zeros(1 << 24, bool)  # by the first three bytes
    begins[np.frombuffer(b"".join(part[:4] for part in halves), "<u4") & 0xFFFFFF] = True
    found = set()
    for data in memory.values():
        for offset in range(4):
            words = np.frombuffer(data, "<u4", (len(data) - offset) // 4, offset)
            for k in np.flatnonzero(begins[words & 0xFFFFFF]).tolist():
                at = offset + 4 * k
                if data[at : at + HALF] in halves:
                    found.add(halves[data[at : at + HALF]])
    return found


# -- every 32 bytes as a key -------------------------------------------------------------------


def windows(memory, before):
    """All in {address: bytes} that could be a key: 32 bytes in a row, few of them zero.

    before: the same before the recording began. What has not changed since is no key of it.
    """
    found = set()
    for start, data in memory.items():
        now, old = (np.frombuffer(part, np.uint8) for part in (data, before.get(start, b"")))
        changed = now != old if len(now) == len(old) else np.ones(len(now), bool)
        likely = (_in_each(now == 0) <= ZEROS_MAX) & (_in_each(changed) > 0)
        found.update(data[at : at + 32] for at in np.flatnonzero(likely).tolist())
    return found


def _in_each(marks):
    """How many are marked in each 32 in a row."""
    summed = np.concatenate(([0], np.cumsum(marks, dtype=np.int32)))
    return summed[32:] - summed[:-32]


class Target(NamedTuple):
    """A segment, and what the first block of its records goes into AES as."""

    sector: bytes
    block: bytes


def target(whole, which, m, origin):
    """Segment m of a class, if it is what it should be."""
    sector = whole.segments[which][m]
    keys = whole.keys(origin.private, origin.of(whole.q)[0], which)
    key = next(itertools.islice(keys, m, None))
    assert mac(mac(key, b"EV1 mac\0"), sector[:SIGNED]) == sector[SIGNED:]
    ciphers = Cipher(algorithms.AES(mac(key, b"EV1 enc\0")), modes.ECB())
    return Target(sector, ciphers.decryptor().update(sector[BODY_AT : BODY_AT + 16]))


def targets(made, origin, rng):
    """Of each class the latest segment that is finished, and one of those before it."""
    chosen = []
    for which in (1, 2, 3):
        there = [(one, m) for one in made for m in range(len(one.segments[which]))]
        for one, m in there[-1:] + rng.sample(there[:-1], min(1, len(there[:-1]))):
            chosen.append(target(one, which, m, origin))
    return chosen


def opened(candidates, chosen):
    """{(kind, segment)}: each of these candidates as K, Ke and Km of each of these targets."""
    blocks = b"".join(one.block for one in chosen)
    ciphered = [one.sector[BODY_AT : BODY_AT + 16] for one in chosen]
    signed = [(one.sector[:SIGNED], one.sector[SIGNED:]) for one in chosen]
    found = set()
    for candidate in candidates:
        for kind, key in (("Ke", candidate), ("K", mac(candidate, b"EV1 enc\0"))):
            made = Cipher(algorithms.AES(key), modes.ECB()).encryptor().update(blocks)
            for k, wanted in enumerate(ciphered):
                if made[16 * k : 16 * k + 16] == wanted:
                    found.add((kind, k))
        for k, (data, tag) in enumerate(signed):
            if hmac.digest(candidate, data, "sha256") == tag:
                found.add(("Km", k))
    return found


def holders(names, made, origin):
    """The segments whose keys are among these names."""
    return [
        target(one, which, m, origin)
        for one in made
        for which in (1, 2, 3)
        for m in range(len(one.segments[which]))
        if any(f"{one.q}: {kind} {which} {m}" in names for kind in ("K", "Ke", "Km"))
    ]
