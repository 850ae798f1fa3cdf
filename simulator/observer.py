"""What a bystander makes of the button: gestures by BEHAVIOUR.md section 1, from its edges.

Separate from the firmware's recogniser and written without it, so that `press_ms` and
`trigger_ms` of the summary are a second opinion. It sees the contact, knows her configuration,
feels the motor, and hears what leaves the modem. Weak pulses say that a fall is hers alone
(section 2): two shorts that answer one are another gesture, until their time is over or a text
tells the fall. Where a press may or may not answer a pulse, it says nothing. It does not know
what else the firmware did, so neither that an alert has lapsed after a long power cut (section 2):
to it what she presses then is still in that alert. Must not import firmware or lib.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from simulator.edge import Line
from simulator.world import World

LOCK_MS = 20  # a contact that bounces is looked at again after this
LONG_MS, HOLD_MS = 1000, 3000
APART_MS = 2000  # release to press: less than this is the same gesture
DANGER_WITHIN_MS = 4000
GUARD_MS = 10_000
NO_CANCEL_MS = 3000
RAISING = ("watch", "danger")
PULSE_MS = (70, 85)  # 80 ms, of the motor
PULSES_APART_MS = 5200  # every 5 s: after more than this without one, who knows
ANSWER_MS = (200, 400)  # sooner after the first one nobody answers it, later she does
LONGER_MS = 4000  # so long the end of the pulses' time waits for presses in progress, at most
LATE_MS = 100
TOLD = re.compile(r"(\(2\) )?(CHUTE|FALL) (?!\S+ \d\d/\d\d )")  # one with a date is an old one

# When a gesture began: in no pre-alarm that she felt, in one, or who knows
REST, ANSWER, UNSURE = "rest", "answer", "unsure"


class Gesture(NamedTuple):
    """press_ms: the last edge that counts; at_ms: when it was decided."""

    kind: str
    press_ms: int
    at_ms: int


class Observer:
    """`gestures` grows; each is also an event."""

    def __init__(
        self,
        world: World,
        line: Line,
        pattern: str = "",
        profile: str = "default",
        watch_max_ms: int = 3_600_000,
        danger_max_ms: int = 12 * 3_600_000,
        motor: Line | None = None,
        prealarm_ms: int = 30_000,
    ) -> None:
        self._world, self._line = world, line
        self._pattern, self._danger_at = pattern, 2 if profile == "monsherif" else 3
        self._limits_ms = {"watch": watch_max_ms, "danger": danger_max_ms, "fall": danger_max_ms}
        self.gestures: list[Gesture] = []
        self._alert = ""  # watch, danger or fall
        self._alert_ms = 0
        self._guard_first_ms: int | None = None  # first press of the watch whose guard is open
        self._open: list[list[int]] = []  # presses of the open gesture: down, up (-1: not yet)
        self._raising = False  # the open gesture has raised an alert: it never cancels
        self._stable, self._locked_until_ms = 0, -1
        self._prealarm_ms = prealarm_ms
        self._fell_ms: int | None = None  # the first pulse of a pre-alarm that goes on
        self._pulse_ms = 0  # the last one
        self._began = REST  # the open gesture, or the last one
        self._in_prealarm = False  # it began after a first pulse, felt or not
        self._lately: list[int] = []  # downs, the last three, of gestures of which the first did
        self._told_in_guard = False  # a fall: what was the guard still makes presses danger
        self._motor_ms = 0
        line.watch(lambda level: self._edge())
        world.listeners.append(self._heard)
        if motor is not None:
            motor.watch(self._motor)

    # -- the motor ------------------------------------------------------------------------

    def _motor(self, level: int) -> None:
        now_ms = self._world.now_ms
        if level:
            self._motor_ms = now_ms
        elif PULSE_MS[0] <= now_ms - self._motor_ms <= PULSE_MS[1] and not self._alert:
            self._pulse_ms = self._motor_ms
            if self._fell_ms is None:
                self._fell_ms = self._motor_ms
                end_ms = self._motor_ms + self._prealarm_ms
                for at_ms in (end_ms, end_ms + LONGER_MS):
                    self._world.at(max(at_ms, now_ms), self._pulses_over, self._fell_ms)

    def _pulses_over(self, fell_ms: int | None) -> None:
        """Their time has ended, but for presses in progress; was she asked until then?"""
        now_ms = self._world.now_ms
        if fell_ms is None or self._fell_ms != fell_ms:
            return
        end_ms = fell_ms + self._prealarm_ms
        awaited = self._open and self._began != REST and now_ms < end_ms + LONGER_MS
        if now_ms < end_ms or awaited:
            return
        self._fell_ms = None
        if end_ms - self._pulse_ms <= PULSES_APART_MS:
            self._alert, self._alert_ms = "fall", now_ms

    # -- what leaves ----------------------------------------------------------------------

    def _heard(self, event: dict[str, Any]) -> None:
        """A text tells a fall: whatever she felt, this is an alert now."""
        if event["ev"] != "at_submit" or not TOLD.match(event["text"]):
            return
        self._fell_ms = None
        if self._guard_first_ms is not None:
            self._told_in_guard = True
        elif self._alert not in ("danger", "fall"):
            self._alert, self._alert_ms = "fall", self._world.now_ms

    # -- the contact ----------------------------------------------------------------------

    def _edge(self) -> None:
        now_ms = self._world.now_ms
        if now_ms < self._locked_until_ms or self._line.level == self._stable:
            return
        self._stable = self._line.level
        self._locked_until_ms = now_ms + LOCK_MS
        self._world.at(self._locked_until_ms, self._edge)
        if self._stable:
            self._down(now_ms)
        else:
            self._up(now_ms)

    # -- presses --------------------------------------------------------------------------

    def _down(self, now_ms: int) -> None:
        self._expire(now_ms)
        if self._open and now_ms - self._open[-1][1] >= APART_MS:
            self._over(self._open[-1][1])
        if not self._open:
            self._begin(now_ms)
        self._open.append([now_ms, -1])
        self._lately = [*self._lately[-2:], now_ms]
        self._world.after(HOLD_MS, self._held, now_ms)
        if self._raising:
            return
        soon = len(self._lately) == 3 and now_ms - self._lately[0] <= DANGER_WITHIN_MS
        if soon and self._lately[0] < self._open[0][0]:
            self._raise("danger", now_ms)  # three of which the first was in a pre-alarm
        elif self._alert:
            return
        elif self._guard_first_ms is not None:
            if now_ms - self._guard_first_ms <= DANGER_WITHIN_MS:
                self._raise("danger", now_ms)
        elif len(self._open) == self._danger_count():
            # In a pre-alarm a third is danger however late.
            if self._began != REST or now_ms - self._open[0][0] <= DANGER_WITHIN_MS:
                self._raise("danger", now_ms)

    def _begin(self, now_ms: int) -> None:
        """A gesture begins: does it answer a pulse?"""
        if not self._in_prealarm:
            self._lately = []
        self._in_prealarm = self._fell_ms is not None
        self._began = REST
        if self._fell_ms is None or now_ms - self._fell_ms < ANSWER_MS[0]:
            return
        felt = now_ms - self._fell_ms >= ANSWER_MS[1]
        asked = now_ms - self._pulse_ms <= PULSES_APART_MS
        self._began = ANSWER if felt and asked else UNSURE

    def _danger_count(self) -> int:
        """How many presses are danger at rest, or in a pre-alarm."""
        return self._danger_at if self._began == REST else 3

    def _held(self, down_ms: int) -> None:
        if not self._open or self._open[-1] != [down_ms, -1]:
            return
        self._expire(self._world.now_ms)
        if not self._alert and not self._raising:
            self._raise("danger", down_ms)

    def _up(self, now_ms: int) -> None:
        if not self._open:
            return
        if now_ms - self._open[-1][0] == HOLD_MS:
            self._held(self._open[-1][0])  # the contact opens in the very millisecond
        self._open[-1][1] = now_ms
        self._world.after(APART_MS, self._over, now_ms)
        if self._guard_first_ms is not None and not self._alert:
            self._in_guard(self._open[-1])

    def _in_guard(self, press: list[int]) -> None:
        if self._letter(press) == "l":
            if self._told_in_guard:  # too late to withdraw
                self._open = []
                return
            self._guard_first_ms = None
            self._open = []
            self._say("withdraw", press[1])
        else:
            self._raise("danger", press[1])

    def _over(self, up_ms: int) -> None:
        if not self._open or self._open[-1][1] != up_ms:
            return
        self._expire(self._world.now_ms)
        presses, self._open = self._open, []
        raising, self._raising = self._raising, False
        if raising:
            return
        letters = "".join(self._letter(press) for press in presses)
        if self._began != REST:
            self._in_a_prealarm(letters, up_ms)
            return
        kind = self._in_alert(letters) if self._alert else self._at_rest(letters)
        if not kind or self._guard_first_ms is not None:
            return
        if kind in RAISING:
            self._raise(kind, up_ms)
            self._raising = False
            self._guard_first_ms = presses[0][0] if kind == "watch" else None
            if kind == "watch":
                self._alert = ""
                self._world.after(GUARD_MS, self._guarded, len(self.gestures))
        else:
            self._say(kind, up_ms)

    def _guarded(self, serial: int) -> None:
        if self._guard_first_ms is not None and serial == len(self.gestures):
            self._guard_first_ms = None
            self._alert = "fall" if self._told_in_guard else "watch"
            self._alert_ms, self._told_in_guard = self._world.now_ms, False

    def _in_a_prealarm(self, letters: str, up_ms: int) -> None:
        """One or two presses that began in it; more, or a hold, have raised danger."""
        fell_ms, now_ms = self._fell_ms, self._world.now_ms
        if letters == "ss" and self._began == ANSWER and fell_ms is not None:
            if now_ms < fell_ms + self._prealarm_ms + LONGER_MS - LATE_MS:
                self._fell_ms = None
                self._say("fall_cancel", up_ms)
        self._pulses_over(self._fell_ms)

    def _at_rest(self, letters: str) -> str:
        if len(letters) >= self._danger_count():
            return "danger"
        if letters == "s" * (self._danger_count() - 1):
            return "watch"
        return {"s": "", "l": "check", "sl": "evidence"}.get(letters, "check")

    def _in_alert(self, letters: str) -> str:
        early = self._world.now_ms - self._alert_ms < NO_CANCEL_MS
        if letters == self._pattern:
            if not early:
                self._alert = ""
            return "" if early else "true_cancel"
        if len(letters) >= 3 and set(letters) == {"s"}:
            return "danger_again"
        return "" if len(letters) == 1 and letters in "sl" or early else "decoy_cancel"

    def _letter(self, press: list[int]) -> str:
        held_ms = press[1] - press[0]
        return "s" if held_ms < LONG_MS else "l" if held_ms < HOLD_MS else "h"

    def _raise(self, kind: str, press_ms: int) -> None:
        self._guard_first_ms = self._fell_ms = None
        self._in_prealarm = self._told_in_guard = False
        self._raising = True
        self._alert, self._alert_ms = kind, self._world.now_ms
        self._say(kind, press_ms)

    def _expire(self, now_ms: int) -> None:
        if self._alert and now_ms - self._alert_ms > self._limits_ms[self._alert]:
            self._alert = ""

    def _say(self, kind: str, press_ms: int) -> None:
        self.gestures.append(Gesture(kind, press_ms, self._world.now_ms))
        self._world.emit("gesture", "button", kind=kind, press_ms=press_ms)
