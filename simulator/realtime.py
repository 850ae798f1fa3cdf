"""The world by the clock on the wall: the same queue, but each entry waits for its time.

Separate from world.py, whose time is virtual and costs nothing. In between it serves files:
serial ports, sockets, ptys, each with a callback of its own, from one selector. Whatever runs
in virtual time on a World runs here unchanged, for `run_until` has the same meaning. Knows no
device, no port and no scenario.
"""

from __future__ import annotations

import heapq
import os
import selectors
import signal
import time
from typing import Any, Callable, Iterator, Protocol

from simulator.world import World

NS_PER_MS = 1_000_000
SPEED_ONE = 1000  # speeds are thousandths: the world as fast as the wall
SPEED_MIN, SPEED_MAX = 1, 1_000_000
STEP_MAX_MS = 3_600_000
BURST_MAX = 1000  # entries that run in a row before files have their turn
FOREVER_MS = 1 << 62


class HasFileno(Protocol):
    def fileno(self) -> int: ...


File = int | HasFileno


class RealWorld(World):
    """A World in real time. One thread; `stop` alone may be called from another, or a signal.

    now_ms stands still while a callback runs, and is the wall's when one of a file begins.
    """

    def __init__(
        self, seed: int, start_utc_s: int, wall_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        """It is paused until `go`; wall_ns: the clock on the wall."""
        super().__init__(seed, start_utc_s)
        self._wall_ns = wall_ns
        self._speed = SPEED_ONE
        self._paused = True
        self._base_ms, self._base_ns = 0, wall_ns()
        self._selector = selectors.DefaultSelector()
        self._alarms: list[tuple[int, int, Callable[[], None]]] = []
        self._alarm_order = 0
        self._stopping = False
        self._bell = os.pipe()
        for end in self._bell:
            os.set_blocking(end, False)
        self._selector.register(self._bell[0], selectors.EVENT_READ, {})

    # -- the clock --------------------------------------------------------------------------

    @property
    def speed(self) -> int:
        """Thousandths of the wall's pace."""
        return self._speed

    @property
    def paused(self) -> bool:
        return self._paused

    def go(self) -> None:
        """Let time pass from where it stands."""
        self._anchor()
        self._paused = False

    def pause(self) -> None:
        """Time stands still; files are served all the same."""
        self._anchor()
        self._paused = True

    def step(self, ms: int) -> None:
        """Pause, and let so much pass at once: as fast as its entries can run."""
        if not 0 <= ms <= STEP_MAX_MS:
            raise ValueError(f"step: not from 0 to {STEP_MAX_MS} ms")
        self.pause()
        self._base_ms += ms

    def pace(self, speed: int) -> None:
        """How fast, in thousandths of the wall's pace; what lags behind it is forgotten."""
        if not SPEED_MIN <= speed <= SPEED_MAX:
            raise ValueError(f"speed: not from {SPEED_MIN} to {SPEED_MAX} thousandths")
        self._anchor()
        self._speed = speed

    def _anchor(self) -> None:
        if not self._paused:
            self._base_ms = self.now_ms
        self._base_ns = self._wall_ns()

    def due_ms(self) -> int:
        """The virtual time that it should be by the wall; now_ms follows it."""
        if self._paused:
            return self._base_ms
        passed_ns = self._wall_ns() - self._base_ns
        return self._base_ms + passed_ns * self._speed // (SPEED_ONE * NS_PER_MS)

    def on_the_wall(self, after_ms: int, run: Callable[[], None]) -> None:
        """Have `run()` called so much later by the wall, at any speed and in a pause."""
        self._alarm_order += 1
        at_ns = self._wall_ns() + after_ms * NS_PER_MS
        heapq.heappush(self._alarms, (at_ns, self._alarm_order, run))

    def _wait_s(self, until_ms: int) -> float | None:
        """How long to wait for files at most; None for ever."""
        wait_s = self._wait_for_world_s(until_ms)
        if self._alarms:
            alarm_s = max(0, self._alarms[0][0] - self._wall_ns()) / 1e9
            wait_s = alarm_s if wait_s is None else min(wait_s, alarm_s)
        return wait_s

    def _wait_for_world_s(self, until_ms: int) -> float | None:
        next_ms = self.next_ms()
        if next_ms is not None:
            until_ms = min(until_ms, next_ms)
        if until_ms <= self.due_ms():
            return 0
        if self._paused or until_ms >= FOREVER_MS:
            return None
        ahead_ns = (until_ms - self._base_ms) * NS_PER_MS * SPEED_ONE // self._speed
        return min(max(0, ahead_ns - (self._wall_ns() - self._base_ns)) / 1e9, 3600)

    # -- files ------------------------------------------------------------------------------

    def on_readable(self, file: File, run: Callable[[], None]) -> None:
        """Have `run()` called whenever the file has something to read, or has ended.

        It must not block: now and then an inner wait has served the file already.
        """
        self._watch(file, selectors.EVENT_READ, run)

    def on_writable(self, file: File, run: Callable[[], None] | None) -> None:
        """Have `run()` called whenever the file takes data; None: no longer."""
        self._watch(file, selectors.EVENT_WRITE, run)

    def forget(self, file: File) -> None:
        """Serve the file no more; before it is closed."""
        if file in self._selector.get_map():
            self._selector.unregister(file)

    def _watch(self, file: File, what: int, run: Callable[[], None] | None) -> None:
        known = self._selector.get_map().get(file)
        calls: dict[int, Callable[[], None]] = dict(known.data) if known is not None else {}
        calls.pop(what, None)
        if run is not None:
            calls[what] = run
        mask = sum(calls)
        if known is None and mask:
            self._selector.register(file, mask, calls)
        elif mask:
            self._selector.modify(file, mask, calls)
        elif known is not None:
            self._selector.unregister(file)

    # -- running ----------------------------------------------------------------------------

    def run(self) -> None:
        """Let time pass until somebody calls `stop`."""
        self.run_until(FOREVER_MS)

    def stop(self) -> None:
        """End every `run_until`, the inner ones too; safe in a signal handler."""
        self._stopping = True
        try:
            os.write(self._bell[1], b"!")
        except OSError:
            pass  # it rings already, or is closed

    @property
    def stopping(self) -> bool:
        return self._stopping

    def run_until(self, until_ms: int, stop: Callable[[], bool] | None = None) -> None:
        """Let time pass until until_ms, or `stop()` holds after an entry or a file has run.

        It may be called from within a callback, as the board model's waits do. Ends early
        when the world is stopping.
        """
        while not self._stopping:
            if self._run_due(until_ms, stop):
                return
            if self.now_ms >= until_ms:
                return
            for run in self._ready(self._wait_s(until_ms)):
                if self._run_due(until_ms, stop):
                    return
                run()
                if self._stopping or stop is not None and stop():
                    return

    def catch_up(self) -> None:
        """Run what is due by the wall now, without waiting and without files."""
        self._run_due(FOREVER_MS, None)

    def _run_due(self, until_ms: int, stop: Callable[[], bool] | None) -> bool:
        """Run entries up to the wall's time, BURST_MAX at most; whether `stop()` ended it."""
        due_ms = min(self.due_ms(), until_ms)
        for _ in range(BURST_MAX):
            next_ms = self.next_ms()
            if next_ms is None or next_ms > due_ms:
                # Not backwards: an inner wait may have gone further.
                self.now_ms = max(self.now_ms, due_ms)
                return False
            self.run_next()
            if self._stopping or stop is not None and stop():
                return True
            # What has just run may have paused the clock.
            due_ms = min(self.due_ms(), until_ms)
        return False

    def _ready(self, wait_s: float | None) -> Iterator[Callable[[], None]]:
        """The callbacks of files that are ready, while they are wanted, and of alarms."""
        ready = self._selector.select(wait_s)
        now_ns = self._wall_ns()
        while self._alarms and self._alarms[0][0] <= now_ns:
            yield self._alarm  # taken out by whoever runs it: what is due before may stop that
        for key, mask in ready:
            if key.fd == self._bell[0]:
                os.read(self._bell[0], 64)
            for what in (selectors.EVENT_READ, selectors.EVENT_WRITE):
                now = self._selector.get_map().get(key.fd)
                if mask & what and now is not None and what in now.data:
                    yield now.data[what]

    def _alarm(self) -> None:
        if self._alarms and self._alarms[0][0] <= self._wall_ns():
            heapq.heappop(self._alarms)[2]()

    # -- the end ----------------------------------------------------------------------------

    def stop_on_signals(self, *numbers: int) -> None:
        """Have SIGTERM and SIGINT (or these) call `stop`; main thread only."""
        for number in numbers or (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._signalled)

    def _signalled(self, *_: Any) -> None:
        self.stop()

    def close(self) -> None:
        """Let go of the selector; the files are their owners'."""
        self._selector.close()
        for end in self._bell:
            os.close(end)
