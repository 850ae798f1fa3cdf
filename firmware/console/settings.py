"""The service key, and whether the device is on the bench or in the field. Imports json."""

import json

from firmware.console import Refused
from firmware.console.device import SERVICE, service_key
from firmware.console.values import hex_of, word

BESIDE = (
    "firmware.console.device",
    "firmware.console.values",
)
_DROPPED = "/config.json"  # what the next start takes over
_SIZE_MAX = 8192


def service(core, _console, request):
    key, number = hex_of(request, "key", 32), hex_of(request, "devid", 8)
    if not core.files.commit(SERVICE, key + number):
        raise Refused("storage")
    return ()


def mode(core, _console, request):
    """In force at the next start, with all else as it is or as it was to be then."""
    wanted = word(request, "mode", ("bench", "field"))
    if wanted == "field" and service_key(core.files) is None:
        raise Refused("absent")
    data = core.files.read(_DROPPED, _SIZE_MAX)
    if data is None:
        data = (core.files.documents("config") + [None])[0]
    try:
        fields = json.loads(data) if data else None
    except ValueError:
        fields = None
    if type(fields) is not dict:
        raise Refused("absent")
    fields["mode"] = wanted
    if not core.files.write(_DROPPED, json.dumps(fields).encode()):
        raise Refused("storage")
    return ()
