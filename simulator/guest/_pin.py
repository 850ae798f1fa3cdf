"""`machine`'s pins and what is made of them: Pin, Signal, PWM, ADC.

Signatures and error texts follow ports/esp32/machine_pin.c, machine_pwm.c and machine_adc.c of
MicroPython 1.24. Runs on both interpreters.
"""

import _board


def gpio_of(pin):
    """The number of a pin given as Pin or integer."""
    if isinstance(pin, Pin):
        return pin._id
    if not isinstance(pin, int) or pin < 0 or not _board.facts["gpio"] >> pin & 1:
        raise ValueError("invalid pin")
    return pin


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
        self._id = gpio_of(id)
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
            return _board.level(self._id)
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
            if not 2 <= wake <= 7:
                raise ValueError("bad wake value")
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
        self._id = gpio_of(dest)
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
        self._id = gpio_of(pin)
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
