"""The board: everything that hangs on it, and the only place that waits.

Which pin does what is data, boards/NAME.py, and board_parts.py builds from it: both are let go
after the start. Everything else of the firmware is handed methods or drivers from here. What
light sleep does to lines and serial ports (DESIGN.md section 3) is dealt with in `wait` and
nowhere else. Levels, not edges, decide: an interrupt only ends the wait. Imports machine and its
kin, board_parts and board_console.
"""

import hashlib
import io
import select

import esp32
import machine
from micropython import const

_WAIT_MAX_MS = const(20000)  # one third of the watchdog's time
_SLEEP_MIN_MS = const(20)  # below this, going to sleep costs more than it saves
_HELD_BUTTON_MS = const(1000)  # a button out of the wake-up mask is looked at this often
_DRAIN_MS = const(5)  # until the last bytes have left a UART: 57 at 115200 baud

_STREAM_POLL = const(3)  # MP_STREAM_POLL of py/stream.h
_NO_BATTERY_MV = const(500)


class Woken(io.IOBase):
    """A flag that ends a wait: the one poll object asks it as it asks a UART.

    Set by soft interrupts only, with nothing allocated.
    """

    def __init__(self):
        self.flag = 0

    def set(self, pin):
        self.flag = 1

    def ioctl(self, request, argument):
        if request == _STREAM_POLL:
            return argument & select.POLLIN if self.flag else 0
        return 0


class Board:
    """Everything that hangs on one board; see boards/NAME.py for what that is.

    stay_awake: never light-sleep (bench mode, service window); set by the application.
    woken_by: what ended the last wait: "" no sleep, "timer", "line" (ext1), "modem" (ext0).
    gnss_wake(on): the receiver's wake-up line, None where there is none.
    accel: the accelerometer's driver and accel_bus its bus; None where the board has no pins for
    them, or without PSRAM no room for what they are for.
    true_random: 1 when the radio's noise is in what entropy() gives.
    microphone: its driver, once board_sound.py has been asked for it; no sleep while it runs.
    """

    def __init__(self, name, stay_awake=0):
        """name: that of a file in boards/; raises ImportError where there is none."""
        facts = __import__("firmware.boards." + name, None, None, ("PINS",))
        self.name = facts.NAME
        self.modem_profile = facts.MODEM
        self.gnss_profile = facts.GNSS
        self.stay_awake = stay_awake
        self.woken_by = ""
        self._zero_on_usb = facts.BATTERY_ZERO_ON_USB
        self._watchdog = None
        self._healthy = 0
        self._button_seen = 0
        self._accel_seen = None  # nobody has asked for it
        self._pool = b""
        self.microphone = None
        self._build(facts)

    # -- what the application uses ----------------------------------------------------------

    def button(self):
        """1 while it is pressed."""
        self._button_seen = self._button.level()
        return self._button_seen

    def motor(self, level_pct):
        """Run the motor at 0..100 percent."""
        self._motor.set(level_pct)

    def accel_int1(self):
        """The level of the accelerometer's line."""
        self._accel_seen = self._accel_line.level()
        return self._accel_seen

    def battery_mv(self):
        """The cell's voltage; None when the gauge gives nothing plausible."""
        return self._battery.mv()

    def battery_percent(self):
        """The cell's charge, 0..100; None when the gauge gives nothing plausible."""
        return self._battery.percent()

    def charging(self):
        """1 while power is present from outside, 0 also where the board cannot tell."""
        if self._charging is not None:
            return self._charging.level()
        if not self._zero_on_usb:
            return 0
        mv = self._battery.raw_mv()
        return 1 if mv is not None and mv < _NO_BATTERY_MV else 0

    def partition(self, label):
        """The raw partition of that name (readblocks, writeblocks, ioctl), or None."""
        found = esp32.Partition.find(esp32.Partition.TYPE_DATA, label=label)
        return found[0] if found else None

    def reset(self):
        machine.reset()

    def reset_cause(self):
        """Why this start: machine.reset_cause()."""
        return machine.reset_cause()

    def watchdog_start(self, timeout_ms):
        """Arm the watchdog, or change its time; it survives a soft reset and cannot be stopped."""
        self._watchdog = machine.WDT(timeout=timeout_ms)

    def lengthen_watchdog(self, timeout_ms):
        """Give it so long, where it is armed."""
        if self._watchdog is not None:
            self.watchdog_start(timeout_ms)

    def feed(self):
        if self._watchdog is not None:
            self._watchdog.feed()

    def console(self):
        """Its console, opened: from now on a byte there ends a wait, too."""
        from firmware.board_console import Console

        return Console(self._poll)

    # -- what outlives a reset --------------------------------------------------------------

    def count_boot(self):
        """Boots since the last healthy minute, this one included."""
        return self._record.count_boot()

    def mark_healthy(self):
        """Say that a minute has gone well; cheap to say again."""
        if not self._healthy:
            self._record.mark_healthy()
            self._healthy = 1

    def count_restart(self, service_index):
        self._record.count_restart(service_index)

    def note_fault(self, code):
        self._record.note_fault(code)

    def counters(self):
        """(boots without a healthy minute, last fault, restarts by service)."""
        return self._record.counters()

    # -- chance -----------------------------------------------------------------------------

    def entropy(self, count):
        """Return count random bytes; what was given out cannot be found from what follows."""
        out = b""
        while len(out) < count:
            out += hashlib.sha256(self._pool + b"out").digest()
            self._pool = hashlib.sha256(self._pool + b"next").digest()
        return out[:count]

    def random16(self):
        """A random number, 0..65535."""
        return int.from_bytes(self.entropy(2), "big")

    # -- the one wait -----------------------------------------------------------------------

    def wait(self, wake_ms, now_ms, may_sleep):
        """Wait until wake_ms (None: no deadline), a byte, a press or a ring; at most 20 s.

        may_sleep: the application would lose nothing in light sleep. Whether it comes to that
        is decided here, from what the board itself knows. Who waits must read levels afterwards.
        """
        left_ms = _WAIT_MAX_MS if wake_ms is None else wake_ms - now_ms
        left_ms = min(max(left_ms, 0), _WAIT_MAX_MS)
        if self._button.level() != self._button_seen or self._accel_rose():
            left_ms = 0  # it moved after the step had read it; its interrupt may be lost
        self.woken_by = ""
        self.feed()
        if not (may_sleep and left_ms >= _SLEEP_MIN_MS and self._at_rest()):
            self._listen(left_ms)
        elif self.modem_uart.flushed() and self.gnss_uart.flushed():
            self._light_sleep(left_ms)
        else:
            self._listen(min(left_ms, _DRAIN_MS))
        self._woken.flag = 0
        self.feed()

    def _accel_rose(self):
        return self._accel_seen == 0 and self._accel_line.level()

    def _at_rest(self):
        if self.stay_awake or self._motor.level_pct or self._woken.flag:
            return False
        if self.microphone is not None and self.microphone.running:
            return False
        return not self.modem_uart.waiting() and not self.gnss_uart.waiting()

    def _listen(self, left_ms):
        for _ in self._poll.ipoll(left_ms):
            pass  # who is ready is found by reading

    def _light_sleep(self, left_ms):
        """Sleep until a line that is at rest now changes; an active one would end it at once."""
        wakers = [line.pin for line in self._wakers if not line.level()]
        esp32.wake_on_ext1(tuple(wakers), esp32.WAKEUP_ANY_HIGH)  # None would keep the old mask
        ring = self._ri.pin if self._ri is not None and self._ri.level() else None
        esp32.wake_on_ext0(ring, esp32.WAKEUP_ALL_LOW)
        if self._button.level():
            left_ms = min(left_ms, _HELD_BUTTON_MS)
        machine.lightsleep(left_ms)
        for line in self._sensed:
            line.regain()
        self._note_wake()

    def _note_wake(self):
        reason = machine.wake_reason()
        if reason == machine.EXT0_WAKE:
            self.woken_by = "modem"
            self.modem_pins.note_ring()
        else:
            self.woken_by = "line" if reason == machine.EXT1_WAKE else "timer"

    # -- building ---------------------------------------------------------------------------

    def _build(self, facts):
        from firmware import board_parts

        parts = board_parts.Parts(facts)
        # Outputs first: what holds the supply and keeps the modem as it was.
        self._full_power = parts.output("full_power", 1)
        self._led = parts.output("status_led", 0)
        wake = parts.output("gnss_wake", 1)
        self.gnss_wake = None if wake is None else wake.set
        self._ri = parts.input("modem_ri", machine.Pin.PULL_UP)
        self.modem_pins = parts.modem_pins(self._ri)
        self._record = parts.boot_record()
        self._button = parts.input("button", machine.Pin.PULL_DOWN)
        self._charging = parts.input("charging", None)
        self._accel_line = parts.input("accel_int1", machine.Pin.PULL_DOWN)
        self._wakers = [line for line in (self._button, self._accel_line) if line is not None]
        self._sensed = self._wakers + ([self._ri] if self._ri is not None else [])
        self.accel, self.accel_bus = parts.accelerometer()
        self._motor = parts.motor()
        self._battery = parts.battery()
        self._woken = Woken()
        self.modem_uart, self.gnss_uart, self._poll = parts.ports(self._woken)
        self._listen_to_lines()
        self._pool, self.true_random = board_parts.true_random()

    def _listen_to_lines(self):
        pin = machine.Pin
        self._button.pin.irq(self._woken.set, pin.IRQ_RISING | pin.IRQ_FALLING)
        if self.accel is not None:
            self._accel_line.pin.irq(self._woken.set, pin.IRQ_RISING)
        if self._ri is not None:
            self._ri.pin.irq(self._on_ring, pin.IRQ_FALLING)

    def _on_ring(self, pin):
        self.modem_pins.note_ring()
        self._woken.flag = 1
