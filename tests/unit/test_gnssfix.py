"""lib/gnssfix.py: epochs from sentences in any order, and no fix where one must not be."""

import civil
import gnssfix
import nmea
from harness import Rng, depth

PLACE = b"4530.0000,N,00430.0000,E"
LAT, LON = 455000000, 45000000


def rmc(time=b"120000.00", status=b"A", place=PLACE, date=b"050826", tail=b",,,A,V"):
    return b"GNRMC," + time + b"," + status + b"," + place + b",10.0,," + date + tail


def gga(time=b"120000.00", quality=b"1", place=PLACE, sats=b"08", hdop=b"0.9"):
    return b"GNGGA," + time + b"," + place + b"," + quality + b"," + sats + b"," + hdop + b",,,,,,"


def gsa(mode=b"3", hdop=b"0.9"):
    return b"GNGSA,A," + mode + b"," * 13 + b"1.5," + hdop + b",1.2"


def gst(time=b"120000.00", lat=b"3.0", lon=b"4.0"):
    return b"GNGST," + time + b",,,,," + lat + b"," + lon + b",5.0"


def epochs(bodies, not_before_utc=0, last=None):
    """Every epoch of these sentences, the one still open at the end included."""
    reader = nmea.Reader()
    joiner = gnssfix.Epochs(not_before_utc, last)
    found = []
    for body in bodies:
        for value in reader.feed(nmea.sentence(body)):
            found.append(joiner.take(value))
    found.append(joiner.idle())
    assert not joiner.waiting()
    return [epoch for epoch in found if epoch]


NOON = civil.utc(2026, 8, 5, 12)
FULL = gnssfix.Epoch(NOON, 1, 3, LAT, LON, 12, 90, 8, 514)


def permutations(items):
    if len(items) < 2:
        return [list(items)]
    return [
        [items[i]] + rest
        for i in range(len(items))
        for rest in permutations(items[:i] + items[i + 1 :])
    ]


def test_any_order_gives_the_same_fix():
    for order in permutations([rmc(), gga(), gsa()]):
        assert epochs(order) == [FULL], order
    for order in permutations([rmc(), gga(), gsa(), gst()]):
        assert epochs(order) == [gnssfix.Epoch(NOON, 1, 3, LAT, LON, 10, 90, 8, 514)], order


def test_any_subset_gives_a_fix():
    table = (  # sentences, what is known
        ([rmc()], (NOON, 1, 2, LAT, LON, 62, None, None, 514)),
        ([rmc(), gsa()], (NOON, 1, 3, LAT, LON, 12, 90, None, 514)),
        ([rmc(), gga()], (NOON, 1, 3, LAT, LON, 12, 90, 8, 514)),
        ([rmc(), gga(sats=b"03")], (NOON, 1, 2, LAT, LON, 12, 90, 3, 514)),
        ([gga()], (None, 0, 3, LAT, LON, 12, 90, 8, None)),
        ([gga(), gsa(b"2")], (None, 0, 2, LAT, LON, 12, 90, 8, None)),
        ([gga(hdop=b"99.99")], (None, 0, 3, LAT, LON, 62, None, 8, None)),
        ([rmc(), gga(quality=b"")], (NOON, 1, 2, LAT, LON, 62, None, None, 514)),
    )
    for bodies, want in table:
        assert epochs(bodies) == [gnssfix.Epoch(*want)], bodies


def test_nothing_but_geometry_is_no_epoch():
    for bodies in ([gsa()], [gst()], [gsa(), gst()]):
        assert epochs(bodies) == [], bodies


VOID = (
    [rmc(status=b"V")],
    [gga(quality=b"0")],
    [gga(quality=b"6")],
    [gga(quality=b"7")],
    [gga(quality=b"8")],
    [gga(quality=b"")],
    [rmc(), gga(quality=b"0")],
    [rmc(status=b"V"), gga()],
    [rmc(tail=b",,,N"), gga()],
    [rmc(tail=b",,,E"), gga()],
    [rmc(status=b"V", tail=b",,,S"), gga(quality=b"8"), gsa()],
    [rmc(), gga(), gsa(b"1")],
    [b"GNRMC,,V,,,,,,,,,,N,V"],
    [b"GNRMC,,V,,,,,,,,,,N", b"GNGGA,,,,,,0,00,99.99,,,,,,", gsa(b"1", b"99.99")],
)


def test_a_void_line_never_makes_a_fix():
    for bodies in VOID:
        for order in permutations(bodies):
            found = epochs(order)
            assert len(found) == 1, order
            assert found[0].mode == 1 and found[0][3:] == (None,) * 6, found
            assert found[0].date_ok == 0


def test_a_line_with_an_impossible_date_or_place_never_makes_a_fix():
    bad = (
        rmc(date=b"310226"),
        rmc(date=b"2208-1"),
        rmc(place=b"9060.0000,N,00430.0000,E"),
        gga(place=b"9000.0001,N,00430.0000,E"),
        gga(place=b"4530.0000,N,18000.1000,E"),
        gga(time=b"250000"),
    )
    for body in bad:
        assert epochs([body]) == [], body


def test_constellations_that_help_outvote_those_that_do_not():
    for order in permutations([rmc(), gsa(b"1"), gsa(b"3"), gsa(b"1")]):
        assert epochs(order)[0].mode == 3


def test_seconds_are_told_apart():
    bodies = []
    for second in range(5):
        time = b"12000%d.00" % second
        bodies += [gga(time), gsa(), rmc(time)]
    assert [e.utc_s for e in epochs(bodies)] == [NOON + i for i in range(5)]


def test_a_known_last_sentence_ends_the_second_at_once():
    joiner = gnssfix.Epochs(0, nmea.Rmc)
    reader = nmea.Reader()

    def take(body):
        (value,) = reader.feed(nmea.sentence(body))
        return joiner.take(value)

    assert take(gga()) is None and take(gsa()) is None
    assert take(rmc()) == FULL
    assert not joiner.waiting() and joiner.idle() is None
    # what still comes of that second is too late, and a receiver that repeats it is not alive
    assert take(gga()) is None and take(rmc()) is None and joiner.idle() is None
    # with RMC first, the second is not cut short before it has a GGA
    assert take(rmc(b"120001.00")) is None
    assert take(gga(b"120001.00")) is None
    assert joiner.idle().hdop_c == 90


def test_the_latest_place_of_a_second_counts():
    east = b"4530.0000,N,00430.1000,E"
    assert epochs([gga(b"120000.10"), rmc(b"120000.90", place=east)])[0].lon_e7 == 45016667
    assert epochs([rmc(b"120000.10"), gga(b"120000.90", place=east)])[0].lon_e7 == 45016667
    assert epochs([rmc(b"120000.50"), gga(b"120000.50", place=east)])[0].lon_e7 == 45016667


def test_the_date_is_carried_over_midnight_both_ways():
    bodies = [rmc(b"235959.00"), gga(b"000000.00"), gga(b"000001.00")]
    midnight = civil.utc(2026, 8, 6)
    assert [e.utc_s for e in epochs(bodies)] == [midnight - 1, midnight, midnight + 1]
    late = [rmc(b"000000.00", date=b"060826"), gga(b"235959.00")]
    assert [e.utc_s for e in epochs(late)] == [midnight, midnight - 1]


def test_void_lines_do_not_set_the_date():
    bodies = [rmc(status=b"V", date=b"060180"), gga(b"120001.00")]
    assert [e.utc_s for e in epochs(bodies)] == [None, None]


def test_week_rollover():
    bound = civil.utc(2019, 1, 1)
    told = rmc(b"000231.42", date=b"220899")
    (epoch,) = epochs([told], bound)
    assert civil.iso(epoch.utc_s) == "2019-04-07T00:02:31Z" and epoch.date_ok == 0
    (epoch,) = epochs([rmc(date=b"070419")], bound)
    assert civil.iso(epoch.utc_s) == "2019-04-07T12:00:00Z" and epoch.date_ok == 1
    (value,) = nmea.Reader().feed(nmea.sentence(told))
    assert civil.iso(gnssfix.rmc_utc(value, bound)) == "2019-04-07T00:02:31Z"


def test_time_comes_from_valid_rmc_only():
    table = (
        (rmc(), NOON),
        (rmc(status=b"V"), None),
        (rmc(date=b""), None),
        (rmc(time=b""), None),
        (rmc(tail=b",,,N"), None),
        (gga(), None),
        (gsa(), None),
    )
    for body, want in table:
        (value,) = nmea.Reader().feed(nmea.sentence(body))
        assert gnssfix.rmc_utc(value, 0) == want, body


def test_geometry_holds_for_five_seconds():
    bodies = [gsa(b"2", b"2.0"), rmc()]
    bodies += [rmc(b"1200%02d.00" % second) for second in (5, 6)]
    found = epochs(bodies)
    assert [(e.mode, e.hdop_c) for e in found] == [(2, 200), (2, 200), (2, None)]


def test_radius():
    table = (  # HDOP x 100, GST deviations in cm, metres
        (100, None, 13),  # 2.45 x 5 m
        (90, None, 12),
        (500, None, 62),
        (None, None, 62),
        (20, None, 3),
        (100, (300, 400), 10),  # twice the root of 9 + 16 square metres
        (100, (0, 0), 13),
        (100, (None, 400), 13),
        (100, (1, 1), 3),
        (100, (6000, 8000), 200),
    )
    for hdop_c, deviations, metres in table:
        told = nmea.Gst(0, *deviations) if deviations else None
        assert gnssfix.radius(hdop_c, told) == metres, (hdop_c, deviations)


def test_any_mixture_keeps_its_promises():
    texts = [body for bodies in VOID for body in bodies]
    texts += [rmc(), gga(), gsa(), gst(), gsa(b"2"), rmc(b""), gga(b"")]
    for seed in range(depth(30000)):
        rng = Rng(seed)
        bodies = []
        for _ in range(rng.between(1, 30)):
            body = rng.choice(texts)
            bodies.append(body.replace(b"120000.00", b"12000%d.00" % rng.below(4)))
        for epoch in epochs(bodies, 0, rng.choice((None, nmea.Rmc, nmea.Gga))):
            assert epoch.mode in (1, 2, 3)
            if epoch.mode == 1:
                assert epoch[3:] == (None,) * 6, seed
            else:
                assert (epoch.lat_e7, epoch.lon_e7) == (LAT, LON), seed
                assert epoch.radius_m >= 3, seed
                assert epoch.utc_s is None or NOON <= epoch.utc_s < NOON + 4, seed
        # and a good second still makes a good fix afterwards
        assert epochs(bodies + [rmc(b"130000.00"), gga(b"130000.00"), gsa()])[-1].mode == 3
