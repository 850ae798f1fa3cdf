"""The scoring of falls: each rule of CONTRACTS.md section 9 by hand-made cases, able to fail.

The figures of the intervals are from published tables and from closed forms, not from the code.
"""

import math
import os
import sys
from pathlib import Path

import pytest

np = pytest.importorskip("numpy", reason="NOT RUN: scoring of falls (the extra `falls`)")

import falls_npz as make  # noqa: E402

from simulator.motion import recording  # noqa: E402
from tools.falls import scoring  # noqa: E402
from tools.falls.scoring import Alarm, Outcome  # noqa: E402

DATA = Path(os.environ.get("GALET_DATA", "../shared/data")) / "falls"


def alarm(impact_s, score=0):
    return Alarm(impact_s, score, impact_s + 3)


def fall(*impacts_s, peak_s=5.0, subject="A", age=25, activity="F01", hours=0.004):
    alarms = tuple(alarm(one) for one in impacts_s)
    return Outcome(subject, activity, True, age, hours, peak_s, alarms)


def activity(*impacts_s, subject="A", age=25, name="D01", hours=0.01):
    alarms = tuple(alarm(one) for one in impacts_s)
    return Outcome(subject, name, False, age, hours, 5.0, alarms)


# -- one trial


def test_a_hit_is_exactly_one_alarm_within_a_second_of_the_peak():
    cases = [
        ((), False),
        ((5.0,), True),
        ((4.0,), True),
        ((6.0,), True),
        ((3.99,), False),
        ((6.01,), False),
        ((5.0, 5.5), False),
        ((5.0, 9.0), False),
        ((5.0, 5.0), False),
    ]
    for impacts_s, want in cases:
        assert fall(*impacts_s).hit is want, impacts_s


def test_an_activity_is_never_a_hit():
    assert not activity(5.0).hit


def test_the_peak_is_that_of_the_mean_over_a_fifth_of_a_second():
    mg = np.zeros((1000, 3), np.int16)
    mg[:, 2] = 1000
    mg[200, 2] = 16000  # one sample: 1750 mg over 20 of them
    mg[600:620, 0] = 2000  # 2236 mg for 0.2 s
    assert abs(scoring.peak_s(mg, 100) - 6.095) < 1e-6
    mg[200:203, 2] = 16000  # three: 3250
    assert abs(scoring.peak_s(mg, 100) - 2.01) < 0.11


def test_the_peak_is_of_the_magnitude_not_of_an_axis():
    mg = np.zeros((300, 3), np.int16)
    mg[50:70, 1] = -3000
    mg[200:220] = 2000  # 3464 mg, no axis beyond 2000
    assert abs(scoring.peak_s(mg, 100) - 2.095) < 1e-6


def test_the_peak_follows_the_rate_and_survives_short_recordings():
    mg = np.full((100, 3), 10, np.int16)
    mg[40:50, 0] = 4000
    assert abs(scoring.peak_s(mg, 50) - 0.89) < 1e-6
    assert scoring.peak_s(mg[:3], 50) == 0.02
    assert scoring.peak_s(mg[:1], 50) == 0


def test_the_stream_is_the_recording_and_five_times_its_last_second():
    mg = np.arange(3 * 250).reshape(250, 3).astype(np.int16)
    whole = scoring.stream(mg, 100)
    assert len(whole) == 250 + 500
    assert (whole[:250] == mg).all()
    for second in range(5):
        at = 250 + 100 * second
        assert (whole[at : at + 100] == mg[150:]).all()


def test_a_second_is_so_many_samples_as_the_rate():
    mg = np.arange(3 * 250).reshape(250, 3).astype(np.int16)
    whole = scoring.stream(mg, 50)
    assert len(whole) == 250 + 250
    assert (whole[250:300] == mg[200:]).all() and (whole[450:] == mg[200:]).all()


def test_a_recording_shorter_than_a_second_is_repeated_whole():
    mg = np.arange(90).reshape(30, 3).astype(np.int16)
    whole = scoring.stream(mg, 50)
    assert len(whole) == 30 + 250
    assert (whole[30:60] == mg).all() and (whole[270:] == mg[:10]).all()


# -- many trials

TRIALS = [
    fall(5.2),
    fall(activity="F02", age=61, subject="B"),
    fall(8.0),
    fall(5.0, 9.0),
    activity(),
    activity(1.0, 2.0, name="D02"),
    activity(3.0, age=60, subject="B"),
    activity(subject="B", age=61, hours=0.07),
]


def test_counts_and_shares():
    found = scoring.report(TRIALS)
    assert (found["trials"], found["falls"], found["activities"]) == (8, 4, 4)
    assert (found["tp"], found["fn"], found["fp"]) == (1, 3, 3)
    assert found["sensitivity"] == 0.25
    assert found["specificity"] == 0.5  # activities without any alarm
    assert found["hours"] == 0.1  # of the activities
    assert found["false_alarms_per_hour"] == 30
    assert found["missed"] == {"no_alarm": 1, "at_another_time": 1, "several_alarms": 1}


def test_groups_by_activity_and_by_age():
    found = scoring.report(TRIALS)
    assert sorted(found["by_activity"]) == ["D01", "D02", "F01", "F02"]
    assert found["by_activity"]["D02"]["fp"] == 2 and found["by_activity"]["D02"]["hours"] == 0.01
    assert found["by_activity"]["F01"]["sensitivity"] == round(1 / 3, 6)
    ages = found["by_age_group"]
    assert list(ages) == ["60 and over", "under 60"]
    assert (ages["60 and over"]["fp"], ages["under 60"]["fp"]) == (1, 2)
    assert ages["60 and over"]["trials"] == 3


def test_who_gave_no_age_is_in_no_age_group():
    found = scoring.report([fall(5.0, age=0), activity(age=-1), activity(1.0, age=1)])
    ages = found["by_age_group"]
    assert {name: group["trials"] for name, group in ages.items()} == {"under 60": 1, "unknown": 2}


def test_the_slowest_decision_is_that_of_any_alarm():
    late = activity()._replace(alarms=(Alarm(1.0, 0, 4.5), Alarm(20.0, 0, 24.75)))
    assert scoring.report([fall(5.0), late])["decision_s_max"] == 4.75
    assert scoring.report([fall(), activity()])["decision_s_max"] is None


def test_the_keys_of_the_contract():
    found = scoring.report(TRIALS)
    for name in (
        *("trials falls activities tp fn fp hours sensitivity specificity".split()),
        *("false_alarms_per_hour ci95 by_activity by_age_group".split()),
    ):
        assert name in found, name


def test_nothing_measured_is_none_not_perfect():
    found = scoring.report([fall(5.0)])
    assert found["specificity"] is None and found["false_alarms_per_hour"] is None
    assert found["ci95"]["specificity"] is None
    found = scoring.report([activity()])
    assert found["sensitivity"] is None and found["specificity"] == 1


def test_a_sweep_is_every_threshold_with_what_it_keeps():
    def scored(outcome, *scores):
        alarms = [one._replace(score=score) for one, score in zip(outcome.alarms, scores)]
        return outcome._replace(alarms=tuple(alarms))

    points = scoring.sweep([scored(fall(5.0, 9.0), 8, 3), scored(activity(1.0), 5), fall()], 1)
    assert [point["threshold"] for point in points] == [3, 5, 8]
    assert [point["sensitivity"] for point in points] == [0, 0.5, 0.5]  # at 3: two alarms
    assert [point["false_alarms_per_hour"] for point in points] == [100, 100, 0]


def test_a_sweep_tells_of_no_fall_soon_after_another():
    alarms = (Alarm(5.0, 3, 8.0), Alarm(9.0, 8, 12.0), Alarm(20.0, 9, 23.0))
    two = fall()._replace(alarms=alarms[:2])
    points = scoring.sweep([two, activity()._replace(alarms=alarms)], 15)
    assert [point["sensitivity"] for point in points] == [1, 0, 0]  # the first mutes the second
    assert [point["false_alarms_per_hour"] for point in points] == [200, 100, 100]


# -- intervals


def test_wilson():
    """Against the worked examples of Newcombe 1998 (Statistics in Medicine 17, 857), table I."""
    for good, total, want in [
        (81, 263, (0.2553, 0.3662)),
        (15, 148, (0.0624, 0.1605)),
        (0, 20, (0.0, 0.1611)),
        (1, 29, (0.0061, 0.1718)),
    ]:
        assert scoring.wilson(good, total) == pytest.approx(want, abs=5e-5)
    assert scoring.wilson(20, 20) == pytest.approx((1 - 0.1611, 1), abs=5e-5)
    assert scoring.wilson(0, 0) is None


def test_poisson():
    """Exact limits (Garwood 1936; the table of Ulm 1990 has two decimals)."""
    for count, want in [
        (0, (0, -math.log(0.025))),
        (1, (-math.log(0.975), 5.572)),
        (5, (1.623, 11.668)),
        (10, (4.795, 18.390)),
        (100, (81.364, 121.627)),
    ]:
        assert scoring.poisson(count, 1) == pytest.approx(want, abs=1e-3)
        halved = [limit / 2 for limit in want]
        assert scoring.poisson(count, 2) == pytest.approx(halved, abs=1e-3)
    assert scoring.poisson(0, 0) is None


def test_the_interval_by_people_is_wider_where_one_person_makes_all_errors():
    spread = [fall(5.0, subject=str(n % 10)) for n in range(90)]
    spread += [fall(subject=str(n)) for n in range(10)]
    one = [fall(5.0, subject=str(n % 9)) for n in range(90)]
    one += [fall(subject="9") for n in range(10)]

    def width(outcomes):
        low, high = scoring.clustered(outcomes)["sensitivity"]
        assert low <= 0.9 <= high
        return high - low

    assert width(one) > 3 * width(spread)
    assert scoring.clustered(one) == scoring.clustered(one)


def test_the_interval_by_people_of_specificity_has_its_figure_inside():
    outcomes = [activity(*[1.0] * (n == 0), subject=str(n)) for n in range(8)]
    low, high = scoring.clustered(outcomes)["specificity"]
    assert low <= 7 / 8 <= high <= 1
    assert scoring.clustered(outcomes[:1])["specificity"] is None  # of one person: no spread


def test_of_two_intervals_the_wider():
    assert scoring.wider([0.1, 0.3], [0.2, 0.5]) == [0.2, 0.5]
    assert scoring.wider([0.9, 1.0], [1.0, 1.0]) == [0.9, 1.0]  # no error: no spread by people
    assert scoring.wider(None, [0, 1]) == [0, 1] and scoring.wider(None, None) is None


def test_an_age_group_has_both_intervals():
    group = scoring.report(TRIALS)["by_age_group"]["under 60"]
    assert group["ci95"]["false_alarms_per_hour"] == scoring.poisson(2, 0.02)
    assert set(group["ci95_by_subject"]) == set(group["ci95"])


# -- the reader


def test_the_reader_knows_who_wore_it_where(tmp_path):
    still = make.still(1)
    worn = [("B", "waist"), ("A", "waist"), ("B", "waist"), ("C", "chest")]
    rows = [make.row(still, "D01", who, placement=where) for who, where in worn]
    path = make.save(tmp_path / "worn.npz", rows)
    assert recording.people(path, "waist") == ["A", "B"]
    assert recording.people(path, "pocket") == []


@pytest.mark.skipif(not DATA.is_dir(), reason="NOT RUN: recordings of falls (GALET_DATA)")
@pytest.mark.parametrize("name", ["sisfall_dev.npz", "umafall_dev.npz"])
@pytest.mark.parametrize("rate, clip_g, placement", [(100, 8, None), (50, None, "waist")])
def test_the_reader_gives_the_figures_of_load_py(name, rate, clip_g, placement):
    sys.path.insert(0, str(DATA))
    try:
        import load
    finally:
        sys.path.remove(str(DATA))
    theirs = load.trials(str(DATA / name), rate=rate, clip_g=clip_g, placement=placement)
    ours = recording.read(DATA / name, rate, clip_g, placement)
    count = 0
    for want, got in zip(theirs, ours, strict=True):
        assert got.mg.dtype == want.mg.dtype and np.array_equal(got.mg, want.mg)
        assert tuple(got[2:]) == tuple(want[1:])
        count += 1
    assert count > 400
