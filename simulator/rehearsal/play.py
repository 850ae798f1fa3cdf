"""A story on the simulator: the unmodified firmware with her settings, and what five phones hold.

Separate because it is what takes long. Nothing is written: no events, no flash; what is kept of a
run are the texts and the times at which phones held them.
"""

from __future__ import annotations

import json
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from simulator import chip_image
from simulator.rehearsal.person import Person
from simulator.rehearsal.stories import Story
from simulator.run import Result, simulate
from simulator.scenario import Contact, Scenario, parse
from simulator.stage import Stage

BIRTH_S = 60  # virtual: by then keys are born


class Text(NamedTuple):
    """clock: by her time zone. sent: by the contact, in answer."""

    clock: str
    text: str
    sent: bool = False


class Played(NamedTuple):
    """rows: what each contact read and answered, in the contacts' order; witness: beside them.

    whole: whether it told what it was to tell, and the firmware did not break.
    """

    story: Story
    rows: list[list[Text]]
    witness: list[Text]
    whole: bool

    @property
    def missed(self) -> bool:
        """Whether a fall was not noticed: that is no fault, the detector misses some."""
        return self.story.kinds != ("",) and not any(self.rows)


def with_keys(person: Person) -> bytes | None:
    """The flash of a device that was handed over, None where she chose no recording.

    Its keys are those of this program, not secret and of no use: only the form of the codes
    matters here.
    """
    if not person.config.get("recording"):
        return None
    private = X25519PrivateKey.from_private_bytes(_made_up("agreement"))
    desk = {
        "format": 1,
        "agreement_key": private.public_key().public_bytes_raw().hex(),
        "psk_0": _made_up("psk").hex(),
        "entropy": _made_up("entropy").hex(),
    }

    def put(stage: Stage) -> None:
        stage.board.options.files["/desk.json"] = json.dumps(desk).encode()

    text = f"name: birth\nduration: {BIRTH_S}s\nworld: {{motion: still}}\n"
    result = simulate(_scenario(person, text, {}), prepare=put)
    return chip_image.dump(result.stage.board.flash)


def play(story: Story, person: Person, image: bytes | None) -> Played:
    """Run it; image: from with_keys."""
    for kind in story.kinds:
        result = _run(story, person, kind, image if story.keys else None)
        rows = [_texts(result, number, person) for number in person.numbers]
        told = any(rows)
        if told or not story.tells:
            break
    contacts, witness = rows[: len(person.contacts)], rows[len(person.contacts) :]
    whole = told == story.tells and not result.summary["exceptions"]
    return Played(story, contacts, witness[0] if witness else [], whole)


def _run(story: Story, person: Person, kind: str, image: bytes | None) -> Result:
    steps = "".join(f"  - {line}\n" for line in story.steps(person, kind))
    text = (
        f"name: {story.key}\nduration: {story.duration_s}s\n"
        f"world: {{{story.world}}}\nsteps:\n{steps}"
    )
    return simulate(_scenario(person, text, dict(story.config)), image=image)


def _scenario(person: Person, text: str, over: dict[str, Any]) -> Scenario:
    made = parse(text, "rehearsal", Path("."))
    contacts = [Contact(number, True, 0) for number in person.numbers]
    world = made.world._replace(start_utc_s=person.utc_s, contacts=contacts)
    device = made.device._replace(config={**person.config, **over})
    return made._replace(world=world, device=device)


def _texts(result: Result, number: str, person: Person) -> list[Text]:
    """What a phone held and answered, in its order."""
    found = []
    for event in result.events:
        if event.get("number") == number and event["ev"] in ("sms_on_phone", "answer"):
            clock = _clock(person, event["t"])
            found.append(Text(clock, event["text"], event["ev"] == "answer"))
    return found


def _clock(person: Person, t_ms: int) -> str:
    second = (person.utc_s + person.offset_min * 60 + t_ms // 1000) % 86400
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}"


def _made_up(what: str) -> bytes:
    return sha256(f"rehearsal {what}".encode()).digest()
