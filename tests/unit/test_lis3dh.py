"""The accelerometer's driver and its bus, against the smallest thing that can stand for a chip.

The fake follows the register map of the datasheet (DocID17530), not the driver: what it does
with a byte is written here once more.
"""

from array import array

from firmware.drivers.i2c_bus import I2cBus
from firmware.drivers.lis3dh import ADDRESS, SLOTS, Lis3dh

CTRL1, CTRL3, CTRL4, REFERENCE, STATUS, OUT = 0x20, 0x22, 0x23, 0x26, 0x27, 0x28
FIFO_CTRL, FIFO_SRC, INT1_CFG, INT1_SRC, INT1_THS, INT1_DURATION = range(0x2E, 0x34)


class Bus:
    """A chip of registers, with samples (raw words) to be read; `log` is what was asked."""

    def __init__(self):
        self.registers = {0x0F: 0x33}
        self.samples = []
        self.log = []
        self.fails = None  # OSError number
        self.source = None  # FIFO_SRC that a mad chip tells
        self.interrupt = 0
        self.rest, self.force = (0, 0, 250), (100, -100, 100)  # digits in the self-test

    def readfrom_mem_into(self, address, register, into):
        self._reach("r", address, register, len(into))
        first, many = register & 0x7F, register & 0x80
        assert many or len(into) == 1
        if first == OUT:
            return self._read_samples(into)
        for at in range(len(into)):
            into[at] = self._value(first + at)

    def writeto_mem(self, address, register, data):
        self._reach("w", address, register, bytes(data))
        assert register & 0x80 or len(data) == 1
        for at, value in enumerate(bytes(data)):
            self.registers[(register & 0x7F) + at] = value

    def _reach(self, *what):
        self.log.append(what)
        if self.fails is not None:
            raise OSError(self.fails)
        assert what[1] == 0x18

    def _value(self, register):
        if register == STATUS:
            return 0x08 if self.registers.get(CTRL1) else 0
        if register == INT1_SRC:
            told, self.interrupt = self.interrupt, 0
            return 0x6A if told else 0x2A  # without IA the axes may still be beyond
        if register == FIFO_SRC:
            if self.source is not None:
                return self.source
            count = len(self.samples)
            watermark = 0x80 if count > self.registers.get(FIFO_CTRL, 0) & 0x1F else 0
            if count >= SLOTS:
                return 0x40 | watermark | 31
            return count | (0 if count else 0x20) | watermark
        return self.registers.get(register, 0)

    def _read_samples(self, into):
        if not self.registers.get(0x24, 0) & 0x40:  # no FIFO: the self-test
            self.samples = [self._now()]
        assert len(into) == 6 * len(into) // 6 and len(into) // 6 <= len(self.samples)
        for at in range(0, len(into), 6):
            for axis, word in enumerate(self.samples.pop(0)):
                into[at + 2 * axis] = word & 0xFF
                into[at + 2 * axis + 1] = word >> 8 & 0xFF

    def _now(self):
        scale = self.registers[CTRL4]
        assert scale & 0x30 == 0 and scale & 0x08 == 0  # +-2 g, normal mode
        forced = scale >> 1 & 3
        assert forced in (0, 1)
        return [((r + f * forced) & 0x3FF) << 6 for r, f in zip(self.rest, self.force)]


def make():
    bus = Bus()
    return bus, Lis3dh(bus)


def room():
    return array("h", [9999] * (3 * SLOTS))


def run(generator):
    """(what it returns, ms that it waited)."""
    waited_ms = 0
    while True:
        try:
            waited_ms += next(generator)
        except StopIteration as end:
            return end.value, waited_ms


# -- identity and registers --------------------------------------------------------------------


def test_probe():
    for identity, known in ((0x33, True), (0x44, False), (0, False), (0xFF, False)):
        bus, chip = make()
        bus.registers[0x0F] = identity
        assert chip.probe() is known
        assert bus.log == [("r", ADDRESS, 0x0F, 1)]


def test_configure_writes_what_is_meant():
    for rate_hz, control, watermark in ((100, 0x57, 19), (50, 0x47, 9)):
        bus, chip = make()
        assert chip.configure(rate_hz) == 8 * 1000 // rate_hz
        controls = [bus.registers[r] for r in range(CTRL1, CTRL1 + 6)]
        # Rate and axes; high-pass 10 for IA1 alone; no pin; BDU, 8 g, HR; FIFO, latch; high
        assert controls == [control, 0x21, 0, 0xA8, 0x48, 0]
        assert bus.registers[FIFO_CTRL] == 0x80 | watermark
        assert bus.registers[INT1_CFG] == 0x2A
        assert (bus.registers[INT1_THS], bus.registers[INT1_DURATION]) == (1, 2)
        # The FIFO is emptied by bypass mode first; the filter is set before the interrupt is on.
        order = [(entry[0], entry[2] & 0x7F, entry[3]) for entry in bus.log]
        assert order.index(("w", FIFO_CTRL, b"\0")) < order.index(
            ("w", FIFO_CTRL, bytes([128 + watermark]))
        )
        assert order.index(("r", REFERENCE, 1)) < order.index(("w", INT1_CFG, b"\x2a"))
        assert chip.intact()


def test_a_register_that_changed_is_seen():
    others = [FIFO_CTRL, INT1_CFG, INT1_THS, INT1_DURATION, 0x0F]
    for register in list(range(CTRL1, CTRL1 + 6)) + others:
        bus, chip = make()
        chip.configure(100)
        chip.stream()
        assert chip.intact()
        bus.registers[register] ^= 0x10
        assert not chip.intact(), register


def test_the_line_tells_of_the_watermark_or_of_motion():
    bus, chip = make()
    chip.configure(100)
    for route, value in ((chip.stream, 0x04), (chip.sleep, 0x40), (chip.stream, 0x04)):
        bus.interrupt = 1
        route()
        assert bus.registers[CTRL3] == value and chip.intact()
        assert bus.interrupt == (route == chip.stream)  # before it sleeps, the past is forgotten
    assert ("r", ADDRESS, REFERENCE, 1) in bus.log[-20:]


def test_motion_is_told_once():
    bus, chip = make()
    chip.configure(100)
    bus.interrupt = 1
    assert [chip.moved(), chip.moved()] == [True, False]


# -- samples -----------------------------------------------------------------------------------


def test_words_are_milli_g():
    cases = (
        (0x0000, 0),
        (0x0010, 4),
        (0xFFF0, -4),
        (0x0FA0, 1000),  # 1 g
        (0xF060, -1000),
        (0x7FF0, 8188),
        (0x8000, -8192),
        (0x8010, -8188),
        (0x0040, 16),  # of ten bits, as the FIFO keeps
        (0xFFC0, -16),
    )
    for word, mg in cases:
        for axis in range(3):
            bus, chip = make()
            chip.configure(100)
            sample = [0, 0, 0]
            sample[axis] = word
            bus.samples = [sample]
            samples = room()
            assert chip.drain(samples) == 1
            sample[axis] = mg
            assert list(samples[:3]) == sample, (hex(word), axis)
            assert samples[3] == 9999


def test_every_level_is_drained_in_one_burst():
    for count in range(SLOTS + 1):
        bus, chip = make()
        chip.configure(100)
        bus.samples = [(n << 4, 100 + n << 4, 200 + n << 4) for n in range(count)]
        del bus.log[:]
        samples = room()
        assert chip.drain(samples) == count
        assert [samples[3 * n] for n in range(count)] == [4 * n for n in range(count)]
        assert [samples[3 * n + 2] for n in range(count)] == [4 * (200 + n) for n in range(count)]
        assert chip.overrun == (count == SLOTS)
        bursts = [entry for entry in bus.log if entry[2] == OUT | 0x80]
        assert bursts == ([("r", ADDRESS, OUT | 0x80, 6 * count)] if count else [])
        assert chip.drain(samples) == 0 and not chip.overrun


def test_a_level_that_cannot_be_is_told():
    for source in (0x00, 0x80, 0xFF, 0x20 | 5, 0x60, 0xE0 | 31):
        bus, chip = make()
        chip.configure(100)
        bus.source = source
        assert chip.drain(room()) == -1, hex(source)


def test_a_sample_that_cannot_be_is_told():
    for word, count in ((0x0FA0, 3), (0x0FA1, -1), (0x0FA8, -1), (0xFFFF, -1)):
        for axis in range(3):
            bus, chip = make()
            chip.configure(100)
            bus.samples = [[0, 0, 0], [0, 0, 0], [0, 0, 0]]
            bus.samples[axis][2 - axis] = word
            assert chip.drain(room()) == count, (hex(word), axis)


def test_errors_of_the_bus_pass_through():
    bus, chip = make()
    chip.configure(100)
    bus.fails = 19
    calls = [chip.probe, chip.intact, chip.stream, chip.sleep, chip.moved]
    calls += [lambda: chip.drain(room()), lambda: run(chip.self_test())]
    for call in calls:
        try:
            call()
        except OSError as error:
            assert error.args[0] == 19
        else:
            raise AssertionError(call)


# -- self-test ---------------------------------------------------------------------------------


def test_the_self_test_judges_each_axis():
    cases = (
        ((17, 17, 17), True),
        ((-17, 360, -360), True),
        ((100, 100, 100), True),
        ((16, 100, 100), False),
        ((100, 0, 100), False),
        ((100, 100, 361), False),
        ((100, 100, -400), False),
    )
    for force, passed in cases:
        for rest in ((0, 0, 250), (-250, 30, -12)):
            bus, chip = make()
            bus.rest, bus.force = rest, force
            assert run(chip.self_test()) == (passed, 2 * (90 + 5 * 10)), (rest, force)
            assert bus.registers[CTRL4] & 0x06 == 0  # the force is off
            chip.configure(100)
            assert chip.intact()


def test_a_chip_that_never_has_data_fails_the_self_test():
    bus, chip = make()
    value = bus._value
    bus._value = lambda register: 0 if register == STATUS else value(register)
    passed, waited_ms = run(chip.self_test())
    assert passed is False and waited_ms < 1000


# -- the bus -----------------------------------------------------------------------------------


class Line:
    """An open-drain pin; both write into one log."""

    def __init__(self, name, log):
        self.name, self.log = name, log

    def init(self, mode, value):
        self.log.append((self.name, mode, value))

    def value(self, level):
        self.log.append((self.name, level))


def test_a_bus_is_cleared_by_nine_clocks_and_a_stop():
    log = []
    opened = []

    def open_bus():
        opened.append(Bus())
        return opened[-1]

    bus = I2cBus(open_bus, Line("scl", log), Line("sda", log), "open drain")
    bus.clear()
    assert log[:2] == [("scl", "open drain", 1), ("sda", "open drain", 1)]
    assert log[2:20] == [("scl", 0), ("scl", 1)] * 9
    assert log[20:] == [("scl", 0), ("sda", 0), ("scl", 1), ("sda", 1)]
    assert len(opened) == 2
    chip = Lis3dh(bus)
    assert chip.probe()
    bus.clear()
    assert chip.probe()
    assert [len(one.log) for one in opened] == [0, 1, 1]
