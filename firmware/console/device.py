"""Who this device is to the desk: its service key, and its number. Imports binascii."""

from binascii import unhexlify

SERVICE = "service"  # the document: the service key, 32 bytes, then the devid, 8


def service_key(files):
    """(service key, devid) of the desk; None on a device that was never given one."""
    for data in files.documents(SERVICE):
        if len(data) == 40:
            return data[:32], data[32:]
    return None


def devid(files):
    """The number of this device: of its evidence, else that which the desk gave it; or None."""
    for data in files.documents("evidence"):
        _, found, rest = data.partition(b'"devid"')
        parts = rest.split(b'"')
        if found and len(parts) > 2 and len(parts[1]) == 16:
            return unhexlify(parts[1])
    known = service_key(files)
    return None if known is None else known[1]
