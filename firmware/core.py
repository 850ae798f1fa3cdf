"""The alert core: services and policy put together, and what one step of them is.

Separate from app.py, which starts it and waits: this is loaded once the start has let go of
what it needed. Composition only: which event goes to whom is decided here, what it means is
decided in policy/. `step` never blocks. A board with PSRAM has room for more: product.py.
"""

import sys

import civil
from micropython import const

from firmware.journal import Journal
from firmware.messages import (
    AT_REST,
    IN_ALERT,
    TICK,
    TICK_1S,
    ButtonDown,
    Gesture,
    GnssDemand,
    HapticsHush,
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
from firmware.policy import alert, debounce, gestures
from firmware.services import battery, button, gnss, modem
from firmware.services.storage import Storage
from firmware.supervisor import Supervisor

_HEALTHY_AFTER_MS = const(60000)
_ROUNDS_MAX = const(8)  # how often one step may go round after commands caused new work


class Core:
    """Everything that runs on one board; `step` it, wait, step it again.

    leaves: 1 once the program is to end. console: a console.joint.Joint while it is open, or None.
    finger: 1 while it presses the button.
    """

    # Of what product.py adds
    _recording = None  # type: object
    _worn = 1

    def __init__(self, board, clock, config, profile, files, journal, trace):
        """profile: of its modem (modem_profiles.py)."""
        self.board = board
        self.clock = clock
        self.config = config
        self._profile = profile
        self.trace = trace
        self.files = files
        self._journal = journal
        self._past = button.Past()
        self._pending = []
        self._sending = None
        self._started_ms = None
        self._failures = False
        self.leaves = self.finger = 0
        self.console = None
        self.supervisor = Supervisor(trace, board.count_restart, self._reset, self._report)
        keep = self.supervisor.add
        self._storage = keep("storage", self._build_storage)
        self._alert = keep("alert", self._build_alert)
        self._button = keep("button", self._build_button)
        self._modem = keep("modem", self._build_modem)
        self._gnss = keep("gnss", self._build_gnss)
        self._battery = keep("battery", lambda: battery.Battery(board.battery_percent))
        self._vibration = keep("vibration", self._build_vibration)
        # In the order of a step: what she does first, what she feels last.
        self._services = (self._button, self._modem, self._gnss, self._battery)
        self._sleepers = [self._button, self._modem, self._gnss, self._vibration]

    def step(self, now_ms):
        """Handle what is ready; never blocks.

        Returns the time at which it must be stepped again though nothing happens.
        """
        self.trace.now_ms = now_ms
        if self._started_ms is None:
            self._started_ms = now_ms
        self._failures = False
        if self._is_taken(now_ms):
            return now_ms
        for kept in self._services:
            self._step(kept, now_ms)
        self._offer(Tick(), now_ms)
        self._feed_modem(now_ms)
        self._call(self._vibration, "step", now_ms, (), now_ms)
        self._go_on(now_ms)
        self._housekeeping(now_ms)
        finger = self.finger
        if self.console is not None:
            self.console.step(now_ms)
        again = self._failures or finger != self.finger
        return now_ms if again else self._wake_ms(now_ms)

    def _step(self, kept, now_ms):
        for event in self._call(kept, "step", now_ms, (), now_ms):
            self._offer(event, now_ms)
        if kept.rests(now_ms):
            self._discard(kept)

    def _is_taken(self, _now_ms):
        """Whether this step is used up by something that must be alone in it."""
        return False

    def _go_on(self, now_ms):
        """What comes once everybody has had their turn."""
        if self._at_leisure(now_ms):
            self._call(self._storage, "step", now_ms, (), now_ms)

    def may_sleep(self, now_ms):
        """Whether nothing would be lost in light sleep."""
        if self.alert_open():
            return False
        for kept in self._sleepers:
            if not self._call(kept, "may_sleep", now_ms, False, now_ms):
                return False
        return True

    # -- events ---------------------------------------------------------------------------

    def _offer(self, event, now_ms):
        """Hand one event to whom it concerns, then carry out what the policy answers."""
        if isinstance(event, TimeKnown):
            event = self.clock.set_utc(event)
            if event is None:
                return
        self._learn(event, now_ms)
        if isinstance(event, ButtonDown):
            # Whatever it will become, the modem needs its time to wake: begin now.
            self._call(self._modem, "execute", now_ms, None, ModemDemand(1), now_ms)
            return
        if isinstance(event, Gesture) and event.kind == TICK_1S:
            if self._context() != IN_ALERT:
                self._carry_out([Vibrate(TICK, 1)], now_ms)
            return
        if isinstance(event, (SmsAccepted, SmsFailed, SmsAmbiguous)):
            self._sending = None
        self._carry_out(self._ask(event, now_ms), now_ms)

    def _learn(self, event, now_ms):
        """Something has happened."""

    def _ask(self, event, now_ms):
        """What the alert policy answers; a policy that raised is built anew and asked again."""
        for _ in range(2):
            commands = self._call(self._alert, "handle", now_ms, None, event, now_ms)
            pending, self._pending = self._pending, []
            if commands is not None:
                return pending + commands
            self._carry_out(pending, now_ms)
        return []

    def _feed_modem(self, now_ms):
        """Give the policy its turn at the modem for as long as it has something to send."""
        for _ in range(_ROUNDS_MAX):
            if self._sending is not None:
                return
            if not self._call(self._modem, "free", now_ms, False):
                return
            commands = self._ask(ModemFree(), now_ms)
            if not commands:
                return
            self._carry_out(commands, now_ms)

    def _carry_out(self, commands, now_ms):
        for command in commands:
            if isinstance(command, (SendSms, ModemDemand)):
                if isinstance(command, SendSms):
                    self._sending = command.token
                self._call(self._modem, "execute", now_ms, None, command, now_ms)
            elif isinstance(command, GnssDemand):
                self._call(self._gnss, "execute", now_ms, None, command, now_ms)
            elif isinstance(command, Vibrate):
                # The journal may have taken 80 ms since the step began: all of a short pulse.
                self._call(self._vibration, "play", now_ms, None, command, self.clock.now_ms())
            elif isinstance(command, HapticsHush):
                self._call(self._vibration, "hush", now_ms, None, command.hush, now_ms)
            elif isinstance(command, JournalAppend):
                self._note("append", now_ms, command.kind, command.values)
            elif isinstance(command, JournalClose):
                self._note("close", now_ms)

    def _note(self, method, now_ms, *args):
        """What the journal must hold is said again to a storage that had to be built anew."""
        for _ in range(2):
            if self._call(self._storage, method, now_ms, None, *args) is not None:
                return

    def _call(self, kept, method, now_ms, otherwise, *args):
        before = kept.restarts
        answer = kept.call(method, now_ms, otherwise, *args)
        if kept.restarts is not before:
            self._failures = True
            if kept is self._modem and self._sending is not None:
                token, self._sending = self._sending, None
                self._carry_out(self._ask(SmsAmbiguous(token), now_ms), now_ms)
        return answer

    # -- time -----------------------------------------------------------------------------

    def _wake_ms(self, now_ms):
        wake_ms = now_ms + _HEALTHY_AFTER_MS
        for kept in self._services:
            wake_ms = self._sooner(wake_ms, kept, now_ms)
        wake_ms = self._sooner(wake_ms, self._alert, now_ms)
        if self.console is not None:
            own_ms = self.console.wake_ms(now_ms)
            wake_ms = wake_ms if own_ms is None else min(wake_ms, own_ms)
        if self._at_leisure(now_ms):
            wake_ms = self._sooner(wake_ms, self._storage, now_ms)  # room for the next alert
        return self._sooner(wake_ms, self._vibration, now_ms)

    def _sooner(self, wake_ms, kept, now_ms):
        if kept.rests(now_ms):
            own_ms = kept.rests_until_ms
        else:
            own_ms = self._call(kept, "wake_ms", now_ms, now_ms, now_ms)
        return wake_ms if own_ms is None else min(wake_ms, own_ms)

    def _housekeeping(self, now_ms):
        healthy = now_ms - self._started_ms >= _HEALTHY_AFTER_MS
        if healthy and not self.supervisor.crippled():
            self.board.mark_healthy()

    # -- building -------------------------------------------------------------------------

    def _context(self):
        for _ in range(2):  # a policy that raised has been built anew and knows
            context = self._call(self._alert, "context", self.trace.now_ms, None)
            if context is not None:
                return context
        return IN_ALERT

    _felt_context = _context  # what the recogniser of gestures is told

    def _unpressed(self, now_ms):
        """Whether no gesture is in progress."""
        return self._call(self._button, "may_sleep", now_ms, 0, now_ms)

    def _at_leisure(self, now_ms):
        """Whether flash may be erased, 60 ms: never in an alert, nor amid her presses."""
        return not self.alert_open() and self._unpressed(now_ms)

    def _discard(self, kept):
        """Drop what a service that is left out does not read: it would end every wait."""
        board = self.board
        uart = {"modem": board.modem_uart, "gnss": board.gnss_uart}.get(kept.name)
        if uart is not None:
            uart.read()

    def alert_open(self):
        return self._context() != AT_REST

    def _build_storage(self):
        journal, self._journal = self._journal, None
        journal = journal or Journal(self.files.log("journal"))
        return Storage(journal, self._fall_log(), self.trace)

    def _fall_log(self):
        return None

    def _build_alert(self):
        policy = alert.make(self.config, self.board.random16, self._recording)
        known = self.clock.known()
        now_ms = self.clock.now_ms()
        commands = []
        if known is not None:
            commands += policy.handle(known, now_ms)
        commands += policy.restore(self._call(self._storage, "recall", now_ms, ()), now_ms)
        self._pending = commands
        return policy

    def _build_button(self):
        recogniser = gestures.make(self.config)
        bounce = debounce.Debounce()
        return button.Button(self._level, bounce, recogniser, self._felt_context, self._past)

    def _level(self):
        return self.board.button() | self.finger

    def _build_modem(self):
        board = self.board
        return modem.make(
            board.modem_uart,
            board.modem_pins,
            self.config,
            self._profile,
            board.random16,
            self.trace,
        )

    def _build_gnss(self):
        board = self.board
        bound = self.config.not_before_utc
        return gnss.make(board.gnss_uart, board.gnss_profile, self.trace, board.gnss_wake, bound)

    def _build_vibration(self):
        if self.config.mode == "bench" and self.board.accel is None:
            from firmware.console.still import Still

            return Still()
        from firmware.policy import haptics
        from firmware.services import vibration

        arbiter = haptics.make(self.config)
        arbiter.worn(self._worn)
        return vibration.Vibration(
            self.board.motor, arbiter, self.board.charging, self._local_minute
        )

    def _local_minute(self, now_ms):
        """Local minute of the day, for her quiet hours; None while the time is unknown."""
        utc_s = self.clock.utc_s(now_ms)
        if utc_s is None:
            return None
        config = self.config
        return civil.local_s(utc_s, config.tz_offset_min, config.tz_eu_dst) // 60 % 1440

    def _reset(self, kept):
        """Reset the board, but not one that has just come up from that: it was in vain.

        Nor in the middle of her presses, which nobody would remember; nor in an alert for a
        service that it can do without.
        """
        if self.board.counters()[0] > 1:
            return
        if kept is not self._button and not self._unpressed(self.trace.now_ms):
            return
        if kept.name == "console":
            return
        if kept in (self._button, self._alert, self._modem) or not self.alert_open():
            self.board.reset()

    def _report(self, error):
        if self.config.mode == "bench":
            sys.print_exception(error)
