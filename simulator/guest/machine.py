"""`machine` as a stock ESP32 build of MicroPython has it, on the simulated board.

Signatures and error texts follow ports/esp32 of MicroPython 1.24: what raises there raises
here. Runs on both interpreters.
"""

import _board
from _i2c import I2C, SoftI2C  # noqa: F401
from _i2s import I2S  # noqa: F401
from _pin import ADC, PWM, Pin, Signal  # noqa: F401
from _uart import UART  # noqa: F401

PWRON_RESET = 1
HARD_RESET = 2
WDT_RESET = 3
DEEPSLEEP_RESET = 4
SOFT_RESET = 5

PIN_WAKE = 2
EXT0_WAKE = 2
EXT1_WAKE = 3
TIMER_WAKE = 4
TOUCHPAD_WAKE = 5
ULP_WAKE = 6

SLEEP = 2
DEEPSLEEP = 4

_TIMER_IRQ = 50  # interrupt number of the first timer


def reset():
    _board.call("reset")


def soft_reset():
    raise SystemExit


def reset_cause():
    return _board.facts["reset_cause"]


def wake_reason():
    return _board.call("wake_cause")


def lightsleep(time_ms=0):
    _board.step_ends()
    _board.call("lightsleep", time_ms)


def deepsleep(time_ms=0):
    raise NotImplementedError("the simulated board has no deep sleep")


def idle():
    _board.spend_us(1000)


def unique_id():
    return b"\x02\x00\x00\x00\x00\x01"


_freq = 160000000


def freq(hz=None):
    global _freq
    if hz is None:
        return _freq
    if hz not in (20000000, 40000000, 80000000, 160000000, 240000000):
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    _freq = hz


def disable_irq():
    return 0


def enable_irq(state):
    pass


class WDT:
    def __init__(self, id=0, timeout=5000):
        if id != 0:
            raise ValueError("WDT(%d) does not exist" % id)
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        _board.call("watchdog", timeout)

    def feed(self):
        _board.call("feed")


class Timer:
    ONE_SHOT = 0
    PERIODIC = 1

    def __init__(self, id, **kwargs):
        if not 0 <= id <= 3:
            raise ValueError("Timer(%d) does not exist" % id)
        self._id = id
        if kwargs:
            self.init(**kwargs)

    def init(self, *, mode=1, callback=None, period=0xFFFFFFFF, tick_hz=1000, freq=None):
        if freq is not None:
            period = 1000 // freq
        _board.on_interrupt(_TIMER_IRQ + self._id, callback, self)
        _board.call("timer", _TIMER_IRQ + self._id, max(1, period), mode)

    def deinit(self):
        _board.call("timer", _TIMER_IRQ + self._id, 0, 0)
        _board.on_interrupt(_TIMER_IRQ + self._id, None, None)


class RTC:
    def __init__(self, id=0):
        if id != 0:
            raise ValueError("RTC(%d) does not exist" % id)

    def init(self, datetime=None):
        if datetime is not None:
            self.datetime(datetime)

    def datetime(self, *value):
        import time

        if not value:
            y, mo, d, h, mi, s, wd, _ = time.gmtime()
            return (y, mo, d, wd, h, mi, s, 0)
        y, mo, d, _, h, mi, s, _ = value[0]
        _board.call("clock_set", time.mktime((y, mo, d, h, mi, s, 0, 0)))

    def memory(self, *data):
        if not data:
            return _board.fetch("rtc_memory")
        blob = data[0].encode() if isinstance(data[0], str) else bytes(memoryview(data[0]))
        if len(blob) > 2048:
            raise ValueError("buffer too long")
        _board.call("rtc_memory_set", blob=blob)
