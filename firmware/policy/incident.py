"""One alert: its state, its story, and what is queued for whom.

Separate because an alert changes in the same few ways whether she pressed just now or a journal
record of an earlier run says that she did. Nothing here is felt, and nothing is written to the
journal. Imports policy only.
"""

from firmware.policy import texts
from firmware.policy.delivery import Delivery
from firmware.policy.outbox import Outbox
from firmware.policy.situation import Situation
from firmware.policy.story import FALL_AGAIN, Past, Story
from firmware.policy.transitions import DURESS, GUARD, PREALARM, REST, WATCHING


class Incident:
    """At most one alert at a time; `state` is one of transitions.py."""

    def __init__(self, config, random16):
        """random16(): 16 random bits."""
        self.state = REST
        self.situation = Situation(config)
        self.story = Story(config, self.situation)
        self.outbox = Outbox(config)
        self.delivery = Delivery(config, self.outbox, self.story, random16)

    def begin(self, state, press, now_ms):
        """A new alert, with its press (a Moment); what earlier ones had to say still leaves."""
        story = self.story
        past = Past(story.press, story.again, story.fell, story.closed, self.outbox.closing)
        self.outbox.begin(past)
        self.delivery.begin(past)
        story.begin(press)
        self.promote(state, press, now_ms)

    def promote(self, state, press, now_ms):
        """The alert becomes one of this state."""
        self.state = state
        self.story.raised(press)
        if state not in (GUARD, PREALARM):
            outbox = self.outbox
            concerned = outbox.watchers() if state == WATCHING else outbox.everyone()
            outbox.alert(concerned, state, now_ms)

    def again(self, kind, press, now_ms):
        """A further press, or a fall, in an alert that goes on."""
        if kind == FALL_AGAIN:
            self.story.fell = press
        else:
            self.story.again = press
        self.outbox.again(kind, now_ms)

    def warn(self, cancel, now_ms):
        """A decoy: the cancel (a Moment) was forced or unsure, and the alert goes on."""
        self.state = DURESS
        self.story.cancel = cancel
        self.outbox.warn(now_ms)

    def close(self, kind, closed, now_ms, delay_ms=0):
        """The alert is over; its closing text leaves no sooner than delay_ms from now."""
        self.state = REST
        self.story.closed = closed
        self.story.dated = kind == texts.SWITCHED_ON
        self.outbox.close(kind, now_ms, now_ms + delay_ms)

    def busy(self):
        """Whether a message waits or is in flight."""
        return self.delivery.in_flight() or self.outbox.waiting()
