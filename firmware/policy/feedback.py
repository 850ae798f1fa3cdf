"""What she feels of an alert: the five meanings, each only when it is true.

Separate because these are promises: "taken" only after a +CMGS of what her last press queued,
"delivered" only after a report of such a message, "failed" whenever nobody can be told for now.
What her press has come to is asked for while she waits for it; later, nothing may give her away.
BEHAVIOUR.md section 3. Whether an unasked one is played is the arbiter's business (haptics.py).
Imports messages only.
"""

from micropython import const

from firmware.messages import (
    ANSWERED,
    CANCELLED,
    DELIVERED,
    FAILED,
    FIRM,
    PULSE,
    TAKEN,
    TRYING,
    HapticsHush,
    Vibrate,
)

_HOLD_MS = const(3000)  # a danger decided so long after its first press: a hold, or as slow
_FAILED_AFTER_MS = const(4000)  # every contact exhausted for so long; BEHAVIOUR: within 5 s
_STARVED_AFTER_MS = const(20000)  # nothing could be tried for so long: no modem
_ASKED_MS = const(60000)  # since her last gesture: so long what it has come to is asked for


class Feedback:
    """Says which Vibrate and HapticsHush commands are due.

    quiet: after a reset, until it is known that the alert goes on. gesture_ms: when her last
    gesture of this alert was decided, None if that is unknown.
    """

    def __init__(self, outbox, delivery):
        self._outbox = outbox
        self._delivery = delivery
        self._hushed = False
        self.gesture_ms = None
        self.begin(0)

    def begin(self, now_ms):
        """A new alert: nothing has been felt of it, and nothing is hushed."""
        self.quiet = False
        self._answered = False
        self.pressed(now_ms)

    def recall(self, now_ms):
        """After a reset: she has felt before what the outbox knows, and nothing more for now."""
        self.begin(now_ms)
        self.quiet = True
        self._taken = self._outbox.taken
        self._answered = any(r.answered for r in self._outbox.recipients)

    def pressed(self, now_ms):
        """She pressed for help, again or for more: what became of it before does not count."""
        self._failed = self._taken = self._delivered = False
        self._pressed_ms = now_ms
        self._exhausted_ms = None

    # -- asked for ----------------------------------------------------------------------------

    def answer(self, meaning, asked=1):
        """What answers her gesture."""
        hush = []
        if self._hushed:
            self._hushed = False
            hush.append(HapticsHush(0))
        return hush + [Vibrate(meaning, asked)]

    def trying(self, first_ms, now_ms):
        """Her press is understood; a hold is felt firmly first."""
        commands = self.answer(TRYING, self._asked(now_ms))
        if now_ms - first_ms >= _HOLD_MS:
            commands.insert(-1, Vibrate(FIRM, 1))
        return commands

    def cancelled(self):
        """The same for the true cancel and the decoy; then silence."""
        self._hushed = True
        return [Vibrate(CANCELLED, 1), HapticsHush(1)]

    def hush(self):
        self._hushed = True
        return [HapticsHush(1)]

    def pulse(self):
        """The pre-alarm of a fall goes on: whatever is hushed, for she must be able to cancel."""
        return [Vibrate(PULSE, 0)]

    # -- as it happens: each returns commands ----------------------------------------------------

    def step(self, now_ms):
        """Taken and failed: what her press has come to so far."""
        if self._hushed or self.quiet:
            return []
        if self._outbox.taken:
            self._failed = False
            self._exhausted_ms = None
            if not self._taken:
                self._taken = True
                return [Vibrate(TAKEN, self._asked(now_ms))]
        elif not self._failed and self._has_failed(now_ms):
            self._failed = True
            return [Vibrate(FAILED, self._asked(now_ms))]
        return []

    def delivered(self):
        """What her last press queued is on a phone."""
        if self._delivered or self._hushed or self.quiet:
            return []
        self._delivered = True
        return [Vibrate(DELIVERED, 0)]

    def answered(self):
        """Somebody answered."""
        if self._answered or self._hushed or self.quiet:
            return []
        self._answered = True
        return [Vibrate(ANSWERED, 0)]

    def wake_ms(self):
        """When `failed` may become true though nothing happens; None when it cannot."""
        if self._hushed or self.quiet or self._failed or self._outbox.taken:
            return None
        if self._exhausted_ms is not None:
            return self._exhausted_ms + _FAILED_AFTER_MS
        if self._delivery.in_flight():
            return None
        return self._starved_ms()

    def _asked(self, now_ms):
        return int(self.gesture_ms is not None and now_ms - self.gesture_ms <= _ASKED_MS)

    def _has_failed(self, now_ms):
        if self._exhausted_ms is None and not self._outbox.exhausted():
            return not self._delivery.in_flight() and now_ms >= self._starved_ms()
        if self._exhausted_ms is None:
            self._exhausted_ms = now_ms
        return now_ms - self._exhausted_ms >= _FAILED_AFTER_MS

    def _starved_ms(self):
        tried_ms = self._delivery.tried_ms
        since_ms = self._pressed_ms if tried_ms is None else max(tried_ms, self._pressed_ms)
        return since_ms + _STARVED_AFTER_MS
