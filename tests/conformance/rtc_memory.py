# RTC memory: bytes, new on every read, 2048 at most.
from machine import RTC

r = RTC()
print(r.memory())
r.memory(b"abc")
a = r.memory()
print(a, type(a) is bytes)
r.memory(bytearray(b"xyz"))
print(a, r.memory())
r.memory(bytes(2048))
print(len(r.memory()))
try:
    r.memory(bytes(2049))
except ValueError as error:
    print(error)
r.memory(b"")
print(r.memory())
