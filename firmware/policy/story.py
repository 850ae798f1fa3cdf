"""The story of one alert, and the texts that tell it.

Separate because a text is made of three things that know nothing of each other: the wording
(texts), the world (situation) and what happened in this alert, which is here. Of an earlier
alert that still has something to say, a Past is kept. Imports texts and situation only.
"""

from collections import namedtuple

from firmware.policy import texts
from firmware.policy.situation import NEVER, Moment

# Texts of a further press or fall in an alert that goes on: the same wording, its own time.
AGAIN = "again"
FALL_AGAIN = "fall_again"
_SAME_WORDS = {AGAIN: texts.DANGER, FALL_AGAIN: texts.FALL}


def words(kind):
    """The kind of text that tells it."""
    return _SAME_WORDS.get(kind, kind)


_FIRST = (texts.WATCH, texts.DANGER, texts.FALL)

# What texts of an earlier alert tell of it: moments, and the kind of its closing text.
Past = namedtuple("Past", "press again fell closed closing")


class Story:
    """What the texts of an alert tell of it; moments are situation.Moment."""

    def __init__(self, config, situation):
        self._config = config
        self._situation = situation
        texts.wording(config.language)  # loaded now
        self.begin(NEVER)

    def begin(self, press):
        """A new alert begins with this press."""
        self.raised(press)
        self.cancel = NEVER  # of the last decoy
        self.closed = NEVER
        self.dated = False  # the press may be of another day
        self.rounds = 0  # tracking rounds so far
        self.code = ""  # evidence code of what is recorded, once something is

    def raised(self, press):
        """The alert is raised by a further press: from now on it is the alert of this one."""
        self.press = press
        self.again = press
        self.fell = press

    def write(self, job, now_ms, plain):
        """The text of a Job as it is now, and the Fix that it tells (None: none)."""
        config = self._config
        situation = self._situation
        fix = situation.best_fix(now_ms)
        alert = job.past or self
        press = {AGAIN: alert.again, FALL_AGAIN: alert.fell}.get(job.kind, alert.press)
        kind = words(job.kind)
        dated = kind in _FIRST and (self.dated or job.past) or kind == texts.SWITCHED_ON
        facts = texts.Facts(
            config.name,
            config.item,
            situation.clock(press, dated),
            situation.clock(self._when(kind, alert, now_ms)),
            fix,
            situation.fix_clock(fix) if fix is not None else "",
            situation.cell,
            situation.battery,
            self.rounds,
            self.code,
        )
        return texts.compose(kind, config.language, facts, job.resent, plain), fix

    def _when(self, kind, alert, now_ms):
        if kind == texts.DURESS:
            return self.cancel
        if kind in (texts.CANCELLED, texts.END, texts.WATCH_END, texts.SWITCHED_ON):
            return alert.closed
        return Moment(now_ms, None)
