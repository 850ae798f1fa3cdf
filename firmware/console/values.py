"""Arguments of a request, checked. Imports binascii."""

from binascii import unhexlify

from firmware.console import Refused


def whole(request, name, low, high, default=None):
    """A whole number of a request."""
    value = request.get(name, default)
    if type(value) is not int or not low <= value <= high:
        raise Refused("value")
    return value


def hex_of(request, name, size):
    """So many bytes, in hex digits."""
    value = request.get(name)
    try:
        if type(value) is str and len(value) == 2 * size:
            return unhexlify(value)
    except ValueError:
        pass
    raise Refused("value")


def word(request, name, words):
    """One of these words."""
    value = request.get(name)
    if type(value) is not str or value not in words:
        raise Refused("value")
    return value
