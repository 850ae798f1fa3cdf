"""The outbox: who is to be told what, and whose turn it is.

Separate from delivery, which knows what became of the message in flight. Breadth first: nobody
gets a second message while somebody waits for her first, and a message that keeps failing goes
behind those that never did. What an alert could not say in its time still waits when another
one begins; only a danger that reached a contact makes it superfluous for her, and only her true
cancel makes nothing of first messages. Only confirmed contacts are here at all. Imports policy
only.
"""

from micropython import const

from firmware.messages import Contact
from firmware.policy import retry, texts
from firmware.policy.recipients import (
    CLOSING,
    EARLIER_CLOSING,
    FIRST,
    SLOTS,
    UPDATE,
    WARNING,
    Job,
    Recipient,
)
from firmware.policy.story import AGAIN, FALL_AGAIN, words

_SILENCE_MS = const(5000)  # after a cancel, true or decoy: nothing leaves
_WARNINGS_KEPT = const(10)  # messages that updates leave for warnings and danger again
_FOLLOWERS = const(2)  # how many are tracked for while nobody has answered
_HASTY_MAX = const(2)  # failures after which a message waits behind those that never failed

_FURTHER = (AGAIN, FALL_AGAIN)


class Outbox:
    """Up to four messages of this alert for each contact, and what earlier ones left.

    used: messages that left or may have since it began. taken: the network took one that her
    last press queued. closing: how the alert ended, mostly the kind of its closing text; None
    while it goes on.
    """

    def __init__(self, config):
        self._budget = config.sms_budget
        self._reserve = config.sms_reserve
        self.contacts = [
            Recipient(index, contact)
            for index, contact in enumerate(config.contacts)
            if contact.confirmed
        ]
        self.recipients = self.contacts  # and the witness, who is never alerted
        self._witness = None
        if config.witness:
            contact = Contact(config.witness, 0, 0, 0, 0, 1)
            self._witness = Recipient(len(config.contacts), contact)
            self.recipients = self.contacts + [self._witness]
        self.silent_until_ms = None
        self.begin(None)

    def begin(self, past):
        """A new alert begins; what still waits is of the last one, of which `past` tells."""
        for recipient in self.recipients:
            recipient.age(past)
        self.used = 0
        self.taken = False
        self.closing = None

    # -- who ----------------------------------------------------------------------------------

    def everyone(self):
        """All confirmed contacts, in her order."""
        return self.contacts

    def watchers(self):
        """Those with the watch role; without any, the first contact."""
        return [r for r in self.contacts if r.watch] or self.contacts[:1]

    def addressed(self):
        """Those whom this alert concerns."""
        return [r for r in self.recipients if r.addressed]

    def followers(self):
        """Those who are tracked for: who answered; if nobody did, the first two reached.

        First those on whose phones something of this alert is for sure.
        """
        reached = [r for r in self.addressed() if r.follows()]
        likely = [r for r in reached if r.delivered] + [r for r in reached if not r.delivered]
        return [r for r in reached if r.answered] or likely[:_FOLLOWERS]

    def by_number(self, number):
        """The addressed contact with this number, None for anybody else."""
        for recipient in self.addressed():
            if recipient.is_number(number):
                return recipient
        return None

    # -- what is to be said -------------------------------------------------------------------

    def alert(self, recipients, kind, now_ms):
        """Queue the first message of an alert, or of what it has been raised to."""
        for recipient in recipients:
            recipient.addressed = True
            recipient.jobs[FIRST] = Job(kind, now_ms)
        self._pressed()

    def again(self, kind, now_ms):
        """Queue a fresh position for everybody; who still waits for the first gets that.

        Of a fall in a danger, or the other way round, they hear besides, and right after it.
        """
        for recipient in self.contacts:
            recipient.addressed = True  # a forced cancel of a watch may have been before
            job = recipient.jobs[FIRST]
            other = job is not None and words(job.kind) != words(kind)
            if other:
                job.then = kind
            if job is None or (job.flying and not other):
                recipient.jobs[FIRST] = Job(kind, now_ms)
                recipient.jobs[FIRST].then = job and job.then
            elif not job.flying:
                job.not_before_ms = now_ms
                job.last_failure = None
        self._pressed()

    def warn(self, now_ms):
        """Queue that the cancel was forced or unsure, and be silent for a while."""
        for recipient in self.addressed():
            recipient.refined = 0
            recipient.jobs[WARNING] = Job(texts.DURESS, now_ms)
        self.silent_until_ms = now_ms + _SILENCE_MS

    def update(self, recipient, kind, now_ms):
        """Queue a place; one that waits already becomes this one."""
        job = recipient.jobs[UPDATE]
        if job is None or job.flying:
            recipient.jobs[UPDATE] = Job(kind, now_ms)
        else:
            job.kind = kind
            job.resent = False  # another message now

    def tell_witness(self, now_ms):
        """Queue the newest evidence code for the witness, if there is one."""
        if self._witness is not None:
            self.update(self._witness, texts.WITNESS, now_ms)

    def close(self, kind, now_ms, not_before_ms):
        """The alert is over: what still goes out, and the closing text from not_before_ms on.

        A true cancel tells those who were alerted, and nothing else of this alert leaves, nor
        any first message. Any other end tells all whom it concerned; a first message that never
        left still does, before it.
        """
        cancelled = kind == texts.CANCELLED
        self.closing = kind
        for recipient in self.contacts:
            jobs = recipient.jobs
            jobs[WARNING] = jobs[UPDATE] = None
            # A further press is old news to one who was alerted.
            further = jobs[FIRST] is not None and jobs[FIRST].kind in _FURTHER
            if cancelled or (further and recipient.reached):
                jobs[FIRST] = None
            if cancelled:
                recipient.cancel_earlier()
            if recipient.reached or (recipient.addressed and not cancelled):
                jobs[CLOSING] = Job(kind, not_before_ms)
        if cancelled:
            self.silent_until_ms = now_ms + _SILENCE_MS

    def release(self, now_ms):
        """Closing texts that waited for a position need not wait any longer."""
        for recipient in self.recipients:
            job = recipient.jobs[CLOSING]
            if job is not None and job.last_failure is None:
                job.not_before_ms = min(job.not_before_ms, now_ms)

    def reach(self, recipient, job, now_ms):
        """She is alerted now; if the alert was cancelled meanwhile, she must hear that too."""
        past = job.past
        if recipient is self._witness:
            return
        recipient.reached = recipient.reached or past is None
        ended = self.closing if past is None else past.closing
        if ended != texts.CANCELLED or job.kind == ended:
            return
        if past is not None:
            if recipient.closing_of(past) is None:
                recipient.keep(EARLIER_CLOSING, Job(ended, now_ms, past))
        elif recipient.jobs[CLOSING] is None:
            recipient.jobs[CLOSING] = Job(ended, now_ms)

    def took(self, recipient, slot, job):
        """The network took it: it is done with, and maybe more than it is."""
        if slot == FIRST and recipient.jobs[FIRST] is job:
            self.taken = True
        recipient.drop(job)
        if slot == FIRST and job.kind != texts.WATCH:
            recipient.drop_earlier()
        if slot == FIRST and recipient.jobs[FIRST] is None and job.then and self.closing is None:
            recipient.jobs[FIRST] = then = Job(job.then, job.not_before_ms)
            then.failures = job.failures + job.doubts  # or it would pass those that still wait

    def network_back(self, now_ms):
        """What waited for the network need not wait any longer."""
        for recipient in self.recipients:
            for job in recipient.jobs:
                if job is not None and job.last_failure in retry.WAITS_FOR_NETWORK:
                    job.not_before_ms = min(job.not_before_ms, now_ms)

    def all_due(self, now_ms):
        """After a reset nothing has failed yet."""
        for recipient in self.recipients:
            for job in recipient.jobs:
                if job is not None:
                    job.not_before_ms = min(job.not_before_ms, now_ms)
        self.silent_until_ms = None

    def refused(self):
        """The jobs of those whose numbers the network says are wrong, if they all are; else [].

        Then it is its own trouble, or that of the SIM.
        """
        jobs = []
        for recipient in self.contacts:
            slot = recipient.waiting()
            if slot is not None:
                jobs.append(recipient.jobs[slot])
            elif recipient.addressed:
                return []
        return jobs if all(j.last_failure in retry.REFUSALS for j in jobs) else []

    def give_up(self, everything):
        """Drop what waits of earlier alerts; `everything`: of the last one, too."""
        for recipient in self.recipients:
            recipient.drop_earlier()
            if everything:
                recipient.jobs = [None] * SLOTS

    # -- whose turn ---------------------------------------------------------------------------

    def next(self, now_ms):
        """The (recipient, slot, job) whose turn it is, None when nobody's."""
        best = None
        best_rank = None
        if self.is_silent(now_ms):
            return None
        for recipient in self.recipients:
            slot = recipient.waiting()
            if slot is None or self.used >= self._limit(slot):
                continue
            job = recipient.jobs[slot]
            if job.not_before_ms > now_ms:
                continue
            tries = job.failures + job.doubts
            failing = tries > _HASTY_MAX
            first = slot < WARNING  # of this alert or of an earlier one
            second = recipient.reached and (job.kind in _FURTHER or job.past is not None)
            order = (first and second, not job.then, slot, tries, recipient.index)
            rank = (failing, not first) + order
            if best is None or rank < best_rank:
                best = (recipient, slot, job)
                best_rank = rank
        return best

    def next_ms(self, now_ms):
        """When something that is not due yet becomes due, None when nothing will.

        What is due waits for the modem, which wakes the application by itself.
        """
        if self.is_silent(now_ms):
            return self.silent_until_ms
        times = []
        for recipient in self.recipients:
            slot = recipient.waiting()
            if slot is not None and recipient.jobs[slot].not_before_ms > now_ms:
                times.append(recipient.jobs[slot].not_before_ms)
        return min(times, default=None)

    def waiting(self):
        """Whether any message waits."""
        return any(r.waiting() is not None for r in self.recipients)

    def exhausted(self):
        """Whether every contact has been tried, or cannot be: only retries are left, if any."""
        if self.used >= self._limit(FIRST):
            return True
        for recipient in self.addressed():
            job = recipient.jobs[FIRST]
            if job is not None and job.last_failure is None:
                return False
        return True

    def is_silent(self, now_ms):
        return self.silent_until_ms is not None and now_ms < self.silent_until_ms

    def _pressed(self):
        self.taken = False
        self.silent_until_ms = None
        for recipient in self.recipients:
            recipient.press_ref = None
            recipient.refined = 0

    def _limit(self, slot):
        """How many messages may have left before one of this slot may still leave."""
        if self.closing is not None or slot not in (FIRST, WARNING, UPDATE):
            return self._budget
        limit = self._budget - self._reserve
        return limit - _WARNINGS_KEPT if slot == UPDATE else limit
