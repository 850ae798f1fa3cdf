"""The seals of a recording: statements, each signed with a key that is used once.

Separate because nobody, whoever gets hold of the device or of the association's key, may be able
to make one for what is past. docs/ev1.md has the formulas: a seal names the state of the three
classes and the public key of the next seal; the first public key is in the registry. After each
signature its private key is overwritten, and that of the next is made from it, not the other way
round. Imports hashlib, struct, micropython and lib's primitives.
"""

import struct
from hashlib import sha256

import hmac256
import lmots
import wipe
from micropython import const

SECTOR = const(4096)
STATEMENT = const(144)
FINAL = const(1)

_LAYOUT = "<4sIII"
_DIGESTS_AT = const(16)
_NEXT_KEY_AT = const(112)
_END = STATEMENT + lmots.SIGNATURE_BYTES
_BLANK = b"\xff" * 256


class Seals:
    """`count` so far; `last`: SHA-256 of the last statement.

    identifier: I of the registry. opened: O. seed: S_q, not changed.
    """

    def __init__(self, q, identifier, opened, seed):
        self.count = 0
        self.last = bytearray(hmac256.BYTES)
        self._q = q
        self._identifier = identifier
        self._opened = opened
        self._next = bytearray(hmac256.BYTES)
        self._key = hmac256.into(bytearray(hmac256.BYTES), seed, b"EV1 seal\0")

    def make(self, ratchets, final, sector):
        """A generator: put the next seal into a buffer of one sector.

        It tells what the classes are like when it comes to signing, of which it yields 1 just
        before: until then it can be closed and begun anew. Closed later, there is no further
        seal: what has been signed once is not signed otherwise.
        """
        for at in range(0, SECTOR, len(_BLANK)):
            sector[at : at + len(_BLANK)] = _BLANK
        view = memoryview(sector)
        key = view[_NEXT_KEY_AT:STATEMENT]
        key[:] = bytes(lmots.KEY_BYTES)
        if not final:
            yield from self._next_public(key)
        yield 1
        hmac256.into(self._next, self._key, b"EV1 seal next\0")
        struct.pack_into(_LAYOUT, sector, 0, b"EVSG", self._q, self.count, FINAL if final else 0)
        for k, ratchet in enumerate(ratchets):
            ratchet.digest(sector, _DIGESTS_AT + 32 * k)
        parts = (b"EV1 seal\0", self._opened, bytes(view[:STATEMENT]))
        signature = view[STATEMENT:_END]
        randomizer = hmac256.into(bytearray(32), self._key, b"EV1 C\0", *parts)
        number = self.count << 8 | self._q
        signed = False
        try:
            yield from lmots.sign(
                self._identifier, number, self._key, randomizer, parts, signature
            )
            signed = True
        finally:
            self._key[:] = self._next
            wipe.clear(self._next)
            if final or not signed:
                self.forget()
        self.count += 1
        wipe.take(sha256(parts[2]), self.last)

    def _next_public(self, out):
        number = self.count + 1 << 8 | self._q
        try:
            hmac256.into(self._next, self._key, b"EV1 seal next\0")
            yield from lmots.public_key(self._identifier, number, self._next, out)
        finally:
            wipe.clear(self._next)

    def forget(self):
        """Overwrite the keys: there will be no further seal."""
        wipe.clear(self._key)
        wipe.clear(self._next)
