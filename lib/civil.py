"""Dates and local time from plain integers: the proleptic Gregorian calendar, EU summer time.

Separate because the clock, the GNSS fix and the texts all need the same calendar, and none of
them may lean on a `time` module that differs between interpreters. Instants are UTC seconds
since 2000-01-01 00:00:00 (leap seconds not counted, as in POSIX); earlier ones are negative.
Summer time follows Directive 2000/84/EC: from the last Sunday of March to the last Sunday of
October, both at 01:00 UTC, in every member state at once. Imports micropython only.
"""

from micropython import const

DAY_S = const(86400)
ROLLOVER_S = const(
    619315200
)  # 1024 weeks: the GPS week number has 10 bits (IS-GPS-200 20.3.3.3.1.1)

_DAYS_TO_2000 = const(730425)  # from 0000-03-01, where our years begin, to 2000-01-01
_DAYS_400_Y = const(146097)


def days(year, month, day):
    """Return the days from 2000-01-01 to a date of the Gregorian calendar.

    Years are counted from March, so that the leap day is the last one of its year.
    """
    if month < 3:
        year -= 1
        month += 12
    months = (153 * (month - 3) + 2) // 5  # 31, 30, 31, 30, 31 days, twice, from March
    return 365 * year + year // 4 - year // 100 + year // 400 + months + day - 1 - _DAYS_TO_2000


def date(day):
    """Return (year, month, day) of the day-th day after 2000-01-01; the inverse of `days`."""
    day += _DAYS_TO_2000
    era, day = divmod(day, _DAYS_400_Y)
    # Of 400 years: every 1461st day is a leap day, but for those of the centuries.
    year = (day - day // 1460 + day // 36524 - day // 146096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += 400 * era
    return (year, month + 3, day + 1) if month < 10 else (year + 1, month - 9, day + 1)


def is_date(year, month, day):
    """Whether that day exists."""
    if not (1 <= month <= 12 and 1 <= day <= 31):
        return False
    return date(days(year, month, day)) == (year, month, day)


def weekday(day):
    """Return 0 for Monday to 6 for Sunday; 2000-01-01, day 0, was a Saturday."""
    return (day + 5) % 7


def utc(year, month, day, hour=0, minute=0, second=0):
    """Return the seconds since 2000-01-01 of a date and time in UTC."""
    return days(year, month, day) * DAY_S + hour * 3600 + minute * 60 + second


def not_before(utc_s, bound_s):
    """Return utc_s moved on by whole week rollovers until it is not before bound_s.

    A receiver whose firmware is older than a rollover reports a date 1024 weeks (or 2048) in
    the past; the time of day is right. bound_s is an instant known to be past.
    """
    if utc_s >= bound_s:
        return utc_s
    return utc_s + (bound_s - utc_s + ROLLOVER_S - 1) // ROLLOVER_S * ROLLOVER_S


def eu_summer(utc_s):
    """Whether summer time is in force in the European Union."""
    year = date(utc_s // DAY_S)[0]
    return _last_sunday_0100(year, 3) <= utc_s < _last_sunday_0100(year, 10)


def local_s(utc_s, tz_offset_min, tz_eu_dst):
    """Return local time as seconds since 2000-01-01 00:00 local standard time.

    tz_offset_min: standard time, minutes east of UTC. tz_eu_dst: 1 where EU summer time holds.
    """
    summer_s = 3600 if tz_eu_dst and eu_summer(utc_s) else 0
    return utc_s + tz_offset_min * 60 + summer_s


def local_hhmm(utc_s, tz_offset_min, tz_eu_dst):
    """Return the local clock time, such as "21:42"."""
    minute = local_s(utc_s, tz_offset_min, tz_eu_dst) % DAY_S // 60
    return "%02d:%02d" % (minute // 60, minute % 60)


def local_ddmm(utc_s, tz_offset_min, tz_eu_dst):
    """Return the local day and month, such as "05/11" for the fifth of November."""
    _, month, day = date(local_s(utc_s, tz_offset_min, tz_eu_dst) // DAY_S)
    return "%02d/%02d" % (day, month)


def iso(utc_s):
    """Return an instant as "2026-08-05T05:52:34Z"."""
    year, month, day = date(utc_s // DAY_S)
    second = utc_s % DAY_S
    clock = (second // 3600, second // 60 % 60, second % 60)
    return "%04d-%02d-%02dT%02d:%02d:%02dZ" % ((year, month, day) + clock)


def _last_sunday_0100(year, month):
    """The instant 01:00 UTC on the last Sunday of a month of 31 days."""
    last = days(year, month, 31)
    return (last - (weekday(last) + 1) % 7) * DAY_S + 3600
