"""Delivery: the one message in flight, and what becomes of it.

Separate from the outbox because this is where a message could be lost, doubled or sent to the
wrong person. A text is composed when the modem is free, not when it is queued. Numbers are
taken from confirmed contacts here, and nowhere else is a SendSms made. A failure moves the one
message that failed; a lost result is a doubt: sent again, marked (2). References are matched by
(TP-MR, number): 3GPP TS 23.040 9.2.3.6. What must survive a reset goes to the journal as it
happens, and `replay` takes it back by the same steps. Imports messages and policy only.
"""

from micropython import const

from firmware.messages import FAIL_NUMBER, FAIL_OURS, JournalAppend, SendSms
from firmware.policy import retry, texts
from firmware.policy.recipients import CLOSING, CURRENT, UPDATE, Job

# Words of the journal
TRY = "try"  # (index, slot, last): is about to leave; last: later tries are not noted
SENT = "sent"  # (index, slot, round): the network took it; round: of tracking, 0 if none
DOUBT = "doubt"  # (index, slot): it may have left

_LOST_MS = const(180000)  # a modem answers within 60 s: this result got lost
_STALE_MS = const(20000)  # a place this old when it is told will be told again when it is fresh
_TRY_NOTES_MAX = const(4)  # tries of one message in the journal: bounds its length


class Delivery:
    """Give it the modem when it is free, and every result."""

    def __init__(self, config, outbox, story, random16):
        """random16(): 16 random bits."""
        self._outbox = outbox
        self._story = story
        self._random16 = random16
        self._validity_min = config.validity_min
        self._token = 0
        self._flying = None  # (recipient, slot or None, job)
        self._fix = None  # that its text tells
        self._since_ms = 0
        self.tried_ms = None  # when one of this alert last had a result

    def begin(self, past):
        """A new alert begins: what is in flight is of the last one, of which `past` tells."""
        self.tried_ms = None
        if self._flying is not None:
            recipient, _, job = self._flying
            job.past = job.past or past
            # One that a cancel took out of its slot is in none.
            self._flying = (recipient, recipient.slot_of(job), job)

    def in_flight(self):
        return self._flying is not None

    def offer(self, now_ms):
        """The modem is free: the commands that send the next message, none when none is due."""
        if self._flying is not None:
            return []
        chosen = self._outbox.next(now_ms)
        if chosen is None:
            return []
        recipient, slot, job = chosen
        commands = self._note_try(recipient, slot, job)
        self._launch(chosen, now_ms)
        self._token += 1
        plain = job.objections >= retry.PLAIN_AFTER
        text, self._fix = self._story.write(job, now_ms, plain)
        report = 0 if plain else 1
        commands.append(SendSms(self._token, recipient.number, text, report, self._validity_min))
        return commands

    # -- results: each returns commands, None when the token is not the one in flight -----------

    def accepted(self, token, ref, now_ms):
        """The network took it."""
        if not self._is_flying(token):
            return None
        recipient, slot, job = self._flying
        if job.past is None:
            recipient.accepted(slot, job, ref)
            if slot != CLOSING:
                fix = self._fix
                stale = fix is None or self._since_ms - fix.at_ms >= _STALE_MS
                recipient.told(job.kind, fix, stale)
        tracking_round = self._story.rounds if job.kind == texts.TRACK else 0
        self._leave(now_ms)
        # The network works: whoever waited for it is due, too.
        self._outbox.network_back(now_ms)
        if slot is None:
            return []
        return [JournalAppend(SENT, (recipient.index, slot, tracking_round))]

    def failed(self, token, failure, now_ms):
        """It surely did not leave."""
        if not self._is_flying(token):
            return None
        recipient, _, job = self._land(now_ms)
        job.failures += 1
        job.objections += failure == FAIL_OURS
        self._put_off(job, failure, job.failures, now_ms)
        if failure == FAIL_NUMBER:
            # The number is right where the network took a message for it, and hardly are all
            # of them wrong: TS 24.011 E-2 says so of our own subscription, too.
            for refused in self._outbox.refused() or ([job] if recipient.reached else []):
                if refused.last_failure == FAIL_NUMBER:
                    self._put_off(refused, retry.NOT_HERS, refused.failures, now_ms)
        return []

    def ambiguous(self, token, now_ms):
        """It may have left."""
        return self._doubt(now_ms) if self._is_flying(token) else None

    def check(self, now_ms):
        """A result that does not come at all is a doubt."""
        if self._flying is not None and now_ms - self._since_ms >= _LOST_MS:
            return self._doubt(now_ms)
        return []

    def reported(self, ref, number, status):
        """A status report: whether it says that what her last press queued is on a phone."""
        recipient = self._outbox.by_number(number)
        if status != 0 or recipient is None or ref not in recipient.refs:
            return False
        recipient.delivered = True
        return ref == recipient.press_ref

    def wake_ms(self, now_ms):
        """The next time at which something becomes due, None when nothing will."""
        if self._flying is not None:
            return self._since_ms + _LOST_MS
        return self._outbox.next_ms(now_ms)

    # -- after a reset ------------------------------------------------------------------------

    def replay(self, kind, values, now_ms):
        """Take back one record of an earlier run."""
        index, slot, detail = (values + (0,))[:3]
        recipient = [r for r in self._outbox.recipients if r.index == index][0]
        flying = self._flying
        if recipient.jobs[slot] is None and slot not in CURRENT and flying is None:
            return  # of an earlier alert, and done with
        # She may have pressed again while it was in flight: the result is the older message's.
        if kind == TRY or flying is None or flying[0] is not recipient or flying[1] != slot:
            job = recipient.jobs[slot] or Job(texts.REFINED, now_ms)
            self._launch((recipient, slot, job), now_ms)
        if kind == TRY:
            job.notes += 1
            # The last one that was noted stands for all that may have followed.
            job.resent = job.resent or bool(detail)
        elif kind == SENT:
            self._story.rounds = max(self._story.rounds, detail)
            self._leave(now_ms)
        elif kind == DOUBT:
            self._hold_in_doubt(now_ms)

    def settle(self, now_ms):
        """The records end here: what was in flight at the cut is in doubt, all else is due."""
        if self._flying is not None:
            self._hold_in_doubt(now_ms)
        self._outbox.all_due(now_ms)

    # -- how ----------------------------------------------------------------------------------

    def _note_try(self, recipient, slot, job):
        # A place need not be remembered: after a reset there will be a newer one.
        if slot == UPDATE or job.notes >= _TRY_NOTES_MAX:
            return []
        job.notes += 1
        last = int(job.notes == _TRY_NOTES_MAX)
        return [JournalAppend(TRY, (recipient.index, slot, last))]

    def _is_flying(self, token):
        return self._flying is not None and token == self._token

    def _launch(self, flying, now_ms):
        if self._flying is not None:
            self._flying[2].flying = False
        self._flying = flying
        flying[2].flying = True
        self._since_ms = now_ms

    def _land(self, now_ms):
        flying, self._flying = self._flying, None
        flying[2].flying = False
        self.tried_ms = now_ms
        return flying

    def _leave(self, now_ms):
        """The network has it."""
        recipient, slot, job = self._land(now_ms)
        self._outbox.used += 1
        self._outbox.took(recipient, slot, job)
        self._outbox.reach(recipient, job, now_ms)

    def _doubt(self, now_ms):
        recipient, slot, job = self._flying
        known = job.doubts
        self._hold_in_doubt(now_ms)
        if known or slot is None:
            return []
        return [JournalAppend(DOUBT, (recipient.index, slot))]

    def _hold_in_doubt(self, now_ms):
        recipient, _, job = self._land(now_ms)
        self._outbox.used += 1
        job.doubts += 1
        job.resent = True
        self._put_off(job, retry.IN_DOUBT, job.doubts, now_ms)
        self._outbox.reach(recipient, job, now_ms)

    def _put_off(self, job, failure, count, now_ms):
        job.last_failure = failure
        job.not_before_ms = now_ms + retry.delay_ms(failure, count, self._random16())
