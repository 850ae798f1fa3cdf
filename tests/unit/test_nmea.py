"""lib/nmea.py: framing, the four sentences, damage of every kind, any cutting of the stream."""

import nmea
from harness import Rng, depth, pieces

GOOD = b"$GNRMC,055234.000,A,4739.71890,N,12219.58362,W,0.00,286.35,050826,,,A,V*13\r\n"
GOOD_RMC = nmea.Rmc(21154000, True, 476619817, -1223263937, 0, (2026, 8, 5))

RMC_VOID = (None, False, None, None, None, None)
GGA_VOID = (None, None, None, None)
NORTH_EAST = b"4530.0000,N,00430.0000,E"  # 45.5, 4.5
NO_SPEED_2019 = (455000000, 45000000, None, (2019, 12, 31))

# body -> what is read of it (None: counted as damaged)
SENTENCES = (
    # RMC: validity
    (b"GNRMC,,V,,,,,,,,,,N,V", nmea.Rmc(*RMC_VOID)),
    (b"GPRMC,,V,,,,,,,,,,N", nmea.Rmc(*RMC_VOID)),
    (b"GPRMC,000000,V,8960.000000,N,00000.0,E,0,0,050180,,,N", nmea.Rmc(0, *RMC_VOID[1:])),
    (b"GPRMC,000001,V,36000.0000,N,72000.0,E,0,,190120,,", nmea.Rmc(1000, *RMC_VOID[1:])),
    (b"GPRMC,000001,,4530.0000,N,00430.0000,E,,,,,", nmea.Rmc(1000, *RMC_VOID[1:])),
    # RMC: modes of 2.3 (N, E, M, S are no satellite fixes) and the status of 4.1 (V is not void)
    (b"GPRMC,1,A," + NORTH_EAST + b",,,,,,A", None),
    (b"GARMC,000001,A," + NORTH_EAST + b",,,,,,A,V", (1000, 455000000, 45000000, None, None)),
    (b"GQRMC,000001,A," + NORTH_EAST + b",,,,,,A,S", (1000, 455000000, 45000000, None, None)),
    (b"QZRMC,000001,A," + NORTH_EAST + b",,,,,,D", (1000, 455000000, 45000000, None, None)),
    (b"BDRMC,000001,A," + NORTH_EAST + b",,,,,,R", (1000, 455000000, 45000000, None, None)),
    (b"GBRMC,000001,A," + NORTH_EAST + b",,,", (1000, 455000000, 45000000, None, None)),
    (b"GPRMC,000001,A," + NORTH_EAST + b",,,,,,N", nmea.Rmc(1000, *RMC_VOID[1:])),
    (b"GPRMC,000001,A," + NORTH_EAST + b",,,,,,E", nmea.Rmc(1000, *RMC_VOID[1:])),
    (b"GPRMC,000001,A," + NORTH_EAST + b",,,,,,M", nmea.Rmc(1000, *RMC_VOID[1:])),
    (b"GPRMC,000001,A," + NORTH_EAST + b",,,,,,S", nmea.Rmc(1000, *RMC_VOID[1:])),
    # RMC: dates and speeds
    (
        b"GPRMC,235960,A," + NORTH_EAST + b",1.0,,290224,,",
        (86400000,) + (455000000, 45000000, 51, (2024, 2, 29)),
    ),
    (
        b"GPRMC,000001,A," + NORTH_EAST + b",0.0,,220899,,",
        (1000, 455000000, 45000000, 0, (1999, 8, 22)),
    ),
    (
        b"GPRMC,000001,A," + NORTH_EAST + b",99.999,,311279,,",
        (1000, 455000000, 45000000, 5144, (2079, 12, 31)),
    ),
    # a speed that is no number costs the speed, not the position
    (b"GPRMC,000001,A," + NORTH_EAST + b",-1,,311219,,", (1000,) + NO_SPEED_2019),
    (b"GPRMC,000001,A," + NORTH_EAST + b",.,,311219,,", (1000,) + NO_SPEED_2019),
    (b"GPRMC,000001,A," + NORTH_EAST + b",1.x,,311219,,", (1000,) + NO_SPEED_2019),
    (b"GPRMC,000001,A," + NORTH_EAST + b",0,,2208-1,,", None),
    (b"GPRMC,000001,A," + NORTH_EAST + b",0,,310224,,", None),
    (b"GPRMC,000001,A," + NORTH_EAST + b",0,,010024,,", None),
    (b"GPRMC,000001,A," + NORTH_EAST + b",0,,011324,,", None),
    (b"GPRMC,000001,A," + NORTH_EAST + b",0,,01012024,,", None),
    # RMC: times and places that cannot be
    (b"GPRMC,240000,A," + NORTH_EAST + b",,,,,", None),
    (b"GPRMC,006000,A," + NORTH_EAST + b",,,,,", None),
    (b"GPRMC,000061,A," + NORTH_EAST + b",,,,,", None),
    (b"GPRMC,0000010,A," + NORTH_EAST + b",,,,,", None),
    (b"GPRMC,000001,A,,,,,,,,,", None),
    (b"GPRMC,000001,A,4530.0000,E,00430.0000,E,,,,,", None),
    (b"GPRMC,000001,A,4530.0000,NS,00430.0000,E,,,,,", None),
    (b"GPRMC,000001,A,4560.0000,N,00430.0000,E,,,,,", None),
    (b"GPRMC,000001,A,9000.0001,N,00430.0000,E,,,,,", None),
    (b"GPRMC,000001,A,4530.0000,N,18000.0001,E,,,,,", None),
    (b"GPRMC,000001,A,45x0.0000,N,00430.0000,E,,,,,", None),
    (b"GPRMC,000001,A,45,N,00430.0000,E,,,,,", None),
    (b"GPRMC,000001,A," + NORTH_EAST, None),
    (b"GPRMC,000001,A,9000,S,18000.,W,,,,,", (1000, -900000000, -1800000000, None, None)),
    # GGA
    (b"GNGGA,,,,,,0,00,99.99,,,,,,", nmea.Gga(None, 0, *GGA_VOID)),
    (b"GPGGA,000001," + NORTH_EAST + b",,08,1.0,,,,,,", nmea.Gga(1000, None, *GGA_VOID)),
    (b"GPGGA,000001," + NORTH_EAST + b",6,08,1.0,,,,,,", nmea.Gga(1000, 6, *GGA_VOID)),
    (b"GPGGA,000001," + NORTH_EAST + b",8,08,1.0,,,,,,", nmea.Gga(1000, 8, *GGA_VOID)),
    (
        b"GPGGA,000001.5," + NORTH_EAST + b",1,08,1.0,,,,,,",
        nmea.Gga(1500, 1, 455000000, 45000000, 8, 100),
    ),
    (
        b"GPGGA,000001.9999," + NORTH_EAST + b",5,,0.994,,,,,,",
        nmea.Gga(1999, 5, 455000000, 45000000, None, 99),
    ),
    (
        b"GPGGA,000001," + NORTH_EAST + b",5,,0.995,,,,,,",
        nmea.Gga(1000, 5, 455000000, 45000000, None, 100),
    ),
    (
        b"GPGGA,000001," + NORTH_EAST + b",2,12,99.99,,,,,,",
        nmea.Gga(1000, 2, 455000000, 45000000, 12, None),
    ),
    (
        b"GPGGA,000001," + NORTH_EAST + b",2,12,0.0,,,,,,",
        nmea.Gga(1000, 2, 455000000, 45000000, 12, None),
    ),
    (
        b"GPGGA,000001," + NORTH_EAST + b",1, 8,-,,,,,,",
        nmea.Gga(1000, 1, 455000000, 45000000, None, None),
    ),
    (b"GPGGA,000001," + NORTH_EAST + b",x,12,0.0,,,,,,", None),
    (b"GPGGA,000001," + NORTH_EAST + b",1", None),
    # bytes that are no text: noise whose checksum happens to agree
    (b"GPGGA,000001," + NORTH_EAST + b",1,08,1.0,38.0,M,-32\x8e\xf5.4,M,,", None),
    (b"GPRMC,000001,A," + NORTH_EAST + b",,,,\x00,,", None),
    (b"GPGSA,A,3,,\x7f,,,,,,,,,,,1.0,1.0,1.0", None),
    # GSA: standard, of 4.1 with its system, with too many satellites
    (b"GNGSA,A,3,02,07,14,15,17,20,22,30,,,,,1.5,0.9,1.2,1", nmea.Gsa(3, 90)),
    (b"GPGSA,A,2,02,04,27,,,,,,,,,,,5.3,", nmea.Gsa(2, 530)),
    (b"GPGSA,A,1,,,,,,,,,,,,,50.0,50.0,50.0", nmea.Gsa(1, 5000)),
    (b"GPGSA,A,3,23,13,07,25,,,,,,,,,,,,,,,,,,,,,09.2,07.2,05.7", nmea.Gsa(3, None)),
    (b"GPGSA,A,4,,,,,,,,,,,,,1.0,1.0,1.0", None),
    (b"GPGSA,A", None),
    # GST
    (b"GPGST,150119.000,004.0,008.7,004.7,132.3,006.8,007.2,00014", nmea.Gst(54079000, 680, 720)),
    (b"GNGST,193334.00,16,,,,,,", nmea.Gst(70414000, None, None)),
)


def expected(want):
    """A tuple of five stands for a valid RMC."""
    if want is None or len(want) != 5 or isinstance(want, nmea.Gsa):
        return want
    return nmea.Rmc(want[0], True, *want[1:])


def test_sentences():
    for body, want in SENTENCES:
        reader = nmea.Reader()
        got = reader.feed(nmea.sentence(body))
        assert got == ([] if want is None else [expected(want)]), (body, got)
        assert (reader.good, reader.damaged) == ((0, 1) if want is None else (1, 0)), body


def test_angles_are_rounded_not_cut():
    # 1e-7 degree is 6e-6 minute; the exact quotient decides, at any number of decimals
    table = (
        (b"4739.71890", 476619817),  # 39.71890 / 60 = 0.661981666...
        (b"4134.49821229", 415749702),  # 0.5749702048
        (b"0000.000003", 1),  # half a unit up
        (b"0000.0000029999999999999999", 0),
        (b"0059.999997", 10000000),
        (b"8959.9999999999", 900000000),
        (b"4500", 450000000),
        (b"4500.", 450000000),
        (b"500.0", 50000000),
    )
    for field, e7 in table:
        reader = nmea.Reader()
        body = b"GPGGA,000001," + field + b",S,00000.0,W,1,08,1.0,,,,,,"
        (gga,) = reader.feed(nmea.sentence(body))
        assert gga.lat_e7 == -e7 and gga.lon_e7 == 0, (field, gga)


# what comes before a good sentence -> (bad_checksum, cut, overlong, unknown)
PREFIXES = (
    (b"", (0, 0, 0, 0)),
    (b"noise without a start\r\n", (0, 0, 0, 0)),
    (b"C", (0, 0, 0, 0)),
    (b"GN", (0, 0, 0, 0)),
    (b"$", (0, 1, 0, 0)),
    (b"$GNRMC,055234.000,A,4739.7", (0, 1, 0, 0)),
    (b"$GNRMC,055234.000,A,4739.71890,N*", (1, 0, 0, 0)),
    (b"$GNRMC,055234.000,A,4739.71890,N*7", (1, 0, 0, 0)),
    (b"$GNRMC,055234.000,A,4739.71890,N\r\n", (0, 1, 0, 0)),
    (b"$GNRMC,1\r\nwithout a start*00\r\n", (0, 1, 0, 0)),
    (b"$GNRMC,1*00\r\n", (1, 0, 0, 0)),
    (b"$GNRMC,1*GG\r\n", (1, 0, 0, 0)),
    (b"$*00", (0, 0, 0, 1)),
    (b"$GPGSV,1,1,00*79\r\n", (0, 0, 0, 1)),
    (b"$GPGSV,1,1,00*79", (0, 0, 0, 1)),
    (b"!AIVDM,1,1,,B,13njCt031t0DA=lN2:jKmad60l1p,0*12\r\n", (0, 0, 0, 0)),
    (b"$" + b"x" * (nmea.MAX_SENTENCE - 2), (0, 1, 0, 0)),
    (b"$" + b"x" * (nmea.MAX_SENTENCE - 1), (0, 0, 1, 0)),
    (b"$" + b"x" * 3 * nmea.MAX_SENTENCE, (0, 0, 1, 0)),
    (bytes(range(256)), (1, 0, 0, 0)),  # a `$` and a `*`, six bytes apart
    (b"\xb5\x62\x01\x07\x5c\x00$\x00\x00\xff*\x00\x00", (1, 0, 0, 0)),
)


def counts(reader):
    return (reader.bad_checksum, reader.cut, reader.overlong, reader.unknown)


def test_resynchronises_after_damage():
    for prefix, want in PREFIXES:
        reader = nmea.Reader()
        assert reader.feed(prefix + GOOD) == [GOOD_RMC], prefix
        assert counts(reader) == want, (prefix, counts(reader))


def test_checksum_is_mandatory():
    for wrong in (GOOD[:-5] + b"\r\n", GOOD[:-4] + b"14\r\n", GOOD.replace(b"47", b"46")):
        assert nmea.Reader().feed(wrong) == [], wrong
    small = GOOD[:-5] + b"*0d\r\n"  # digits of either case: this one disagrees, the next agrees
    assert nmea.Reader().feed(small) == []
    body = b"GNGGA,,,,,,0,,,,,,,n"
    assert len(nmea.Reader().feed(b"$" + body + b"*%02x" % nmea.checksum(body))) == 1


def test_makers_own_sentences_are_not_ours():
    # $PGRMC configures a Garmin receiver; its last three letters are those of a fix
    reader = nmea.Reader()
    for body in (b"PGRMC,A,45.5,N,4.5,E,,,,,,", b"PCAS03,1,0", b"RMC,1", b"GPRMCX,1", b""):
        assert reader.feed(nmea.sentence(body)) == []
    assert reader.unknown == 5 and reader.damaged == 0


def test_any_cutting_gives_the_same():
    every = [nmea.sentence(body) for body, _ in SENTENCES] + [prefix for prefix, _ in PREFIXES]
    for text in every:
        data = text + GOOD
        whole = nmea.Reader()
        want = whole.feed(data)
        for at in range(len(data) + 1):
            reader = nmea.Reader()
            got = reader.feed(data[:at]) + reader.feed(data[at:])
            assert got == want and counts(reader) == counts(whole), (data, at)
        reader = nmea.Reader()
        got = []
        for at in range(len(data)):
            got += reader.feed(data[at : at + 1])
        assert got == want and counts(reader) == counts(whole), data


def test_all_recorded_shapes_in_seeded_chunks():
    data = b"".join([p for p, _ in PREFIXES] + [nmea.sentence(b) for b, _ in SENTENCES])
    want = nmea.Reader().feed(data)
    assert len(want) > 20
    for seed in range(depth(1000)):
        reader = nmea.Reader()
        got = []
        for piece in pieces(data, Rng(seed)):
            got += reader.feed(piece)
        assert got == want, seed


# -- fuzz: 1 to 600 bytes, a third random, a third mutated, a third grammar ------------------


def mutated(rng):
    data = bytearray(nmea.sentence(rng.choice(SENTENCES)[0]) + GOOD)
    for _ in range(rng.between(1, 6)):
        at = rng.below(len(data))
        what = rng.below(4)
        if what == 0:
            data[at] = rng.below(256)
        elif what == 1:
            data = data[:at] + data[at + rng.between(1, 9) :]
        elif what == 2:
            data = data[:at] + rng.choice((b"$", b"*", b",", b"\r\n", b"0", b"-")) + data[at:]
        else:
            data = data[:at] + data[rng.below(at + 1) :]
        data = data or bytearray(b"$")
    return bytes(data[:600])


def number(rng, digits):
    text = b"".join([b"%d" % rng.below(10) for _ in range(rng.between(0, digits))])
    return text + (b"." + b"%d" % rng.below(1000000) if rng.chance(50) else b"")


def grammatical(rng):
    """Sentences with sound checksums whose fields are of the right kind more often than not."""
    data = b""
    while len(data) < 60 or rng.chance(60):
        fields = [
            rng.choice((b"GP", b"GN", b"GL", b"P")) + rng.choice((b"RMC", b"GGA", b"GSA", b"GST"))
        ]
        for _ in range(rng.between(0, 19)):
            letter = rng.choice((b"A", b"V", b"N", b"S", b"E", b"W", b"1", b"3", b""))
            fields.append(letter if rng.chance(50) else number(rng, 6))
        if rng.chance(50):  # a place that reads
            fields[1:7] = [b"%06d" % rng.below(240000), b"A"] + NORTH_EAST.split(b",")
        data += nmea.sentence(b",".join(fields))
    return data[:600]


def test_fuzz():
    for seed in range(depth(100000)):
        rng = Rng(seed)
        kind = seed % 3
        data = (rng.bytes(rng.between(1, 600)), mutated, grammatical)[kind]
        if kind:
            data = data(rng)
        reader = nmea.Reader()
        seen = []
        for piece in pieces(data, rng):
            seen += reader.feed(piece)
            assert len(reader._held) <= nmea.MAX_SENTENCE + 2, seed
        for value in seen:
            if isinstance(value, (nmea.Rmc, nmea.Gga)) and value.lat_e7 is not None:
                assert abs(value.lat_e7) <= 900000000 and abs(value.lon_e7) <= 1800000000, seed
        again = reader.feed(b"\r\n" + GOOD)
        assert again[-1:] == [GOOD_RMC], (seed, again)


def test_commands_carry_their_checksum():
    # PCAS02,1000*2E stands in SIMCom's A76XX AT manual, PMTK161,0*28 in Quectel's L76 manual
    assert nmea.sentence(b"PCAS02,1000") == b"$PCAS02,1000*2E\r\n"
    assert nmea.sentence(b"PMTK161,0") == b"$PMTK161,0*28\r\n"
