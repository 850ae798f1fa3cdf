"""The modem: keeps it up, sends what it is told to, and says what arrives.

Decides which conversation is due (the modem_*.py beside it hold them) and what to make of
things the modem says unasked. The states: DOWN until it is set up, SEARCHING
until a network has it, READY. Numbers and texts go into events only, never into the trace.
Imports micropython, at, messages and the modem_*.py beside it; UART, pins, profile, chance and
trace are handed in.
"""

import at
from micropython import const

from firmware.messages import (
    FAIL_MODEM,
    CellSeen,
    ModemDemand,
    ModemLost,
    ModemReady,
    SendSms,
    SmsAccepted,
    SmsAmbiguous,
    SmsFailed,
)
from firmware.services import modem_calls as calls
from firmware.services import modem_net as net
from firmware.services import modem_setup as setup
from firmware.services import modem_sms as sms
from firmware.services import modem_start as start
from firmware.services.modem_chores import Chores
from firmware.services.modem_talk import Talk

DOWN = const(0)
SEARCHING = const(1)
READY = const(2)

_DEMAND_MS = const(180000)  # a demand is renewed every minute; a stray press asks but once
_SLEEP_AFTER_MS = const(30000)  # without demand and without anything said
_VISIT_AWAKE_MS = const(5000)  # the same when it was woken only to be looked at
_VISIT_MS = const(900000)  # how often a modem that sleeps is looked at
_VISIT_SEARCHING_MS = const(120000)
_REFS_AHEAD = const(32)  # of the last reference known: others are of messages from before
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
        self.boot = start.Boot()
        self.calls = calls.Calls()
        self.chores = Chores()
        self.events = []
        self.now_ms = 0
        self.awake = False  # on demand
        self._demand_ms = 0
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
        self._ref = -1  # the last that the network gave a message (TP-MR, 23.040 9.2.3.6)
        self._strikes = 0
        self._search = net.Search()
        self._active_ms = 0

    # -- what the application calls --------------------------------------------------------

    def step(self, now_ms):
        """Take what the modem said, begin what is due; returns events."""
        self.now_ms = now_ms
        self.awake = self.awake and now_ms - self._demand_ms < _DEMAND_MS
        was_busy = self.talk.busy()
        self.talk.step(now_ms)
        if self.pins.ri() == 0 and self._asleep:
            self.chores.sweep_ms = now_ms
        # A script that ends now leaves the modem free: the application is asked first whether
        # it has a message to send, and chores begin at a later step.
        late = self.chores.wait_too_long(now_ms, self._state == READY)
        self._begin(late or not was_busy)
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
            and self.calls.due_ms is None
        )

    def wake_ms(self, now_ms):
        """When it must be stepped though nothing comes."""
        if self.events:
            return now_ms
        if self.talk.busy():
            return self.talk.wake_ms()
        if self._troubled() or self._chores_wait() or self._state == DOWN:
            return now_ms
        times = [self.chores.sweep_ms]
        if self._state == SEARCHING:
            times.append(self._search.until_ms)
            if not self._asleep:
                times.append(self._search.look_ms)
        if self.calls.due_ms is not None:
            times.append(self.calls.due_ms)
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
        return self._asleep and self.calls.due_ms is None

    # -- which conversation is due ---------------------------------------------------------

    def _begin(self, chores):
        """Begin the most urgent conversation, if none goes on."""
        if self.talk.busy():
            return
        script = self._urgent()
        if script is None and chores:
            script = self._chore()
        if script is not None:
            self.talk.run(script, self.now_ms)

    def _urgent(self):
        if self._troubled():
            return self._recover()
        if self._state == DOWN:
            return self._start()
        if self._state == SEARCHING and self.now_ms >= self._search.until_ms:
            return self._give_up_search()
        if self._asleep:
            return start.wake(self) if self._wanted() else None
        if self.calls.due_ms is not None and self.now_ms >= self.calls.due_ms:
            return calls.refuse(self)
        if self._send is not None:
            return sms.send(self, self._send)
        if self._state == SEARCHING and self.now_ms >= self._search.look_ms:
            self._search.looks(self.now_ms)
            return net.look(self)
        return None

    def _chore(self):
        if self._asleep:
            return None
        script = self.chores.next(self, self._state == READY)
        if script is None and not self.awake:
            if self.now_ms - self._active_ms >= _SLEEP_AFTER_MS:
                return start.fall_asleep(self)
        return script

    def _chores_wait(self):
        if self._asleep or self._state == DOWN:
            return False
        return self.chores.wait(self.now_ms, self._state == READY)

    def _wanted(self):
        """Whether a modem that sleeps has something to do."""
        return (
            self.awake
            or self._send is not None
            or self.calls.due_ms is not None
            or self.now_ms >= self.chores.sweep_ms
        )

    def _start(self):
        yield from start.bring_up(self, self._rung)
        self._state = SEARCHING
        self.chores.sweep_ms = self._active_ms = self.now_ms
        self._search.begin(self.now_ms)

    # -- trouble ---------------------------------------------------------------------------

    def _troubled(self):
        return self._state != DOWN and (self.talk.doubt or self._strikes >= _STRIKES_MAX)

    def _recover(self):
        """Get in step; a modem that stays silent, or no longer sends, is restarted."""
        self.talk.heard = False
        settled = yield from self.settle()
        if not settled or self._strikes >= _STRIKES_MAX:
            rung = start.COMMAND if self.talk.heard else start.COMMAND + 1
            self._go_down(setup.SILENT, rung)

    def _give_up_search(self):
        """Restart a modem that finds no network; ever more rarely, for there may be none."""
        self._search.gave_up()
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
        self.chores.forget()
        self.calls.forget()
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

    def settle(self):
        """The conversation that gets in step again; it returns whether it did."""
        return start.settle(self)

    def unusable(self, reason):
        if self._lost != reason:
            self._lost = reason
            self.events.append(ModemLost(reason))

    def looked(self):
        """The registrations are known again."""
        if self._state == SEARCHING and self.registration.registered():
            self._state = READY
            self._lost = None
            self._search.succeeded()
            self.events.append(ModemReady())
        elif self._state == READY and not self.registration.registered():
            self._state = SEARCHING
            self._search.begin(self.now_ms)
            self._search.looks(self.now_ms)
            self.unusable("network")

    def is_ready(self):
        return self._state == READY

    def saw_cell(self, cell):
        if cell is not None:
            self.events.append(CellSeen(cell))

    def swept(self, more):
        if more:
            self.chores.sweep_ms = self.now_ms

    def fell_asleep(self):
        self._asleep = True
        visit_ms = _VISIT_MS if self._state == READY else _VISIT_SEARCHING_MS
        self.chores.sweep_ms = self.now_ms + visit_ms

    def woke_up(self):
        """It may have stored something, the cell may be another, the network may be gone."""
        self._asleep = False
        self.chores.sweep_ms = self.now_ms
        self._active_ms = self.now_ms + _VISIT_AWAKE_MS - _SLEEP_AFTER_MS

    def sms_accepted(self, ref):
        self._strikes = 0
        self._ref = ref
        self._sent(SmsAccepted(self._send.token, ref))

    def sms_failed(self, failure, code, strikes):
        """code: of the network or the modem, -1 where it gave none; strikes: 0 clears them."""
        self._strikes = self._strikes + strikes if strikes else 0
        self._sent(SmsFailed(self._send.token, failure, code))

    def sms_ambiguous(self, strikes):
        self._strikes += strikes
        self._sent(SmsAmbiguous(self._send.token))

    def sms_reported(self, report):
        """A report on the very message whose result is awaited: the network has taken it."""
        send = self._send
        if send is None or not self.submitted or report.number != send.number:
            return
        if self._ref < 0 or 0 < (report.ref - self._ref) & 255 <= _REFS_AHEAD:
            self.sms_accepted(report.ref)
            self.talk.stop()
            self.talk.doubt = True  # the result may still come

    def _sent(self, event):
        self._send = None
        self._active_ms = self.now_ms
        self.events.append(event)

    # -- what the modem says unasked -------------------------------------------------------

    def _unasked(self, token, now_ms):
        if isinstance(token, at.Urc):
            self._active_ms = now_ms
            take = _URCS.get(token.name)
            if take is not None:
                take(self, token)
        elif isinstance(token, at.ModemRestarted):
            if self.boot.is_new(token, now_ms):
                self._fall("restart")
        elif isinstance(token, at.ModemDown):
            self._fall("power")

    def _fall(self, reason):
        self.talk.stop()
        self._go_down(reason, start.PROBE)

    def _on_registration(self, urc):
        told = at.arguments(urc.text)
        if at.is_answer(urc.text):
            told = told[1:]
        self.saw_cell(self.registration.take(urc.name, told))
        if self._state == SEARCHING:
            self._search.look_ms = self.now_ms
        elif self._state == READY and not self.registration.registered():
            self.looked()

    def _on_report(self, urc):
        sms.hand_on(self, urc.pdu)
        if self.must_acknowledge:
            self.chores.acknowledge()

    def _on_arrival(self, urc):
        told = at.arguments(urc.text)
        index = at.number(told[1]) if len(told) > 1 else -1
        self.chores.fetch(told[0], index, self.now_ms)

    def _on_ring(self, urc):
        self.calls.ring(self.now_ms)

    def _on_caller(self, urc):
        self.calls.caller(at.arguments(urc.text)[0], self.now_ms)

    def _on_time(self, urc):
        self.chores.ask_time()

    def _on_sim(self, urc):
        if self._state != DOWN and urc.text in ("NOT READY", "NOT INSERTED", "SIM REMOVED"):
            self._fall(setup.NO_SIM)


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
