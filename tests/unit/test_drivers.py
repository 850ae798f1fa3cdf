"""The drivers, each with the smallest thing that can stand for its chip."""

from firmware.drivers import battery, boot_record
from firmware.drivers.battery import Battery
from firmware.drivers.boot_record import BootRecord
from firmware.drivers.line import Input, Output
from firmware.drivers.modem_pins import ModemPins
from firmware.drivers.motor import RUN_MAX_MS, Motor
from firmware.drivers.port import Port


class Pin:
    """A pin that is read wrong until it is configured, as after light sleep."""

    def __init__(self, level=0):
        self.level = level
        self.asleep = True
        self.inits = []

    def init(self, mode, pull=None, value=None, hold=None):
        self.asleep = False
        self.inits.append((mode, pull, value, hold))
        if value is not None:
            self.level = value

    def value(self):
        return 0 if self.asleep else self.level


class Pwm:
    def __init__(self):
        self.duty = None

    def duty_u16(self, duty):
        self.duty = duty


class Adc:
    def __init__(self, *uv):
        self.uv = list(uv)
        self.reads = 0

    def read_uv(self):
        self.reads += 1
        return self.uv[(self.reads - 1) % len(self.uv)]


class Uart:
    def __init__(self, data=b""):
        self.data = data
        self.sent = b""
        self.busy = False

    def any(self):
        return len(self.data)

    def read(self, count):
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def write(self, data):
        self.sent += data
        return len(data)

    def txdone(self):
        return not self.busy


# -- line ------------------------------------------------------------------------------------


def test_an_input_is_read_right_again_after_sleep():
    pin = Pin(1)
    line = Input(pin, "in", "down")
    assert line.level() == 1
    pin.asleep = True
    assert line.level() == 0
    line.regain()
    assert line.level() == 1
    assert pin.inits == [("in", "down", None, None)] * 2


def test_an_input_without_a_pull_leaves_pulls_alone():
    pin = Pin()
    Input(pin, "in", None)
    assert pin.inits == [("in", None, None, None)]


def test_an_output_is_held_at_the_level_that_means_what_is_said():
    cases = (  # active_low, on, level
        (0, 0, 0),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
        (False, 1, 1),
        (True, 1, 0),
    )
    for active_low, on, level in cases:
        pin = Pin()
        line = Output(pin, "out", active_low, on)
        assert pin.inits == [("out", None, level, True)], (active_low, on)
        line.set(not on)
        assert pin.inits[-1] == ("out", None, 1 - level, True), (active_low, on)


# -- modem pins ------------------------------------------------------------------------------


def test_modem_pins_drive_their_lines():
    pins = [Pin() for _ in range(5)]
    lines = [Output(pin, "out", low, 0) for pin, low in zip(pins, (0, 0, 1, 0))]
    ri = Input(pins[4], "in", "up")
    modem = ModemPins(lines[0], lines[1], lines[2], lines[3], ri)
    modem.power_key(1)
    modem.dtr(1)
    modem.reset(1)  # active low
    modem.supply(1)
    assert [pin.level for pin in pins[:4]] == [1, 1, 0, 1]
    modem.reset(0)
    assert pins[2].level == 1


def test_modem_pins_that_a_board_lacks_do_nothing():
    modem = ModemPins(None, None, None, None, None)
    for drive in (modem.power_key, modem.dtr, modem.reset, modem.supply):
        drive(1)
        drive(0)
    assert modem.ri() == 1


def test_a_ring_is_told_once_though_its_pulse_is_over():
    pin = Pin(1)
    modem = ModemPins(None, None, None, None, Input(pin, "in", "up"))
    assert modem.ri() == 1
    modem.note_ring()
    assert (modem.ri(), modem.ri()) == (0, 1)
    pin.level = 0
    assert (modem.ri(), modem.ri()) == (0, 0)


# -- motor -----------------------------------------------------------------------------------


def test_motor_levels():
    cases = ((0, 0), (1, 655), (50, 32767), (100, 65535), (-5, 0), (250, 65535))
    pwm = Pwm()
    motor = Motor(pwm, Timer())
    assert pwm.duty is None and motor.level_pct == 0
    for level_pct, duty in cases:
        motor.set(level_pct)
        assert pwm.duty == duty, level_pct
        assert motor.level_pct == min(max(level_pct, 0), 100)


class Timer:
    """A one-shot timer; `callback` is None while it is not armed."""

    ONE_SHOT = 0
    callback = None
    period = 0

    def init(self, mode, period, callback):
        assert mode == self.ONE_SHOT
        self.period, self.callback = period, callback

    def deinit(self):
        self.callback = None


def test_a_motor_that_nobody_stops_stops_by_itself():
    pwm, timer = Pwm(), Timer()
    motor = Motor(pwm, timer)
    motor.set(100)
    motor.set(60)
    assert timer.period == RUN_MAX_MS
    timer.callback(timer)
    assert pwm.duty == 0 and motor.level_pct == 0
    motor.set(60)
    motor.set(0)
    assert timer.callback is None and pwm.duty == 0


# -- battery ---------------------------------------------------------------------------------


def test_battery_curve():
    cases = (
        (2800, 0),
        (3400, 0),
        (3401, 0),
        (3550, 5),
        (3600, 7),
        (3650, 10),
        (3720, 25),
        (3810, 50),
        (4070, 90),
        (4160, 100),
        (4300, 100),
    )
    for mv, pct in cases:
        assert battery.percent_of(mv) == pct, mv


def test_battery_never_rises_while_it_empties():
    last = 100
    for mv in range(4500, 2700, -1):
        pct = battery.percent_of(mv)
        assert 0 <= pct <= last
        last = pct
    assert last == 0


def test_battery_behind_its_divider():
    cases = (  # microvolts at the pin, whole, below, mv
        (1900000, 2, 1, 3800),
        (2000999, 2, 1, 4000),
        (1266000, 3, 1, 3798),
        (2533000, 3, 2, 3799),
    )
    for uv, whole, below, mv in cases:
        assert Battery(Adc(uv), whole, below).mv() == mv, uv
    assert Battery(Adc(1905000), 2, 1).percent() == 50


def test_a_gauge_that_is_dead_or_absent_gives_none():
    for uv in (0, 70000, 1399000, 2251000, 3100000):
        gauge = Battery(Adc(uv), 2, 1)
        assert gauge.mv() is None and gauge.percent() is None, uv
        assert gauge.raw_mv() == uv // 1000 * 2, uv
    gauge = Battery(None, 2, 1)
    assert gauge.mv() is None and gauge.percent() is None and gauge.raw_mv() is None


def test_a_dip_while_the_modem_transmits_is_not_believed():
    gauge = Battery(Adc(1900000, 1900000, 1500000, 1900000, 1500000), 2, 1)
    assert gauge.mv() == 3800


# -- port ------------------------------------------------------------------------------------


def test_port_reads_what_is_there_and_never_waits():
    uart = Uart(b"OK\r\n")
    port = Port(uart)
    assert port.waiting() == 4
    assert port.read() == b"OK\r\n"
    assert port.read() is None and port.waiting() == 0
    assert port.write(b"AT\r") == 3 and uart.sent == b"AT\r"
    assert port.flushed() is True
    uart.busy = True
    assert port.flushed() is False


# -- boot record -----------------------------------------------------------------------------


class Memory:
    """RTC memory: bytes that stay until power goes."""

    def __init__(self, raw=b""):
        self.raw = raw

    def __call__(self, data=None):
        if data is None:
            return self.raw
        self.raw = bytes(data)


def test_record_counts_boots_until_a_healthy_minute():
    memory = Memory()
    for boots in (1, 2, 3):
        assert BootRecord(memory).count_boot() == boots
    BootRecord(memory).mark_healthy()
    assert BootRecord(memory).counters() == (0, 0, (0,) * 16)
    assert BootRecord(memory).count_boot() == 1


def test_record_counts_restarts_and_faults():
    record = BootRecord(Memory())
    record.count_boot()
    for service in (0, 3, 3, 15, 16, -1):
        record.count_restart(service)
    for _ in range(300):
        record.count_restart(7)
    record.note_fault(42)
    boots, fault, restarts = record.counters()
    assert (boots, fault) == (1, 42)
    assert restarts == (1, 0, 0, 2, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 1)


def test_a_damaged_record_counts_as_none():
    memory = Memory()
    record = BootRecord(memory)
    record.count_boot()
    record.note_fault(9)
    good = memory.raw
    assert len(good) == boot_record.SIZE
    for at in range(len(good)):
        for bit in (1, 0x80):
            memory.raw = good[:at] + bytes([good[at] ^ bit]) + good[at + 1 :]
            assert record.counters() == (0, 0, (0,) * 16), (at, bit)
    for raw in (b"", good[:-1], good + b"\0", bytes(32), b"\xff" * 32, b"GLT1"):
        memory.raw = raw
        assert record.counters() == (0, 0, (0,) * 16), raw
        assert BootRecord(memory).count_boot() == 1


def test_boots_do_not_wrap():
    memory = Memory()
    record = BootRecord(memory)
    record.count_boot()
    raw = bytearray(memory.raw)
    raw[boot_record.BOOTS] = raw[boot_record.BOOTS + 1] = 0xFF
    check = sum(raw[: boot_record.CHECK])
    raw[boot_record.CHECK] = check & 0xFF
    raw[boot_record.CHECK + 1] = check >> 8
    memory.raw = bytes(raw)
    assert record.count_boot() == 65535
