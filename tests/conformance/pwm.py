# PWM on the motor.
from machine import PWM, Pin

m = PWM(Pin(13), freq=20000, duty_u16=0)
for duty in (65535, 32768, 0, 6554):
    m.duty_u16(duty)
    print(m.duty_u16(), m.freq())
m.duty(512)
print(m.duty())
m.freq(1000)
print(m.freq())
for call in (lambda: m.duty_u16(70000), lambda: m.freq(0), lambda: m.duty(2000)):
    try:
        call()
        print("accepted")
    except ValueError:
        print("ValueError")
m.deinit()
