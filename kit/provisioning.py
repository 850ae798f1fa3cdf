"""A whole hand-over over the serial port: from a blank device to one in the field.

Separate because it is the order of things, and nothing else: each step is a function of one of its
neighbours. What was cut off goes on at its step when it is done again; docs/hand-over.md is for
the person at the desk. `provision` hands over, `SerialProvisioner` gives many devices their keys.
"""

from __future__ import annotations

from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Callable, Iterator, Mapping, NamedTuple

from kit import answers, birth, handed, numbers, rehearsing, service, trial, work
from kit.command import Unusable
from kit.desk import Desk, now
from kit.handover_sheet import messages
from kit.keys import unhex
from kit.link import Link, Lost, Refused, Silent, put
from kit.service import Info
from kit.talk import Talk
from kit.work import Patience, Row, Unfinished, Work

__all__ = ["Outcome", "Patience", "Row", "SerialProvisioner", "provision"]

_KEYS = ("drawn", "birth", "registered", "read back", "service key")
_OF_SETTINGS = ("self-test", "gestures", "recording", "texts")
_PATIENCE = Patience()
_SILENT_S = 2.0
# A device without configuration starts nothing: this one is nobody's, and nobody is live in it.
_NOBODY = {
    "format": 1,
    "name": "Galet",
    "contacts": [{"number": "+33639980000", "roles": ["danger", "watch", "technical"]}],
}


class Outcome(NamedTuple):
    """done: it is in the field. Otherwise the step where it stands, and why. record: what is
    written down of it, without a number, a key or a code."""

    serial: str
    devid: str | None
    done: bool
    step: str
    why: str
    record: dict[str, Any]


def provision(
    port: str,
    row: Row,
    folder: Path,
    *,
    name: str = "",
    talk: Talk | None = None,
    skips: Mapping[str, str] | None = None,
    patience: Patience = _PATIENCE,
) -> Outcome:
    """Hand over the device on this port, or go on with it. Unusable where that cannot be.

    name: of the association, for a new registry. skips: reasons, by the step that is skipped.
    """
    desk = Desk(folder)
    talk = talk or Talk()
    row = fitted(row)
    state = work.load(desk, row.serial)
    if "finished_utc" in state and row.reissue != state["devid"]:
        return Outcome(row.serial, state["devid"], True, "", "", handed.read(desk, state))
    if "finished_utc" in state:
        state = work.fresh(row.serial)
    if row.reissue:
        _check_erased(desk, row.reissue)
    try:
        with _opened(port, desk, row, talk, patience, skips or {}, state) as it:
            try:
                _go(it, name)
            except Unfinished as unfinished:
                record = handed.record(it)
                return Outcome(
                    row.serial, state.get("devid"), False, unfinished.step, unfinished.why, record
                )
    finally:
        talk.close()
    return Outcome(row.serial, state.get("devid"), True, "", "", handed.read(desk, state))


def fitted(row: Row) -> Row:
    """The row with its numbers as the firmware wants them; Unusable tells what is refused."""
    if not isinstance(row.config.get("contacts"), list) or not row.config["contacts"]:
        raise Unusable("contacts: missing")
    if not all(isinstance(contact, dict) for contact in row.config["contacts"]):
        raise Unusable("contacts: not a list of objects")
    config, problems = numbers.fit(row.config, row.own, row.his)
    if problems:
        raise Unusable("; ".join(problem.text("en") for problem in problems))
    return row._replace(config=config)


@contextmanager
def _opened(
    port: str,
    desk: Desk,
    row: Row,
    talk: Talk,
    patience: Patience,
    skips: Mapping[str, str],
    state: dict[str, Any],
) -> Iterator[Work]:
    leaving = state.get("leaving") is True
    wait_s = patience.service_s if leaving else patience.start_s
    with service.reached(port, desk.key_of, wait_s, talk.say, leaving) as (link, info):
        it = Work(link, info, desk, row, talk, patience, skips, state)
        if "devid" in state and state["evidence"] and info.devid != it.devid:
            other = info.devid.hex() if info.devid else "one without keys"
            raise Unusable(f"{row.serial} is device {state['devid']}, and this is {other}")
        if info.alert:
            raise Unusable("the device is in an alert: wait until it is over")
        if info.mode != "bench" and not leaving:
            raise Unusable("the device is in the field, it was handed over: kit wipe comes first")
        yield it


def _go(it: Work, name: str) -> None:
    if it.info.mode == "field":  # it left, and the desk was cut off before it knew
        it.mark("left")
    _settings(it)
    for step, run in _steps(name):
        if not it.done(step):
            it.talk.say(f"-- {step}")
            run(it)
            it.mark(step)
    handed.finish(it)


def _steps(name: str) -> list[tuple[str, Callable[[Work], None]]]:
    return [
        *_key_steps(name),
        ("self-test", trial.test),
        ("gestures", rehearsing.rehearse),
        ("recording", trial.record),
        ("texts", _texts),
        ("contacts", answers.confirm),
        ("left", _leave),
    ]


def _key_steps(name: str) -> list[tuple[str, Callable[[Work], None]]]:
    return [
        (_KEYS[0], birth.draw),
        (_KEYS[1], birth.born),
        (_KEYS[2], lambda it: birth.register(it, name)),
        (_KEYS[3], birth.read_back),
        (_KEYS[4], birth.give_service_key),
    ]


def _settings(it: Work) -> None:
    """The configuration, with nobody live and on the bench; again where it has changed."""
    if it.done("left"):
        return
    if not it.done("birth"):
        birth.begin(it)
    tag = it.tag("settings", work.canonical(it.row.config))
    if it.state.get("settings") == tag and it.done("settings"):
        return
    if it.state.get("settings") != tag:
        it.undo("settings", *_OF_SETTINGS, "contacts")
        it.state["gestures"] = {}
        it.state["skipped"] = {
            step: why for step, why in it.state["skipped"].items() if step == "shake"
        }
    it.state["settings"] = tag
    it.save()
    _put(it, {**answers.confirmed(it), "mode": "bench"})
    if it.done("birth"):
        it.info = service.restarted(it.link)
    it.mark("settings")


def _put(it: Work, config: dict[str, Any]) -> None:
    try:
        data = work.canonical(config).encode("ascii")
        put(it.link, "config.json", data)
    except Refused as refused:
        if refused.word == "value":
            raise Unusable(refused.reason or "config.json: the device refuses it") from None
        raise


def _texts(it: Work) -> None:
    """Every text that leaves the button, as her contacts will read it."""
    config = it.row.config
    language, recorded = config.get("language", "fr"), config.get("recording") is True
    name = str(config.get("name", ""))
    for kind in messages.KINDS:
        text = messages.message(kind, language, name, recorded)
        it.talk.say(f"{kind.rstrip('?')} ({len(text)}): {text}")


def _leave(it: Work) -> None:
    """The record, then the field: from here on it is silent, and the desk has its key."""
    mode = it.row.config.get("mode", "field")
    it.state["left_utc"] = now()
    handed.write(it)
    it.state["leaving"] = mode == "field"
    it.save()
    _put(it, {**answers.confirmed(it), "mode": mode})
    if mode == "bench":
        it.info = service.restarted(it.link)
        return
    it.link.ask("mode", mode="field")
    it.link.ask("restart")
    it.link.event("ready", within_s=it.patience.silence_s)
    with suppress(Lost, Silent):  # on some boards even the port is gone
        it.link.reopen(within_s=1)
        service.info(it.link, _SILENT_S)
        raise Unfinished("left", "the device still speaks: it did not go into the field")
    it.info = it.info._replace(mode="field")


def _check_erased(desk: Desk, typed: str) -> None:
    """A device that another person had is handed over again only after all of its erasure."""
    try:
        devid = unhex(typed.lower(), 8)
    except ValueError:
        raise Unusable("--reissue: not a device's number of 16 hex digits") from None
    if devid not in desk.folder.devices():
        raise Unusable(f"{devid.hex()} is not in {desk.folder.registry}")
    record = desk.wipe_record(devid)
    if record is None or record["ended_utc"] is None:
        raise Unusable(f"{devid.hex()} was not erased: kit wipe comes first")


class SerialProvisioner:
    """Gives blank devices their keys, one on each port, for kit.fleet's batches.

    What a person is needed for (contacts, gestures, a recording) is left for `provision`, which
    goes on with the same serial.
    """

    def __init__(
        self,
        folder: Path,
        name: str = "",
        talk: Talk | None = None,
        patience: Patience = _PATIENCE,
    ) -> None:
        self._desk = Desk(folder)
        self._name, self._talk, self._patience = name, talk or Talk(), patience

    def look(self, port: str) -> Any:
        """What the device on the port was made ready as, or was begun to be made; None: blank."""
        with self._told(port) as (_, info):
            serial = None if info.devid is None else self._desk.serial_of(info.devid)
            if serial is None or info.devid is None:
                return None
            if work.load(self._desk, serial)["done"].keys() >= set(_KEYS):
                return self._made(serial, info.devid)
            from kit.fleet.provisioner import Begun

            return Begun(serial)

    def provision(self, port: str, row: Any) -> Any:
        """Give it those of row.serial; goes on where an earlier call was stopped."""
        state = work.load(self._desk, row.serial)
        ours = Row(row.serial, dict(_NOBODY))
        with self._told(port) as (link, info):
            if row.board and info.board != row.board:
                self._refuse(f"it is a {info.board}, not a {row.board}")
            it = Work(link, info, self._desk, ours, self._talk, self._patience, {}, state)
            if "devid" in state and state["evidence"] and info.devid != it.devid:
                self._refuse(f"{row.serial} is device {state['devid']}, and this is another one")
            try:
                _settings(it)
                for step, run in _key_steps(self._name):
                    if not it.done(step):
                        run(it)
                        it.mark(step)
            except Unfinished as unfinished:
                self._refuse(str(unfinished))
            return self._made(row.serial, it.devid)

    def _made(self, serial: str, devid: bytes) -> Any:
        from kit.fleet.provisioner import Made

        return Made(serial, devid.hex(), handed.entry(self._desk, devid))

    def _refuse(self, why: str) -> None:
        from kit.fleet.provisioner import Refused as No

        raise No(why)

    @contextmanager
    def _told(self, port: str) -> Iterator[tuple[Link, Info]]:
        """Complaints as the batch knows them."""
        from kit.fleet.provisioner import Absent

        try:
            with service.reached(port, self._desk.key_of, 0, self._talk.say) as found:
                yield found
        except (Lost, Silent) as error:
            raise Absent(str(error)) from None
        except Unusable as error:
            self._refuse(str(error))
