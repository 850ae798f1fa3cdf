"""Everything that is of her and of the desk, erased: keys first, the service key last.

What a cut leaves is erased when it is asked for again: until the end the device keeps its mode,
and the key with which it is asked. Files are overwritten too, as far as LittleFS allows: its free
room is filled once, and its directory written often enough that both of its blocks are erased.
"""

from binascii import hexlify

from firmware import file_pieces
from firmware.console import Refused
from firmware.console.device import devid
from firmware.store import SECTOR

BESIDE = ("firmware.file_pieces",)
_PARTITIONS = ("keys", "ev", "journal")
_KEPT = ("board", "slot", "boot.py", "main.py")
_CONFIGURED = ("mode", "config.0", "config.1")
_LAST = ("service.0", "service.1")
_LOOK = 512
_BLANK = b"\xff" * _LOOK
_PER_PART = 16
_FILL = "/fill"
_PIECE = 4096
_TURNS = 192  # of a small file that lies in the directory's own blocks, 8 KB


def wipe(core, console, request):
    known = devid(core.files)
    known = None if known is None else hexlify(known).decode()
    if "devid" not in request or request["devid"] != known:
        raise Refused("value")
    if core.is_recording():
        raise Refused("busy")
    core.wiping = 1  # nothing else writes any more: until it is restarted
    return _wipe(core)


def _wipe(core):
    logs = [(name, core.files.log(name)) for name in _PARTITIONS if core.board.partition(name)]
    of = sum([log.sectors for _, log in logs]) // _PER_PART + 2
    done = part = 0
    for _, log in logs:
        for sector in range(log.sectors):
            if not _is_blank(log, sector):
                log.erase(sector)
                if not _is_blank(log, sector):
                    raise Refused("storage")
            done += 1
            if done % _PER_PART == 0:
                part += 1
                yield ("part", part - 1), ("of", of)
            else:
                yield 0
    names = [name for name in file_pieces.names() if name not in _KEPT + _CONFIGURED + _LAST]
    yield from _remove(core, names)
    # On the bench first, then without configuration: a cut between leaves the one or the other.
    yield from _remove(core, _CONFIGURED)
    yield ("part", part), ("of", of)
    yield from _fill(core)
    yield from _remove(core, _LAST)
    yield ("part", part + 1), ("of", of)
    yield from _churn(core)
    return ()


def _is_blank(log, sector):
    look = bytearray(_LOOK)
    for at in range(0, SECTOR, _LOOK):
        log.read(sector, at, look)
        if look != _BLANK:
            return False
    return True


def _remove(core, names):
    for name in names:
        if not core.files.remove("/" + name):
            raise Refused("storage")
        yield 0


def _fill(core):
    """What was removed still lies in free blocks: write over them."""
    zeros = bytes(_PIECE)
    try:
        file_pieces.append(_FILL, b"", True)
        while True:
            file_pieces.append(_FILL, zeros, False)
            yield 0
    except OSError:
        pass  # it is full
    yield from _remove(core, (_FILL[1:],))


def _churn(core):
    for turn in range(_TURNS):
        file_pieces.append(_FILL, bytes([turn]) * 64, True)
        yield 0
    yield from _remove(core, (_FILL[1:],))
