"""The virtual GNSS receiver: a Quectel L76K (CASIC AT6558) as its line and its pin show it.

Sentences are made by pynmea2 (NMEA 0183 4.1) from the true place, at 9600 baud, one epoch a
second. It obeys what the L76K protocol specification has (PCAS01, 03, 10) and sleeps by its
WAKE_UP pin; PCAS12 is not in that specification and is ignored. Or it plays a recording,
byte for byte. Must not import firmware or lib.
"""

from __future__ import annotations

import re
from typing import Any

import pynmea2

from simulator.dates import to_datetime
from simulator.devices.nmea_log import ClaimReader, epochs
from simulator.devices.sky import SKIES, Acquisition
from simulator.edge import BITS_PER_BYTE, Line, Wire
from simulator.truth import Truth, offset_e7
from simulator.world import World

BAUD = 9600
EPOCH_MS = 1000
COMPUTE_MS = 60  # from the second to its first byte
RESTARTS = {"0": "hot", "1": "warm", "2": "cold", "3": "cold"}
BAUDS = {"0": 4800, "1": 9600, "2": 19200, "3": 38400, "4": 57600, "5": 115200}
KINDS_IN_PCAS03 = ("GGA", "GLL", "GSA", "GSV", "RMC")
GPS_SATS, BEIDOU_SATS = 10, 6
LINE_MAX = 256

FAULTS: dict[str, dict[str, int]] = {
    "absent": {},
    "silent": {},
    "stuck": {},
    "garbage": {"rate_pct": 10},
    "slow": {"ms": 5000},
    "dies": {},
}


class Output:
    """Its transmitter, with what may be wrong with it.

    absent, silent and dies: nothing comes; stuck: the same epoch again and again; garbage:
    bytes are damaged; slow: each epoch comes later.
    """

    def __init__(self, world: World, wire: Wire) -> None:
        self._world, self._wire = world, wire
        self._rng = world.rng("gnss-faults")
        self._active: dict[str, dict[str, Any]] = {}
        self._last = b""

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        self._active[kind] = params

    def end_fault(self, kind: str) -> None:
        self._active.pop(kind, None)

    @property
    def dead(self) -> bool:
        return any(kind in self._active for kind in ("absent", "silent", "dies"))

    def send(self, epoch: bytes) -> None:
        if self.dead:
            return
        if "stuck" in self._active:
            epoch = self._last or epoch
        self._last = epoch
        if "garbage" in self._active:
            rate_pct = self._active["garbage"]["rate_pct"]
            rng = self._rng
            epoch = bytes(
                rng.randrange(256) if rng.randrange(100) < rate_pct else b for b in epoch
            )
        late_ms = self._active.get("slow", {}).get("ms", 0)
        self._world.after(late_ms, self._out, epoch)

    def _out(self, epoch: bytes) -> None:
        if not self.dead:
            self._wire.device_write(epoch)


class _Receiver:
    """What the two kinds share: faults, and telling the world what was said."""

    def __init__(self, world: World, wire: Wire) -> None:
        self.world, self.wire = world, wire
        self.output = Output(world, wire)
        self._claims = ClaimReader()

    def say(self, epoch: bytes) -> None:
        if not self.output.dead:
            for lat_e7, lon_e7, utc in self._claims.read(epoch):
                self.world.emit("fix", "gnss", lat_e7=lat_e7, lon_e7=lon_e7, utc=utc)
        self.output.send(epoch)

    def start_fault(self, kind: str, params: dict[str, Any]) -> None:
        self.output.start_fault(kind, params)

    def end_fault(self, kind: str) -> None:
        self.output.end_fault(kind)


class Recording(_Receiver):
    """Plays a log, an epoch a second; deaf to commands and pins, as a recording is.

    Where an epoch is longer than a second of the line, the next one waits for its end.
    """

    def __init__(self, world: World, wire: Wire, data: bytes, start_ms: int) -> None:
        super().__init__(world, wire)
        wire.text_in_events = False
        wire.device_baud = BAUD
        self._epochs = epochs(data)
        world.at(start_ms, self._next, 0)

    def _next(self, index: int) -> None:
        if index >= len(self._epochs):
            return
        epoch = self._epochs[index]
        self.say(epoch)
        line_ms = -(-len(epoch) * BITS_PER_BYTE * 1000 // self.wire.device_baud)
        self.world.after(max(EPOCH_MS, line_ms), self._next, index + 1)


class Gnss(_Receiver):
    """The model; `start` is what its memory holds at first: hot, warm or cold.

    wake: its WAKE_UP pin, low = standby with memory kept; None where it always runs.
    """

    def __init__(
        self, world: World, wire: Wire, truth: Truth, start: str = "hot", wake: Line | None = None
    ) -> None:
        super().__init__(world, wire)
        self._truth = truth
        self._rng = world.rng("gnss")
        self._acquisition = Acquisition(world, start)
        self._every = dict.fromkeys(KINDS_IN_PCAS03, 1)
        self._count = 0
        self._run = 0  # serial number of the present run; 0 in standby
        self._runs = 0
        self._line = bytearray()
        self._constellation = [
            (self._rng.randrange(8, 85), self._rng.randrange(360))
            for _ in range(GPS_SATS + BEIDOU_SATS)
        ]
        wire.device_baud = BAUD
        wire.device_rx = self._receive
        if wake is None:
            self._wake(1)
        else:
            wake.watch(self._wake)
            self._wake(wake.level)

    # -- standby and commands -------------------------------------------------------------

    def _wake(self, level: int) -> None:
        if bool(level) == bool(self._run):
            return
        if not level:
            self._run = 0
            return
        self._runs += 1
        self._run = self._runs
        self._acquisition.begin()
        self._schedule()

    def _schedule(self) -> None:
        next_ms = (self.world.now_ms // EPOCH_MS + 1) * EPOCH_MS
        self.world.at(next_ms, self._epoch, self._run)

    def _receive(self, data: bytes) -> None:
        if not self._run or self.output.dead:
            return
        self._line += data
        while b"\n" in self._line:
            line, _, rest = bytes(self._line).partition(b"\n")
            self._line = bytearray(rest)
            self._obey(line.strip())
        del self._line[:-LINE_MAX]

    def _obey(self, line: bytes) -> None:
        match = re.fullmatch(rb"\$(PCAS\d\d,[^*]*)\*([0-9A-Fa-f]{2})", line)
        if not match:
            return
        body = match.group(1).decode("latin-1")
        if pynmea2.NMEASentence.checksum(body) != int(match.group(2), 16):
            return
        name, *args = body.split(",")
        if name == "PCAS01" and args[0] in BAUDS:
            self.wire.device_baud = BAUDS[args[0]]
        elif name == "PCAS03":
            for kind, every in zip(KINDS_IN_PCAS03, args):
                if every.isdecimal():
                    self._every[kind] = int(every)
        elif name == "PCAS10" and args[0] in RESTARTS:
            self._acquisition.forget(RESTARTS[args[0]])
            if args[0] == "3":
                self._every = dict.fromkeys(KINDS_IN_PCAS03, 1)

    # -- one second -----------------------------------------------------------------------

    def _epoch(self, run: int) -> None:
        if run != self._run:
            return
        self._acquisition.epoch(self._truth.sky)
        self._count += 1
        lines = [line for kind in ("GGA", "GSA", "GSV", "RMC") for line in self._made(kind)]
        self.world.after(COMPUTE_MS, self._said, run, "".join(lines).encode("ascii"))
        self._schedule()

    def _said(self, run: int, epoch: bytes) -> None:
        if run == self._run:
            self.say(epoch)

    def _made(self, kind: str) -> list[str]:
        every = self._every[kind]
        if every == 0 or self._count % every:
            return []
        return [message.render(newline=True) for message in getattr(self, "_" + kind.lower())()]

    def _time(self) -> tuple[str, str]:
        """hhmmss.sss and ddmmyy, empty while it knows no time."""
        if not self._acquisition.knows_time:
            return "", ""
        now = to_datetime(self.world.utc_s())
        return now.strftime("%H%M%S.000"), now.strftime("%d%m%y")

    def _position(self) -> tuple[str, str, str, str]:
        if not self._acquisition.fixed:
            return "", "", "", ""
        lat_e7, lon_e7 = offset_e7(*self._truth.place(), *self._acquisition.error.metres())
        north, east = "N" if lat_e7 >= 0 else "S", "E" if lon_e7 >= 0 else "W"
        return _degrees(lat_e7, 2), north, _degrees(lon_e7, 3), east

    def _quality(self) -> tuple[int, int]:
        """Satellites used and HDOP x 100 of this epoch."""
        if not self._acquisition.fixed:
            return 0, 9999
        sky = SKIES[self._truth.sky if SKIES[self._truth.sky].acquire_pct else "street"]
        mix = self.world.now_ms // 1000 * 2654435761 % 2**32
        (few, many), (good, bad) = sky.sats, sky.hdop_c
        return few + mix % (many - few + 1), good + (mix >> 8) % (bad - good + 1)

    def _gga(self) -> list[pynmea2.NMEASentence]:
        sats, hdop_c = self._quality()
        if not self._acquisition.fixed:
            data = (self._time()[0], "", "", "", "", "0", "00", _hundredths(9999), *[""] * 6)
        else:
            height = ("178.3", "M", "47.9", "M", "", "")
            head = (self._time()[0], *self._position(), "1", f"{sats:02d}", _hundredths(hdop_c))
            data = (*head, *height)
        return [pynmea2.GGA("GN", "GGA", data)]

    def _rmc(self) -> list[pynmea2.NMEASentence]:
        clock, date = self._time()
        if not self._acquisition.fixed:
            data = (clock, "V", "", "", "", "", "", "", date, "", "", "N", "V")
        else:
            # 1 knot = 0.514444 m/s
            speed = self._truth.speed_cms if self._truth.moving() else 0
            knots_c = (speed * 100 * 1000 + 25722) // 51444
            course = f"{self._truth.heading_deg}.00"
            motion = (_hundredths(knots_c), course, date, "", "", "A", "V")
            data = (clock, "A", *self._position(), *motion)
        return [pynmea2.RMC("GN", "RMC", data)]

    def _gsa(self) -> list[pynmea2.NMEASentence]:
        """One for each system, as NMEA 4.1 has it; system numbers 1 and 4."""
        sats, hdop_c = self._quality()
        mode = "3" if self._acquisition.fixed else "1"
        pdop, vdop = (9999, 9999) if hdop_c == 9999 else (hdop_c * 17 // 10, hdop_c * 14 // 10)
        dops = tuple(_hundredths(value) for value in (pdop, hdop_c, vdop))
        gps = min(sats, GPS_SATS)
        made = []
        for system, count, first in (("1", gps, 1), ("4", sats - gps, 201)):
            used = tuple(f"{first + i:02d}" for i in range(count))
            data = ("A", mode, *used, *[""] * (12 - count), *dops, system)
            made.append(pynmea2.GSA("GN", "GSA", data))
        return made

    def _gsv(self) -> list[pynmea2.NMEASentence]:
        made = []
        for talker, first, count, at in (("GP", 1, GPS_SATS, 0), ("BD", 1, BEIDOU_SATS, GPS_SATS)):
            views = self._constellation[at : at + count]
            pages = -(-count // 4)
            for page in range(pages):
                fields: list[str] = []
                for i, (height, azimuth) in enumerate(views[page * 4 : page * 4 + 4]):
                    number = first + page * 4 + i
                    strength = self._strength(height)
                    fields += [f"{number:02d}", f"{height:02d}", f"{azimuth:03d}", strength]
                head = (str(pages), str(page + 1), f"{count:02d}")
                made.append(pynmea2.GSV(talker, "GSV", (*head, *fields, "0")))
        return made

    def _strength(self, height_deg: int) -> str:
        low, high = SKIES[self._truth.sky].snr_db
        return f"{low + (high - low) * height_deg // 90:02d}" if high else ""


def _degrees(value_e7: int, width: int) -> str:
    """ddmm.mmmmm, rounded to the nearest."""
    degrees, rest = divmod(abs(value_e7), 10_000_000)
    minutes_e5 = (rest * 6 + 5) // 10
    if minutes_e5 == 6_000_000:
        degrees, minutes_e5 = degrees + 1, 0
    return f"{degrees:0{width}d}{minutes_e5 // 100_000:02d}.{minutes_e5 % 100_000:05d}"


def _hundredths(value_c: int) -> str:
    return f"{value_c // 100}.{value_c % 100:02d}"
