# The watchdog resets a program that hangs; RTC memory tells the next life.
# world: until 30000
import time

import machine

r = machine.RTC()
lives = len(r.memory())
print(lives, machine.reset_cause())
r.memory(bytes(lives + 1))
if lives < 3:
    for bad in (0, -5):
        try:
            machine.WDT(timeout=bad)
        except ValueError:
            print("ValueError")
    w = machine.WDT(timeout=2000)
    for _ in range(5):
        time.sleep_ms(1500)
        w.feed()
    machine.WDT(timeout=4000)
    t0 = time.ticks_ms()
    time.sleep_ms(3900)
    print("still here", time.ticks_diff(time.ticks_ms(), t0))
    if lives == 1:
        while True:
            time.ticks_ms()
    time.sleep_ms(200)
    print("never")
