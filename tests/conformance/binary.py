# struct, array, binascii: what protocols and stores are made of.
import array
import binascii
import struct

print(struct.pack("<BHIq", 1, 2, 3, -4), struct.calcsize("<BHIq"), struct.calcsize("<3sB"))
print(struct.unpack("<hH", b"\xff\xff\xff\xff"), struct.unpack_from(">I", b"\0\0\0\0\1", 1))
b = bytearray(6)
struct.pack_into("<HI", b, 0, 0x1234, 0x56789ABC)
print(b)
try:
    struct.unpack("<I", b"\0")
except ValueError:
    print("ValueError")
try:
    struct.pack_into("<I", b, 4, 1)
except ValueError:
    print("ValueError")
print(binascii.crc32(b"123456789"), binascii.crc32(b"6789", binascii.crc32(b"12345")))
print(binascii.hexlify(b"\x00\xff"), binascii.unhexlify("00ff"), bytes([1, 255]).hex())
print(binascii.b2a_base64(b"galet"), binascii.a2b_base64(b"Z2FsZXQ="))
try:
    binascii.unhexlify(b"0")
except ValueError:
    print("ValueError")
a = array.array("H", [1, 2, 65535])
a.append(7)
a[0] = 9
print(list(a), len(a), bytes(a), sum(a))
print(int.from_bytes(b"\x01\x02", "little"), int.from_bytes(b"\x01\x02", "big"))
print((258).to_bytes(2, "big"), (1).to_bytes(4, "little"))
m = memoryview(bytearray(b"abcdef"))
m[1:3] = b"XY"
print(bytes(m), bytes(m[2:4]), len(m))
