"""An agreement with the association's key, made ahead of time: what a recording will be read by.

Separate because it takes most of a second, which is there in standby and not at a trigger. A new
secret is drawn for every recording and forgotten as soon as the agreement stands; only who holds
the private half of the association's key can come to the same. docs/ev1.md has the formula.
Imports hashlib and lib's primitives; what draws secrets is handed in.
"""

from hashlib import sha256

import hmac256
import wipe
import x25519


class Agreement:
    """public: E. Ready for one recording when `ready`; `refused` where the key is none.

    random32(): 32 bytes that nobody else has; they are overwritten.
    """

    def __init__(self, agreement_key, random32):
        self.ready = False
        self.refused = False
        self.public = bytearray(x25519.BYTES)
        self._agreement_key = agreement_key
        self._random32 = random32
        self._root = bytearray(hmac256.BYTES)

    def prepare(self):
        """A generator: agree anew; it yields every few milliseconds of a board's time."""
        drawn = self._random32()
        secret = bytearray(drawn)
        wipe.clear(drawn)
        shared = bytearray(x25519.BYTES)
        try:
            yield from x25519.public_key(secret, self.public)
            good = yield from x25519.agree(secret, self._agreement_key, shared)
            state = sha256(b"EV1 salt\0")
            state.update(self.public)
            state.update(self._agreement_key)
            hmac256.into(self._root, state.digest(), shared)
            self.ready = good
            self.refused = not good
        finally:
            wipe.clear(secret)
            wipe.clear(shared)

    def take(self, psk, opened, out):
        """Put the key of the recording with this psk and this O into out; both it forgets.

        The next recording needs an agreement of its own.
        """
        try:
            hmac256.into(out, psk, self._root)
            hmac256.into(out, out, b"EV1 rec\0", opened)
        finally:
            self.forget()
            wipe.clear(psk)

    def forget(self):
        """Overwrite what was agreed."""
        self.ready = False
        wipe.clear(self._root)
