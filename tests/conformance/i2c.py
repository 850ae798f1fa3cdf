# The I2C bus with an accelerometer at 0x18: scan, registers, blocks, who is not there.
# world: accel
from machine import I2C, Pin, SoftI2C

bus = I2C(0, scl=Pin(22), sda=Pin(21), freq=400000)
print(bus)
print(bus.scan())
print(bus.readfrom_mem(0x18, 0x0F, 1), bus.readfrom_mem(24, 0x20, 2))
print(bus.writeto_mem(0x18, 0x20, b"\x57"), bus.readfrom_mem(0x18, 0x20, 1))
print(bus.writeto_mem(0x18, 0xA2, bytearray(b"\x04\x88")), bus.readfrom_mem(0x18, 0xA0, 4))
block = bytearray(4)
print(bus.readfrom_mem_into(0x18, 0xA0, block), block)
view = memoryview(block)
print(bus.readfrom_mem_into(0x18, 0x0F, view[1:2]), block)
print(bus.writeto(0x18, b"\x0f"), bus.readfrom(0x18, 1))
print(bus.writevto(0x18, (b"\x32", b"\x10")), bus.readfrom_mem(0x18, 0x32, 1))
print(bus.readfrom_into(0x18, block), block)
print(bus.readfrom_mem(0x18, 0x180F, 1, addrsize=16) is not None)
calls = (
    lambda: bus.readfrom_mem(0x19, 0x0F, 1),
    lambda: bus.writeto(0x19, b"\x0f"),
    lambda: bus.writeto_mem(0x19, 0x20, b"\0"),
    lambda: bus.readfrom(0x77, 3),
    lambda: bus.readfrom_mem_into(0x19, 0x0F, block),
    lambda: bus.readfrom_mem(0x18, 0x0F, 1, addrsize=7),
    bus.start,
    lambda: bus.init(scl=Pin(22), sda=Pin(21)),
    lambda: I2C(2),
    lambda: I2C(0, scl=Pin(6)),
    lambda: I2C(0, speed=1),
    SoftI2C,
)
for call in calls:
    try:
        print("fine", call())
    except (OSError, ValueError, TypeError) as error:
        print(type(error).__name__, error.args[0] if not isinstance(error, TypeError) else "")
soft = SoftI2C(Pin(22), Pin(21), freq=100000)
print(soft.scan(), soft.readfrom_mem(0x18, 0x0F, 1))
print(I2C(1, scl=Pin(21), sda=Pin(22)).scan(), I2C(1, scl=Pin(19), sda=Pin(18)).scan())
