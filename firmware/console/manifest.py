"""The manifest of a slot: its SHA-256, and the version it names. Imports binascii and hashlib."""

from binascii import hexlify
from hashlib import sha256

from firmware import file_pieces

BESIDE = ("firmware.file_pieces",)
_PIECE = 256


def read(path):
    """(SHA-256 in hex digits, version), "" for what cannot be read."""
    state, at, version = sha256(), 0, ""
    while True:
        piece = file_pieces.read(path, at, _PIECE)
        if not piece:
            break
        if not at:
            version = _version_in(piece)
        state.update(piece)
        at += len(piece)
    return hexlify(state.digest()).decode() if at else "", version


def _version_in(piece):
    """What stands behind its name near the beginning."""
    _, found, rest = piece.partition(b'"version"')
    parts = rest.split(b'"')
    return parts[1].decode() if found and len(parts) > 2 else ""
