# Reads with a timeout wait for the first byte, then between bytes.
# world: 1000 modem "late"
import time

from machine import UART

u = UART(1, 115200, tx=17, rx=16, timeout=300)
t0 = time.ticks_ms()
print(u.read(10), time.ticks_diff(time.ticks_ms(), t0))
print(u.read(10), time.ticks_diff(time.ticks_ms(), t0))
print(u.read(), time.ticks_diff(time.ticks_ms(), t0))
