"""One class of a recording: a chain of segments, and a key that forgets how it came to be.

Separate because this is where the keys of what has been said are destroyed. docs/ev1.md has the
formulas: of the key of segment m come one that encrypts it, one that authenticates it, and the
key of segment m + 1; all three, and the key itself, are overwritten before segment m is written.
What is kept opens nothing that is past. Imports hashlib, struct, micropython and lib's ciphers.
"""

import struct
from hashlib import sha256

import aes_cbc
import hmac256
import wipe
from micropython import const

_HEAD_LAYOUT = "<4sIII32s"
_HEAD_BYTES = const(48)
_BODY_END = const(4064)
_START_BYTES = const(16)  # of the chaining value

_WORK = bytearray(hmac256.BYTES)


class Ratchet:
    """The segments of one class: `count` so far, `head` the SHA-256 of the last one."""

    def __init__(self, q, which, opened, recording_key):
        """which: the class. opened: O, 32 bytes. recording_key: Krec, not changed."""
        self.count = 0
        self.head = bytearray(hmac256.BYTES)
        self._q = q
        self._which = which
        self._key = bytearray(hmac256.BYTES)
        mark = bytes((which,))
        hmac256.into(self._key, recording_key, b"EV1 class\0", mark)
        state = sha256(b"EV1 genesis\0")
        state.update(opened)
        state.update(mark)
        wipe.take(state, self.head)

    def close(self, page):
        """Make a sector of a page of records, in place: its bytes are then fixed."""
        view = memoryview(page)
        struct.pack_into(
            _HEAD_LAYOUT, page, 0, b"EVS1", self._q, self._which, self.count, self.head
        )
        start = sha256(view[:_HEAD_BYTES]).digest()[:_START_BYTES]
        key = self._key
        try:
            hmac256.into(_WORK, key, b"EV1 enc\0")
            aes_cbc.encrypt(_WORK, start, view[_HEAD_BYTES:_BODY_END])
            hmac256.into(_WORK, key, b"EV1 mac\0")
            hmac256.into(view[_BODY_END:], _WORK, view[:_BODY_END])
        finally:
            wipe.clear(_WORK)
        hmac256.into(key, key, b"EV1 next\0")
        self.count += 1
        wipe.take(sha256(page), self.head)

    def digest(self, out, at):
        """Put into out[at : at + 32] what a seal says of this class."""
        state = sha256(b"EV1 head\0")
        state.update(struct.pack("<BI", self._which, self.count))
        state.update(self.head)
        wipe.take(state, out, at)

    def forget(self):
        """Overwrite the key: there will be no further segment."""
        wipe.clear(self._key)
