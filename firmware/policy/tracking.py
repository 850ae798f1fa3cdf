"""Who is told a better or a newer place, and when.

Separate because these rules are about places and the outbox about messages: here it is decided
that somebody is due a place, there which one leaves. BEHAVIOUR.md section 2, "Messages".
Imports geo, texts and micropython only.

Better is: a place after none (or after a cell); one whose radius is at most half; a fresh one
after one that was old when it was told. The first seconds of a fix are its worst, so a better
one is told at about 10 s of the alert; once more only where the first was still coarse. After
a press, a decoy, a reset or an old place this begins anew.
"""

import geo
from micropython import const

from firmware.policy import texts
from firmware.policy.recipients import UPDATE

_REFINE_AFTER_MS = const(10000)
_REFINED_MAX = const(2)
_COARSE_M = const(50)

_FRESH_MS = const(30000)  # a fix that says where she is now
_EARLY_MS = const(600000)
_ROUND_MS = const(120000)  # between two rounds, at the least
_EARLY_MOVE_M = const(50)
_LATE_MOVE_M = const(100)
_LATE_ROUND_MS = const(900000)  # a round though she did not move
# As the budget is used up, later rounds are rarer: (messages left, of 100; ms between rounds).
# With two who are tracked for, a drive of twelve hours then still has some to its end.
_SPARING = ((60, _ROUND_MS), (40, 300000), (20, _LATE_ROUND_MS), (0, 3600000))


class Tracker:
    """Step it whenever something happens; it queues places in the outbox."""

    def __init__(self, config, outbox, situation, story):
        self._budget = config.sms_budget
        self._outbox = outbox
        self._situation = situation
        self._story = story
        self._start_ms = self._mark_ms = self._round_ms = 0

    def start(self, start_ms, now_ms):
        """The alert began, or was raised, at start_ms; it goes on from now."""
        self._start_ms = start_ms
        self._round_ms = now_ms
        self._mark_ms = start_ms
        self._next_mark(now_ms)

    def step(self, now_ms):
        """Queue what is due."""
        fix = self._situation.best_fix(now_ms)
        if fix is not None and now_ms - fix.at_ms >= _FRESH_MS:
            fix = None
        if now_ms - self._start_ms >= _REFINE_AFTER_MS and fix is not None:
            self._refine(fix, now_ms)
        if self._is_early(now_ms):
            if now_ms >= self._mark_ms and fix is not None:
                self._next_mark(now_ms)
                self._round(self._moved(fix, _EARLY_MOVE_M), now_ms)
            return
        since_ms = now_ms - self._round_ms
        sparing_ms = self._sparing_ms()
        if since_ms >= max(_LATE_ROUND_MS, sparing_ms):
            self._round(self._outbox.followers(), now_ms)
            self._round_ms = now_ms
        elif since_ms >= sparing_ms and fix is not None:
            self._round(self._moved(fix, _LATE_MOVE_M), now_ms)

    def wake_ms(self, now_ms):
        """When it must be stepped though nothing happens; fixes come by themselves."""
        refine_ms = self._start_ms + _REFINE_AFTER_MS
        if now_ms < refine_ms:
            return refine_ms
        if self._is_early(now_ms):
            early_ms = self._start_ms + _EARLY_MS + _FRESH_MS
            return self._mark_ms if now_ms < self._mark_ms else early_ms
        return self._round_ms + max(_LATE_ROUND_MS, self._sparing_ms())

    # -- how ----------------------------------------------------------------------------------

    def _is_early(self, now_ms):
        """Whether the rounds of the first ten minutes go on; the last one may wait for a fix."""
        end_ms = self._start_ms + _EARLY_MS
        return self._mark_ms <= end_ms and now_ms < end_ms + _FRESH_MS

    def _next_mark(self, now_ms):
        """Go to the next whole round after now: marks do not drift."""
        while self._mark_ms <= now_ms:
            self._mark_ms += _ROUND_MS

    def _refine(self, fix, now_ms):
        for recipient in self._outbox.addressed():
            if recipient.follows() and _is_better(recipient, fix):
                self._outbox.update(recipient, texts.REFINED, now_ms)

    def _moved(self, fix, least_m):
        """Those who know a place that she has left since."""
        return [r for r in self._outbox.followers() if _distance_m(r.fix, fix) >= least_m]

    def _round(self, recipients, now_ms):
        if not recipients:
            return
        self._story.rounds += 1
        self._round_ms = now_ms
        for recipient in recipients:
            self._outbox.update(recipient, texts.TRACK, now_ms)

    def _sparing_ms(self):
        left = (self._budget - self._outbox.used) * 100
        for percent, between_ms in _SPARING:
            if left >= percent * self._budget:
                return between_ms
        return _SPARING[-1][1]


def _is_better(recipient, fix):
    """Whether a fresh fix is worth a message of its own to her."""
    known = recipient.fix
    if recipient.refined >= _REFINED_MAX or recipient.jobs[UPDATE] is not None:
        return False
    if known is not None and fix.at_ms <= known.at_ms:
        return False
    if recipient.refined:
        return known.radius_m > _COARSE_M and _halved(known, fix)
    return recipient.stale or _halved(known, fix)


def _halved(known, fix):
    return fix.radius_m * 2 <= known.radius_m


def _distance_m(known, fix):
    """How far she has moved for sure; from an unknown place, far."""
    if known is None:
        return _LATE_MOVE_M
    moved_m = geo.distance_m(known.lat_e7, known.lon_e7, fix.lat_e7, fix.lon_e7)
    return moved_m if moved_m > fix.radius_m else 0
