# cryptolib: ECB and CBC, in place and not, in several calls; the vectors are those of SP 800-38A.
from binascii import hexlify, unhexlify

from cryptolib import aes

key = unhexlify("603deb1015ca71be2b73aef0857d77811f352c073b6108d72d9810a30914dff4")
start = bytes(range(16))
text = unhexlify("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51")
print(hexlify(aes(key, 1).encrypt(text)))
print(hexlify(aes(key, 2, start).encrypt(text)))
print(hexlify(aes(key[:16], 1).encrypt(text[:16])))
print(aes(key, 1).decrypt(aes(key, 1).encrypt(text)) == text)
print(aes(key, 2, start).decrypt(aes(key, 2, start).encrypt(text)) == text)
parts = aes(key, 2, start)
print(hexlify(parts.encrypt(text[:16]) + parts.encrypt(text[16:])))
buffer = bytearray(text)
view = memoryview(buffer)
print(aes(key, 2, start).encrypt(view[16:], view[16:]) is not None, hexlify(buffer))
both = aes(key, 1)
both.encrypt(text)
for call in (
    lambda: both.decrypt(text),
    lambda: aes(key, 2),
    lambda: aes(key, 2, bytes(15)),
    lambda: aes(key[:24], 1),
    lambda: aes(key, 6, start),
    lambda: aes(key, 1).encrypt(text[:17]),
    lambda: aes(key, 1).encrypt(text, bytearray(16)),
):
    try:
        print("fine", call())
    except ValueError as error:
        print(type(error).__name__, error.args[0])
