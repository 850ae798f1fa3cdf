"""A bench for the alert policy: a configuration, and a modem that does as it is told.

Separate because all tests of the policy need the same five contacts and the same patience.
Runs on every interpreter; imports what MicroPython has.
"""

import gc

from firmware.messages import (
    Cell,
    Config,
    Contact,
    Fix,
    FixAcquired,
    Gesture,
    GnssDemand,
    JournalAppend,
    JournalClose,
    ModemDemand,
    ModemFree,
    SendSms,
    SmsAccepted,
    SmsAmbiguous,
    SmsFailed,
    Tick,
    TimeKnown,
    Vibrate,
)
from firmware.policy import alert, recording

NUMBERS = (
    "+33639980101",
    "+33639980102",
    "+33639980103",
    "+33639980104",
    "+33639980105",
)
SAID_MAX = 200  # what a bench remembers of an alert of many hours
MINUTE = 60000
HOUR = 3600000
UTC = 847226520  # 2026-11-05 20:42:00, in Lyon 21:42
LYON = (457604300, 48356600)
CELL = Cell("208", "01", "1A2B", "0123456")


def config(**changes):
    """A legal configuration of five contacts, the second of whom also watches."""
    fields = {
        "mode": "field",
        "item": 27,
        "name": "Julie",
        "language": "fr",
        "profile": "separated",
        "gestures": "default",
        "cancel_pattern": "lsls",
        "contacts": contacts(),
        "own_number": "",
        "smsc": "",
        "sim_pin": "",
        "haptics": 1,
        "quiet_from_min": 0,
        "quiet_until_min": 0,
        "tz_offset_min": 60,
        "tz_eu_dst": 1,
        "not_before_utc": 0,
        "watch_max_ms": HOUR,
        "danger_max_ms": 12 * HOUR,
        "sms_budget": 150,
        "sms_reserve": 10,
        "validity_min": 240,
        "fall_detection": 1,
        "placement": "waist",
        "prealarm_ms": 30000,
        "recording": 0,
        "recording_fall": 0,
        "preroll_ms": 0,
        "audio_rate_hz": 8000,
        "witness": "",
    }
    for name in changes:
        fields[name] = changes[name]
    return Config(**fields)


def contacts(watch=(1,), confirmed=(0, 1, 2, 3, 4), count=5):
    return tuple(
        [Contact(NUMBERS[i], 1, int(i in watch), 0, 1, int(i in confirmed)) for i in range(count)]
    )


def fix(at_ms, north_m=0, radius_m=10):
    """A fix so many metres north of a place in Lyon."""
    return Fix(LYON[0] + north_m * 90, LYON[1], radius_m, None, at_ms, 90, 9, 3, 0)


class Bench:
    """Drives an Alert as the application does, and keeps what it said.

    answer(number, nth): what becomes of the nth message to a number: "ok", "doubt", "never" (no
    result) or a failure class. latency_ms: from SendSms to that result. free: whether the modem
    is ever free.
    """

    def __init__(self, settings=None, now_ms=1000, answer=None, latency_ms=2000):
        self.config = settings or config()
        self.now_ms = now_ms
        self.answer = answer or (lambda number, nth: "ok")
        self.latency_ms = latency_ms
        self.free = True
        self.sent = []  # (now_ms, number, text, outcome)
        self.felt = []  # (now_ms, meaning, asked)
        self.journal = []  # (kind, values) of the alert in progress
        self.said = []  # (now_ms, command), the latest, but for demands
        self.awake = self.gnss = None  # what was demanded last
        self.refs = 0
        self.alert = alert.make(self.config, lambda: 0, self._recording())
        self._due = None

    def _recording(self):
        return recording.Recording(self.config) if self.config.recording else None

    # -- what happens -----------------------------------------------------------------------

    def boot(self, utc_s=None):
        """A reset, or the power comes back: only the journal is left."""
        self._due = None
        self.alert = alert.make(self.config, lambda: 0, self._recording())
        if utc_s is not None:
            self.tell(TimeKnown(utc_s, self.now_ms, "nitz", 1000))
        self.carry_out(self.alert.restore(list(self.journal), self.now_ms))
        self.step()

    def time_is(self, utc_s):
        self.tell(TimeKnown(utc_s, self.now_ms, "gnss", 1000))

    def at(self, north_m=0, radius_m=10, age_ms=0):
        self.tell(FixAcquired(fix(self.now_ms - age_ms, north_m, radius_m)))

    def press(self, kind, ago_ms=500):
        """Her gesture is decided now."""
        self.tell(Gesture(kind, self.now_ms - ago_ms))

    def tell(self, event):
        self.carry_out(self.alert.handle(event, self.now_ms))
        self.step()

    def run(self, for_ms, walk=None):
        """Let time pass; walk(now_ms) -> metres north gives a fix every second."""
        end_ms = self.now_ms + for_ms
        steps = 0
        while True:
            wake_ms = self.alert.wake_ms(self.now_ms)
            times = [t for t in (wake_ms, self._due and self._due[0], end_ms) if t is not None]
            if walk is not None:
                times.append(self.now_ms // 1000 * 1000 + 1000)
            now_ms = max(self.now_ms, min(times))
            steps = steps + 1 if now_ms == self.now_ms else 0
            assert steps < 20, "it wants to be woken for ever"
            if now_ms >= end_ms:
                self.now_ms = end_ms
                self.step()
                return
            self.now_ms = now_ms
            if walk is not None and now_ms % 1000 == 0:
                self.at(walk(now_ms))
            self.step()

    def step(self):
        """One step of the application."""
        if self._due is not None and self.now_ms >= self._due[0]:
            event = self._due[1]
            self._due = None
            self.carry_out(self.alert.handle(event, self.now_ms))
        self.carry_out(self.alert.handle(Tick(), self.now_ms))
        for _ in range(8):
            if self._due is not None or not self.free:
                return
            commands = self.alert.handle(ModemFree(), self.now_ms)
            if not commands:
                return
            self.carry_out(commands)

    def carry_out(self, commands):
        for command in commands:
            if isinstance(command, ModemDemand):
                self.awake = command.awake
                continue
            if isinstance(command, GnssDemand):
                self.gnss = command.level
                continue
            if len(self.said) >= SAID_MAX:
                self.said.pop(0)
            self.said.append((self.now_ms, command))
            if isinstance(command, JournalAppend):
                self.journal.append((command.kind, command.values))
                if len(self.journal) % 64 == 0 and gc.isenabled():
                    gc.collect()  # or the records of hours lie all over the heap of the VM
            elif isinstance(command, JournalClose):
                self.journal = []
            elif isinstance(command, Vibrate):
                self.felt.append((self.now_ms, command.meaning, command.asked))
            elif isinstance(command, SendSms):
                self._submit(command)

    def _submit(self, command):
        assert self._due is None, "two messages in flight"
        nth = len(self.texts(command.number))
        outcome = self.answer(command.number, nth)
        self.sent.append((self.now_ms, command.number, command.text, outcome))
        if outcome == "ok":
            self.refs = (self.refs + 1) % 256
            event = SmsAccepted(command.token, self.refs)
        elif outcome == "doubt":
            event = SmsAmbiguous(command.token)
        elif outcome == "never":
            event = Tick()
        else:
            event = SmsFailed(command.token, outcome, 0)
        self._due = (self.now_ms + self.latency_ms, event)

    # -- what was seen ----------------------------------------------------------------------

    def texts(self, number=None, outcome=None):
        """The texts that left, in order; to one number, with one outcome."""
        return [s[2] for s in self.sent if number in (None, s[1]) and outcome in (None, s[3])]

    def numbers(self, word=""):
        """To whom texts with this word left, in order."""
        return [s[1] for s in self.sent if word in s[2]]

    def meanings(self):
        return [f[1] for f in self.felt]

    def kinds(self):
        return [record[0] for record in self.journal]
