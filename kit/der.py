"""Elements of DER, as far as time-stamp tokens need them (X.690).

Separate because reading a token and checking who signed it both take it apart. Pure.
"""

from __future__ import annotations

SEQUENCE, OCTETS, OID, TIME, EXPLICIT = 0x30, 0x04, 0x06, 0x18, 0xA0


def parts(data: bytes) -> list[tuple[int, bytes]]:
    """The elements one after another: (tag, content). Definite lengths; ValueError otherwise."""
    found = []
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("cut off")
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            more = size & 0x7F
            if not 1 <= more <= 4:
                raise ValueError("length")
            size = int.from_bytes(data[at : at + more], "big")
            at += more
        if at + size > len(data):
            raise ValueError("cut off")
        found.append((tag, data[at : at + size]))
        at += size
    return found


def element(tag: int, content: bytes) -> bytes:
    """One element, its length in the shortest form."""
    size = len(content)
    if size < 0x80:
        return bytes((tag, size)) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(length))) + length + content
