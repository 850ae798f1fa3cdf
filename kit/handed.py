"""What is written down of a hand-over: for the desk, for those who sign it, for her contacts.

Separate because it decides what is kept. No number beyond its last two digits, no code, no key
but fingerprints, not her cancel pattern. The pages need the extra `report`.
"""

from __future__ import annotations

from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from kit import answers, registry, rehearsing
from kit.command import Unusable, read_json
from kit.desk import Desk, now
from kit.numbers import shown
from kit.work import Work

_AGAIN_DAYS = 90  # BEHAVIOUR.md, section 5
_LANGUAGES = ("fr", "en")
_KEPT = ("format", "serial", "devid", "evidence", "begun_utc", "done")
_SHEET = {rehearsing.DECOY: "decoy", rehearsing.CANCEL: "cancel"}


def record(it: Work) -> dict[str, Any]:
    """All of it, as far as it is done."""
    state, config = it.state, it.row.config
    key = state.get("agreement_key")
    return {
        "format": 1,
        "serial": it.row.serial,
        "devid": state.get("devid"),
        "reissue_of": it.row.reissue or None,
        "who": it.row.who,
        "begun_utc": state["begun_utc"],
        "left_utc": state.get("left_utc"),
        "confirm_again": (date.today() + timedelta(days=_AGAIN_DAYS)).isoformat(),
        "board": it.info.board,
        "version": it.info.version,
        "firmware": it.info.firmware or None,
        "next_q": it.info.next_q,
        "key_sha256": sha256(bytes.fromhex(key)).hexdigest() if key else None,
        "key_file": state.get("key"),
        "seal_keys_compared": state.get("compared", 0),
        "shaken": state.get("shaken"),
        "contacts": [_contact(it, index) for index in range(len(config["contacts"]))],
        "gestures": state["gestures"],
        "selftest": state.get("selftest"),
        "test_recording": state.get("trial"),
        "recording": config.get("recording") is True,
        "skipped": state["skipped"],
        "steps": state["done"],
    }


def _contact(it: Work, index: int) -> dict[str, Any]:
    contact = it.row.config["contacts"][index]
    return {
        "contact": index + 1,
        "number_ends": shown(contact["number"]),
        "roles": contact.get("roles", []),
        "live": answers.answer(it, index) == answers.YES,
        "answer": answers.answer(it, index),
    }


def write(it: Work) -> None:
    """The record, and the pages to print, in the folder of the device."""
    told = record(it)
    folder = it.desk.device(it.devid)
    it.desk.write_json(folder / "handover.json", told)
    try:
        from kit.handover_sheet import sheet
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("kit"):
            raise
        it.talk.say(f"no pages to print: {error.name} is missing (extra report)")
        return
    language = it.row.config.get("language", "fr")
    said = sheet.write(folder, "record", sheet.record(_facts(it, told), language))
    for lang in _LANGUAGES:
        page = sheet.briefing(it.row.config, lang)
        said += sheet.write(folder, f"contacts-{lang}", page)
    for line in said:
        it.talk.say(line)


def _facts(it: Work, told: dict[str, Any]) -> dict[str, Any]:
    """The record as kit.handover_sheet wants it."""
    config = it.row.config
    profile = config.get("profile", "separated")
    trial = told["test_recording"] or {}
    selftest = told["selftest"] or {}
    item = config.get("item")
    return {
        "association": _association(it.desk),
        "case": it.row.serial,
        "date": date.today().isoformat(),
        "item": item if isinstance(item, int) else None,
        "devid": told["devid"] or "",
        "board": told["board"],
        "version": told["version"],
        "firmware": told["firmware"] or "",
        "modem": selftest.get("modem_id", ""),
        "sim": shown(config.get("own_number", "")),
        "key": told["key_sha256"] or "",
        "registry": stamped(it.desk) if it.evidence else "",
        "next_seal": told["next_q"],
        "contacts": [
            {"number": one["number"], "roles": one.get("roles", []), "confirmed": other["live"]}
            for one, other in zip(config["contacts"], told["contacts"])
        ],
        "due": told["confirm_again"],
        "gestures": {_SHEET.get(kind, kind): True for kind in told["gestures"]},
        "recording": told["recording"],
        "recording_fall": config.get("recording_fall", False),
        "preroll_s": config.get("preroll_s", 0),
        "falls": config.get("fall_detection", profile != "cohabiting"),
        "profile": profile,
        "selftest": selftest.get("findings", {}),
        "room_min": selftest.get("room_min"),
        "test_recording": trial.get("grade", ""),
    }


def _association(desk: Desk) -> str:
    path = desk.folder.registry
    return registry.read(path).name if path.exists() else ""


def stamped(desk: Desk) -> str:
    """What a time stamp of the registry is over, in hex."""
    return registry.stamped_digest(read_json(desk.folder.registry)).hex()


def finish(it: Work) -> None:
    """The state of a hand-over that is over: what it was, and of which device."""
    if "finished_utc" in it.state:
        return
    it.desk.note(it.devid, it.row.who, "handed over")
    kept = {name: it.state[name] for name in _KEPT}
    it.state.clear()
    it.state.update({**kept, "finished_utc": now(), "skipped": {}, "answers": {}, "gestures": {}})
    it.save()


def read(desk: Desk, state: dict[str, Any]) -> dict[str, Any]:
    """The record of a hand-over that is over."""
    path = desk.device(bytes.fromhex(state["devid"])) / "handover.json"
    found = read_json(path)
    if not isinstance(found, dict):
        raise Unusable(f"{path}: not the record of a hand-over")
    return found


def entry(desk: Desk, devid: bytes) -> dict[str, Any]:
    """The device's entry of registry.json."""
    path = desk.folder.registry
    for one in read_json(path)["devices"]:
        if one["devid"] == devid.hex():
            return dict(one)
    raise Unusable(f"{path}: {devid.hex()} is not in it")
