# A full file system refuses, keeps what it has, and works again after a removal.
# world: until 120000
import os

block = bytes(4096)
n = 0
try:
    with open("/fill", "wb") as f:
        while True:
            f.write(block)
            n += 1
except OSError as error:
    print("OSError", error.errno)
print(n > 100)
try:
    os.remove("/fill")
except OSError as error:
    print("OSError", error.errno)
with open("/ok", "w") as f:
    f.write("fine")
print(open("/ok").read(), os.listdir("/"))
