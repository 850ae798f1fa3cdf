"""A suspected fall: its silent pre-alarm, what ends it, what is told, and what a reset does."""

from alert_bench import HOUR, MINUTE, NUMBERS, UTC, Bench, config
from harness import Rng, depth

from firmware.messages import (
    AT_REST,
    CHECK,
    DANGER,
    DANGER_AGAIN,
    DECOY_CANCEL,
    FALL_CANCEL,
    GNSS_STANDBY,
    GNSS_TRACK,
    IN_ALERT,
    IN_PREALARM,
    SERVICE,
    TICK_1S,
    TRUE_CANCEL,
    WATCH,
    ButtonDown,
    ButtonUp,
    FallSuspected,
    HapticsHush,
    JournalAppend,
    JournalClose,
    ModemReady,
    RememberFall,
    SmsReceived,
    Tick,
    Vibrate,
)
from firmware.policy import gestures
from firmware.policy.transitions import FALLEN, PREALARM

FIRSTS = list(NUMBERS)
FEATURES = (812, -15, 2140)
DECIDED_MS = 2500  # after the impact
PREALARM_MS = 30000
LONGER_MS = 4000  # presses in progress at its end are awaited for so long
PAUSE_MS = 2000  # release to press: less is the same gesture
SAME_FALL_MS = 60000
FELT_MS = 300  # from its start: what is pressed sooner answers no pulse


def fall(bench, features=FEATURES):
    bench.tell(FallSuspected(bench.now_ms - DECIDED_MS, 700, features))


def fallen(for_ms=0, **rest):
    """A bench at 21:42:01 in Lyon, after a fall at 21:41:58 and so much of its pre-alarm."""
    bench = Bench(**rest)
    bench.time_is(UTC + 1)
    bench.at()
    fall(bench)
    bench.run(for_ms)
    return bench


def boot(bench, off_s, time_known=True):
    """The power was off for so long; the board's clock starts anew."""
    utc_s = bench.alert._situation.utc_s(bench.now_ms) + off_s
    bench.now_ms = 700
    bench.boot(utc_s if time_known else None)
    return utc_s


def pulses(bench):
    return [at_ms for at_ms, meaning, _ in bench.felt if meaning == "pulse"]


def remembered(bench):
    return [tuple(c) for _, c in bench.said if isinstance(c, RememberFall)]


# -- the pre-alarm -----------------------------------------------------------------------------


def test_a_fall_that_she_does_not_cancel():
    bench = Bench()
    bench.time_is(UTC + 1)
    bench.at()
    before = len(bench.said)
    fall(bench)
    impact_s = UTC - 2  # 21:41:58
    assert [c for _, c in bench.said[before:]] == [
        JournalAppend("trigger", (PREALARM, impact_s)),
        Vibrate("pulse", 0),
        RememberFall(700, FEATURES, 0),
    ], "in the journal before it is anything else"
    assert bench.alert.context() == IN_PREALARM
    assert (bench.awake, bench.gnss) == (1, GNSS_TRACK), "so that the message leaves at once"
    bench.run(PREALARM_MS - 1)
    assert bench.sent == [] and bench.alert.context() == IN_PREALARM
    bench.run(1)
    assert bench.journal[1] == ("raised", (FALLEN, impact_s))
    assert bench.sent[0][0] == 1000 + PREALARM_MS and bench.alert.context() == IN_ALERT
    bench.run(MINUTE)
    assert bench.numbers() == FIRSTS
    assert (
        bench.texts()
        == [
            "CHUTE Julie 21:41, pas de réaction. Appelez le 112, lisez ce lieu. Ne l'appelez pas. "
            "https://maps.google.com/?q=45.76043,4.83566 +/-10m à 21:42. Répondez OK"
        ]
        * 5
    )
    assert pulses(bench) == [1000 + at_ms for at_ms in range(0, PREALARM_MS, 5000)]
    assert bench.felt[6:] == [(31000, "trying", 0), (33000, "taken", 0)], "nobody asked"


def test_in_english():
    bench = fallen(MINUTE, settings=config(language="en"))
    assert bench.texts()[0] == (
        "FALL Julie 21:41, no reaction. Call 112, read them this place. Do not call her. "
        "https://maps.google.com/?q=45.76043,4.83566 +/-10m at 21:42. Reply OK"
    )


def test_it_lasts_as_long_as_she_chose():
    for prealarm_ms, count in ((0, 0), (1000, 1), (5000, 1), (6000, 2), (30000, 6), (45000, 9)):
        bench = fallen(settings=config(prealarm_ms=prealarm_ms))
        if prealarm_ms:
            bench.run(prealarm_ms - 1)
            assert bench.sent == [], prealarm_ms
            bench.run(1)
        assert bench.sent[0][0] == 1000 + prealarm_ms, prealarm_ms
        bench.run(2 * MINUTE)
        assert pulses(bench) == [1000 + 5000 * i for i in range(count)], prealarm_ms
        assert bench.numbers() == FIRSTS


def test_what_she_asked_before_has_nothing_to_do_with_it():
    for prealarm_ms in (0, 5000):
        bench = Bench(config(prealarm_ms=prealarm_ms))
        bench.press(CHECK)
        bench.run(10000)
        fall(bench)
        bench.run(20000)
        assert [f[1:] for f in bench.felt[-2:]] == [("trying", 0), ("taken", 0)], prealarm_ms


def test_a_late_step_moves_no_other_pulse():
    bench = fallen()
    for late_ms in (5700, 10000, 24999, 25001):
        bench.now_ms = 1000 + late_ms
        bench.step()
    assert pulses(bench) == [1000, 6700, 11000, 25999, 26001]
    bench.now_ms = 1000 + PREALARM_MS + 300
    bench.step()
    assert len(pulses(bench)) == 5 and len(bench.sent) == 1


def test_a_fall_is_followed_and_ends_as_a_danger_does():
    bench = fallen(PREALARM_MS + 8 * MINUTE, settings=config(danger_max_ms=HOUR))
    bench.tell(SmsReceived(NUMBERS[3], "OUI"))
    bench.run(2 * MINUTE, walk=lambda now_ms: now_ms // 10)
    assert bench.numbers("suivi")[-1] == NUMBERS[3]
    bench.run(50 * MINUTE - 1000)
    assert bench.alert.context() == IN_ALERT
    bench.run(MINUTE)
    assert bench.numbers("fin du suivi") == FIRSTS
    assert bench.alert.context() == AT_REST and bench.journal == []
    assert "firm" not in bench.meanings()


# -- her presses in it -------------------------------------------------------------------------


def test_a_cancel_sends_nothing_and_leaves_no_trace_but_one():
    for time_known in (True, False):
        for at_ms in (PAUSE_MS + 500, 4999, 5000, PREALARM_MS - 1):
            bench = Bench()
            if time_known:
                bench.time_is(UTC + 1)
            fall(bench)
            bench.run(at_ms)
            bench.press(FALL_CANCEL, PAUSE_MS + 200)
            assert bench.alert.context() == AT_REST and bench.journal == []
            assert bench.felt[-1] == (bench.now_ms, "withdrawn", 1)
            count = 1 + at_ms // 5000
            assert bench.meanings() == ["pulse"] * count + ["withdrawn"]
            assert (bench.awake, bench.gnss) == (0, GNSS_STANDBY)
            assert remembered(bench) == [(700, FEATURES, 0), (700, FEATURES, 1)]
            said = len(bench.said)
            bench.run(HOUR)
            assert bench.sent == [] and len(bench.said) == said
            assert bench.alert.wake_ms(bench.now_ms) is None


def test_danger_in_it_is_danger():
    for kind in (DANGER, DANGER_AGAIN):
        bench = fallen(10000)
        bench.press(kind)
        assert bench.sent[0][0] == bench.now_ms, "at once"
        bench.run(MINUTE)
        assert bench.numbers("DANGER Julie 21:42") == FIRSTS == bench.numbers()
        assert bench.meanings() == ["pulse"] * 3 + ["trying", "taken"]


def test_a_watch_asked_for_in_it_tells_the_fall_at_once():
    bench = fallen(1000)
    bench.press(WATCH)
    assert bench.sent[0][0] == bench.now_ms
    bench.run(MINUTE)
    assert bench.numbers("CHUTE Julie 21:41") == FIRSTS == bench.numbers()
    assert [f[1:] for f in bench.felt] == [("pulse", 0), ("trying", 1), ("taken", 1)]


def test_nothing_else_ends_it():
    for kind in (CHECK, TRUE_CANCEL, DECOY_CANCEL, TICK_1S):
        bench = fallen(10000)
        bench.press(kind)
        assert bench.alert.context() == IN_PREALARM and bench.meanings() == ["pulse"] * 3
        bench.run(MINUTE)
        assert bench.numbers("CHUTE") == FIRSTS, kind


def test_once_it_is_told_two_presses_cancel_no_more():
    bench = fallen(PREALARM_MS)
    bench.press(FALL_CANCEL)
    bench.run(MINUTE)
    assert bench.numbers("CHUTE") == FIRSTS and bench.alert.context() == IN_ALERT
    assert [r[2] for r in remembered(bench)] == [0]
    bench.press(TRUE_CANCEL)
    bench.run(MINUTE)
    assert bench.numbers("annulé") == FIRSTS


def test_an_old_hush_does_not_hide_it():
    bench = Bench()
    bench.press(DANGER)
    bench.run(20000)
    bench.press(TRUE_CANCEL)
    bench.run(MINUTE)
    before = len(bench.said)
    fall(bench)
    bench.run(MINUTE)
    felt = [c for _, c in bench.said[before:] if isinstance(c, (Vibrate, HapticsHush))]
    assert felt[:6] == [Vibrate("pulse", 0)] * 6
    assert felt[6:] == [HapticsHush(0), Vibrate("trying", 0), Vibrate("taken", 0)]


# -- more than one fall ------------------------------------------------------------------------


def test_a_second_fall_in_it_does_not_begin_it_anew():
    bench = fallen(20000)
    fall(bench, (9,))
    bench.run(9000)
    assert bench.sent == [] and len(remembered(bench)) == 1
    bench.press(FALL_CANCEL, PAUSE_MS)
    assert remembered(bench)[1] == (700, FEATURES, 1), "the one that began it"
    bench.run(5000)
    fall(bench, (9,))
    assert bench.alert.context() == IN_PREALARM, "another one has its own"
    bench.run(MINUTE)
    assert bench.numbers("CHUTE Julie 21:42") == FIRSTS


def test_falls_of_less_than_a_minute_are_one():
    """In an alert: (begun, what raises it after 10 s, whether a fall soon after is another)."""
    for raised, told in ((None, False), (DANGER, True)):
        for after_ms, again in ((SAME_FALL_MS - 1, told), (SAME_FALL_MS, True)):
            bench = fallen(10000)
            if raised is not None:
                bench.press(raised)
            bench.run(after_ms - 10000)
            bench.at()
            before = len(bench.sent)
            fall(bench)
            bench.run(30000)
            texts = [s for s in bench.sent[before:] if "CHUTE" in s[2]]
            assert [s[1] for s in texts] == (FIRSTS if again else []), (raised, after_ms)
            for _, _, text, _ in texts:
                assert text.startswith("CHUTE Julie 21:42"), text


def test_a_fall_in_a_fall_is_told_with_its_own_time():
    bench = fallen(10 * MINUTE)
    bench.at(north_m=300)
    before = len(bench.sent)
    fall(bench)
    fall(bench)
    bench.run(30000)
    again = [s for s in bench.sent[before:] if "CHUTE" in s[2]]
    assert [s[1] for s in again] == FIRSTS
    for _, _, text, _ in again:
        assert text.startswith("CHUTE Julie 21:51, pas") and "q=45.7631" in text
    assert bench.kinds().count("again") == 1
    assert [f[1:] for f in bench.felt[-2:]] == [("trying", 0), ("taken", 0)]


def test_a_fall_in_a_danger_that_has_not_left_follows_it():
    """No network, in flight, or in doubt; through a reset; the danger pressed again after it."""
    for outcome in ("free", "long", "short", "doubt", "never"):
        for reset in (False, True):
            for again in (False, True):
                works = [outcome == "never"]
                bench = Bench(answer=lambda to, nth, o=outcome, w=works: "ok" if w[0] else o)
                bench.free = outcome != "free"
                bench.time_is(UTC)
                bench.press(DANGER)
                bench.run(2 * MINUTE + 500)
                fall(bench)  # at 21:43:58
                fall(bench)
                bench.run(MINUTE)
                if again:
                    bench.press(DANGER_AGAIN)
                    bench.run(MINUTE)
                if reset:
                    boot(bench, 5)
                bench.run(1500)
                works[0] = bench.free = True
                bench.tell(ModemReady())
                bench.run(5 * MINUTE)
                where = (outcome, reset, again)
                for number in NUMBERS:
                    told = [t for t in bench.texts(number, "ok") if "suivi" not in t]
                    if told[0].startswith("(2) "):
                        told[0] = told[0][4:]
                    assert told[0].startswith("DANGER Julie 21:4"), (where, told)
                    falls = [t for t in told if "CHUTE" in t]
                    assert len(falls) == 1, (where, told)
                    assert falls[0].startswith("CHUTE Julie 21:43, pas"), (where, told)
                    if outcome != "never":
                        assert len(told) == 2, (where, told)
                numbers = [s[1] for s in bench.sent if s[3] == "ok" and "suivi" not in s[2]]
                if outcome != "never":  # which reached some of them
                    assert sorted(numbers[:5]) == sorted(numbers[5:]) == FIRSTS, (where, numbers)


def test_a_fall_after_a_reset_in_a_danger_that_has_not_left():
    bench = Bench()
    bench.free = False
    bench.time_is(UTC)
    bench.press(DANGER)
    bench.run(MINUTE)
    utc_s = boot(bench, 5, time_known=False)
    bench.run(2 * MINUTE)
    fall(bench)  # nobody knows yet how long it was off
    bench.time_is(utc_s + 120)
    bench.free = True
    bench.step()
    bench.run(MINUTE)
    assert bench.numbers() == FIRSTS + FIRSTS
    assert bench.numbers("DANGER Julie 21:41") == bench.numbers("CHUTE Julie 21:45") == FIRSTS


def test_a_fall_and_a_danger_pressed_again_are_both_told():
    """After a danger that has left, in either order; each with its own time."""
    for order in (
        ("DANGER Julie 21:42", "CHUTE Julie 21:43"),
        ("CHUTE Julie 21:42", "DANGER Julie 21:43"),
    ):
        bench = Bench()
        bench.time_is(UTC)
        bench.press(DANGER)
        bench.run(MINUTE)
        bench.free = False
        for text in order:
            if text[0] == "C":
                fall(bench)
            else:
                bench.press(DANGER_AGAIN)
            bench.run(MINUTE)
        before = len(bench.sent)
        bench.free = True
        bench.step()
        bench.run(MINUTE)
        assert bench.numbers()[before:] == FIRSTS + FIRSTS, order
        for number in NUMBERS:
            texts = bench.texts(number)[1:]
            assert [t[: len(word)] for t, word in zip(texts, order)] == list(order), texts


def test_a_cancel_leaves_nothing_of_a_fall_that_waits():
    for outcome, latency_ms in (("long", 2000), ("ok", 150000)):  # that is in flight, and arrives
        bench = Bench(answer=lambda to, nth, o=outcome: o, latency_ms=latency_ms)
        bench.press(DANGER)
        bench.run(MINUTE)
        fall(bench)
        bench.press(TRUE_CANCEL)
        bench.run(HOUR)
        assert bench.numbers("CHUTE") == [] and bench.journal == [], outcome


def test_a_fall_in_a_guard_or_an_alert_has_no_pre_alarm():
    for kind in (WATCH, DANGER):
        for wait_ms in (3000, 20000):
            bench = Bench()
            bench.press(kind)
            bench.run(wait_ms)
            before = len(bench.sent)
            fall(bench)
            bench.run(20000)
            assert pulses(bench) == [], (kind, wait_ms)
            assert "CHUTE" in repr(bench.sent[before:])


# -- a reset -----------------------------------------------------------------------------------


def test_a_reset_in_it_tells_the_fall_at_once():
    for at_ms in range(0, PREALARM_MS, max(100, 300000 // depth(30000))):
        for off_s in (0, 5, 1500):
            for time_known in (True, False):
                bench = fallen(at_ms)
                felt = len(bench.felt)
                boot(bench, off_s, time_known)
                where = (at_ms, off_s, time_known)
                assert bench.sent[0][0] == 700 and bench.alert.context() == IN_ALERT, where
                bench.run(4 * MINUTE)
                assert bench.numbers("CHUTE Julie") == FIRSTS, where
                for text in bench.texts()[:5]:
                    assert "21:41, pas" in text, (where, text)
                assert [f[1:] for f in bench.felt[felt:]] in ([], [("taken", 0)]), where
                assert bench.alert.context() == IN_ALERT


def test_off_for_longer_the_fall_is_told_late():
    bench = fallen(12000)
    boot(bench, 7200)
    bench.at()
    bench.run(HOUR)
    assert bench.numbers("CHUTE Julie 05/11 21:41, pas") == FIRSTS
    assert bench.numbers("rallumé à 23:42. L'alerte du 05/11 21:41") == FIRSTS
    assert len(bench.sent) == 10 and bench.meanings() == ["pulse"] * 3
    assert bench.alert.context() == AT_REST and bench.journal == []


def test_a_reset_after_a_cancel_tells_nothing():
    bench = fallen(12000)
    bench.press(FALL_CANCEL, PAUSE_MS)
    journal = [(c.kind, c.values) for _, c in bench.said if isinstance(c, JournalAppend)]
    assert [c for _, c in bench.said][-1] == JournalClose()
    for kept in ([], journal):  # the power goes before the journal is closed
        bench.journal = list(kept)
        boot(bench, 5)
        bench.run(HOUR)
        assert bench.sent == [] and bench.journal == []


def test_a_fall_ends_the_doubt_about_the_time_off():
    for kind in (WATCH, DANGER):
        bench = Bench()
        bench.time_is(UTC)
        bench.press(kind)
        bench.run(MINUTE)
        sent = len(bench.sent)
        utc_s = boot(bench, 90000, time_known=False)
        bench.run(20000)
        fall(bench)
        bench.run(20000)
        assert bench.numbers("CHUTE") == FIRSTS == [s[1] for s in bench.sent[sent:]]
        bench.time_is(utc_s + 40)
        bench.run(MINUTE)
        assert bench.alert.context() == IN_ALERT and bench.numbers("rallumé") == []


# -- from the button on ------------------------------------------------------------------------


class Worn(Bench):
    """A bench with the recogniser before it, stepped as the core does; she falls at fall_ms."""

    def __init__(self, trained, fall_ms, **changes):
        settings = config(gestures=trained, **changes)
        self.recogniser = gestures.make(settings)
        self.fall_ms = fall_ms
        Bench.__init__(self, settings)

    def edge(self, event):
        for gesture in self.recogniser.handle(event, self.now_ms, self.alert.context()):
            if gesture.kind != TICK_1S:
                self.tell(gesture)
        self.step()

    def until(self, at_ms):
        while self.now_ms < at_ms:
            due_ms = self.recogniser.wake_ms(self.now_ms) or at_ms
            due_ms = max(self.now_ms, min(due_ms, at_ms, self.now_ms + 400))
            if self.now_ms < self.fall_ms <= due_ms:
                due_ms = self.fall_ms
            self.run(due_ms - self.now_ms)
            if due_ms < at_ms:
                self.edge(Tick())
            if due_ms == self.fall_ms:
                fall(self)
                self.edge(Tick())

    def presses(self, held_ms, gap_ms, rest_ms=2 * MINUTE):
        for held in held_ms:
            self.edge(ButtonDown())
            self.until(self.now_ms + held)
            self.edge(ButtonUp())
            self.until(self.now_ms + gap_ms)
        self.until(self.now_ms + rest_ms)


def test_two_presses_in_it_cancel_and_more_are_danger():
    for seed in range(depth(5000)):
        rng = Rng(seed)
        profile = rng.choice(("default", "monsherif"))
        held_ms = [rng.between(40, 990) for _ in range(rng.between(1, 5))]
        gap_ms = rng.between(40, 1990)
        after_ms = rng.between(-4000, PREALARM_MS + 3000)
        bench = Worn(profile, 10000)
        bench.until(10000 + after_ms)
        bench.presses(held_ms, gap_ms)
        where = (seed, profile, after_ms, held_ms, gap_ms)
        decided_ms = after_ms + sum(held_ms) + gap_ms + PAUSE_MS
        begun = FELT_MS <= after_ms < PREALARM_MS
        if len(held_ms) == 2 and begun and decided_ms < PREALARM_MS + LONGER_MS:
            assert bench.sent == [] and bench.felt[-1][1] == "withdrawn", where
            assert bench.alert.context() == AT_REST, where
            continue
        words = ("DANGER",) if len(held_ms) > 2 else ("DANGER", "CHUTE")
        assert FIRSTS in [sorted(set(bench.numbers(word))) for word in words], where
        assert bench.numbers("annulé") == [], where


def test_a_fall_in_a_guard_leaves_her_third_press():
    """Of two presses: (ms since the first: a fall, further presses; whether these are danger)."""
    for fall_ms, further_ms, danger in (
        (2800, (), False),
        (2800, (3000,), True),
        (2800, (3900,), True),
        (2800, (8000,), True),  # in what was the guard
        (2800, (8000, 8400), True),  # ... where two are no near-miss of her pattern
        (2800, (12400,), True),
        (2800, (13000,), False),  # once it would have ended, one press is nothing
        (1500, (), False),  # a fall before the watch is decided, which then tells it
        (1500, (2900,), True),
        (1500, (9000,), True),
    ):
        for prealarm_ms in (30000, 0):
            for held_ms in (150, 3200):
                if (prealarm_ms, further_ms) == (0, (9000,)):
                    continue  # told before the watch: there is no guard
                if held_ms > 150 and further_ms in ((8000, 8400), (13000,)):
                    continue
                bench = Worn("default", 10000 + fall_ms, prealarm_ms=prealarm_ms)
                bench.until(10000)
                bench.presses((150, 150), 250, 0)
                for at_ms in further_ms:
                    bench.until(10000 + at_ms)
                    bench.presses((held_ms,), 100, 0)
                bench.until(bench.now_ms + 2 * MINUTE)
                where = (fall_ms, further_ms, prealarm_ms, held_ms)
                word = "DANGER" if danger else "CHUTE"
                assert sorted(set(bench.numbers(word))) == FIRSTS, where
                assert danger or bench.numbers() == FIRSTS, where
                assert bench.numbers("FORCEE") == [], where


def test_a_long_press_in_what_was_the_guard_takes_nothing_back():
    bench = Worn("default", 12800)
    bench.until(10000)
    bench.presses((150, 150), 250, 0)
    bench.until(17000)
    bench.presses((1500,), 100, 0)
    bench.until(bench.now_ms + 2 * MINUTE)
    assert bench.numbers() == FIRSTS == bench.numbers("CHUTE")


def test_two_presses_that_answer_no_pulse_tell_the_fall_at_once():
    """By when they begin; where nothing is felt, at any time. One press is nothing."""
    for profile, haptics, after_ms, cancels in (
        ("separated", 1, -800, False),
        ("separated", 1, 0, False),
        ("health", 1, FELT_MS - 1, False),
        ("separated", 1, FELT_MS, True),
        ("cohabiting", 1, 10000, False),
        ("separated", 0, 10000, False),
    ):
        for held_ms in ((150, 150), (150,)):
            bench = Worn("default", 10000, profile=profile, haptics=haptics)
            bench.until(10000 + after_ms)
            bench.presses(held_ms, 250)
            where = (profile, haptics, after_ms, held_ms)
            if len(held_ms) == 2 and cancels:
                assert bench.sent == [], where
                continue
            at_once_ms = 10000 + after_ms + 550 + PAUSE_MS
            told_ms = at_once_ms if len(held_ms) == 2 else 10000 + PREALARM_MS
            assert bench.numbers() == FIRSTS == bench.numbers("CHUTE"), where
            assert bench.sent[0][0] == told_ms, where


def test_its_end_waits_for_presses_in_progress():
    """(profile, ms from its start that they begin, held, pause; whether they cancel, told at)."""
    for trained, after_ms, held_ms, gap_ms, told_ms in (
        ("default", 27400, (150, 150), 250, None),
        ("default", 28000, (150, 150), 250, None),
        ("default", 29300, (150, 150), 250, None),
        ("monsherif", 29300, (150, 150), 250, None),
        ("default", 29999, (150, 150), 1600, None),
        ("default", 29999, (150, 150), 1900, 34000),  # decided too late
        ("default", 29000, (150,), 250, 31150),
        ("default", 29999, (150,), 250, 32149),
        ("default", 29999, (1500,), 250, 33499),
        ("default", 29999, (2500,), 250, 34000),
        ("default", 29000, (150, 1500), 250, 32900),
        ("default", 29000, (150, 150), 2000, 31150),  # one, then another
        ("default", 27800, (150,), 250, 30000),  # decided before it
        ("default", 30000, (150,), 250, 30000),
    ):
        bench = Worn(trained, 10000)
        bench.until(10000 + after_ms)
        bench.presses(held_ms, gap_ms)
        where = (trained, after_ms, held_ms, gap_ms)
        assert bench.numbers() == bench.numbers("CHUTE") == ([] if told_ms is None else FIRSTS), (
            where
        )
        if told_ms is not None:
            assert bench.sent[0][0] == 10000 + told_ms, where
        assert pulses(bench) == [10000 + 5000 * i for i in range(6)], where


def test_three_presses_across_its_end_are_danger():
    """However they are paused, within 4 s; where nothing is felt, too."""
    for profile in ("separated", "cohabiting"):
        for begins_ms in ((29000, 31200, 32800), (27000, 29200, 30900), (29900, 30200, 33700)):
            bench = Worn("default", 10000, profile=profile)
            for at_ms in begins_ms:
                bench.until(10000 + at_ms)
                bench.presses((150,), 50, 0)
            bench.until(bench.now_ms + 2 * MINUTE)
            where = (profile, begins_ms)
            assert sorted(set(bench.numbers("DANGER"))) == FIRSTS, where
            assert bench.numbers("FORCEE") == [] == bench.numbers("annul"), where
    for begins_ms in ((27900, 30100, 32001), (20000, 32000, 36000)):  # not within 4 s
        bench = Worn("default", 10000)
        for at_ms in begins_ms:
            bench.until(10000 + at_ms)
            bench.presses((150,), 50, 0)
        bench.until(bench.now_ms + 2 * MINUTE)
        assert bench.numbers() == bench.numbers("CHUTE") == FIRSTS, begins_ms


def test_her_pattern_soon_after_its_end_is_still_hers():
    bench = Worn("default", 10000)
    bench.until(10000 + 29000)
    bench.presses((150,), 250, 6000)
    bench.presses((1200, 150, 1200, 150), 250)  # lsls
    assert bench.numbers("annul") == FIRSTS and bench.numbers("DANGER") == []


def test_what_means_nothing_in_it_asks_for_nothing():
    for kind in (CHECK, SERVICE, TRUE_CANCEL):
        bench = fallen(10000, settings=config(profile="cohabiting"))
        bench.press(kind)
        bench.run(MINUTE)
        assert [f[1:] for f in bench.felt[-2:]] == [("trying", 0), ("taken", 0)], kind
