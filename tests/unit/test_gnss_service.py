"""firmware/services/gnss.py: fixes and time, rest and refresh, and every way to be dead."""

import civil
import nmea
from harness import Rng, depth, pieces

from firmware.messages import (
    GNSS_STANDBY,
    GNSS_TRACK,
    FixAcquired,
    FixLost,
    GnssDemand,
    GnssFault,
    TimeKnown,
)
from firmware.services import gnss
from firmware.trace import Trace

NOON = civil.utc(2026, 8, 5, 12)
SETUP = b"$PCAS03,1,0,1,0,1,0,0,0,0,0,,,0,0*03\r\n"
RESTART = b"$PCAS10,0*1C\r\n"


class Uart:
    def __init__(self):
        self.incoming = b""
        self.sent = b""
        self.busy = False

    def read(self):
        data, self.incoming = self.incoming, b""
        return data or None

    def write(self, data):
        self.sent += data
        return len(data)

    def flushed(self):
        return not self.busy


def second(at_s, valid=True):
    """What an L76K sends of one second, at_s seconds after noon, under our sentence mask."""
    time = b"%02d%02d%02d.000" % (12 + at_s // 3600, at_s // 60 % 60, at_s % 60)
    place = b"4545.6258,N,00450.1396,E"
    if not valid:
        return (
            nmea.sentence(b"GNGGA," + time + b",,,,,0,00,99.99,,,,,,")
            + nmea.sentence(b"GNGSA,A,1,,,,,,,,,,,,,99.99,99.99,99.99,1")
            + nmea.sentence(b"GNRMC," + time + b",V,,,,,,,050826,,,N,V")
        )
    return (
        nmea.sentence(b"GNGGA," + time + b"," + place + b",1,14,0.9,170.0,M,47.0,M,,")
        + nmea.sentence(b"GNGSA,A,3,02,07,14,15,17,20,22,30,,,,,1.5,0.9,1.2,1")
        + nmea.sentence(b"GNRMC," + time + b",A," + place + b",0.00,286.35,050826,,,A,V")
    )


class Bench:
    """The service with a fake UART and pin, run as the application runs it."""

    def __init__(self, profile="l76k", uart=True, pin=True, not_before_utc=0):
        self.uart = Uart() if uart else None
        self.levels = []
        wake = self.levels.append if pin else None
        self.now_ms = 0
        self.steps = 0
        self.events = []
        self.service = gnss.make(self.uart, profile, Trace(), wake, not_before_utc)

    def step(self):
        self.steps += 1
        got = self.service.step(self.now_ms)
        self.events += got
        return got

    def run(self, until_ms, source=None):
        """Let time pass: `source(at_s)` is what the receiver sends at each whole second."""
        while self.now_ms < until_ms:
            next_ms = min(until_ms, (self.now_ms // 1000 + 1) * 1000)
            wake_ms = self.service.wake_ms(self.now_ms)
            if wake_ms is not None:
                next_ms = max(self.now_ms + 1, min(next_ms, wake_ms))
            self.now_ms = next_ms
            if source and next_ms % 1000 == 0:
                self.uart.incoming += source(next_ms // 1000) or b""
            self.step()

    def demand(self, level):
        self.service.execute(GnssDemand(level), self.now_ms)

    def of(self, kind):
        return [event for event in self.events if isinstance(event, kind)]


def tracking(**options):
    bench = Bench(**options)
    bench.demand(GNSS_TRACK)
    bench.step()
    return bench


# -- fixes and time ---------------------------------------------------------------------------


def test_a_second_becomes_a_fix_at_its_last_sentence():
    bench = tracking()
    bench.now_ms = 1400
    bench.uart.incoming = second(1)
    time, found = bench.step()
    assert time == TimeKnown(NOON + 1, 1400, "gnss", 1000)
    fix = found.fix
    assert (fix.lat_e7, fix.lon_e7, fix.radius_m) == (457604300, 48356600, 12)
    assert (fix.utc_s, fix.at_ms) == (NOON + 1, 1400)
    assert (fix.hdop_c, fix.sats, fix.mode, fix.speed_cms) == (90, 14, 3, 0)


def test_a_fix_every_second_and_the_time_every_minute():
    bench = tracking()
    bench.run(150000, second)
    assert len(bench.of(FixAcquired)) == 150
    assert [event.at_ms for event in bench.of(TimeKnown)] == [1000, 61000, 121000]
    assert bench.of(GnssFault) == [] and bench.of(FixLost) == []


def test_the_idle_wire_ends_a_second_whose_last_sentence_was_lost():
    bench = tracking()
    bench.now_ms = 1000
    bench.uart.incoming = second(1)[:80]  # GGA alone
    assert bench.step() == []
    assert bench.service.wake_ms(1000) == 1150
    bench.now_ms = 1150
    assert isinstance(bench.step()[0], FixAcquired)


def test_any_cutting_of_the_stream_gives_the_same_fixes():
    data = b"".join([second(at) for at in range(1, 6)])
    whole = tracking()
    whole.uart.incoming = data
    want = [event.fix[:4] for event in whole.step() if isinstance(event, FixAcquired)]
    assert len(want) == 5
    for seed in range(depth(1000)):
        bench = tracking()
        for piece in pieces(data, Rng(seed)):
            bench.uart.incoming = piece
            bench.step()
        assert [event.fix[:4] for event in bench.of(FixAcquired)] == want, seed


def test_dates_from_before_a_rollover_are_moved():
    bench = tracking(not_before_utc=civil.utc(2026, 1, 1))
    old = nmea.sentence(b"GNRMC,120000,A,4545.0,N,00450.0,E,0.0,,201206,,,A,V")
    bench.uart.incoming = old + nmea.sentence(b"GNGGA,120000,4545.0,N,00450.0,E,1,9,1.0,,,,,,")
    bench.step()
    bench.now_ms = 500
    bench.step()
    want = "2026-08-05T12:00:00Z"
    assert civil.iso(bench.of(TimeKnown)[0].utc_s) == want
    assert civil.iso(bench.of(FixAcquired)[0].fix.utc_s) == want


def test_a_lost_fix_is_told_once_after_three_void_seconds():
    bench = tracking()
    bench.run(10000, second)
    bench.run(30000, lambda at_s: second(at_s, valid=False))
    assert bench.of(FixLost) == [FixLost("void")]
    assert bench.of(GnssFault) == []  # alive, only without sky
    bench.run(40000, second)
    bench.run(50000, lambda at_s: second(at_s, valid=False))
    assert len(bench.of(FixLost)) == 2


def test_never_a_fix_or_a_time_from_void_seconds():
    bench = tracking()
    bench.run(60000, lambda at_s: second(at_s, valid=False))
    assert bench.of(FixAcquired) == [] and bench.of(TimeKnown) == []


# -- rest and refresh -------------------------------------------------------------------------


def test_at_rest_it_is_refreshed_every_ten_minutes():
    bench = Bench()
    talking = lambda at_s: second(at_s) if bench.levels[-1:] == [1] else b""  # noqa: E731
    bench.run(1900000, talking)
    # three fixes end a refresh: awake for 3 s, then ten minutes of rest
    assert len(bench.of(FixAcquired)) == 4 * 3
    assert bench.levels == [1, 0] * 4
    times = [event.fix.at_ms for event in bench.of(FixAcquired)]
    assert [times[i] - times[i - 3] for i in range(3, 12)] == [603000] * 9
    assert bench.of(GnssFault) == []


def test_a_refresh_without_sky_ends_after_a_minute():
    bench = Bench()
    bench.run(599000, lambda at_s: second(at_s, valid=False))
    assert bench.levels == [1, 0]
    assert bench.service.may_sleep(bench.now_ms)


def test_the_board_may_sleep_only_at_rest():
    bench = Bench()
    assert not bench.service.may_sleep(0)  # never stepped: it must be set up first
    bench.step()
    assert not bench.service.may_sleep(0)
    bench.run(4000, second)
    assert bench.service.may_sleep(4000)
    assert bench.service.wake_ms(4000) == 3000 + 600000
    bench.uart.busy = True
    assert not bench.service.may_sleep(4000)
    bench.uart.busy = False
    bench.demand(GNSS_TRACK)
    assert not bench.service.may_sleep(4000) and bench.service.wake_ms(4000) == 4000
    bench.run(100000, second)
    assert not bench.service.may_sleep(100000) and bench.levels == [1, 0, 1]


def test_a_demand_wakes_it_at_once_and_ends_as_soon():
    bench = Bench()
    bench.run(60000, second)
    assert bench.levels == [1, 0]
    bench.demand(GNSS_TRACK)
    bench.step()
    assert bench.levels == [1, 0, 1]
    bench.run(200000, second)
    bench.demand(GNSS_STANDBY)
    assert bench.service.wake_ms(bench.now_ms) == bench.now_ms
    bench.step()
    assert bench.levels == [1, 0, 1, 0] and bench.service.may_sleep(bench.now_ms)


def test_it_needs_few_steps_at_rest():
    bench = Bench()
    bench.run(4000, second)
    wakes = 0
    while bench.now_ms < 600000:
        bench.now_ms = bench.service.wake_ms(bench.now_ms)
        bench.step()
        wakes += 1
    assert wakes == 1


def test_without_a_wake_pin_the_board_rests_all_the_same():
    bench = Bench(pin=False)
    bench.run(30000, second)
    assert bench.service.may_sleep(bench.now_ms)
    assert len(bench.of(FixAcquired)) == 30  # the receiver runs on: its fixes cost nothing


def test_a_receiver_that_talks_on_at_rest_does_not_wake_the_board():
    bench = Bench(pin=False)
    bench.run(4000, second)
    assert bench.service.may_sleep(bench.now_ms)
    wake_ms = bench.service.wake_ms(bench.now_ms)
    bench.uart.incoming = second(5)[:80]  # the board slept through the rest of it
    bench.step()
    assert bench.service.wake_ms(bench.now_ms) == wake_ms


def test_a_second_whose_end_was_slept_through_keeps_its_time():
    bench = Bench(pin=False)
    bench.run(4000, second)
    del bench.events[:]
    bench.now_ms = 5000
    bench.uart.incoming = second(5)[:80]  # GGA alone
    bench.step()
    bench.now_ms = 45000
    bench.demand(GNSS_TRACK)
    bench.uart.incoming = second(45)
    bench.step()
    fixes = [event.fix for event in bench.of(FixAcquired)]
    assert [(fix.utc_s - NOON, fix.at_ms) for fix in fixes] == [(5, 5000), (45, 45000)]


def test_woken_in_silence_it_tells_the_second_that_was_left_open():
    bench = Bench(pin=False)
    bench.run(4000, second)
    bench.now_ms = 5000
    bench.uart.incoming = second(5)[:80]
    bench.step()
    bench.now_ms = 45000
    bench.demand(GNSS_TRACK)
    bench.step()
    bench.now_ms = 45150
    bench.step()
    assert bench.of(FixAcquired)[-1].fix.at_ms == 5000


# -- commands ---------------------------------------------------------------------------------


def test_the_sentence_mask_is_sent_once_it_listens():
    bench = tracking()
    assert bench.uart.sent == b"" and bench.service.wake_ms(0) == 500
    bench.run(2000, second)
    assert bench.uart.sent == SETUP


def test_standby_by_command_where_it_can_be_ended():
    bench = Bench(profile="l76")
    bench.run(10000, second)
    assert bench.uart.sent.startswith(b"$PMTK000*32\r\n$PMTK314,0,1,0,1,1,0,")
    assert bench.uart.sent.endswith(b"$PMTK161,0*28\r\n")
    bench.uart.sent = b""
    bench.demand(GNSS_TRACK)
    bench.step()
    assert bench.uart.sent == b"$PMTK000*32\r\n"


def test_every_profile_says_what_the_service_needs():
    for name in gnss.PROFILES:
        bench = Bench(profile=name)
        bench.run(70000, second)
        assert bench.of(FixAcquired) and not bench.of(GnssFault), name
        for line in bench.uart.sent.split(b"\r\n")[:-1]:
            assert nmea.hex_value(line[-2:]) == nmea.checksum(line[1:-3]), line


# -- faults -----------------------------------------------------------------------------------


def repeated(at_s):
    return second(7)


def garbage(at_s):
    return Rng(at_s).bytes(200)


FAULTS = (("silent", None), ("garbage", garbage), ("stuck", repeated))


def test_each_fault_is_told_once_and_the_receiver_started_anew():
    for reason, source in FAULTS:
        bench = tracking()
        bench.run(300000, source)
        assert bench.of(GnssFault) == [GnssFault(reason)], (reason, bench.events)
        assert 8 <= bench.uart.sent.count(RESTART) <= 10, reason
        assert bench.steps < 2000, (reason, bench.steps)  # it does not spin
        assert len(bench.of(TimeKnown)) == (reason == "stuck")  # its one second, only once


def test_a_receiver_that_dies_is_told_and_its_fix_is_lost():
    for reason, source in FAULTS:
        bench = tracking()
        bench.run(20000, second)
        bench.run(40000, source or (lambda at_s: None))
        assert bench.of(GnssFault) == [GnssFault(reason)], reason
        assert bench.of(FixLost) == [FixLost(reason)], reason
        fixes = len(bench.of(FixAcquired))
        assert fixes in (20, 21), reason  # a repeated second is new only once
        bench.run(60000, second)  # it lives again, and may die again
        assert len(bench.of(FixAcquired)) >= fixes + 19
        bench.run(80000)
        assert len(bench.of(GnssFault)) == 2


def test_a_board_without_a_receiver_says_so_and_asks_for_nothing():
    bench = tracking(uart=False)
    bench.step()
    assert bench.events == [GnssFault("absent")]
    assert bench.service.wake_ms(0) is None and bench.service.may_sleep(0)


def test_a_dead_receiver_does_not_keep_the_board_awake_at_rest():
    bench = Bench()
    bench.run(1300000)
    assert bench.of(GnssFault) == [GnssFault("silent")]
    assert bench.levels[-2:] == [1, 0] and bench.service.may_sleep(bench.now_ms)


def test_it_can_be_built_anew_at_any_moment():
    data = second(1) + second(2)
    for at in range(0, len(data), 7):
        bench = tracking()
        bench.uart.incoming = data[:at]
        bench.step()
        bench.service = gnss.make(bench.uart, "l76k", Trace(), bench.levels.append)
        bench.demand(GNSS_TRACK)
        bench.uart.incoming = data[at:]
        bench.step()
        bench.run(3000, lambda at_s: second(at_s + 2))
        assert bench.of(FixAcquired)[-1].fix.utc_s == NOON + 5, at


def test_anything_on_the_wire_is_survived():
    for seed in range(depth(20000)):
        rng = Rng(seed)
        bench = Bench() if seed % 2 else tracking()
        for _ in range(20):
            data = bytearray(second(rng.below(90), rng.chance(70)))
            for _ in range(rng.below(4)):
                data[rng.below(len(data))] = rng.below(256)
            if rng.chance(30):
                data = rng.bytes(rng.below(300))
            bench.uart.incoming = bytes(data)
            bench.now_ms += rng.choice((1, 100, 1000, 20000))
            bench.step()
            wake_ms = bench.service.wake_ms(bench.now_ms)
            assert wake_ms is not None, seed
            if rng.chance(10):
                bench.demand(rng.choice((GNSS_TRACK, GNSS_STANDBY)))
        for event in bench.of(FixAcquired):
            assert abs(event.fix.lat_e7) <= 900000000, seed
        bench.demand(GNSS_TRACK)
        bench.step()
        bench.now_ms += 1000
        bench.uart.incoming = b"\r\n" + second(100)
        assert isinstance(bench.step()[-1], FixAcquired), seed
