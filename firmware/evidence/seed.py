"""Secrets drawn by chance: from the radio's noise at this start, and from all starts before.

Separate because the radio is on for a second at each start only, and may fail. What was drawn
then is mixed with a seed on flash, and the next seed is on flash before anything is drawn: no
seed is used twice, but for starts in an alert, when nothing is written to the file system. Neither
past nor future draws follow from what is in memory and one draw. Imports hashlib and lib's
primitives; the store is handed in.
"""

from hashlib import sha256

import hmac256
import wipe

DOCUMENT = "seed"
BYTES = 32


class Seed:
    """drawn: of the radio, overwritten here. write: False while an alert is open."""

    def __init__(self, files, drawn, write):
        self._state = bytearray(BYTES)
        state = sha256(b"EV1 start\0")
        state.update(drawn)
        for data in files.documents(DOCUMENT)[:1]:
            state.update(data)
        wipe.take(state, self._state)
        wipe.clear(drawn)
        if write:
            plant(files, self._turn(b"EV1 seed\0"))

    def random32(self):
        """32 bytes that nobody else has, to be overwritten after use."""
        return self._turn(b"EV1 draw\0")

    def _turn(self, label):
        out = hmac256.into(bytearray(BYTES), self._state, label)
        hmac256.into(self._state, self._state, b"EV1 turn\0")
        return out


def plant(files, secret):
    """Commit a seed for the next start."""
    return files.commit(DOCUMENT, bytes(secret))
