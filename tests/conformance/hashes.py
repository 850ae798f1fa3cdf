# hashlib: update, digest once.
import binascii
import hashlib

h = hashlib.sha256(b"ab")
h.update(b"c")
print(binascii.hexlify(h.digest()))
for call in (lambda: h.update(b"x"), h.digest):
    try:
        call()
        print("accepted")
    except ValueError:
        print("ValueError")
print(hasattr(h, "hexdigest"), hasattr(h, "copy"))
print(binascii.hexlify(hashlib.sha1(b"abc").digest()), hasattr(hashlib, "sha512"))
