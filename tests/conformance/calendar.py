# The calendar: epoch 2000, and the clock that starts there at power-on.
import time

from machine import RTC

print(time.gmtime(0), time.gmtime(86399), time.gmtime(68256000))
for s in (0, 5097600, 5184000, 130000000, 800000000, 1234567890, 2000000000):
    f = time.gmtime(s)
    print(f, time.mktime(f) == s)
print(time.mktime((2026, 3, 29, 1, 0, 0, 0, 0)), time.localtime(828061200)[:6])
print(time.time() < 60)
RTC().datetime((2026, 11, 22, 0, 14, 23, 5, 0))
print(time.time(), RTC().datetime())
time.sleep(2)
print(RTC().datetime()[4:7], time.time_ns() == time.time() * 1000000000)
