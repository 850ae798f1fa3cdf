"""hkdf256: the three SHA-256 vectors of RFC 5869, appendix A."""

from binascii import unhexlify

import hkdf256

# secret, salt, info, the pseudorandom key, the output
VECTORS = (
    (
        b"\x0b" * 22,
        bytes(range(13)),
        bytes(range(0xF0, 0xFA)),
        "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x50)),
        bytes(range(0x60, 0xB0)),
        bytes(range(0xB0, 0x100)),
        "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
        "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c"
        "59045a99cac7827271cb41c65e590e09da3275600c2f09b8367793a9aca3db71"
        "cc30c58179ec3e87c14c01d5c1f3434f1d87",
    ),
    (
        b"\x0b" * 22,
        b"",
        b"",
        "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
)


def test_vectors():
    for secret, salt, info, key, output in VECTORS:
        found = hkdf256.extract(bytearray(32), salt, secret)
        assert bytes(found) == unhexlify(key)
        want = unhexlify(output)
        assert bytes(hkdf256.expand(bytearray(len(want)), found, info)) == want


def test_every_length_is_the_beginning_of_the_longest():
    key = bytes(range(32))
    longest = bytes(hkdf256.expand(bytearray(hkdf256.MAX_BYTES), key, b"i"))
    for count in (0, 1, 31, 32, 33, 64, 100):
        assert bytes(hkdf256.expand(bytearray(count), key, b"i")) == longest[:count]
    try:
        hkdf256.expand(bytearray(hkdf256.MAX_BYTES + 1), key, b"i")
    except ValueError:
        return
    raise AssertionError("no ValueError")
