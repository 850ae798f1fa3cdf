# Light sleep by the timer.
import time

import machine

print(machine.wake_reason())
for ms in (5, 100, 20000):
    t = time.ticks_ms()
    machine.lightsleep(ms)
    print(time.ticks_diff(time.ticks_ms(), t), machine.wake_reason() == machine.TIMER_WAKE)
