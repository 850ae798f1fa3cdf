"""Uses keys on the VM and stops, so that somebody can look into its memory.

As a program: `micropython sealing_heap.py ROOT KEEP`, KEEP being what is not overwritten:
"nothing", "digests", "numbers" (of x25519) or "keys" (the caller's own). It prints an address in
its heap and waits for a line. Keys are made here, number by number, so that nothing else holds
them. Imports sys and lib/.
"""

import sys

IDENTIFIER = bytes(range(16))
Q = 0x0102
MESSAGE = b"what was heard"
LABEL = b"next\x00"
C = bytes(range(100, 132))


def key_bytes(seed, out):
    """32 bytes from a seed into out, one by one; returns out."""
    for k in range(32):
        seed = (seed * 20077 + 12345) & 0xFFFFFF
        out[k] = seed >> 9 & 255
    return out


def fresh(seed):
    return key_bytes(seed, bytearray(32))


def use(clear):
    """What a recording does with keys; `clear` for each at the end. Returns what is public."""
    import hkdf256
    import hmac256
    import lmots
    import x25519

    signature, public, tag = bytearray(lmots.SIGNATURE_BYTES), bytearray(32), bytearray(32)
    secret, shared = fresh(1), bytearray(32)
    for _ in x25519.public_key(secret, public):
        pass
    for _ in x25519.agree(secret, fresh(2), shared):
        pass
    ratchet = fresh(3)
    hmac256.into(tag, ratchet, MESSAGE)
    hmac256.into(ratchet, ratchet, LABEL)
    derived = bytearray(64)
    hkdf256.expand(derived, hkdf256.extract(ratchet, LABEL, shared), LABEL)
    seed = fresh(4)
    for _ in lmots.public_key(IDENTIFIER, Q, seed, public):
        pass
    for _ in lmots.sign(IDENTIFIER, Q, seed, C, (MESSAGE,), signature):
        pass
    for key in (secret, shared, ratchet, derived, seed):
        clear(key)
    return public, tag, signature


def keep(what):
    """Switch something off; returns how the caller overwrites its keys."""
    import wipe
    import x25519

    def copied(digest, out, at):
        out[at : at + 32] = digest

    def nothing(*_):
        pass

    if what == "digests":
        wipe._move = copied
    elif what == "numbers":
        x25519._blank = nothing
    elif what == "keys":
        return nothing
    return wipe.clear


def main(what):
    public = use(keep(what))
    print(id(public[0]))
    sys.stdin.readline()


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1] + "/lib")
    main(sys.argv[2])
