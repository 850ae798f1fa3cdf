# The Wi-Fi radio: switching it takes time, and using it shows in the events.
import time

import network

t = time.ticks_ms()
w = network.WLAN(network.STA_IF)
w.active(True)
print(time.ticks_diff(time.ticks_ms(), t))
print(w.scan(), w.isconnected())
w.connect("net", "key")
w.active(False)
print(w.active())
try:
    network.WLAN(7)
except ValueError as error:
    print(error)
