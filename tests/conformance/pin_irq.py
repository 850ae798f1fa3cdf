# Soft interrupts: both edges, one edge, none; arguments that ESP32 refuses.
# world: 1000 button 1
# world: 1100 button 0
# world: 2000 button 1
# world: 2100 button 0
# world: 3000 button 1
# world: 3100 button 0
import time

from machine import Pin

seen = []
p = Pin(32, Pin.IN, Pin.PULL_DOWN)
for args in ({"hard": True}, {"priority": 1}):
    try:
        p.irq(lambda pin: None, Pin.IRQ_RISING, **args)
    except TypeError:
        print("TypeError", list(args))
p.irq(handler=lambda pin: seen.append((pin is not None, p.value())), trigger=3)
time.sleep_ms(900)
print(seen)
p.irq(lambda pin: seen.append("rise"), Pin.IRQ_RISING)
time.sleep_ms(1000)
print(seen)
p.irq(handler=None)
time.sleep_ms(1000)
print(seen)
