"""The modem: keeps it up, sends what it is told to, and says what arrives.

Decides which conversation is due (modem_start.py, modem_net.py, modem_sms.py hold them) and
what to make of things the modem says unasked. The states: DOWN until it is set up, SEARCHING
until a network has it, READY. Numbers and texts go into events only, never into the trace.
Imports micropython, at, messages and the modem_*.py beside it; UART, pins, profile, chance and
trace are handed in.
"""

import at
from micropython import const

from firmware.messages import (
    FAIL_MODEM,
    CallRefused,
    CellSeen,
    ModemDemand,
    ModemLost,
    ModemReady,
    SendSms,
    SmsAccepted,
    SmsAmbiguous,
    SmsFailed,
)
from firmware.services import modem_net as net
from firmware.services import modem_sms as sms
from firmware.services import modem_start as start
from firmware.services.modem_talk import Talk

DOWN = const(0)
SEARCHING = const(1)
READY = const(2)

_DEMAND_MS = const(180000)  # a demand is renewed every minute; a stray press asks but once
_SLEEP_AFTER_MS = const(30000)  # without demand and without anything said
_VISIT_AWAKE_MS = const(5000)  # the same when it was woken only to be looked at
_SWEEP_MS = const(300000)  # while awake; asleep the same visit is made more rarely
_VISIT_MS = const(900000)
_VISIT_SEARCHING_MS = const(120000)
_LOOK_MS = const(2000)  # between questions for the network while searching
_LOOK_LATER_MS = const(10000)  # after a minute: the modem tells of itself, too
_LOOK_OFTEN_MS = const(60000)
_SEARCH_MS = const(300000)  # then the modem is restarted (LilyGo#474); doubles
_SEARCH_MAX_MS = const(3600000)
_CALLER_MS = const(1000)  # how long +CLIP may take after RING
_RING_DEAF_MS = const(3000)  # a RING of a call that we have just refused
_STARTING_MS = const(60000)  # how long a start goes on saying that it starts
_CHORES_WAIT_MS = const(10000)  # messages to send come before chores, but not for ever
_ARRIVALS_MAX = const(8)  # told of and not fetched; more are found by the sweep
_ACKS_MAX = const(8)
_STRIKES_MAX = const(3)  # sends without a word of the network: a lost result counts 2


class Modem:
    """Step it on every wake-up; it returns events. One message at a time: see `free`.

    What is public beside step, execute, free, wake_ms and may_sleep is for its scripts.
    """

    def __init__(self, uart, pins, config, profile, random16, trace):
        self.pins, self.config, self.profile = pins, config, profile
        self.random16 = random16
        self.note = trace.note
        self.talk = Talk(uart, profile.gap_ms, self._unasked)
        self.registration = net.Registration()
        self.events = []
        self.now_ms = 0
        self.awake = False  # on demand
        self._demand_ms = 0
        self.announced = False  # a start has begun with the message that it listens now
        self.submitted = False  # the modem has the whole message that is being sent
        self.identity = ""
        self.centre = ""
        self.memory = ""  # that messages are read from
        self.form = ""  # of +CNMI
        self.must_acknowledge = False
        self.pin_tried = False
        self._uart = uart
        self._state = DOWN
        self._rung = start.PROBE
        self._lost = None  # the reason last told
        self._asleep = False
        self._send = None
        self._strikes = 0
        self._starting = False
        self._reached_ms = 0
        self._said = []  # messages of this start, each of which comes once
        self._active_ms = 0
        self._look_ms = 0
        self._search_ms = _SEARCH_MS
        self._search_until_ms = 0
        self._sweep_ms = 0
        self._arrivals = []
        self._acks = 0
        self._cell_due = self._time_due = False
        self._ring_ms = None  # when to refuse the call that rings
        self._ring_deaf_ms = 0
        self._caller = ""
        self._chores_ms = None  # since when chores wait

    # -- what the application calls --------------------------------------------------------

    def step(self, now_ms):
        """Take what the modem said, begin what is due; returns events."""
        self.now_ms = now_ms
        self.awake = self.awake and now_ms - self._demand_ms < _DEMAND_MS
        was_busy = self.talk.busy()
        self.talk.step(now_ms)
        if self.pins.ri() == 0 and self._asleep:
            self._sweep_ms = now_ms
        # A script that ends now leaves the modem free: the application is asked first whether
        # it has a message to send, and chores begin at a later step.
        self._begin(not was_busy or self._chores_late())
        events, self.events = self.events, []
        return events

    def execute(self, command, now_ms):
        """Carry out a SendSms or a ModemDemand."""
        self.now_ms = now_ms
        if isinstance(command, ModemDemand):
            self.awake = bool(command.awake)
            self._demand_ms = self._active_ms = now_ms
            if self.awake:
                self.talk.hurry(now_ms)
        elif isinstance(command, SendSms):
            if not self.free():
                self.events.append(SmsFailed(command.token, FAIL_MODEM, 0))
                return
            self._send = command
            self.submitted = False
        self._begin(False)

    def free(self):
        """Whether a SendSms would begin now."""
        return (
            self._state == READY
            and self._send is None
            and not self.talk.busy()
            and not self._troubled()
            and self._ring_ms is None
        )

    def wake_ms(self, now_ms):
        """When it must be stepped though nothing comes."""
        if self.events:
            return now_ms
        if self.talk.busy():
            return self.talk.wake_ms()
        if self._troubled() or self._chores() or self._state == DOWN:
            return now_ms
        times = [self._sweep_ms]
        if self._state == SEARCHING:
            times.append(self._search_until_ms)
            if not self._asleep:
                times.append(self._look_ms)
        if self._ring_ms is not None:
            times.append(self._ring_ms)
        if self.awake:
            times.append(self._demand_ms + _DEMAND_MS)
        elif not self._asleep:
            times.append(self._active_ms + _SLEEP_AFTER_MS)
        return max(now_ms, min(times))

    def may_sleep(self, now_ms):
        """Whether the UART may go deaf: the modem sleeps or is off, and nothing is on its way."""
        if self.events or self._send is not None or not self._uart.flushed():
            return False
        if self.talk.busy():
            return self.talk.resting()
        return self._asleep and self._ring_ms is None

    # -- which conversation is due ---------------------------------------------------------

    def _begin(self, chores):
        """Begin the most urgent conversation, if none goes on."""
        if self.talk.busy():
            return
        script = self._urgent()
        if script is None and chores:
            script = self._chore()
            self._chores_ms = None
        if script is None and self._chores() and self._chores_ms is None:
            self._chores_ms = self.now_ms
        if script is not None:
            self.talk.run(script, self.now_ms)

    def _urgent(self):
        if self._troubled():
            return self._recover()
        if self._state == DOWN:
            return self._start()
        if self._state == SEARCHING and self.now_ms >= self._search_until_ms:
            return self._give_up_search()
        if self._asleep:
            return start.wake(self) if self._wanted() else None
        if self._ring_ms is not None and self.now_ms >= self._ring_ms:
            return sms.refuse(self)
        if self._send is not None:
            return sms.send(self, self._send)
        if self._state == SEARCHING and self.now_ms >= self._look_ms:
            began_ms = self._search_until_ms - self._search_ms
            early = self.now_ms - began_ms < _LOOK_OFTEN_MS
            self._look_ms = self.now_ms + (_LOOK_MS if early else _LOOK_LATER_MS)
            return net.look(self)
        return None

    def _chore(self):
        if self._asleep:
            return None
        if self._acks:
            self._acks -= 1
            return sms.acknowledge(self)
        if self._arrivals:
            memory, index = self._arrivals.pop(0)
            return sms.fetch(self, memory, index)
        if self._state == READY and self._time_due:
            self._time_due = False
            return net.learn_time(self)
        if self._state == READY and self._cell_due:
            self._cell_due = False
            return net.look(self)
        if self.now_ms >= self._sweep_ms:
            self._sweep_ms = self.now_ms + _SWEEP_MS
            self._cell_due = True
            return sms.sweep(self)
        if not self.awake and self.now_ms - self._active_ms >= _SLEEP_AFTER_MS:
            return start.fall_asleep(self)
        return None

    def _chores(self):
        """Whether something waits that is done when there is no message to send."""
        if self._asleep or self._state == DOWN:
            return False
        if self._acks or self._arrivals or self.now_ms >= self._sweep_ms:
            return True
        return self._state == READY and (self._time_due or self._cell_due)

    def _chores_late(self):
        return self._chores_ms is not None and self.now_ms - self._chores_ms > _CHORES_WAIT_MS

    def _wanted(self):
        """Whether a modem that sleeps has something to do."""
        return (
            self.awake
            or self._send is not None
            or self._ring_ms is not None
            or self.now_ms >= self._sweep_ms
        )

    def _start(self):
        yield from start.bring_up(self, self._rung)
        self._state = SEARCHING
        self._look_ms = self._sweep_ms = self._active_ms = self.now_ms
        self._search_until_ms = self.now_ms + self._search_ms

    # -- trouble ---------------------------------------------------------------------------

    def _troubled(self):
        return self._state != DOWN and (self.talk.doubt or self._strikes >= _STRIKES_MAX)

    def _recover(self):
        """Get in step; a modem that stays silent, or no longer sends, is restarted."""
        self.talk.heard = False
        settled = yield from start.settle(self)
        if not settled or self._strikes >= _STRIKES_MAX:
            rung = start.COMMAND if self.talk.heard else start.COMMAND + 1
            self._go_down(start.SILENT, rung)

    def _give_up_search(self):
        """Restart a modem that finds no network; ever more rarely, for there may be none."""
        self._search_ms = min(2 * self._search_ms, _SEARCH_MAX_MS)
        self._go_down("network", start.COMMAND)
        yield from ()

    def _go_down(self, reason, rung):
        """Forget what was set up: the modem starts anew, or has to be made to."""
        self.note("modem_down", rung)
        self._end_send()
        self._state = DOWN
        self._rung = rung
        self._asleep = False
        self._strikes = 0
        self._acks = 0
        self._ring_ms = None
        self.talk.doubt = False
        self.registration.forget()
        self.unusable(reason)

    def _end_send(self):
        """Say what became of the message that was being sent when the modem was lost."""
        if self._send is None:
            return
        if self.submitted:
            self.sms_ambiguous(0)
        else:
            self.sms_failed(FAIL_MODEM, 0, 0)

    # -- what scripts report ---------------------------------------------------------------

    def restarting(self):
        """It is about to be made to start: what a start says is expected."""
        self._starting = True
        self.announced = False
        self.talk.heard = False
        self._said = []

    def reached(self):
        self._starting = self.announced = False
        self._reached_ms = self.now_ms

    def unusable(self, reason):
        if self._lost != reason:
            self._lost = reason
            self.events.append(ModemLost(reason))

    def looked(self):
        """The registrations are known again."""
        if self._state == SEARCHING and self.registration.registered():
            self._state = READY
            self._lost = None
            self._search_ms = _SEARCH_MS
            self.events.append(ModemReady())
        elif self._state == READY and not self.registration.registered():
            self._state = SEARCHING
            self._look_ms = self.now_ms + _LOOK_MS
            self._search_until_ms = self.now_ms + self._search_ms
            self.unusable("network")

    def is_ready(self):
        return self._state == READY

    def saw_cell(self, cell):
        if cell is not None:
            self.events.append(CellSeen(cell))

    def swept(self, more):
        if more:
            self._sweep_ms = self.now_ms

    def fell_asleep(self):
        self._asleep = True
        self._sweep_ms = self.now_ms + (_VISIT_MS if self._state == READY else _VISIT_SEARCHING_MS)

    def woke_up(self):
        """It may have stored something, the cell may be another, the network may be gone."""
        self._asleep = False
        self._sweep_ms = self.now_ms
        self._active_ms = self.now_ms + _VISIT_AWAKE_MS - _SLEEP_AFTER_MS

    def sms_accepted(self, ref):
        self._strikes = 0
        self._sent(SmsAccepted(self._send.token, ref))

    def sms_failed(self, failure, code, strikes):
        """code: of the network or the modem, -1 where it gave none; strikes: 0 clears them."""
        self._strikes = self._strikes + strikes if strikes else 0
        self._sent(SmsFailed(self._send.token, failure, code))

    def sms_ambiguous(self, strikes):
        self._strikes += strikes
        self._sent(SmsAmbiguous(self._send.token))

    def _sent(self, event):
        self._send = None
        self._active_ms = self.now_ms
        self.events.append(event)

    def call_refused(self):
        self.events.append(CallRefused(self._caller))
        self._caller = ""
        self._ring_ms = None
        self._ring_deaf_ms = self.now_ms + _RING_DEAF_MS

    # -- what the modem says unasked -------------------------------------------------------

    def _unasked(self, token, now_ms):
        if isinstance(token, at.Urc):
            self._active_ms = now_ms
            take = _URCS.get(token.name)
            if take is not None:
                take(self, token)
        elif isinstance(token, at.ModemRestarted):
            self._restarted(token)
        elif isinstance(token, at.ModemDown):
            if not self._starting:
                self._fall("power")

    def _restarted(self, token):
        """Tell a modem that starts anew from one that still tells of the start we know."""
        if self._starting:
            self.announced = self.announced or token.sure
            return
        known = not token.sure and token.said not in self._said
        if known and self.now_ms - self._reached_ms < _STARTING_MS:
            self._said.append(token.said)
            return
        self._fall("restart")

    def _fall(self, reason):
        self.talk.stop()
        self._go_down(reason, start.PROBE)

    def _on_registration(self, urc):
        told = at.arguments(urc.text)
        if at.is_answer(urc.text):
            told = told[1:]
        self.saw_cell(self.registration.take(urc.name, told))
        if self._state == SEARCHING:
            self._look_ms = self.now_ms
        elif self._state == READY and not self.registration.registered():
            self.looked()

    def _on_report(self, urc):
        sms.hand_on(self, urc.pdu)
        if self.must_acknowledge:
            self._acks = min(self._acks + 1, _ACKS_MAX)

    def _on_arrival(self, urc):
        told = at.arguments(urc.text)
        index = at.number(told[1]) if len(told) > 1 else -1
        if index < 0 or len(self._arrivals) >= _ARRIVALS_MAX:
            self._sweep_ms = self.now_ms
        else:
            self._arrivals.append((told[0], index))

    def _on_ring(self, urc):
        if self._ring_ms is None and self.now_ms >= self._ring_deaf_ms:
            self._ring_ms = self.now_ms + _CALLER_MS

    def _on_caller(self, urc):
        if self.now_ms >= self._ring_deaf_ms:
            self._caller = at.arguments(urc.text)[0]
            self._ring_ms = self.now_ms

    def _on_time(self, urc):
        self._time_due = True

    def _on_sim(self, urc):
        if self._state != DOWN and urc.text in ("NOT READY", "NOT INSERTED", "SIM REMOVED"):
            self._fall(start.NO_SIM)


_URCS = {
    "+CREG": Modem._on_registration,
    "+CGREG": Modem._on_registration,
    "+CEREG": Modem._on_registration,
    "+CDS": Modem._on_report,
    "+CMT": Modem._on_report,
    "+CDSI": Modem._on_arrival,
    "+CMTI": Modem._on_arrival,
    "RING": Modem._on_ring,
    "+CRING": Modem._on_ring,
    "+CLIP": Modem._on_caller,
    "+CPIN": Modem._on_sim,
    "+CTZV": Modem._on_time,
    "+CTZE": Modem._on_time,
    "*PSUTTZ": Modem._on_time,
    "DST": Modem._on_time,
}


def make(uart, pins, config, profile, random16, trace):
    """The modem service of a board; it begins to work at its first step."""
    return Modem(uart, pins, config, profile, random16, trace)
