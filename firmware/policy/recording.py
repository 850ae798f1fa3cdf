"""When sound is recorded: as she chose it, from a danger on, a fall, or a gesture of its own.

Separate because a recording and an alert overlap without being one another's part: it may begin
without an alert, and ends before one that lasts. BEHAVIOUR.md sections 1, 2 and 5: it ends 30 min
after her last gesture, after 2 h at most, and with her true cancel; after a decoy it goes on. Its
code goes into the messages of an alert, and to the witness. Loaded only where something can be
recorded. Pure. Imports the vocabulary and policy only.
"""

from micropython import const

from firmware.evidence_messages import (
    BY_DANGER,
    BY_FALL,
    BY_GESTURE,
    END_CANCELLED,
    END_LONGEST,
    END_QUIET,
    EvidenceFault,
    RecordingBegun,
    RecordingClosed,
    RecordingOpened,
    Sealed,
    StartRecording,
    StopRecording,
)
from firmware.messages import FAILED, RECORDING, RECORDING_SHORT
from firmware.policy.transitions import DURESS, ENDANGERED, FALLEN

_QUIET_MS = const(1800000)  # without a gesture
_LONGEST_MS = const(7200000)
_ENOUGH_MINUTES = const(30)  # of room: as long as it lasts without another gesture
_WITNESS_MS = const(600000)  # between two codes for the witness
_TRIGGERS = {ENDANGERED: BY_DANGER, DURESS: BY_DANGER, FALLEN: BY_FALL}
_IN_VAIN = ("agreement", "full", "absent")  # faults with which it does not record


class Recording:
    """Methods return commands. trigger: what it was begun by, None while it does not record."""

    def __init__(self, config):
        self.trigger = None
        self._chosen = [BY_DANGER, BY_GESTURE] + [BY_FALL] * config.recording_fall
        self._begun_ms = self._gesture_ms = 0
        self._ending = False  # it was asked to end, and has not yet
        self._code = ""
        self._witnessed_ms = None  # when the witness was last told a code of it

    def attend(self, incident, feedback):
        """The alert policy has been made, or made anew."""
        self._incident = incident
        self._feedback = feedback
        self.alerted()

    def alerted(self):
        """A new alert has begun: its messages tell of what is being recorded, if anything is."""
        self._incident.story.code = "" if self.trigger is None else self._code

    # -- what she does --------------------------------------------------------------------------

    def gesture(self, now_ms):
        """She pressed: a recording in progress goes on for as long again."""
        self._gesture_ms = now_ms

    def asked_for(self, now_ms):
        """She wants it recorded, and nobody told."""
        if self.trigger is not None:
            self.gesture(now_ms)
            return self._feedback.answer(RECORDING)
        return self._begin(BY_GESTURE, now_ms, now_ms)  # which says by itself what came of it

    def follow(self, gesture_ms, now_ms):
        """The alert has come to be what it is by a gesture, or an impact, at gesture_ms."""
        return self._begin(_TRIGGERS.get(self._incident.state), gesture_ms, now_ms)

    def cancel(self):
        """She has ended the alert."""
        return self._end(END_CANCELLED)

    def pass_time(self, now_ms):
        """What time alone brings."""
        if self.trigger is None:
            return []
        if now_ms - self._begun_ms >= _LONGEST_MS:
            return self._end(END_LONGEST)
        return self._end(END_QUIET) if now_ms - self._gesture_ms >= _QUIET_MS else []

    def wake_ms(self):
        """When time ends it; None while it does not record."""
        if self.trigger is None:
            return None
        return min(self._begun_ms + _LONGEST_MS, self._gesture_ms + _QUIET_MS)

    # -- what becomes of it ---------------------------------------------------------------------

    def handle(self, event, now_ms):
        """The commands that answer an event of the recorder; none for any other."""
        if isinstance(event, (RecordingOpened, Sealed)):
            self._tell(event.code, False, now_ms)
        elif isinstance(event, RecordingClosed):
            unasked = not self._ending and self.trigger == BY_GESTURE
            self._closed()
            self._tell(event.code, self.trigger is None, now_ms)
            return self._feedback.answer(FAILED, 0) if unasked else []
        elif isinstance(event, RecordingBegun):
            return self._say_room(event)
        elif isinstance(event, EvidenceFault):
            return self._fault(event.reason)
        return []

    def _say_room(self, begun):
        """Who asked for a recording alone feels that it runs, and for how long there is room."""
        if begun.trigger != BY_GESTURE:
            return []
        enough = begun.minutes is None or begun.minutes >= _ENOUGH_MINUTES
        return self._feedback.answer(RECORDING if enough else RECORDING_SHORT)

    def _fault(self, reason):
        if reason == "restarted":  # what records has been made anew, and has forgotten
            self._ending = False
            return [] if self.trigger is None else [StartRecording(self.trigger)]
        asked = self.trigger == BY_GESTURE
        if reason == "microphone":  # place and log go on without it
            return self._feedback.answer(FAILED, 0) if asked else []
        if reason not in _IN_VAIN:
            return []
        self._closed()
        return self._feedback.answer(FAILED) if asked else []

    def _tell(self, code, last, now_ms):
        """Messages say this code from now on; the witness hears of it at times."""
        self._code = self._incident.story.code = code
        known = self._witnessed_ms
        if last:
            due = known is not None
        else:
            due = self._incident.state in _TRIGGERS
            due = due and (known is None or now_ms - known >= _WITNESS_MS)
        if due:
            self._witnessed_ms = None if last else now_ms
            self._incident.outbox.tell_witness(now_ms)

    # -- how ------------------------------------------------------------------------------------

    def _begin(self, trigger, gesture_ms, now_ms):
        if trigger not in self._chosen:
            return []
        self._gesture_ms = gesture_ms
        if self.trigger is not None or now_ms - gesture_ms >= _QUIET_MS:
            return []
        self.trigger = trigger
        self._begun_ms = now_ms
        self._code = ""
        self._witnessed_ms = None
        return [StartRecording(trigger)]

    def _end(self, reason):
        if self.trigger is None:
            return []
        self.trigger = None
        self._ending = True
        return [StopRecording(reason)]

    def _closed(self):
        """One has ended: that which was asked to, or the one in progress by itself."""
        if not self._ending:
            self.trigger = None
        self._ending = False
