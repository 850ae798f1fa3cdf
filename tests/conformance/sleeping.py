# How long a sleep lasts: its time, after the CPU time of the step.
import time

t0 = time.ticks_ms()
for ms in (0, 1, 10, 250):
    t = time.ticks_ms()
    time.sleep_ms(ms)
    print(ms, time.ticks_diff(time.ticks_ms(), t))
t = time.ticks_ms()
time.sleep(1)
print(time.ticks_diff(time.ticks_ms(), t))
t = time.ticks_ms()
time.sleep_us(300)
time.sleep_us(800)
print(time.ticks_diff(time.ticks_ms(), t))
time.sleep_ms(-5)
print(time.ticks_diff(time.ticks_ms(), t) < 10)
