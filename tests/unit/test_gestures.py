"""Presses -> gestures: every row of BEHAVIOUR.md section 1, every pair of state and event."""

from harness import Rng, depth

from firmware.messages import (
    AT_REST,
    CHECK,
    DANGER,
    DANGER_AGAIN,
    DECOY_CANCEL,
    EVIDENCE,
    FALL_CANCEL,
    IN_ALERT,
    IN_GUARD,
    IN_PREALARM,
    NOTHING,
    PRESSING,
    SERVICE,
    TICK_1S,
    TRUE_CANCEL,
    WATCH,
    WITHDRAW,
    ButtonDown,
    ButtonUp,
    Tick,
)
from firmware.policy import gestures
from firmware.policy.gestures import Gestures

PATTERN = "lssl"
LENGTHS = {"s": 120, "l": 1500, "h": 3600}
GAP_MS = 300
PATTERN_MAX = 16
PRESSES_MAX = 8
FELT_MS = 300  # from the start of a pre-alarm: what is pressed sooner answers no pulse


class Her:
    """Presses a recogniser, ticks it at every time it asks for, and notes what it says."""

    def __init__(self, profile="default", context=AT_REST, pattern=PATTERN, now_ms=1000000):
        self.gestures = Gestures(profile, pattern)
        self.context = AT_REST
        self.start_ms = self.now_ms = now_ms
        self.said = []  # (kind, ms since the start, first press in ms since the start)
        self.awaited = []  # (kind, ms since the start): PRESSING and NOTHING
        self._tell(Tick())
        self.context = context
        if context == IN_PREALARM:
            self._tell(Tick())
            self.now_ms += FELT_MS  # its first pulse
            self.start_ms = self.now_ms

    def press(self, held_ms, gap_ms=GAP_MS):
        self.down()
        self.wait(held_ms)
        self.up()
        self.wait(gap_ms)

    def presses(self, text):
        """Letters of LENGTHS or milliseconds held; (number) waits after the press before."""
        for word in text.split():
            if word[0] == "(":
                self.wait(int(word[1:-1]) - GAP_MS)
            else:
                self.press(LENGTHS[word] if word in LENGTHS else int(word))
        return self

    def down(self):
        self._tell(ButtonDown())

    def up(self):
        self._tell(ButtonUp())

    def wait(self, ms):
        until_ms = self.now_ms + ms
        while True:
            due_ms = self.gestures.wake_ms(self.now_ms)
            # At until_ms itself comes an edge, which must find what is due by itself.
            if due_ms is None or due_ms >= until_ms:
                break
            self.now_ms = due_ms
            self._tell(Tick())
        self.now_ms = until_ms

    def rest(self):
        """Wait until nothing can follow any more; what was said, less the ticks."""
        self.wait(10000)
        return [kind for kind, _, _ in self.said if kind != TICK_1S]

    def _tell(self, event):
        for said in self.gestures.handle(event, self.now_ms, self.context):
            if said.kind in (PRESSING, NOTHING):
                self.awaited.append((said.kind, self.now_ms - self.start_ms))
                continue
            at_ms = self.now_ms - self.start_ms
            self.said.append((said.kind, at_ms, said.first_ms - self.start_ms))
            self._follow(said.kind)

    def _follow(self, kind):
        """What the alert policy makes of it, the end of the guard aside."""
        if kind == WATCH:
            self.context = IN_GUARD
        elif kind == DANGER:
            self.context = IN_ALERT
        elif kind in (WITHDRAW, TRUE_CANCEL, FALL_CANCEL):
            self.context = AT_REST


# profile, context, presses, what is decided, when (ms since the first press)
ROWS = (
    # At rest, by the words
    ("default", AT_REST, "s", []),
    ("default", AT_REST, "999", []),
    ("default", AT_REST, "l", [(CHECK, 3500)]),
    ("default", AT_REST, "1000", [(CHECK, 3000)]),
    ("default", AT_REST, "2999", [(CHECK, 4999)]),
    ("default", AT_REST, "3000", [(DANGER, 3000)]),
    ("default", AT_REST, "60000", [(DANGER, 3000)]),
    ("default", AT_REST, "s s", [(WATCH, 2540)]),
    ("default", AT_REST, "s l", [(EVIDENCE, 3920)]),
    ("default", AT_REST, "s 2000", [(EVIDENCE, 4420)]),
    ("default", AT_REST, "s h", [(DANGER, 3420)]),
    ("default", AT_REST, "l s", [(CHECK, 3920)]),
    ("default", AT_REST, "l l", [(SERVICE, 5300)]),
    ("default", AT_REST, "l h", [(DANGER, 4800)]),
    ("default", AT_REST, "s s s", [(DANGER, 840)]),
    ("default", AT_REST, "s s l", [(DANGER, 840)]),
    ("default", AT_REST, "s s h", [(DANGER, 840)]),
    ("default", AT_REST, "l s s", [(DANGER, 2220)]),
    ("default", AT_REST, "s l s", [(DANGER, 2220)]),
    ("default", AT_REST, "s s s s s s s s s s", [(DANGER, 840)]),
    # The third press within 4 s of the first, or later in the same gesture
    ("default", AT_REST, "100 (1900) 100 (1900) 100", [(DANGER, 4000)]),
    ("default", AT_REST, "100 (1900) 100 (1901) 100", [(DANGER, 6101)]),
    ("default", AT_REST, "100 (1999) 100 (1999) 100", [(DANGER, 6298)]),
    ("default", AT_REST, "l l s", [(DANGER, 3600)]),
    ("default", AT_REST, "2500 2500 s", [(DANGER, 7720)]),
    ("default", AT_REST, "2500 2500 l", [(DANGER, 9100)]),
    ("default", AT_REST, "2500 l s s", [(DANGER, 5020)]),  # three in 4 s, not its first three
    ("default", AT_REST, "2500 2500 h", [(DANGER, 8600)]),
    # 2 s from release to press part two gestures
    ("default", AT_REST, "100 (1999) 100", [(WATCH, 4199)]),
    ("default", AT_REST, "100 (2000) 100", []),
    ("default", AT_REST, "s (2000) s (2000) s (2000) s", []),
    ("default", AT_REST, "l (2000) l", [(CHECK, 3500), (CHECK, 7000)]),
    # What follows the danger by less than 2 s is spent, whatever it is
    ("default", AT_REST, "s s s (1999) l s s l (1999) h (1999) s", [(DANGER, 840)]),
    ("default", AT_REST, "h (1999) l s s l", [(DANGER, 3000)]),
    ("default", AT_REST, "s s s (1999) s s s", [(DANGER, 840)]),
    ("default", AT_REST, "s s s (2100) l s s l", [(DANGER, 840), (TRUE_CANCEL, 9200)]),
    ("default", AT_REST, "s s s (2100) h", [(DANGER, 840), (DECOY_CANCEL, 8660)]),
    ("default", AT_REST, "s s s (2100) s s s", [(DANGER, 840), (DANGER_AGAIN, 6020)]),
    # For 100 ms more it may be spent and seen late: it cannot cancel, and raises as at rest
    ("default", AT_REST, "s s s (2000) s s s", [(DANGER, 840), (DANGER_AGAIN, 3800)]),
    ("default", AT_REST, "s s s (2050) s s s", [(DANGER, 840), (DANGER_AGAIN, 3850)]),
    ("default", AT_REST, "s s s (2099) l s s l", [(DANGER, 840), (DANGER_AGAIN, 5279)]),
    ("default", AT_REST, "s s s (2099) h", [(DANGER, 840), (DANGER_AGAIN, 6059)]),
    ("default", AT_REST, "s s s (2099) s", [(DANGER, 840)]),
    ("default", AT_REST, "s s s (2099) l", [(DANGER, 840)]),
    ("default", AT_REST, "s s s (2099) s s", [(DANGER, 840)]),
    ("default", AT_REST, "s s s (2099) s l", [(DANGER, 840)]),
    ("default", AT_REST, "s s s (2099) s (2099) l (2099) s s", [(DANGER, 840)]),
    ("default", AT_REST, "s s s (2099) s (2100) s s", [(DANGER, 840), (DECOY_CANCEL, 7819)]),
    (
        "default",
        AT_REST,
        "100 (1999) 100 (1999) 100 (2099) s s",  # danger was decided at a pause
        [(DANGER, 6298)],
    ),
    # The guard: times count from the first press of the watch
    ("default", AT_REST, "s s (2000) s", [(WATCH, 2540), (DANGER, 2540)]),
    ("default", AT_REST, "s s (3460) s", [(WATCH, 2540), (DANGER, 4000)]),
    ("default", AT_REST, "s s (3460) l", [(WATCH, 2540), (DANGER, 4000)]),
    ("default", AT_REST, "s s (3461) s", [(WATCH, 2540), (DANGER, 4121)]),
    ("default", AT_REST, "s s (3461) 999", [(WATCH, 2540), (DANGER, 5000)]),
    ("default", AT_REST, "s s (3461) 1000", [(WATCH, 2540), (WITHDRAW, 5001)]),
    ("default", AT_REST, "s s (3461) 2999", [(WATCH, 2540), (WITHDRAW, 7000)]),
    ("default", AT_REST, "s s (3461) 3000", [(WATCH, 2540), (DANGER, 7001)]),
    # One long press withdraws; with another less than 2 s later there are two
    (
        "default",
        AT_REST,
        "s s (4000) l (1999) s",
        [(WATCH, 2540), (WITHDRAW, 6040), (DANGER, 8039)],
    ),
    ("default", AT_REST, "s s (4000) l (2000) s", [(WATCH, 2540), (WITHDRAW, 6040)]),
    (
        "default",
        AT_REST,
        "s s (4000) l (2000) s s",
        [(WATCH, 2540), (WITHDRAW, 6040), (WATCH, 10580)],
    ),
    # A guard restored after a reset has no first press: a press is judged by its length
    ("default", IN_GUARD, "s", [(DANGER, 120)]),
    ("default", IN_GUARD, "l", [(WITHDRAW, 1500)]),
    ("default", IN_GUARD, "h", [(DANGER, 3000)]),
    # In the pre-alarm of a fall: two shorts cancel, one press never does, a third is danger
    ("default", IN_PREALARM, "s", []),
    ("default", IN_PREALARM, "999", []),
    ("default", IN_PREALARM, "l", []),
    ("default", IN_PREALARM, "2999", []),
    ("default", IN_PREALARM, "3000", [(DANGER, 3000)]),
    ("default", IN_PREALARM, "s s", [(FALL_CANCEL, 2540)]),
    ("default", IN_PREALARM, "999 999", [(FALL_CANCEL, 4298)]),
    ("default", IN_PREALARM, "100 (1999) 100", [(FALL_CANCEL, 4199)]),
    ("default", IN_PREALARM, "100 (2000) 100", []),
    ("default", IN_PREALARM, "s l", []),
    ("default", IN_PREALARM, "l s", []),
    ("default", IN_PREALARM, "l l", []),
    ("default", IN_PREALARM, "s 1000", []),
    ("default", IN_PREALARM, "s h", [(DANGER, 3420)]),
    ("default", IN_PREALARM, "s s s", [(DANGER, 840)]),
    ("default", IN_PREALARM, "s s l", [(DANGER, 840)]),
    ("default", IN_PREALARM, "s s h", [(DANGER, 840)]),
    ("default", IN_PREALARM, "l s s l", [(DANGER, 2220)]),
    ("default", IN_PREALARM, "s s (1999) s", [(DANGER, 2539)]),
    ("default", IN_PREALARM, "2999 (1999) 2999 (1999) s", [(DANGER, 9996)]),
    ("default", IN_PREALARM, "s s s (1999) s s (1999) l s s l", [(DANGER, 840)]),
    # Three within 4 s are danger, however they are paused
    ("default", IN_PREALARM, "100 (2000) 100 (1800) 100", [(DANGER, 4000)]),
    ("default", IN_PREALARM, "100 (2000) 100 (1801) 100", [(FALL_CANCEL, 6101)]),
    ("default", IN_PREALARM, "s (4000) s (4000) s s", [(FALL_CANCEL, 10780)]),
    # ... also after the cancel, which the third takes back; so does one that is seen late
    ("default", IN_PREALARM, "s s (2000) s", [(FALL_CANCEL, 2540), (DANGER, 2540)]),
    ("default", IN_PREALARM, "s s (3460) l", [(FALL_CANCEL, 2540), (DANGER, 4000)]),
    ("default", IN_PREALARM, "s s (3461) s", [(FALL_CANCEL, 2540)]),
    ("default", IN_PREALARM, "s s (3461) s s", [(FALL_CANCEL, 2540), (WATCH, 6541)]),
    ("default", IN_PREALARM, "900 (1900) 900 (2100) s", [(FALL_CANCEL, 5700), (DANGER, 5800)]),
    ("default", IN_PREALARM, "900 (1900) 900 (2101) s", [(FALL_CANCEL, 5700)]),
    ("monsherif", IN_PREALARM, "s", []),
    ("monsherif", IN_PREALARM, "l", []),
    ("monsherif", IN_PREALARM, "h", [(DANGER, 3000)]),
    ("monsherif", IN_PREALARM, "s s", [(FALL_CANCEL, 2540)]),
    ("monsherif", IN_PREALARM, "s l", []),
    ("monsherif", IN_PREALARM, "s s s", [(DANGER, 840)]),
    ("monsherif", IN_PREALARM, "s s (3460) s", [(FALL_CANCEL, 2540), (DANGER, 4000)]),
    ("monsherif", IN_PREALARM, "s s (3461) s", [(FALL_CANCEL, 2540), (WATCH, 6121)]),
    # During an alert
    ("default", IN_ALERT, "s", []),
    ("default", IN_ALERT, "l", []),
    ("default", IN_ALERT, "h", [(DECOY_CANCEL, 5600)]),
    ("default", IN_ALERT, "3000", [(DECOY_CANCEL, 5000)]),
    ("default", IN_ALERT, "2999", []),
    ("default", IN_ALERT, "s s", [(DECOY_CANCEL, 2540)]),
    ("default", IN_ALERT, "s l", [(DECOY_CANCEL, 3920)]),
    ("default", IN_ALERT, "l s", [(DECOY_CANCEL, 3920)]),
    ("default", IN_ALERT, "l l", [(DECOY_CANCEL, 5300)]),
    ("default", IN_ALERT, "s s s", [(DANGER_AGAIN, 2960)]),
    ("default", IN_ALERT, "l (2000) s s s", [(DANGER_AGAIN, 6460)]),
    ("default", IN_ALERT, "s s s s s s", [(DANGER_AGAIN, 4220)]),
    ("default", IN_ALERT, "s s l", [(DECOY_CANCEL, 4340)]),
    ("default", IN_ALERT, "l s s l", [(TRUE_CANCEL, 6140)]),
    ("default", IN_ALERT, "1000 999 999 2999", [(TRUE_CANCEL, 8897)]),
    ("default", IN_ALERT, "l s s", [(DECOY_CANCEL, 4340)]),
    ("default", IN_ALERT, "l s s h", [(DECOY_CANCEL, 8240)]),
    ("default", IN_ALERT, "l s s l s", [(DECOY_CANCEL, 6560)]),
    ("default", IN_ALERT, "s l s s l", [(DECOY_CANCEL, 6560)]),
    ("default", IN_ALERT, "l s s (1999) l", [(TRUE_CANCEL, 7839)]),
    ("default", IN_ALERT, "l s s (2000) l", [(DECOY_CANCEL, 4340)]),
    # Profile monsherif: 1 press watch, 2 presses danger, hold danger
    ("monsherif", AT_REST, "s", [(WATCH, 2120)]),
    ("monsherif", AT_REST, "l", [(WATCH, 3500)]),
    ("monsherif", AT_REST, "h", [(DANGER, 3000)]),
    ("monsherif", AT_REST, "s s", [(DANGER, 420)]),
    ("monsherif", AT_REST, "s l", [(DANGER, 420)]),
    ("monsherif", AT_REST, "s h", [(DANGER, 420)]),
    ("monsherif", AT_REST, "l s", [(DANGER, 1800)]),
    ("monsherif", AT_REST, "l l", [(DANGER, 1800)]),
    ("monsherif", AT_REST, "2999 (1999) s", [(DANGER, 4998)]),
    ("monsherif", AT_REST, "s s s", [(DANGER, 420)]),
    ("monsherif", AT_REST, "s s (1999) l s s l", [(DANGER, 420)]),
    ("monsherif", AT_REST, "s (2000) s", [(WATCH, 2120), (DANGER, 2120)]),
    ("monsherif", AT_REST, "s (3880) l", [(WATCH, 2120), (DANGER, 4000)]),
    ("monsherif", AT_REST, "s (3881) l", [(WATCH, 2120), (WITHDRAW, 5501)]),
    ("monsherif", AT_REST, "s (3881) s", [(WATCH, 2120), (DANGER, 4121)]),
    ("monsherif", AT_REST, "s (3881) h", [(WATCH, 2120), (DANGER, 7001)]),
    ("monsherif", IN_ALERT, "s", []),
    ("monsherif", IN_ALERT, "l", []),
    ("monsherif", IN_ALERT, "h", [(DECOY_CANCEL, 5600)]),
    ("monsherif", IN_ALERT, "s s", [(DECOY_CANCEL, 2540)]),
    ("monsherif", IN_ALERT, "s s s", [(DANGER_AGAIN, 2960)]),
    ("monsherif", IN_ALERT, "l s s l", [(TRUE_CANCEL, 6140)]),
    ("monsherif", IN_ALERT, "l s l", [(DECOY_CANCEL, 5720)]),
)


def test_every_row_of_the_behaviour():
    for profile, context, presses, expected in ROWS:
        her = Her(profile, context).presses(presses)
        her.rest()
        said = [(kind, at_ms) for kind, at_ms, _ in her.said if kind != TICK_1S]
        assert said == expected, (profile, context, presses, said)


def test_late_steps_decide_the_same():
    """Edges alone, no Tick between them: what is due is decided before the edge."""
    for profile, context, presses, expected in ROWS:
        her = Her(profile, context)
        plain = her.wait

        def wait(ms, her=her, plain=plain):
            if ms == 10000:
                plain(ms)
            else:
                her.now_ms += ms

        her.wait = wait
        her.presses(presses)
        assert her.rest() == [kind for kind, _ in expected], (profile, context, presses)


def test_the_first_press_is_named():
    her = Her().presses("s (2000) s s s")
    her.rest()
    assert her.said == [(DANGER, 2960, 2120)]


def test_a_tick_at_one_second_of_every_hold_that_can_mean_something():
    for context, presses, ticks in (
        (AT_REST, "999", 0),
        (AT_REST, "1000", 1),
        (AT_REST, "h", 1),
        (AT_REST, "s l", 1),
        (AT_REST, "l l", 2),
        (AT_REST, "s s l l", 0),  # spent
        (IN_GUARD, "l", 1),
        (IN_PREALARM, "l", 1),
        (IN_ALERT, "l s s l", 2),
    ):
        her = Her(context=context).presses(presses)
        her.rest()
        said = [kind for kind, _, _ in her.said]
        assert said.count(TICK_1S) == ticks, (context, presses)


def test_her_pattern_must_be_one_that_is_allowed():
    for pattern, allowed in (
        ("lssl", True),
        ("sssl", True),
        ("llll", True),
        ("s" * (PATTERN_MAX - 1) + "l", True),
        ("s" * PATTERN_MAX + "l", False),
        ("ssss", False),
        ("lss", False),
        ("", False),
        ("lsxl", False),
        ("hsss", False),
    ):
        assert gestures.pattern_allowed(pattern) == allowed, pattern
        if "x" not in pattern:
            presses = " ".join(pattern)
            said = Her(context=IN_ALERT, pattern=pattern).presses(presses).rest()
            assert (TRUE_CANCEL in said) == allowed, pattern


def test_only_her_pattern_is_a_true_cancel():
    """Every gesture of up to five presses: one true cancel among them."""
    texts = [""]
    true_cancels = 0
    for _ in range(5):
        texts = [text + letter for text in texts for letter in "slh"]
        for text in texts:
            said = Her(context=IN_ALERT).presses(" ".join(text)).rest()
            true_cancels += said.count(TRUE_CANCEL)
            short = "l" not in text and "h" not in text
            if text == PATTERN:
                expected = [TRUE_CANCEL]
            elif len(text) == 1 and text != "h":
                expected = []
            else:
                expected = [DANGER_AGAIN if short and len(text) > 2 else DECOY_CANCEL]
            assert said == expected, text
    assert true_cancels == 1


def test_only_two_shorts_cancel_a_fall():
    """Every gesture of up to four presses, in both profiles."""
    for profile in ("default", "monsherif"):
        texts = [""]
        for _ in range(4):
            texts = [text + letter for text in texts for letter in "slh"]
            for text in texts:
                said = Her(profile, IN_PREALARM).presses(" ".join(text)).rest()
                if len(text) > 2 or "h" in text:
                    assert said == [DANGER], (profile, text)
                else:
                    assert said == ([FALL_CANCEL] if text == "ss" else []), (profile, text)


# context in which it begins, presses in it, context that follows, presses in that, what is said;
# between two of them a press goes on when the context changes
AROUND_A_PREALARM = (
    (AT_REST, "s", IN_PREALARM, "", []),
    (AT_REST, "s", IN_PREALARM, "s", [WATCH]),
    (AT_REST, "s s", IN_PREALARM, "", [WATCH]),
    (AT_REST, "", IN_PREALARM, "s s", [WATCH]),
    (AT_REST, "", IN_PREALARM, "s", []),
    (AT_REST, "", IN_PREALARM, "h", [DANGER]),
    (AT_REST, "s", IN_PREALARM, "s s", [DANGER]),
    (AT_REST, "s s", IN_PREALARM, "s", [DANGER]),
    (AT_REST, "", IN_PREALARM, "s (2000) s s", [FALL_CANCEL]),
    (IN_ALERT, "s", IN_PREALARM, "s", [WATCH]),
    (IN_ALERT, "l s s l", IN_PREALARM, "", [DANGER]),
    (IN_PREALARM, "s", IN_ALERT, "", []),
    (IN_PREALARM, "s s", IN_ALERT, "", []),
    (IN_PREALARM, "s", IN_ALERT, "s", []),
    (IN_PREALARM, "", IN_ALERT, "s s", []),
    (IN_PREALARM, "s s", IN_ALERT, "s", [DANGER]),
    (IN_PREALARM, "s", IN_ALERT, "s s", [DANGER]),
    (IN_PREALARM, "", IN_ALERT, "l s s l", [DANGER]),
    (IN_PREALARM, "s", IN_ALERT, "h", [DANGER]),
    (IN_PREALARM, "", IN_ALERT, "h", [DANGER]),
    (IN_PREALARM, "s s", IN_ALERT, "(2050) s", [DANGER_AGAIN]),  # three in 4 s
    (IN_PREALARM, "999 999", IN_ALERT, "(2050) s", []),  # seen late: of the gesture, maybe
    (IN_PREALARM, "999 999", IN_ALERT, "(2050) s (1900) s", []),
    (IN_PREALARM, "999 999", IN_ALERT, "(2050) s s s", [DANGER_AGAIN]),
    (IN_PREALARM, "999 999", IN_ALERT, "(2100) l s s l", [TRUE_CANCEL]),
)


def test_a_gesture_that_does_not_lie_in_the_pre_alarm_cancels_nothing():
    for began, before, followed, after, expected in AROUND_A_PREALARM:
        her = Her(context=began).presses(before)
        if before:
            her.context = followed
            her.presses(after)
        else:
            first, _, others = after.partition(" ")
            her.down()
            her.wait(50)
            her.context = followed
            her.wait(LENGTHS[first] - 50)
            her.up()
            her.wait(GAP_MS)
            her.presses(others)
        assert her.rest() == expected, (began, before, followed, after, her.said)


def test_the_end_of_a_pre_alarm_is_told_what_to_wait_for():
    for context, presses, expected in (
        (IN_PREALARM, "s", [(PRESSING, 0), (NOTHING, 2120)]),
        (IN_PREALARM, "l", [(PRESSING, 0), (NOTHING, 3500)]),
        (IN_PREALARM, "s s", [(PRESSING, 0), (PRESSING, 420)]),
        (IN_PREALARM, "s l", [(PRESSING, 0), (PRESSING, 420), (NOTHING, 3920)]),
        (IN_PREALARM, "s s s", [(PRESSING, 0), (PRESSING, 420)]),
        (IN_PREALARM, "h", [(PRESSING, 0)]),
        (IN_PREALARM, "s (2000) s", [(PRESSING, 0), (NOTHING, 2120)] * 2),
        (AT_REST, "s s", []),
        (IN_GUARD, "l", []),
        (IN_ALERT, "s s", []),
    ):
        her = Her(context=context).presses(presses)
        her.rest()
        if "(" in presses:
            expected = expected[:2] + [(kind, at_ms + 2120) for kind, at_ms in expected[2:]]
        assert her.awaited == expected, (context, presses)
    her = Her(context=IN_PREALARM)
    her.down()
    her.context = IN_ALERT  # it is over: nobody waits
    her.wait(100)
    her.up()
    her.wait(100)
    her.press(100)
    assert her.rest() == [] and her.awaited == [(PRESSING, 0)]


# ms from the start of the pre-alarm, presses that begin then, what they are
UNFELT = (
    ("default", 0, "s s", [WATCH]),
    ("default", FELT_MS - 1, "s s", [WATCH]),
    ("default", FELT_MS, "s s", [FALL_CANCEL]),
    ("default", 0, "s", []),
    ("default", 0, "s s s", [DANGER]),
    ("default", 0, "s s (2000) s", [WATCH, DANGER]),
    ("default", 0, "s s (3000) l", [WATCH, DANGER]),
    ("default", 0, "h", [DANGER]),
    ("default", 0, "s (2000) s s", [DANGER]),  # three within 4 s, as everywhere in it
    ("default", 0, "s (4000) s s", [FALL_CANCEL]),
    ("monsherif", 0, "s", [WATCH]),
    ("monsherif", 0, "s s", [DANGER]),
    ("monsherif", FELT_MS, "s s", [FALL_CANCEL]),
)


def test_what_answers_no_pulse_is_a_gesture_at_rest():
    for profile, after_ms, presses, expected in UNFELT:
        her = Her(profile)
        her.context = IN_PREALARM
        her._tell(Tick())
        her.wait(after_ms)
        assert her.presses(presses).rest() == expected, (profile, after_ms, presses, her.said)


def test_where_no_pulse_can_be_felt_no_gesture_cancels():
    for haptics, profile, felt in (
        (1, "separated", True),
        (1, "health", True),
        (1, "cohabiting", False),
        (0, "separated", False),
    ):
        for trained, presses, kinds in (
            ("default", "s s", [WATCH]),
            ("default", "s", []),
            ("default", "s s s", [DANGER]),
            ("default", "s s (3000) s", [WATCH, DANGER]),
            ("default", "s (2000) s s", [DANGER]),
            ("monsherif", "s", [WATCH]),
            ("monsherif", "s s", [DANGER]),
        ):
            her = Her(context=IN_PREALARM)
            her.gestures = gestures.make(Settings(trained, PATTERN, haptics, profile))
            her._tell(Tick())
            her.wait(20000)
            said = her.presses(presses).rest()
            assert said == kinds or (felt and WATCH not in said), (haptics, profile, presses)
            assert felt or FALL_CANCEL not in said
            assert (said == [FALL_CANCEL]) == (felt and presses == "s s"), (haptics, profile)


def test_a_long_gesture_in_an_alert_is_judged_whole():
    assert Her(context=IN_ALERT).presses("s " * 40).rest() == [DANGER_AGAIN]
    assert Her(context=IN_ALERT).presses("s " * 40 + "l").rest() == [DECOY_CANCEL]
    pattern = "l" + "s" * (PATTERN_MAX - 1)
    her = Her(context=IN_ALERT, pattern=pattern).presses(" ".join(pattern) + " s")
    assert her.rest() == [DECOY_CANCEL]


def test_a_slow_train_cannot_put_off_its_end():
    her = Her()
    for _ in range(30):
        her.press(900, 1500)
    assert [(kind, at_ms) for kind, at_ms, _ in her.said] == [(DANGER, 2400 * (PRESSES_MAX - 1))]


def test_a_line_stuck_high_raises_one_danger_and_asks_for_no_more_steps():
    her = Her()
    her.down()
    assert her.rest() == [DANGER]
    assert her.gestures.wake_ms(her.now_ms) is None
    her.wait(100000000)
    her.up()
    assert her.rest() == [DANGER]


# profile, presses that begin so long after the recogniser did, what is decided, when since then
AFTER_A_RESET = (
    ("default", 0, "s", []),
    ("default", 0, "l", []),
    ("default", 0, "s s", []),
    ("default", 0, "l l", []),
    ("default", 0, "s l", []),
    ("default", 0, "s s s", [(DANGER_AGAIN, 840)]),
    ("default", 0, "h", [(DANGER_AGAIN, 3000)]),
    ("default", 2099, "s s s", [(DANGER_AGAIN, 2939)]),
    ("default", 2099, "l s s l", [(DANGER_AGAIN, 4319)]),
    ("default", 2099, "s h", [(DANGER_AGAIN, 5519)]),
    ("default", 2099, "100 (1999) 100 (1999) 100", [(DANGER_AGAIN, 8397)]),
    ("default", 2099, "s s s l s s l h s s s", [(DANGER_AGAIN, 2939)]),
    ("default", 0, "s (2099) s (2099) s s", []),
    ("default", 2100, "s s", [(DECOY_CANCEL, 4640)]),
    ("default", 2100, "l s s l", [(TRUE_CANCEL, 8240)]),
    ("default", 2100, "s s s", [(DANGER_AGAIN, 5060)]),
    ("monsherif", 0, "s", []),
    ("monsherif", 0, "s s", [(DANGER_AGAIN, 420)]),
)


def test_presses_across_a_reset_in_an_alert_never_cancel_and_still_raise():
    for profile, after_ms, presses, expected in AFTER_A_RESET:
        her = Her(profile)
        her.gestures = Gestures(profile, PATTERN)
        her.context = IN_ALERT
        assert her.gestures.wake_ms(5) == 5
        if after_ms:
            her._tell(Tick())
            her.wait(after_ms)
        her.presses(presses)
        her.rest()
        said = [(kind, at_ms) for kind, at_ms, _ in her.said if kind != TICK_1S]
        assert said == expected, (profile, after_ms, presses, said)


def test_a_reset_at_rest_loses_nothing():
    at_rest = Gestures("default", PATTERN)
    said = []
    for at_ms in (0, 300, 600):  # at rest nothing is lost
        said += at_rest.handle(ButtonDown(), at_ms, AT_REST)
        said += at_rest.handle(ButtonUp(), at_ms + 100, AT_REST)
    assert [gesture.kind for gesture in said] == [DANGER]


def test_a_gesture_keeps_the_context_in_which_it_began():
    """The watch leaves, or a fall is reported, while she presses: never a cancel."""
    for began, presses, expected in (
        (IN_GUARD, "l", []),  # too late to withdraw, and no cancel either
        (IN_GUARD, "s", [DANGER]),
        (IN_GUARD, "h", [DANGER]),
        (AT_REST, "s s", [WATCH]),
        (AT_REST, "h", [DANGER]),
        (AT_REST, "s s s", [DANGER]),
    ):
        her = Her(context=began)
        her.down()
        her.context = IN_ALERT
        first, _, others = presses.partition(" ")
        her.wait(LENGTHS[first])
        her.up()
        her.wait(GAP_MS)
        her.presses(others)
        assert her.rest() == expected, (began, presses)


# presses before the alert ends and after, what they mean, when since the first press
STRADDLING = (
    ("s", "s s", [(DANGER, 840)]),
    ("s s s", "", [(DANGER, 2960)]),
    ("s s l", "", [(DANGER, 4340)]),
    ("l s s l", "", [(DANGER, 6140)]),  # an alert that has ended cannot be cancelled
    ("l l", "s s", [(DANGER, 3600)]),
    ("h", "", [(DANGER, 5600)]),
    ("h", "s", [(DANGER, 6020)]),
    ("s h", "", [(DANGER, 6020)]),
    ("", "h", [(DANGER, 3000)]),
    ("s", "h", [(DANGER, 3420)]),
    ("s", "", []),
    ("s", "s", [(WATCH, 2540)]),
    ("s", "l", [(EVIDENCE, 3920)]),
    ("", "l", [(CHECK, 3500)]),
)


def test_a_gesture_that_outlasts_its_alert_is_one_at_rest():
    """A watch that is over, or an alert that has lapsed, while she presses."""
    for before, after, expected in STRADDLING:
        her = Her(context=IN_ALERT).presses(before)
        if before:
            her.context = AT_REST
            her.presses(after)
        else:
            her.down()
            her.wait(500)
            her.context = AT_REST
            her.wait(LENGTHS[after] - 500)
            her.up()
        her.rest()
        said = [(kind, at_ms) for kind, at_ms, _ in her.said if kind != TICK_1S]
        assert said == expected, (before, after, said)


def test_two_presses_of_the_other_profile_outlast_its_alert():
    her = Her("monsherif", IN_ALERT).presses("s s")
    her.context = AT_REST
    assert her.rest() == [DANGER]


def test_a_hold_that_goes_on_when_its_alert_ends():
    her = Her(context=IN_ALERT)
    her.down()
    her.wait(60000)
    assert her.said == [(TICK_1S, 1000, 0)] and her.gestures.wake_ms(her.now_ms) is None
    her.context = AT_REST
    her._tell(Tick())
    her.wait(100000)
    her.up()
    assert her.rest() == [DANGER]
    assert her.said[1] == (DANGER, 60000, 0)


class Settings:
    """What `make` reads of a Config."""

    def __init__(self, gestures, pattern, haptics=1, profile="separated"):
        self.gestures = gestures
        self.cancel_pattern = pattern
        self.haptics = haptics
        self.profile = profile


def test_made_from_the_configuration():
    for profile, pattern, single in (("default", "lssl", []), ("monsherif", "slsl", [WATCH])):
        for context, presses, expected in (
            (AT_REST, "s", single),
            (IN_ALERT, " ".join(pattern), [TRUE_CANCEL]),
        ):
            her = Her()
            her.gestures = gestures.make(Settings(profile, pattern))
            her.wait(1)
            her.context = context
            assert her.presses(presses).rest() == expected, (profile, presses)


# -- the table -----------------------------------------------------------------------------

QUIET, PRESSED, BETWEEN, SPENT_PRESSED, SPENT = range(5)
DOWN, UP, AT_1S, AT_3S, AT_PAUSE = range(5)
STATES = (QUIET, PRESSED, BETWEEN, SPENT_PRESSED, SPENT)
EVENTS = (DOWN, UP, AT_1S, AT_3S, AT_PAUSE)
# (state, event) -> the state after it, one short press at rest having gone before
TABLE = {
    (QUIET, DOWN): PRESSED,
    (PRESSED, UP): BETWEEN,
    (PRESSED, AT_1S): PRESSED,
    (PRESSED, AT_3S): SPENT_PRESSED,
    (BETWEEN, DOWN): PRESSED,
    (BETWEEN, AT_PAUSE): QUIET,
    (SPENT_PRESSED, UP): SPENT,
    (SPENT, DOWN): SPENT_PRESSED,
    (SPENT, AT_PAUSE): QUIET,
}


def in_state(state):
    her = Her()
    her.press(100, 3000)
    if state in (PRESSED, BETWEEN):
        her.down()
    elif state in (SPENT_PRESSED, SPENT):
        her.down()
        her.wait(4000)
    if state in (BETWEEN, SPENT):
        her.up()
    assert her.gestures._state == state
    return her


def test_every_pair_of_state_and_event():
    assert len(gestures._ROWS) == len(TABLE) == 9
    assert set(gestures._ROWS) == set(TABLE)
    for state in STATES:
        for event in EVENTS:
            her = in_state(state)
            before = dict(her.gestures.__dict__)
            found = []
            her.gestures._take(event, her.now_ms + 50, her.context, found)
            if (state, event) in TABLE:
                assert her.gestures._state == TABLE[state, event], (state, event)
                said = {AT_1S: 1, AT_3S: 1}.get(event, 0)
                assert len(found) == said, (state, event)
            else:
                assert her.gestures.__dict__ == before, (state, event)
                assert found == [], (state, event)


def test_the_meanings_are_those_of_the_behaviour():
    meanings = gestures._MEANINGS
    contexts = (AT_REST, IN_GUARD, IN_PREALARM, IN_ALERT)
    assert set(meanings) == set(contexts)
    assert [len(meanings[c][0]) for c in contexts] == [6, 0, 1, 3]
    assert [meanings[c][1] for c in contexts] == [CHECK, None, NOTHING, DECOY_CANCEL]
    assert meanings[IN_PREALARM] == ({"ss": FALL_CANCEL}, NOTHING)
    assert gestures._AT_REST_MONSHERIF == ({"s": WATCH, "l": WATCH}, DANGER)


# -- more pressing never means less help -----------------------------------------------------

LEVELS = {TICK_1S: 0, WITHDRAW: 0, CHECK: 1, SERVICE: 1, EVIDENCE: 2, WATCH: 3, DANGER: 4}


def highest(profile, context, presses):
    """The highest level of help that [(held_ms, gap_ms)] reaches."""
    her = Her(profile, context)
    for held_ms, gap_ms in presses:
        her.press(held_ms, gap_ms)
    her.rest()
    return max([0] + [LEVELS[kind] for kind, _, _ in her.said])


def random_press(rng):
    held_ms = rng.choice((rng.between(30, 999), rng.between(1000, 2999), rng.between(30, 3500)))
    return held_ms, rng.between(30, 1999)


def test_a_press_more_never_lowers_the_level():
    for seed in range(depth(20000)):
        rng = Rng(seed)
        profile = rng.choice(("default", "monsherif"))
        context = rng.choice((AT_REST, IN_GUARD))
        presses = [random_press(rng) for _ in range(rng.between(1, 5))]
        level = highest(profile, context, presses)
        more = list(presses)
        more.insert(rng.below(len(more) + 1), random_press(rng))
        assert highest(profile, context, more) >= level, (profile, context, presses, more)


def test_a_longer_press_in_a_gesture_of_one_never_lowers_the_level():
    for profile in ("default", "monsherif"):
        levels = [highest(profile, AT_REST, [(held_ms, 0)]) for held_ms in range(50, 4000, 50)]
        assert levels == sorted(levels), profile
