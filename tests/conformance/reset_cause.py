# What reset_cause says after each kind of reset, and what is kept.
# world: 12000 brownout
# world: 20000 power_cut 3000
# world: until 30000
import sys
import time

import machine

r = machine.RTC()
n = len(r.memory())
print(n, machine.reset_cause(), time.time() > 9)
r.memory(bytes(n + 1))
time.sleep_ms(500)
if n == 0:
    machine.reset()
if n == 1:
    sys.exit()
if n == 2:
    machine.soft_reset()
time.sleep(100)
