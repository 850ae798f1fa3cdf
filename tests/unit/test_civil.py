"""lib/civil.py: the calendar, the date rule, and local time in France."""

import civil
from harness import Rng, depth

PARIS = (60, 1)

DAYS = (  # date, days from 2000-01-01
    ((2000, 1, 1), 0),
    ((1999, 12, 31), -1),
    ((2000, 2, 29), 59),
    ((2000, 3, 1), 60),
    ((1970, 1, 1), -10957),
    ((1980, 1, 6), -7300),
    ((1900, 2, 28), -36466),
    ((1900, 3, 1), -36465),
    ((2026, 8, 5), 9713),
    ((2038, 11, 21), 14204),
    ((2100, 2, 28), 36583),
    ((2100, 3, 1), 36584),
    ((1600, 2, 29), -146038),
)


def test_known_dates():
    for when, day in DAYS:
        assert civil.days(*when) == day, when
        assert civil.date(day) == when, when


def test_every_day_of_four_centuries_follows_the_one_before():
    previous = civil.date(-60000)
    for day in range(-59999, -59999 + max(1500, depth(200000))):
        year, month, of_month = date = civil.date(day)
        assert civil.days(*date) == day
        if of_month != 1:
            assert previous == (year, month, of_month - 1)
        elif month != 1:
            assert previous[:2] == (year, month - 1) and previous[2] in (28, 29, 30, 31)
        else:
            assert previous == (year - 1, 12, 31)
        previous = date


def test_which_days_exist():
    table = (
        ((2024, 2, 29), True),
        ((2023, 2, 29), False),
        ((2000, 2, 29), True),
        ((1900, 2, 29), False),
        ((2026, 4, 30), True),
        ((2026, 4, 31), False),
        ((2026, 12, 31), True),
        ((2026, 12, 32), False),
        ((2026, 1, 0), False),
        ((2026, 0, 1), False),
        ((2026, 13, 1), False),
    )
    for when, exists in table:
        assert civil.is_date(*when) == exists, when


def test_weekdays():
    assert civil.weekday(0) == 5  # 2000-01-01 was a Saturday
    assert civil.weekday(civil.days(1980, 1, 6)) == 6  # GPS time began on a Sunday
    assert civil.weekday(civil.days(2026, 8, 5)) == 2


def test_rollovers_are_added_until_the_date_can_be():
    # The receiver's weeks began again on 2019-04-07; this log really says 1999-08-22
    told = civil.utc(1999, 8, 22, 0, 2, 31)
    true = civil.utc(2019, 4, 7, 0, 2, 31)
    table = (
        (told, civil.utc(2019, 1, 1), true),
        (told, 0, true),
        (told, told, told),
        (told, told + 1, true),
        (told, true, true),
        (true, 0, true),
        (true, true, true),
        (civil.utc(1980, 1, 6), civil.utc(2019, 1, 1), civil.utc(2019, 4, 7)),
        (civil.utc(2007, 9, 18), civil.utc(2026, 1, 1), civil.utc(2027, 5, 4)),
    )
    for utc_s, bound_s, want in table:
        assert civil.not_before(utc_s, bound_s) == want, civil.iso(utc_s)


def test_the_date_rule_for_any_instant():
    for seed in range(depth(100000)):
        rng = Rng(seed)
        utc_s = rng.below(2000000000) - 1000000000
        bound_s = rng.below(1000000000)
        moved = civil.not_before(utc_s, bound_s)
        assert moved >= bound_s and (moved - utc_s) % (1024 * 7 * 86400) == 0
        assert moved == utc_s or moved - 1024 * 7 * 86400 < bound_s


def test_summer_time_begins_and_ends():
    # last Sundays of March and October, 01:00 UTC (the dates of the Commission's notices)
    table = (
        ((2019, 3, 31), (2019, 10, 27)),
        ((2024, 3, 31), (2024, 10, 27)),
        ((2025, 3, 30), (2025, 10, 26)),
        ((2026, 3, 29), (2026, 10, 25)),
        ((2027, 3, 28), (2027, 10, 31)),
        ((2028, 3, 26), (2028, 10, 29)),
    )
    for begin, end in table:
        first = civil.utc(*begin) + 3600
        after = civil.utc(*end) + 3600
        assert not civil.eu_summer(first - 1) and civil.eu_summer(first), begin
        assert civil.eu_summer(after - 1) and not civil.eu_summer(after), end


def test_local_time():
    table = (  # UTC, zone, clock, day/month
        ((2026, 8, 5, 19, 42, 59), PARIS, "21:42", "05/08"),
        ((2026, 11, 5, 20, 42, 0), PARIS, "21:42", "05/11"),
        ((2026, 3, 29, 0, 59, 59), PARIS, "01:59", "29/03"),
        ((2026, 3, 29, 1, 0, 0), PARIS, "03:00", "29/03"),
        ((2026, 10, 25, 0, 59, 59), PARIS, "02:59", "25/10"),
        ((2026, 10, 25, 1, 0, 0), PARIS, "02:00", "25/10"),
        ((2026, 12, 31, 23, 30, 0), PARIS, "00:30", "01/01"),
        ((2026, 7, 1, 12, 0, 0), (240, 0), "16:00", "01/07"),  # La Réunion
        ((2026, 7, 1, 2, 0, 0), (-240, 0), "22:00", "30/06"),  # Martinique
    )
    for when, zone, clock, day in table:
        utc_s = civil.utc(*when)
        assert civil.local_hhmm(utc_s, *zone) == clock, when
        assert civil.local_ddmm(utc_s, *zone) == day, when


def test_iso():
    assert civil.iso(0) == "2000-01-01T00:00:00Z"
    assert civil.iso(-1) == "1999-12-31T23:59:59Z"
    assert civil.iso(civil.utc(2026, 8, 5, 5, 52, 34)) == "2026-08-05T05:52:34Z"
