# ext1: the button wakes; its pin reads wrong until configured anew; a line still up wakes again.
# world: 3000 button 1
# world: 6000 button 0
import time

import esp32
import machine
from machine import Pin

b = Pin(32, Pin.IN, Pin.PULL_DOWN)
esp32.wake_on_ext1((b,), esp32.WAKEUP_ANY_HIGH)
t0 = time.ticks_ms()
machine.lightsleep(20000)
print(time.ticks_diff(time.ticks_ms(), t0), machine.wake_reason() == machine.EXT1_WAKE)
print(b.value())
b.init(Pin.IN, Pin.PULL_DOWN)
print(b.value())
t0 = time.ticks_ms()
machine.lightsleep(20000)
print(time.ticks_diff(time.ticks_ms(), t0), machine.wake_reason())
esp32.wake_on_ext1((), esp32.WAKEUP_ANY_HIGH)
t0 = time.ticks_ms()
machine.lightsleep(1000)
print(time.ticks_diff(time.ticks_ms(), t0), machine.wake_reason())
