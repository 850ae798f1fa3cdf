# Arguments of UART that raise.
from machine import UART

for args, kwargs in (((9,), {}), ((1, 9600, 9), {}), ((1,), {"stop": 5}), ((1,), {"tx": 99})):
    try:
        UART(*args, **kwargs)
        print("accepted", args)
    except ValueError as error:
        print(args, error)
try:
    UART(1, colour=1)
except TypeError:
    print("TypeError")
try:
    UART(1, 9600, 8, None, 1, 17)
except TypeError:
    print("TypeError")
