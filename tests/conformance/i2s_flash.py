# While flash is erased or programmed the interrupt of I2S is masked: of the buffers that end
# meanwhile only the last is handed out. In light sleep nothing is clocked.
# world: microphone
# world: until 30000
import time

import machine
from esp32 import Partition
from machine import I2S, Pin

part = Partition.find(Partition.TYPE_DATA, label="nvs")[0]
sector = bytes(4096)
words = bytearray(65536)
port = I2S(
    1,
    sck=Pin(14),
    ws=Pin(27),
    sd=Pin(35),
    mode=I2S.RX,
    bits=32,
    format=I2S.MONO,
    rate=16000,
    ibuf=128 * 2048,
)
port.ioctl(3, 1)


def missing(work):
    """Buffers of 16 ms that were never handed out, in a second with this work in it."""
    port.readinto(words)
    fresh() and fresh()
    start = time.ticks_ms()
    work()
    time.sleep_ms(1000)
    got = port.readinto(words) + fresh() + fresh()
    return (time.ticks_diff(time.ticks_ms(), start) + 8) // 16 - got // 1024


def fresh():
    """Wait for the next one; its bytes."""
    got = 0
    while not got:
        time.sleep_ms(1)
        got = port.readinto(words)
    return got


print(missing(lambda: None))
print(missing(lambda: part.writeblocks(0, sector, 0)))
print(missing(lambda: [part.writeblocks(n, sector, 0) for n in range(4)]))
erased = [missing(lambda: part.ioctl(6, 2)) for n in range(6)]
print(min(erased) >= 1, max(erased) <= 3)
print(missing(lambda: machine.lightsleep(500)) in (31, 32))  # the time asleep
print(missing(lambda: None))
