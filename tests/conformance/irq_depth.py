# The scheduler holds eight interrupts; while flash is erased none runs, the rest is lost.
# world: bounce 601 button 40 2
import time

import esp32
from machine import Pin

count = [0]


def note(pin):
    count[0] += 1


Pin(32, Pin.IN).irq(note, Pin.IRQ_RISING | Pin.IRQ_FALLING)
part = esp32.Partition.find(1, label="nvs")[0]
part.ioctl(6, 5)
print(count[0])
time.sleep_ms(0)
print(count[0])
time.sleep_ms(200)
print(8 < count[0] < 30)
