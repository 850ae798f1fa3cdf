"""The detector of falls: its stages, its times, and what must not move it."""

from fall_motion import FACE, FLAT, UP, bumps, fall, noise, play, stream
from harness import Rng, depth

from firmware.policy import falls
from firmware.policy.fall_features import Features
from firmware.policy.motion_ring import SLOTS

FED, STILL, TUMBLE = 4, 10, 16  # words of its state
WAIT = 440  # samples from the end of the greatest mean to the decision
AGE = WAIT + 10  # and from its middle
LEAST, MOST = -8192, 8191
# Of each word of the state, for samples that the chip can give
AXES = 3 * (24576 << 5,)
GREATEST = (32, 32, SLOTS, SLOTS, 39, 20 * 14189, 14190 << 9) + AXES + (1 << 29,)
GREATEST += (20 * 14189, 1 << 30, 20 * 14189, 1 << 30, 100, 7200, 1) + AXES


class Says:
    """In place of the model: its scores one after the other, the last for ever."""

    threshold = 0

    def __init__(self, *scores):
        self.asked = 0
        self._scores = scores

    def score(self, features):
        assert len(features) == 76
        self.asked += 1
        return self._scores[min(self.asked, len(self._scores)) - 1]


class Config:
    def __init__(self, placement):
        self.placement = placement


def detector(*scores):
    return falls.Detector(Says(*(scores or (1,))))


def words(it):
    return list(it._state)


def any_size(rng):
    return lambda: 1 + rng.below(32)


def same(one, other):
    """Two detectors are in one state, but for the batch."""
    assert words(one)[2:] == words(other)[2:]
    assert (one.ring.count, one.ring.first) == (other.ring.count, other.ring.first)
    assert one.ring.samples == other.ring.samples and one._mute == other._mute


# -- candidates


def test_a_candidate_is_a_mean_over_what_has_been():
    for gravity, blow, wanted in (
        (1000, 1100, False),
        (1000, 1130, False),  # the mean of late rises with it
        (1000, 1140, True),
        (980, 1100, False),
        (980, 1130, True),
        (800, 1020, False),  # it is never taken for less than 900
        (800, 1040, True),
        (1190, 1310, False),
        (1190, 1340, True),
        (940, 1050, False),
        (940, 1090, True),
        (1225, 1345, True),  # nor for more than 1200
    ):
        it = detector()
        play(it, stream((3000, (0, gravity, 0))))
        assert not it.busy(), gravity
        play(it, stream((20, (0, 0, -blow))))
        assert it.busy() == wanted, (gravity, blow)


def test_nothing_before_twenty_samples():
    it = detector()
    play(it, stream((19, (0, 4000, 0))))
    assert not it.busy()
    play(it, stream((1, (0, 4000, 0))))
    assert it.busy()


def test_one_hard_sample_is_a_candidate_when_it_weighs_enough():
    for blow, wanted in ((3500, False), (3800, True)):
        it = detector()
        play(it, stream((100, UP), (1, (0, blow, 0)), (30, UP)))
        assert it.busy() == wanted


# -- when and what


def test_a_fall_is_told_4_5_s_after_its_impact():
    (found,) = play(detector(7), fall(), 1)
    impact, told, score, features = found
    assert abs(impact - 440) <= 5 and told - impact == AGE
    assert score == 7 and isinstance(features, tuple) and len(features) == 76


def test_never_later_than_5_s_with_batches_of_a_watermark():
    late = []
    for before in range(400, 420):
        ((impact, told, _, _),) = play(detector(), fall(before), 20)
        assert 435 <= impact - before + 400 <= 445
        late.append(told - impact)
    assert min(late) == AGE and max(late) == AGE + 19 < 480


def test_a_score_below_the_threshold_is_no_fall():
    it = detector(-1)
    assert play(it, fall()) == [] and it._model.asked == 1
    assert len(play(detector(0), fall())) == 1


def test_the_clock_starts_anew_with_a_greater_impact():
    steps = ((400, 1500), (100, 1900), (400, 2500), (700, 0))
    ((impact, told, _, _),) = play(detector(), bumps(*steps), 1)
    assert (impact, told) == (400 + 20 + 100 + 20 + 400 + 9, 949 + AGE)


def test_the_runner_up_is_judged_when_the_first_was_none():
    it = detector(-1, 1)
    ((impact, told, _, _),) = play(it, bumps((400, 2500), (200, 1500), (900, 0)), 1)
    assert (impact, told) == (629, 629 + AGE) and it._model.asked == 2
    it = detector(-1, 1)  # the greater one of two
    ((impact, _, _, _),) = play(it, bumps((400, 2500), (150, 1500), (60, 1700), (900, 0)), 1)
    assert impact == 400 + 20 + 150 + 20 + 60 + 9


def test_what_comes_within_1_5_s_belongs_to_the_same_impact():
    it = detector(-1, 1)
    assert play(it, bumps((400, 2500), (100, 1500), (900, 0))) == []
    assert it._model.asked == 1 and not it.busy()


def test_exactly_1_5_s():
    """A hard sample is in the mean for 0.2 s: the last of it counts."""
    for rest, wanted in ((129, 0), (130, 1)):
        it = detector(-1, 1)
        play(it, stream((400, UP), (1, (0, 4500, 0)), (rest, UP), (1, (0, 3900, 0)), (900, UP)))
        assert it._model.asked == 1 + wanted


def test_the_next_but_one_decision_comes_4_4_s_later():
    rng = Rng(5)
    it = detector(-1)
    asked = []
    for number in range(depth(40000)):
        mg = 1000 if rng.below(40) else 1500 + rng.below(1500)
        before = it._model.asked
        it.feed(stream((1, (0, mg, 0))), 1)
        if it._model.asked > before:
            asked.append(number)
    for at in range(2, len(asked)):
        assert asked[at] - asked[at - 2] >= WAIT


def test_no_second_fall_for_15_s():
    it = detector()
    found = play(it, bumps(*((230, 1500 + k % 2) for k in range(20)), (600, 0)), 1)
    told = [one[1] for one in found]
    assert len(told) >= 2
    for one, other in zip(told, told[1:]):
        assert 1500 <= other - one < 2100


def test_exactly_15_s():
    for rest, wanted in ((1480, 1), (1479, 0)):
        it = detector()
        play(it, bumps((400, 2500), (rest, 2400), (600, 0)))
        assert it._model.asked == 1 + wanted


def test_who_strides_on_has_not_fallen():
    for deviation, asked in ((300, 1), (450, 0)):
        it = detector()
        sway = stream(
            *((10, (0, 1000 + (deviation if k & 1 else -deviation), 0)) for k in range(20))
        )
        samples = stream((400, UP), (20, (0, 2500, 0)), (300, UP), sway, (100, UP))
        play(it, samples, 1)
        assert it._model.asked == asked, deviation


# -- tumbling


def turns(count, rest=140):
    """Impacts 1.5 s apart, each with gravity on another axis than the one before."""
    parts = []
    for number in range(count):
        side = (UP, FLAT, FACE)[number % 3]
        parts += [(rest, side), (10, tuple(2 * part for part in side))]
    return stream(*parts)


def test_tumbling_suspends_and_ends():
    it = detector()
    found = play(it, turns(24))
    assert it.suspended() and len(found) <= 1
    asked = it._model.asked
    assert play(it, turns(24)) == [] and it._model.asked == asked
    before = it._state[TUMBLE]
    play(it, stream((3000, UP)))
    assert it.suspended()  # a pause of 30 s does not end it
    assert it._state[TUMBLE] == before - 3000
    play(it, stream((5000, UP)))
    assert not it.suspended() and it._state[TUMBLE] == 0
    assert len(play(it, fall())) == 1


def test_a_turn_or_two_suspend_nothing():
    for count in (1, 2, 3):  # the first is no turn
        it = detector()
        play(it, turns(count))
        assert not it.suspended(), count


def test_impacts_that_do_not_turn_are_a_gait():
    it = detector()
    play(it, bumps(*((60, 2200) for _ in range(60))))
    assert not it.suspended()


def test_the_first_impact_of_all_is_no_turn():
    it = detector()
    for _ in range(20):
        it.restart()
        play(it, stream((30, UP), (10, (0, 2000, 0)), (20, UP)))
    assert not it.suspended() and it._state[TUMBLE] == 0


def test_a_gap_does_not_end_tumbling():
    it = detector()
    play(it, turns(24))
    before = it._state[TUMBLE]
    it.restart()
    assert it.suspended() and it._state[TUMBLE] == before > 0


# -- what must make no difference


def test_any_batches_give_the_same():
    for seed in range(depth(100)):
        rng = Rng(seed)
        samples = stream(
            noise(200 + rng.below(100), rng, 60),
            fall(rng.below(300), rng.below(300)),
            turns(rng.below(6), 100),
            noise(300, rng, 900),
            fall(300, 700),
        )
        one, other = detector(-1, 1), detector(-1, 1)
        want = play(one, samples, 1)
        got = play(other, samples, any_size(rng))
        assert [(a, c, d) for a, _, c, d in got] == [(a, c, d) for a, _, c, d in want]
        assert all(0 <= b[1] - a[1] < 32 for a, b in zip(want, got))
        same(one, other)


def test_asking_changes_nothing():
    samples = stream(turns(6), fall())
    one, other = detector(), detector()

    def asked():
        other.suspended(), other.busy(), other.still
        return 1

    assert play(one, samples, 1) == play(other, samples, asked)
    same(one, other)


def test_a_gap_is_forgotten():
    rng = Rng(3)
    fresh, used = detector(), detector()
    samples = fall(30)  # part of what is before it is not there
    want = play(fresh, samples)
    play(used, stream(noise(700, rng, 50), fall(100, 100)))
    assert used.busy()
    used.restart()
    assert not used.busy() and used.still == 0 and used.ring.first == used.ring.count
    assert play(used, samples) == want and len(want) == 1
    assert words(used)[3:] == words(fresh)[3:]


def test_a_gap_never_joins():
    """Half an impact before it and half after are none."""
    half = stream((400, UP), (9, (0, 1290, 0)))
    it = detector()
    play(it, half)
    it.restart()
    play(it, stream((9, (0, 1290, 0)), (600, UP)))
    assert not it.busy() and it._model.asked == 0
    joined = detector()
    play(joined, stream(half, (9, (0, 1290, 0)), (600, UP)))
    assert joined._model.asked == 1


def test_where_in_the_ring_it_lies_makes_no_difference():
    seen = set()
    for shift in (0, 1, 7, 1200, 1500, 1650, 1700, 1899, 1900, 2399, 2400, 5000):
        ((impact, told, _, features),) = play(detector(), fall(400 + shift))
        assert told - impact < AGE + 20
        seen.add(features)
    assert len(seen) == 1


def test_numbers_beyond_31_and_32_bits():
    """100 samples a second reach 2**30 in 124 days, 2**32 in 497."""
    want = play(detector(), fall())
    for count in (1 << 30, 1 << 31, 1 << 32, 1 << 40):
        it = detector()
        it.ring.count = count - 500
        it.restart()
        assert play(it, fall()) == want
        assert it.ring.count == count - 500 + 1050 and it.ring.first == count - 500
        play(it, stream((SLOTS, UP)))
        assert it.ring.first == count - 500 + 1050


def test_counters_do_not_run_over():
    it = detector()
    for number in range(100):
        it.feed(stream((1, UP)), 1)
        assert it._state[FED] == number + 1 if number < 38 else 20 <= it._state[FED] < 40
    assert it.still == 100
    it._state[STILL] = (1 << 29) - 50
    play(it, stream((100, UP)))
    assert it.still == 1 << 29
    play(it, stream((1, FLAT)))
    assert it.still == 0


# -- any samples at all


def judged(it, samples, rng):
    """Feed them; the words stay within bounds, and so does the finding."""
    for found in play(it, samples, any_size(rng)):
        assert all(isinstance(value, int) and abs(value) < 1 << 24 for value in found[3])
    for number, value in enumerate(words(it)):
        assert 0 <= value <= GREATEST[number], (number, value)


def test_the_greatest_numbers():
    rng = Rng(1)
    for samples in (
        stream((600, (LEAST, LEAST, LEAST)), (600, (MOST, MOST, MOST))),
        stream(*((1, (LEAST, MOST, LEAST) if k & 1 else (MOST, LEAST, MOST)) for k in range(900))),
        stream((500, (0, 0, 0)), (40, (MOST, LEAST, 0)), (600, (0, 0, 0))),
        stream((500, (LEAST, 0, 0)), (20, (LEAST, LEAST, LEAST)), (600, (MOST, 0, 0))),
        stream((1200, (0, 0, 0))),
    ):
        judged(detector(), samples, rng)


def test_random_numbers():
    for seed in range(depth(300)):
        rng = Rng(seed)
        it = detector(1)
        while it.ring.count < 1500:
            count = 1 + rng.below(300)
            amount = rng.choice((0, 20, 500, 4000, 7000))
            judged(it, noise(count, rng, amount, rng.choice((UP, FLAT, (0, 0, 0)))), rng)


def test_what_no_chip_gives():
    """All 16 bits: what it says is worth nothing, but it goes on, within its own memory."""
    for seed in range(depth(300)):
        rng = Rng(seed)
        it = detector(1)
        extremes = rng.choice(((-32768, 32767), (-32768, -32768), (32767, 32767), None))
        samples = noise(1200, rng, 30000, (0, 0, 0))
        for at in range(len(samples) if extremes else 0):
            samples[at] = extremes[samples[at] & 1]
        play(it, samples, any_size(rng))
        assert it.ring.count == 1200 and 0 <= it._state[2] < SLOTS
        it.restart()
        assert len(play(it, fall(7300))) == 1  # after what it may have taken for tumbling


def test_more_than_there_is_is_refused():
    it = detector()
    for count in (-1, 2, 1000):
        try:
            it.feed(stream((1, UP)), count)
            raise AssertionError(count)
        except ValueError:
            pass
    assert it.ring.count == 0 and it.feed(stream((1, UP)), 0) is None


# -- with a model


def test_a_placement_has_its_constants():
    chest, waist, pocket = (falls.make(Config(place)) for place in ("chest", "waist", "pocket"))
    assert chest.threshold == waist.threshold != pocket.threshold


def test_the_shipped_models_know_a_fall_from_a_seat():
    for place in ("chest", "waist", "pocket"):
        seat = stream((400, UP), (10, (0, 700, 0)), (20, (0, 1600, 100)), (700, (0, 960, 280)))
        assert len(play(falls.make(Config(place)), fall())) == 1, place
        assert play(falls.make(Config(place)), seat) == [], place


def test_features_are_those_of_the_window():
    it = detector()
    ((impact, _, _, features),) = play(it, fall())
    assert tuple(Features().of(it.ring, impact)) == features
