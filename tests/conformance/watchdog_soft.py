# The watchdog survives a soft reset and the REPL.
# world: until 20000
import machine

r = machine.RTC()
n = len(r.memory())
print(n, machine.reset_cause())
r.memory(bytes(n + 1))
if n == 0:
    machine.WDT(timeout=3000)
    machine.soft_reset()
if n == 1:
    print("falls to the REPL")
