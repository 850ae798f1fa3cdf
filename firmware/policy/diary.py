"""What the journal must know of an alert, and how an alert is made again from it.

Separate because both directions belong side by side: a record here means what `replay` does with
it. Records hold states, kinds, indices, counts and UTC, never a position, a number or a text.
An instant whose UTC is unknown is -1. The records of delivery.py are passed on.
Imports messages and policy only.
"""

from micropython import const

from firmware.messages import JournalAppend
from firmware.policy.delivery import DOUBT, SENT, TRY
from firmware.policy.situation import NEVER, Moment

TRIGGER = "trigger"  # (state, utc of the press): a new alert
RAISED = "raised"  # (state, utc of the press)
_PRESS = const("press")  # (utc of the press, which TRIGGER or RAISED did not know)
AGAIN = "again"  # (kind of text, utc of the press)
_WARNED = const("warned")  # (utc of the decoy)
_ANSWER = const("answer")  # (index of the contact)
_ALIVE = const("alive")  # (utc)
_CLOSED = const("closed")  # (kind of the closing text, utc)

_ALIVE_MS = const(60000)
_ALIVE_S = const(60)


class Diary:
    """Writes records as JournalAppend commands, and replays them."""

    def __init__(self, incident):
        self._incident = incident
        self.last_utc_s = None  # newest sign of life among the replayed records
        self._alive_ms = None
        self._press_known = True

    # -- writing: each returns a command --------------------------------------------------------

    def press(self, kind, now_ms):
        """TRIGGER or RAISED, for the state that the incident now has."""
        incident = self._incident
        utc_s = self._utc(incident.story.press)
        self._press_known = utc_s >= 0
        self._alive_ms = now_ms + _ALIVE_MS
        return JournalAppend(kind, (incident.state, utc_s))

    def again(self, kind, press):
        return JournalAppend(AGAIN, (kind, self._utc(press)))

    def warned(self, cancel):
        return JournalAppend(_WARNED, (self._utc(cancel),))

    def closed(self, kind, closed):
        self._alive_ms = None
        return JournalAppend(_CLOSED, (kind, self._utc(closed)))

    def answer(self, recipient):
        return JournalAppend(_ANSWER, (recipient.index,))

    def resumed(self, now_ms):
        """An alert of an earlier run goes on: its signs of life begin again, now."""
        self._press_known = True  # or known to nobody any more
        self._alive_ms = now_ms

    def signs(self, now_ms):
        """The signs of life that are due: a list of commands."""
        commands = []
        utc_s = self._incident.situation.utc_s(now_ms)
        if self._alive_ms is None or utc_s is None:
            return commands
        if not self._press_known:
            self._press_known = True
            self._alive_ms = now_ms
            commands.append(JournalAppend(_PRESS, (self._utc(self._incident.story.press),)))
        if now_ms >= self._alive_ms:
            self._alive_ms = now_ms + _ALIVE_MS
            commands.append(JournalAppend(_ALIVE, (utc_s,)))
        return commands

    def wake_ms(self):
        """When the next sign of life is due; None when none will be, for all that is known."""
        return self._alive_ms if self._incident.situation.utc_s(0) is not None else None

    # -- replaying ----------------------------------------------------------------------------

    def replay(self, records, now_ms):
        """Make the alert again that (kind, values), oldest first, tell of."""
        for kind, values in records:
            try:
                self._replay(kind, tuple(values), now_ms)
            except (IndexError, KeyError, TypeError, ValueError):
                pass  # of another firmware: what can be read must still leave
        self._incident.delivery.settle(now_ms)

    def off_s(self, boot_ms):
        """How long the power was off at least before boot_ms, None while that is unknown.

        It may have gone as much as the time between two signs of life after the last one.
        """
        utc_s = self._incident.situation.utc_s(boot_ms)
        if utc_s is None or self.last_utc_s is None:
            return None
        return utc_s - self.last_utc_s - _ALIVE_S

    def _replay(self, kind, values, now_ms):
        incident = self._incident
        if kind in (TRY, SENT, DOUBT):
            incident.delivery.replay(kind, values, now_ms)
            return
        if kind == _ANSWER:
            for recipient in incident.outbox.recipients:
                if recipient.index == values[0]:
                    recipient.answered = True
            return
        moment = Moment(None, values[-1]) if values[-1] >= 0 else NEVER
        if kind == TRIGGER:
            incident.begin(values[0], moment, now_ms)
        elif kind == RAISED:
            incident.promote(values[0], moment, now_ms)
        elif kind == _PRESS:
            incident.story.raised(moment)
        elif kind == AGAIN:
            incident.again(values[0], moment, now_ms)
        elif kind == _WARNED:
            incident.warn(moment, now_ms)
        elif kind == _CLOSED:
            incident.close(values[0], moment, now_ms)
        # _PRESS is older than the record that tells it.
        if moment.utc_s is not None and kind != _PRESS:
            # A press is noted after it was decided: its record may be older than one before it.
            self.last_utc_s = max(moment.utc_s, self.last_utc_s or 0)

    def _utc(self, moment):
        utc_s = self._incident.situation.utc_of(moment)
        return -1 if utc_s is None else utc_s
