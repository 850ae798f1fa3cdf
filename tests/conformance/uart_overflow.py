# What does not fit the receive buffer is lost, the oldest bytes stay.
# world: 1000 modem fill 700
import time

from machine import UART

u = UART(1, 115200, tx=17, rx=16, rxbuf=300)
time.sleep_ms(1000)
print(u.any())
data = u.read()
print(len(data), data[:10], data[-10:])
