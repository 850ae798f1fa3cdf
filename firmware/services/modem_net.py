"""Conversations about the network: registered or not, in which cell, at what time.

Separate from modem.py, which decides when. Follows 3GPP TS 27.007: 7.2 +CREG, 10.1.20 +CGREG,
10.1.22 +CEREG, 7.3 +COPS, 8.15 +CCLK; +CPSI? of the SIMCom manuals. Imports micropython, at,
civil, messages and modem_talk.
"""

import at
import civil
from micropython import const

from firmware.messages import Cell, TimeKnown
from firmware.services.modem_talk import Ask, values

# Home or roaming, 6 and 7 for messages only: a failure for data, all we need (LilyGo#434).
_REGISTERED = (1, 5, 6, 7)
REGISTRATIONS = ("+CEREG", "+CREG", "+CGREG")

_LOOK_MS = const(2000)  # between questions for the network while searching
_LOOK_LATER_MS = const(10000)  # after a minute: the modem tells of itself, too
_LOOK_OFTEN_MS = const(60000)
_SEARCH_MS = const(300000)  # then the modem is restarted (LilyGo#474); doubles
_SEARCH_MAX_MS = const(3600000)

_QUERY_MS = const(3000)
_CLOCK_MS = const(2000)  # how far the network's time may be off
_YEARS_MAX = const(70)  # 70 and 80 are what clocks that were never set begin with


class Search:
    """When to ask for the network, and when to give up and restart the modem.

    Ever more rarely, for there may be no network. `look_ms` and `until_ms` are the times.
    """

    def __init__(self):
        self._for_ms = _SEARCH_MS
        self._since_ms = self.look_ms = self.until_ms = 0

    def begin(self, now_ms):
        self._since_ms = self.look_ms = now_ms
        self.until_ms = now_ms + self._for_ms

    def looks(self, now_ms):
        early = now_ms - self._since_ms < _LOOK_OFTEN_MS
        self.look_ms = now_ms + (_LOOK_MS if early else _LOOK_LATER_MS)

    def gave_up(self):
        self._for_ms = min(2 * self._for_ms, _SEARCH_MAX_MS)

    def succeeded(self):
        self._for_ms = _SEARCH_MS


class Registration:
    """What the network's three registrations are, and the cell they speak of."""

    def __init__(self):
        self._states = [-1, -1, -1]
        self._operator = None  # (mcc, mnc)
        self._place = None  # (area, cell) in hex

    def forget(self):
        self._states = [-1, -1, -1]

    def registered(self):
        """Any one of them is good enough to try a message."""
        return any(state in _REGISTERED for state in self._states)

    def take(self, name, told):
        """Take <stat>[,<area>,<cell>...]; returns the Cell when it is another than before."""
        self._states[REGISTRATIONS.index(name)] = at.number(told[0]) if told else -1
        if len(told) < 3:
            return None
        place = _place(_hex(told[1]), _hex(told[2]), len(told[2]) <= 4)
        if place is None or place == self._place:
            return None
        self._place = place
        return self.cell()

    def take_cell(self, operator, place):
        """Take what the modem was asked for; returns the Cell, None while a part is unknown."""
        self._operator = operator or self._operator
        self._place = place or self._place
        return self.cell()

    def cell(self):
        if self._operator is None or self._place is None:
            return None
        return Cell(*(self._operator + self._place))


def _hex(text):
    try:
        return int(text, 16)
    except ValueError:
        return -1


def _place(area, cell, short):
    """Area and cell as a control room reads them; a GSM cell has 16 bits, an LTE cell 28."""
    if not (0 <= area <= 0xFFFFFF and 0 <= cell <= 0xFFFFFFF):
        return None
    return ("%04X" % area, ("%04X" if short else "%07X") % cell)


def look(m):
    """Ask whether it is registered and where; the time too, when it has just become so."""
    for name in REGISTRATIONS:
        if name in m.profile.lacks:
            continue
        reply = yield Ask("AT" + name + "?", name, m.profile.answer_ms)
        m.registration.take(name, values(reply)[1:])
        if m.registration.registered() or m.talk.doubt:
            break
    if m.registration.registered():
        yield from _learn_cell(m)
        if not m.is_ready():
            yield from learn_time(m)
    m.looked()


def _learn_cell(m):
    operator = place = None
    if m.profile.cpsi:
        reply = yield Ask("AT+CPSI?", "+CPSI", _QUERY_MS)
        operator, place = _of_cpsi(values(reply))
    if place is None:
        reply = yield Ask("AT+COPS?", "+COPS", _QUERY_MS)
        operator = _of_cops(values(reply))
    m.saw_cell(m.registration.take_cell(operator, place))


def _of_cpsi(told):
    """((mcc, mnc), (area, cell)) of a +CPSI: line, each None where it has none."""
    if len(told) < 5 or told[1] != "Online":
        return None, None
    mcc, _, mnc = told[2].partition("-")
    if not (mcc.isdigit() and mnc.isdigit() and told[3][:2] in ("0x", "0X")):
        return None, None
    return (mcc, mnc), _place(_hex(told[3][2:]), at.number(told[4]), told[0] == "GSM")


def _of_cops(told):
    """(mcc, mnc) of a +COPS: line in numeric form."""
    if len(told) < 3 or told[1] != "2" or not told[2].isdigit() or len(told[2]) < 5:
        return None
    return told[2][:3], told[2][3:]


def learn_time(m):
    """Ask for the network's time."""
    reply = yield Ask("AT+CCLK?", "+CCLK", _QUERY_MS)
    told = values(reply)
    utc_s = utc_of(told[0]) if told else None
    # A clock that was never set begins in some year; a wrong time is worse than none.
    if utc_s is not None and utc_s >= m.config.not_before_utc:
        m.events.append(TimeKnown(utc_s, m.now_ms, "modem", _CLOCK_MS))


def utc_of(text):
    """UTC seconds of "yy/MM/dd,hh:mm:ss+zz", zz quarters of an hour; None where it is none."""
    parts = [at.number(text[i : i + 2]) for i in range(0, 18, 3)]
    year, month, day, hour, minute, second = parts
    if not (0 <= year < _YEARS_MAX and civil.is_date(2000 + year, month, day)):
        return None
    if not (0 <= hour < 24 and 0 <= minute < 60 and 0 <= second < 60):
        return None
    quarters = at.number(text[18:]) if len(text) > 18 else 0
    if quarters < 0 or text[17:18] not in ("", "+", "-"):
        return None
    east_s = -900 * quarters if text[17:18] == "-" else 900 * quarters
    return civil.utc(2000 + year, month, day, hour, minute, second) - east_s
