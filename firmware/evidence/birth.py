"""The birth of the keys: on the device, from what the desk cannot know.

Separate because it happens once in a device's life with one wearer. The desk leaves a file with
the association's key; the device draws the seed of its seals, writes it into the first slot and
computes the 256 public keys that the registry will hold, half a minute of a board's time. It can
be cut off at any point and goes on from there with the same keys. docs/ev1.md has the files.
Imports binascii, hashlib, json, micropython, lib's primitives and its neighbours.
"""

import json
from binascii import hexlify
from hashlib import sha256

import hmac256
import lmots
import wipe
from micropython import const

from firmware.evidence import identity
from firmware.evidence.keys import NO_Q, SEALED_MAX
from firmware.evidence.opening import NO_ENTROPY

DESK = "/desk.json"
HANDOVER = "/handover.json"
_DESK_MAX = const(1024)  # bytes
_FORMAT = const(1)
_SECRET = const(32)
_BIRTH_BYTES = const(8)
_WAITS = const(2000)  # slices that it waits to be shaken: some ten seconds


def give(files, keys, entropy, shaken, radio):
    """A generator; its value is None, or what is wrong, for the one at the desk.

    keys: a Keys. entropy(count): random bytes. shaken(): what the accelerometer felt while it was
    shaken just now, b"" while it is not; it is waited for, but not for ever. radio: 1 when the
    entropy is the radio's. Where there is no file of the desk it does nothing.
    """
    raw = files.read(DESK, _DESK_MAX)
    if raw is None:
        return None
    desk = parsed(raw)
    if desk is None:
        return "desk.json: not what the desk writes"
    yield from keys.scan()
    known = identity.load(files)
    tag = sha256(raw).digest()[:_BIRTH_BYTES]
    if known is None or known.birth != tag:
        # Emptied first: a slot found later under this tag is of this birth.
        keys.empty()
        files.remove(HANDOVER)
        flags = 0 if radio else NO_ENTROPY
        name = sha256(b"EV1 name\0" + entropy(_SECRET) + desk[2]).digest()
        known = identity.Identity(name[:8], name[8:24], desk[0], tag, flags)
        if not identity.save(files, known):
            return "the file system takes no document"
    elif keys.q not in (0, NO_Q):
        files.remove(DESK)  # it was all done, and used since
        return None
    felt = b""
    if keys.q == 0 and files.read(HANDOVER, 0) is not None:
        files.remove(DESK)  # it was all done
        return None
    if keys.q != 0:
        for _ in range(_WAITS):
            felt = shaken()
            if felt:
                break
            yield
        if not _plant(keys, desk, entropy, felt):
            return "partition keys: cannot be written"
    return (yield from _hand_over(files, keys, known, int(felt != b"")))


def _plant(keys, desk, entropy, felt):
    """Draw S_0 and write the first slot."""
    _, psk, theirs = desk
    seed = bytearray(_SECRET)
    state = sha256(b"EV1 S\0")
    drawn = entropy(_SECRET)
    for part in (drawn, felt, theirs):
        state.update(part)
    wipe.take(state, seed)
    try:
        return keys.plant(seed, psk)
    finally:
        for secret in (seed, drawn, psk, theirs):
            wipe.clear(secret)


def _hand_over(files, keys, known, shaken):
    """Compute the public keys, leave them for the desk, and take away what it left."""
    public = bytearray(_SECRET * SEALED_MAX)
    yield from _public_keys(keys, known.identifier, public)
    fields = {
        "format": _FORMAT,
        "devid": hexlify(known.devid).decode(),
        "identifier": hexlify(known.identifier).decode(),
        "radio_entropy": 0 if known.flags & NO_ENTROPY else 1,
        "shaken": shaken,
    }
    pieces = [json.dumps(fields)[:-1].encode() + b', "seal_keys": [']
    for at in range(0, len(public), _SECRET):
        mark = b'"' if at == 0 else b',"'
        pieces.append(mark + hexlify(bytes(public[at : at + _SECRET])) + b'"')
    if not files.write(HANDOVER, *pieces, b"]}"):
        return "the file system has no room for handover.json"
    files.remove(DESK)
    return None


def _public_keys(keys, identifier, out):
    """The public key of the first seal of every number that has one."""
    seed, key = bytearray(_SECRET), bytearray(_SECRET)
    view = memoryview(out)
    keys.copy_seed(seed)
    try:
        for q in range(SEALED_MAX):
            hmac256.into(key, seed, b"EV1 seal\0")
            yield from lmots.public_key(identifier, q, key, view[_SECRET * q :])
            hmac256.into(seed, seed, b"EV1 S next\0")
    finally:
        wipe.clear(seed)
        wipe.clear(key)


def parsed(raw):
    """(A, psk_0, entropy of the desk) of its file, None when that is not as it should be."""
    try:
        fields = json.loads(raw)
    except ValueError:
        return None
    if type(fields) is not dict or fields.get("format") != _FORMAT:
        return None
    names = ("agreement_key", "psk_0", "entropy")
    values = [identity.bytes_of(fields.get(name), _SECRET) for name in names]
    return None if None in values else values
