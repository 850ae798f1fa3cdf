"""Runs the primitives of sealing on any interpreter: requests in a file, one answer to a line.

As a program: `micropython sealing.py ROOT REQUESTS`. A request is a word and its arguments, bytes
in hex ("-" for none), and so is the answer. Imports array, binascii, sys and lib/.
"""

import sys
from array import array
from binascii import hexlify, unhexlify


def run(generator):
    """The value of a generator, all of it run."""
    while True:
        try:
            next(generator)
        except StopIteration as end:
            return end.value


def agree(secret, public):
    import x25519

    out = bytearray(32)
    run(x25519.agree(secret, public, out))
    return out


def iterate(count):
    """RFC 7748, 5.2: scalar and u-coordinate over and over."""
    k = u = b"\x09" + bytes(31)
    for _ in range(number(count)):
        k, u = bytes(agree(k, u)), k
    return k


def key(identifier, q, seed):
    import lmots

    out = bytearray(32)
    run(lmots.public_key(identifier, number(q), seed, out))
    return out


def sign(identifier, q, seed, c, message):
    import lmots

    out = bytearray(lmots.SIGNATURE_BYTES)
    run(lmots.sign(identifier, number(q), seed, c, (message,), out))
    return out


def verify(identifier, q, public, signature, message):
    import lmots

    good = run(lmots.verify(identifier, number(q), public, signature, (message,)))
    return b"\x01" if good else b"\x00"


def mac(secret, message):
    import hmac256

    return hmac256.into(bytearray(32), secret, message)


def derive(secret, salt, info, count):
    import hkdf256

    found = hkdf256.extract(bytearray(32), salt, secret)
    return hkdf256.expand(bytearray(number(count)), found, info)


def sound(samples):
    """The codes of 16-bit samples, low byte first, from the beginning of a stream."""
    import adpcm

    out = bytearray(len(samples) // 4)
    adpcm.Encoder().encode(array("h", samples), len(samples) // 2, out)
    return out


def number(big_endian):
    return int.from_bytes(big_endian, "big")


def answer(line):
    words = line.split()
    given = [b"" if word == "-" else unhexlify(word) for word in words[1:]]
    work = {
        "agree": agree,
        "iterate": iterate,
        "key": key,
        "sign": sign,
        "verify": verify,
        "mac": mac,
        "derive": derive,
        "sound": sound,
    }[words[0]]
    return hexlify(work(*given)).decode()


def main(path):
    with open(path) as requests:
        for line in requests:
            print(answer(line))


if __name__ == "__main__":
    sys.path.insert(0, sys.argv[1] + "/lib")
    main(sys.argv[2])
