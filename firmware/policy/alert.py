"""The alert policy: every event that concerns an alert, and the commands that answer it.

Separate as the one object that the application talks to. It hands each event to who knows what
it means: the course of the alert (course.py, with the table in transitions.py), the delivery of
its messages, what she feels, where she is. Pure: no clock, no I/O, no chance of its own.
Imports messages and policy only.
"""

from micropython import const

from firmware.messages import (
    AT_REST,
    GNSS_STANDBY,
    GNSS_TRACK,
    CallRefused,
    FallSuspected,
    FixAcquired,
    Gesture,
    GnssDemand,
    ModemDemand,
    ModemFree,
    ModemReady,
    SmsAccepted,
    SmsAmbiguous,
    SmsFailed,
    SmsReceived,
    SmsReport,
    TimeKnown,
)
from firmware.policy import texts
from firmware.policy.course import Course
from firmware.policy.diary import Diary
from firmware.policy.feedback import Feedback
from firmware.policy.incident import Incident
from firmware.policy.recipients import is_yes
from firmware.policy.situation import Moment
from firmware.policy.tracking import Tracker

_REMIND_MS = const(60000)  # a service that was built anew has forgotten what it was asked


class Alert:
    """Give it every event; carry out what it answers, in order."""

    def __init__(self, config, random16, recording=None):
        self._incident = incident = Incident(config, random16)
        self._situation = incident.situation
        self._outbox = incident.outbox
        self._delivery = incident.delivery
        self._diary = Diary(incident)
        self._tracker = Tracker(config, self._outbox, self._situation, incident.story)
        self._feedback = Feedback(self._outbox, self._delivery)
        self._recording = recording
        if recording is not None:
            recording.attend(incident, self._feedback)
        self._course = Course(
            config, incident, self._diary, self._feedback, self._tracker, recording
        )
        self._demands = False
        self._remind_ms = 0

    def context(self):
        """What the gesture recogniser must know: AT_REST, IN_GUARD, IN_PREALARM or IN_ALERT."""
        return self._course.context()

    def handle(self, event, now_ms):
        """The commands that answer an event, in order."""
        self._situation.learn(event)
        commands = self._delivery.check(now_ms)
        commands += self._course.pass_time(now_ms)
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            commands += handler(self, event, now_ms) or []
        elif self._recording is not None:
            commands += self._recording.handle(event, now_ms)
        return commands + self._follow(now_ms)

    def restore(self, records, now_ms):
        """Take up the alert of these journal records, (kind, values) oldest first."""
        self._diary.replay(records, now_ms)
        return self._course.take_up(now_ms) + self._follow(now_ms)

    def wake_ms(self, now_ms):
        """When it must be given a Tick though nothing happens; None for never."""
        times = [self._course.wake_ms(), self._delivery.wake_ms(now_ms)]
        if self._demands:
            times.append(self._remind_ms)
        if self._course.in_full():
            times.append(self._tracker.wake_ms(now_ms))
            times.append(self._diary.wake_ms())
            times.append(self._feedback.wake_ms())
        return min([t for t in times if t is not None], default=None)

    # -- what follows from whatever happened ----------------------------------------------------

    def _follow(self, now_ms):
        commands = self._course.finish()
        if self._course.in_full():
            self._tracker.step(now_ms)
            commands += self._diary.signs(now_ms)
            commands += self._feedback.step(now_ms)
        return commands + self._demand(now_ms)

    def _demand(self, now_ms):
        """Modem and receiver are on from the first moment to the last message."""
        wanted = self.context() != AT_REST or self._incident.busy()
        if wanted == self._demands and not (wanted and now_ms >= self._remind_ms):
            return []
        self._demands = wanted
        self._remind_ms = now_ms + _REMIND_MS
        return [ModemDemand(int(wanted)), GnssDemand(GNSS_TRACK if wanted else GNSS_STANDBY)]

    # -- events -------------------------------------------------------------------------------

    def _on_gesture(self, gesture, now_ms):
        return self._course.happens(gesture.kind, Moment(gesture.first_ms, None), now_ms)

    def _on_fall(self, event, now_ms):
        return self._course.falls(event, now_ms)

    def _on_fix(self, _event, now_ms):
        if self._outbox.closing == texts.SWITCHED_ON:
            self._outbox.release(now_ms)

    def _on_time(self, _event, now_ms):
        return self._course.weigh(now_ms)

    def _on_modem_free(self, _event, now_ms):
        return self._delivery.offer(now_ms)

    def _on_modem_ready(self, _event, now_ms):
        self._outbox.network_back(now_ms)

    def _on_accepted(self, event, now_ms):
        return self._delivery.accepted(event.token, event.ref, now_ms)

    def _on_failed(self, event, now_ms):
        return self._delivery.failed(event.token, event.failure, now_ms)

    def _on_ambiguous(self, event, now_ms):
        return self._delivery.ambiguous(event.token, now_ms)

    def _on_report(self, event, _now_ms):
        told = self._delivery.reported(event.ref, event.number, event.status)
        return self._feedback.delivered() if told and self._course.in_full() else None

    def _on_text(self, event, _now_ms):
        recipient = self._outbox.by_number(event.number)
        if recipient is None:
            return None
        recipient.delivered = True
        return self._answered(recipient) if is_yes(event.text) else None

    def _on_call(self, event, _now_ms):
        recipient = self._outbox.by_number(event.number)
        return None if recipient is None else self._answered(recipient)

    def _answered(self, recipient):
        if not self._course.alerting():
            return None
        notes = [] if recipient.answered else [self._diary.answer(recipient)]
        recipient.answered = True
        return notes + self._feedback.answered()


_HANDLERS = {
    Gesture: Alert._on_gesture,
    FallSuspected: Alert._on_fall,
    FixAcquired: Alert._on_fix,
    TimeKnown: Alert._on_time,
    ModemFree: Alert._on_modem_free,
    ModemReady: Alert._on_modem_ready,
    SmsAccepted: Alert._on_accepted,
    SmsFailed: Alert._on_failed,
    SmsAmbiguous: Alert._on_ambiguous,
    SmsReport: Alert._on_report,
    SmsReceived: Alert._on_text,
    CallRefused: Alert._on_call,
}


def make(config, random16, recording=None):
    """The alert policy of a configuration. random16(): 16 random bits, for retries.

    recording: policy/recording.py; None where nothing can be recorded, or she does not want it.
    """
    return Alert(config, random16, recording)
