"""The keys partition: the one secret that outlives a recording, and how it is used up.

Separate because no seal may ever be made twice, whatever power does. A slot holds the seed of the
seals S and the shared key psk of one number q. Taking it writes that of the next number, which
comes from it one way, reads it back, then writes zeros over its own and reads these back: only
then is anything derived. No erase at that time: sectors of spent slots are erased in standby.
docs/ev1.md has the layout. Imports hashlib, struct, micropython and lib's primitives; the log is
handed in.
"""

import struct
from hashlib import sha256

import hmac256
import wipe
from micropython import const

NO_Q = const(0xFFFFFFFF)  # of a recording without a slot
SEALED_MAX = const(256)  # numbers from here on have no registered seal
PSK_AT = const(36)
S_AT = const(4)
SLOT = const(128)
CHECK_AT = const(68)
_CHECK_BYTES = const(8)
_END = const(76)
_SLOTS = const(32)  # of a sector
_SECTORS_MAX = const(64)
_SECRET = const(32)
_READS = const(3)  # tries to read a slot
_TRIES = const(4)  # places for the next slot: those that a cut has spoilt are passed over

_BLANK = b"\xff" * SLOT
_ZERO = bytes(SLOT)


class Keys:
    """q: the number of the next recording, NO_Q without one; None until scan() is through."""

    def __init__(self, log):
        """log: of store.py, None on a board without the partition."""
        self.q = None
        self._log = log
        self._sectors = min(log.sectors, _SECTORS_MAX) if log else 0
        self._places = self._sectors * _SLOTS
        self._worn = None  # a sector that did not become blank when erased
        self._slot = bytearray(SLOT)
        self._other = bytearray(SLOT)
        self._chain = bytearray(2 * _SECRET)  # S and psk of the slot in force, then of the next
        self._digest = bytearray(_SECRET)

    def scan(self):
        """A generator: find the slot in force, and write zeros over what is left of others.

        It yields after each sector's worth of slots. Nothing is erased.
        """
        best = NO_Q
        for place in range(self._places):
            q = self._valid(place)
            if q != NO_Q and (best == NO_Q or q > best):
                best = q
            if place % _SLOTS == _SLOTS - 1:
                yield 0
        for place in range(self._places):
            if (best == NO_Q or place != best % self._places) and self._left(place):
                self._program(place, _ZERO)
            if place % _SLOTS == _SLOTS - 1:
                yield 0
        self._wipe()
        self.q = best

    def take(self, seed, psk):
        """Use up the slot in force: its S goes into seed, its psk into psk.

        Returns (q, 1); (q, 0) where its zeros do not read back, so that nothing may be sealed
        with it; (NO_Q, 0), with zeros in both, where there is no slot or no room for the next.
        """
        wipe.clear(seed)
        wipe.clear(psk)
        q = self.q
        if q == NO_Q:
            return NO_Q, 0
        try:
            place = q % self._places
            if self._valid(place) != q:
                self.q = NO_Q
                return NO_Q, 0
            self._chain[:] = memoryview(self._slot)[S_AT:CHECK_AT]
            after = self._write_next(q)
            if after == NO_Q:
                return NO_Q, 0
            self.q = after
            self._valid(place)
            seed[:] = memoryview(self._slot)[S_AT:PSK_AT]
            psk[:] = memoryview(self._slot)[PSK_AT:CHECK_AT]
            spent = self._program(place, _ZERO) and self._read(place, self._slot)
            return q, 1 if spent and self._slot == _ZERO and q < SEALED_MAX else 0
        finally:
            self._wipe()

    def plant(self, seed, psk):
        """At the birth of the keys: erase everything and write slot 0; True when it is there."""
        if not self._places:
            return False
        self.empty()
        self._chain[:_SECRET] = seed
        self._chain[_SECRET:] = psk
        try:
            if not self._write(0):
                return False
            self.q = 0
            return True
        finally:
            self._wipe()

    def empty(self):
        """At the birth of the keys: erase everything."""
        for sector in range(self._sectors):
            self._erase(sector)
        self.q = NO_Q

    def copy_seed(self, out):
        """Put S of the slot in force into out without using it up: for the birth of the keys."""
        self._valid(self.q % self._places)
        out[:] = memoryview(self._slot)[S_AT:PSK_AT]
        self._wipe()

    def stale(self):
        """The sector to be erased in standby, so that the next slot has a place; None if none."""
        if self.q is None or self.q == NO_Q:
            return None
        own = self.q % self._places // _SLOTS
        for after in range(self.q + 1, self.q + 1 + _TRIES):
            place = after % self._places
            sector = place // _SLOTS
            if self._blank(place) or sector == self._worn:
                return None
            if sector != own:
                return sector
        return None

    def refresh(self):
        """Erase that sector, all of whose slots are spent: 60 ms; once, if it stays written."""
        sector = self.stale()
        if sector is not None and not (self._erase(sector) and self.stale() != sector):
            self._worn = sector

    # -- slots -----------------------------------------------------------------------------

    def _write_next(self, q):
        """Write the slot of the number after q, from that in self._chain; returns its number.

        A place that is not blank was spoilt by a cut: its number is passed over, and void.
        """
        seed, psk = memoryview(self._chain)[:_SECRET], memoryview(self._chain)[_SECRET:]
        for after in range(q + 1, q + 1 + _TRIES):
            hmac256.into(seed, seed, b"EV1 S next\0")
            hmac256.into(psk, psk, b"EV1 psk next\0")
            if self._blank(after % self._places):
                if self._write(after):
                    return after
                self._program(after % self._places, _ZERO)
        return NO_Q

    def _write(self, q):
        """Program the slot of this number from self._chain; whether it reads back."""
        slot = self._other
        slot[:] = _BLANK
        struct.pack_into("<I", slot, 0, q)
        slot[S_AT:CHECK_AT] = self._chain
        slot[CHECK_AT:_END] = _check(memoryview(slot)[:CHECK_AT], self._digest)
        place = q % self._places
        if not self._program(place, slot):
            return False
        return self._read(place, self._slot) and self._slot == slot

    def _blank(self, place):
        return self._read(place, self._slot) and self._slot == _BLANK

    def _valid(self, place):
        """The number of the slot there, which is then in self._slot; NO_Q when it is none."""
        slot = self._slot
        if not self._read(place, slot) or slot == _BLANK or slot == _ZERO:
            return NO_Q
        q = struct.unpack_from("<I", slot, 0)[0]
        check = _check(memoryview(slot)[:CHECK_AT], self._digest)
        if q % self._places != place or memoryview(slot)[CHECK_AT:_END] != check:
            return NO_Q
        return q

    def _left(self, place):
        """Whether something is there; what cannot be read is left alone: it may be in force."""
        slot = self._slot
        return self._read(place, slot) and slot != _BLANK and slot != _ZERO

    def _spent(self, place):
        slot = self._slot
        return self._read(place, slot) and (slot == _BLANK or slot == _ZERO)

    def _read(self, place, buffer):
        for _ in range(_READS):
            try:
                self._log.read(place // _SLOTS, place % _SLOTS * SLOT, buffer)
                return True
            except OSError:
                pass
        return False

    def _program(self, place, data):
        try:
            self._log.program(place // _SLOTS, place % _SLOTS * SLOT, data)
        except OSError:
            return False
        return True

    def _erase(self, sector):
        try:
            self._log.erase(sector)
        except OSError:
            return False
        return True

    def _wipe(self):
        for secret in (self._slot, self._other, self._chain, self._digest):
            wipe.clear(secret)


def _check(content, digest):
    """The first 8 bytes of the digest that stands behind a slot's secrets."""
    state = sha256(b"EV1 slot\0")
    state.update(content)
    wipe.take(state, digest)
    return memoryview(digest)[:_CHECK_BYTES]
