# Files outlive resets and power cuts once they are closed.
# world: 9000 power_cut 1000
# world: until 20000
import time

import machine

try:
    with open("/n") as f:
        n = int(f.read())
except OSError:
    n = 0
print(n)
with open("/n", "w") as f:
    f.write(str(n + 1))
if n == 0:
    machine.reset()
if n == 1:
    machine.soft_reset()
with open("/lost", "a") as f:
    f.write("not closed")
    time.sleep(100)
