# Edges during light sleep are not latched; after it they count again.
# world: 2000 button 1
# world: 2100 button 0
# world: 5000 button 1
import time

import machine
from machine import Pin

seen = []
Pin(32, Pin.IN, Pin.PULL_DOWN).irq(lambda p: seen.append(1), 3)
machine.lightsleep(3000)
time.sleep_ms(100)
print(seen)
time.sleep_ms(2000)
print(seen)
