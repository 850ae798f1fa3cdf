# A handler that raises is reported and forgotten; the wait goes on.
# world: 1000 button 1
# world: 1200 button 0
import time

from machine import Pin

seen = []


def bad(pin):
    seen.append(1)
    raise ValueError("in handler")


t0 = time.ticks_ms()
Pin(32, Pin.IN).irq(bad, 3)
time.sleep_ms(1000)
print(len(seen), time.ticks_diff(time.ticks_ms(), t0))
