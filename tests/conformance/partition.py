# Raw partitions: programming clears bits, only erasing sets them.
from esp32 import Partition

print([p.info()[4] for p in Partition.find(Partition.TYPE_DATA)])
print(Partition.find(Partition.TYPE_DATA, label="none"))
p = Partition.find(Partition.TYPE_DATA, label="nvs")[0]
print(p.info(), p.ioctl(4, 0), p.ioctl(5, 0))
b = bytearray(8)
p.readblocks(0, b, 100)
print(b)
p.writeblocks(0, b"\xf0\x0f\xff\x00", 100)
p.writeblocks(0, b"\x3c\x3c\x3c\x3c", 100)
p.readblocks(0, b, 99)
print(b)
print(p.ioctl(6, 0))
p.readblocks(0, b, 99)
print(b)
p.writeblocks(1, bytes(4096))
big = bytearray(4096)
p.readblocks(1, big)
print(sum(big))
p.writeblocks(1, b"\x01" * 4096)
p.readblocks(1, big)
print(sum(big))
for call in (
    lambda: p.readblocks(99, b),
    lambda: p.writeblocks(5, bytes(8192)),
    lambda: p.ioctl(6, 99),
    lambda: Partition("none"),
):
    try:
        call()
        print("accepted")
    except OSError as error:
        print("OSError", error.errno)
