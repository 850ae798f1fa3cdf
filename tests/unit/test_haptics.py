"""The motor's arbiter: what is felt, when, and above all when nothing is."""

from harness import Rng, depth

from firmware.messages import (
    ANSWERED,
    CANCELLED,
    DELIVERED,
    FAILED,
    FIRM,
    NOT_YET,
    PULSE,
    RECORDING,
    RECORDING_SHORT,
    TAKEN,
    TICK,
    TRYING,
    WITHDRAWN,
    Vibrate,
)
from firmware.policy.haptics import PATTERNS, Haptics, make

GAP_MS, MERGE_MS = 600, 30000
WAITING_MAX = 4
WEAK_PCT = 60
NEWS = (TAKEN, DELIVERED, ANSWERED, FAILED)
ALL = NEWS + (TRYING, TICK, FIRM, CANCELLED, WITHDRAWN, NOT_YET, RECORDING, RECORDING_SHORT)


class Felt:
    """An arbiter stepped as the application does, and the trace of its motor."""

    def __init__(self, on=1, unasked_on=1, quiet=(0, 0)):
        self.haptics = Haptics(on, unasked_on, quiet[0], quiet[1])
        self.now_ms = 5000
        self.level_pct = 0
        self.trace = []  # (at_ms, level_pct) at each change

    def ask(self, meaning):
        self.haptics.play(Vibrate(meaning, 1), self.now_ms)
        return self.step()

    def tell(self, meaning):
        self.haptics.play(Vibrate(meaning, 0), self.now_ms)
        return self.step()

    def step(self):
        level_pct = self.haptics.level(self.now_ms)
        if level_pct != self.level_pct:
            self.level_pct = level_pct
            self.trace.append((self.now_ms, level_pct))
        return self

    def wait(self, ms, late_ms=0):
        until_ms = self.now_ms + ms
        while True:
            due_ms = self.haptics.wake_ms(self.now_ms)
            if due_ms is None or due_ms > until_ms:
                break
            assert due_ms >= self.now_ms
            self.now_ms = due_ms + late_ms
            self.step()
        self.now_ms = max(self.now_ms, until_ms)
        return self.step()

    def words(self):
        """What was felt, as a person would: words of short and long pulses; w: weak."""
        assert self.level_pct == 0
        text = ""
        end_ms = None
        for (at_ms, level_pct), (off_ms, _) in zip(self.trace[::2], self.trace[1::2]):
            assert level_pct in (100, WEAK_PCT)
            if end_ms is not None and at_ms - end_ms >= GAP_MS:
                text += " "
            elif end_ms is not None:
                assert 100 <= at_ms - end_ms <= GAP_MS // 3
            text += ("S" if off_ms - at_ms < 200 else "L") + ("w" if level_pct < 100 else "")
            end_ms = off_ms
        return text


def word(meaning, weak=False):
    return (
        Felt()
        .ask(meaning)
        .wait(9999)
        .words()
        .replace("S", "Sw" if weak else "S")
        .replace("L", "Lw" if weak else "L")
    )


def words(*meanings):
    """Names of messages.py; those in lists are unasked, and weak."""
    return " ".join([word(m[0], True) if isinstance(m, list) else word(m) for m in meanings])


# -- the patterns ----------------------------------------------------------------------------


def test_meanings_are_told_apart_blind():
    assert set(PATTERNS) == set(ALL) | {PULSE} and len(ALL) == 12
    seen = {}
    for meaning in ALL:
        rhythm = word(meaning)
        # The tick is one short pulse in the middle of a hold, firm one long at its third second.
        assert rhythm not in seen, (meaning, seen.get(rhythm))
        seen[rhythm] = meaning


def test_every_pulse_can_be_felt_and_every_word_is_short():
    for meaning in ALL + (PULSE,):
        steps = PATTERNS[meaning]
        assert len(steps) % 2 == 1, meaning
        for i, (level_pct, ms) in enumerate(steps):
            if i % 2:
                assert level_pct == 0 and 100 <= ms <= GAP_MS // 3, meaning
            else:
                # A coin motor takes some 50 ms to turn; weak must be enough to start it.
                assert 60 <= ms <= 120 or 400 <= ms <= 600, meaning
                assert 50 <= level_pct * WEAK_PCT // 100 < level_pct <= 100, meaning
        # The one that plays and the gap after it: the next asked-for one begins within 3 s.
        assert sum([ms for _, ms in steps]) + GAP_MS < 3000, meaning


def test_the_trace_of_a_pattern():
    felt = Felt().ask(TAKEN)
    assert felt.trace == [(5000, 100)], "at once"
    felt.wait(9999)
    assert felt.trace == [(5000, 100), (5090, 0), (5240, 100), (5690, 0)]
    assert felt.haptics.wake_ms(felt.now_ms) is None


def test_a_late_step_loses_no_pulse():
    for late_ms in (0, 1, 19, 60, 200, 700):
        felt = Felt().ask(ANSWERED).wait(9999, late_ms)
        on = [at_ms for at_ms, level_pct in felt.trace if level_pct]
        assert len(on) == 4 and felt.level_pct == 0, late_ms
    on_time = Felt().ask(ANSWERED).wait(9999).trace
    for (at_ms, _), (late_at_ms, _) in zip(on_time, Felt().ask(ANSWERED).wait(9999, 10).trace):
        assert 0 <= late_at_ms - at_ms <= 10, "small delays do not add up"


# -- asked and unasked -----------------------------------------------------------------------


def test_asked_for_always_plays():
    for meaning in ALL:
        for felt in (
            Felt(unasked_on=0),
            Felt(quiet=(0, 1439)),
            Felt(quiet=(22 * 60, 7 * 60)),
        ):
            felt.haptics.worn(0)
            felt.haptics.hush(1)
            felt.haptics.local_minute(23 * 60)
            assert felt.ask(meaning).wait(9999).words() == word(meaning), meaning


def test_unasked_plays_weak():
    for meaning in NEWS:
        assert Felt().tell(meaning).wait(9999).words() == words([meaning])


def test_unasked_waits_for_her():
    """name, quiet hours, what is told before; then DELIVERED is kept until she asks."""

    def nothing(haptics):
        return None

    for name, felt, prepare in (
        ("set down", Felt(), lambda haptics: haptics.worn(0)),
        ("cohabiting", Felt(unasked_on=0), nothing),
        ("quiet", Felt(quiet=(600, 720)), lambda haptics: haptics.local_minute(600)),
        ("night", Felt(quiet=(1320, 420)), lambda haptics: haptics.local_minute(1320)),
        ("morning", Felt(quiet=(1320, 420)), lambda haptics: haptics.local_minute(419)),
        ("time unknown", Felt(quiet=(1320, 420)), nothing),
    ):
        prepare(felt.haptics)
        felt.tell(DELIVERED).wait(60000)
        assert felt.trace == [], name
        felt.haptics.worn(1)
        felt.haptics.local_minute(1000)
        felt.wait(60000)
        assert felt.trace == [], name + ": for her gesture, not for the end of the cause"
        felt.ask(NOT_YET).wait(9999)
        assert felt.words() == words(NOT_YET, [DELIVERED]), name
        felt.ask(NOT_YET).wait(9999)
        assert felt.words() == words(NOT_YET, [DELIVERED], NOT_YET), name + ": once"


def test_outside_quiet_hours_it_speaks():
    for quiet, now_min in (
        ((600, 720), 599),
        ((600, 720), 720),
        ((1320, 420), 1319),
        ((1320, 420), 420),
        ((0, 0), None),
        ((600, 600), 600),
    ):
        felt = Felt(quiet=quiet)
        felt.haptics.local_minute(now_min)
        assert felt.tell(DELIVERED).wait(9999).words() == words([DELIVERED]), (quiet, now_min)


def test_what_waits_does_not_follow_a_tick():
    felt = Felt(unasked_on=0).tell(DELIVERED).wait(999)
    felt.ask(TICK).wait(2000).ask(FIRM).wait(999)
    assert felt.words() == words(TICK, FIRM)
    felt.ask(NOT_YET).wait(9999)
    assert felt.words() == words(TICK, FIRM, NOT_YET, [DELIVERED])


def test_what_an_earlier_press_came_to_does_not_follow_a_new_one():
    for news in (TAKEN, DELIVERED, FAILED):
        felt = Felt(unasked_on=0).tell(news).wait(999)
        assert felt.ask(TRYING).wait(9999).words() == words(TRYING), news
        felt = Felt().tell(news).step().ask(TRYING).wait(9999)
        assert felt.words()[-len(words(TRYING)) :] == words(TRYING), news
    felt = Felt(unasked_on=0).tell(ANSWERED).wait(999)
    assert felt.ask(TRYING).wait(9999).words() == words(TRYING, [ANSWERED])


# -- merging and order -------------------------------------------------------------------------


def test_five_reports_are_felt_once():
    felt = Felt()
    for _ in range(5):
        felt.tell(DELIVERED).wait(3000)
    assert felt.words() == words([DELIVERED])
    felt.wait(MERGE_MS).tell(DELIVERED).wait(9999)
    assert felt.words() == words([DELIVERED], [DELIVERED])


def test_news_merge_into_the_newest_and_best():
    for told, felt_words in (
        ((TAKEN, DELIVERED, ANSWERED), (ANSWERED,)),
        ((ANSWERED, DELIVERED, TAKEN), (ANSWERED,)),
        ((DELIVERED, DELIVERED), (DELIVERED,)),
        ((TAKEN, FAILED), (FAILED,)),
        ((ANSWERED, FAILED), (FAILED,)),
        ((FAILED, TAKEN), (TAKEN,)),
        ((FAILED, FAILED), (FAILED,)),
    ):
        felt = Felt(unasked_on=0)
        for meaning in told:
            felt.tell(meaning).wait(100)
        felt.ask(NOT_YET).wait(9999)
        expected = words(NOT_YET, *[[meaning] for meaning in felt_words])
        assert felt.words() == expected, told


def test_a_worse_word_after_a_better_one_says_nothing_new():
    felt = Felt().tell(ANSWERED).wait(5000).tell(DELIVERED).wait(5000)
    assert felt.words() == words([ANSWERED])
    assert felt.tell(FAILED).wait(5000).words() == words([ANSWERED], [FAILED])


def test_the_newer_asked_for_replaces_the_one_that_queues():
    felt = Felt().ask(FIRM).ask(TRYING).ask(TAKEN).wait(9999)
    assert felt.words() == words(FIRM, TAKEN)


def test_asked_for_interrupts_unasked_which_is_then_felt_in_full():
    felt = Felt().tell(ANSWERED).wait(40).ask(TRYING).wait(9999)
    assert felt.trace[0] == (5000, WEAK_PCT) and felt.trace[1] == (5040, 0)
    assert felt.words() == words([TICK], TRYING, [ANSWERED])


def test_queues_are_bounded():
    for seed in range(depth(2000)):
        rng = Rng(seed)
        felt = Felt(quiet=(600, 720))
        for _ in range(200):
            felt.haptics.worn(rng.below(2))
            felt.haptics.local_minute(rng.choice((None, 600, 800)))
            meaning = rng.choice(ALL + (PULSE,))
            felt.haptics.play(Vibrate(meaning, rng.below(2)), felt.now_ms)
            felt.step()
            assert PULSE not in felt.haptics._due + felt.haptics._waiting, seed
            assert len(felt.haptics._due) <= WAITING_MAX, seed
            assert len(felt.haptics._waiting) <= WAITING_MAX, seed
            felt.wait(rng.below(rng.choice((3, 900))))
        felt.wait(30000)
        felt.words()  # the motor rests, and every gap is one between pulses or between words


# -- the pulse of a pre-alarm ------------------------------------------------------------------


def test_a_pulse_is_weak_and_80_ms():
    felt = Felt().tell(PULSE).wait(9999)
    assert felt.trace == [(5000, WEAK_PCT), (5080, 0)]
    assert felt.haptics.wake_ms(felt.now_ms) is None


def test_when_a_pulse_is_felt():
    """name, prepare, whether it is felt; and it is never felt later."""
    for name, felt, prepare, is_felt in (
        ("worn", Felt(), lambda haptics: None, True),
        ("quiet hours", Felt(quiet=(600, 720)), lambda haptics: haptics.local_minute(650), True),
        ("time unknown", Felt(quiet=(600, 720)), lambda haptics: None, True),
        ("an old hush", Felt(), lambda haptics: haptics.hush(1), True),
        ("word of it is old", Felt(), lambda haptics: haptics.worn(0), True),
        ("cohabiting", Felt(unasked_on=0), lambda haptics: None, False),
        ("off", Felt(on=0), lambda haptics: None, False),
        ("charging", Felt(), lambda haptics: haptics.charging(1), False),
    ):
        prepare(felt.haptics)
        felt.tell(PULSE).wait(9999)
        assert (felt.trace == [(5000, WEAK_PCT), (5080, 0)]) == is_felt, name
        assert len(felt.trace) == 2 * is_felt, name
        felt.haptics.hush(0)
        felt.haptics.charging(0)
        felt.haptics.local_minute(1000)
        before = len(felt.trace)
        felt.ask(NOT_YET).wait(9999)
        assert len(felt.trace) - before == 6 * (name != "off"), name + ": nothing was kept"


def test_a_pulse_makes_way():
    """Of what plays, and of the gap after it."""
    for asked in (0, 1):
        for after_ms in (0, 50, 89, 90, 90 + GAP_MS - 1):
            felt = Felt()
            felt.haptics.play(Vibrate(TICK, asked), felt.now_ms)
            felt.step().wait(after_ms).tell(PULSE).wait(9999)
            assert len(felt.trace) == (4 if after_ms >= 60 + GAP_MS else 2), (asked, after_ms)


def test_a_pulse_that_has_begun_is_felt_in_full():
    """Whatever comes in its middle, but for power; an answer follows it."""
    for after_ms in (0, 40, 79):
        felt = Felt().tell(PULSE).wait(after_ms).ask(TICK).wait(9999)
        assert felt.trace[:2] == [(5000, WEAK_PCT), (5080, 0)], after_ms
        assert felt.trace[2:] == [(5080 + GAP_MS, 100), (5140 + GAP_MS, 0)], after_ms
        felt = Felt()
        felt.haptics.play(Vibrate(PULSE, 0), felt.now_ms)
        felt.haptics.play(Vibrate(TICK, 1), felt.now_ms)  # in one step
        assert felt.step().wait(9999).words() == words([TICK], TICK)
        for disturb in (
            lambda haptics: haptics.hush(0),
            lambda haptics: haptics.hush(1),
            lambda haptics: haptics.worn(0),
        ):
            felt = Felt().tell(PULSE).wait(after_ms)
            disturb(felt.haptics)
            assert felt.step().wait(9999).trace == [(5000, WEAK_PCT), (5080, 0)], after_ms


def test_a_pulse_is_no_news():
    felt = Felt(unasked_on=0).tell(DELIVERED).wait(999)
    felt.haptics._unasked_on = 1
    felt.tell(PULSE).wait(9999)
    assert felt.words() == words([TICK]), "what waits does not follow it"
    assert felt.ask(NOT_YET).wait(9999).words() == words([TICK], NOT_YET, [DELIVERED])
    felt = Felt().tell(DELIVERED).wait(9999).tell(PULSE).wait(999).tell(DELIVERED).wait(9999)
    assert felt.words() == words([DELIVERED], [TICK]), "and what she was told stays told"


def test_power_stops_a_pulse():
    felt = Felt().tell(PULSE).wait(40)
    felt.haptics.charging(1)
    felt.step()
    assert felt.level_pct == 0
    felt.haptics.charging(0)
    assert felt.wait(9999).ask(NOT_YET).wait(9999).words() == words([TICK], NOT_YET)


# -- when nothing may be felt -------------------------------------------------------------------


def test_haptics_off_is_off():
    felt = Felt(on=0)
    for meaning in ALL:
        felt.ask(meaning).wait(3000).tell(meaning).wait(3000)
    assert felt.trace == []


def test_charging_the_motor_is_still():
    felt = Felt()
    felt.haptics.charging(1)
    for meaning in ALL:
        felt.ask(meaning).wait(3000)
    felt.tell(DELIVERED).wait(9999)
    assert felt.trace == []
    felt.haptics.charging(0)
    felt.wait(9999)
    assert felt.trace == []
    assert felt.ask(NOT_YET).wait(9999).words() == words(NOT_YET, [DELIVERED])


def test_power_stops_a_pattern_in_progress():
    for asked in (0, 1):
        felt = Felt()
        felt.haptics.play(Vibrate(FAILED, asked), felt.now_ms)
        felt.step().ask(TRYING).wait(100)
        felt.haptics.charging(1)
        felt.step()
        assert felt.level_pct == 0
        length = len(felt.trace)
        felt.wait(60000)
        assert len(felt.trace) == length


def test_set_down_stops_what_is_unasked():
    felt = Felt().tell(FAILED).wait(100)
    felt.haptics.worn(0)
    felt.step().wait(9999)
    assert felt.words() == words([TICK])
    assert felt.ask(NOT_YET).wait(9999).words() == words([TICK], NOT_YET, [FAILED])


def test_hush_drops_what_is_unasked():
    felt = Felt(unasked_on=0).tell(DELIVERED)
    felt.ask(CANCELLED)
    felt.haptics.hush(1)
    felt.tell(ANSWERED).wait(9999)
    assert felt.words() == words(CANCELLED)
    felt.haptics.hush(0)
    felt.wait(9999).ask(TRYING).wait(9999)
    assert felt.words() == words(CANCELLED, TRYING), "nothing of an alert in a later one"


def test_true_and_decoy_cancel_are_felt_alike():
    """The same history, the same words: what comes after the two differs only in silence."""
    for before in ((), (TRYING,), (TRYING, TAKEN), (DELIVERED,)):
        traces = []
        for after in ((), NEWS):
            felt = Felt()
            for meaning in before:
                felt.tell(meaning)
            felt.wait(700).ask(CANCELLED)
            felt.haptics.hush(1)
            for meaning in after:
                felt.wait(1000).tell(meaning)
            felt.wait(20000)
            traces.append(felt.trace)
        assert traces[0] == traces[1], before


def test_a_new_alert_hears_its_own_news():
    """Lifting the hush begins anew: the merge window of the last alert is over too."""
    felt = Felt().tell(DELIVERED).wait(3000)
    felt.haptics.hush(1)
    felt.haptics.hush(0)
    assert felt.tell(DELIVERED).wait(9999).words() == words([DELIVERED], [DELIVERED])


class Settings:
    """What `make` reads of a Config."""

    def __init__(self, haptics, profile):
        self.haptics = haptics
        self.profile = profile
        self.quiet_from_min = 600
        self.quiet_until_min = 720


def test_made_from_the_configuration():
    for haptics, profile, now_min, expected in (
        (1, "separated", 500, words([DELIVERED])),
        (1, "health", 500, words([DELIVERED])),
        (1, "cohabiting", 500, ""),
        (1, "separated", 650, ""),
        (0, "separated", 500, ""),
    ):
        felt = Felt()
        felt.haptics = make(Settings(haptics, profile))
        felt.haptics.local_minute(now_min)
        assert felt.tell(DELIVERED).wait(9999).words() == expected, (haptics, profile)
