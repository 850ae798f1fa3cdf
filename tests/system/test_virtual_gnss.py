"""The virtual receiver: sentences that pynmea2 and the truth agree with, and recordings."""

import os
from pathlib import Path

import pynmea2
import pytest

from simulator import dates
from simulator.devices.gnss import Gnss, Recording
from simulator.devices.nmea_log import ClaimReader, epochs
from simulator.devices.sky import TTFF_MS
from simulator.edge import Line, Wire
from simulator.truth import Truth, distance_m
from simulator.world import World

LYON = (457604300, 48356600)
LOGS = Path(os.environ.get("GALET_DATA", Path(__file__).parents[3] / "shared/data")) / "gnss"


class Rig:
    def __init__(self, seed=1, start="hot", sky="open", wake=1):
        self.world = World(seed, dates.from_iso("2026-03-02T20:41:00Z"))
        self.fixes = []
        self.world.listeners.append(lambda e: self.fixes.append(e) if e["ev"] == "fix" else None)
        self.truth = Truth(self.world, LYON, sky)
        self.wire = Wire(self.world, "gnss", 9600)
        self.heard = bytearray()
        self.wire.board_rx = self.heard.extend
        self.wake = Line(self.world, "gnss_wake", wake)
        self.gnss = Gnss(self.world, self.wire, self.truth, start, self.wake)

    def run(self, ms):
        self.world.run_until(self.world.now_ms + ms)

    def sentences(self):
        return [pynmea2.parse(line, check=True) for line in self.heard.decode().splitlines()]


@pytest.mark.parametrize("start", ("hot", "warm", "cold"))
@pytest.mark.parametrize("sky,least,most", (("open", 1, 1), ("street", 2, 4)))
def test_time_to_first_fix(start, sky, least, most):
    low_ms, high_ms = TTFF_MS[start]
    for seed in range(5):
        rig = Rig(seed, start, sky)
        rig.run(170_000)
        first_ms = rig.fixes[0]["t"]
        assert low_ms * least <= first_ms <= high_ms * most + 2000, (seed, first_ms)


def test_no_fix_indoors_and_void_sentences():
    rig = Rig(start="cold", sky="indoors")
    rig.run(60_000)
    kinds = {sentence.sentence_type: sentence for sentence in rig.sentences()}
    assert not rig.fixes
    assert kinds["RMC"].status == "V" and kinds["RMC"].lat == "" and kinds["RMC"].datestamp is None
    assert kinds["GGA"].gps_qual == 0 and kinds["GGA"].horizontal_dil == "99.99"
    assert kinds["GSA"].mode_fix_type == "1"


def test_position_speed_and_date_of_the_truth():
    rig = Rig()
    rig.truth.walk(150, 90)
    rig.run(60_000)
    rmc = [s for s in rig.sentences() if s.sentence_type == "RMC"][-1]
    place = (round(rmc.latitude * 1e7), round(rmc.longitude * 1e7))
    assert distance_m(place, rig.truth.place()) < 12
    assert abs(float(rmc.spd_over_grnd) * 51.4444 - 150) < 1 and rmc.true_course == 90
    assert rmc.datetime.isoformat().startswith("2026-03-02T20:41:59")
    fix = rig.fixes[-1]
    assert distance_m(place, (fix["lat_e7"], fix["lon_e7"])) < 0.05
    assert fix["utc"] == "2026-03-02T20:41:59Z"


def test_error_is_small_correlated_and_larger_between_houses():
    def errors(sky):
        rig = Rig(3, sky=sky)
        rig.run(600_000)
        return [distance_m((f["lat_e7"], f["lon_e7"]), LYON) for f in rig.fixes[5:]]

    clear, street = errors("open"), errors("street")
    assert sum(clear) / len(clear) < 6 < sum(street) / len(street) < 40
    jumps = [abs(a - b) for a, b in zip(clear, clear[1:])]
    assert sum(jumps) / len(jumps) < sum(clear) / len(clear) / 3


def test_standby_by_pin_then_hot_start():
    rig = Rig()
    rig.run(20_000)
    rig.wake.set(0)
    rig.run(2000)
    del rig.heard[:], rig.fixes[:]
    rig.run(60_000)
    assert not rig.heard
    rig.wake.set(1)
    rig.run(7000)
    assert rig.fixes


def test_lost_sky_and_reacquisition():
    rig = Rig()
    rig.run(20_000)
    rig.truth.see("none")
    rig.run(5000)
    lost = len(rig.fixes)
    rig.run(35_000)
    assert len(rig.fixes) == lost
    rig.truth.see("open")
    rig.run(4000)
    assert len(rig.fixes) > lost


def checked(body):
    return f"${body}*{pynmea2.NMEASentence.checksum(body):02X}\r\n".encode()


def test_commands_of_the_l76k():
    rig = Rig()
    rig.run(10_000)
    rig.wire.board_write(checked("PCAS03,1,0,0,0,1,0,0,0,0,0,,,0,0"))
    rig.run(2000)
    del rig.heard[:]
    rig.run(3000)
    assert {s.sentence_type for s in rig.sentences()} == {"GGA", "RMC"}
    rig.wire.board_write(checked("PCAS10,2"))
    rig.run(100)
    del rig.fixes[:]
    rig.run(25_000)
    assert not rig.fixes
    rig.wire.board_write(b"$PCAS12,60*00\r\n" + checked("PCAS12,60"))
    rig.run(25_000)
    assert rig.fixes


FAULTS = (
    ("silent", {}, lambda before, during: not during),
    ("absent", {}, lambda before, during: not during),
    ("dies", {}, lambda before, during: not during),
    ("stuck", {}, lambda before, during: len(set(during)) <= 9),
    ("garbage", {"rate_pct": 10}, lambda before, during: damaged(during) > 0.5),
)


def damaged(lines):
    bad = 0
    for line in lines:
        try:
            pynmea2.parse(line.decode("latin-1"), check=True)
        except (pynmea2.ParseError, ValueError):
            bad += 1
    return bad / len(lines)


@pytest.mark.parametrize("kind,params,shows", FAULTS, ids=[row[0] for row in FAULTS])
def test_fault(kind, params, shows):
    rig = Rig()
    rig.run(10_900)
    before = bytes(rig.heard).split(b"\r\n")
    del rig.heard[:]
    rig.gnss.start_fault(kind, params)
    rig.run(10_000)
    assert shows(before, bytes(rig.heard).split(b"\r\n")[:-1])
    rig.gnss.end_fault(kind)
    del rig.heard[:], rig.fixes[:]
    rig.run(5000)
    assert rig.heard and rig.fixes


@pytest.mark.skipif(not LOGS.is_dir(), reason=f"no recordings: {LOGS} is not there")
def test_recordings_are_played_byte_for_byte():
    for path in sorted(LOGS.glob("*.log")):
        data = path.read_bytes()
        world = World(1, 0)
        wire = Wire(world, "gnss", 9600)
        heard, fixes, events = bytearray(), [], []
        wire.board_rx = heard.extend
        world.listeners.append(events.append)
        Recording(world, wire, data, 1000)
        world.run_until(1000 + len(data) * 2 + 3000 * len(epochs(data)))
        fixes = [event for event in events if event["ev"] == "fix"]
        reader = ClaimReader()
        claims = [claim for epoch in epochs(data) for claim in reader.read(epoch)]
        assert bytes(heard) == data, path.name
        assert [(f["lat_e7"], f["lon_e7"], f["utc"]) for f in fixes] == claims, path.name
        assert not any("text" in event for event in events if event["ev"] == "uart")


def test_epochs_are_cut_where_the_second_changes():
    lines = [
        checked("GPGSV,1,1,00"),
        checked("GPRMC,120000.00,V,,,,,,,020326,,,N"),
        checked("GPGGA,120000.00,,,,,0,00,99.9,,,,,,"),
        checked("GPRMC,120001.00,V,,,,,,,020326,,,N"),
        b"noise",
        checked("GPRMC,120001.50,V,,,,,,,020326,,,N"),
        checked("GPRMC,120002.00,V,,,,,,,020326,,,N"),
    ]
    assert epochs(b"".join(lines)) == [
        b"".join(lines[:3]),
        b"".join(lines[3:6]),
        lines[6],
    ]


def test_claims_read_positions_exactly():
    reader = ClaimReader()
    text = checked("GNRMC,120000,A,4739.71890,N,12219.58362,W,0.0,0.0,050826,,,A")
    assert reader.read(text) == [(476619817, -1223263937, "2026-08-05T12:00:00Z")]
    void = checked("GNRMC,120001,V,4739.71890,N,12219.58362,W,0.0,0.0,050826,,,N")
    assert reader.read(void) == []
    assert reader.read(text.replace(b"71890", b"71891")) == []  # the checksum is wrong now
