"""A small scripted modem with fault switches, and a bench that drives the service against it.

For the unit tests of services/modem*.py on every interpreter. (The simulator's modem, written
from the standards, judges the same service in tests/system.) Times are virtual milliseconds.
"""

from firmware import modem_profiles
from firmware.messages import Config, ModemDemand
from firmware.services import modem
from firmware.trace import Trace

JULIE = "+33639980001"
LOG_MAX = 600  # the heap of the unix VM is small
RENEW_MS = 60000
STEP_MS = 2  # what a step of the firmware costs
CELL = '"1A2B","0123456",7'
CPSI = "+CPSI: LTE,Online,208-01,0x1A2B,1193046,318,EUTRAN-BAND3,1650,5,0,21,67,255,19"


class Peer:
    """What it says is set by its attributes.

    `log` holds (now_ms, what it was told), the latest, questions left out.
    """

    def __init__(self):
        self.now_ms = 0
        self.on = True
        self.mute = False  # hears, says nothing
        self.echo = False
        self.latency_ms = 5
        self.network_ms = 1000
        self.boot_ms = 4000
        self.prompt = b"\r\n> "
        self.prompt_ms = 5
        self.results = []  # of the next submissions, bytes each; then +CMGS and OK
        self.answers = {}  # command -> lines instead of the usual ones
        self.stats = {"+CREG": "1", "+CGREG": "1", "+CEREG": "1"}
        self.sim = "READY"
        self.pin = "1234"
        self.tries = 3
        self.store = {}
        self.inside = b""  # said before every line that it says
        self.start_says = ("*ATREADY: 1", "+CPIN: READY", "SMS DONE", "PB DONE")
        self.dozy = False  # drops the first answer after sleep
        self.die_at = None  # told so many lines, it starts anew
        self.log = []
        self.units = []
        self._line = bytearray()
        self._pdu = False
        self._queue = []  # (due_ms, bytes), in order
        self._ref = 11
        self.lines_told = 0
        self._dtr = 0
        self._dtr_ms = 0
        self._key_ms = None
        self._was_on = True
        self._dropping = False
        self.ring = 1

    # -- bytes -----------------------------------------------------------------------------

    def say(self, data, after_ms=0):
        due_ms = self.now_ms + after_ms
        place = len(self._queue)
        while place and self._queue[place - 1][0] > due_ms:
            place -= 1
        self._queue.insert(place, (due_ms, data))

    def urc(self, line, after_ms=0):
        self.say(b"\r\n" + line.encode() + b"\r\n", after_ms)

    def due_ms(self):
        return self._queue[0][0] if self._queue else None

    def take(self):
        """What has arrived at the board by now."""
        data = b""
        while self._queue and self._queue[0][0] <= self.now_ms:
            data += self._queue.pop(0)[1]
        return b"" if self.mute or not self.on else data

    def hear(self, data):
        if not self.on or self._dtr or self.now_ms - self._dtr_ms < 50:
            return
        for byte in data:
            end = (0x1A, 0x1B) if self._pdu else (0x0D,)
            if byte not in end:
                self._line.append(byte)
                continue
            line = bytes(self._line)
            self._line = bytearray()
            if self._pdu:
                self._finish(line.decode(), byte == 0x1B)
            else:
                self._command(line)

    def _lines(self, lines):
        return b"".join([self.inside + b"\r\n" + line.encode() + b"\r\n" for line in lines])

    # -- commands --------------------------------------------------------------------------

    def _command(self, line):
        line = bytes([b for b in line if 0x20 <= b < 0x7F]).decode()
        if not line.endswith("?"):
            self.log.append((self.now_ms, line))
        if len(self.log) > LOG_MAX:
            self.log = self.log[LOG_MAX // 2 :]
        self.lines_told += 1
        if self.die_at is not None and self.lines_told >= self.die_at:
            self.restart()
            return
        if self.echo:
            self.say(line.encode() + b"\r", self.latency_ms)
        if line == "":
            return
        if self._dropping:
            self._dropping = False
            return
        name = line[2:].split("=")[0].split("?")[0]
        if line in self.answers:
            lines = self.answers[line]
        elif name in self.answers:
            lines = self.answers[name]
        else:
            lines = self._usual(line, name)
        self.say(lines if isinstance(lines, bytes) else self._lines(lines), self.latency_ms)

    def _usual(self, line, name):
        if name == "+CMGS":
            self._pdu = True
            self.say(self.prompt, self.prompt_ms)
            return ()
        if name in self.stats and line.endswith("?"):
            tail = "," + CELL if self.stats[name] in ("1", "5") else ""
            return ("%s: 2,%s%s" % (name, self.stats[name], tail), "OK")
        method = _METHODS.get(name)
        return method(self, line) if method is not None else ("OK",)

    def _sim(self, line):
        if line.endswith("?"):
            return ("+CPIN: " + self.sim, "OK")
        self.tries -= 1
        if '"%s"' % self.pin not in line:
            return ("+CME ERROR: 16",)
        self.sim = "READY"
        return ("OK",)

    def _restart_by_command(self, line):
        if line.endswith("=1,1"):
            self.restart()
            return ()
        return ("OK",)

    def _list(self, line):
        lines = []
        for index in sorted(self.store):
            lines += ["+CMGL: %d,0,,24" % index, self.store[index]]
        return lines + ["OK"]

    def _read(self, line):
        index = int(line.split("=")[1])
        if index not in self.store:
            return ("OK",)
        return ("+CMGR: 0,,24", self.store[index], "OK")

    def _delete(self, line):
        self.store.pop(int(line.split("=")[1]), None)
        return ("OK",)

    def _finish(self, line, escaped):
        self._pdu = False
        if escaped:
            return
        self.log.append((self.now_ms, "PDU"))
        self.lines_told += 1
        self.units.append(line)
        if self.die_at is not None and self.lines_told >= self.die_at:
            self.restart()
            return
        self._ref += 1
        result = self._lines(("+CMGS: %d" % self._ref, "OK"))
        if self.results:
            result = self.results.pop(0)
        if result:
            self.say(result, self.network_ms)

    # -- power and lines -------------------------------------------------------------------

    def restart(self):
        self.stop()
        self.on = True
        for i, line in enumerate(self.start_says):
            self.urc(line, self.boot_ms + 300 * i)
        self._dtr_ms = self.now_ms + self.boot_ms  # deaf until then

    def stop(self):
        self.on = False
        self._queue = []
        self._pdu = False
        self._line = bytearray()
        self.lines_told = 0
        self.die_at = None

    def power_key(self, level):
        if level:
            self._key_ms, self._was_on = self.now_ms, self.on
            if not self.on:
                self.restart()
        elif self._was_on and self.now_ms - self._key_ms >= 2500:
            self.stop()
        self.log.append((self.now_ms, "KEY%d" % level))

    def dtr(self, level):
        if level != self._dtr:
            self.log.append((self.now_ms, "DTR%d" % level))
            self._dtr = level
            if not level:
                self._dtr_ms = self.now_ms
                self._dropping = self.dozy

    def reset(self, level):
        self.log.append((self.now_ms, "RESET%d" % level))

    def supply(self, level):
        pass

    def ri(self):
        return self.ring


_METHODS = {
    "+CPIN": Peer._sim,
    "+CPINR": lambda self, line: ("+CPINR: SIM PIN,%d,3" % self.tries, "OK"),
    "+CFUN": Peer._restart_by_command,
    "+CMGL": Peer._list,
    "+CMGR": Peer._read,
    "+CMGD": Peer._delete,
    "+CGMR": lambda self, line: ("+CGMR: A7670M7_B07", "OK"),
    "+CSCA": lambda self, line: ('+CSCA: "+33639980000",145', "OK"),
    "+CSMS": lambda self, line: ("+CSMS: 1,1,1", "OK"),
    "+CPSI": lambda self, line: (CPSI, "OK"),
    "+COPS": lambda self, line: ('+COPS: 0,2,"20801",7', "OK"),
    "+CCLK": lambda self, line: ('+CCLK: "26/03/02,21:41:00+04"', "OK"),
}


class Uart:
    """The board's end of the wire; slow: one byte at each read."""

    def __init__(self, peer, slow):
        self._peer = peer
        self._slow = slow
        self._held = b""

    def read(self):
        self._held += self._peer.take()
        data = self._held[:1] if self._slow else self._held
        self._held = self._held[len(data) :]
        return data or None

    def waiting(self):
        return len(self._held)

    def write(self, data):
        self._peer.hear(data)
        return len(data)

    def flushed(self):
        return True


def config(**changed):
    values = dict.fromkeys(CONFIG_FIELDS, 0)
    values.update(
        {"smsc": "", "sim_pin": "", "not_before_utc": 0, "validity_min": 240, "witness": ""}
    )
    values.update(changed)
    return Config(**values)


CONFIG_FIELDS = (
    "mode item name language profile gestures cancel_pattern contacts own_number smsc sim_pin "
    "haptics quiet_from_min quiet_until_min tz_offset_min tz_eu_dst not_before_utc watch_max_ms "
    "danger_max_ms sms_budget sms_reserve validity_min fall_detection placement prealarm_ms "
    "recording recording_fall preroll_ms audio_rate_hz witness"
).split()


class Bench:
    """Steps the service as the application does; `events` holds (now_ms, event)."""

    def __init__(self, peer=None, conf=None, profile="a7670e", slow=False):
        self.peer = peer or Peer()
        self.trace = Trace()
        self.uart = Uart(self.peer, slow)
        self.modem = modem.make(
            self.uart,
            self.peer,
            conf or config(),
            modem_profiles.get(profile),
            lambda: 12345,
            self.trace,
        )
        self.events = []
        self.to_send = []
        self.steps = 0
        self._renewed_ms = None  # when the demand was, once there is one

    def demand(self, awake):
        """From now on, or no longer: as the policy does, it is renewed every minute."""
        self._renewed_ms = self.peer.now_ms if awake else None
        self.modem.execute(ModemDemand(awake), self.peer.now_ms)

    def now_ms(self):
        return self.peer.now_ms

    def step(self):
        if self._renewed_ms is not None and self.peer.now_ms >= self._renewed_ms + RENEW_MS:
            self.demand(1)
        found = self.modem.step(self.peer.now_ms)
        self.events += [(self.peer.now_ms, event) for event in found]
        self.steps += 1
        while self.to_send and self.modem.free():
            self.modem.execute(self.to_send.pop(0), self.peer.now_ms)
        return found

    def run(self, ms, until=None):
        """Let ms pass, less when until() holds; returns whether it does."""
        peer = self.peer
        end_ms = peer.now_ms + ms
        while peer.now_ms < end_ms:
            self.step()
            if until is not None and until():
                return True
            wake_ms = self.modem.wake_ms(peer.now_ms)
            peer.now_ms += STEP_MS
            if self.uart.waiting():
                continue
            renew_ms = None if self._renewed_ms is None else self._renewed_ms + RENEW_MS
            times = [t for t in (wake_ms, peer.due_ms(), end_ms, renew_ms) if t is not None]
            peer.now_ms = max(peer.now_ms, min(times))
        return False

    def ready(self):
        assert self.run(120000, self.modem.free), self.peer.log[-5:]
        self.run(1000)  # its chores
        return self

    def kinds(self):
        return [event.__class__.__name__ for _, event in self.events]

    def told(self, start=""):
        return [line for _, line in self.peer.log if line.startswith(start)]

    def clear(self):
        self.events = []
        self.peer.log = []
        return self
