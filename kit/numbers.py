"""Telephone numbers at the desk: how they are written, and which of them may not be a contact.

Separate because one rule serves every way in, one device or a thousand from a CSV: BEHAVIOUR.md
section 5. The firmware judges a configuration again, with rules of its own. A complaint never
tells more of a number than its last two digits; her numbers and his are compared and forgotten.
Imports phonenumbers.
"""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple, Sequence

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

REGION = "FR"
# Numbering that is dialled as one's own: 0692... rings on Réunion from anywhere in France.
_TOGETHER = {"FR": ("GP", "GF", "MQ", "RE", "YT")}
# Set aside for works of fiction by the French regulator: nobody answers, tests and courses use it.
INVENTED = "+3363998"

_LENGTH_MAX = 40  # characters of what somebody typed
_SHORT_MAX = 6  # digits: 17, 112, 3919, 116 006
_TAIL_FROM = 8  # digits from which the last two give nothing away
_BETWEEN = " .-/()\u00a0\u2009\u2010\u2011\u2013\u202f"
# Marks of writing direction and of no width, which come along when a number is copied.
_UNSEEN = {ord(mark): None for mark in "\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff"}

_REFUSED = {
    PhoneNumberType.FIXED_LINE: "landline",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.PREMIUM_RATE: "special",
    PhoneNumberType.TOLL_FREE: "special",
    PhoneNumberType.SHARED_COST: "special",
    PhoneNumberType.UAN: "special",
    PhoneNumberType.VOICEMAIL: "special",
    PhoneNumberType.PERSONAL_NUMBER: "special",
    PhoneNumberType.PAGER: "special",
    PhoneNumberType.UNKNOWN: "unknown",
}

# code -> (French, English); {other} is another one of the list
_SAID = {
    "missing": ("il n'y a pas de numéro", "there is no number"),
    "unreadable": (
        "ce n'est pas un numéro de téléphone (chiffres, espaces, + au début)",
        "not a telephone number (digits, blanks, + in front)",
    ),
    "length": ("il y a trop ou trop peu de chiffres", "too many or too few digits"),
    "short": (
        "numéro court ou d'urgence : il faut le mobile d'une personne",
        "a short or emergency number: it must be a person's mobile",
    ),
    "landline": ("ligne fixe : il faut un mobile", "a landline: it must be a mobile"),
    "voip": (
        "ligne par internet (box) : il faut un mobile",
        "a line over the internet: it must be a mobile",
    ),
    "special": (
        "numéro spécial ou surtaxé : il faut un mobile",
        "a special or premium number: it must be a mobile",
    ),
    "unknown": (
        "aucun mobile ne commence ainsi : vérifiez les chiffres",
        "no mobile begins like this: check the digits",
    ),
    "hers": (
        "c'est son propre numéro : rien ne doit arriver sur son téléphone",
        "her own number: nothing must ever reach her own phone",
    ),
    "his": (
        "c'est un numéro qu'elle a désigné comme le sien, à lui",
        "a number that she named as his",
    ),
    "button": ("c'est le numéro du bouton lui-même", "the button's own number"),
    "twice": ("le même numéro que le contact {other}", "the same number as contact {other}"),
}
_WHO = {
    "contact": ("contact {nth}", "contact {nth}"),
    "own": ("son numéro à elle {nth}", "her number {nth}"),
    "his": ("son numéro à lui {nth}", "his number {nth}"),
    "sim": ("numéro du bouton", "number of the button"),
    "witness": ("témoin", "witness"),
}


class Refused(ValueError):
    """What was typed is no number that can be used; `code` is a key of the table of words."""

    def __init__(self, code: str) -> None:
        super().__init__(_SAID[code][1])
        self.code = code


class Problem(NamedTuple):
    """who: contact, own, his, sim or witness; the nth, from 1. tail: two digits or none."""

    who: str
    nth: int
    tail: str
    code: str
    other: int = 0

    def text(self, language: str = "fr") -> str:
        """One plain line, with no more of the number than its last two digits."""
        at = 0 if language == "fr" else 1
        who = _WHO[self.who][at].format(nth=self.nth)
        what = _SAID[self.code][at].format(other=self.other)
        between = " : " if language == "fr" else ": "
        return f"{who}{f' ({self.tail})' if self.tail else ''}{between}{what}"


def e164(text: str, region: str = REGION) -> str:
    """A number as the network has it, such as +33639980001; raises Refused.

    region: of a number that is written without its country.
    """
    return phonenumbers.format_number(_read(text, region), PhoneNumberFormat.E164)


def mobile(text: str, region: str = REGION) -> str:
    """The same of a number that a text can reach; raises Refused."""
    number = _read(text, region)
    written = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    code = _REFUSED.get(phonenumbers.number_type(number))
    if code is not None and not _invented(written):
        raise Refused(code)
    return written


def shown(text: str) -> str:
    """Its last two digits, "…01"; nothing of what is too short to hide the rest."""
    digits = [character for character in text if character.isdecimal()]
    return "…" + "".join(digits[-2:]) if len(digits) >= _TAIL_FROM else ""


def check(
    contacts: Sequence[str],
    own: str | Iterable[str] = (),
    his: str | Iterable[str] = (),
    *,
    sim: str = "",
    witness: str = "",
    region: str = REGION,
) -> list[Problem]:
    """What stands against these contacts, in their order; empty where nothing does.

    own: her own telephones. his: what she names as his. sim: of the button. witness: who receives
    codes alone. A number that cannot be read is a problem wherever it stands: it could not be
    compared.
    """
    known = _Known(region)
    known.avoid("own", "hers", own)
    known.avoid("his", "his", his)
    known.avoid("sim", "button", [sim] if sim else [])
    for index, text in enumerate(contacts, 1):
        known.judge("contact", index, text)
    if witness:
        known.judge("witness", 0, witness)
    return known.problems


def fit(
    config: dict[str, Any],
    own: str | Iterable[str] = (),
    his: str | Iterable[str] = (),
    region: str = REGION,
) -> tuple[dict[str, Any], list[Problem]]:
    """A copy of a configuration with its numbers as the firmware wants them, and `check` of it.

    What is not as it should be stays as it is: the firmware names it.
    """
    fitted = dict(config)
    entries = config.get("contacts")
    listed = [dict(e) if isinstance(e, dict) else e for e in _list(entries)]
    texts = [_text(entry.get("number")) if isinstance(entry, dict) else "" for entry in listed]
    sim, witness = _text(config.get("own_number")), _text(config.get("witness"))
    problems = check(texts, own, his, sim=sim, witness=witness, region=region)
    for entry, text in zip(listed, texts):
        if isinstance(entry, dict) and text:
            entry["number"] = _or_same(text, region)
    if isinstance(entries, list):
        fitted["contacts"] = listed
    for key in ("own_number", "witness", "smsc"):
        if _text(config.get(key)):
            fitted[key] = _or_same(config[key], region)
    return fitted, problems


class _Known:
    """The numbers met so far, and what was wrong with them."""

    def __init__(self, region: str) -> None:
        self.problems: list[Problem] = []
        self._region = region
        self._avoided: dict[str, str] = {}  # number -> why
        self._contacts: dict[str, int] = {}

    def avoid(self, who: str, code: str, texts: str | Iterable[str]) -> None:
        for index, text in enumerate([texts] if isinstance(texts, str) else texts, 1):
            if not text.strip():
                continue  # an empty line of a form
            try:
                self._avoided.setdefault(e164(text, self._region), code)
            except Refused as refused:
                self._say(who, index, text, refused.code)

    def judge(self, who: str, index: int, text: str) -> None:
        try:
            number = e164(text, self._region)
            if number in self._avoided:
                raise Refused(self._avoided[number])
            if number in self._contacts:
                self._say(who, index, text, "twice", self._contacts[number])
                return
            self._contacts[number] = index
            mobile(text, self._region)
        except Refused as refused:
            self._say(who, index, text, refused.code)

    def _say(self, who: str, index: int, text: str, code: str, other: int = 0) -> None:
        self.problems.append(Problem(who, index, shown(text), code, other))


def _read(text: str, region: str) -> PhoneNumber:
    """The number in what somebody typed."""
    plain = text.translate(_UNSEEN).strip().replace("\uff0b", "+")
    if not plain:
        raise Refused("missing")
    rest = plain.removeprefix("+")
    digits = "".join(str(int(letter)) for letter in rest if letter.isdecimal())
    known = all(letter.isdecimal() or letter in _BETWEEN for letter in rest)
    if not known or not digits or len(plain) > _LENGTH_MAX:
        raise Refused("unreadable")
    plus = "+" if rest != plain else ""
    number = _parse(plus + digits, region)
    if not plus and phonenumbers.number_type(number) == PhoneNumberType.UNKNOWN:
        number = _elsewhere(digits, region) or number
    _check_length(number)
    return number


def _parse(plain: str, region: str) -> PhoneNumber:
    try:
        return phonenumbers.parse(plain, region)
    except phonenumbers.NumberParseException as error:
        nowhere = error.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE
        raise Refused("unknown" if nowhere else "length") from None


def _elsewhere(digits: str, region: str) -> PhoneNumber | None:
    """The same in a region whose numbers are dialled alike."""
    if _invented(phonenumbers.format_number(_parse(digits, region), PhoneNumberFormat.E164)):
        return None
    found = (_parse(digits, other) for other in _TOGETHER.get(region, ()))
    return next((number for number in found if phonenumbers.is_valid_number(number)), None)


def _check_length(number: PhoneNumber) -> None:
    if len(str(number.national_number)) <= _SHORT_MAX:
        raise Refused("short")
    if phonenumbers.is_possible_number_with_reason(number) != ValidationResult.IS_POSSIBLE:
        raise Refused("length")


def _invented(number: str) -> bool:
    return number.startswith(INVENTED) and len(number) == len(INVENTED) + 4


def _or_same(text: str, region: str) -> str:
    try:
        return e164(text, region)
    except Refused:
        return text


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
