"""Who this device is to those who verify: the document that the birth of its keys leaves.

Separate because the recorder needs it at every start and the birth happens once. Nothing in it is
secret. Imports binascii, collections and json; the store is handed in.
"""

import json
from binascii import hexlify, unhexlify
from collections import namedtuple

DOCUMENT = "evidence"
_FORMAT = 1
_SIZES = (("devid", 8), ("identifier", 16), ("agreement_key", 32), ("birth", 8))

# devid: of the device, identifier: I of its seals, agreement_key: A of the association; flags of
# opening.py; birth: what its keys were born from, so that a birth that was cut off goes on
Identity = namedtuple("Identity", "devid identifier agreement_key birth flags")


def load(files):
    """The newest intact one, None on a device that has not been given keys."""
    for data in files.documents(DOCUMENT):
        made = parse(data)
        if made is not None:
            return made
    return None


def parse(data):
    """An Identity from a document's bytes, None when they are none."""
    try:
        fields = json.loads(data)
    except ValueError:
        return None
    if type(fields) is not dict or fields.get("format") != _FORMAT:
        return None
    flags = fields.get("flags")
    values = [bytes_of(fields.get(name), size) for name, size in _SIZES]
    if None in values or type(flags) is not int or not 0 <= flags < 1 << 16:
        return None
    return Identity(*(values + [flags]))


def save(files, it):
    """Commit it; True when it reads back."""
    fields = {"format": _FORMAT, "flags": it.flags}
    for (name, _), value in zip(_SIZES, it):
        fields[name] = hexlify(value).decode()
    return files.commit(DOCUMENT, json.dumps(fields).encode())


def bytes_of(text, size):
    """The bytes of a text of hex digits, None when it is not one of that size."""
    if type(text) is not str or len(text) != 2 * size:
        return None
    try:
        return unhexlify(text)
    except ValueError:
        return None
