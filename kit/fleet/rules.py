"""What may stand in the registry's few free fields, so that no name and no number fits in them.

Separate because command line, CSV and database follow the same rules. A refused text is never
repeated: it may be what must not be written down. Pure.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timezone
from typing import Callable

SERIAL_HELP = "1 to 4 capital letters and up to 8 digits, as G-0142"
CASE_HELP = "up to 8 digits, up to 4 capital letters, - and /, as 2026-0142"
WORD_HELP = "1 to 32 of a-z 0-9 . _ -, as t_a7670x_s3"
WHO_HELP = "1 to 32 letters, digits, . _ -, as m.durand"
CONTACTS_MAX = 5

_SERIAL = re.compile(r"[A-Z]{1,4}-?[0-9]{1,8}")
_CASE = re.compile(r"[A-Z0-9][A-Z0-9/-]{0,15}")
_WORD = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
_WHO = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
_DIGEST = re.compile(r"[0-9a-f]{64}")


def serial(text: str) -> str:
    """What is printed on the device."""
    return _full(_SERIAL, text.strip().upper(), SERIAL_HELP)


def case(text: str) -> str:
    """The association's own number of a case: too short for a telephone number or a name."""
    text = _full(_CASE, text.strip().upper(), CASE_HELP)
    digits = sum(c.isdigit() for c in text)
    letters = sum(c.isalpha() for c in text)
    if not 1 <= digits <= 8 or letters > 4:
        raise ValueError(f"not {CASE_HELP}")
    return text


def word(text: str) -> str:
    """The name of a board or of a delivery."""
    return _full(_WORD, text.strip().lower(), WORD_HELP)


def who(text: str) -> str:
    """Whoever works at the desk, as the access log calls them."""
    return _full(_WHO, text.strip(), WHO_HELP)


def digest(text: str) -> str:
    """A SHA-256 in hex."""
    return _full(_DIGEST, text.strip().lower(), "a SHA-256 of 64 hex digits")


def day(text: str) -> str:
    """A date as it is stored."""
    try:
        found = date.fromisoformat(text.strip()).isoformat()
    except ValueError:
        raise ValueError("not a date as 2026-11-05") from None
    return found


def contacts(text: str) -> int:
    """How many contacts there are."""
    return _count(text, 1, CONTACTS_MAX)


def count(text: str) -> int:
    """How often something happened."""
    return _count(text, 0, 9999)


def days(text: str) -> int:
    return _count(text, 1, 36500)


def utc_now() -> str:
    """The time as it is stored: a text that sorts, the same in every database."""
    return datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


Clock = Callable[[], str]


def _full(pattern: re.Pattern[str], text: str, what: str) -> str:
    if pattern.fullmatch(text) is None:
        raise ValueError(f"not {what}")
    return text


def _count(text: str, least: int, most: int) -> int:
    if not re.fullmatch(r"[0-9]{1,6}", text.strip()) or not least <= int(text) <= most:
        raise ValueError(f"not a number from {least} to {most}")
    return int(text)
