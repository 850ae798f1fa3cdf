"""The GNSS receiver: bytes of its UART to fixes and time, its sleep, and what is wrong with it.

Separate because nothing else needs to know that the position comes over a wire. The receiver
may be absent, silent, stuck or talking rubbish: that is a GnssFault, told once, and a new
start of the receiver now and then; it never stops anything else. Imports lib, messages and
micropython only; UART and wake pin are handed in.
"""

from collections import namedtuple

import gnssfix
import nmea
from micropython import const

from firmware.messages import (
    GNSS_STANDBY,
    GNSS_TRACK,
    Fix,
    FixAcquired,
    FixLost,
    GnssFault,
    TimeKnown,
)

# Commands are bodies without `$` and checksum. setup: which sentences to send. restart: for a
# receiver that has stopped making sense. standby and wake: for one that sleeps by command.
# last: the sentence that ends its second.
Profile = namedtuple("Profile", "setup restart standby wake last")

PROFILES = {
    # Quectel L76K (CASIC AT6558). Its protocol specification 1.1: PCAS03 (2.3.3) chooses from
    # GGA, GLL, GSA, GSV, RMC, VTG, ZDA..., PCAS10,0 (2.3.5) is a hot start. It sleeps by its
    # WAKE_UP pin and not by a command: PCAS12 exists in newer CASIC firmware only, as a timer
    # that no documented means ends early, and a press must not find the receiver deaf.
    "l76k": Profile((b"PCAS03,1,0,1,0,1,0,0,0,0,0,,,0,0",), (b"PCAS10,0",), (), (), nmea.Rmc),
    # MediaTek receivers such as Quectel L76 and L70: any byte ends the standby of PMTK161.
    "l76": Profile(
        (b"PMTK314,0,1,0,1,1,0,0,0,0,0,0,0,0,0,0,0,0,0,0",),
        (b"PMTK101",),
        (b"PMTK161,0",),
        (b"PMTK000",),
        None,
    ),
    # A receiver that takes no orders.
    "plain": Profile((), (), (), (), None),
}

_SETTLE_MS = const(500)  # from waking a receiver to the first command that it hears
_BETWEEN_MS = const(100)  # from one command to the next
_IDLE_MS = const(150)  # no byte for so long ends the epoch: 140 characters' time at 9600 baud

_FAULT_AFTER_MS = const(5000)  # five epochs missed
_RESTART_EVERY_MS = const(30000)  # a cold start must be able to end in between
_VOID_MAX = const(3)  # void epochs in a row before a fix counts as lost

# At rest: a fresh fix every ten minutes, and the receiver off in between.
_REFRESH_EVERY_MS = const(600000)
_REFRESH_MAX_MS = const(60000)
_REFRESH_FIXES = const(3)  # the first ones after a start are the worst

_TIME_EVERY_MS = const(60000)
_TIME_DOUBT_MS = const(1000)  # a sentence arrives within the second that it names


class Gnss:
    """One receiver; `step` it, tell it what is demanded, ask when it needs the next step."""

    def __init__(self, uart, profile, trace, wake, not_before_utc):
        self._uart = uart
        self._profile = profile
        self._trace = trace
        self._wake = wake
        self._not_before_utc = not_before_utc
        self._reader = nmea.Reader()
        self._epochs = gnssfix.Epochs(not_before_utc, profile.last)
        self._demand = GNSS_STANDBY
        self._awake = False
        self._since_ms = None  # when it was woken or laid to rest; None: never yet
        self._commands = ()  # still to be sent, the next one at _command_ms
        self._command_ms = 0
        self._byte_ms = self._sound_ms = self._epoch_ms = 0  # when each came last
        self._value_ms = 0  # when the open epoch was last added to
        self._fixes = 0  # since it was woken
        self._voids = 0  # in a row
        self._have_fix = False
        self.fault = None  # the reason already told
        self._restart_ms = 0
        self._rmc_utc = None  # the second that the receiver named last
        self._time_ms = None  # when UTC was told last

    # -- what the application calls -----------------------------------------------------------

    def step(self, now_ms):
        """Read what has come, send what is due; return events."""
        events = []
        if self._uart is None:
            self._tell_fault("absent", events)
            return events
        self._receive(now_ms, events)
        self._follow_demand(now_ms)
        self._send(now_ms)
        if self._awake:
            self._judge(now_ms, events)
        return events

    def execute(self, command, now_ms):
        """Take a GnssDemand; it is followed in the next step, which wake_ms calls for."""
        self._demand = command.level

    def wake_ms(self, now_ms):
        """When it needs a step though no byte comes; None for never."""
        if self._uart is None:
            return None if self.fault else now_ms
        if self._since_ms is None or (self._demand == GNSS_TRACK and not self._awake):
            return now_ms
        if self._awake:
            due_ms = self._next_judgement_ms()
            if self._demand == GNSS_STANDBY:
                if self._fixes >= _REFRESH_FIXES:  # it was tracking until now
                    return now_ms
                due_ms = min(due_ms, self._since_ms + _REFRESH_MAX_MS)
        else:
            due_ms = self._since_ms + _REFRESH_EVERY_MS
        if self._commands:
            due_ms = min(due_ms, self._command_ms)
        # At rest a receiver that talks on is no reason to get up.
        if self._awake and self._epochs.waiting():
            due_ms = min(due_ms, self._byte_ms + _IDLE_MS)
        return due_ms

    def may_sleep(self, now_ms):
        """Whether nothing is lost when the board's UART stops for a while."""
        if self._uart is None:
            return True
        at_rest = self._since_ms is not None and not self._awake
        return at_rest and self._demand == GNSS_STANDBY and self._uart.flushed()

    # -- waking and resting -------------------------------------------------------------------

    def _follow_demand(self, now_ms):
        if not self._awake:
            due = self._since_ms is None or now_ms - self._since_ms >= _REFRESH_EVERY_MS
            if due or self._demand == GNSS_TRACK:
                self._rouse(now_ms, self._profile.setup)
        elif self._demand == GNSS_STANDBY:
            if self._fixes >= _REFRESH_FIXES or now_ms - self._since_ms >= _REFRESH_MAX_MS:
                self._rest(now_ms)

    def _rouse(self, now_ms, commands):
        """Wake the receiver and have it told `commands` once it listens."""
        if self._wake:
            self._wake(1)
        self._write(self._profile.wake)
        self._commands = commands
        self._command_ms = now_ms + _SETTLE_MS
        self._awake = True
        self._since_ms = self._restart_ms = now_ms
        self._byte_ms = self._sound_ms = self._epoch_ms = now_ms
        self._fixes = self._voids = 0

    def _rest(self, now_ms):
        self._commands = ()
        self._write(self._profile.standby)
        if self._wake:
            self._wake(0)
        self._awake = False
        self._since_ms = now_ms

    def _send(self, now_ms):
        if self._commands and now_ms >= self._command_ms:
            self._write(self._commands[:1])
            self._commands = self._commands[1:]
            self._command_ms = now_ms + _BETWEEN_MS

    def _write(self, commands):
        for body in commands:
            self._uart.write(nmea.sentence(body))

    # -- bytes to events ----------------------------------------------------------------------

    def _receive(self, now_ms, events):
        data = self._uart.read()
        if data:
            self._byte_ms = now_ms
            for value in self._reader.feed(data):
                self._sound_ms = now_ms
                self._offer_time(value, now_ms, events)
                epoch = self._epochs.take(value)
                # Closed by its own last sentence, or by one of the next second, which may come
                # long after it: of a position that was true then, not now.
                ended_ms = self._value_ms if self._epochs.waiting() else now_ms
                self._value_ms = now_ms
                self._offer_fix(epoch, ended_ms, now_ms, events)
        elif now_ms - self._byte_ms >= _IDLE_MS:
            self._offer_fix(self._epochs.idle(), self._value_ms, now_ms, events)

    def _offer_time(self, value, now_ms, events):
        utc_s = gnssfix.rmc_utc(value, self._not_before_utc)
        if utc_s is None or utc_s == self._rmc_utc:  # said again, a second is no longer now
            return
        self._rmc_utc = utc_s
        if self._time_ms is None or now_ms - self._time_ms >= _TIME_EVERY_MS:
            self._time_ms = now_ms
            events.append(TimeKnown(utc_s, now_ms, "gnss", _TIME_DOUBT_MS))

    def _offer_fix(self, epoch, ended_ms, now_ms, events):
        if epoch is None:
            return
        self._epoch_ms = now_ms
        if epoch.mode == 1:
            self._voids += 1
            if self._voids >= _VOID_MAX:
                self._lose_fix("void", events)
            return
        self._fixes += 1
        self._voids = 0
        self._have_fix = True
        place = (epoch.lat_e7, epoch.lon_e7, epoch.radius_m, epoch.utc_s, ended_ms)
        quality = (epoch.hdop_c, epoch.sats, epoch.mode, epoch.speed_cms)
        events.append(FixAcquired(Fix(*(place + quality))))

    def _lose_fix(self, reason, events):
        if self._have_fix:
            self._have_fix = False
            events.append(FixLost(reason))

    # -- faults -------------------------------------------------------------------------------

    def _judge(self, now_ms, events):
        """Tell what has been missing for too long, once; start the receiver anew meanwhile."""
        if now_ms - self._byte_ms >= _FAULT_AFTER_MS:
            reason = "silent"
        elif now_ms - self._sound_ms >= _FAULT_AFTER_MS:
            reason = "garbage"
        elif now_ms - self._epoch_ms >= _FAULT_AFTER_MS:
            reason = "stuck"  # sound sentences, but always of the same second
        else:
            if self._epoch_ms > self._restart_ms:
                self.fault = None
            return
        self._lose_fix(reason, events)
        self._tell_fault(reason, events)
        if now_ms - self._restart_ms >= _RESTART_EVERY_MS:
            self._restart(now_ms)

    def _restart(self, now_ms):
        """Try to bring the receiver round; the time of the refresh goes on counting."""
        since_ms = self._since_ms
        self._rouse(now_ms, self._profile.restart + self._profile.setup)
        self._since_ms = since_ms

    def _tell_fault(self, reason, events):
        if self.fault is None:
            self.fault = reason
            self._trace.note("gnss_fault")
            events.append(GnssFault(reason))

    def _next_judgement_ms(self):
        if self.fault:
            oldest_ms = min(self._byte_ms, self._sound_ms, self._epoch_ms)
            return max(self._restart_ms + _RESTART_EVERY_MS, oldest_ms + _FAULT_AFTER_MS)
        return min(self._byte_ms, self._sound_ms, self._epoch_ms) + _FAULT_AFTER_MS


def make(uart, profile, trace, wake=None, not_before_utc=0):
    """Return the service. uart: read, write, flushed; None on a board without a receiver.

    profile: a name in PROFILES. wake: sets the receiver's wake-up pin, None where there is
    none; the receiver then stays on at rest, and the board sleeps all the same.
    not_before_utc: an instant known to be past, for dates from before a week rollover.
    """
    return Gnss(uart, PROFILES[profile], trace, wake, not_before_utc)
