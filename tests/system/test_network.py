"""The network, its SMS centre and the phones."""

import pytest
from rig import JULIE, MARC, Rig
from test_virtual_modem import quiet, submit

from simulator import dates
from simulator.latency import LAWS, TAIL_MS, Latency
from simulator.world import World


def test_a_phone_that_is_off_gets_everything_when_it_is_switched_on():
    rig = quiet(Rig(fixed_ms=200))
    rig.say("AT+CNMI=2,1,0,1,0\r")
    rig.network.switch(JULIE, False)
    rig.send(submit("one"), 300)
    rig.send(submit("two"), 300)
    rig.run(60_000)
    assert rig.phones[0].texts == [] and not rig.seen("report")
    rig.network.switch(JULIE, True)
    rig.run(5000)
    assert sorted(rig.phones[0].texts) == ["one", "two"] and len(rig.seen("report")) == 2


def test_validity_ends_and_is_reported():
    rig = quiet(Rig(fixed_ms=200))
    rig.say("AT+CNMI=2,1,0,1,0\r")
    rig.network.switch(JULIE, False)
    rig.send(submit("late", hours=1), 300)
    rig.run(3_599_000)
    assert not rig.seen("report")
    rig.run(2000)
    assert [event["status"] for event in rig.seen("report")] == [0x46]
    rig.network.switch(JULIE, True)
    rig.run(5000)
    assert rig.phones[0].texts == []


def test_what_comes_while_the_modem_is_away_comes_when_it_is_back():
    rig = quiet(Rig())
    rig.say("AT+CNMI=2,1,0,1,0\r")
    rig.network.cover("none")
    rig.run(5000)
    rig.network.reply(JULIE, "OK")
    rig.run(60_000)
    assert not rig.seen("sms_to_modem")
    rig.network.cover("good")
    rig.run(8000)
    assert "+CMTI" in rig.heard.decode()


def test_coverage_lost_during_a_submission_fails_late():
    rig = quiet(Rig(fixed_ms=3000))
    pdus = submit("x")
    rig.say(f"AT+CMGS={pdus[0].tpduLength}\r")
    rig.say(str(pdus[0]).encode() + b"\x1a", 500)
    rig.network.cover("none")
    rig.run(38_000)
    assert b"ERROR" not in rig.heard
    rig.run(3000)
    assert b"+CMS ERROR: 332" in rig.heard and rig.phones[0].texts == []


def test_modem_reset_during_a_submission_may_have_sent():
    held = []
    for wait_ms in (1000, 2900):
        rig = quiet(Rig(fixed_ms=3000))
        pdus = submit("x")
        rig.say(f"AT+CMGS={pdus[0].tpduLength}\r")
        rig.say(str(pdus[0]).encode() + b"\x1a", wait_ms)
        rig.modem.start_fault("reset", {})
        rig.run(30_000)
        assert not rig.seen("at_accept")
        held.append(rig.phones[0].texts)
    assert held == [[], ["x"]]


def test_a_submission_dies_with_the_modem_even_where_the_network_is_slow():
    rig = quiet(Rig(fixed_ms=60_000))
    pdus = submit("x")
    rig.say(f"AT+CMGS={pdus[0].tpduLength}\r")
    rig.say(str(pdus[0]).encode() + b"\x1a", 1000)
    rig.modem.start_fault("reset", {})
    rig.run(90_000)
    assert rig.network.registered and rig.phones[0].texts == []


def test_denied_registration():
    rig = quiet(Rig())
    rig.say("AT+CEREG=1\r")
    rig.network.deny(True)
    rig.run(7000)
    assert b"+CEREG: 3" in rig.heard
    rig.network.deny(False)
    rig.run(7000)
    assert b"+CEREG: 1" in rig.heard


def test_cell_is_a_function_of_the_place():
    rig = quiet(Rig())
    here = rig.network.cell()
    mcc, mnc, area, cell = here
    heard = rig.say("AT+CREG=2;+CREG?;+CPSI?\r")
    assert f'+CREG: 2,1,"{area:04X}","{cell:08X}",7' in heard
    assert f"LTE,Online,{mcc}-{mnc},0x{area:04X},{cell}," in heard
    rig.truth.move((458000000, 48356600), 0)
    assert rig.network.cell() != here
    rig.truth.move((457604300, 48356600), 0)
    assert rig.network.cell() == here


@pytest.mark.parametrize("name", sorted(LAWS))
def test_latency_law(name):
    law = LAWS[name]
    latency = Latency(World(5, 0).rng("latency"), name)
    first = [latency.draw_ms(i * 1_000_000) for i in range(2000)]
    now_ms, following = 2_000_000_000, []
    latency.draw_ms(now_ms)
    for _ in range(2000):
        now_ms = latency._last_ms + 100
        following.append(latency.draw_ms(now_ms))
    for drawn, (low, median, high) in ((first, law.first_ms), (following, law.next_ms)):
        usual = [ms for ms in drawn if ms <= high]
        tail = [ms for ms in drawn if ms > high]
        assert min(usual) >= low and min(tail) >= TAIL_MS[0] and max(tail) < TAIL_MS[1]
        assert abs(sorted(usual)[len(usual) // 2] - median) < median // 5
        assert law.tail_permille / 2 < len(tail) / 2 < law.tail_permille * 2


def test_same_seed_same_network():
    def story(seed):
        rig = quiet(Rig(seed, fixed_ms=None))
        rig.say("AT+CNMI=2,1,0,1,0\r")
        for number in (JULIE, MARC):
            rig.send(submit("hello", number), 45_000)
        return rig.events

    assert story(4) == story(4) != story(5)


# French law: summer time from the last Sunday of March to that of October, at 01:00 UTC.
ZONES = (
    ("2026-03-29T00:59:59Z", 4),
    ("2026-03-29T01:00:00Z", 8),
    ("2026-10-25T00:59:59Z", 8),
    ("2026-10-25T01:00:00Z", 4),
    ("2027-07-01T12:00:00Z", 8),
)


@pytest.mark.parametrize("moment,quarters", ZONES)
def test_network_time_zone(moment, quarters):
    assert dates.summer_quarters(dates.from_iso(moment)) == quarters
