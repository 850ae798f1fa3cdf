# A serial port: nothing, some, all; lines; echo through the world.
# world: 1000 modem "abc"
# world: 2000 modem "line one\r\nline two\r\nrest"
# world: 3000 modem "0123456789"
import time

from machine import UART

u = UART(1, 115200, tx=17, rx=16, rxbuf=1024)
print(u.any(), u.read(), u.read(4), u.readline())
time.sleep_ms(600)
print(u.any(), u.read(2), u.any(), u.read(9), u.read())
time.sleep_ms(1000)
print(u.readline(), u.readline(), u.readline(), u.readline())
time.sleep_ms(1000)
b = bytearray(4)
print(u.readinto(b), b, u.readinto(b, 2), b, u.read(), u.readinto(b))
print(u.write(b"hello"), u.write("text"), u.write(bytearray(3)), u.write(b""))
print(u.txdone())
u.flush()
print(u.txdone())
u.deinit()
