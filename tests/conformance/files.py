# Files on LittleFS: modes, text and bytes, positions, errors.
import os

with open("/a.txt", "w") as f:
    print(f.write("one\ntwo\nthree"), f.tell())
with open("/a.txt") as f:
    print(f.read(3), f.readline(), f.readline(), f.read(), f.read(), f.read(1))
with open("/a.txt", "a") as f:
    f.write("\nfour")
for line in open("/a.txt"):
    print(repr(line))
with open("a.txt", "rb") as f:
    print(f.seek(4), f.read(3), f.seek(-4, 2), f.read(), f.seek(0), f.tell())
    b = bytearray(5)
    print(f.readinto(b), b)
with open("/a.txt", "r+b") as f:
    f.write(b"ONE")
    f.seek(8)
    f.write(b"THREE")
print(open("/a.txt", "rb").read())
with open("/b.bin", "wb") as f:
    print(f.write(bytes(range(256))), f.write(bytearray(10)), f.write(memoryview(b"xyz")))
    f.flush()
    print(os.stat("/b.bin")[6])
print(os.stat("/b.bin"))
f = open("/b.bin", "rb")
f.close()
f.close()
for call in (
    lambda: open("/none"),
    lambda: open("/none/x", "w"),
    lambda: f.read(1),
    lambda: open("/a.txt", "x"),
):
    try:
        call()
        print("accepted")
    except OSError as error:
        print("OSError", error.errno)
    except ValueError:
        print("ValueError")
try:
    open("/c.txt", "w").write(5)
except TypeError:
    print("TypeError")
with open("/u.txt", "w") as f:
    f.write("é€")
print(open("/u.txt").read(), os.stat("/u.txt")[6])
