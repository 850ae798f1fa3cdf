# Soft timers run in waits, once or again and again.
import time

from machine import Timer

seen = []
t = Timer(0)
t.init(mode=Timer.PERIODIC, period=100, callback=lambda t: seen.append(1))
Timer(1, mode=Timer.ONE_SHOT, period=250, callback=lambda t: seen.append(2))
time.sleep_ms(460)
print(seen)
t.deinit()
time.sleep_ms(500)
print(len(seen))
try:
    Timer(9)
except ValueError as error:
    print(error)
