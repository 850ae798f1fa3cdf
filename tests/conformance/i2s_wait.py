# The other two ways of reading: waiting for all of it, and a handler that is called afterwards.
# world: microphone
import time

from machine import I2S, Pin

PINS = {"sck": Pin(14), "ws": Pin(27), "sd": Pin(35)}
done = []


def kinds(data, size):
    return len({bytes(data[at : at + size]) for at in range(0, len(data), size)}) > 50


port = I2S(0, ibuf=8192, mode=I2S.RX, bits=16, format=I2S.MONO, rate=16000, **PINS)
block = bytearray(2048)
time.sleep_ms(600)
port.readinto(bytearray(6144))
start = time.ticks_ms()
for _ in range(8):
    print(port.readinto(block), time.ticks_diff(time.ticks_ms(), start))
print(kinds(block, 2))
port.irq(lambda p: done.append(time.ticks_diff(time.ticks_ms(), start)))
start = time.ticks_ms()
print(port.readinto(block), port.readinto(bytearray(512)), done)
time.sleep_ms(150)
print(done, kinds(block, 2))
port.irq(None)
print(port.readinto(memoryview(block)[:512]))
port.init(mode=I2S.RX, bits=32, format=I2S.STEREO, rate=16000, ibuf=8192, **PINS)
time.sleep_ms(100)
print(port.readinto(block), {bytes(block[at + 4 : at + 8]) for at in range(0, 2048, 8)})
print(kinds(block, 8))
