"""Recordings as odd as receivers and loggers make them, played into the running firmware.

Made here, so that the true way is known: whatever stands on the wire, each place in a message
must equal a `fix` event and lie on that way, and where there are valid seconds there must be
messages with a place. The same for real recordings that a bad wire has damaged.
"""

import json
import os
import re
import subprocess
import sys
from collections import namedtuple
from pathlib import Path

import pytest
import replay
from harness import Rng, depth, pieces

from simulator.devices.nmea_log import ClaimReader, epochs
from simulator.truth import distance_m
from tools.require_vm import vm_binary

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("GALET_DATA") or ROOT.parent / "shared/data")
LOGS = sorted((DATA / "gnss").glob("*.log"))
LYON = (457604300, 48356600)


# -- a receiver -------------------------------------------------------------------------------


def line(body, end=b"\r\n"):
    """A sentence with its checksum."""
    body = body.encode() if isinstance(body, str) else body
    value = 0
    for byte in body:
        value ^= byte
    return b"$%s*%02X%s" % (body, value, end)


def angle(value_e7, width, decimals):
    """1e-7 degree as ddmm.mmmm, cut off."""
    degrees, rest = divmod(abs(value_e7), 10_000_000)
    whole, fraction = divmod(rest * 6 * 10**decimals // 1_000_000, 10**decimals)
    dot = f".{fraction:0{decimals}d}" if decimals else ""
    return f"{degrees:0{width}d}{whole:02d}{dot}"


def sides(place, decimals=5):
    lat_e7, lon_e7 = place
    lat, lon = angle(lat_e7, 2, decimals), angle(lon_e7, 3, decimals)
    return f"{lat},{'S' if lat_e7 < 0 else 'N'},{lon},{'W' if lon_e7 < 0 else 'E'}"


def clock(second, ms=0, digits=3):
    text = f"{second // 3600 % 24:02d}{second // 60 % 60:02d}{second % 60:02d}"
    return text + (f".{ms:03d}"[: digits + 1] if digits else "")


def rmc(time, place, talker="GN", date="050826", status="A", tail=",,,A,V", decimals=5):
    where = sides(place, decimals) if place else ",,,"
    return line(f"{talker}RMC,{time},{status},{where},0.50,90.0,{date}{tail}")


def gga(time, place, talker="GN", quality=1, decimals=5):
    if place is None:
        return line(f"{talker}GGA,{time},,,,,0,00,99.99,,,,,,")
    return line(f"{talker}GGA,{time},{sides(place, decimals)},{quality},10,0.9,170.0,M,47.0,M,,")


def gsa(mode=3, talker="GN"):
    used = "02,07,14,15,17,20,22,30" if mode > 1 else ",,,,,,,"
    return line(f"{talker}GSA,A,{mode},{used},,,,,1.5,0.9,1.2,1")


def gsv(talker="GP"):
    return line(f"{talker}GSV,1,1,04,02,45,120,33,07,60,200,38,14,30,300,30,15,20,040,28,0")


def zda(time, date="05,08,2026"):
    return line(f"GNZDA,{time},{date},00,00")


def walk(index, start=LYON, step_e7=180):
    """Where she is in the index-th second: 2 m further north and as much east each."""
    return start[0] + index * step_e7, start[1] + index * step_e7


def seconds(count, made, from_s=36000):
    """Bytes of `count` seconds; made(time of day in s, place) is one of them."""
    return b"".join(made(from_s + index, walk(index)) for index in range(count))


def usual(second, place):
    time = clock(second)
    return gga(time, place) + gsa() + gsv() + rmc(time, place)


def noisy(rng, data, most, alphabet=None):
    """Rubbish of up to `most` bytes between the lines."""
    found = b""
    for one in data.split(b"\r\n"):
        rubbish = rng.bytes(rng.below(most + 1))
        if alphabet:
            rubbish = bytes(alphabet[byte % len(alphabet)] for byte in rubbish)
        found += one + b"\r\n" + rubbish
    return found


def spoilt(data, every):
    """Every so manieth line has a place a degree away, and the checksum of before."""
    lines = data.split(b"\r\n")
    for index in range(0, len(lines), every):
        lines[index] = lines[index].replace(b",454", b",464").replace(b",004", b",014")
    return b"\r\n".join(lines)


def cut_short(rng, data):
    """Lines of which the end is missing, or the beginning."""
    found = []
    for one in data.split(b"\r\n"):
        if rng.chance(20):
            at = rng.below(len(one) + 1)
            one = one[:at] if rng.chance(50) else one[at:]
        found.append(one)
    return b"\r\n".join(found)


def often(per_s, *sentences):
    """per_s readings in each second, evenly."""

    def made(second, place):
        found = b""
        for index in range(per_s):
            time = clock(second, 1000 * index // per_s)
            found += b"".join(sentence(time, place) for sentence in sentences)
        return found

    return made


def full(time, place):
    """All that an L76K says by default, of five systems."""
    heard = b"".join(gsv(talker) for talker in ("GP", "GL", "GA", "BD", "GQ"))
    gll = line(f"GNGLL,{sides(place)},{time},A,A")
    text = line("GPTXT,01,01,01,ANTENNA OK")
    return gga(time, place) + gll + gsa() * 3 + heard + rmc(time, place) + zda(time) + text


def dated(second, place, date):
    return gga(clock(second), place) + rmc(clock(second), place, date=date)


def days(*parts):
    """Seconds of several days: (date, from_s, count) each."""
    found, index = b"", 0
    for date, from_s, count in parts:
        for second in range(from_s, from_s + count):
            found += dated(second, walk(index), date)
            index += 1
    return found


def void(second, _place):
    time = clock(second)
    return gga(time, None) + gsa(1) + rmc(time, None, status="V", tail=",,,N,V")


def blank(_second, _place):
    """Void, and the time not known either."""
    return gga("", None) + gsa(1) + rmc("", None, status="V", date="", tail=",,,N,V")


COMMENTS = b"# a comment with $GPRMC, and *00 in it\n#\n# Date: 2026-08-05\r\n\r\n\n"
TAG = b"\\s:rover,c:1786000000*%02X\\" % 0x31
FOREIGN = (
    line("PGRME,15.0,M,45.0,M,25.0,M")
    + line("PUBX,00,100000.00,4600.00000,N,00500.00000,E,100.0,G3,2.1,2.0,0.007,77.52")
    + line("PQTMVERNO,L76KNR01A01S")
    + b"!AIVDM,1,1,,A,13aEOK?P00PD2wVMdLDRhgvL289?,0*26\r\n"
)
UBX = b"\xb5\x62\x01\x07\x5c\x00" + bytes(range(92)) + b"\x00\x00"

# tells: whether its messages must have a place; way: where she was, to within_m.
Odd = namedtuple("Odd", "data tells way within_m")
WAY = [walk(index) for index in range(-1, 160)]


def odd(data, tells=True, way=WAY, within_m=1):
    return Odd(data, tells, way, within_m)


def at(place):
    """Forty seconds at one place."""
    return odd(seconds(40, lambda s, _: dated(s, place, "050826")), way=[place])


RNG = Rng(7)
USUAL = seconds(40, usual)
TALKERS = ("GP", "GL", "GA", "GB", "QZ", "BD", "GN")
ODD = {
    "as it should be": odd(USUAL),
    # -- lines
    "line feeds": odd(USUAL.replace(b"\r\n", b"\n")),
    "carriage returns": odd(USUAL.replace(b"\r\n", b"\r")),
    "no line ends": odd(USUAL.replace(b"\r\n", b"")),
    "blank lines": odd(USUAL.replace(b"\r\n", b"\r\r\n\n \r\n")),
    "blanks around lines": odd(USUAL.replace(b"\r\n", b" \t\r\n  ")),
    "small letters in checksums": odd(
        b"\n".join(one[:-2] + one[-2:].lower() for one in USUAL.split(b"\r\n"))
    ),
    "a line without an end": odd(b"$GPRMC," + b"0" * 5000 + USUAL),
    "cut lines": odd(cut_short(RNG, seconds(60, usual))),
    "wrong checksums": odd(spoilt(seconds(60, usual), 3)),
    "every checksum wrong": odd(spoilt(USUAL, 1), tells=False),
    "no checksums": odd(re.sub(rb"\*..\r", b"\r", USUAL), tells=False),
    # -- rubbish
    "noise between lines": odd(noisy(RNG, USUAL, 60)),
    "noise of dollars and asterisks": odd(noisy(RNG, USUAL, 20, b"$*,\r\nA0")),
    "noise behind the checksum": odd(USUAL.replace(b"\r\n", b"\xb5b\x01*AB\x00\r\n")),
    "UBX between lines": odd(USUAL.replace(b"\r\n", b"\r\n" + UBX)),
    "a long run of binary": odd(seconds(20, usual) + UBX * 400 + seconds(30, usual, 36020)),
    "NULs and 0xFF": odd(b"\0" * 3000 + USUAL + b"\xff" * 3000 + usual(36040, LYON)),
    "comments": odd(COMMENTS + USUAL.replace(b"$GNRMC", COMMENTS + b"$GNRMC")),
    "tag blocks": odd(USUAL.replace(b"$G", TAG + b"$G")),
    "makers' sentences and AIS": odd(seconds(40, lambda s, p: FOREIGN + usual(s, p))),
    "noise": odd(RNG.bytes(6000), tells=False),
    "text": odd(b"This is not a recording of anything.\n" * 50, tells=False),
    "empty": odd(b"", tells=False),
    # -- who speaks, and what
    "all talkers at once": odd(
        seconds(
            40,
            lambda s, p: b"".join(rmc(clock(s), p, t) + gga(clock(s), p, t) for t in TALKERS),
        )
    ),
    "another talker each second": odd(
        seconds(
            40,
            lambda s, p: rmc(clock(s), p, TALKERS[s % 7]) + gga(clock(s), p, TALKERS[s % 7]),
        )
    ),
    "RMC only": odd(seconds(40, lambda s, p: rmc(clock(s), p))),
    "RMC of version 2.0": odd(seconds(40, lambda s, p: rmc(clock(s, 0, 0), p, tail=",,"))),
    "GGA only": odd(seconds(40, lambda s, p: gga(clock(s), p))),
    "GGA and ZDA": odd(seconds(40, lambda s, p: gga(clock(s), p) + zda(clock(s)))),
    "RMC each tenth second": odd(
        seconds(60, lambda s, p: (b"" if s % 10 else rmc(clock(s), p)) + gga(clock(s), p))
    ),
    "RMC of the second before": odd(
        seconds(40, lambda s, p: gga(clock(s), p) + rmc(clock(s - 1), (p[0] - 180, p[1] - 180)))
    ),
    "GSA first": odd(seconds(40, lambda s, p: gsa() + gga(clock(s), p) + rmc(clock(s), p))),
    "two decimals": odd(seconds(40, lambda s, p: rmc(clock(s), p, decimals=2)), within_m=25),
    "no decimals": odd(seconds(40, lambda s, p: rmc(clock(s), p, decimals=0)), within_m=2500),
    "eight decimals": odd(
        seconds(40, lambda s, p: rmc(clock(s), p, decimals=8) + gga(clock(s), p, decimals=8))
    ),
    "numbers that are none": odd(
        seconds(
            40,
            lambda s, p: (
                line(f"GNGGA,{clock(s)},{sides(p)},1, 8,-,,M,,M,,")
                + line(f"GNRMC,{clock(s)},A,{sides(p)}, -0.5,n/a,050826,,,A,V")
            ),
        )
    ),
    # -- how often
    "5 a second": odd(seconds(60, often(5, rmc, gga))),
    "10 a second": odd(seconds(60, often(10, rmc))),
    "10 a second, all of it": odd(seconds(30, often(10, full))),
    "25 a second": odd(seconds(20, often(25, rmc, gga))),
    "every fifth second": odd(b"".join(usual(36000 + 5 * i, walk(i)) for i in range(60))),
    "one second": odd(usual(36000, LYON)),
    "one sentence": odd(rmc(clock(36000), LYON)),
    # -- when
    "a gap of ten minutes": odd(seconds(30, usual) + seconds(60, usual, 36630)),
    "a gap of a day": odd(days(("050826", 36000, 30), ("060826", 36030, 60))),
    "time goes back an hour": odd(days(("050826", 36000, 40), ("050826", 32400, 60))),
    "time goes back a day": odd(days(("050826", 36000, 40), ("040826", 32400, 60))),
    "the same again": odd(USUAL * 2),
    "time runs backwards": odd(b"".join(usual(36060 - i, walk(i)) for i in range(60))),
    "midnight": odd(days(("050826", 86370, 30), ("060826", 0, 40))),
    "midnight without a date": odd(
        days(("050826", 86370, 5))
        + b"".join(gga(clock((86375 + i) % 86400), walk(i)) for i in range(60))
    ),
    "new year": odd(days(("311226", 86370, 30), ("010127", 0, 40))),
    "a leap second": odd(
        days(("311216", 86380, 20))
        + rmc("235960.000", walk(20), date="311216")
        + days(("010117", 0, 40))
    ),
    "a leap second first": odd(
        rmc("235960.000", walk(0), date="311216") + days(("010117", 0, 40))
    ),
    "before a rollover": odd(days(("201206", 36000, 60))),
    "before two rollovers": odd(days(("060597", 36000, 60))),
    "a first date of 1980": odd(days(("060180", 36000, 10), ("050826", 36010, 60))),
    "an impossible date": odd(seconds(40, lambda s, p: dated(s, p, "320826")), tells=True),
    "an impossible time": odd(
        seconds(40, lambda s, p: rmc("256199.000", p) + gga("246000", p) + usual(s, p))
    ),
    "no time": odd(seconds(40, lambda s, p: rmc("", p) + gga("", p))),
    "times only": odd(seconds(60, void), tells=False),
    "dates only": odd(seconds(60, lambda s, p: zda(clock(s))), tells=False),
    "a minute of nothing first": odd(seconds(60, blank) + seconds(40, usual, 36060)),
    "a minute of void first": odd(seconds(60, void) + seconds(40, usual, 36060)),
    "void in the middle": odd(
        seconds(20, usual) + seconds(30, void, 36020) + seconds(9, usual, 36050)
    ),
    "void every other second": odd(seconds(60, lambda s, p: (void if s % 2 else usual)(s, p))),
    "void RMC beside a valid GGA": odd(
        seconds(40, lambda s, p: rmc(clock(s), p, status="V") + gga(clock(s), p)), tells=False
    ),
    "estimated": odd(
        seconds(40, lambda s, p: rmc(clock(s), p, tail=",,,E") + gga(clock(s), p, quality=6)),
        tells=False,
    ),
    "estimated, GGA only": odd(seconds(40, lambda s, p: gga(clock(s), p, quality=6)), tells=False),
    # -- where
    "an impossible place": odd(
        seconds(
            40,
            lambda s, p: line(f"GNRMC,{clock(s)},A,9960.0,N,36000.0,E,0.5,,050826") + usual(s, p),
        )
    ),
    "south and west": at((-338674800, -1512069900)),
    "south and east": at((-338674800, 1512069900)),
    "equator and Greenwich": at((0, 0)),
    "just beyond them": at((-12, -12)),
    "the date line": at((-168000000, 1799999990)),
    "the other side of it": at((-168000000, -1800000000)),
    "almost the pole": at((899999980, 250000000)),
    "fast": odd(
        b"".join(usual(36000 + i, walk(i, step_e7=5000)) for i in range(150)),
        way=[walk(i, step_e7=5000) for i in range(150)],
    ),
}


def judged(path, **options):
    played = replay.play(path, **options)
    told, wrong = replay.judge(played)
    assert not wrong, "; ".join(wrong)
    return played, told


def hold(name, path, **options):
    """Play an odd recording and hold its messages against what is known of it."""
    wanted = ODD[name]
    path.write_bytes(wanted.data)
    played, told = judged(path, **options)
    if not wanted.tells:
        assert not told, told
        return
    assert len(told) >= len(played.presses) - 1, told
    for one in told:
        place = (one.event["lat_e7"], one.event["lon_e7"])
        metres = min(distance_m(place, true) for true in wanted.way)
        assert metres <= wanted.within_m, (one, metres)


@pytest.mark.parametrize("name", ODD)
def test_odd_recording(name, tmp_path):
    for index in range(depth(10)):
        hold(name, tmp_path / "odd.log", shift_ms=index * 7000 % replay.EVERY_MS)


@pytest.mark.skipif(vm_binary() is None, reason="no MicroPython VM for this machine")
def test_odd_recordings_on_the_real_interpreter(tmp_path):
    for name in sorted(ODD)[:: 100 // depth(100) // 8 + 1]:
        hold(name, tmp_path / "odd.log", host="micropython")


# -- real ones on a bad wire ------------------------------------------------------------------


def worn(data, rng):
    """Bytes lost, changed and put in, here and there."""
    found = []
    for piece in pieces(data, rng):
        fate = rng.below(12)
        if fate == 0:
            piece = piece[: rng.below(len(piece))]
        elif fate == 1:
            piece = piece + rng.bytes(rng.below(5))
        elif fate == 2:
            at = rng.below(len(piece))
            piece = piece[:at] + rng.bytes(1) + piece[at + 1 :]
        elif fate == 3:
            piece = piece + rng.choice((b"$", b"*", b"\r\n", b"*00", b"$GPRMC,", b"$GNGGA,"))
        found.append(piece)
    return b"".join(found)


@pytest.mark.skipif(not LOGS, reason=f"test_gnss_odd_logs.py: no recordings in {DATA}/gnss")
def test_damaged_recordings_never_make_a_place(tmp_path):
    path = tmp_path / "worn.log"
    for seed in range(depth(400)):
        rng = Rng(seed)
        log = rng.choice(LOGS)
        path.write_bytes(worn(log.read_bytes()[:20000], rng))
        played = replay.play(path)
        assert replay.judge(played)[1] == [], (seed, log.name)


# -- how a recording is read ------------------------------------------------------------------


def read(data):
    reader = ClaimReader()
    return [[claim.utc for claim in reader.read(epoch)] for epoch in epochs(data)]


def test_where_a_receiver_tells_no_time_an_epoch_begins_with_its_first_sentence():
    assert [len(epoch) for epoch in epochs(seconds(9, blank))] == [len(blank(0, LYON))] * 9
    assert read(seconds(3, lambda s, p: rmc("", p))) == [[""], [""], [""]]
    head = seconds(2, blank)
    assert epochs(head + usual(36000, LYON))[-1] == usual(36000, LYON)


def test_dates_come_from_rmc_and_zda_and_go_on_at_midnight():
    late, early = clock(86399, 0, 0), clock(0, 0, 0)
    assert read(gga(late, LYON) + zda(late)) == [["2026-08-05T23:59:59Z"]]
    no_date = read(gga(late, LYON) + zda(late) + gga(early, LYON) + gga(late, LYON))
    want = ["2026-08-05T23:59:59Z", "2026-08-06T00:00:00Z", "2026-08-06T23:59:59Z"]
    assert no_date == [[utc] for utc in want]
    assert read(gga(early, LYON)) == [["00:00:00"]]


def test_noise_behind_a_checksum_hides_no_sentence():
    data = rmc(clock(36000), LYON).strip() + b"\xb5b*AB" + gga(clock(36001), LYON)
    assert read(data) == [["2026-08-05T10:00:00Z"], ["2026-08-05T10:00:01Z"]]


# -- the command line -------------------------------------------------------------------------


def test_a_recording_set_on_the_command_line_takes_the_models_place(tmp_path):
    path = tmp_path / "walk.log"
    path.write_bytes(seconds(150, usual))
    scenario = ROOT / "simulator/scenarios/evening_walk.yaml"
    command = (sys.executable, "-m", "simulator", "run", scenario, "--out", "out")
    done = subprocess.run(
        [*command, "--set", "world.gnss.file=walk.log"],
        check=False,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode in (0, 1), done.stderr  # the scenario expects another walk
    events = [json.loads(one) for one in (tmp_path / "out/events.jsonl").open()]
    fixes = [event for event in events if event["ev"] == "fix"]
    assert fixes[0]["utc"] == "2026-08-05T10:00:00Z" and len(fixes) == 150
    shown = [replay.shown_place(text) for text, _ in replay.sent(events)]
    shown = [place for place in shown if place]
    assert shown
    assert all(any(replay.equals(fix, place) for fix in fixes) for place in shown)


# -- that it can fail -------------------------------------------------------------------------

BREAKS = (  # a file, what stands there, what is put in its place, a recording that shows it
    ("lib/nmea.py", "!= checksum(body)", "== 256", "every checksum wrong"),
    ("lib/nmea.py", "not 1 <= quality <= 5", "quality == 0", "estimated, GGA only"),
    ("lib/nmea.py", "hemispheres[:1] else -e7", "hemispheres[:1] else e7", "south and west"),
    ("lib/nmea.py", "if stop < 0:", "if stop < 0 or 1:", "as it should be"),
    ("lib/gnssfix.py", "if rmc and not rmc.valid", "if 0", "void RMC beside a valid GGA"),
)


@pytest.mark.parametrize("name,good,bad,shown_by", BREAKS)
def test_broken_firmware_is_found(tmp_path, name, good, bad, shown_by):
    root = replay.broken(tmp_path / "root", name, good, bad)
    with pytest.raises(AssertionError):
        hold(shown_by, tmp_path / "odd.log", root=root)
