# A chip that holds SDA low: the hardware port gives up; nine clocks by hand free the bus.
# world: accel
# world: 900 accel bus_stuck
# world: 2400 accel bus_stuck
import time

from machine import I2C, Pin, SoftI2C

bus = I2C(0, scl=Pin(22), sda=Pin(21), timeout=20000)
print(bus.readfrom_mem(0x18, 0x0F, 1))
time.sleep_ms(600)


def who():
    start = time.ticks_ms()
    try:
        return bus.readfrom_mem(0x18, 0x0F, 1)
    except OSError as error:
        return error.args[0], time.ticks_diff(time.ticks_ms(), start)


print(who())
sda = Pin(21, Pin.OPEN_DRAIN, value=1)
scl = Pin(22, Pin.OPEN_DRAIN, value=1)
print(sda.value(), scl.value(), who())
for n in range(9):
    scl(0)
    time.sleep_us(5)
    scl(1)
    time.sleep_us(5)
    if n > 6:
        print(n, sda.value())
print(who())
bus = I2C(0, scl=Pin(22), sda=Pin(21))
print(who())
time.sleep_ms(1500)
print(who())
bus = SoftI2C(Pin(22), Pin(21))
print(who(), who())
