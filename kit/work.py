"""One hand-over on its way: the device, the order, and what of it is done.

Separate because each group of steps is a module of its own and all of them need this. The state
is written after every step, so that a hand-over that was cut off anywhere goes on; it holds psk_0
until that is in secrets.json, and no number.
"""

from __future__ import annotations

import hmac
import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Mapping, NamedTuple

from kit import talk as talking
from kit.command import Unusable, read_json
from kit.desk import Desk, now
from kit.link import Link
from kit.service import Info


class Row(NamedTuple):
    """Who gets what. serial: of the device or case, never a name. config: config.json.

    own: her own telephones, his: those that she names as his; both are compared, never kept.
    reissue: the devid that the device had before it was erased, "" for a new one.
    who: hands it over.
    """

    serial: str
    config: dict[str, Any]
    own: tuple[str, ...] = ()
    his: tuple[str, ...] = ()
    reissue: str = ""
    who: str = ""


class Patience(NamedTuple):
    """How long people are waited for, in seconds, and how often something is tried."""

    start_s: float = 15
    service_s: float = 120
    shake_s: float = 180
    gesture_s: float = 60
    answer_s: float = 900
    tries: int = 4
    record_s: int = 15
    silence_s: float = 10


class Unfinished(Exception):
    """A step is not done and was not skipped; doing all of it again goes on there."""

    def __init__(self, step: str, why: str) -> None:
        super().__init__(f"{step}: {why}")
        self.step, self.why = step, why


class Work:
    """info is what the device last said of itself."""

    def __init__(
        self,
        link: Link,
        info: Info,
        desk: Desk,
        row: Row,
        talk: talking.Talk,
        patience: Patience,
        skips: Mapping[str, str],
        state: dict[str, Any],
    ) -> None:
        self.link, self.info, self.desk, self.row = link, info, desk, row
        self.talk, self.patience, self._skips, self.state = talk, patience, skips, state

    def save(self) -> None:
        self.desk.write_json(state_path(self.desk, self.row.serial), self.state)

    def done(self, step: str) -> bool:
        return step in self.state["done"]

    def mark(self, step: str) -> None:
        self.state["done"][step] = now()
        self.save()

    def undo(self, *steps: str) -> None:
        """What a changed configuration makes necessary again."""
        for step in steps:
            self.state["done"].pop(step, None)

    def skipped(self, step: str) -> bool:
        return step in self.state["skipped"]

    def skip(self, step: str, reason: str) -> None:
        self.state["skipped"][step] = {"why": reason, "utc": now()}
        self.save()

    def settle(self, step: str, why: str) -> bool:
        """Something did not go as it should: whether it is to be tried again.

        False where it is skipped, with the reason written down; raises Unfinished otherwise.
        """
        reason = self._skips.get(step, "").strip()
        if not reason:
            choice = self.talk.choose(step, why)
            if choice == talking.AGAIN:
                return True
            if choice == talking.STOP:
                raise Unfinished(step, why)
            reason = choice
        self.skip(step, reason)
        self.talk.say(f"{step}: skipped ({reason})")
        return False

    def tag(self, what: str, text: str) -> str:
        """By which the state knows something again without telling it: of a number all would be
        found in seconds by trying."""
        secret = self.desk.service_secret(make=True)
        assert secret is not None
        return hmac.new(secret, f"galet {what}\0{text}".encode(), sha256).hexdigest()[:32]

    @property
    def devid(self) -> bytes:
        return bytes.fromhex(self.state["devid"])

    @property
    def evidence(self) -> bool:
        """Whether this board can seal recordings."""
        return bool(self.state["evidence"])


def state_path(desk: Desk, serial: str) -> Path:
    return desk.hand_over(serial) / "state.json"


def load(desk: Desk, serial: str) -> dict[str, Any]:
    """The state of a hand-over, a new one where there is none."""
    path = state_path(desk, serial)
    if not path.exists():
        return fresh(serial)
    state = read_json(path)
    if not isinstance(state, dict) or state.get("format") != 1 or "done" not in state:
        raise Unusable(f"{path}: not the state of a hand-over")
    return state


def fresh(serial: str) -> dict[str, Any]:
    begun = {"format": 1, "serial": serial, "begun_utc": now()}
    return {**begun, "done": {}, "skipped": {}, "answers": {}, "gestures": {}}


def canonical(config: Mapping[str, Any]) -> str:
    return json.dumps(config, sort_keys=True)
