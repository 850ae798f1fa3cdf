# ext0: one pin, either level; pins without RTC function are refused.
# world: 3000 modem_ri 0
# world: 3100 modem_ri 1
import time

import esp32
import machine
from machine import Pin

ri = Pin(33, Pin.IN, Pin.PULL_UP)
for call in (
    lambda: esp32.wake_on_ext0(Pin(18), 0),
    lambda: esp32.wake_on_ext1((Pin(19),), True),
    lambda: Pin(18, Pin.IN).irq(None, Pin.WAKE_LOW, wake=machine.SLEEP),
):
    try:
        call()
        print("accepted")
    except ValueError as error:
        print(error)
esp32.wake_on_ext0(ri, esp32.WAKEUP_ALL_LOW)
t0 = time.ticks_ms()
machine.lightsleep(20000)
print(time.ticks_diff(time.ticks_ms(), t0), machine.wake_reason() == machine.EXT0_WAKE)
time.sleep_ms(500)
esp32.wake_on_ext0(None, 0)
machine.lightsleep(100)
print(machine.wake_reason())
