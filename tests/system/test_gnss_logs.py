"""The GNSS parsers against recordings that nobody here made, judged by pynmea2 and gpsd.

Recordings: `gnss/*.log` of the data folder (GALET_DATA, else ../shared/data), from gpsd's own
regression tests, each with what gpsd read of it (`.log.chk`). Without them this file is
skipped by name.
"""

import datetime
import json
import os
import re
from pathlib import Path

import civil
import geo
import gnssfix
import nmea
import pynmea2
import pytest
from harness import Rng, depth, pieces

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("GALET_DATA") or ROOT.parent / "shared/data")
LOGS = sorted((DATA / "gnss").glob("*.log"))

if not LOGS:
    pytest.skip(f"test_gnss_logs.py: no recordings in {DATA}/gnss", allow_module_level=True)

every_log = pytest.mark.parametrize("log", LOGS, ids=lambda path: path.stem)

# Where gpsd does not give a place and a time to compare with, and why.
NOTHING_TO_COMPARE = {
    "GPSmap-76S": "the receiver's simulator mode, status V: gpsd reports it, we must not",
    "garmin-geko201": "the receiver's simulator mode, status V: gpsd reports it, we must not",
    "skytraq": "no fix in the recording",
    "tn200-all": "no fix in the recording",
}
# gpsd guesses the GPS era from the age of its own leap second table; we from a bound that is
# given. The positions of these are compared with its dates moved by so many rollovers.
ERA_OF_GPSD = {"rst39": 1, "april6_2019": -1}
# Seconds in which gpsd has a place and we have none.
NOT_OURS = {}
PLACE_M = 5


def read(chunks):
    """All values of a stream, and the epochs made of them."""
    reader = nmea.Reader()
    joiner = gnssfix.Epochs()
    values, epochs = [], []
    for chunk in chunks:
        for value in reader.feed(chunk):
            values.append(value)
            epochs.append(joiner.take(value))
    epochs.append(joiner.idle())
    counts = (reader.good, reader.unknown, reader.damaged)
    counts += (reader.bad_checksum, reader.cut, reader.overlong)
    return values, [epoch for epoch in epochs if epoch], counts


@every_log
def test_any_cutting_gives_the_same(log):
    data = log.read_bytes()
    whole = read([data])
    assert whole[0], "nothing read"
    assert read([data[at : at + 1] for at in range(len(data))]) == whole
    for seed in range(depth(20)):
        assert read(pieces(data, Rng(seed))) == whole, seed


# -- pynmea2 ----------------------------------------------------------------------------------

SENTENCE = re.compile(rb"\$([A-OQ-Z][A-Z](?:RMC|GGA|GSA|GST),[^$*\r\n]{0,120})\*[0-9A-F]{2}")


def day_ms(time):
    if time is None:
        return None
    return ((time.hour * 60 + time.minute) * 60 + time.second) * 1000 + time.microsecond // 1000


def same_place(value, theirs):
    assert abs(value.lat_e7 / 1e7 - theirs.latitude) < 0.51e-7
    assert abs(value.lon_e7 / 1e7 - theirs.longitude) < 0.51e-7


def same_dop(dop_c, theirs):
    if dop_c is None:
        assert theirs in (None, "") or float(theirs) in (0.0, 99.99)
    else:
        assert abs(dop_c / 100 - float(theirs)) < 0.0051


def compare_rmc(value, theirs):
    assert value.day_ms == day_ms(theirs.timestamp)
    void = getattr(theirs, "mode_indicator", None) in ("N", "E", "M", "S")
    assert value.valid == (theirs.status == "A" and not void)
    if not value.valid:
        return
    same_place(value, theirs)
    if value.speed_cms is not None:
        assert abs(value.speed_cms - float(theirs.spd_over_grnd) * 1852 / 36) < 0.51 + 1e-9
    year, month, day = value.date
    # pynmea2 takes two digits of a year by the rule of strptime: from 69 on the last century
    assert theirs.datestamp == datetime.date(year, month, day)


def compare_gga(value, theirs):
    assert value.day_ms == day_ms(theirs.timestamp)
    assert value.quality == theirs.gps_qual
    if value.lat_e7 is not None:
        same_place(value, theirs)
        assert value.sats == int(theirs.num_sats)
        same_dop(value.hdop_c, theirs.horizontal_dil)


def compare_gsa(value, theirs):
    assert value.mode == int(theirs.mode_fix_type)
    if value.hdop_c is not None:
        same_dop(value.hdop_c, theirs.hdop)


def compare_gst(value, theirs):
    assert value.day_ms == day_ms(theirs.timestamp)
    deviations = (theirs.std_dev_latitude, theirs.std_dev_longitude)
    for ours_cm, metres in zip((value.lat_cm, value.lon_cm), deviations):
        assert (ours_cm is None) == (metres is None)
        assert ours_cm is None or abs(ours_cm - float(metres) * 100) < 0.51


COMPARE = {"RMC": compare_rmc, "GGA": compare_gga, "GSA": compare_gsa, "GST": compare_gst}


@every_log
def test_every_field_is_what_pynmea2_reads(log):
    found = 0
    for match in SENTENCE.finditer(log.read_bytes()):
        text = match.group(0).decode()
        try:
            theirs = pynmea2.parse(text, check=True)
        except (pynmea2.ChecksumError, ValueError):
            theirs = None
        values = nmea.Reader().feed(text.encode())
        # A date that it cannot read ("2208-1") pynmea2 hands over as text; then we believe
        # nothing of the line.
        if theirs is None or isinstance(getattr(theirs, "datestamp", None), str):
            assert values == [], text
            continue
        COMPARE[theirs.sentence_type](values[0], theirs)
        found += 1
    assert found > 0
    assert found == read([log.read_bytes()])[2][0]


# -- gpsd -------------------------------------------------------------------------------------


def gpsd_places(log):
    """Second (text, as in the file) -> the places that gpsd gave within it."""
    places = {}
    for line in Path(f"{log}.chk").read_bytes().splitlines():
        if not line.startswith(b'{"class":"TPV"'):
            continue
        report = json.loads(line)
        if "lat" in report and "time" in report:
            place = (round(report["lat"] * 1e7), round(report["lon"] * 1e7))
            places.setdefault(report["time"][:19], []).append(place)
    return places


@every_log
def test_places_are_those_of_gpsd(log):
    theirs = gpsd_places(log)
    era_s = ERA_OF_GPSD.get(log.stem, 0) * civil.ROLLOVER_S
    seen = set()
    for epoch in read([log.read_bytes()])[1]:
        if epoch.mode == 1 or epoch.utc_s is None:
            continue
        second = civil.iso(epoch.utc_s + era_s)[:19]
        if second in theirs:
            seen.add(second)
            metres = min(
                geo.distance_m(epoch.lat_e7, epoch.lon_e7, *place) for place in theirs[second]
            )
            assert metres <= PLACE_M, (second, metres)
    missed = sorted(set(theirs) - seen - set(NOT_OURS.get(log.stem, ())))
    assert not missed, missed
    assert bool(seen) == (log.stem not in NOTHING_TO_COMPARE)


def test_the_lists_of_exceptions_name_existing_logs():
    names = {log.stem for log in LOGS}
    listed = set(NOTHING_TO_COMPARE) | set(ERA_OF_GPSD) | set(NOT_OURS)
    assert listed <= names, listed - names
