# Pins of the classic chip: modes, values, what is refused. Board: generic_esp32.
from machine import Pin, Signal

p = Pin(4, Pin.OUT, value=1)
print(p, p.value(), p())
p.off()
print(p.value())
p.toggle()
print(p.value())
p(0)
print(p())
q = Pin(27, Pin.IN, Pin.PULL_UP)
print(q.value())
q.init(Pin.IN, Pin.PULL_DOWN)
print(q.value())
print(Pin(32, Pin.IN).value(), Pin(33, Pin.IN, Pin.PULL_UP).value())
for bad in (6, 24, 40, -1, 99, "x", None):
    try:
        Pin(bad)
        print("accepted", bad)
    except ValueError as error:
        print(bad, error)
try:
    Pin(34, Pin.OUT)
except ValueError as error:
    print(error)
print(Pin(34, Pin.IN).value())
s = Signal(Pin(4, Pin.OUT), invert=True)
s.on()
print(p.value(), s.value())
print(Pin.IN, Pin.OUT, Pin.OPEN_DRAIN, Pin.PULL_DOWN, Pin.PULL_UP, Pin.IRQ_RISING, Pin.IRQ_FALLING)
