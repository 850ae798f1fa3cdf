# Tick counters wrap at 2^30; differences survive it.
# world: until 1500000
import time

print(time.ticks_diff(5, (1 << 30) - 5), time.ticks_add((1 << 30) - 1, 1), time.ticks_add(0, -1))
print(time.ticks_diff(0, 1 << 29), time.ticks_diff(1 << 29, 0))
last = time.ticks_ms()
wraps = elapsed = 0
for _ in range(120):
    time.sleep_ms(10000)
    now = time.ticks_ms()
    wraps += now < last
    elapsed += time.ticks_diff(now, last)
    last = now
    assert 0 <= now < 1 << 30 and 0 <= time.ticks_us() < 1 << 30
print(wraps, elapsed)
