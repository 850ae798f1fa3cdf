# os.urandom: the same on every boot while the radio is off.
# world: until 20000
import os

import machine
import network

a = os.urandom(8)
w = network.WLAN(network.STA_IF)
print(w.active())
w.active(True)
b = os.urandom(8)
print(w.active(), a != b, len(os.urandom(40)))
w.active(False)
r = machine.RTC()
if not r.memory():
    r.memory(a + b)
    machine.reset()
print(r.memory()[:8] == a, r.memory()[8:] == b)
