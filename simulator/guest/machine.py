"""`machine` as a stock ESP32 build of MicroPython has it, on the simulated board.

Signatures and error texts follow ports/esp32 of MicroPython 1.24: what raises there raises
here. Runs on both interpreters.
"""

import _board

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

_TIMER_IRQ = 50
_POLL = 3  # MP_STREAM_POLL
_POLLIN = 1
_POLLOUT = 4


def _gpio(pin):
    """The number of a pin given as Pin or integer."""
    if isinstance(pin, Pin):
        return pin._id
    if not isinstance(pin, int) or pin < 0 or not _board.facts["gpio"] >> pin & 1:
        raise ValueError("invalid pin")
    return pin


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


class _Irq:
    """What Pin.irq() returns."""

    def __init__(self, trigger):
        self._trigger = trigger

    def trigger(self):
        return self._trigger


class Pin:
    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2
    WAKE_LOW = 4
    WAKE_HIGH = 5
    DRIVE_0 = 0
    DRIVE_1 = 1
    DRIVE_2 = 2
    DRIVE_3 = 3

    def __init__(self, id, mode=None, pull=-1, *, value=None, drive=None, hold=None):
        self._id = _gpio(id)
        if mode is not None or pull != -1 or value is not None:
            self.init(mode, pull, value=value, drive=drive, hold=hold)

    def __repr__(self):
        return "Pin(%d)" % self._id

    def init(self, mode=None, pull=-1, *, value=None, drive=None, hold=None):
        if mode is not None and mode & 2 and _board.facts["input_only"] >> self._id & 1:
            raise ValueError("pin can only be input")
        _board.call(
            "pin",
            self._id,
            -1 if mode is None else mode,
            0 if pull is None else pull,
            -1 if value is None else 1 if value else 0,
            -1 if hold is None else 1 if hold else 0,
        )

    def value(self, *level):
        if not level:
            return _board.levels >> self._id & 1
        if len(level) > 1:
            raise TypeError("function expected at most 2 arguments, got %d" % (len(level) + 1))
        _board.call("set", self._id, 1 if level[0] else 0)

    def __call__(self, *level):
        return self.value(*level)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)

    def toggle(self):
        self.value(1 - self.value())

    def irq(self, handler=None, trigger=3, wake=None):
        if trigger in (self.WAKE_LOW, self.WAKE_HIGH) and wake is not None:
            if not _board.facts["rtc"] >> self._id & 1:
                raise ValueError("invalid pin for wake")
            _board.call("ext0", self._id, 0 if trigger == self.WAKE_LOW else 1)
        else:
            _board.on_interrupt(self._id, handler, self)
            _board.call("irq", self._id, 0 if handler is None else trigger)
        return _Irq(trigger)


class Signal:
    def __init__(self, pin, *args, invert=False, **kwargs):
        self._pin = pin if isinstance(pin, Pin) else Pin(pin, *args, **kwargs)
        self._invert = 1 if invert else 0

    def value(self, *level):
        if not level:
            return self._pin.value() ^ self._invert
        self._pin.value((1 if level[0] else 0) ^ self._invert)

    def __call__(self, *level):
        return self.value(*level)

    def on(self):
        self.value(1)

    def off(self):
        self.value(0)


class PWM:
    def __init__(self, dest, freq=None, duty=None, duty_u16=None, duty_ns=None, *, invert=0):
        self._id = _gpio(dest)
        self._freq = 5000
        self._duty = 32768  # half, as the port starts it
        self.init(freq, duty, duty_u16, duty_ns)

    def init(self, freq=None, duty=None, duty_u16=None, duty_ns=None, *, invert=0):
        if freq is not None:
            if not 0 < freq <= 40000000:
                raise ValueError("frequency must be from 1Hz to 40MHz")
            self._freq = freq
        if duty is not None:
            duty_u16 = duty * 65535 // 1023
        if duty_ns is not None:
            duty_u16 = duty_ns * self._freq * 65535 // 1000000000
        if duty_u16 is not None:
            if not 0 <= duty_u16 <= 65535:
                raise ValueError("duty_u16 must be from 0 to 65535")
            self._duty = duty_u16
        _board.call("pwm", self._id, self._duty)

    def freq(self, *hz):
        if not hz:
            return self._freq
        self.init(freq=hz[0])

    def duty(self, *duty):
        if not duty:
            return self._duty * 1023 // 65535
        if not 0 <= duty[0] <= 1023:
            raise ValueError("duty must be from 0 to 1023")
        self.init(duty=duty[0])

    def duty_u16(self, *duty):
        if not duty:
            return self._duty
        self.init(duty_u16=duty[0])

    def duty_ns(self, *ns):
        if not ns:
            return self._duty * 1000000000 // 65535 // self._freq
        self.init(duty_ns=ns[0])

    def deinit(self):
        _board.call("pwm", self._id, 0)


class ADC:
    ATTN_0DB = 0
    ATTN_2_5DB = 1
    ATTN_6DB = 2
    ATTN_11DB = 3
    WIDTH_9BIT = 9
    WIDTH_10BIT = 10
    WIDTH_11BIT = 11
    WIDTH_12BIT = 12

    _FULL_UV = (950000, 1250000, 1750000, 3100000)  # of each attenuation, datasheet table

    def __init__(self, pin, *, atten=0):
        self._id = _gpio(pin)
        self._atten = atten

    def init(self, *, atten=0):
        self._atten = atten

    def atten(self, atten):
        self._atten = atten

    def width(self, bits):
        pass

    def read_uv(self):
        return min(_board.call("adc", self._id), self._FULL_UV[self._atten])

    def read_u16(self):
        return self.read_uv() * 65535 // self._FULL_UV[self._atten]

    def read(self):
        return self.read_u16() >> 4


class UART:
    INV_TX = 32
    INV_RX = 4
    INV_RTS = 64
    INV_CTS = 8
    RTS = 1
    CTS = 2

    def __init__(self, id, baudrate=115200, *args, **kwargs):
        if not 0 <= id < _board.facts["uarts"]:
            raise ValueError("UART(%d) does not exist" % id)
        self._id = id
        self._tx, self._rx = ((1, 3), (10, 9), (17, 16))[id]
        self._baud = 115200
        self._rxbuf = self._txbuf = 256
        self.init(baudrate, *args, **kwargs)

    def init(
        self,
        baudrate=0,
        bits=0,
        parity=-1,
        stop=0,
        *,
        tx=-1,
        rx=-1,
        rts=-1,
        cts=-1,
        txbuf=-1,
        rxbuf=-1,
        timeout=0,
        timeout_char=0,
        invert=0,
        flow=0,
    ):
        if bits not in (0, 5, 6, 7, 8):
            raise ValueError("invalid data bits")
        if stop not in (0, 1, 2):
            raise ValueError("invalid stop bits")
        self._baud = baudrate or self._baud
        self._tx = self._tx if tx == -1 else _gpio(tx)
        self._rx = self._rx if rx == -1 else _gpio(rx)
        self._txbuf = self._txbuf if txbuf < 0 else txbuf
        self._rxbuf = self._rxbuf if rxbuf < 0 else rxbuf
        self._timeout = timeout
        self._timeout_char = max(timeout_char, 13000 // self._baud + 1)
        _board.call(
            "uart_open", self._id, self._baud, self._tx, self._rx, self._rxbuf, self._txbuf
        )

    def deinit(self):
        _board.call("uart_close", self._id)

    def any(self):
        return _board.received >> 16 * self._id & 0xFFFF

    def _take(self, most, timeout_ms):
        """Up to most bytes; waits timeout_ms for the first one and then between them."""
        data = b""
        while len(data) < most:
            if not self.any() and timeout_ms:
                _board.pause(timeout_ms, 1 << self._id, 0)
            if not self.any():
                break
            data += _board.fetch("uart_read", self._id, most - len(data))
            timeout_ms = self._timeout_char if self._timeout else 0
        return data

    def read(self, *size):
        most = size[0] if size and size[0] is not None and size[0] >= 0 else 0xFFFF
        return self._take(most, self._timeout) or None

    def readinto(self, buf, *size):
        most = min(size[0], len(buf)) if size else len(buf)
        data = self._take(most, self._timeout)
        if not data:
            return None
        buf[: len(data)] = data
        return len(data)

    def readline(self):
        line = b""
        while not line.endswith(b"\n"):
            byte = self._take(1, self._timeout)
            if not byte:
                break
            line += byte
        return line or None

    def write(self, buf):
        data = buf.encode() if isinstance(buf, str) else bytes(memoryview(buf))
        if data:
            _board.call("uart_write", self._id, blob=data)
        return len(data)

    def txdone(self):
        return _board.call("uart_idle", self._id) == 1

    def flush(self):
        while not self.txdone():
            _board.pause(1, 0, 0)

    def sendbreak(self):
        self.write(b"\0")

    def ioctl(self, request, flags):
        """The stream protocol, for select.poll: which of the flags hold."""
        if request != _POLL:
            return -22
        ready = flags & _POLLOUT
        if flags & _POLLIN and self.any():
            ready |= _POLLIN
        return ready


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


class _Bus:
    """A bus with nothing on it."""

    def __init__(self, *args, **kwargs):
        pass


class I2C(_Bus):
    def scan(self):
        return []

    def _absent(self, *args, **kwargs):
        raise OSError(19)  # ENODEV: nobody acknowledges

    readfrom = readfrom_into = writeto = writevto = _absent
    readfrom_mem = readfrom_mem_into = writeto_mem = _absent


SoftI2C = I2C
