"""The whole product: the alert core, and what a board with PSRAM has room for beside it.

Separate from core.py because on a board without PSRAM this is never loaded: what feels motion,
and what records. Composition only, as there.
"""

import gc

from micropython import const

from firmware.core import Core
from firmware.messages import SERVICE, FallSuspected, Gesture, RememberFall, SendSms
from firmware.motion_messages import FallTrace, Worn

_BUS_MS = const(12)  # the most that the accelerometer's samples take
# Of what is thrown away, between two collections. More than in main.py: here the heap is large,
# to look through it takes long, and one seal throws away hundreds of KB.
_GARBAGE_BYTES = const(131072)


class Product(Core):
    """Everything that runs on one board; `step` it, wait, step it again.

    rehearsal: of the console, that takes all gestures; None. wiping: 1 from when it is wiped on.
    """

    def __init__(self, board, clock, config, profile, files, journal, trace):
        """As Core."""
        gc.threshold(_GARBAGE_BYTES)
        self.rehearsal = None
        self.wiping = 0
        # It is felt whether she wears it also where falls are not to be noticed.
        self._notices_falls = config.fall_detection
        self._waits = self._alone = False  # motion: for what is felt soon; in a step of its own
        self._motion = self._evidence = None
        self._recorders = []  # the one there is
        self._seed = self._ring = None
        self._at_rest = not journal.open  # when it started
        # She wants recordings, or the desk is about to give it the keys for them.
        records = board.partition("ev") is not None
        records = records and (config.recording or files.read("/desk.json", 0) is not None)
        if records and config.recording:
            from firmware.policy.recording import Recording

            self._recording = Recording(config)
        Core.__init__(self, board, clock, config, profile, files, journal, trace)
        self._motion = self.supervisor.add("motion", self._build_motion)
        if records:
            self._evidence = self.supervisor.add("evidence", self._build_evidence)
            self._sleepers.append(self._evidence)

    def _is_taken(self, now_ms):
        """Whether this step belongs to the accelerometer alone.

        Its bus takes some ms, which nobody is to feel: it has steps of its own, never two in a
        row, and none just before something that she feels.
        """
        soon_ms = now_ms + _BUS_MS
        due = self.board.accel_int1() or self._sooner(soon_ms, self._motion, now_ms) <= now_ms
        felt_ms = self._sooner(soon_ms, self._button, now_ms)
        self._waits = due and self._sooner(felt_ms, self._vibration, now_ms) < soon_ms
        self._alone = due and not self._waits and not self._alone
        if self._alone:
            self._step(self._motion, now_ms)
        return self._alone

    def _go_on(self, now_ms):
        if self._evidence is not None:
            self._step(self._evidence, now_ms)
        Core._go_on(self, now_ms)
        if self._evidence is not None and self._at_leisure(now_ms):
            self._call(self._evidence, "idle_step", now_ms, None, now_ms)

    def _at_leisure(self, now_ms):
        """An erase would cost a recording some of its sound."""
        if self.wiping or not Core._at_leisure(self, now_ms):
            return False
        evidence = self._evidence
        return evidence is None or self._call(evidence, "may_sleep", now_ms, True, now_ms)

    def _learn(self, event, now_ms):
        if self.console is not None:
            self._call(self.console.kept, "learn", now_ms, None, event, now_ms)
        if self._evidence is not None:
            self._call(self._evidence, "learn", now_ms, None, event, now_ms)

    def _offer(self, event, now_ms):
        if isinstance(event, Worn):
            self._worn = event.flag
            self._call(self._vibration, "worn", now_ms, None, event.flag)
        elif isinstance(event, FallTrace):
            self._learn(event, now_ms)
        elif not self._is_consoles(event, now_ms):
            Core._offer(self, event, now_ms)

    def _carry_out(self, commands, now_ms):
        for command in commands:
            if isinstance(command, RememberFall):
                self._call(self._storage, "remember", now_ms, None, command, now_ms)
            if self._evidence is not None:
                self._call(self._evidence, "execute", now_ms, None, command, now_ms)
        Core._carry_out(self, commands, now_ms)

    def _wake_ms(self, now_ms):
        wake_ms = Core._wake_ms(self, now_ms)
        if self._waits:
            wake_ms = min(wake_ms, now_ms + _BUS_MS)  # its line has been seen: nothing else wakes
        else:
            wake_ms = self._sooner(wake_ms, self._motion, now_ms)
        if self._evidence is None:
            return wake_ms
        wake_ms = self._sooner(wake_ms, self._evidence, now_ms)
        if self._at_leisure(now_ms):
            idle_ms = self._call(self._evidence, "idle_wake_ms", now_ms, None, now_ms)
            wake_ms = wake_ms if idle_ms is None else min(wake_ms, idle_ms)
        return wake_ms

    # -- the console ----------------------------------------------------------------------

    def _is_consoles(self, event, now_ms):
        """Whether an event is for nobody but the console, or for nobody."""
        if isinstance(event, FallSuspected):
            return not self._notices_falls or self.rehearsal is not None
        if not isinstance(event, Gesture):
            return False
        if self.rehearsal is not None:
            self.rehearsal.take(event, now_ms)
            return True
        if event.kind != SERVICE or self.console is not None or self.alert_open():
            return False
        if not self.board.charging() or not self.files.documents("service"):
            return False
        from firmware.console import joint

        joint.open_it(self, 1)
        return True

    # -- what it asks for -----------------------------------------------------------------

    def kept(self, name):
        """A service by its name; None where it is not."""
        for kept in self.supervisor.services:
            if kept.name == name:
                return kept
        return None

    def ask(self, kept, method, *args):
        """What a method of a service returns; None where it fails."""
        return self._call(kept, method, self.trace.now_ms, None, *args)

    def send(self, number, text, token):
        """Hand the modem a message; of the token it says what became of it. False: not now."""
        now_ms = self.trace.now_ms
        if self._sending is not None or not self._call(self._modem, "free", now_ms, False):
            return False
        self._carry_out([SendSms(token, number, text, 1, 0)], now_ms)
        return True

    def feel(self, vibrate):
        """Play a Vibrate."""
        self._carry_out([vibrate], self.trace.now_ms)

    def next_q(self):
        return self._evidence and self.ask(self._evidence, "next_q")

    def is_recording(self):
        return bool(self._evidence and self.ask(self._evidence, "is_open"))

    def end_recording(self, command):
        """A StopRecording, unless the recording is one of the alert's by now."""
        if getattr(self._recording, "trigger", None) is None:
            self.ask(self._evidence, "execute", command, self.trace.now_ms)

    def _felt_context(self):
        context = self.rehearsal and self.rehearsal.context(self.trace.now_ms)
        return context or self._context()

    def _discard(self, kept):
        if kept is self._motion:
            self.board.accel_int1()
        Core._discard(self, kept)

    # -- building -------------------------------------------------------------------------

    def _fall_log(self):
        if not self._notices_falls:
            return None
        from firmware.fall_log import FallLog

        return FallLog(self.files)

    def _build_motion(self):
        from firmware.policy import falls
        from firmware.services import motion

        board = self.board
        detector = falls.make(self.config)
        self._ring = detector.ring
        return motion.make(
            board.accel,
            detector,
            self.trace,
            board.accel_int1,
            board.charging,
            board.accel_bus.clear,
        )

    def _build_evidence(self):
        from firmware import evidence_parts

        while self._recorders:
            self._recorders.pop().discard()  # its keys; MicroPython closes no generator by itself
        board, files = self.board, self.files
        if self._seed is None:
            self._seed = evidence_parts.make_seed(board, files, self._at_rest)
        return evidence_parts.make(
            board,
            files,
            self.config,
            self.clock,
            self.trace,
            self._seed,
            self._recorders,
            lambda: self._ring,
        )
