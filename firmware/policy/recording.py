"""When sound is recorded: as she chose it, from a danger on, a fall, or a gesture of its own.

Separate because a recording and an alert overlap without being one another's part: it may begin
without an alert, and ends before one that lasts. BEHAVIOUR.md sections 1, 2 and 5: it ends 30 min
after her last gesture, after 2 h at most, and with her true cancel; after a decoy it goes on.
Pure. Imports messages only.
"""

from micropython import const

from firmware.messages import (
    BY_DANGER,
    BY_FALL,
    BY_GESTURE,
    END_CANCELLED,
    END_LONGEST,
    END_QUIET,
    StartRecording,
    StopRecording,
)

_QUIET_MS = const(1800000)  # without a gesture
_LONGEST_MS = const(7200000)


class Recording:
    """Each method returns commands. trigger: what it was begun by, None while it does not record.

    code: what messages say of it, "" while there is nothing to say.
    """

    def __init__(self, config):
        self.trigger = None
        self.code = ""
        self._chosen = (
            (BY_DANGER, BY_GESTURE, BY_FALL) if config.recording_fall else (BY_DANGER, BY_GESTURE)
        )
        self._begun_ms = self._gesture_ms = 0
        self._ending = False  # it was asked to end, and has not yet

    def begin(self, trigger, gesture_ms, now_ms):
        """Record, or go on recording; gesture_ms: of what asked for it."""
        if trigger not in self._chosen or now_ms - gesture_ms >= _QUIET_MS:
            return []
        self._gesture_ms = gesture_ms
        if self.trigger is not None:
            return []
        self.trigger = trigger
        self.code = ""
        self._begun_ms = now_ms
        return [StartRecording(trigger)]

    def gesture(self, now_ms):
        """She pressed: a recording in progress goes on for as long again."""
        self._gesture_ms = now_ms

    def again(self):
        """What records has been built anew, and has forgotten."""
        return [] if self.trigger is None else [StartRecording(self.trigger)]

    def cancel(self):
        return self._end(END_CANCELLED)

    def closed(self):
        """One has ended: that which was asked to, or the one in progress by itself."""
        if not self._ending:
            self.trigger = None
        self._ending = False

    def pass_time(self, now_ms):
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

    def _end(self, reason):
        if self.trigger is None:
            return []
        self.trigger = None
        self._ending = True
        return [StopRecording(reason)]
