"""Services that fail: an exception at any of their steps, a step that never returns, a service
that never works. The five are reached, the restart is counted, nothing resets for ever.

What no device can do is put into the supervisor as it is loaded: the one place through which
every step of every service goes.
"""

import functools
import sys

import pytest
from harness import Rng, depth
from perils import CONTACTS, FAILED, PRESS, PRESS_S, SERVICES, TAKEN, Run, evening
from stories import FIRST_SEED, ROOT, of

from firmware.drivers.boot_record import WATCHDOG
from firmware.supervisor import RESTARTS_MAX

EVERY = 1 if depth(100) == 100 else 97 // (1 + depth(100) // 5)  # which of the steps are tried
DURATION = "2min"
LATER_MS = 30_000  # than without the exception, at most
WATCHDOG_MS = 60_000
FIRMWARE = (str(ROOT / "firmware"), str(ROOT / "lib"))
STEP_COSTS_MS = (2, 10)


class Injected(Exception):
    """What a service raises that nobody thought of."""


class Saboteur:
    """Sees each call of a service from first_ms on, numbered; `when(number)` does the deed.

    deed(kept, call, args) makes the call, or something else. `calls` is what was seen: (service,
    method, what it was about).
    """

    def __init__(self, service=None, when=lambda number: False, deed=None):
        self.service, self.when, self.deed = service, when, deed
        self.calls, self.done_ms = [], []
        self.first_ms = PRESS_S * 1000
        self.stage = self.board = None

    def prepare(self, stage):
        self.stage = stage

    def loaded(self, name, module):
        if name == "_board":  # the fakes' side of the link
            self.board = module
        elif name == "firmware.supervisor":
            kept, call = module.Kept, module.Kept.call
            kept.call = lambda *args: self._called(call, *args)

    def _called(self, call, kept, method, now_ms, otherwise, *args):
        now = self.stage.world.now_ms
        if self.service in (None, kept.name) and now >= self.first_ms:
            number = len(self.calls)
            about = type(args[0]).__name__ if args else ""
            about = args[0] if about == "str" else about  # a kind of journal record
            self.calls.append((kept.name, method, about))
            if self.when(number):
                self.done_ms.append(now)
                return self.deed(self, kept, call, (kept, method, now_ms, otherwise, *args))
        return call(kept, method, now_ms, otherwise, *args)


class Broken:
    """Stands in for a service; whatever is asked of it ends badly."""

    def __init__(self, end):
        self._end = end

    def __getattr__(self, name):
        return lambda *args: self._end()


def raises(_saboteur, kept, call, args):
    """Instead of the step: an exception."""

    def end():
        raise Injected

    kept.it = Broken(end)
    return call(*args)


def never_returns(saboteur, kept, call, args):
    """Instead of the step: it takes its time, for ever; interrupts are still served."""

    def end():
        while True:
            saboteur.board.spend_us(100_000)

    kept.it = Broken(end)
    return call(*args)


class InTheMiddle:
    """A deed: an exception before the line-th line of the firmware that the step executes."""

    def __init__(self, line):
        self.line, self.lines = line, 0

    def __call__(self, _saboteur, _kept, call, args):
        before = sys.gettrace()
        sys.settrace(self._enter)
        try:
            return call(*args)
        finally:
            sys.settrace(before)

    def _enter(self, frame, _event, _arg):
        inside = frame.f_code.co_filename.startswith(FIRMWARE)
        # The supervisor's own lines are not a service's.
        return self._line if inside and "supervisor" not in frame.f_code.co_filename else None

    def _line(self, _frame, event, _arg):
        if event == "line":
            self.lines += 1
            if self.lines == self.line:
                raise Injected
        return self._line


def settings(index):
    return (f"cpu.step_cost_ms={STEP_COSTS_MS[index % 2]}",)


def sabotaged(saboteur, duration=DURATION, index=0, steps=(PRESS,)):
    scenario = evening(list(steps), duration, settings(index))
    return Run(scenario, loaded=saboteur.loaded, prepare=saboteur.prepare)


@functools.lru_cache(None)
def sound(index):
    """(the evening without sabotage, the calls of each service until the five are reached)."""
    saboteur = Saboteur()
    run = sabotaged(saboteur, "40s", index)
    run.check()
    assert run.reached_ms is not None
    return run, {name: [c for c in saboteur.calls if c[0] == name] for name in SERVICES}


def chosen(service):
    """(index of the settings, number of the call to spoil): each kind of call at least once."""
    found = []
    for index in (0, 1):
        calls = sound(index)[1][service]
        rng = Rng(FIRST_SEED + SERVICES.index(service) + 100 * index)
        kinds = {}
        for number, call in enumerate(calls):
            kinds.setdefault(call, []).append(number)
        # The kinds take turns between the settings, and so do all calls at full depth.
        numbers = {rng.choice(kinds[kind]) for kind in sorted(kinds)[index::2]}
        numbers |= set(range(rng.below(2 * EVERY), len(calls), 2 * EVERY))
        found += [(index, number) for number in sorted(numbers)]
    return found


def told(run, index, where):
    """The five are reached, not much later than without, and she was told the truth."""
    assert run.reached_ms is not None, where
    assert run.reached_ms - sound(index)[0].reached_ms <= LATER_MS, where
    run.check(where=where)


@pytest.mark.parametrize("service", SERVICES)
def test_an_exception_instead_of_any_step(service):
    for index, number in chosen(service):
        saboteur = Saboteur(service, lambda n, number=number: n == number, raises)
        run = sabotaged(saboteur, index=index)
        where = f"{saboteur.calls[number]}, call {number} at {saboteur.done_ms}"
        told(run, index, where)
        assert run.restarts()[0] == {name: int(name == service) for name in SERVICES}, where
        assert service == "vibration" or run.felt_at(TAKEN), where


@pytest.mark.parametrize("service", SERVICES)
def test_an_exception_in_the_middle_of_any_step(service):
    rng = Rng(FIRST_SEED + 4000 + SERVICES.index(service))
    for index, number in chosen(service):
        deed = InTheMiddle(1 + rng.below(40))
        saboteur = Saboteur(service, lambda n, number=number: n == number, deed)
        run = sabotaged(saboteur, index=index)
        if deed.lines < deed.line:  # the step was over before
            deed = InTheMiddle(1 + rng.below(max(1, deed.lines)))
            saboteur = Saboteur(service, lambda n, number=number: n == number, deed)
            run = sabotaged(saboteur, index=index)
        where = f"{saboteur.calls[number]}, call {number} at {saboteur.done_ms}, {deed.line}"
        assert deed.lines == deed.line, where
        told(run, index, where)
        assert sum(run.restarts()[0].values()) == 1, where


@pytest.mark.parametrize("service", SERVICES)
def test_a_step_that_never_returns(service):
    """Once the trigger is in the journal: until then nobody but the firmware knows of it."""
    rng = Rng(FIRST_SEED + 5000 + SERVICES.index(service))
    for index in range(depth(100)):
        saboteur = Saboteur(service, None, never_returns)
        delay_ms = rng.below(8000) if index % 2 else 0
        saboteur.when = functools.partial(after_the_record, saboteur, delay_ms)
        run = sabotaged(saboteur, "4min", index)
        where = f"{saboteur.done_ms}"
        assert len(saboteur.done_ms) == 1, where
        assert run.reached_ms is not None, where
        late_ms = WATCHDOG_MS + LATER_MS
        assert run.reached_ms - sound(index % 2)[0].reached_ms <= late_ms, where
        run.check(resets=1)
        assert of(run.result, "reset")[0]["cause"] == "watchdog"
        counts, _ = run.restarts()
        assert not any(counts.values())
        assert run.watchdog_resets() == 1, where


def after_the_record(saboteur, delay_ms, _number):
    run_recorded_ms = saboteur.stage.recorded_ms
    if saboteur.done_ms or run_recorded_ms is None:
        return False
    return saboteur.stage.world.now_ms >= run_recorded_ms + delay_ms


@pytest.mark.parametrize("service", ("modem", "gnss", "battery", "vibration"))
def test_a_first_step_after_the_trigger_that_never_returns(service):
    """The record comes before anything that the alert asks of others."""
    saboteur = Saboteur(service, lambda number: number == 0, never_returns)
    saboteur.first_ms = sound(0)[0].trigger_ms
    run = sabotaged(saboteur, "4min")
    assert run.reached_ms is not None
    run.check(resets=1)


@pytest.mark.parametrize("service", SERVICES)
def test_a_step_that_never_returns_at_rest(service):
    """She presses after the watchdog has bitten."""
    saboteur = Saboteur(service, lambda number: number == 3, never_returns)
    saboteur.first_ms = 5000
    press = f"{{at: {80 + PRESS_S}s, do: press, count: 3}}"
    run = sabotaged(saboteur, "3min", steps=[press])
    assert run.reached_ms is not None and run.reached_ms < 15_000
    run.check(resets=1)
    assert run.watchdog_resets() == 1


@pytest.mark.parametrize("first_ms", (10_000, PRESS_S * 1000 + 800, PRESS_S * 1000 + 3000))
@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_never_works_any_more(service, first_ms):
    saboteur = Saboteur(service, lambda number: True, raises)
    saboteur.first_ms = first_ms
    run = sabotaged(saboteur, "5min")
    assert not run.summary["exceptions"]
    assert run.restarts()[0][service] > RESTARTS_MAX
    assert all(row["to"] in CONTACTS for row in run.rows)
    if service in ("storage", "gnss", "battery", "vibration"):
        assert run.summary["resets"] <= (2 if first_ms < PRESS_S * 1000 else 0)
        assert run.reached_ms is not None
    else:
        assert run.summary["resets"] <= 2
    if service == "modem":
        assert run.felt_at(FAILED) or run.felt_at(TAKEN)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_that_never_works_at_rest(service):
    """A quarter of an hour in which nothing happens."""
    saboteur = Saboteur(service, lambda number: True, raises)
    saboteur.first_ms = 10_000
    still = "{at: 0s, do: motion, kind: still}"
    run = sabotaged(saboteur, "15min", steps=[still, "{at: 1s, do: press, count: 1}"])
    assert not run.summary["exceptions"] and not run.rows
    assert run.summary["resets"] <= 2
    assert sum(event["ev"] == "wake" for event in run.result.events) < 15 * 60


def test_the_watchdog_has_a_counter_of_its_own():
    assert len(SERVICES) <= WATCHDOG
