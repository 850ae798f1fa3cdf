"""The body over time: which motion is played, and what is felt at any moment.

The one thing that the virtual chip asks. It feels nothing of the firmware: the same seed and the
same commands give the same acceleration whatever asks for it, how often and at which rate.
"""

from __future__ import annotations

import math
from collections import deque
from random import Random
from typing import Callable

from simulator.motion.gait import RUNS_FROM_CMS
from simulator.motion.kinds import KINDS, ON_FOOT
from simulator.motion.postures import STANDING, Motion, Somebody
from simulator.motion.vectors import IDENTITY, Matrix, Vector, add, angle, applied, scaled, unit
from simulator.motion.wave import Piece

KEPT_MS = 2000  # of the past that was asked for: an interval is shorter
UNASKED_MS = 1_000_000  # of the past that may still be asked for: 700 samples at 1 Hz
CUT_MS = 300  # of what was felt decide where up is when a motion is cut short
DRIVES_FROM_CMS = 700


class Body:
    """`mg` and `quiet_until` for the chip; `set`, `play`, `go` for what happens.

    seeded(name) gives a generator of its own to each motion, so that no draw of one shifts
    another.
    """

    def __init__(self, seeded: Callable[[str], Random], kind: str = "worn") -> None:
        self._seeded, self._count = seeded, 0
        self._me = Somebody(seeded("motion"))
        self._pieces: deque[tuple[float, float | None, Piece]] = deque()  # (from, until, what)
        self._rotation, self._offset_mg = IDENTITY, (0.0, 0.0, 0.0)
        self._watchers: list[Callable[[], None]] = []
        self._ready_ms = 0.0
        self._felt = False  # a body that nobody feels is not played
        self._coming: list[tuple[int, Callable[[int], None]]] = []
        self.set(kind, 0)

    def watch(self, run: Callable[[], None]) -> None:
        """Have `run()` called whenever another motion begins by command."""
        self._watchers.append(run)
        self._felt = True

    # -- what is felt ---------------------------------------------------------------------

    def mg(self, at_ms: float, interval_ms: float) -> Vector:
        """The mean of [at_ms - interval_ms, at_ms) in the object's axes, milli-g; time goes on."""
        self._felt = True
        at_ms = max(at_ms, interval_ms)  # nothing is felt before 0
        from_ms = at_ms - interval_ms
        self._reach(at_ms)
        self._forget(from_ms)
        felt = self._mean(from_ms, at_ms)
        if self._rotation is not IDENTITY:
            felt = applied(self._rotation, felt)
        off = self._offset_mg
        return felt[0] * 1000 + off[0], felt[1] * 1000 + off[1], felt[2] * 1000 + off[2]

    def quiet_until(self, at_ms: float) -> int | None:
        """Until when what is felt stays as it is at at_ms; at_ms if it does not, None: for ever.

        A command may end any quiet: see `watch`.
        """
        self._felt = True
        self._reach(at_ms + 1)
        for from_ms, until_ms, piece in self._pieces:
            if from_ms <= at_ms and (until_ms is None or at_ms < until_ms):
                if not piece.constant:
                    return int(at_ms)
                ends_ms = [ms for ms in (until_ms, self._next_ms()) if ms is not None]
                return int(min(ends_ms)) if ends_ms else None
        return int(at_ms)

    def _mean(self, from_ms: float, to_ms: float) -> Vector:
        total: Vector = (0.0, 0.0, 0.0)
        for begin_ms, until_ms, piece in self._pieces:
            a = max(from_ms, begin_ms)
            b = to_ms if until_ms is None else min(to_ms, until_ms)
            if b <= a:
                continue
            mean = piece.mean(a - begin_ms, b - begin_ms)
            if b - a == to_ms - from_ms:
                return mean
            total = add(total, scaled(mean, (b - a) / (to_ms - from_ms)))
        return total

    # -- what happens ---------------------------------------------------------------------

    def set(self, kind: str, at_ms: int, speed_cms: int | None = None) -> None:
        """Begin a motion of that kind, from the posture that the last one left her in."""
        if at_ms == 0 and kind in ON_FOOT:  # she does so already
            self._me.posture, self._me.up = STANDING, self._me.upright
        if speed_cms:
            self._me.speed_cms = speed_cms
        self.play(KINDS[kind], at_ms)

    def play(self, motion: Callable[[Somebody], Motion], at_ms: int) -> None:
        """The same, of a motion that is no kind: a recording."""
        self._take_over(at_ms)
        self._begin(motion, at_ms)
        self._told()

    def go(self, speed_cms: int, at_ms: int, until_ms: int | None = None) -> None:
        """She gets somewhere at that speed, on foot or not; stands when she is there."""
        kind = "walk" if speed_cms < RUNS_FROM_CMS else "run"
        if speed_cms >= DRIVES_FROM_CMS:
            kind = "vehicle"
        self.set(kind if speed_cms > 0 else "stand_up", at_ms, speed_cms)
        if speed_cms > 0 and until_ms is not None:
            self._coming = [(until_ms, lambda ms: self._begin(KINDS["stand_up"], ms))]

    def wear(self, rotation: Matrix | None, offset_mg: Vector | None) -> None:
        """How it is mounted from now on, and how far its zeros are off; None: as before."""
        self._told()  # who is late with the past still feels it as it was
        if rotation is not None:
            self._rotation = rotation
        if offset_mg is not None:
            self._offset_mg = offset_mg

    def _take_over(self, at_ms: int) -> None:
        """What was felt last says where up is; the rest of the old motion never happens."""
        if self._felt:
            self._reach(at_ms)
        self._coming = []
        from_ms = max(0, at_ms - CUT_MS)
        if at_ms > from_ms and self._pieces:
            felt = self._mean(from_ms, at_ms)
            # in mid-air, or with nothing felt, it says nothing
            if angle(felt, self._me.up) > 0.1 and 0.5 < sum(a * a for a in felt) < 2:
                self._me.up = unit(felt)
        self._cut(at_ms)

    def _cut(self, at_ms: int) -> None:
        while self._pieces and self._pieces[-1][0] >= at_ms:
            self._pieces.pop()
        if self._pieces:
            begin_ms, until_ms, piece = self._pieces.pop()
            until_ms = at_ms if until_ms is None else min(at_ms, until_ms)
            self._pieces.append((begin_ms, until_ms, piece))

    def _begin(self, play: Callable[[Somebody], Motion], at_ms: int) -> None:
        self._cut(at_ms)
        self._count += 1
        self._me.rng = self._seeded(f"motion-{self._count}")
        if self._me.posture != STANDING:
            self._me.begun = ""
        self._playing, self._ready_ms = play(self._me), at_ms

    def _told(self) -> None:
        for run in self._watchers:
            run()

    # -- pieces ---------------------------------------------------------------------------

    def _next_ms(self) -> int | None:
        return self._coming[0][0] if self._coming else None

    def _reach(self, at_ms: float) -> None:
        """Have pieces up to at_ms."""
        while True:
            due_ms = self._next_ms()
            self._play(at_ms if due_ms is None else min(at_ms, due_ms))
            if due_ms is None or due_ms > at_ms:
                return
            _, begin = self._coming.pop(0)
            begin(due_ms)

    def _play(self, to_ms: float) -> None:
        while self._ready_ms < to_ms:
            self._forget(self._ready_ms - UNASKED_MS)
            piece = next(self._playing)
            begin_ms = self._ready_ms
            if piece.length_ms is None:
                self._pieces.append((begin_ms, None, piece))
                self._ready_ms = math.inf
                return
            self._ready_ms = begin_ms + piece.length_ms
            self._pieces.append((begin_ms, self._ready_ms, piece))

    def _forget(self, before_ms: float) -> None:
        pieces = self._pieces
        while len(pieces) > 1 and pieces[1][0] < before_ms - KEPT_MS:
            pieces.popleft()
