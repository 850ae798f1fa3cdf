"""Partitions as they are: how large, what they hash to, and sectors of them. Nothing is written.

The partition of keys is never given out: whoever has a copy of the seed there can forge all later
recordings (EV1, N1), and there is nothing in it that proves anything. Imports hashlib and the
store's sizes.
"""

from binascii import b2a_base64, hexlify
from hashlib import sha256

from firmware.console import Refused
from firmware.console.values import whole
from firmware.store import SECTOR

_PIECE = 512
_PER_PART = 64  # sectors hashed between two parts
_AT_ONCE_MAX = 64
_BLANK = b"\xff" * _PIECE


def partition(core, _console, request):
    return (("sectors", _log(core, request).sectors),)


def hash(core, _console, request):
    return _hash(core, _log(core, request))


def _hash(core, log):
    state, sector = sha256(), bytearray(SECTOR)
    for number in range(log.sectors):
        log.read(number, 0, sector)
        state.update(sector)
        if number % _PER_PART == _PER_PART - 1:
            _at_rest(core)
            yield ("part", number // _PER_PART), ("of", log.sectors // _PER_PART)
        else:
            yield 0
    return ("sha256", hexlify(state.digest()).decode()), ("sectors", log.sectors)


def read(core, _console, request):
    log = _log(core, request)
    first = whole(request, "sector", 0, log.sectors - 1)
    count = whole(request, "count", 1, min(_AT_ONCE_MAX, log.sectors - first), 1)
    return _read(core, log, first, count)


def _read(core, log, first, count):
    state, sector = sha256(), bytearray(SECTOR)
    view = memoryview(sector)
    part = 0
    for number in range(first, first + count):
        _at_rest(core)
        log.read(number, 0, sector)
        state.update(sector)
        pieces = range(0, SECTOR, _PIECE)
        if all(view[at : at + _PIECE] == _BLANK for at in pieces):
            yield ("part", part), ("blank", SECTOR)
            part += 1
            continue
        for at in pieces:
            text = b2a_base64(bytes(view[at : at + _PIECE])).decode().strip()
            yield ("part", part), ("data", text)
            part += 1
    return (("sha256", hexlify(state.digest()).decode()),)


def _log(core, request):
    name = request.get("name")
    if name == "keys":
        raise Refused("denied")
    if name not in ("ev", "journal"):
        raise Refused("value")
    if core.board.partition(name) is None:
        raise Refused("absent")
    _at_rest(core)
    return core.files.log(name)


def _at_rest(core):
    if core.is_recording():
        raise Refused("busy")
