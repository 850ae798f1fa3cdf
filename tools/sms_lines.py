"""Encode and decode messages, one JSON line each, with the firmware's own codec.

Separate from tools/sms.py because this half runs on any interpreter: as a module on CPython,
as a program on the MicroPython VM (`micropython tools/sms_lines.py encode`: lines on stdin and
stdout). Imports only what MicroPython has.
"""

import json
import sys

VALIDITY_MIN = 240  # an alert's own, unless the line says otherwise
KEY_SHOWN = 40  # letters of an unknown key
VALIDITY_MAX_MIN = 635040  # 63 weeks, 23.040 section 9.2.3.12.1


def encode(message):
    """{to, text, report, ref} -> {tpdus}; raises ValueError saying what is wrong."""
    import tpdu

    _only(message, ("to", "text", "report", "ref", "validity_min"))
    to, text = _field(message, "to", str), _field(message, "text", str)
    report = message.get("report", False)
    if type(report) is not bool and report not in (0, 1):
        raise ValueError("report: not true or false")
    ref = _within(message, "ref", 0, 255, 0)
    validity_min = _within(message, "validity_min", 1, VALIDITY_MAX_MIN, VALIDITY_MIN)
    units = tpdu.submit_parts(to, text, report, validity_min, ref)
    if units is None and tpdu.submit(to, "", 0, 0) is None:
        raise ValueError("to: not a telephone number")
    if units is None:
        raise ValueError("text: more than 255 parts")
    return {"tpdus": [unit.hex().upper() for unit in units]}


def decode(message):
    """{tpdus} -> {to, text, report, ref}; raises ValueError saying what is wrong.

    `to` is the other side's number, whichever way the message went; ref is the reference that
    joins parts, else the message's own. A service centre before a unit is skipped.
    """
    import tpdu

    _only(message, ("tpdus",))
    units = []
    for text in _field(message, "tpdus", list):
        octets = tpdu.from_hex(text) if isinstance(text, str) else None
        unit = tpdu.BadPdu("hex") if octets is None else tpdu.decode(_without_centre(octets))
        if isinstance(unit, tpdu.BadPdu):
            raise ValueError("tpdus: unit %d is damaged (%s)" % (len(units) + 1, unit.reason))
        units.append(unit)
    if not units:
        raise ValueError("tpdus: empty")
    first = units[0]
    if isinstance(first, tpdu.StatusReport):
        return {"to": first.number, "status": first.status, "ref": first.ref}
    ref = first.ref if isinstance(first, tpdu.Submit) else 0
    if first.part is not None:
        units = _joined(units)
        ref = first.part.ref
    elif len(units) > 1:
        raise ValueError("tpdus: not the parts of one message")
    report = isinstance(first, tpdu.Submit) and first.report == 1
    text = "".join([unit.text for unit in units])
    return {"to": first.number, "text": text, "report": report, "ref": ref}


def _joined(units):
    """The parts of one message, in order: all of them, or as they are a single one."""
    parts = [unit.part for unit in units if hasattr(unit, "part") and unit.part is not None]
    if len(parts) != len(units) or any(part.ref != parts[0].ref for part in parts):
        raise ValueError("tpdus: not the parts of one message")
    indexes = sorted([part.index for part in parts])
    if len(units) > 1 and indexes != list(range(1, parts[0].total + 1)):
        raise ValueError("tpdus: parts are missing or twice")
    return sorted(units, key=lambda unit: unit.part.index)


def _without_centre(octets):
    """The unit behind a service centre, or all where there is none (TS 24.011 8.2.5.2).

    The type of a number has its highest bit set, the length of a number has not: that tells a
    centre's field from the beginning of a unit.
    """
    if len(octets) < 3:
        return octets
    if octets[0] == 0:
        return octets if octets[2] >= 0x80 and 2 < octets[1] < 16 else octets[1:]
    return octets[1 + octets[0] :] if octets[0] <= 12 and octets[1] >= 0x80 else octets


def _only(message, known):
    """Refuse what is no object, and a key that would be passed over."""
    if not isinstance(message, dict):
        raise ValueError("not an object")
    for key in sorted(message):
        if key not in known:
            shown = "".join([letter if letter >= " " else "?" for letter in key[:KEY_SHOWN]])
            raise ValueError("%s: unknown key; known here: %s" % (shown, ", ".join(known)))


def _field(message, name, kind, otherwise=None):
    value = message.get(name, otherwise)
    if value is None:
        raise ValueError("%s: missing" % name)
    if type(value) is not kind:  # a bool is an int to one interpreter, not to the other
        raise ValueError("%s: of the wrong type" % name)
    return value


def _within(message, name, least, most, otherwise):
    """A whole number from least to most."""
    value = _field(message, name, int, otherwise)
    if not least <= value <= most:
        raise ValueError("%s: not %d to %d" % (name, least, most))
    return value


def answer(task, line):
    """The JSON line that answers a JSON line; {"error": ...} when it cannot be done."""
    try:
        message = json.loads(line)
    except ValueError:
        return json.dumps({"error": "not JSON"})
    try:
        return json.dumps(encode(message) if task == "encode" else decode(message))
    except ValueError as error:
        return json.dumps({"error": str(error)})


def main(task):
    """Answer line by line, until there are no more."""
    while True:
        line = sys.stdin.readline()
        if not line:
            return
        print(answer(task, line))


if __name__ == "__main__":
    sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/lib")
    main(sys.argv[1])
