# The chip goes on while the microcontroller is reset, and forgets all when the power is cut.
# world: accel
# world: 1500 brownout
# world: 3000 power_cut 500
# world: until 6000
import time

from machine import I2C, Pin

bus = I2C(0, scl=Pin(22), sda=Pin(21))
print(bus.readfrom_mem(0x18, 0xA0, 6), bus.readfrom_mem(0x18, 0x2F, 1))
bus.writeto_mem(0x18, 0xA0, b"\x57\0\0\x08\x40")
bus.writeto_mem(0x18, 0x2E, b"\x80")
time.sleep_ms(60)
print(bus.readfrom_mem(0x18, 0x2F, 1), bus.readfrom_mem(0x18, 0xA8, 6))
time.sleep_ms(20000)
