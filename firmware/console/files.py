"""The desk's files, in and out, in pieces.

What comes in has another name until it is whole and was found to be good: a power cut leaves the
old file, or none. Imports the configuration's rules.
"""

from binascii import a2b_base64, b2a_base64

from firmware import file_pieces
from firmware.console import Refused
from firmware.console.values import whole, word

BESIDE = ("firmware.file_pieces", "firmware.config", "firmware.console.values")
_PIECE = 512
_NEW = "/put.new"
_CONFIG, _DESK, _HANDOVER = "config.json", "desk.json", "handover.json"
_SIZES = {_CONFIG: 8192, _DESK: 1024}


def put(core, _console, request):
    name = word(request, "name", (_CONFIG, _DESK))
    of = whole(request, "of", 1, _SIZES[name])
    at = whole(request, "at", 0, of)
    data = _bytes(request.get("data"))
    if at and file_pieces.size(_NEW) != at or at + len(data) > of:
        raise Refused("value")
    file_pieces.append(_NEW, data, not at)
    if at + len(data) < of:
        return (("done", False),)
    wrong = _wrong(core, name)
    if wrong is not None:
        core.files.remove(_NEW)
        raise Refused("value", wrong)
    file_pieces.move(_NEW, "/" + name)
    return (("done", True),)


def _bytes(text):
    try:
        data = a2b_base64(text) if type(text) is str else b""
    except ValueError:
        data = b""
    if not 0 < len(data) <= _PIECE:
        raise Refused("value")
    return data


def _wrong(core, name):
    """What is wrong with the file, None when nothing is."""
    data = core.files.read(_NEW, _SIZES[name])
    if name == _CONFIG:
        from firmware import config

        return config.parse(data)[1]
    if core.board.accel is None or core.board.partition("keys") is None:
        raise Refused("absent")
    from firmware.evidence import birth

    return None if birth.parsed(data) is not None else "desk.json: not what the desk writes"


def get(_core, _console, request):
    name = _only_handover(request)
    of = file_pieces.size("/" + name)
    if of is None:
        raise Refused("absent")
    at = whole(request, "at", 0, of)
    data = file_pieces.read("/" + name, at, _PIECE)
    if data is None:
        raise Refused("storage")
    return ("data", b2a_base64(data).decode().strip()), ("of", of)


def remove(core, _console, request):
    if not core.files.remove("/" + _only_handover(request)):
        raise Refused("storage")
    return ()


def _only_handover(request):
    name = request.get("name")
    if type(name) is not str:
        raise Refused("value")
    if name != _HANDOVER:
        raise Refused("denied")
    return name
