"""The board on a fake of stock MicroPython's machine, esp32, select and network.

What is tested is what wait does to them: when it sleeps, with which wake-up lines, for how long,
and that nothing is lost around it.
"""

import sys

POLLIN = 1
LOG = []  # what was done to the hardware, in order
LEVELS = {}  # gpio -> level outside
NOW = {"cause": 1, "reason": 4, "wifi": "ok", "rtc": b"", "uv": 1900000}
NOW.update(on_poll=None, on_sleep=None)
MADE = {}
ARMED = {}  # wake-up pins, as of the last sleep or an earlier one


class Pin:
    IN, OUT, PULL_UP, PULL_DOWN, IRQ_RISING, IRQ_FALLING = 1, 3, 2, 1, 1, 2
    OPEN_DRAIN = 7

    def __init__(self, gpio):
        self.gpio = gpio
        self.digital = False
        self.handler = None
        self.held = None
        MADE[gpio] = self

    def init(self, mode, pull=-1, value=None, hold=None):
        self.digital = True
        self.mode, self.pull = mode, pull
        if value is not None:
            LEVELS[self.gpio] = value
            self.held = hold
            LOG.append(("out", self.gpio, value))

    def value(self, level=None):
        if level is not None:
            LOG.append(("drive", self.gpio, level))
        return LEVELS.get(self.gpio, 0) if self.digital else 0

    def irq(self, handler=None, trigger=3):
        self.handler, self.trigger = handler, trigger


class Uart:
    def __init__(self, number, **options):
        self.number, self.options = number, options
        self.data, self.done = b"", True
        MADE["uart", number] = self

    def any(self):
        return len(self.data)

    def read(self, count):
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def write(self, data):
        return len(data)

    def txdone(self):
        return self.done

    def ioctl(self, request, flags):
        return flags & POLLIN if self.data else 0


class Pwm:
    def __init__(self, pin, freq, duty_u16):
        self.pin, self.freq, self.duty = pin, freq, duty_u16
        MADE["pwm"] = self

    def duty_u16(self, duty):
        self.duty = duty


class Timer:
    ONE_SHOT = 0

    def __init__(self, number):
        MADE["timer"] = number

    def init(self, mode, period, callback):
        assert mode == self.ONE_SHOT

    def deinit(self):
        pass


class Adc:
    ATTN_11DB = 3

    def __init__(self, pin, atten):
        self.pin = pin

    def read_uv(self):
        return NOW["uv"]


class SoftI2c:
    """A bus on which a chip answers every register by its own number."""

    def __init__(self, scl, sda, freq, timeout):
        LOG.append(("i2c", scl.gpio, sda.gpio, freq, timeout))

    def readfrom_mem_into(self, address, register, into):
        into[0] = 0x33 if address == 0x18 and register == 0x0F else register

    def writeto_mem(self, address, register, data):
        pass


class Wdt:
    def __init__(self, timeout):
        LOG.append(("wdt", timeout))

    def feed(self):
        LOG.append(("feed",))


class Rtc:
    def memory(self, data=None):
        if data is None:
            return NOW["rtc"]
        NOW["rtc"] = bytes(data)


class Machine:
    EXT0_WAKE, EXT1_WAKE, TIMER_WAKE = 2, 3, 4
    PWRON_RESET, WDT_RESET = 1, 3

    def __init__(self):
        self.Pin, self.UART, self.PWM, self.ADC = Pin, Uart, Pwm, Adc
        self.WDT, self.RTC, self.Timer, self.SoftI2C = Wdt, Rtc, Timer, SoftI2c

    def lightsleep(self, ms):
        LOG.append(("sleep", ms))
        for pin in ARMED.values():
            pin.digital = False  # in the hands of the RTC
        if NOW["on_sleep"]:
            NOW["on_sleep"]()

    def wake_reason(self):
        return NOW["reason"]

    def reset_cause(self):
        return NOW["cause"]

    def reset(self):
        LOG.append(("reset",))


class Partition:
    TYPE_DATA = 1

    @staticmethod
    def find(kind, subtype=0xFF, label=None):
        return ["raw " + label] if label in ("journal", "ev") else []


class Esp32:
    WAKEUP_ALL_LOW, WAKEUP_ANY_HIGH = False, True

    def __init__(self):
        self.Partition = Partition

    def wake_on_ext0(self, pin, level):
        LOG.append(("ext0", None if pin is None else pin.gpio, level))
        if pin is not None:
            ARMED[pin.gpio] = pin

    def wake_on_ext1(self, pins, level):
        assert pins is not None  # None would keep the old mask
        LOG.append(("ext1", tuple([pin.gpio for pin in pins]), level))
        ARMED.update({pin.gpio: pin for pin in pins})


class Poll:
    def __init__(self):
        LOG.append(("poll",))
        self.sources = []

    def register(self, source, flags):
        self.sources.append(source)

    def ipoll(self, ms):
        LOG.append(("listen", ms))
        if NOW["on_poll"]:
            NOW["on_poll"]()
        return iter([(s, POLLIN) for s in self.sources if s.ioctl(3, POLLIN)])


class Select:
    POLLIN = POLLIN

    def __init__(self):
        self.poll = Poll


class Wlan:
    def __init__(self, interface):
        if NOW["wifi"] == "absent":
            raise RuntimeError("no radio")

    def active(self, on):
        LOG.append(("radio", on))
        if on and NOW["wifi"] == "no memory":
            raise OSError(12)


class Network:
    STA_IF = 0

    def __init__(self):
        self.WLAN = Wlan


class Os:
    """The chip's generator; the 32-bit VM has none."""

    def __init__(self):
        self.drawn = 0

    def urandom(self, count):
        LOG.append(("draw", count))
        self.drawn += 1
        return bytes([(self.drawn * 7 + n) & 0xFF for n in range(count)])


def _import_board():
    """firmware.board, and what builds it, with fakes in the place of the real modules."""
    fakes = {"machine": Machine(), "esp32": Esp32(), "select": Select(), "network": Network()}
    fakes["os"] = Os()
    before = {name: sys.modules.get(name) for name in fakes}
    for name in fakes:
        sys.modules[name] = fakes[name]
    try:
        import firmware.board
        import firmware.board_parts

        return firmware.board, firmware.board_parts
    finally:
        for name in fakes:
            if before[name] is None:
                del sys.modules[name]
            else:
                sys.modules[name] = before[name]


module, parts = _import_board()

BUTTON, INT1, RI, DTR, SUPPLY, RESET, PWRKEY = 32, 34, 33, 25, 12, 5, 4  # t_a7670e


def make(name="t_a7670e", **options):
    LEVELS.clear()
    MADE.clear()
    ARMED.clear()
    LEVELS[RI] = 1
    NOW.update(reason=4, wifi="ok", uv=1900000, on_poll=None, on_sleep=None)
    board = module.Board(name, **options)
    del LOG[:]
    return board


def did(kind):
    return [entry for entry in LOG if entry[0] == kind]


# -- how long --------------------------------------------------------------------------------


def test_wait_listens_until_its_deadline_and_at_most_20_s():
    cases = (  # wake_ms, now_ms, ms
        (1500, 1000, 500),
        (1000, 1000, 0),
        (900, 1000, 0),
        (1001, 1000, 1),
        (30000, 1000, 20000),
        (None, 1000, 20000),
    )
    for wake_ms, now_ms, ms in cases:
        board = make()
        assert board.wait(wake_ms, now_ms, False) is None
        assert LOG == [("listen", ms)], (wake_ms, now_ms)


def test_wait_sleeps_as_long_and_never_for_zero():
    cases = (  # wake_ms, what is done
        (1500, ("sleep", 500)),
        (1020, ("sleep", 20)),
        (1019, ("listen", 19)),
        (1000, ("listen", 0)),
        (30000, ("sleep", 20000)),
        (None, ("sleep", 20000)),
    )
    for wake_ms, expected in cases:
        board = make()
        board.wait(wake_ms, 1000, True)
        assert did("sleep") + did("listen") == [expected], wake_ms


def test_one_poll_object_for_the_board_s_life():
    make()
    assert did("poll") == []  # the log begins after the board was built
    LEVELS[RI] = 1
    board = module.Board("t_a7670e")
    for _ in range(5):
        board.wait(None, 0, False)
    assert len(did("poll")) == 1
    assert len(board._poll.sources) == 3


# -- when ------------------------------------------------------------------------------------


def test_what_keeps_it_awake():
    def motor(board):
        board.motor(40)

    def edge(board):
        MADE[BUTTON].handler(MADE[BUTTON])

    def ring(board):
        MADE[RI].handler(MADE[RI])

    def modem_bytes(board):
        MADE["uart", 1].data = b"+CMTI"

    def gnss_bytes(board):
        MADE["uart", 2].data = b"$GN"

    def bench(board):
        board.stay_awake = 1

    for cause in (motor, edge, ring, modem_bytes, gnss_bytes, bench):
        board = make()
        cause(board)
        board.wait(None, 0, True)
        assert LOG == [("listen", 20000)], cause
        assert board.woken_by == ""
    board = make(stay_awake=1)
    board.wait(None, 0, True)
    assert did("sleep") == []


def test_a_stopped_motor_lets_it_sleep_again():
    board = make()
    board.motor(40)
    board.motor(0)
    board.wait(None, 0, True)
    assert did("sleep") == [("sleep", 20000)]


def test_bytes_on_their_way_out_are_waited_for():
    for uart in (1, 2):
        board = make()
        MADE["uart", uart].done = False
        board.wait(None, 0, True)
        assert LOG == [("listen", 5)], uart
        MADE["uart", uart].done = True
        board.wait(None, 0, True)
        assert did("sleep") == [("sleep", 20000)], uart


# -- wake-up lines ---------------------------------------------------------------------------


def test_lines_that_are_active_leave_the_mask_until_released():
    cases = (  # button, int1, ri, ext1 pins, ext0 pin, ms
        (0, 0, 1, (BUTTON, INT1), RI, 20000),
        (0, 1, 1, (BUTTON,), RI, 20000),
        (1, 0, 1, (INT1,), RI, 1000),  # and it is looked at every second
        (1, 1, 1, (), RI, 1000),
        (0, 0, 0, (BUTTON, INT1), None, 20000),
        (1, 1, 0, (), None, 1000),
    )
    board = make()
    for button, int1, ri, ext1, ext0, ms in cases:
        LEVELS.update({BUTTON: button, INT1: int1, RI: ri})
        del LOG[:]
        board.button()
        board.wait(None, 0, True)
        assert LOG == [("ext1", ext1, True), ("ext0", ext0, False), ("sleep", ms)], LOG


def test_a_button_that_moved_since_the_step_read_it_ends_the_wait_at_once():
    # Its interrupt may be lost: asleep with the line out of the mask, three presses would be too.
    board = make()
    for level in (1, 0):
        LEVELS.update({BUTTON: level, INT1: 0, RI: 1})
        del LOG[:]
        board.wait(None, 0, True)
        assert LOG == [("listen", 0)], LOG
        board.button()


def test_lines_read_right_after_sleep():
    board = make()

    def press():
        LEVELS[BUTTON] = 1

    NOW["on_sleep"] = press
    NOW["reason"] = 3
    board.wait(None, 0, True)
    assert board.button() == 1
    assert board.woken_by == "line"
    assert MADE[RI].digital and MADE[INT1].digital


def test_wake_reasons():
    for reason, name in ((4, "timer"), (3, "line"), (2, "modem"), (0, "timer")):
        board = make()
        NOW["reason"] = reason
        board.wait(None, 0, True)
        assert board.woken_by == name, reason
        assert board.modem_pins.ri() == (0 if name == "modem" else 1)
        assert board.modem_pins.ri() == 1
        board.wait(0, 0, False)
        assert board.woken_by == ""


def test_a_ring_while_awake_is_told_after_its_pulse():
    board = make()
    NOW["on_poll"] = lambda: MADE[RI].handler(MADE[RI])
    board.wait(None, 0, False)
    assert (board.modem_pins.ri(), board.modem_pins.ri()) == (0, 1)


# -- the accelerometer -----------------------------------------------------------------------

SCL, SDA = 23, 13  # t_a7670e


def test_the_accelerometer_hangs_on_the_pins_of_its_board():
    make()
    board = module.Board("t_a7670e")
    assert did("i2c") == [("i2c", SCL, SDA, 400000, 500)]
    assert board.accel.probe()
    del LOG[:]
    board.accel_bus.clear()
    assert did("drive")[:4] == [("drive", SCL, 0), ("drive", SCL, 1)] * 2
    assert did("i2c") == [("i2c", SCL, SDA, 400000, 500)] and board.accel.probe()


def test_without_psram_there_is_no_accelerometer():
    board = make("generic_esp32")
    assert board.accel is None and board.accel_bus is None
    LEVELS[INT1] = 1
    board.wait(None, 0, False)
    assert LOG == [("listen", 20000)]


def test_an_accelerometer_that_speaks_up_ends_the_wait():
    board = make()
    MADE[INT1].handler(MADE[INT1])
    board.wait(None, 0, True)
    assert LOG == [("listen", 20000)]  # which the flag ends at once
    # Its interrupt may be lost between the step that read it and the wait.
    for seen, level, ms in ((0, 0, 20000), (0, 1, 0), (1, 1, 20000), (1, 0, 20000)):
        LEVELS[INT1] = seen
        assert board.accel_int1() == seen
        LEVELS[INT1] = level
        del LOG[:]
        board.wait(None, 0, False)
        assert LOG == [("listen", ms)], (seen, level)


# -- the flag --------------------------------------------------------------------------------


def test_the_flag_ends_one_wait():
    board = make()
    flag = board._poll.sources[0]
    assert flag.ioctl(3, POLLIN) == 0
    MADE[BUTTON].handler(MADE[BUTTON])
    assert flag.ioctl(3, POLLIN) == POLLIN
    assert flag.ioctl(3, 4) == 0  # asked for writing only
    assert flag.ioctl(4, 0) == 0
    board.wait(None, 0, False)
    assert flag.ioctl(3, POLLIN) == 0


# -- watchdog --------------------------------------------------------------------------------


def test_the_watchdog_is_fed_around_every_wait():
    board = make()
    board.feed()
    assert LOG == []  # not armed yet
    board.watchdog_start(60000)
    board.wait(None, 0, True)
    kinds = [entry[0] for entry in LOG]
    assert kinds == ["wdt", "feed", "ext1", "ext0", "sleep", "feed"]
    del LOG[:]
    board.wait(None, 0, False)
    assert LOG == [("feed",), ("listen", 20000), ("feed",)]


# -- what is built ---------------------------------------------------------------------------


def test_uarts_have_room():
    make()
    modem, gnss = MADE["uart", 1].options, MADE["uart", 2].options
    assert (modem["baudrate"], modem["tx"], modem["rx"]) == (115200, 26, 27)
    assert (modem["rxbuf"], modem["txbuf"], modem["timeout"]) == (4096, 1024, 0)
    assert (gnss["baudrate"], gnss["tx"], gnss["rx"]) == (9600, 21, 22)
    assert (gnss["rxbuf"], gnss["timeout"]) == (2048, 0)


def test_outputs_begin_at_rest_and_are_held():
    board = make()
    levels = {pin: LEVELS[pin] for pin in (SUPPLY, RESET, PWRKEY, DTR)}
    assert levels == {SUPPLY: 1, RESET: 0, PWRKEY: 0, DTR: 0}
    assert MADE["pwm"].duty == 0 and MADE["pwm"].freq >= 20000
    assert LEVELS[19] == 1  # the receiver runs until it is laid to rest
    board.gnss_wake(0)
    assert LEVELS[19] == 0
    for pin in levels:
        assert MADE[pin].held is True, pin
    assert MADE[BUTTON].pull == Pin.PULL_DOWN
    assert MADE[RI].pull == Pin.PULL_UP and MADE[RI].trigger == Pin.IRQ_FALLING


def test_polarity_is_the_board_s():
    board = make("t_sim7670g_s3")
    assert LEVELS[17] == 1 and LEVELS[12] == 1  # reset and LED, active low: off
    board.modem_pins.reset(1)
    assert LEVELS[17] == 0
    board.modem_pins.supply(0)  # absent: nothing happens
    board = make("t_a7670x_s3")
    assert LEVELS[42] == 1  # full power


def test_every_board_can_be_built():
    for name in ("generic_esp32", "t_a7670e", "t_a7670x_s3", "t_sim7670g_s3"):
        board = make(name)
        assert board.name == name
        board.wait(None, 0, False)
        assert board.battery_percent() == 47
        assert board.gnss_profile and board.modem_profile
    try:
        make("no_such_board")
    except ImportError:
        return
    raise AssertionError("a board that does not exist")


def test_power_from_outside():
    board = make("t_a7670e")
    assert board.charging() == 0
    LEVELS[36] = 1
    assert board.charging() == 1
    board = make("t_sim7670g_s3")  # its divider is cut off while USB is in
    assert board.charging() == 0
    NOW["uv"] = 30000
    assert board.charging() == 1 and board.battery_mv() is None


def test_partitions():
    board = make()
    assert board.partition("journal") == "raw journal"
    assert board.partition("keys") is None


# -- chance ----------------------------------------------------------------------------------


def test_the_radio_is_on_for_the_seed_only():
    draw = ("draw", 32)
    cases = (
        ("ok", [draw, ("radio", True), draw, ("radio", False)]),
        ("no memory", [draw, ("radio", True), ("radio", False)]),
        ("absent", [draw]),
    )
    for wifi, expected in cases:
        make()
        NOW["wifi"] = wifi
        board = module.Board("t_a7670e")
        assert [e for e in LOG if e[0] in ("radio", "draw")] == expected, wifi
        del LOG[:]
        assert len(board.entropy(40)) == 40
        assert LOG == [], wifi


def test_without_network_the_chip_s_own_chance_is_used():
    network, parts.network = parts.network, None
    try:
        assert len(make().entropy(8)) == 8
    finally:
        parts.network = network


def test_entropy_does_not_repeat():
    board = make()
    seen = [board.entropy(16) for _ in range(50)]
    assert len(set(seen)) == 50
    assert make().entropy(16) not in seen
    numbers = [board.random16() for _ in range(200)]
    assert 0 <= min(numbers) and max(numbers) <= 0xFFFF and len(set(numbers)) > 150


# -- what outlives a reset -------------------------------------------------------------------


def test_counters_outlive_the_board_object():
    NOW["rtc"] = b""
    board = make()
    assert board.count_boot() == 1
    board.count_restart(2)
    board.note_fault(7)
    board = make()
    assert board.count_boot() == 2
    assert board.counters()[:2] == (2, 7) and board.counters()[2][2] == 1
    board.mark_healthy()
    assert board.counters()[0] == 0
    NOW["cause"] = 3  # a step that never returned
    assert make().counters()[2][15] == 1 and make().counters()[2][15] == 2
    NOW["cause"] = 1
    NOW["rtc"] = b"spoilt"
    board.mark_healthy()  # said once a boot: the record is not touched again
    assert NOW["rtc"] == b"spoilt"
    board.reset()
    assert did("reset")
