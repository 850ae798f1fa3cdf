"""A scenario: what the world is like, what happens in it, and what is expected (CONTRACTS 2).

Read from YAML into plain tuples; everything wrong is one line that names file, line and key.
Files named in it are read here, so that a missing one is found before anything runs. Knows
no device.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, NamedTuple

from simulator import commands, dates, events, inputs
from simulator.devices.nmea_log import ClaimReader, epochs
from simulator.devices.storage import raw
from simulator.faults import Fault
from simulator.flash import read_table
from simulator.latency import LAWS
from simulator.motion import request
from simulator.motion.kinds import KINDS
from simulator.network import COVERAGES
from simulator.tree import Node, ScenarioError, override, read, without_blanks
from simulator.truth import SKIES

BOARDS = Path(__file__).resolve().parent.parent / "firmware" / "boards"
STARTS = ("hot", "warm", "cold")
CONTACTS_MAX = 5
SEED_MAX = 2**31
OWN_NUMBER = "+33639980099"
DEFAULT_START = "2026-11-05T20:41:00Z"
DEFAULT_PLACE = (457604300, 48356600)  # Lyon, place Bellecour and around
DEFAULT_PATTERN = "lssl"
SPEEDS_CMS = {"walk": 120, "run": 280, "stairs": 40, "vehicle": 1000}  # of what gets anywhere
LOG_AT_MS = 5000  # the firmware has opened its UART by then


class Contact(NamedTuple):
    number: str
    on: bool
    refused: int  # CMS code with which the network refuses it; 0 = none


class WorldPart(NamedTuple):
    start_utc_s: int
    place: tuple[int, int]
    sky: str
    motion: request.Request
    speed_cms: int
    heading_deg: int
    gnss_log: bytes | None
    gnss_log_at_ms: int
    gnss_start: str
    coverage: str
    nitz: bool
    law: str
    fixed_ms: int | None
    contacts: list[Contact]
    own_number: str
    sim_pin: str


class DevicePart(NamedTuple):
    board: str
    battery_pct: int
    modem_on: bool
    config: dict[str, Any]


class Step(NamedTuple):
    at_ms: int
    command: commands.Command


class Expectation(NamedTuple):
    """Held if at least `least` events `ev` with these fields occur by by_ms; 0 = none."""

    by_ms: int
    ev: str
    least: int
    where: dict[str, str]
    text: str


class Scenario(NamedTuple):
    name: str
    seed: int
    duration_ms: int
    world: WorldPart
    device: DevicePart
    step_cost_ms: int
    costs: bool
    steps: list[Step]
    expect: list[Expectation]


SHIPPED = Path(__file__).parent / "scenarios"


def load(path: Path, overrides: tuple[str, ...] = (), seed: int | None = None) -> Scenario:
    """Read a file, or a shipped scenario by its bare name; raises ScenarioError."""
    if path.name == str(path) and not path.suffix and not path.exists():
        path = _shipped(str(path))
    try:
        text = inputs.read_bytes(path, inputs.SCENARIO_MAX).decode("utf-8")
    except UnicodeDecodeError:
        raise ScenarioError(f"{path}:1: scenario: is not UTF-8 text") from None
    except OSError as error:
        raise ScenarioError(f"{path}:1: scenario: {error.strerror}") from None
    return parse(text, str(path), path.parent, overrides, seed)


def _shipped(name: str) -> Path:
    path = SHIPPED / f"{name}.yaml"
    if not name or not path.is_file():
        names = ", ".join(sorted(found.stem for found in SHIPPED.glob("*.yaml")))
        raise ScenarioError(f"{name or '.'}:1: scenario: no such file; shipped are {names}")
    return path


def parse(
    text: str,
    name: str,
    folder: Path,
    overrides: tuple[str, ...] = (),
    seed: int | None = None,
) -> Scenario:
    """Read the text of a scenario; files in it are relative to folder."""
    root = read(text, name)
    root.entries()
    for assignment in overrides:
        override(root, assignment)
    fields = root.fields(("name", "seed", "duration", "world", "device", "cpu", "steps", "expect"))
    for key in ("name", "duration"):
        if key not in fields:
            raise root.wrong(f"{key} is missing")
    duration_ms = fields["duration"].duration_ms()
    world = _world(fields.get("world") or _empty(root, "world"), folder)
    if seed is None:
        seed = fields["seed"].whole(0, SEED_MAX) if "seed" in fields else 1
    device = _device(fields.get("device") or _empty(root, "device"), world)
    cpu = fields["cpu"].fields(("step_cost_ms", "costs")) if "cpu" in fields else {}
    return Scenario(
        name=fields["name"].text(),
        seed=seed,
        duration_ms=duration_ms,
        world=world,
        device=device,
        step_cost_ms=cpu["step_cost_ms"].whole(0, 1000) if "step_cost_ms" in cpu else 2,
        costs=cpu["costs"].on() if "costs" in cpu else True,
        steps=_steps(fields.get("steps"), world, device, duration_ms, folder),
        expect=_expect(fields.get("expect"), duration_ms),
    )


def _empty(root: Node, key: str) -> Node:
    return Node("map", {}, root.where, key)


# -- the world -------------------------------------------------------------------------------


def _world(node: Node, folder: Path) -> WorldPart:
    fields = node.fields(("start_utc", "place", "sky", "motion", "gnss", "network"))
    log, log_at_ms, start = _gnss(fields.get("gnss"), folder)
    place, start_utc_s = DEFAULT_PLACE, dates.from_iso(DEFAULT_START)
    if log is not None:
        place, start_utc_s = _from_log(log, place, start_utc_s)
    if "start_utc" in fields:
        start_utc_s = _utc(fields["start_utc"])
    if "place" in fields:
        place = fields["place"].place()
    sky = fields["sky"].choice(SKIES) if "sky" in fields else "open"
    motion, speed_cms, heading_deg = _motion(fields.get("motion"), folder)
    network = fields.get("network") or _empty(node, "network")
    coverage, nitz, law, fixed_ms, contacts, own_number, sim_pin = _network(network)
    return WorldPart(
        start_utc_s,
        place,
        sky,
        motion,
        speed_cms,
        heading_deg,
        log,
        log_at_ms,
        start,
        coverage,
        nitz,
        law,
        fixed_ms,
        contacts,
        own_number,
        sim_pin,
    )


def _utc(node: Node) -> int:
    try:
        utc_s = dates.from_iso(node.text())
    except ValueError:
        raise node.wrong(f"{node.value!r} is not a UTC time such as {DEFAULT_START}") from None
    if not 2000 <= dates.to_datetime(utc_s).year <= dates.LAST_YEAR:
        raise node.wrong(f"is not from 2000 to {dates.LAST_YEAR}")
    return utc_s


def _motion(node: Node | None, folder: Path) -> tuple[request.Request, int, int]:
    """(the motion, speed, heading); only who walks, runs... gets anywhere."""
    if node is None or node.kind != "map":
        kind = node.choice(tuple(KINDS)) if node is not None else "worn"
        return request.Request(kind), SPEEDS_CMS.get(kind, 0), 0
    fields = node.fields((*request.FIELDS, "speed_cms", "heading_deg"))
    args = {
        key: reader(fields[key]) if key in fields else default
        for key, (reader, default) in request.FIELDS.items()
    }
    if args["kind"] is None and args["file"] is None:
        args["kind"] = "walk"
    wanted = request.read(node, fields, args, folder)
    goes = wanted.kind in SPEEDS_CMS or wanted.recording is not None
    usual_cms = SPEEDS_CMS.get(wanted.kind, 0)
    speed_cms = fields["speed_cms"].whole(0, 10_000) if "speed_cms" in fields else usual_cms
    heading_deg = fields["heading_deg"].whole(0, 359) if "heading_deg" in fields else 0
    return wanted, speed_cms if goes else 0, heading_deg


def _gnss(node: Node | None, folder: Path) -> tuple[bytes | None, int, str]:
    if node is None:
        return None, 0, "hot"
    fields = node.fields(("model", "start", "file", "at"))
    if "file" not in fields:
        if "at" in fields:
            raise fields["at"].wrong("is for a file only")
        if "model" in fields:
            fields["model"].choice(("l76k",))
        return None, 0, fields["start"].choice(STARTS) if "start" in fields else "hot"
    # A file set on the command line takes the model's place, and may be named from here.
    instead = fields["file"].where.startswith("--set ")
    for key in ("model", "start"):
        if key in fields and not instead:
            raise fields[key].wrong("a file has no model")
    path = folder / fields["file"].text()
    if instead and not path.is_file():
        path = Path(fields["file"].text())
    try:
        data = inputs.read_bytes(path, inputs.RECORDING_MAX)
    except OSError as error:
        raise fields["file"].wrong(f"{path}: {error.strerror}") from None
    return data, fields["at"].duration_ms() if "at" in fields else LOG_AT_MS, "hot"


def _from_log(
    data: bytes, place: tuple[int, int], start_utc_s: int
) -> tuple[tuple[int, int], int]:
    """Where and when a recording begins: its first valid epoch that has a date."""
    reader = ClaimReader()
    for epoch in epochs(data):
        for claim in reader.read(epoch):
            if claim.utc.endswith("Z"):
                utc_s = dates.from_iso(claim.utc.replace(":60Z", ":59Z"))
                return (claim.lat_e7, claim.lon_e7), max(0, utc_s)
            place = (claim.lat_e7, claim.lon_e7)
    return place, start_utc_s


def _network(node: Node) -> tuple[str, bool, str, int | None, list[Contact], str, str]:
    fields = node.fields(("coverage", "nitz", "sms_latency", "contacts", "own_number", "sim_pin"))
    coverage = fields["coverage"].choice(COVERAGES) if "coverage" in fields else "good"
    nitz = fields["nitz"].on() if "nitz" in fields else True
    law, fixed_ms = "lte", None
    if "sms_latency" in fields:
        latency = fields["sms_latency"].fields(("fixed_ms", "law"))
        if not latency:
            raise fields["sms_latency"].wrong("needs fixed_ms or law")
        if "law" in latency:
            law = latency["law"].choice(tuple(LAWS))
        if "fixed_ms" in latency:  # wins over the law, so that --set can say it
            fixed_ms = latency["fixed_ms"].whole(50, 600_000)
    own = fields["own_number"].number() if "own_number" in fields else OWN_NUMBER
    pin = fields["sim_pin"].text() if "sim_pin" in fields else ""
    return coverage, nitz, law, fixed_ms, _contacts(fields.get("contacts")), own, pin


def _contacts(node: Node | None) -> list[Contact]:
    if node is None:
        numbers = [f"+336399800{i:02d}" for i in range(1, CONTACTS_MAX + 1)]
        return [Contact(number, True, 0) for number in numbers]
    found: list[Contact] = []
    for key, child in node.entries().items():
        number = Node("text", key, child.where, key).number()
        refused = re.fullmatch("refused:([1-9][0-9]{0,2})", child.text())
        if number in [contact.number for contact in found]:
            raise child.wrong("is there twice, written in another way")
        if refused:
            found.append(Contact(number, True, int(refused.group(1))))
        elif child.value in ("ok", "off"):
            found.append(Contact(number, child.value == "ok", 0))
        else:
            raise child.wrong(f"{child.value!r} is not ok, off or refused:<cms>")
    if len(found) > CONTACTS_MAX:
        raise node.wrong(f"{len(found)} contacts; the button has at most {CONTACTS_MAX}")
    return found


# -- the device ------------------------------------------------------------------------------


def _device(node: Node, world: WorldPart) -> DevicePart:
    fields = node.fields(("board", "battery_pct", "not_before_utc", "modem", "config"))
    config: dict[str, Any] = {
        "format": 1,
        "name": "Julie",
        "own_number": world.own_number,
        "sim_pin": world.sim_pin,
        "cancel_pattern": DEFAULT_PATTERN,
        "contacts": _config_contacts(world.contacts),
        "not_before_utc": f"{dates.to_datetime(world.start_utc_s).year}-01-01",
    }
    if "not_before_utc" in fields:
        config["not_before_utc"] = _date(fields["not_before_utc"])
    if "config" in fields:
        fields["config"].entries()
        config.update(fields["config"].plain())
    board = "t_a7670x_s3"
    if "board" in fields:
        board = fields["board"].choice(boards())
    return DevicePart(
        board=board,
        battery_pct=fields["battery_pct"].whole(0, 100) if "battery_pct" in fields else 80,
        modem_on=fields["modem"].on() if "modem" in fields else True,
        config=config,
    )


def _date(node: Node) -> str:
    """YYYY-MM-DD."""
    try:
        dates.from_iso(node.text() + "T00:00Z")
    except ValueError:
        raise node.wrong(f"{node.value!r} is not a date such as 2026-01-01") from None
    if not "2000" <= node.text()[:4] <= str(dates.LAST_YEAR):
        raise node.wrong(f"is not from 2000 to {dates.LAST_YEAR}")
    return node.text()


def boards() -> tuple[str, ...]:
    """The boards that the firmware has a file for."""
    return tuple(sorted(path.stem for path in BOARDS.glob("*.csv")))


def _config_contacts(contacts: list[Contact]) -> list[dict[str, Any]]:
    """All have danger, the first two watch, the last technical (BEHAVIOUR.md section 5)."""
    found = []
    for index, contact in enumerate(contacts):
        roles = ["danger"]
        if index < 2:
            roles.append("watch")
        if index == len(contacts) - 1:
            roles.append("technical")
        entry = {"number": contact.number, "roles": roles, "ring": True, "confirmed": True}
        found.append(entry)
    return found


# -- steps and expectations ------------------------------------------------------------------


def _steps(
    node: Node | None, world: WorldPart, device: DevicePart, duration_ms: int, folder: Path
) -> list[Step]:
    steps: list[Step] = []
    for item in node.items() if node is not None else []:
        entries = item.entries()
        if "at" not in entries:
            raise item.wrong("at is missing")
        at_ms = entries["at"].duration_ms()
        if at_ms > duration_ms:
            raise entries["at"].wrong("is after the end of the scenario")
        command = commands.read(item, ("at",), folder)
        if command.do == "contact":
            if command.args["number"] not in [contact.number for contact in world.contacts]:
                raise entries["number"].wrong("is no contact of this scenario")
        if command.do == "fault":
            _possible(entries["line"], command.args["line"], device, duration_ms)
        steps.append(Step(at_ms, command))
    return steps


def _possible(node: Node, fault: Fault, device: DevicePart, duration_ms: int) -> None:
    if (fault.at_ms or 0) > duration_ms:
        raise node.wrong("at= is after the end of the scenario")
    if fault.device == "storage" and not raw(read_table(BOARDS / f"{device.board}.csv")):
        raise node.wrong(f"{device.board} has no partition that could fail")


def _expect(node: Node | None, duration_ms: int) -> list[Expectation]:
    found = []
    for item in node.items() if node is not None else []:
        fields = item.fields(("by", "ev", "count", "where"))
        if "ev" not in fields:
            raise item.wrong("ev is missing")
        by_ms = fields["by"].duration_ms() if "by" in fields else duration_ms
        if by_ms > duration_ms:
            raise fields["by"].wrong("is after the end of the scenario")
        count = fields["count"].whole(0, 1_000_000) if "count" in fields else 1
        ev = fields["ev"].choice(tuple(events.FIELDS))
        where = _where(ev, fields["where"]) if "where" in fields else {}
        by = fields["by"].text() if "by" in fields else "the end"
        text = f"by {by}: {f'at least {count}' if count else 'no'} {ev}"
        if where:
            text += " where " + ", ".join(f"{key} = {value}" for key, value in where.items())
        found.append(Expectation(by_ms, ev, count, where, text))
    return found


def _where(ev: str, node: Node) -> dict[str, str]:
    """What the fields of an event must be; a word that can never come is refused."""
    where = {}
    for key, child in node.fields(events.fields(ev)).items():
        value = child.text()
        words = events.words(ev, key)
        if words and "*" not in value:
            child.choice(words)
        where[key] = without_blanks(value) if key in events.NUMBERS else value
    return where
