# The battery's voltage through its divider.
from machine import ADC, Pin

a = ADC(Pin(36), atten=ADC.ATTN_11DB)
print(a.read_uv(), a.read_u16(), a.read())
b = ADC(Pin(36))
print(b.read_uv())
b.atten(ADC.ATTN_11DB)
print(b.read_uv())
