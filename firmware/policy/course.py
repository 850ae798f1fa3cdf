"""The course of an alert: the actions of the table, its deadlines, and its resumption.

Separate from alert.py, which knows events, and from incident.py, which knows neither time nor
feeling: here it is decided when an alert ends, and what is written, felt and done in which
order. What must survive a reset is a journal record before it is anything else. After a reset
nothing but first messages leaves until it is known how long the power was off: BEHAVIOUR.md
section 2, "After a reset or a flat battery". Imports messages and policy only.
"""

from micropython import const

from firmware.messages import (
    AT_REST,
    DANGER,
    DANGER_AGAIN,
    DECOY_CANCEL,
    IN_ALERT,
    IN_GUARD,
    IN_PREALARM,
    NOT_YET,
    NOTHING,
    PRESSING,
    TICK,
    TRUE_CANCEL,
    WITHDRAWN,
    JournalClose,
    RememberFall,
)
from firmware.policy import diary, texts
from firmware.policy.situation import NEVER, Moment
from firmware.policy.story import AGAIN, FALL_AGAIN
from firmware.policy.transitions import (
    DURESS,
    ENDANGERED,
    FALL,
    FALL_SUSPECTED,
    FALLEN,
    GUARD,
    GUARD_OVER,
    LAPSED,
    PREALARM,
    PREALARM_OVER,
    REST,
    RESUMED,
    TABLE,
    TIME_UP,
    WATCHING,
)

_GUARD_MS = const(10000)
_PULSE_MS = const(5000)  # from one to the next in the pre-alarm of a fall
_LONGER_MS = const(4000)  # so much later the pre-alarm ends at most, for presses in progress
_SAME_FALL_MS = const(60000)  # what falls so soon after is still falling
_NO_CANCEL_MS = const(3000)  # from the start of an alert
_LAPSE_S = const(1800)  # off for less: the alert resumes in full
_UNSURE_MS = const(180000)  # without a time after so long, it was less
_PLACE_MS = const(120000)  # how long "switched on again" waits for a place
_KEEP_MS = const(86400000)  # how long after its end an alert still says what it could not


class Course:
    """Tell it what happens and let time pass; both return commands, in order."""

    def __init__(self, config, incident, notes, feedback, tracker, recording):
        """notes: the Diary. recording: policy/recording.py, or None."""
        self._config = config
        self._incident = incident
        self._diary = notes
        self._feedback = feedback
        self._tracker = tracker
        self._recording = recording
        self._commands = []
        self._now_ms = 0
        self._press = NEVER  # that what happens has to do with
        self._start_ms = 0  # of the alert, or of what it was raised to
        # When the guard or the pre-alarm ends; in an alert: a press is still taken as in the guard
        self._guard_ms = None
        self._pulse_ms = 0  # when the next pulse of the pre-alarm is due
        self._suspected = None  # the FallSuspected that it is about
        self._fell_ms = None  # the last impact that this alert tells of
        self._closing_ms = None  # when what is left to say is given up
        self._unsure_ms = None  # the restart before which the power was off, who knows how long

    def context(self):
        """What the gesture recogniser must know: AT_REST, IN_GUARD, IN_PREALARM or IN_ALERT."""
        state = self._incident.state
        if state in (REST, PREALARM):
            return AT_REST if state == REST else IN_PREALARM
        return IN_ALERT if self._guard_ms is None else IN_GUARD

    def alerting(self):
        """Whether an alert is in progress, which a guard or a pre-alarm is not."""
        return self._incident.state not in (REST, GUARD, PREALARM)

    def in_full(self):
        """Whether an alert is in progress of which more than first messages is due."""
        return self._unsure_ms is None and self.alerting()

    def happens(self, what, press, now_ms):
        """A gesture or a fall, with its press (a Moment); an unlisted one changes nothing."""
        self._now_ms = now_ms
        if what in (PRESSING, NOTHING):
            if self._incident.state == PREALARM:
                self._guard_ms = self._end_ms() + (_LONGER_MS if what == PRESSING else 0)
            return []
        self._press = press
        if self._recording is not None:
            self._recording.gesture(now_ms)
        if what in (TRUE_CANCEL, DECOY_CANCEL) and now_ms - self._start_ms < _NO_CANCEL_MS:
            return []
        if self._unsure_ms is not None and what in (DANGER, DANGER_AGAIN, DECOY_CANCEL, FALL):
            # She is there: however long it was off, the alert goes on.
            self._resume()
            if what not in (DECOY_CANCEL, FALL):
                self._incident.story.raised(press)
        if what in (FALL, FALL_SUSPECTED):
            if self._incident.state == REST:
                self._feedback.gesture_ms = None  # she asked for nothing
        elif (self._incident.state, what) in TABLE:
            self._feedback.gesture_ms = now_ms
        self._row(what)
        return self._said()

    def falls(self, fall, now_ms):
        """The detector has decided (a FallSuspected)."""
        state = self._incident.state
        if self.alerting() and self._fell_ms is not None:
            if fall.impact_ms - self._fell_ms < _SAME_FALL_MS:
                return []
        what = FALL_SUSPECTED if self._config.prealarm_ms and state == REST else FALL
        if state != PREALARM:
            self._suspected = fall
        commands = self.happens(what, Moment(fall.impact_ms, None), now_ms)
        return commands + _remember(fall, 0) if commands else commands

    def pass_time(self, now_ms):
        """What time alone brings."""
        self._now_ms = now_ms
        if self._guard_ms is not None and now_ms >= self._guard_ms:
            self._guard_ms = None
            self._row(PREALARM_OVER if self._incident.state == PREALARM else GUARD_OVER)
        self._pulse()
        if self._unsure_ms is not None:
            if now_ms - self._unsure_ms >= _UNSURE_MS:
                self._resume()
        elif self.alerting() and now_ms >= self._limit_ms():
            self._row(TIME_UP)
        if self._recording is not None:
            self._commands += self._recording.pass_time(now_ms)
        if self._closing_ms is not None and now_ms >= self._closing_ms:
            self._closing_ms = None
            self._incident.outbox.give_up(self._incident.state == REST)
        return self._said()

    def finish(self):
        """Once the last message of an alert that is over has left: its records may go."""
        outbox = self._incident.outbox
        if outbox.closing is None or self._incident.busy():
            return []
        self._closing_ms = outbox.closing = None
        return [JournalClose()]

    def wake_ms(self):
        """The next deadline, None when there is none."""
        times = [self._guard_ms, self._closing_ms]
        if self._incident.state == PREALARM:
            times.append(self._pulse_ms)
        if self._recording is not None:
            times.append(self._recording.wake_ms())
        if self._unsure_ms is not None:
            times.append(self._unsure_ms + _UNSURE_MS)
        elif self.alerting():
            times.append(self._limit_ms())
        return min([t for t in times if t is not None], default=None)

    # -- after a reset ------------------------------------------------------------------------

    def take_up(self, now_ms):
        """The diary has made an alert again: go on with it as far as is right."""
        self._now_ms = now_ms
        incident = self._incident
        if incident.busy():
            self._closing_ms = now_ms + _KEEP_MS
        incident.story.dated = True  # until it is known that it goes on
        if incident.state != REST:
            self._unsure_ms = self._start_ms = now_ms
            self._feedback.recall(now_ms)
            if incident.state == DURESS:
                self._commands += self._feedback.hush()
            self._row(RESUMED)
            self._record(now_ms)  # whether or not it goes on, which is known later
        return self.weigh(now_ms)

    def weigh(self, now_ms):
        """Was the power off for long? Decided as soon as that can be known."""
        self._now_ms = now_ms
        if self._unsure_ms is not None:
            off_s = self._diary.off_s(self._unsure_ms)
            if off_s is not None and off_s < _LAPSE_S:
                self._resume()
            elif off_s is not None:
                self._row(LAPSED)
        return self._said()

    def _resume(self):
        incident = self._incident
        press_ms = incident.situation.at_ms(incident.story.press)
        self._start_ms = self._unsure_ms if press_ms is None else min(press_ms, self._now_ms)
        self._unsure_ms = None
        incident.story.dated = False
        self._feedback.quiet = False
        if incident.state != FALLEN:  # that nobody asked for
            self._feedback.gesture_ms = incident.situation.at_ms(incident.story.again)
        self._tracker.start(self._start_ms, self._now_ms)
        self._diary.resumed(self._now_ms)
        asked_ms = incident.situation.at_ms(incident.story.again)
        self._record(self._start_ms if asked_ms is None else asked_ms)

    # -- the actions of the table: each is given the next state ----------------------------------

    def _guard(self, state):
        self._begin(state)
        self._guard_ms = self._now_ms + _GUARD_MS

    def _prealarm(self, state):
        self._begin(state)
        self._guard_ms = self._end_ms()
        self._pulse_ms = self._now_ms
        self._pulse()

    def _dismiss(self, state):
        self._withdraw(state)
        self._commands += _remember(self._suspected, 1)

    def _withdraw(self, _state):
        self._close(WITHDRAWN)
        self._commands += self._feedback.answer(WITHDRAWN)

    def _begin(self, state):
        self._incident.begin(state, self._press, self._now_ms)
        if self._recording is not None:
            self._recording.alerted()
        self._start(diary.TRIGGER)

    def _promote(self, state):
        if state != FALLEN:  # which cuts a guard short, but not her third press
            self._guard_ms = None
        self._incident.promote(state, self._press, self._now_ms)
        self._start(diary.RAISED)

    def _promote_kept(self, state):
        # It is the alert of the press, or the impact, that began its guard or its pre-alarm.
        self._press = self._incident.story.press
        self._promote(state)

    def _promote_early(self, state):
        # The guard was cut short, or never began, but not her third press.
        self._promote_kept(state)
        self._guard_ms = self._now_ms + _GUARD_MS

    def _start(self, record):
        now_ms = self._now_ms
        state = self._incident.state
        self._start_ms = now_ms
        self._fell_ms = self._press.at_ms if state == FALLEN else None
        self._tracker.start(now_ms, now_ms)
        self._commands.append(self._diary.press(record, now_ms))
        if self._unsure_ms is not None:
            return
        self._feedback.begin(now_ms)
        if state == GUARD:
            self._commands += self._feedback.answer(TICK)
        elif state != PREALARM:
            first_ms = self._press.at_ms if state == ENDANGERED else now_ms
            self._commands += self._feedback.trying(first_ms, now_ms)
            self._record(now_ms)

    def _again(self, _state, kind=AGAIN):
        now_ms = self._now_ms
        self._commands.append(self._diary.again(kind, self._press))
        self._incident.again(kind, self._press, now_ms)
        self._feedback.pressed(now_ms)
        if self._incident.state != DURESS:
            self._commands += self._feedback.trying(now_ms, now_ms)
        self._record(now_ms)

    def _fall_again(self, state):
        self._fell_ms = self._press.at_ms
        self._again(state, FALL_AGAIN)

    def _warn(self, _state):
        cancel = Moment(self._now_ms, None)
        self._commands.append(self._diary.warned(cancel))
        self._incident.warn(cancel, self._now_ms)
        self._commands += self._feedback.cancelled()

    def _cancel(self, _state):
        self._close(texts.CANCELLED)
        self._commands += self._feedback.cancelled()
        if self._recording is not None:
            self._commands += self._recording.cancel()

    def _end(self, _state):
        self._close(texts.END)

    def _end_watch(self, _state):
        self._close(texts.WATCH_END)

    def _lapse(self, _state):
        if self._recording is not None:
            self._commands += self._recording.cancel()
        self._close(texts.SWITCHED_ON, 0 if self._incident.situation.fix else _PLACE_MS)

    def _evidence(self, state):
        if self._recording is None:
            self._not_yet(state)
            return
        self._commands += self._recording.asked_for(self._now_ms)

    def _not_yet(self, _state):
        self._commands += self._feedback.answer(NOT_YET)

    # -- what they are made of ----------------------------------------------------------------

    def _record(self, gesture_ms):
        if self._recording is not None:
            self._commands += self._recording.follow(gesture_ms, self._now_ms)

    def _pulse(self):
        now_ms = self._now_ms
        if self._incident.state == PREALARM and now_ms >= self._pulse_ms:
            self._pulse_ms = now_ms + _PULSE_MS - (now_ms - self._start_ms) % _PULSE_MS
            if now_ms < self._end_ms():
                self._commands += self._feedback.pulse()

    def _end_ms(self):
        """When the pre-alarm is to end; presses in progress are awaited for a while."""
        return self._start_ms + self._config.prealarm_ms

    def _row(self, what):
        row = TABLE.get((self._incident.state, what))
        if row is not None:
            state, action = row
            getattr(self, "_" + action)(state)

    def _said(self):
        commands, self._commands = self._commands, []
        return commands

    def _close(self, kind, delay_ms=0):
        now_ms = self._now_ms
        closed = Moment(now_ms, None)
        self._commands.append(self._diary.closed(kind, closed))
        self._incident.close(kind, closed, now_ms, delay_ms)
        self._guard_ms = self._unsure_ms = None
        self._closing_ms = now_ms + _KEEP_MS

    def _limit_ms(self):
        config = self._config
        watching = self._incident.state == WATCHING
        return self._start_ms + (config.watch_max_ms if watching else config.danger_max_ms)


def _remember(fall, cancelled):
    return [RememberFall(fall.score, fall.features, cancelled)]
