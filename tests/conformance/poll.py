# One poll object: timeouts, a UART, changed flags, unknown objects.
# world: 1000 modem "x"
# world: 2000 modem "y"
import select
import time

from machine import UART

u = UART(1, 115200, tx=17, rx=16)
p = select.poll()
print(p.poll(0))
p.register(u, select.POLLIN)
p.register(u, select.POLLIN)
t0 = time.ticks_ms()
print(len(p.poll(100)), time.ticks_diff(time.ticks_ms(), t0))
for obj, event in p.ipoll(5000):
    print(obj is u, event)
print(time.ticks_diff(time.ticks_ms(), t0), u.read())
p.modify(u, select.POLLIN | select.POLLOUT)
print([event for _, event in p.ipoll(10)])
p.modify(u, select.POLLIN)
for _, event in p.poll():
    print(event)
p.unregister(u)
print(p.poll(50))
try:
    p.modify(u, 1)
except OSError as error:
    print("OSError", error.errno)
print(select.POLLIN, select.POLLOUT, select.POLLERR, select.POLLHUP)
