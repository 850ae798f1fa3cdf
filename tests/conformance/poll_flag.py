# An object of the program with an ioctl: a flag set by an interrupt ends the wait.
# world: 1500 button 1
import io
import select
import time

from machine import Pin


class Flag(io.IOBase):
    def __init__(self):
        self.up = 0

    def set(self, pin):
        self.up = 1

    def ioctl(self, request, argument):
        return argument & select.POLLIN if request == 3 and self.up else 0


flag = Flag()
Pin(32, Pin.IN, Pin.PULL_DOWN).irq(flag.set, Pin.IRQ_RISING)
p = select.poll()
p.register(flag, select.POLLIN)
t0 = time.ticks_ms()
got = p.poll(3000)
print(len(got), time.ticks_diff(time.ticks_ms(), t0))
flag.up = 0
t0 = time.ticks_ms()
print(len(p.poll(3000)), time.ticks_diff(time.ticks_ms(), t0))
