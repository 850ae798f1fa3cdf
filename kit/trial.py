"""The device tried before it is handed over: its self-test, and a recording that is opened.

Separate because both judge the device and neither changes it. The recording is read into memory,
decrypted with the key that was made for this hand-over, judged as any other, and forgotten.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from kit import birth, collect, registry
from kit.command import Unusable
from kit.keys import Association, read_private, read_secrets
from kit.link import Link
from kit.recording import Given
from kit.verify import verify
from kit.work import Unfinished, Work

FINDINGS = (
    *("battery", "modem", "registered", "gnss", "accelerometer", "microphone"),
    *("motor", "storage", "contacts", "recording"),
)
_TEST_S = 120.0
_WORDS = {
    ("battery", "absent"): "no plausible voltage",
    ("battery", "low"): "under 20 %: charge it",
    ("modem", "silent"): "it does not answer",
    ("modem", "refused"): "neither it nor its firmware is on the list of accepted ones",
    ("registered", "no"): "no network: SIM, antenna, or the place",
    ("gnss", "silent"): "nothing comes from it",
    ("microphone", "flat"): "it gives the same sample over and over",
    ("microphone", "silent"): "it gives no samples",
    ("accelerometer", "silent"): "it does not answer",
    ("storage", "files"): "there is no file system",
    ("storage", "journal"): "the journal cannot be written",
    ("storage", "full"): "room for less than half an hour of recording",
    ("contacts", "unconfirmed"): "one or more have not said yes",
    ("contacts", "none"): "it has no configuration",
    ("recording", "off"): "she did not choose it",
    ("recording", "absent"): "no keys were born on it",
    ("recording", "unsealed"): "no seal is left",
}


class Findings(NamedTuple):
    """words: "ok" or a word by finding, as docs/console.md has them."""

    words: dict[str, str]
    battery_mv: int | None
    room_min: int | None
    modem: str
    accepted: bool

    def wrong(self) -> list[str]:
        return [name for name in FINDINGS if self.words[name] != "ok"]

    def as_json(self) -> dict[str, Any]:
        return {
            "findings": self.words,
            "battery_mv": self.battery_mv,
            "room_min": self.room_min,
            "modem_id": self.modem,
            "modem_accepted": self.accepted,
        }


def said(name: str, word: str) -> str:
    """A finding for people."""
    words = {"ok": "ok", "absent": "this board has none"}
    return _WORDS.get((name, word), words.get(word, word))


def selftest(link: Link) -> Findings:
    """The device's own; it may take a minute and a half."""
    reply = link.ask("selftest", within_s=_TEST_S)
    found = reply.get("findings")
    if not isinstance(found, dict):
        raise Unusable("selftest: the device sends no findings")
    words = {name: _word(found.get(name, "untold")) for name in FINDINGS}
    battery, room = reply.get("battery_mv"), reply.get("room_min")
    return Findings(
        words,
        battery if isinstance(battery, int) else None,
        room if isinstance(room, int) else None,
        "".join(c for c in str(reply.get("modem_id", "")) if c.isprintable())[:60],
        reply.get("modem_accepted") is True,
    )


def _word(text: Any) -> str:
    return text if isinstance(text, str) and text.isalpha() and len(text) < 20 else "untold"


def test(work: Work) -> None:
    """Everything ok, but for what is done later or was not chosen."""
    while True:
        found = selftest(work.link)
        if not found.accepted or found.words["modem"] == "refused":
            raise Unfinished("selftest.modem", _WORDS["modem", "refused"])
        again = False
        for name in found.wrong():
            if not _expected(work, name, found.words[name]) and not work.skipped(_step(name)):
                again |= work.settle(_step(name), said(name, found.words[name]))
        if not again:
            work.state["selftest"] = found.as_json()
            return


def _step(name: str) -> str:
    return f"selftest.{name}"


def _expected(work: Work, name: str, word: str) -> bool:
    """What is not ok and need not be: contacts answer later, recording is hers to choose."""
    recorded = work.row.config.get("recording") is True
    if name == "contacts":
        return word == "unconfirmed"
    if name in ("recording", "microphone") and not recorded:
        return word in ("off", "absent")
    if name == "motor":
        return word == "absent" and work.row.config.get("haptics") == "off"
    return False


STEP = "recording"


def record(work: Work) -> None:
    """Record some seconds as evidence alone, and open them with the key of this hand-over."""
    if not work.evidence or work.skipped(STEP):
        return
    if work.row.config.get("recording") is not True:
        work.state["trial"] = {"made": False, "why": "she has not chosen recording"}
        return
    while True:
        why, found = _try(work)
        if not why:
            work.state["trial"] = found
            return
        if not work.settle(STEP, why):
            return


def _try(work: Work) -> tuple[str, dict[str, Any]]:
    """(what is wrong or "", what is written down)."""
    seconds = work.patience.record_s
    work.talk.say(f"recording for {seconds} seconds: say something")
    reply = work.link.ask("record", seconds=seconds, within_s=seconds + 90)
    stated = collect.state(work.link, "ev", work.talk.told)
    if stated is None:
        return "the device has no partition for recordings", {}
    data = collect.in_memory(work.link, "ev", stated, work.talk.told)
    folder = work.desk.folder
    association = Association(read_private(birth.key_path(work)), read_secrets(folder.secrets))
    result = verify(data, Given(registry.read(folder.registry), association))
    number = reply.get("q")
    found = [
        one
        for one in result.recordings
        if one.recording.q == number
        and one.recording.opening is not None
        and one.recording.opening.devid == work.devid
    ]
    if len(found) != 1:
        return f"recording {number} is not in what the device holds", {}
    (one,) = found
    if one.grade != "A":
        return f"recording {number} is of grade {one.grade}, not A", {}
    if one.sound is None or not one.sound.samples:
        return f"recording {number} has no sound", {}
    length_ms = one.sound.duration_ms
    return "", {"made": True, "q": number, "grade": one.grade, "sound_ms": length_ms}
