"""The modem service against the simulator's modem, which was written from the standards.

The unit tests use a scripted peer that says what its author expected; here bytes take time on
a wire, power keys have their times, and the network draws its own delays.
"""

import pytest
from modem_peer import STEP_MS, config
from rig import JULIE, MARC, Rig

from firmware import modem_profiles
from firmware.messages import (
    CallRefused,
    CellSeen,
    ModemDemand,
    ModemLost,
    ModemReady,
    SendSms,
    SmsAccepted,
    SmsAmbiguous,
    SmsFailed,
    SmsReceived,
    SmsReport,
    TimeKnown,
)
from firmware.services import modem
from firmware.trace import Trace

TEXT = (
    "DANGER Julie 21:42. Appelez le 17, lisez-leur ce lieu. Ne l'appelez pas. "
    "https://maps.google.com/?q=45.76043,4.83566 +/-25m à 21:41. Bat 80%. Répondez OK"
)


class Uart:
    def __init__(self, rig):
        self._rig = rig

    def read(self):
        data = bytes(self._rig.heard)
        del self._rig.heard[:]
        return data or None

    def write(self, data):
        self._rig.wire.board_write(data)
        return len(data)

    def flushed(self):
        return self._rig.wire.idle("tx")


class Pins:
    """As drivers/modem_pins.py; bare: a board that routes neither reset nor supply."""

    def __init__(self, rig, bare):
        self._lines = rig.lines
        self._bare = bare
        self._rang = False
        rig.lines["modem_ri"].watch(self._ring)

    def _ring(self, level):
        self._rang = self._rang or level == 0

    def power_key(self, level):
        self._lines["modem_pwrkey"].set(level)

    def dtr(self, level):
        self._lines["modem_dtr"].set(level)

    def reset(self, level):
        if not self._bare:
            self._lines["modem_reset"].set(level)

    def supply(self, level):
        if not self._bare:
            self._lines["modem_supply"].set(level)

    def ri(self):
        rang, self._rang = self._rang, False
        return 0 if rang else self._lines["modem_ri"].level


class Bench:
    """Steps the service in the world's time; `events` holds (t, event)."""

    def __init__(self, bare=False, step_ms=STEP_MS, conf=None, **options):
        self.rig = Rig(**options)
        self.world = self.rig.world
        self.step_ms = step_ms
        self.trace = Trace()
        self.modem = modem.make(
            Uart(self.rig),
            Pins(self.rig, bare),
            conf or config(),
            modem_profiles.get("a7670e"),
            lambda: 12345,
            self.trace,
        )
        self.events = []
        self.to_send = []
        self.wanted = 0
        self.renew()

    def run(self, ms, until=None):
        world = self.world
        end_ms = world.now_ms + ms
        while world.now_ms < end_ms:
            self.events += [(world.now_ms, e) for e in self.modem.step(world.now_ms)]
            while self.to_send and self.modem.free():
                self.modem.execute(self.to_send.pop(0), world.now_ms)
            if until is not None and until():
                return True
            wake_ms = self.modem.wake_ms(world.now_ms)
            world.run_until(world.now_ms + self.step_ms)
            limit_ms = end_ms if wake_ms is None else min(end_ms, wake_ms)
            while world.now_ms < limit_ms and not self.rig.heard:
                next_ms = world.next_ms()
                world.run_until(limit_ms if next_ms is None else min(limit_ms, next_ms))
        return False

    def ready(self):
        self.demand(1)
        assert self.run(120000, self.modem.free)
        self.run(2000)
        self.events = []
        return self

    def demand(self, awake):
        """From now on, or no longer: as the policy does, it is renewed every minute."""
        self.wanted = awake
        self.modem.execute(ModemDemand(awake), self.world.now_ms)

    def renew(self):
        if self.wanted:
            self.demand(1)
        self.world.after(60000, self.renew)

    def of(self, *kinds):
        return [event for _, event in self.events if isinstance(event, kinds)]

    def outcomes(self):
        return self.of(SmsAccepted, SmsFailed, SmsAmbiguous)

    def send(self, token=1, number=JULIE):
        """Until it is accepted, as the policy would; returns how often it was tried."""
        for tried in range(1, 100):
            known = len(self.outcomes())
            self.to_send.append(SendSms(token, number, TEXT, 1, 240))
            assert self.run(900000, lambda known=known: len(self.outcomes()) > known)
            if isinstance(self.outcomes()[-1], SmsAccepted):
                return tried
            self.run(1500)
        raise AssertionError("never accepted")


def test_from_on_and_from_off():
    for on, most_ms in ((True, 2000), (False, 25000)):
        bench = Bench(on=on)
        assert bench.run(most_ms, bench.modem.free), on
        kinds = [event.__class__ for event in bench.of(CellSeen, TimeKnown, ModemReady)]
        assert kinds[-1] is ModemReady and CellSeen in kinds and TimeKnown in kinds
        assert abs(bench.of(TimeKnown)[0].utc_s - bench.world.utc_s()) <= 2
        cell = bench.rig.network.cell()
        told = bench.of(CellSeen)[0].cell
        assert (told.mcc, told.mnc) == (cell.mcc, cell.mnc)
        assert (int(told.area, 16), int(told.cell, 16)) == (cell.area, cell.cell)


@pytest.mark.parametrize("step_ms", [2, 10])
@pytest.mark.parametrize("fixed_ms", [1500, 5000])
def test_five_messages_cost_little_beyond_the_network(step_ms, fixed_ms):
    bench = Bench(step_ms=step_ms, fixed_ms=fixed_ms).ready()
    began_ms = bench.world.now_ms
    bench.to_send = [SendSms(token, JULIE, TEXT, 1, 240) for token in range(5)]
    assert bench.run(60000, lambda: len(bench.of(SmsAccepted)) == 5)
    overhead_ms = bench.world.now_ms - began_ms - 5 * fixed_ms
    assert overhead_ms <= 5 * 100, overhead_ms  # 33 ms on the wire, 20 of prompt, 20 of pause
    bench.run(10000)
    assert len(bench.of(SmsReport)) == 5
    assert [phone.texts for phone in bench.rig.phones][0] == [TEXT] * 5


def test_replies_and_calls():
    bench = Bench().ready()
    bench.rig.network.reply(JULIE, "OK, j'arrive")
    bench.rig.network.call(MARC)
    bench.run(330000)  # with a sweep: what was read is gone from the modem
    assert bench.of(CallRefused, SmsReceived) == [
        CallRefused(MARC),
        SmsReceived(JULIE, "OK, j'arrive"),
    ]


def test_sleep_keeps_reports_and_replies():
    bench = Bench().ready()
    bench.send()
    bench.demand(0)
    bench.rig.network.switch(MARC, False)
    bench.run(40000)
    assert bench.modem.may_sleep(bench.world.now_ms) and bench.rig.lines["modem_dtr"].level == 1
    bench.rig.network.reply(JULIE, "OUI")
    bench.run(10000)
    assert bench.of(SmsReceived) == [SmsReceived(JULIE, "OUI")]
    bench.run(40000)
    assert bench.modem.may_sleep(bench.world.now_ms)
    began_ms = bench.world.now_ms
    bench.demand(1)
    assert bench.run(2000, bench.modem.free) and bench.world.now_ms - began_ms < 400


def test_locked_sim():
    assert Bench(sim_pin="1234", on=False, conf=config(sim_pin="1234")).ready()
    bench = Bench(sim_pin="1234", on=False, conf=config(sim_pin="4321"))
    bench.run(600000)
    assert bench.rig.modem.sim.tries_left == 2 and bench.of(ModemLost) == [ModemLost("pin")]


FAULTS = (
    ("silent", {}),
    ("stuck", {}),
    ("garbage", {"rate_pct": 10}),
    ("slow", {"ms": 1500}),
    ("dies", {}),
    ("absent", {}),
    ("no_sim", {}),
    ("denied", {}),
    ("lost_result", {"count": 0}),
    ("late_prompt", {"ms": 4000}),
    ("cms", {"code": 38, "count": 0}),
)


@pytest.mark.parametrize("bare", [False, True], ids=["all pins", "key only"])
@pytest.mark.parametrize(("kind", "params"), FAULTS, ids=[row[0] for row in FAULTS])
def test_fault_for_90_s(kind, params, bare):
    bench = Bench(bare=bare).ready()
    bench.rig.modem.start_fault(kind, params)
    began_ms = bench.world.now_ms
    bench.world.after(90000, bench.rig.modem.end_fault, kind)
    for token in range(5):
        bench.send(token)
    assert bench.world.now_ms - began_ms < 150000  # up to two boots after the fault's end
    bench.run(5000)
    assert len(bench.rig.phones[0].texts) >= 5
    bench.run(max(0, began_ms + 200000 - bench.world.now_ms))
    assert bench.send(9) == 1


def test_reset_at_any_moment():
    for at_ms in range(0, 2400, 97):
        bench = Bench().ready()
        bench.world.after(at_ms, bench.rig.modem.start_fault, "reset", {})
        tried = bench.send() + bench.send(2)
        assert tried <= 4, at_ms
        assert len(bench.rig.phones[0].texts) <= 3


def test_no_coverage_for_12_minutes():
    bench = Bench().ready()
    bench.rig.network.cover("none")
    bench.run(12 * 60000)
    assert bench.of(ModemLost) == [ModemLost("network")] and not bench.modem.free()
    bench.rig.network.cover("good")
    assert bench.run(30000, bench.modem.free)
    assert bench.send() == 1


def test_nothing_secret_in_the_trace():
    bench = Bench().ready()
    bench.send()
    bench.rig.network.reply(JULIE, "OUI")
    bench.run(10000)
    for digits in ("3639980001", "OUI", "Julie", "1A03"):
        assert digits not in repr(bench.trace.notes())
