"""A panic always ends in danger and never in a cancel, through contacts that bounce.

The line is played as a switch makes it, debounced, and recognised: as in the firmware, where an
edge wakes the loop a little late, and also with the level merely read every 1-50 ms.

The trains keep clear of the last 100 ms before a limit (4 s for the third press, 3 s of hold,
2 s between the first presses): there the lateness of a step decides on which side they fall.
Once danger is raised they do not: what follows by less than 2 s must never cancel. It is nothing,
unless it follows so late that a step may see it after the 2 s: then it may be danger again.

The pre-alarm of a fall may begin and end anywhere in a train: it changes nothing of that.
"""

from harness import Rng, depth

from firmware.messages import (
    AT_REST,
    DANGER,
    DANGER_AGAIN,
    FALL_CANCEL,
    IN_ALERT,
    IN_GUARD,
    IN_PREALARM,
    NOTHING,
    PRESSING,
    TICK_1S,
    TRUE_CANCEL,
    WATCH,
    WITHDRAW,
    Tick,
)
from firmware.policy.debounce import Debounce
from firmware.policy.gestures import Gestures

BOUNCE_MAX_MS = 15
PAUSE_MS = 2000  # release to press: less is the same gesture
READ_MS = 50  # the longest pause between two readings of the level
LATE_MS = 100  # a press may be seen so late
# A contact that bounces may read low once more, and the end of a hold or a pause is only read.
COUNTED_LATE_MS = BOUNCE_MAX_MS + 2 * READ_MS
AFTER_MS = 15000  # past every decision and the end of a guard's start
PREALARM_MS = 30000
NEVER_MS = 1 << 60
AFTER = {
    DANGER: IN_ALERT,
    WATCH: IN_GUARD,
    WITHDRAW: AT_REST,
    TRUE_CANCEL: AT_REST,
    FALL_CANCEL: AT_REST,
}
TICK = Tick()


class Switch:
    """Builds the times at which a bouncing contact changes its level, low at first."""

    def __init__(self, rng, now_ms):
        self._rng = rng
        self.now_ms = now_ms
        self.changes_ms = []
        self.downs_ms = []
        self.near_pauses = 0  # that a step may take for one between two gestures

    def press(self, held_ms, gap_ms):
        """Hold for held_ms, then leave for gap_ms: each counted from the first touch."""
        self.downs_ms.append(self.now_ms)
        self.near_pauses += gap_ms > PAUSE_MS - LATE_MS
        self._settle(held_ms)
        self._settle(gap_ms)

    def _settle(self, then_ms):
        """Change the level, bouncing; then_ms until the next change of mind."""
        at_ms = self.now_ms
        self.changes_ms.append(at_ms)
        for _ in range(self._rng.below(3)):
            room_ms = self.now_ms + BOUNCE_MAX_MS - at_ms
            if room_ms < 2:
                break
            at_ms += 1 + self._rng.below(room_ms // 2)
            self.changes_ms.append(at_ms)
            at_ms += 1
            self.changes_ms.append(at_ms)
        self.now_ms += then_ms


class Fall:
    """A suspected fall: what context the alert policy makes of it after each step."""

    def __init__(self, fall_ms):
        self.due_ms = fall_ms
        self._begun = False

    def follow(self, context, now_ms):
        if self._begun and context != IN_PREALARM and self.due_ms < NEVER_MS:
            self.due_ms = NEVER_MS  # cancelled or raised; a watch asked for in it tells the fall
            return context
        if now_ms < self.due_ms:
            return context
        if self._begun or context != AT_REST:
            self.due_ms = NEVER_MS
            return IN_ALERT
        self._begun = True
        self.due_ms += PREALARM_MS
        return IN_PREALARM


def recognise(switch, rng, profile, woken, fall_ms=NEVER_MS):
    """[(kind, at_ms)] that the firmware would say to this switch, less the ticks.

    woken: edges wake the loop, up to 10 ms late; otherwise the level is read every 1-50 ms.
    fall_ms: when a fall is suspected.
    """
    line = Debounce()
    recogniser = Gestures(profile, rng.choice(("lssl", "slss", "llll", "sssl", "lsls")))
    sample, handle = line.sample, recogniser.handle
    changes_ms = switch.changes_ms + [NEVER_MS]
    fall = Fall(fall_ms)
    end_ms = switch.now_ms + AFTER_MS
    context = AT_REST
    now_ms = level = at = 0
    said = []
    while now_ms < end_ms:
        while changes_ms[at] <= now_ms:
            at += 1
            level ^= 1
        edge = sample(level, now_ms)
        due_ms = recogniser.wake_ms(now_ms)
        if edge is not None or (due_ms is not None and due_ms <= now_ms):
            for gesture in handle(TICK if edge is None else edge, now_ms, context):
                context = AFTER.get(gesture.kind, context)
                if gesture.kind not in (TICK_1S, PRESSING, NOTHING):
                    said.append((gesture.kind, now_ms))
        followed = fall.follow(context, now_ms)
        if followed != context:
            context = followed
            handle(TICK, now_ms, context)
        if woken or (at == len(changes_ms) - 1 and not level):
            change_ms = min(changes_ms[at], fall.due_ms)
            now_ms = wake(now_ms, change_ms, line, recogniser, end_ms) + rng.below(11)
        else:
            now_ms += 1 + rng.below(READ_MS)
    return said


def wake(now_ms, change_ms, line, recogniser, end_ms):
    """When the loop wakes: an edge, a fall, or the first time that one of the two asked for."""
    times = (change_ms, line.wake_ms(now_ms), recogniser.wake_ms(now_ms), end_ms)
    return max(now_ms + 1, min([ms for ms in times if ms is not None]))


def least(woken):
    """The shortest press or pause that this way of reading must see, in ms."""
    return 40 if woken else 80


def three_presses(switch, rng, least_ms):
    """Three down edges within 3.9 s, whatever their rhythm and lengths; return when it counts."""
    spans_ms = []
    for left_ms in (3900 - 2 * least_ms, 3900):
        longest_ms = left_ms - sum(spans_ms)
        spans_ms.append(rng.between(2 * least_ms, max(2 * least_ms, longest_ms)))
    for span_ms in spans_ms:
        held_ms = rng.between(max(least_ms, span_ms - 1900), min(2900, span_ms - least_ms))
        switch.press(held_ms, span_ms - held_ms)
    return switch.now_ms


def long_hold(switch, rng, least_ms):
    """A hold of 3 s, first or after a press; return when it counts."""
    if rng.chance(40):
        switch.press(rng.between(least_ms, 2500), rng.between(least_ms, 1900))
    return switch.now_ms + 3000


def panic(seed, begin, profile, around=False):
    """One train; assert what must hold of it. around: a pre-alarm begins or ends near it."""
    rng = Rng(seed)
    woken = rng.below(2)
    least_ms = least(woken)
    switch = Switch(rng, 1000)
    counts_ms = begin(switch, rng, least_ms)
    if begin is long_hold:
        switch.press(rng.between(3100, 6000), rng.between(least_ms, 1999))
    else:
        switch.press(random_hold(rng, least_ms), rng.between(least_ms, 1999))
    longest_gap_ms = rng.choice((200, 600, 1999))
    for _ in range(rng.below(rng.choice((4, 12, 31)))):
        switch.press(random_hold(rng, least_ms), rng.between(least_ms, longest_gap_ms))
    fall_ms = NEVER_MS
    if around:
        # A train that begins in an alert is one of another test: it begins before its end.
        fall_ms = rng.between(-PREALARM_MS, switch.now_ms) if rng.chance(50) else rng.below(8000)
        fall_ms = max(fall_ms, 1200 - PREALARM_MS)
    said = recognise(switch, rng, profile, woken, fall_ms)
    kinds = [kind for kind, _ in said]
    again = len(kinds) - 1
    assert kinds == [DANGER] + [DANGER_AGAIN] * again, (seed, begin, said, switch.changes_ms)
    assert again <= switch.near_pauses, (seed, begin, said, switch.changes_ms)
    if profile == "default" or 0 < fall_ms < 600:
        late_ms = said[0][1] - counts_ms
        assert late_ms <= COUNTED_LATE_MS, (seed, late_ms)
        # Two presses and a hold may have been three presses before the hold was one of 3 s.
        assert late_ms >= 0 or begin is long_hold, (seed, late_ms)


def random_hold(rng, least_ms):
    kind = rng.below(10)
    if kind < 6:
        return rng.between(least_ms, 300)
    if kind < 9:
        return rng.between(1000, 2999)
    return rng.between(3000, 5000)


def test_three_presses_and_more_are_danger_and_never_a_cancel():
    for seed in range(depth(50000)):
        panic(seed, three_presses, "default")


def test_a_hold_and_more_are_danger_and_never_a_cancel():
    for seed in range(depth(50000)):
        panic(seed, long_hold, "default")


def test_the_other_profile_too():
    for seed in range(depth(5000)):
        panic(seed, three_presses, "monsherif")
        panic(seed, long_hold, "monsherif")


def test_a_panic_around_a_pre_alarm_is_danger_and_never_a_cancel():
    for seed in range(depth(20000)):
        profile = "default" if seed % 4 else "monsherif"
        panic(seed, three_presses, profile, True)
        panic(seed, long_hold, profile, True)


def cancelling(seed, presses):
    """What so many presses in the pre-alarm say, less the ticks, and when the last one ended."""
    rng = Rng(seed)
    woken = rng.below(2)
    least_ms = least(woken)
    switch = Switch(rng, 1000)
    for _ in range(presses):
        held_ms = rng.between(least_ms, 930)
        switch.press(held_ms, rng.between(least_ms, 1850))
        up_ms = switch.downs_ms[-1] + held_ms
    switch.now_ms += 100
    profile = rng.choice(("default", "monsherif"))
    return recognise(switch, rng, profile, woken, rng.below(600)), up_ms


def test_two_deliberate_presses_cancel_a_fall_and_one_never_does():
    for seed in range(depth(20000)):
        assert cancelling(seed, 1)[0] == [], seed
        said, up_ms = cancelling(seed, 2)
        assert [kind for kind, _ in said] == [FALL_CANCEL], (seed, said)
        assert 0 <= said[0][1] - up_ms - PAUSE_MS <= COUNTED_LATE_MS, (seed, said)
        said, _ = cancelling(seed, 3 + seed % 5)
        assert [kind for kind, _ in said] == [DANGER], (seed, said)


def test_a_single_short_press_says_nothing():
    for seed in range(depth(20000)):
        rng = Rng(seed)
        woken = rng.below(2)
        switch = Switch(rng, 1000)
        switch.press(rng.between(least(woken), 930), 0)
        switch.now_ms += 100
        assert recognise(switch, rng, "default", woken) == [], seed
