"""Read a recorded GNSS stream with the parsers of lib/ and print one JSON line per epoch.

Separate from tools/gnss.py because this half runs on every interpreter, MicroPython included:
`micropython tools/gnss_epochs.py LOG.nmea 0`. The lines are those of CONTRACTS.md section 8,
byte for byte the same wherever they are made, so the JSON is written by hand. Imports sys
and lib/ only.
"""

import sys

_CHUNK = 4096
_FIELDS = ("lat_e7", "lon_e7", "mode", "radius_m", "hdop_c", "sats")


def epochs(stream, not_before_utc, chunk=_CHUNK):
    """Yield every gnssfix.Epoch of a binary stream, the void ones too."""
    import gnssfix
    import nmea

    reader = nmea.Reader()
    joiner = gnssfix.Epochs(not_before_utc)
    while True:
        data = stream.read(chunk)
        if not data:
            break
        for value in reader.feed(data):
            epoch = joiner.take(value)
            if epoch:
                yield epoch
    epoch = joiner.idle()
    if epoch:
        yield epoch


def line(epoch):
    """Return the JSON object of one epoch, without a line end."""
    import civil

    utc = "null" if epoch.utc_s is None else '"%s"' % civil.iso(epoch.utc_s)
    text = '{"utc": %s, "date_ok": %s' % (utc, "true" if epoch.date_ok else "false")
    for name in _FIELDS:
        value = getattr(epoch, name)
        text += ', "%s": %s' % (name, "null" if value is None else value)
    return text + "}"


def main(path, not_before_utc):
    with open(path, "rb") as stream:
        for epoch in epochs(stream, not_before_utc):
            print(line(epoch))


if __name__ == "__main__":
    here = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
    sys.path.insert(0, here + "/../lib")
    main(sys.argv[1], int(sys.argv[2]))
