# What a transfer costs: bytes at the frequency of the bus.
# world: accel
import time

from machine import I2C, Pin

for freq in (100000, 400000):
    bus = I2C(0, scl=Pin(22), sda=Pin(21), freq=freq)
    block = bytearray(192)
    start = time.ticks_ms()
    for _ in range(100):
        bus.readfrom_mem_into(0x18, 0xA8, block)
    print(time.ticks_diff(time.ticks_ms(), start))
