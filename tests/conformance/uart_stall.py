# Bytes that arrive while flash is erased still reach the buffer.
# world: 1000 modem fill 100
import esp32
from machine import UART

u = UART(1, 115200, tx=17, rx=16, rxbuf=512)
part = esp32.Partition.find(1, label="nvs")[0]
for _ in range(12):
    part.ioctl(6, 5)
print(u.any())
