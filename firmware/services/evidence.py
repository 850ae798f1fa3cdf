"""The recording as a service: sound and whatever else happens, on their way to the recorder.

Separate because the recorder knows no events and the microphone no recorder. In standby it lets
them prepare; a recording that the policy asks for begins at once in memory. What is to be computed
and written waits until the first message of an alert is on its way, for eight seconds at most:
evidence never delays help. Imports the vocabulary, the evidence package and the microphone's
words; recorder and microphone are handed in.
"""

from array import array

from micropython import const

from firmware.evidence import records
from firmware.evidence_messages import (
    BY_GESTURE,
    EvidenceFault,
    RecordingBegun,
    RecordingClosed,
    StartRecording,
    StopRecording,
)
from firmware.messages import (
    DANGER,
    BatteryRead,
    ButtonDown,
    ButtonUp,
    CellSeen,
    FallSuspected,
    FixAcquired,
    Gesture,
    JournalAppend,
    SmsAccepted,
    SmsAmbiguous,
    SmsReport,
    TimeKnown,
)
from firmware.motion_messages import FallTrace
from firmware.services.microphone import SOUND

_HOLD_MS = const(8000)  # at most, for the first message of an alert
_FEW_SEALS = const(16)  # recordings that can still be sealed: from number 240 on
_SLICE_MS = const(5)  # between two slices of what is not urgent
_AXES = const(3)
_SAME_FALL_MS = const(120000)  # of which a recording that begins so much later still tells
_TRACE_PART = const(100)  # samples of a trace that are copied at once
_SAMPLE_MS = const(10)
_BEFORE_MAX = const(12)  # events that are kept for a recording to come,
_BEFORE_MS = const(10000)  # for so long
_PIECES_MAX = const(4)  # taken over in one step

_DOWN, _UP, _GESTURE, _TAKEN, _DELIVERED, _ANSWERED = 1, 2, 3, 4, 5, 6
_BEGUN, _ENDED, _FELL, _MICROPHONE = 7, 8, 9, 10
_GESTURES = (
    "watch",
    DANGER,
    "check",
    "evidence",
    "withdraw",
    "true_cancel",
    "decoy_cancel",
    "danger_again",
)
_ALERTS = ("watch", "danger", "fall")
_ENDS = ("cancel", "end", "watch_end", "resume")
_SCORE_ZERO = const(0x80000000)


class Evidence:
    """Step it; `step` returns events. Whatever it is asked, nothing else waits for it."""

    def __init__(self, birth, make_recorder, microphone, motion, settings, numbers, power, trace):
        """birth: a generator that must end before make_recorder(), for standby; None where there
        is none. make_recorder() gives None on a device without keys, on which nothing can be
        recorded. microphone: None where there is none. motion: a MotionTrace. settings():
        records.Settings, as they are then. numbers: of her contacts, in her order. power:
        (battery_mv, charging), both to be called.
        """
        self._birth = birth
        self._make_recorder = make_recorder
        self._recorder = make_recorder() if birth is None else None
        self._microphone = microphone
        self._motion = motion
        self._settings = settings
        self._numbers = numbers
        self._battery_mv, self._charging = power
        self._trace = trace
        self._held_until_ms = None
        self._wanted = None  # the trigger of a recording that is to begin, once the last one ended
        # Made now, or made anew: what it was told is forgotten
        self._events = [EvidenceFault("restarted")]  # type: list
        self._time = None  # the latest TimeKnown
        self._fall = self._fall_trace = None  # what was felt of one that nobody records yet
        self._before = []  # (ms, kind, value) of what happened while nothing was recorded
        self._clipped = 0
        self._finding = None
        self._next_ms = 0

    # -- what the policy asks -------------------------------------------------------------------

    def execute(self, command, now_ms):
        """Carry out what concerns a recording; write down what the journal is told."""
        if isinstance(command, StartRecording):
            self._wanted = command.trigger
            self._begin(now_ms)
        elif isinstance(command, StopRecording):
            self._stop(command.reason, now_ms)
        elif isinstance(command, JournalAppend):
            self._note(command.kind, command.values, now_ms)

    def _begin(self, now_ms):
        """Record what is wanted from now on, and what the pre-roll holds."""
        recorder, trigger = self._recorder, self._wanted
        if trigger is None or recorder is not None and recorder.open:
            return
        self._wanted = None
        if recorder is None or self._microphone is None:
            self._events.append(EvidenceFault("absent"))
            return
        settings = self._settings()
        recorder.start(trigger, now_ms, settings)
        self._microphone.start(now_ms)
        self._motion.begin(now_ms)
        self._clipped, self._finding = 0, None
        if trigger != BY_GESTURE:
            self._hold(now_ms)
        if self._time is not None:
            recorder.record(records.TIME, self._time.at_ms, records.time(self._time))
        room_ms = recorder.room_ms(settings.rate_hz)
        self._events.append(RecordingBegun(trigger, room_ms and room_ms // 60000))
        self._trace.note("minutes", -1 if room_ms is None else room_ms // 60000)
        self._on_battery(None, now_ms)
        self._tell_before(now_ms)
        self._tell_fall(now_ms)
        left = recorder.seals_left()
        if left is not None and left <= _FEW_SEALS:
            self._trace.note("seals", left)
            self._events.append(EvidenceFault("few_seals"))

    def _stop(self, reason, now_ms):
        """End the recording."""
        self._wanted = None
        if self._is_open():
            self._microphone.stop()
            while self._take_over(now_ms):
                pass
            while self._take_motion(now_ms, True):
                pass
            self._release()
            self._recorder.close(reason, now_ms)

    # -- what happens ---------------------------------------------------------------------------

    def learn(self, event, now_ms):
        """Write down an event that belongs into the evidence; others are of no concern."""
        kind = type(event)
        if kind is TimeKnown:
            self._time = event
        if kind in (SmsAccepted, SmsAmbiguous):
            self._release()
        if not self._is_open():
            self._keep_fall(event)
            if kind in _HERS:
                _WRITERS[kind](self, event, now_ms)
        elif kind in _WRITERS:
            _WRITERS[kind](self, event, now_ms)

    def _note(self, kind, values, now_ms):
        """A record of the journal, which says what became of the alert."""
        begins = kind in ("trigger", "raised") and values[0] in _ALERTS
        if not self._is_open() and not begins:
            return
        if kind == "sent" and values[0] < len(self._numbers):
            self._event(now_ms, _TAKEN, values[0])
        elif kind == "answer":
            self._event(now_ms, _ANSWERED, values[0])
        elif begins:
            if self._is_open():
                self._hold(now_ms)  # an alert amid a recording: its first message goes first, too
            self._event(now_ms, _BEGUN, _ALERTS.index(values[0]) + 1)
        elif kind == "closed" and values[0] in _ENDS:
            self._event(now_ms, _ENDED, _ENDS.index(values[0]) + 1)

    # -- stepping -------------------------------------------------------------------------------

    def step(self, now_ms):
        """One slice of what a recording in progress asks for; returns events."""
        recorder = self._recorder
        if recorder is not None and recorder.open:
            self._microphone.step(now_ms)
            self._take_over(now_ms)
            self._take_motion(now_ms)
            self._look_after(now_ms)
            if self._held_until_ms is not None and now_ms >= self._held_until_ms:
                self._release()
            self._next_ms = now_ms + _SLICE_MS
            for event in recorder.step(now_ms):
                self._heed(event, now_ms)
            if not recorder.open:
                self._over(now_ms)
        elif self._microphone is not None:
            self._microphone.step(now_ms)
        events, self._events = self._events, []
        return events

    def idle_step(self, now_ms):
        """In standby, while nothing is pressed: prepare the next recording; arm the pre-roll."""
        self._next_ms = now_ms + _SLICE_MS
        if self._birth is not None:
            self._be_born()
        elif self._recorder is not None and not self._recorder.open:
            self._recorder.idle_step(now_ms)
            if self._microphone is not None:
                self._microphone.arm(now_ms)

    def wake_ms(self, now_ms):
        """When `step` is due; None when nothing is in progress."""
        times = []
        if self._events:
            return now_ms
        recorder = self._recorder
        if recorder is not None and recorder.open:
            due_ms = recorder.wake_ms(now_ms)
            if due_ms is not None:
                times.append(max(due_ms, self._next_ms))
            if self._held_until_ms is not None:
                times.append(self._held_until_ms)
        if self._microphone is not None:
            times.append(self._microphone.wake_ms(now_ms))
        return min([t for t in times if t is not None], default=None)

    def idle_wake_ms(self, now_ms):
        """When `idle_step` is due; None when everything is prepared."""
        if self._birth is not None:
            return max(now_ms, self._next_ms)
        if self._recorder is None or self._recorder.open:
            return None
        due_ms = self._recorder.wake_ms(now_ms)
        return None if due_ms is None else max(due_ms, self._next_ms)

    def may_sleep(self, _now_ms):
        """Whether nothing would be lost in light sleep."""
        return not self._is_open() and not self._events

    # -- for the self-test ----------------------------------------------------------------------

    def is_open(self):
        """Whether a recording goes on."""
        return self._is_open()

    def next_q(self):
        """The number of the next recording; None where it would have no seal."""
        return None if self._recorder is None else self._recorder.next_q()

    def room_min(self):
        """Minutes of recording that there is room for; None where nobody knows."""
        rate_hz = self._settings().rate_hz
        room_ms = None if self._recorder is None else self._recorder.room_ms(rate_hz)
        return None if room_ms is None else room_ms // 60000

    def check(self, now_ms):
        """Have the microphone listen for a moment."""
        if self._microphone is not None:
            self._microphone.check(now_ms)

    def heard(self):
        """What is wrong with it: "" nothing, None not known."""
        return "absent" if self._microphone is None else self._microphone.finding

    # -- how ------------------------------------------------------------------------------------

    def _be_born(self):
        try:
            next(self._birth)
        except StopIteration as end:
            self._birth = None
            self._recorder = self._make_recorder()
            if end.value is not None:
                self._events.append(EvidenceFault("birth"))

    def _take_over(self, now_ms):
        """Hand what the microphone has over to the recorder; whether there was anything."""
        recorder, microphone = self._recorder, self._microphone
        if microphone.clipped != self._clipped:
            recorder.clipped(microphone.clipped - self._clipped)
            self._clipped = microphone.clipped
        for _ in range(_PIECES_MAX):
            piece = microphone.take()
            if piece is None:
                return False
            if piece[0] == SOUND:
                _, first, prediction, index, data, at_ms = piece
                recorder.audio(first, prediction, index, data, at_ms)
            else:
                reason, first, count, at_ms = piece
                recorder.lost(first, count, reason, at_ms)
        return True

    def _take_motion(self, now_ms, rest=False):
        """Hand over what was felt; whether there was anything."""
        part = self._motion.take(now_ms, rest)
        if part is not None:
            self._recorder.accel(*part)
        return part is not None

    def _look_after(self, now_ms):
        """A microphone that fails is written down; place and log go on without it."""
        finding = self._microphone.finding
        if finding and finding != self._finding:
            self._event(now_ms, _MICROPHONE, 0)
            self._events.append(EvidenceFault("microphone"))
        self._finding = finding

    def _heed(self, event, now_ms):
        self._events.append(event)
        if isinstance(event, RecordingClosed):
            self._microphone.stop()

    def _over(self, now_ms):
        """The recording is closed, or never came to be."""
        self._microphone.stop()
        self._held_until_ms = None
        self._begin(now_ms)

    def _hold(self, now_ms):
        self._recorder.hold(1)
        self._held_until_ms = now_ms + _HOLD_MS

    def _release(self):
        if self._held_until_ms is not None:
            self._held_until_ms = None
            self._recorder.hold(0)

    def _is_open(self):
        return self._recorder is not None and self._recorder.open

    def _event(self, now_ms, kind, value):
        """What happens just before a recording, mostly its very cause, belongs into it."""
        if self._is_open():
            self._recorder.record(records.EVENT, now_ms, (kind, value))
        else:
            self._before = self._before[1 - _BEFORE_MAX :] + [(now_ms, kind, value)]

    def _tell_before(self, now_ms):
        before, self._before = self._before, []
        for at_ms, kind, value in before:
            if now_ms - at_ms <= _BEFORE_MS:
                self._event(at_ms, kind, value)

    def _on_press(self, event, now_ms):
        self._event(now_ms, _DOWN if isinstance(event, ButtonDown) else _UP, 0)

    def _on_gesture(self, event, now_ms):
        if event.kind in _GESTURES:
            self._event(now_ms, _GESTURE, _GESTURES.index(event.kind) + 1)

    def _on_fix(self, event, _now_ms):
        self._recorder.record(records.FIX, event.fix.at_ms, records.fix(event.fix))

    def _on_time(self, event, _now_ms):
        self._recorder.record(records.TIME, event.at_ms, records.time(event))

    def _on_cell(self, event, now_ms):
        self._recorder.record(records.CELL, now_ms, (), records.cell(event.cell))

    def _on_battery(self, _event, now_ms):
        battery_mv = self._battery_mv()
        if battery_mv is not None:
            self._recorder.record(records.POWER, now_ms, (battery_mv, self._charging()))

    def _on_report(self, event, now_ms):
        if event.status == 0 and event.number in self._numbers:
            self._event(now_ms, _DELIVERED, self._numbers.index(event.number))

    def _on_fall(self, event, _now_ms):
        self._event(event.impact_ms, _FELL, (event.score + _SCORE_ZERO) & 0xFFFFFFFF)

    def _keep_fall(self, event):
        """Before it is told and recorded the pre-alarm passes: the trace would be gone by then."""
        if isinstance(event, FallSuspected):
            self._fall, self._fall_trace = event, None
        elif isinstance(event, FallTrace):
            self._fall_trace = _copied(event)

    def _tell_fall(self, now_ms):
        fall, self._fall = self._fall, None
        if fall is not None and now_ms - fall.impact_ms < _SAME_FALL_MS:
            self._on_fall(fall, now_ms)
            if self._fall_trace is not None:
                self._write_trace(*self._fall_trace)
        self._fall_trace = None

    def _write_trace(self, samples, at_ms):
        for at in range(0, len(samples) // _AXES, _TRACE_PART):
            part = samples[_AXES * at : _AXES * (at + _TRACE_PART)]
            self._recorder.accel(at, part, at_ms + at * _SAMPLE_MS)


def _copied(trace):
    """(samples x y z in mg, when the first of them was) of a FallTrace; None when it is gone."""
    samples = array("h", bytes(_AXES * 2 * trace.count))
    if not trace.ring.read(trace.start, trace.count, samples):
        return None
    return samples, trace.impact_ms - trace.before_ms


_HERS = (ButtonDown, ButtonUp, Gesture)
_WRITERS = {
    ButtonDown: Evidence._on_press,
    ButtonUp: Evidence._on_press,
    Gesture: Evidence._on_gesture,
    FixAcquired: Evidence._on_fix,
    TimeKnown: Evidence._on_time,
    CellSeen: Evidence._on_cell,
    BatteryRead: Evidence._on_battery,
    SmsReport: Evidence._on_report,
    FallSuspected: Evidence._on_fall,
}
