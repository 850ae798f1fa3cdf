"""The recorder: ready in standby, taking in what happens, writing when it is its turn.

Separate because it is the one door to this package: core.py knows nothing behind it. In standby
it finds out where things stand and prepares the next agreement, a slice at a time. From a trigger
on it takes in records; what is written, and when, is recording.py's. Sans-I/O but for the two
raw logs that it is handed; no clock. Imports the vocabulary and its neighbours.
"""

import aes_cbc
from micropython import const

from firmware.evidence import found, records
from firmware.evidence.agreement import Agreement
from firmware.evidence.intake import Intake
from firmware.evidence.keys import NO_Q, SEALED_MAX, Keys
from firmware.evidence.log_area import LogArea
from firmware.evidence.pages import Pages
from firmware.evidence.recording import BROKEN_OFF, BUSY, RESERVE, Recording
from firmware.evidence_messages import (
    END_FULL,
    EvidenceFault,
)
from firmware.store import SECTOR

PAGES = const(24)  # 96 KB: 16 s of sound at 8 kHz, 8 s at 16 kHz, and what else happens

_OVER = const(-1)  # a generator has come to its end
_ERASE_GAP_MS = const(500)  # between two erases in standby, so that presses are felt at once
_OPENING_SECTORS = const(5)  # an opening sector, a segment of each class, a seal
_VOID_MAX = const(8)  # numbers that were used up in vain and are told; the rest are between them
_NEARLY_FULL_MS = const(600000)
_PAGE_BYTES = const(3840)  # of sound in a page: six pieces of services/sound_ring.py
# In a minute: a seal, what it writes of place and log, what is left of sound; and 100 samples a
# second of the accelerometer while she moves
_OTHER_SECTORS = const(4 + 9)


class Recorder:
    """Step it while `open`, and once more; call idle_step() while it is not.

    keys_log, ev_log: raw logs of store.py (keys_log None without the partition: nothing is
    sealed). identity: see identity.py. random32(): 32 new random bytes, that are overwritten.
    """

    def __init__(self, keys_log, ev_log, identity, random32, pages=PAGES):
        self.open = False
        self._identity = identity
        self._keys = Keys(keys_log)
        self._area = LogArea(ev_log)
        self._agreement = Agreement(identity.agreement_key, random32)
        self._intake = Intake(Pages(pages))
        self._sector = bytearray(SECTOR)
        self._recording = None
        self._script = None
        self._found = None
        self._held = False
        self._busy = False
        self._warned = False
        self._rate_hz = 0
        self._events = []
        self._idle_ms = 0
        self._needs = self._find()
        self._tidies = None

    # -- standby -----------------------------------------------------------------------------

    def ready(self):
        """Whether a recording could begin at once."""
        return self._agreement.ready and self._needs is None and not self.open

    def idle_step(self, now_ms):
        """In standby: one slice of what is to be done, 10 ms of a board's, or an erase of 60."""
        if self.open or now_ms < self._idle_ms:
            return
        if self._needs is not None:
            self._prepare()
        elif self._tidies is not None:
            erased = next(self._tidies, _OVER)
            if erased == _OVER:
                self._tidies = None
            elif erased:
                self._idle_ms = now_ms + _ERASE_GAP_MS

    def wake_ms(self, now_ms):
        """When it wants to be stepped (idle_step in standby); None: not before something comes."""
        if not self.open:
            rests = self._needs is None and self._tidies is None
            return None if rests else max(now_ms, self._idle_ms)
        if self._events or not self._held and (self._busy or self._intake.pages.full):
            return now_ms
        due_ms = self._recording.due_ms
        return None if self._held or due_ms is None else max(now_ms, due_ms)

    def next_q(self):
        """The number of the next recording; None where it has no seal, or before it is known."""
        q = self._keys.q
        return q if q is not None and q < SEALED_MAX else None

    def seals_left(self):
        """How many recordings can still be sealed; None before that is known."""
        if self._keys.q is None:
            return None
        return 0 if self._keys.q == NO_Q else max(0, SEALED_MAX - self._keys.q)

    def room_ms(self, rate_hz):
        """How long a recording there is room for; None before that is known."""
        if self._area.position is None:
            return None
        sectors = max(0, self._area.room() - RESERVE - _OPENING_SECTORS)
        a_minute = rate_hz * 30 // _PAGE_BYTES + 1 + _OTHER_SECTORS
        return sectors * 60000 // a_minute

    def _find(self):
        """A generator: what must be known, and an agreement."""
        yield from self._keys.scan()
        yield from self._area.scan()
        self._found = yield from found.scan(self._area, self._area.position, self._sector)
        yield BUSY
        yield from self._agree()

    def _agree(self):
        if aes_cbc.works_in(self._sector):
            yield from self._agreement.prepare()

    def _tidy(self):
        """A generator: erases, for which there is time in standby only."""
        if self._keys.stale() is not None:
            self._keys.refresh()
            yield 1
        yield from self._area.tidy()

    def _prepare(self):
        """One slice of what must be there before a recording."""
        if next(self._needs, _OVER) == _OVER:
            self._needs = None
            self._tidies = self._tidy()

    # -- a recording -------------------------------------------------------------------------

    def start(self, trigger, now_ms, settings):
        """Begin a recording; what is not ready yet will be. False when one is open.

        trigger: 1 danger, 2 evidence only, 3 fall. settings: records.Settings.
        """
        if self.open:
            return False
        self.open = self._busy = True
        self._warned = False
        self._tidies = None
        self._rate_hz = settings.rate_hz
        self._intake.begin(trigger, now_ms, settings)
        parts = (self._identity, self._keys, self._area, self._agreement)
        self._recording = Recording(*parts, self._intake, self._sector)
        self._script = self._run(now_ms)
        return True

    def hold(self, flag):
        """1: nothing is computed or written until 0; what comes in meanwhile is kept."""
        self._held = bool(flag)

    def close(self, reason, now_ms):
        """End the recording: see END_... of messages.py. The steps that follow do it."""
        if self.open and self._recording.closing is None:
            self._recording.closing = reason
            self._busy = True

    def discard(self):
        """Overwrite all secrets: this recorder is not used any more."""
        for generator in (self._script, self._needs):
            if generator is not None:
                generator.close()
        self._agreement.forget()
        self._intake.pages.clear()
        self.open = False

    def step(self, now_ms):
        """Do one slice of what is to be done; returns events."""
        if self.open and not self._held:
            self._recording.now_ms = now_ms
            self._look_at_room(now_ms)
            turn = next(self._script, _OVER)
            self._busy = turn == BUSY
            if turn == _OVER:
                self._ended()
        events, self._events = self._events + self._recording_events(), []
        return events

    def audio(self, first_sample, prediction, index, data, at_ms):
        """Sound as lib/adpcm.py encodes it: its first sample, the encoder's state before it."""
        if self._takes():
            self._intake.audio(first_sample, prediction, index, data, at_ms)

    def lost(self, first_sample, count, reason, at_ms):
        """Samples that the microphone lost: 1 flash or interrupt masked, 3 restarted."""
        if self._takes():
            self._intake.lost(first_sample, count, reason, at_ms)

    def clipped(self, count):
        """So many more samples are at the end of the scale."""
        self._intake.clipped += count

    def accel(self, first_sample, data, at_ms):
        """A trace of the accelerometer: three 16-bit numbers a sample; at_ms of the first one."""
        if self._takes():
            self._intake.accel(first_sample, data, at_ms)

    def record(self, kind, at_ms, values=(), tail=b""):
        """Any other record; kind and values: see records.py."""
        if self._takes():
            self._intake.record(kind, at_ms, values, tail)

    # -- the course of it ----------------------------------------------------------------------

    def _takes(self):
        return self.open and self._recording.closing is None

    def _recording_events(self):
        if self._recording is None:
            return []
        events, self._recording.events = self._recording.events, []
        return events

    def _run(self, start_ms):
        """A generator: the whole of one recording."""
        while self._needs is not None:
            self._prepare()
            yield BUSY
        self._tidies = None
        reason = self._hindrance()
        if reason is not None:
            self._events.append(EvidenceFault(reason))
            return
        self._tell_found(start_ms)
        previous = self._found.previous if self._found is not None else bytes(32)
        yield from self._recording.run(start_ms, previous)

    def _hindrance(self):
        """Why there can be no recording, None when there can."""
        if not self._agreement.ready:
            return "agreement"
        return "full" if self._area.room() < RESERVE + _OPENING_SECTORS else None

    def _tell_found(self, start_ms):
        """What became of the recording before this one, and of the numbers in between."""
        last = self._found
        if last is None:
            return
        self._intake.record(records.FOUND, start_ms, found.values(last))
        if NO_Q not in (last.q, self._keys.q):
            for q in range(last.q + 1, min(self._keys.q, last.q + 1 + _VOID_MAX)):
                self._intake.record(records.FOUND, start_ms, found.values(found.void(q)))

    def _look_at_room(self, now_ms):
        """End while there is room for the end; say once when there is not much left."""
        if self._area.position is None or not self._takes():
            return
        left = self._area.room() - len(self._intake.pages.full)
        if left <= RESERVE:
            self.close(END_FULL, now_ms)
        elif not self._warned and self.room_ms(self._rate_hz) < _NEARLY_FULL_MS:
            self._warned = True
            minutes = self.room_ms(self._rate_hz) // 60000
            self._intake.note(records.NEARLY_FULL, minutes, now_ms)
            self._events.append(EvidenceFault("nearly_full"))

    def _ended(self):
        self._script = None
        self.open = False
        self._intake.pages.clear()
        if self._recording.found is not None:
            self._found = self._recording.found
        if self._needs is None:
            broken = self._recording.closing == BROKEN_OFF
            self._needs = self._find() if broken else self._agree()
