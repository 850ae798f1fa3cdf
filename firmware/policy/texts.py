"""How every text that leaves the button is made of its wording and what is known.

Separate because the wording is law (BEHAVIOUR.md section 6): a reader checks it line by line in
texts_fr.py and texts_en.py. A text is one short message of the GSM 7 bit default alphabet (3GPP
TS 23.038 6.2.1), at most 160 septets for every legal configuration; what is dropped when it is
too long, and in which order, is here. Knows nothing of alerts, contacts or clocks: the fields
come as Facts. Imports gsm7 and the wording, and messages' readings by their fields only.
"""

from collections import namedtuple

import gsm7
from micropython import const

SEPTETS_MAX = const(160)  # 23.040 9.2.3.24: 140 octets of user data, one part
NAME_MAX = const(10)
_CELL_MAX = const(24)  # "208-012-1A2B3C-123456789": MCC-MNC-area-cell, hexadecimal, NR included
_RADIUS_MAX_M = const(99999)

# The kinds of text: also words of the journal.
WATCH = "watch"
DANGER = "danger"
FALL = "fall"
REFINED = "refined"
TRACK = "track"
CANCELLED = "cancel"
DURESS = "duress"
LOW_BATTERY = "low_battery"
BATTERY_OUT = "battery_out"
TEST = "test"
END = "end"
SWITCHED_ON = "resume"
WATCH_END = "watch_end"
WITNESS = "witness"  # the evidence code alone

Facts = namedtuple(
    "Facts",
    (
        "name",
        "item",
        "press",  # clock time of the press, with its date where that matters; "" unknown
        "when",  # clock time of what the text tells: a cancel, an end; "" unknown
        "fix",  # Fix or None
        "fix_at",  # clock time of the fix; "" unknown
        "cell",  # Cell or None
        "battery",  # percent or None
        "count",  # number of the tracking round
        "code",  # evidence code, or that of the hand-over TEST; "" none
    ),
)

# What is dropped, one after the other, until the text fits. Never the action line.
_FULL = const(0)
_NO_BATTERY = const(1)
_SHORT_REPLY = const(2)
_FOUR_DECIMALS = const(3)
_NO_REPLY = const(4)
# Beyond the law's list, for one case: two negative coordinates of the far side of the world
# with the longest name and mark. A place of 100 m, then of 1 km, instead of no message.
_THREE_DECIMALS = const(5)
_TWO_DECIMALS = const(6)


def wording(language):
    """The templates by kind. Loaded when first asked for: ask once at start, not in an alert."""
    if language == "fr":
        from firmware.policy.texts_fr import TEXTS
    else:
        from firmware.policy.texts_en import TEXTS
    return TEXTS


def compose(kind, language, facts, resent=False, plain=False):
    """The text of a kind, at most 160 septets.

    language: "fr" or "en". resent: marked (2), but for the TEST. plain: the shortest form, for
    a modem that did not like the full one.
    """
    sheet = wording(language)
    mark = "(2) " if resent and kind != TEST else ""
    values = _values(sheet, facts)
    if facts.fix is None and kind + "?" in sheet:
        kind += "?"
    text = ""
    for drop in range(_NO_REPLY if plain else _FULL, _TWO_DECIMALS + 1):
        _drop(drop, kind, sheet, facts, values)
        text = mark + _fill(sheet[kind], values)
        # All else is of the basic alphabet, one septet each: counting is slow on the board.
        if len(text) + _escapes(values["name"]) + _escapes(values["cell"]) <= SEPTETS_MAX:
            break
    return text


def link(lat_e7, lon_e7, decimals):
    """The link to a place: it doubles as coordinates to read aloud."""
    return "https://maps.google.com/?q=%s,%s" % (
        _degrees(lat_e7, decimals),
        _degrees(lon_e7, decimals),
    )


def _degrees(value_e7, decimals):
    """1e-7 degree as text of 1..7 decimals, rounded to the nearest, half away from zero."""
    unit = 10 ** (7 - decimals)
    steps = (abs(value_e7) + unit // 2) // unit
    scale = 10**decimals
    fraction = str(scale + steps % scale)[1:]  # with its leading zeros
    return "%s%d.%s" % ("-" if value_e7 < 0 and steps else "", steps // scale, fraction)


def _values(sheet, facts):
    """The fields as texts, "" for what is unknown, before anything is dropped."""
    values = {
        "name": gsm7.transliterate(facts.name)[:NAME_MAX],
        "item": str(facts.item),
        "press": facts.press,
        "when": facts.when,
        "fix_at": facts.fix_at,
        "cell": _cell(facts.cell),
        "battery": "" if facts.battery is None else str(facts.battery),
        "count": str(facts.count),
        "code": facts.code,
        "reply": sheet["reply"],
    }
    if facts.fix is not None:
        values["radius"] = str(min(facts.fix.radius_m, _RADIUS_MAX_M))
    return values


def _drop(drop, kind, sheet, facts, values):
    """Drop one thing more, and say where she is."""
    # The battery is what a low-battery text is about, so there it stays.
    if drop >= _NO_BATTERY and kind != LOW_BATTERY:
        values["battery"] = ""
    if drop >= _SHORT_REPLY:
        values["reply"] = "" if drop >= _NO_REPLY else sheet["reply, short"]
    fix = facts.fix
    if fix is not None:
        decimals = 5 if drop < _FOUR_DECIMALS else min(4, 8 - drop)
        values["link"] = link(fix.lat_e7, fix.lon_e7, decimals)
    values["place"] = _fill(sheet["place" if fix is not None else "place?"], values)


def _cell(cell):
    if cell is None or not cell.mcc:
        return ""
    return gsm7.transliterate("-".join([part for part in cell if part]))[:_CELL_MAX]


def _escapes(text):
    """How many septets more than characters it takes."""
    return gsm7.septet_count(text) - len(text)


def _fill(template, values):
    """The template with its fields; what stands in brackets only where its fields are known."""
    text = ""
    for part in template.split("["):
        if "]" in part:
            optional, part = part.split("]")
            text += _put(optional, values, False)
        # Outside brackets a field is always there, though it may be empty.
        text += _put(part, values, True)
    return text


def _put(text, values, always):
    pieces = text.split("{")
    text = pieces[0]
    for piece in pieces[1:]:
        name, rest = piece.split("}")
        value = values[name]
        if not value and not always:
            return ""
        text += value + rest
    return text
