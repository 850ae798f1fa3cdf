"""Reads recordings as the association does, for tests on every interpreter; docs/ev1.md.

It judges nothing but what it needs: a sector that is not as it should be is an AssertionError.
Its HMAC is its own, and on CPython its X25519 is that of `cryptography`; LM-OTS is lib's, which
has a referee elsewhere.
"""

import struct
from hashlib import sha256

import cryptolib
import lmots
import x25519

try:
    from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
except ImportError:  # MicroPython
    X25519PrivateKey = None

SECTOR = 4096
BLANK = b"\xff" * SECTOR


def mac(key, *parts):
    pad = key + bytes(64 - len(key))
    inner = sha256(bytes([byte ^ 0x36 for byte in pad]))
    for part in parts:
        inner.update(part)
    return sha256(bytes([byte ^ 0x5C for byte in pad]) + inner.digest()).digest()


def run(generator):
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


_known = {}  # what was computed once


def agree(secret, public):
    """What the two share."""
    if X25519PrivateKey:
        theirs = X25519PublicKey.from_public_bytes(bytes(public))
        return X25519PrivateKey.from_private_bytes(secret).exchange(theirs)
    out = bytearray(32)
    run(x25519.agree(secret, public, out))
    return bytes(out)


def public_of(secret):
    if secret not in _known:
        out = bytearray(32)
        run(x25519.public_key(secret, out))
        _known[secret] = bytes(out)
    return _known[secret]


class Recording:
    """One opening sector and what follows it, as it lies there."""

    def __init__(self, sector):
        assert sector[:256] == sector[2048:2304]
        assert sector[256:2048] == BLANK[256:2048] and sector[2304:] == BLANK[2304:]
        assert sector[:6] == b"EVO1\x01\x01" and sector[224:256] == sha256(sector[:224]).digest()
        assert sector[108:224] == BLANK[108:224]
        self.flags, self.devid, self.q, self.public = struct.unpack_from("<H8sI32s", sector, 6)
        self.fingerprint, self.previous, self.identifier = struct.unpack_from(
            "<8s32s16s", sector, 52
        )
        self.opened = bytes(sector[224:256])
        self.segments = {1: [], 2: [], 3: []}
        self.seals = []

    def key(self, secret, psk):
        """Krec, from the association's private key."""
        shared = agree(secret, self.public)
        salt = sha256(b"EV1 salt\0" + self.public + public_of(secret)).digest()
        return mac(mac(psk, mac(salt, shared)), b"EV1 rec\0", self.opened)

    def keys(self, secret, psk, which):
        """K_(c, 0), K_(c, 1), ... of every segment of a class."""
        key = mac(self.key(secret, psk), b"EV1 class\0", bytes((which,)))
        for _ in self.segments[which]:
            yield key
            key = mac(key, b"EV1 next\0")

    def heads(self, which):
        """H_(c, -1), H_(c, 0), ..."""
        found = [sha256(b"EV1 genesis\0" + self.opened + bytes((which,))).digest()]
        return found + [sha256(sector).digest() for sector in self.segments[which]]

    def read(self, secret, psk, which):
        """The records of a class: (type, ms, value), segment by segment."""
        heads = self.heads(which)
        told = []
        for m, (sector, key) in enumerate(
            zip(self.segments[which], self.keys(secret, psk, which))
        ):
            assert sector[:16] == struct.pack("<4sIII", b"EVS1", self.q, which, m)
            assert sector[16:48] == heads[m], (which, m)
            assert sector[4064:] == mac(mac(key, b"EV1 mac\0"), sector[:4064]), (which, m)
            start = sha256(sector[:48]).digest()[:16]
            plain = cryptolib.aes(mac(key, b"EV1 enc\0"), 2, start).decrypt(sector[48:4064])
            told.append(list(records(bytes(plain))))
        return told

    def check_seals(self, first_key):
        """Every seal holds; returns the counts that each states. first_key: of the registry."""
        key, stated = first_key, []
        for j, sector in enumerate(self.seals):
            statement = sector[:144]
            final = struct.unpack_from("<I", sector, 12)[0]
            assert statement[:12] == struct.pack("<4sII", b"EVSG", self.q, j)
            assert final == (j == len(self.seals) - 1) or final == 0
            assert sector[2324:] == BLANK[2324:]
            parts = (b"EV1 seal\0", self.opened, statement)
            number = j << 8 | self.q
            assert run(lmots.verify(self.identifier, number, key, sector[144:2324], parts)), j
            stated.append(tuple([self._count(which, statement) for which in (1, 2, 3)]))
            key = statement[112:]
            assert not final or key == bytes(32)
        return stated

    def _count(self, which, statement):
        wanted = statement[32 * which - 16 : 32 * which + 16]
        for count, head in enumerate(self.heads(which)):
            if sha256(b"EV1 head\0" + struct.pack("<BI", which, count) + head).digest() == wanted:
                return count
        raise AssertionError("no such head")


def records(plain):
    at = 0
    while at < len(plain) and plain[at]:
        kind, length, at_ms = struct.unpack_from("<BHi", plain, at)
        assert at + 7 + length <= len(plain)
        yield kind, at_ms, plain[at + 7 : at + 7 + length]
        at += 7 + length
    assert not any(plain[at:])


def sectors(image):
    return [bytes(image[at : at + SECTOR]) for at in range(0, len(image), SECTOR)]


def recordings(sectors):
    """Every recording of a partition, in order; a sector that is none is passed over."""
    found = []
    for sector in sectors:
        magic = sector[:4]
        if magic == b"EVO1":
            try:
                found.append(Recording(sector))
            except AssertionError:
                pass
        elif magic == b"EVS1" and found and whole(sector[-8:]):
            q, which, m = struct.unpack_from("<III", sector, 4)
            here = found[-1].segments[which]
            if q == found[-1].q and len(here) - 1 <= m <= len(here):
                here[m:] = [sector]  # a second one is there because the first one failed
        elif magic == b"EVSG" and found and whole(sector[2316:2324]):
            q, j = struct.unpack_from("<II", sector, 4)
            here = found[-1].seals
            if q == found[-1].q and len(here) - 1 <= j <= len(here):
                here[j:] = [sector]
    return found


def whole(end):
    """Whether what must be there to the end is."""
    return end != b"\xff" * len(end)
