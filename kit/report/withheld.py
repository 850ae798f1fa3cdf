"""What the other side does not get to see, and by what it can be held to it later.

Separate because a plain hash of a telephone number or a name is as good as the thing itself: who
has a list finds it in a second. So each is committed to with 16 random bytes, SHA256(salt | text);
the salt stands in the complete report. Imports secrets.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import NamedTuple


class Hidden(NamedTuple):
    """kind: number, name or words. number: from 1, in its kind. Salt and digest in hex."""

    kind: str
    number: int
    text: str
    salt: str
    digest: str


class Withheld:
    """All that was hidden from one report; the same text is the same entry."""

    def __init__(self) -> None:
        self._entries: dict[tuple[str, str], Hidden] = {}

    def hide(self, kind: str, text: str) -> Hidden:
        """The entry that stands in place of a text."""
        key = kind, text
        if key not in self._entries:
            number = 1 + sum(one.kind == kind for one in self.entries)
            salt = secrets.token_bytes(16)
            digest = sha256(salt + text.encode()).hexdigest()
            self._entries[key] = Hidden(kind, number, text, salt.hex(), digest)
        return self._entries[key]

    @property
    def entries(self) -> list[Hidden]:
        return list(self._entries.values())
