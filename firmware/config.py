"""The configuration: JSON from the desk becomes one frozen tuple, or one line that says why not.

Separate because a wrong configuration is found at the desk or never: every field has its rule
in one table, the error names the field and the rule, never the value, which may be a number or
a PIN. Only a valid configuration is committed, over the older of two slots; the last good one
stays in force. The limits are those of BEHAVIOUR.md, sections 1 and 5; whether a text fits one
message is the policy's to say. Imports json, firmware.messages and the pure civil.
"""

import json

import civil
from micropython import const

from firmware.messages import Config, Contact

FORMAT = const(1)
CONTACTS_MAX = const(5)
NAME_MAX = const(10)  # letters; the longest texts have room for no more
_SIZE_MAX = const(8192)  # bytes of JSON; five contacts and every field take about 1500

_DROPPED = "/config.json"  # where the desk leaves a new one
_DOCUMENT = "config"
_MODE = "/mode"  # read by boot.py, which knows no JSON
_ROLES = ("danger", "watch", "technical")
_KEY_LETTERS = "abcdefghijklmnopqrstuvwxyz_"
# Of the GSM alphabet (23.038, 6.2.1) the Latin letters, so that no name is changed on its way.
_NAME_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZàèéìòùäöüñåæøßÄÖÜÑÅÆØÉÇ-' "
_MINUTE_MS = const(60000)
_NEEDED = None  # in place of a default
_BY_PROFILE = ""  # in place of a default: BEHAVIOUR.md, section 2, "Profiles"


class _Wrong(ValueError):
    """A field breaks its rule; its text is the whole line."""


# -- from the desk to the slots --------------------------------------------------------------


def load(store, take=True):
    """Return (configuration in force or None, why the dropped one was refused or None).

    A valid /config.json is committed, then removed; a power cut in between repeats that. An
    invalid one is left where it is, so that the desk can see it. take=False writes nothing: an
    alert is in progress.
    """
    config, data = _in_force(store)
    error = None
    dropped = store.read(_DROPPED, _SIZE_MAX) if take else None
    if dropped is not None:
        fresh, error = parse(dropped)
        if fresh is not None and dropped != data and not store.commit(_DOCUMENT, dropped):
            fresh, error = None, "config.json: could not be stored"
        if fresh is not None:
            config = fresh
    elif config is None:
        error = "config.json: missing, and no good configuration is stored"
    if take and config is not None:
        _write_mode(store, config.mode)
    if dropped is not None and error is None:
        store.remove(_DROPPED)
    return config, error


def _in_force(store):
    """Return (configuration, its JSON) of the newest slot that still obeys the rules."""
    for data in store.documents(_DOCUMENT):
        config, _ = parse(data)
        if config is not None:
            return config, data
    return None, None


def _write_mode(store, mode):
    data = mode.encode()
    if store.read(_MODE, len(data)) != data:
        store.write(_MODE, data)


def parse(data):
    """Return (Config, None) for valid JSON bytes, else (None, one line that names the field)."""
    if len(data) > _SIZE_MAX:
        return None, "config.json: longer than {} bytes".format(_SIZE_MAX)
    try:
        tree = json.loads(data)
    except (ValueError, RuntimeError):  # RuntimeError: nested too deeply
        return None, "config.json: not valid JSON"
    try:
        return _config(tree), None
    except _Wrong as wrong:
        return None, wrong.args[0]


# -- the rules of single values: (check, what is wrong) --------------------------------------


def _one_of(*words):
    return (lambda value: value in words and type(value) is str), "not " + " or ".join(words)


def _whole(low, high):
    message = "not a whole number from {} to {}".format(low, high)
    return (lambda value: type(value) is int and low <= value <= high), message


def _digits(text):
    return all(digit in "0123456789" for digit in text)


def _is_name(value):
    if type(value) is not str or not 1 <= len(value) <= NAME_MAX:
        return False
    return value[0] not in "-' " and all(letter in _NAME_LETTERS for letter in value)


def _is_number(value):
    """An international number, E.164: + and 8 to 15 digits, of which the first is not 0."""
    if type(value) is not str:
        return False
    digits = value.replace(" ", "")[1:]
    return value[:1] == "+" and 8 <= len(digits) <= 15 and _digits(digits) and digits[0] != "0"


def _is_number_or_none(value):
    return value == "" or _is_number(value)


def _is_pin(value):
    return type(value) is str and (value == "" or 4 <= len(value) <= 8) and _digits(value)


def _is_pattern(value):
    if type(value) is not str or not 4 <= len(value) <= 8:
        return False
    return "l" in value and all(press in "sl" for press in value)


def _clock_min(value):
    """Return the minute of the day of "22:00", -1 for anything else."""
    if type(value) is not str or len(value) != 5 or value[2] != ":":
        return -1
    if not _digits(value[:2] + value[3:]):
        return -1
    hour, minute = int(value[:2]), int(value[3:])
    return hour * 60 + minute if hour < 24 and minute < 60 else -1


def _is_quiet(value):
    if type(value) is not list or len(value) != 2:
        return False
    return _clock_min(value[0]) >= 0 and _clock_min(value[1]) >= 0


def _date_s(value):
    """Return the UTC seconds since 2000 of "2026-01-01", -1 for anything else."""
    if type(value) is not str or len(value) != 10 or value[4] != "-" or value[7] != "-":
        return -1
    if not _digits(value[:4] + value[5:7] + value[8:]):
        return -1
    year, month, day = int(value[:4]), int(value[5:7]), int(value[8:])
    if not 2000 <= year <= 2099 or not civil.is_date(year, month, day):
        return -1
    return civil.utc(year, month, day)


def _is_date(value):
    return _date_s(value) >= 0


def _is_true_or_false(value):
    return type(value) is bool


_NUMBER = "not an international number (+ and 8 to 15 digits)"
_LIST = (lambda value: type(value) is list), "not a list"
_OBJECT = (lambda value: type(value) is dict), "not an object"

# name, default, (check, what is wrong). Minutes of BEHAVIOUR.md, section 2.
_FIELDS = (
    ("format", _NEEDED, _whole(FORMAT, FORMAT)),
    ("mode", "field", _one_of("bench", "field")),
    ("item", 0, _whole(0, 9999)),
    ("name", _NEEDED, (_is_name, "not 1 to 10 letters of the GSM alphabet (no ç ê ë î ï ô û)")),
    ("language", "fr", _one_of("fr", "en")),
    ("profile", "separated", _one_of("cohabiting", "separated", "health")),
    ("gestures", "default", _one_of("default", "monsherif")),
    (
        "cancel_pattern",
        "lssl",
        (_is_pattern, "not 4 to 8 presses written s (short) or l (long), at least one l"),
    ),
    ("contacts", _NEEDED, _LIST),
    ("own_number", "", (_is_number_or_none, _NUMBER)),
    ("smsc", "", (_is_number_or_none, _NUMBER)),
    ("sim_pin", "", (_is_pin, "not 4 to 8 digits")),
    ("haptics", "on", _one_of("on", "off")),
    ("quiet_hours", ["22:00", "07:00"], (_is_quiet, "not two clock times HH:MM")),
    ("timezone", {"offset_min": 60, "dst": "eu"}, _OBJECT),
    ("not_before_utc", "2026-01-01", (_is_date, "not a date YYYY-MM-DD from 2000 to 2099")),
    ("watch_max_min", 60, _whole(10, 720)),
    ("danger_max_min", 720, _whole(60, 1440)),
    ("sms_budget", 150, _whole(20, 500)),
    ("sms_reserve", 10, _whole(5, 50)),
    ("validity_min", 240, _whole(5, 1440)),
    ("fall_detection", _BY_PROFILE, (_is_true_or_false, "not true or false")),
    ("placement", "waist", _one_of("waist", "chest", "pocket")),
    ("prealarm_s", 30, _whole(0, 45)),
    ("recording", False, (_is_true_or_false, "not true or false")),
    ("recording_fall", False, (_is_true_or_false, "not true or false")),
    ("preroll_s", 0, _whole(0, 30)),
    ("audio_rate_hz", 8000, (lambda value: value in (8000, 16000), "not 8000 or 16000")),
    ("witness", "", (_is_number_or_none, _NUMBER)),
)
_TIMEZONE_FIELDS = (
    ("offset_min", _NEEDED, _whole(-720, 840)),
    ("dst", "none", _one_of("eu", "none")),
)
_CONTACT_FIELDS: tuple = (
    ("number", _NEEDED, (_is_number, _NUMBER)),
    ("roles", [], _LIST),
    ("ring", True, (_is_true_or_false, "not true or false")),
    ("confirmed", False, (_is_true_or_false, "not true or false")),
)


def _checked(tree, fields, path):
    """Return the values of an object, defaults filled in, or raise _Wrong for the first rule.

    path ends with a dot, or is empty at the top.
    """
    if type(tree) is not dict:
        raise _Wrong("{}: not an object".format(path[:-1] or "config.json"))
    known = [name for name, _, _ in fields]
    for key in sorted([str(key) for key in tree]):  # MicroPython lets a number be a key
        if key not in known:
            # A number or a PIN in the wrong place must not be shown either.
            word = len(key) <= 24 and all(letter in _KEY_LETTERS for letter in key)
            raise _Wrong("{}{}: unknown key".format(path, key if word else "(no plain word)"))
    values = {}
    for name, default, (check, message) in fields:
        if name not in tree and default is _NEEDED:
            raise _Wrong("{}{}: missing".format(path, name))
        value = tree.get(name, default)
        if name in tree and not check(value):
            raise _Wrong("{}{}: {}".format(path, name, message))
        values[name] = value
    return values


# -- the rules between values ----------------------------------------------------------------


def _config(tree):
    values = _checked(tree, _FIELDS, "")
    zone = _checked(values["timezone"], _TIMEZONE_FIELDS, "timezone.")
    own_number = values["own_number"].replace(" ", "")
    contacts = _contacts(values["contacts"], own_number)
    if values["recording_fall"] and not values["recording"]:
        raise _Wrong("recording_fall: needs recording")
    if values["sms_reserve"] > values["sms_budget"] - 15:
        # The first message and a refined one to five contacts, and some tracking.
        raise _Wrong("sms_reserve: must leave 15 or more of sms_budget")
    return Config(
        values["mode"],
        values["item"],
        values["name"],
        values["language"],
        values["profile"],
        values["gestures"],
        values["cancel_pattern"],
        contacts,
        own_number,
        values["smsc"].replace(" ", ""),
        values["sim_pin"],
        1 if values["haptics"] == "on" else 0,
        _clock_min(values["quiet_hours"][0]),
        _clock_min(values["quiet_hours"][1]),
        zone["offset_min"],
        1 if zone["dst"] == "eu" else 0,
        _date_s(values["not_before_utc"]),
        values["watch_max_min"] * _MINUTE_MS,
        values["danger_max_min"] * _MINUTE_MS,
        values["sms_budget"],
        values["sms_reserve"],
        values["validity_min"],
        _fall_detection(values["fall_detection"], values["profile"]),
        values["placement"],
        values["prealarm_s"] * 1000,
        int(values["recording"]),
        int(values["recording_fall"]),
        values["preroll_s"] * 1000,
        values["audio_rate_hz"],
        _witness(values["witness"].replace(" ", ""), own_number, contacts),
    )


def _witness(number, own_number, contacts):
    """One who stamps the codes is none of the five: each gets what is meant for them."""
    if number and number in [own_number] + [contact.number for contact in contacts]:
        raise _Wrong("witness: the same as own_number or a contact's")
    wrong = _wrong_in_france(number) if number else ""
    if wrong:
        raise _Wrong("witness: " + wrong)
    return number


def _fall_detection(asked, profile):
    """Who lives with him is not betrayed by a pulse that she did not ask for."""
    return int(profile != "cohabiting" if asked == _BY_PROFILE else asked)


def _contacts(trees, own_number):
    if not 1 <= len(trees) <= CONTACTS_MAX:
        raise _Wrong("contacts: not 1 to {} of them".format(CONTACTS_MAX))
    contacts = []
    for index, tree in enumerate(trees):
        path = "contacts[{}].".format(index)
        contact = _contact(tree, index, path)
        if contact.number == own_number:
            raise _Wrong(path + "number: the same as own_number")
        if contact.number in [other.number for other in contacts]:
            raise _Wrong(path + "number: the same as another contact's")
        contacts.append(contact)
    if not 1 <= sum([contact.watch for contact in contacts]) <= 2:
        raise _Wrong("contacts: one or two must have the role watch")
    if sum([contact.technical for contact in contacts]) != 1:
        raise _Wrong("contacts: exactly one must have the role technical")
    return tuple(contacts)


def _contact(tree, index, path):
    values = _checked(tree, _CONTACT_FIELDS, path)
    number = values["number"].replace(" ", "")
    wrong = _wrong_in_france(number)
    if wrong:
        raise _Wrong(path + "number: " + wrong)
    # Nobody named: the first contact takes every role.
    roles = values["roles"] or (_ROLES if index == 0 else _ROLES[:1])
    for role in roles:
        if role not in _ROLES:
            raise _Wrong(path + "roles: not danger, watch or technical")
    if "danger" not in roles:
        raise _Wrong(path + "roles: every contact has the role danger")
    return Contact(
        number,
        1,
        1 if "watch" in roles else 0,
        1 if "technical" in roles else 0,
        1 if values["ring"] else 0,
        1 if values["confirmed"] else 0,
    )


def _wrong_in_france(number):
    """Return what is wrong with a French number, None when a text can reach it."""
    if not number.startswith("+33"):
        return None
    if number[3] not in "67":
        return "a French landline or service number (a mobile begins with +336 or +337)"
    return None if len(number) == 12 else "a French mobile has 9 digits after +33"
