"""What hangs on a board, built from the data of boards/NAME.py: pins, ports, buses, drivers.

Separate from board.py because it is needed once, at the start, and then let go: on a board without
PSRAM the heap has no room for it beside the rest. Builds machine.* objects, as no other file does
(the watchdog apart, which board.py arms later). Imports machine and its kin, and drivers.
"""

import hashlib
import os
import select

import machine
from micropython import const

from firmware.drivers.battery import Battery
from firmware.drivers.boot_record import WATCHDOG, BootRecord
from firmware.drivers.line import Input, Output
from firmware.drivers.modem_pins import ModemPins
from firmware.drivers.motor import FREQUENCY_HZ, Motor
from firmware.drivers.port import Port

try:
    import network
except ImportError:  # a build without it: the entropy is then the chip's alone
    network = None  # type: ignore[assignment]

_MODEM_RXBUF = const(4096)
_MODEM_TXBUF = const(1024)  # a whole PDU in hex, so that a write never blocks
_GNSS_RXBUF = const(2048)
_GNSS_TXBUF = const(256)

_I2C_HZ = const(400000)
# Of a clock that a chip holds low, in us: the accelerometer never does. Bit-banged, because the
# hardware's driver waits up to 100 ms a byte on a bus in trouble (ports/esp32/machine_i2c.c).
_I2C_TIMEOUT_US = const(500)

_SEED_BYTES = const(32)


class Parts:
    """Builds one part after another; what a board lacks is None."""

    def __init__(self, facts):
        """facts: the constants of a board."""
        self._facts = facts
        self._gpio = facts.PINS

    def input(self, role, pull):
        gpio = self._gpio[role]
        return None if gpio is None else Input(machine.Pin(gpio), machine.Pin.IN, pull)

    def output(self, role, on):
        gpio = self._gpio[role]
        if gpio is None:
            return None
        active_low = role in self._facts.ACTIVE_LOW
        return Output(machine.Pin(gpio), machine.Pin.OUT, active_low, on)

    def modem_pins(self, ri):
        return ModemPins(
            supply=self.output("modem_supply", 1),
            reset=self.output("modem_reset", 0),
            power_key=self.output("modem_pwrkey", 0),
            dtr=self.output("modem_dtr", 0),
            ri=ri,
        )

    def boot_record(self):
        record = BootRecord(machine.RTC().memory)
        if machine.reset_cause() == machine.WDT_RESET:
            record.count_restart(WATCHDOG)
        return record

    def motor(self):
        pwm = machine.PWM(machine.Pin(self._gpio["motor"]), freq=FREQUENCY_HZ, duty_u16=0)
        return Motor(pwm, machine.Timer(0))

    def battery(self):
        gpio = self._gpio["battery_adc"]
        adc = None
        if gpio is not None:
            adc = machine.ADC(machine.Pin(gpio), atten=machine.ADC.ATTN_11DB)
        whole, below = self._facts.BATTERY_DIVIDER
        return Battery(adc, whole, below)

    def accelerometer(self):
        """(its driver, its bus); None twice without the pins, or the PSRAM that falls need."""
        lines = [self._gpio[role] for role in ("i2c_scl", "i2c_sda", "accel_int1")]
        if not self._facts.PSRAM or None in lines:
            return None, None
        from firmware.drivers.i2c_bus import I2cBus
        from firmware.drivers.lis3dh import Lis3dh

        scl, sda = machine.Pin(lines[0]), machine.Pin(lines[1])

        def open_bus():
            return machine.SoftI2C(scl, sda, freq=_I2C_HZ, timeout=_I2C_TIMEOUT_US)

        bus = I2cBus(open_bus, scl, sda, machine.Pin.OPEN_DRAIN)
        return Lis3dh(bus), bus

    def ports(self, woken):
        """(the modem's, the receiver's, the one poll object): `woken` ends it as a byte does."""
        wiring = self._facts.UARTS
        modem = _uart(wiring["modem"], _MODEM_RXBUF, _MODEM_TXBUF)
        gnss = _uart(wiring["gnss"], _GNSS_RXBUF, _GNSS_TXBUF)
        poll = select.poll()
        for source in (woken, modem, gnss):
            poll.register(source, select.POLLIN)
        return Port(modem), Port(gnss), poll


def _uart(wiring, rxbuf, txbuf):
    number, tx, rx, baud = wiring
    return machine.UART(number, baudrate=baud, tx=tx, rx=rx, rxbuf=rxbuf, txbuf=txbuf, timeout=0)


def true_random():
    """(seed, 1 if it was drawn while the radio ran: that makes the chip's generator true random).

    The radio is switched on and off again, some 100 ms; nothing is scanned, joined or sent.
    """
    seed = os.urandom(_SEED_BYTES)
    drawn = 0
    if network is not None:
        try:
            radio = network.WLAN(network.STA_IF)
            try:
                radio.active(True)
                seed += os.urandom(_SEED_BYTES)
                drawn = 1
            finally:
                radio.active(False)
        except (OSError, RuntimeError):
            pass  # no memory for it, or no radio: the chip's generator must do
    return hashlib.sha256(seed).digest(), drawn
