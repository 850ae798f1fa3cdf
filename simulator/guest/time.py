"""`time` of the ESP32 port on the virtual clock: epoch 2000, ticks that wrap at 2^30.

Calendar: proleptic Gregorian, days counted by Howard Hinnant's civil-from-days method. Runs on
both interpreters.
"""

import _board

_PERIOD = 1 << 30
_HALF = 1 << 29
_DAYS_TO_2000 = 730425  # from 0000-03-01 to 2000-01-01


def ticks_ms():
    return _board.look() & (_PERIOD - 1)


def ticks_us():
    return _board.look() * 1000 & (_PERIOD - 1)


ticks_cpu = ticks_us


def ticks_add(ticks, delta):
    return (ticks + delta) & (_PERIOD - 1)


def ticks_diff(later, earlier):
    return ((later - earlier + _HALF) & (_PERIOD - 1)) - _HALF


def sleep_ms(ms):
    _board.sleep_ms(max(0, ms))


def sleep_us(us):
    _board.spend_us(max(0, us))


def sleep(seconds):
    sleep_ms(int(seconds * 1000))


def time():
    return _board.call("clock")


def time_ns():
    return time() * 1000000000


def gmtime(seconds=None):
    if seconds is None:
        seconds = time()
    days = seconds // 86400
    rest = seconds - days * 86400
    z = days + _DAYS_TO_2000
    era = z // 146097
    doe = z - era * 146097
    yoe = (doe - doe // 1460 + doe // 36524 - doe // 146096) // 365
    doy = doe - (365 * yoe + yoe // 4 - yoe // 100)
    mp = (5 * doy + 2) // 153
    month = mp + 3 if mp < 10 else mp - 9
    year = yoe + era * 400 + (1 if month <= 2 else 0)
    day = doy - (153 * mp + 2) // 5 + 1
    yearday = days - _days(year, 1, 1) + 1
    return (
        year,
        month,
        day,
        rest // 3600,
        rest // 60 % 60,
        rest % 60,
        (days + 5) % 7,  # 2000-01-01 was a Saturday
        yearday,
    )


localtime = gmtime


def _days(year, month, day):
    year -= month <= 2
    era = year // 400
    yoe = year - era * 400
    doy = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5 + day - 1
    return era * 146097 + yoe * 365 + yoe // 4 - yoe // 100 + doy - _DAYS_TO_2000


def mktime(fields):
    year, month, day, hour, minute, second = fields[:6]
    return _days(year, month, day) * 86400 + hour * 3600 + minute * 60 + second
