# What a transfer costs: bytes at the frequency of the bus.
# world: accel
import time

from machine import I2C, Pin, SoftI2C

hard = [I2C(n, scl=Pin(22), sda=Pin(21), freq=f) for n, f in ((0, 100000), (1, 400000))]
for bus in (hard[0], hard[1], SoftI2C(Pin(22), Pin(21), freq=400000)):
    block = bytearray(192)
    start = time.ticks_ms()
    for _ in range(100):
        bus.readfrom_mem_into(0x18, 0xA8, block)
    print(time.ticks_diff(time.ticks_ms(), start))
