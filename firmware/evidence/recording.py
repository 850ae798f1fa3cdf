"""One recording, from its opening sector to its last seal: what is written, and in which order.

Separate from recorder.py, which takes in what happens: here pages become segments and minutes
become seals. It is a generator, so that whoever steps it has the processor back every few
milliseconds; nothing here waits, erases or knows a clock. Whatever ends it, no key is left.
Imports micropython, the vocabulary and its neighbours.
"""

import hmac256
import wipe
from micropython import const

from firmware.evidence import anchor, opening, records
from firmware.evidence.found import NONE, Found
from firmware.evidence.ratchet import Ratchet
from firmware.evidence.seals import Seals
from firmware.evidence_messages import (
    EvidenceFault,
    RecordingClosed,
    RecordingOpened,
    Sealed,
)

# What the generator yields
BUSY = const(0)  # there is more to do at once
IDLE = const(1)  # nothing to do before due_ms, a full page, or the end

_FIRST_SEAL_MS = const(10000)
_SEAL_EVERY_MS = const(60000)
_TRIES = const(8)  # sectors that one segment may spoil
# For the end: a page of each class and another one where the end does not fit, a seal in
# progress, the last one, two that fail
RESERVE = const(10)
_CLOSE_BYTES = const(21)

BROKEN_OFF = const(0)  # in place of a reason: the flash takes no more


class Recording:
    """Parts are the recorder's; sector: a buffer of 4096 bytes.

    seals: None where nothing is sealed. due_ms: when the next one is to be made. closing: the
    reason once it is to end. found: what is to be told of it in the next one.
    """

    def __init__(self, identity, keys, area, agreement, intake, sector):
        self.events = []
        self.now_ms = 0
        self.due_ms = None
        self.closing = None
        self.found = None
        self._identity = identity
        self._keys = keys
        self._area = area
        self._agreement = agreement
        self._intake = intake
        self._pages = intake.pages
        self._sector = sector
        self._start_ms = 0
        self._final = 0
        self._complete = False  # the last records are on their pages
        self._ratchets = []
        self.seals = None

    def run(self, start_ms, previous):
        """The generator. start_ms: of the trigger. previous: H_prev."""
        self._start_ms = start_ms
        self.due_ms = start_ms + _FIRST_SEAL_MS
        try:
            q, opened = self._open(previous)
            yield from self._write(self._sector)
            if self.closing != BROKEN_OFF:
                self.events.append(RecordingOpened(q, anchor.code(q, anchor.OPENED, opened)))
                yield from self._go_on(q)
            if self.closing != BROKEN_OFF:
                yield from self._end(q)
            self.events.append(RecordingClosed(q, self._code(q, opened), self.closing))
            if self.closing != BROKEN_OFF:
                self._tell(q, opened)
        finally:
            self._forget()

    # -- the beginning ---------------------------------------------------------------------

    def _open(self, previous):
        """Use up a slot, derive the keys, make the opening sector; returns (q, O)."""
        seed, psk, key = (bytearray(hmac256.BYTES) for _ in range(3))
        it = self._identity
        try:
            q, sealed = self._keys.take(seed, psk)
            public, theirs = self._agreement.public, it.agreement_key
            opened = opening.write(
                self._sector, it.flags, it.devid, q, public, theirs, previous, it.identifier
            )
            self._agreement.take(psk, opened, key)
            self._ratchets = [Ratchet(q, which, opened, key) for which in records.CLASSES]
            if sealed:
                self.seals = Seals(q, it.identifier, opened, seed)
            else:
                self.events.append(EvidenceFault("unsealed"))
        finally:
            for secret in (seed, psk, key):
                wipe.clear(secret)
        return q, opened

    # -- what goes on ----------------------------------------------------------------------

    def _go_on(self, q):
        while self.closing is None:
            if self._pages.full:
                yield from self._drain()
            elif self.now_ms >= self.due_ms:
                yield from self._seal(q, 0) if self.seals is not None else self._settle()
            else:
                yield IDLE

    def _drain(self):
        """Write what is full; each segment is one turn."""
        pages = self._pages
        while pages.full:
            which, page = pages.full.pop(0)
            try:
                self._ratchets[which - 1].close(page)
                yield from self._write(page)
            finally:
                pages.release(page)

    def _write(self, sector):
        """Write a sector; what fails is written into the next one. False when nothing helps."""
        for _ in range(0 if self.closing == BROKEN_OFF else _TRIES):
            done = self._area.write(sector)
            yield BUSY
            if done:
                return True
            if not self._complete:
                self._intake.note(records.WRITE_FAILED, self._area.last_mark(), self.now_ms)
        if self.closing != BROKEN_OFF:
            self.closing = BROKEN_OFF
            self.events.append(EvidenceFault("storage"))
        return False

    def _seal(self, q, final):
        """Make a seal and write it; one that is not the last gives way to the end."""
        for which in records.CLASSES:
            if which != records.SOUND or self.seals.count == 0:
                self._pages.flush(which)
        yield from self._drain()
        making = self.seals.make(self._ratchets, final, self._sector)
        try:
            for signing in making:
                if signing and self.closing is not None and not final:
                    return
                yield BUSY
                yield from self._drain()
        finally:
            making.close()
        if (yield from self._write(self._sector)):
            code = anchor.code(q, anchor.SEALED, self.seals.last)
            self.events.append(Sealed(q, code))
            self._final = final
        while self.due_ms <= self.now_ms:
            self.due_ms += _SEAL_EVERY_MS

    def _settle(self):
        """Without seals: write what would be written before one."""
        for which in records.CLASSES:
            if which != records.SOUND:
                self._pages.flush(which)
        yield from self._drain()
        while self.due_ms <= self.now_ms:
            self.due_ms += _SEAL_EVERY_MS

    # -- the end ---------------------------------------------------------------------------

    def _end(self, q):
        yield from self._drain()
        at_ms = self.now_ms - self._start_ms
        self._intake.tell_missed(at_ms)
        for which, ratchet in zip(records.CLASSES, self._ratchets):
            self._pages.make_room(which, records.HEAD + _CLOSE_BYTES)
            count = ratchet.count + self._pages.waiting(which)
            values = (count, self.closing, at_ms) + self._intake.totals(which)
            self._pages.put(which, records.CLOSE, at_ms, values)
            self._pages.flush(which)
        self._complete = True
        yield from self._drain()
        if self.seals is not None:
            yield from self._seal(q, 1)

    def _code(self, q, opened):
        if self.seals is None or not self.seals.count:
            return anchor.code(q, anchor.OPENED, opened)
        return anchor.code(q, anchor.SEALED, self.seals.last)

    def _tell(self, q, opened):
        seal, previous = NONE, opened
        if self.seals is not None and self.seals.count:
            seal, previous = self.seals.count - 1, bytes(self.seals.last)
        counts = [ratchet.count for ratchet in self._ratchets]
        heads = [bytes(ratchet.head) for ratchet in self._ratchets]
        self.found = Found(q, opened, seal, self._final, previous, counts, heads)

    def _forget(self):
        """Overwrite what is left of keys and records."""
        for ratchet in self._ratchets:
            ratchet.forget()
        if self.seals is not None:
            self.seals.forget()
        self._pages.clear()
