# A loop that only looks at the clock ends: looking takes time.
import time

t0 = time.ticks_ms()
n = 0
while time.ticks_diff(time.ticks_ms(), t0) < 50:
    n += 1
print(n)
