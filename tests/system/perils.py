"""An alert in peril: one evening in which something breaks, and what must be true of it all the
same: what she felt, who was written to, what the journal holds, how often the board restarted.
"""

from stories import HEAD, ROOT, of

from firmware.drivers.boot_record import BOOTS, RESTARTS, SERVICES_MAX, WATCHDOG
from firmware.journal import SECTOR, Journal
from simulator.observer import RAISING
from simulator.run import simulate
from simulator.scenario import parse

CONTACTS = tuple(f"+3363998000{index}" for index in range(1, 6))
SERVICES = ("storage", "alert", "button", "modem", "gnss", "battery", "vibration", "motion")
PRESS_S = 20  # by then the modem is ready and the receiver has a fix
PRESS = f"{{at: {PRESS_S}s, do: press, count: 3}}"
RECORD_MS = 50  # the journal record of the trigger stands so long after it
LONG_MS, ENDLESS_MS = 250, 700  # pulses are 60 to 100 ms or 450 to 500
RUN_MAX_MS = 1600  # and whatever happens, the motor stands still after this
PAUSE_MS = 400  # inside a pattern 150 ms, between two 600
TAKEN, DELIVERED, FAILED = "SL", "SSL", "LLL"


def evening(steps, duration="2min", overrides=(), seed=1):
    """A scenario of stories.HEAD with these steps."""
    lines = "\n".join("  - " + step for step in steps)
    return parse(HEAD.format(duration=duration, steps=lines), "evening", ROOT, overrides, seed)


def fault(line, at_ms):
    """A step that puts a fault in force."""
    return f"{{at: {at_ms}ms, do: fault, line: {line}}}"


class Run:
    """One evening that has been simulated; `loaded` and `prepare` are those of simulate."""

    def __init__(self, scenario, loaded=None, prepare=None):
        self.scenario = scenario
        self.trigger_ms = None
        self.recorded_ms = None  # when the journal was seen to hold the trigger
        self._prepare = prepare
        self.result = simulate(scenario, prepare=self._watch, loaded=loaded)
        self.summary = self.result.summary
        self.rows = self.summary["submissions"]

    def _watch(self, stage):
        """See each program of the journal at its end."""
        flash = stage.board.flash
        part = flash.find("journal")
        program = flash.program

        def watched(address, data):
            program(address, data)
            if 0 <= address - part.address < part.size and self.recorded_ms is None:
                if "trigger" in [kind for kind, _ in journal_of(stage)]:
                    self.recorded_ms = stage.recorded_ms = stage.world.now_ms
                    for run in stage.when_recorded:
                        run()

        # Storage lays its faults over what it found.
        flash.program = stage.faulty["storage"]._program = watched
        stage.recorded_ms, stage.when_recorded = None, []
        stage.world.listeners.append(self._look)
        if self._prepare is not None:
            self._prepare(stage)

    def _look(self, event):
        if event["ev"] == "gesture" and event["kind"] in RAISING and self.trigger_ms is None:
            self.trigger_ms = event["t"]

    # -- what came of it ----------------------------------------------------------------------

    @property
    def reached_ms(self):
        """When the last of the five was reached, after the trigger; None unless all were."""
        times = [row["accepted_ms"] for row in self.summary["contacts"]]
        if len(times) < len(CONTACTS) or None in times:
            return None
        return max(times) - self.trigger_ms

    def felt(self):
        """(t, pattern) of all that she felt: S short, L long, X longer still; t is its start."""
        pulses, since_ms = [], None
        for event in of(self.result, "haptic"):
            if event["level"] and since_ms is None:
                since_ms = event["t"]
            elif not event["level"] and since_ms is not None:
                pulses.append((since_ms, event["t"]))
                since_ms = None
        found, over_ms = [], -PAUSE_MS
        for start_ms, end_ms in pulses:
            length_ms = end_ms - start_ms
            letter = "S" if length_ms < LONG_MS else "L" if length_ms < ENDLESS_MS else "X"
            if start_ms - over_ms < PAUSE_MS:
                found[-1] = (found[-1][0], found[-1][1] + letter)
            else:
                found.append((start_ms, letter))
            over_ms = end_ms
        return found

    def restarts(self):
        """Restarts by service, and boots without a healthy minute, as RTC memory has them."""
        record = self.result.stage.board.rtc_memory
        counts = record[RESTARTS : RESTARTS + SERVICES_MAX]
        return dict(zip(SERVICES, counts)), record[BOOTS] | record[BOOTS + 1] << 8

    def watchdog_resets(self):
        """As RTC memory has them."""
        return self.result.stage.board.rtc_memory[RESTARTS + WATCHDOG]

    # -- what must be true of it ----------------------------------------------------------------

    def check(self, resets=0, recorded=True, where=""):
        """All that holds whatever breaks; the reaching of the five is asserted by each test."""
        assert not self.summary["exceptions"], self.summary["exceptions"]
        assert self.summary["resets"] == resets
        assert self.trigger_ms == self.summary["trigger_ms"] is not None
        for row in self.rows:
            assert row["to"] in CONTACTS, f"a message to {row['to']}"
            assert row["kind"] is not None
        if recorded:
            assert self.recorded_ms is not None, f"the trigger is not in the journal {where}"
            assert self.recorded_ms - self.trigger_ms <= RECORD_MS, where
        self.check_felt()

    def check_felt(self):
        """'Taken' only after a +CMGS of this alert, 'delivered' only after a report of it."""
        felt = self.felt()
        runs = of(self.result, "haptic")
        for one, other in zip(runs, runs[1:]):
            assert not one["level"] or other["t"] - one["t"] <= RUN_MAX_MS, f"at {one['t']}"
        for pattern, proof in ((TAKEN, "at_accept"), (DELIVERED, "report")):
            times = [event["t"] for event in of(self.result, proof)]
            since_ms = min((t for t in times if t >= self.trigger_ms), default=None)
            for t, one in felt:
                if one == pattern:
                    assert since_ms is not None and t >= since_ms, f"{pattern} felt at {t}"

    def felt_at(self, pattern):
        """When it was felt first, None if never."""
        return next((t for t, one in self.felt() if one == pattern), None)


class _Image:
    """A log of firmware/store.py over the bytes of a partition."""

    def __init__(self, data):
        self._data = data
        self.sectors = len(data) // SECTOR

    def read(self, sector, offset, buffer):
        start = sector * SECTOR + offset
        buffer[:] = self._data[start : start + len(buffer)]


def journal_of(stage):
    """The records of the alert in progress, as a restart would find them now."""
    return list(Journal(_Image(stage.board.flash.image("journal"))).records())
