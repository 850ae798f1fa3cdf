"""Whether an LM-OTS signature is by a registered key: LMOTS_SHA256_N32_W4 of RFC 8554, section 4.

Separate because it is a standard of its own; written again from the RFC, not taken from the
firmware, and compared with pyhsslms in the tests. Verifies only. Imports hashlib.
"""

from __future__ import annotations

from hashlib import sha256

SIGNATURE_BYTES = 2180
_TYPE = (3).to_bytes(4, "big")
_N, _CHAINS, _TOP = 32, 67, 15


def verify(identifier: bytes, q: int, key: bytes, message: bytes, signature: bytes) -> bool:
    """Algorithm 4a and 4b: does the signature lead to this public key (the 32 bytes K)?"""
    if len(signature) != SIGNATURE_BYTES or signature[:4] != _TYPE:
        return False
    prefix = identifier + q.to_bytes(4, "big")
    randomizer, values = signature[4:36], signature[36:]
    digest = sha256(prefix + b"\x81\x81" + randomizer + message).digest()
    result = sha256(prefix + b"\x80\x80")
    for chain, digit in enumerate(_digits(digest)):
        value = values[_N * chain : _N * chain + _N]
        start = prefix + chain.to_bytes(2, "big")
        for position in range(digit, _TOP):
            value = sha256(start + bytes((position,)) + value).digest()
        result.update(value)
    return result.digest() == key


def _digits(digest: bytes) -> list[int]:
    """coef(Q || Cksm(Q), i, 4) for all i: 64 digits, then three of the checksum (4.4)."""
    digits = [part for byte in digest for part in (byte >> 4, byte & 15)]
    checksum = sum(_TOP - digit for digit in digits) << 4
    return digits + [checksum >> 12 & 15, checksum >> 8 & 15, checksum >> 4 & 15]
