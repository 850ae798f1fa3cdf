"""From sentences to fixes: what a receiver said of one second, put together.

Separate because receivers spread one reading over several sentences, in any order and some
only now and then; NMEA 0183 has no mark for the end of a reading. Here one UTC second is one
epoch. It is closed by the first sentence of another second, by a sentence known to be the
receiver's last, or by `idle()` when the wire has gone quiet. A line that is void or impossible
never makes a fix, and one void line voids its epoch. Imports collections, micropython, civil,
geo and nmea only.
"""

from collections import namedtuple

import civil
import geo
from micropython import const
from nmea import Gga, Gsa, Rmc

# utc_s: seconds since 2000, None when no valid date is known. date_ok: 0 when there is no fix,
# no date, or one that had to be moved by a week rollover. mode: 1 no fix, 2 flat, 3 with
# height; with 1 everything after it is None. hdop_c, sats, speed_cms: None when nobody said.
Epoch = namedtuple("Epoch", "utc_s date_ok mode lat_e7 lon_e7 radius_m hdop_c sats speed_cms")

# The radius holds the true place 95 % of the time: 2.45 standard deviations of a round normal
# error in the plane, each deviation being the error of one range (UERE: 5 m under open sky,
# with its multipath) x HDOP.
_R95_X100 = const(245)
_UERE_M = const(5)
_UNKNOWN_HDOP_C = const(500)  # nobody gave an HDOP: take that of a narrow street
_LEAST_RADIUS_M = const(3)  # a receiver that claims better does not see its own multipath

_GEOMETRY_S = const(5)  # some receivers tell mode and HDOP only every fifth second
_HALF_DAY_S = const(43200)


class Epochs:
    """Puts the sentences of each second together."""

    __slots__ = (
        "_not_before_utc",
        "_last",
        "_second",
        "_rmc",
        "_gga",
        "_gst",
        "_gsa_mode",
        "_gsa_hdop_c",
        "_closed_second",
        "_dated_utc",
        "_date_ok",
        "_known_mode",
        "_known_hdop_c",
        "_known_second",
    )

    def __init__(self, not_before_utc=0, last=None):
        """not_before_utc: an instant known to be past, for civil.not_before. last: the type
        (Rmc, Gga...) of the receiver's last sentence of a second; None when not known."""
        self._not_before_utc = not_before_utc
        self._last = last
        self._closed_second = None  # of the day; what still comes of it is too late
        self._dated_utc = None  # the last epoch whose date was known
        self._date_ok = 0
        self._known_mode = self._known_hdop_c = self._known_second = None
        self._clear()

    def _clear(self):
        self._second = self._rmc = self._gga = self._gst = None
        self._gsa_mode = 0
        self._gsa_hdop_c = None

    def waiting(self):
        """Whether an epoch has begun that `idle()` would close."""
        return self._rmc is not None or self._gga is not None or self._gst is not None

    def idle(self):
        """The wire has gone quiet: return the Epoch that this closes, or None."""
        return self._close() if self.waiting() else None

    def take(self, value):
        """Take one value of nmea.Reader; return the Epoch that it closes, or None."""
        if isinstance(value, Gsa):
            # One line per constellation, and no time: it belongs to the epoch it came with.
            self._gsa_mode = max(self._gsa_mode, value.mode)
            self._gsa_hdop_c = value.hdop_c or self._gsa_hdop_c
            return None
        second = None if value.day_ms is None else value.day_ms // 1000
        closed = None
        if self.waiting() and not self._belongs(value, second):
            closed = self._close()
        if second is not None and second == self._closed_second and not self.waiting():
            return closed
        self._put(value, second)
        if self._last and isinstance(value, self._last) and self._rmc and self._gga:
            return self._close()
        return closed

    def _belongs(self, value, second):
        """Whether a value is of the open epoch; without a time, if its kind is still missing."""
        if second is not None and self._second is not None:
            return second == self._second
        if isinstance(value, Rmc):
            return self._rmc is None
        if isinstance(value, Gga):
            return self._gga is None
        return self._gst is None

    def _put(self, value, second):
        if second is not None:
            self._second = second
        if isinstance(value, Rmc):
            self._rmc = value
        elif isinstance(value, Gga):
            self._gga = value
        else:
            self._gst = value

    def _close(self):
        """Make the open epoch an Epoch; None when there was nothing to tell."""
        rmc, gga = self._rmc, self._gga
        if rmc is None and gga is None:
            self._clear()
            return None
        place = None if self._void() else _place(rmc, gga)
        utc_s = self._utc(rmc, place)
        if place is None:
            epoch = Epoch(utc_s, 0, 1, None, None, None, None, None, None)
        else:
            mode, hdop_c = self._geometry()
            radius_m = radius(hdop_c, self._gst)
            sats = gga.sats if gga else None
            speed_cms = rmc.speed_cms if rmc else None
            date_ok = self._date_ok if utc_s is not None else 0
            epoch = Epoch(
                utc_s, date_ok, mode, place[0], place[1], radius_m, hdop_c, sats, speed_cms
            )
        self._closed_second = self._second
        self._clear()
        return epoch

    def _void(self):
        """Whether any sentence of the epoch says that there is no fix."""
        rmc, gga = self._rmc, self._gga
        if rmc and not rmc.valid:
            return True
        # An empty quality says nothing (Novatel's firefly leaves it out beside a valid RMC).
        if gga and gga.quality is not None and gga.lat_e7 is None:
            return True
        return self._gsa_mode == 1

    def _utc(self, rmc, place):
        """The epoch's UTC: by its own RMC, else by the date known from an earlier one."""
        second, known = self._second, self._dated_utc
        if second is None:
            return None
        if rmc and rmc.date:
            plain = civil.utc(*rmc.date) + second
            self._dated_utc = civil.not_before(plain, self._not_before_utc)
            self._date_ok = 1 if self._dated_utc == plain else 0
            return self._dated_utc
        if known is None:
            return None
        # That second of the day which is nearest: midnight may lie between.
        ahead = (second - known + _HALF_DAY_S) % civil.DAY_S - _HALF_DAY_S
        if place:
            self._dated_utc = known + ahead
        return known + ahead

    def _geometry(self):
        """The epoch's mode and HDOP, by its own sentences or recent ones."""
        mode = self._gsa_mode
        hdop_c = self._gsa_hdop_c
        gga = self._gga
        if gga and gga.hdop_c:
            hdop_c = gga.hdop_c
        second = self._second
        if second is not None and self._known_second is not None:
            if (second - self._known_second) % civil.DAY_S <= _GEOMETRY_S:
                mode = mode or self._known_mode
                hdop_c = hdop_c or self._known_hdop_c
        if self._gsa_mode:
            self._known_mode, self._known_hdop_c = mode, hdop_c
            self._known_second = second
        if not mode:  # a height takes four satellites
            mode = 3 if gga and gga.sats is not None and gga.sats >= 4 else 2
        return mode, hdop_c


def _place(rmc, gga):
    """The latest (latitude, longitude) of the two, or None; equally late, GGA's."""
    if gga and gga.lat_e7 is not None:
        if rmc is None or rmc.day_ms is None or gga.day_ms is None or gga.day_ms >= rmc.day_ms:
            return gga.lat_e7, gga.lon_e7
    if rmc:
        return rmc.lat_e7, rmc.lon_e7
    return None


def radius(hdop_c, gst=None):
    """Return the 95 % radius in metres: by the receiver's own deviations, else by HDOP."""
    if gst and gst.lat_cm and gst.lon_cm:
        # Twice the root of both variances holds 95.4 to 98.2 % whatever the ellipse's shape.
        metres = (2 * geo.isqrt(gst.lat_cm * gst.lat_cm + gst.lon_cm * gst.lon_cm) + 99) // 100
    else:
        hdop_c = hdop_c or _UNKNOWN_HDOP_C
        metres = (_R95_X100 * _UERE_M * hdop_c + 9999) // 10000
    return max(metres, _LEAST_RADIUS_M)


def rmc_utc(value, not_before_utc):
    """Return the UTC second that a valid RMC names; None for anything else."""
    if not isinstance(value, Rmc) or not value.valid or value.date is None:
        return None
    if value.day_ms is None:
        return None
    return civil.not_before(civil.utc(*value.date) + value.day_ms // 1000, not_before_utc)
