# The I2S receiver, once select has asked: it takes what there is, and never waits.
# world: microphone
# world: 5000 microphone stuck
# world: 6000 microphone absent
import select
import time

from machine import I2S, Pin

words = bytearray(8192)


def made(number=0, **changed):
    given = {"sck": Pin(14), "ws": Pin(27), "sd": Pin(35), "mode": I2S.RX, "bits": 32}
    given.update(format=I2S.MONO, rate=8000, ibuf=8 * 2048)
    given.update(changed)
    return I2S(number, **given)


def heard(start=0):
    """(different words, lowest and highest sign) of 250 of those that were read last."""
    some = [int.from_bytes(words[at : at + 4], "little") for at in range(start, start + 1000, 4)]
    return len(set(some)) > 100, len(set(some)) > 1, min(some) >> 31, max(some) >> 31


port = made()
poll = select.poll()
poll.register(port, select.POLLIN)
print([event for _, event in poll.poll(0)], port.readinto(words), poll.poll(0))
time.sleep_ms(100)
print(port.readinto(words), port.readinto(words))
print(heard())
# It wakes a wait when the next buffer is full.
start = time.ticks_ms()
print(len(poll.poll(1000)), 0 < time.ticks_diff(time.ticks_ms(), start) <= 34)
print(port.readinto(memoryview(words)[:1024]))
# The microphone speaks after 512 ms; of what is not read the oldest is dropped.
time.sleep_ms(2000)
print(port.readinto(words), port.readinto(words), heard(6000))
time.sleep_ms(40)
print(port.readinto(memoryview(words)[:400]), port.readinto(memoryview(words)[:800]))
time.sleep_ms(3000)
port.readinto(words)
print(heard(6000), any(words[6000:6004]))
time.sleep_ms(1000)
port.readinto(words)
time.sleep_ms(300)
port.readinto(words)
print(heard(6000), bytes(words[:4]))
port.deinit()
port.deinit()
for call in (
    lambda: port.readinto(words),
    lambda: made(2),
    lambda: made(mode=7),
    lambda: made(bits=24),
    lambda: made(format=2),
    lambda: I2S(0, sck=Pin(14)),
    lambda: made().readinto(bytearray(3)),
    lambda: made().write(b"1234"),
):
    try:
        print("fine", call())
    except (OSError, ValueError, TypeError) as error:
        print(type(error).__name__, error.args[0] if not isinstance(error, TypeError) else "")
# On other pins nobody is heard; a rate that the microphone does not know gives zeros too.
print(I2S.RX, I2S.TX, I2S.MONO, I2S.STEREO)
for gpio, rate in ((34, 8000), (35, 7800)):
    port = made(sd=Pin(gpio), rate=rate, ibuf=4096)
    time.sleep_ms(600)
    port.ioctl(3, 1)
    print(port.readinto(words), heard())
    port.deinit()
