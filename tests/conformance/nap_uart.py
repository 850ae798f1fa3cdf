# Light sleep loses the bytes that arrive and garbles the one in progress; FIFOs sent resume.
# world: 1000 gnss fill 60
# world: 2000 gnss fill 60
import time

import machine
from machine import UART

u = UART(2, 9600, tx=19, rx=23, rxbuf=512)
machine.lightsleep(420)
print(time.ticks_ms() > 0, machine.wake_reason())
time.sleep_ms(400)
data = u.read()
print(len(data), data[0] >= 0xE0, data[1:6], data[-3:])
time.sleep_ms(800)
print(u.read() == bytes(i % 251 for i in range(60)))
u.write(b"0123456789" * 4)
machine.lightsleep(50)
print(u.txdone())
u.flush()
print(u.txdone())
