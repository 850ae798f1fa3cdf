# A write larger than the driver's buffer takes the time of the wire.
import time

from machine import UART

u = UART(2, 9600, tx=19, rx=23, txbuf=256)
t0 = time.ticks_ms()
print(u.write(bytes(100)), time.ticks_diff(time.ticks_ms(), t0))
print(u.write(bytes(1000)), time.ticks_diff(time.ticks_ms(), t0) > 500)
u.flush()
print(time.ticks_diff(time.ticks_ms(), t0))
