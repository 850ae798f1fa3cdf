"""The service console on the virtual boards, from a desk's first line to the wipe."""

import base64
import hashlib
import hmac
import json
import re

import pytest
from console_session import bench, load_with, replace_in, talk
from handed_over import handed_over, judged

from simulator import chip_image
from tools.require_vm import vm_binary

HOSTS = ["cpython"] + ["micropython"] * (vm_binary() is not None)
KEY = bytes(range(1, 33))
DEVID = "00112233445566aa"
SERVICE_GESTURE = [1500, 500, 1500]
LATENCY_MS = 50


def mac_of(challenge, key=KEY):
    told = b"galet console 1\0" + bytes.fromhex(challenge)
    return hmac.new(key, told, hashlib.sha256).hexdigest()


def to_the_field(session):
    """From the bench: a service key, then field mode."""
    yield {"do": "service", "key": KEY.hex(), "devid": DEVID}
    yield {"do": "mode", "mode": "field"}
    session.type('{"do": "restart"}')
    yield 3000


def open_window(session):
    session.stage.board.line("charging").set(1)
    session.stage.button.pattern(SERVICE_GESTURE)
    yield 6000


def unlocked(session):
    hello = yield {"do": "hello"}
    yield {"do": "unlock", "mac": mac_of(hello["challenge"])}
    return mac_of(hello["challenge"])


def errors(answers):
    return [answer.get("error") for answer in answers]


# -- the lock --------------------------------------------------------------------------------


def locked_session(session):
    yield from to_the_field(session)
    session.marks = [(session.world.now_ms, len(session.lines))]
    for line in ('{"do": "info"}', '{"do": "hello"}', b"\x00\xff{", "help()"):
        session.type(line)
        yield 200
    yield from open_window(session)
    for line in ('{"do": "info"}', '{"do": "press"}', '{"do": "restart"}', b"\xff" * 3000):
        session.type(line)
        yield 500
    session.marks.append((session.world.now_ms, len(session.lines)))
    mac = yield from unlocked(session)
    yield {"do": "info"}
    yield {"do": "press", "count": 3}
    yield {"do": "unlock", "mac": mac}  # again: its challenge has served
    session.type('{"do": "lock"}')
    yield 500
    session.marks.append((session.world.now_ms, len(session.lines)))
    session.type('{"do": "info"}')
    yield 2000
    yield from open_window(session)
    hello = yield {"do": "hello"}
    assert mac_of(hello["challenge"]) != mac
    yield {"do": "unlock", "mac": mac}  # replayed
    yield {"do": "unlock", "mac": mac_of(hello["challenge"])}  # voided by the wrong one
    session.type('{"do": "info"}')
    yield 500
    yield {"do": "unlock", "mac": "00" * 32}  # the third: closed
    session.type('{"do": "hello"}')
    yield 1000


def test_locked_in_the_field():
    hashes = []
    for host in HOSTS:
        session, result = talk(bench(seconds=60, steps=False), locked_session, host)
        assert session.over and result.summary["exceptions"] == []
        (_, first), (_, second), (_, third) = session.marks
        assert first == second  # nothing between the start and the challenge that was asked for
        expected = [None, None, None, "locked", "denied", None]
        assert errors(session.lines[second:third]) == expected
        assert session.lines[second + 2]["mode"] == "field"
        assert errors(session.lines[third:]) == [None, "denied", "denied", "denied"]
        assert [line for line in session.lines[second:] if "ev" in line] == []
        # Whatever it printed was of the protocol, on the bench or after the window opened.
        printed = "".join(result.host.console)
        assert [json.loads(line) for line in printed.splitlines()] == session.lines
        hashes.append(result.summary["events_sha256"])
    assert len(set(hashes)) == 1


@pytest.mark.parametrize("how", ("time", "power", "no power", "no key"))
def test_the_window(how):
    def script(session):
        if how == "no key":
            yield {"do": "info"}
        else:
            yield {"do": "service", "key": KEY.hex(), "devid": DEVID}

        yield from reopened(session, how)
        session.before = len(session.lines)
        session.type('{"do": "hello"}')
        yield 1000

    scenario = bench(seconds=720 if how == "time" else 60, steps=False)
    session, result = talk(scenario, script)
    assert session.over and len(session.lines) == session.before
    if how == "time":  # and it sleeps again
        slept = [event["t"] for event in result.events if event["ev"] == "sleep"]
        assert slept and slept[-1] > result.summary["virtual_ms"] - 60_000


def reopened(session, how):
    """In the field, and what must leave the window shut, or shuts it."""
    config = {**session.stage.scenario.device.config, "mode": "field"}
    yield from put(session, config)
    session.type('{"do": "restart"}')
    yield 3000
    if how == "no power":
        session.stage.button.pattern(SERVICE_GESTURE)
        yield 6000
        return
    yield from open_window(session)
    if how == "no key":
        return
    yield {"do": "hello"}
    if how == "power":
        session.stage.board.line("charging").set(0)
        yield 1000
    else:
        yield 601_000


def put(session, config):
    data = json.dumps(config).encode()
    for at in range(0, len(data), 512):
        piece = base64.b64encode(data[at : at + 512]).decode()
        answer = yield {
            "do": "put",
            "name": "config.json",
            "data": piece,
            "at": at,
            "of": len(data),
        }
    return answer


# -- provisioning ----------------------------------------------------------------------------


def test_from_a_blank_device_to_a_wiped_one():
    """A configuration comes in over the console; the wipe leaves none of it in the flash."""
    scenario = bench(seconds=200, steps=False)
    config = {**scenario.device.config, "mode": "bench", "name": "Zerlinda", "sim_pin": ""}
    number = config["contacts"][0]["number"].replace(" ", "").encode()
    found = {}

    def flash(session):
        return chip_image.dump(session.stage.board.flash)

    def script(session):
        info = yield {"do": "info"}
        assert (info["configured"], info["devid"]) == (True, None)
        wrong = yield from put(session, {**config, "item": -1})
        assert (wrong["error"], wrong["why"]) == (
            "value",
            "item: not a whole number from 0 to 9999",
        )
        yield from put(session, config)
        yield {"do": "service", "key": KEY.hex(), "devid": DEVID}
        session.type('{"do": "restart"}')
        yield 3000
        found["before"] = [word in flash(session) for word in (b"Zerlinda", number, KEY)]
        yield {"do": "wipe", "devid": None}
        answer = yield {"do": "wipe", "devid": DEVID}
        assert answer["ok"]
        assert [part["part"] for part in session.parts] == list(range(len(session.parts)))
        session.type('{"do": "restart"}')
        yield 3000
        found["after"] = [word in flash(session) for word in (b"Zerlinda", number, KEY)]
        info = yield {"do": "info"}
        assert (info["configured"], info["mode"], info["devid"]) == (False, "bench", None)
        answer = yield from put(session, config)
        session.type('{"do": "restart"}')
        yield 3000
        info = yield {"do": "info"}
        assert info["configured"]

    session, result = talk(scenario, script)
    assert session.over and result.summary["exceptions"] == []
    assert found == {"before": [True] * 3, "after": [False] * 3}


def test_a_handed_over_device():
    """Self-test, a recording that the kit decrypts, collecting, and the TEST of a contact."""
    given = handed_over()
    kept = {}

    def script(session):
        yield 8000
        kept["info"] = yield {"do": "info"}
        kept["test"] = yield {"do": "selftest"}
        kept["q"] = (yield {"do": "record", "seconds": 4})["q"]
        kept["after"] = yield {"do": "info"}
        kept["keys"] = yield {"do": "read", "name": "keys", "sector": 0}
        whole = yield {"do": "hash", "name": "journal"}
        answer = yield {"do": "read", "name": "journal", "sector": 0, "count": whole["sectors"]}
        kept["journal"] = (whole["sha256"], answer["sha256"])
        yield {"do": "read", "name": "ev", "sector": 0, "count": 4}
        kept["ev"] = b"".join(
            b"\xff" * part["blank"] if "blank" in part else base64.b64decode(part["data"])
            for part in session.parts
        )
        phones = [phone.number for phone in session.stage.phones]
        yield {"do": "test", "contact": 1, "code": "4821"}
        yield 8000
        for number, text in ((0, "OUI 4821"), (1, "OUI 4822"), (1, "wipe"), (1, "Oui 4821")):
            session.stage.network.reply(phones[number], text)
            yield 6000

    session, result = talk(bench("recording", seconds=120, steps=False), script, image=given.image)
    assert session.over and result.summary["exceptions"] == []
    assert set(dict(kept["test"]["findings"]).values()) == {"ok"}
    assert kept["test"]["modem_accepted"] is True
    assert (kept["info"]["next_q"], kept["q"], kept["after"]["next_q"]) == (0, 0, 1)
    assert kept["keys"]["error"] == "denied"
    assert len(set(kept["journal"])) == 1
    assert kept["ev"][:4] == b"EVO1" and len(kept["ev"]) == 4 * 4096
    (recording,) = judged(result.stage.board.flash, given.desk).recordings
    assert recording.grade == "A"
    told = [(line.get("state"), line.get("answer")) for line in session.told[1:]]
    assert told == [("accepted", None), ("delivered", None), (None, "wrong"), (None, "yes")]
    (sent,) = [event for event in result.events if event["ev"] == "at_submit"]
    assert re.search("^TEST.*OUI 4821", sent["text"])


def test_gestures_are_rehearsed():
    def script(session):
        yield {"do": "rehearse", "on": True}
        for pattern in (
            [200, 300, 200],
            [200, 300, 200, 300, 200],
            [1400, 400, 200, 400, 200, 400, 1400],
        ):
            yield 14_000  # the guard of a watch is over
            session.stage.button.pattern(pattern)
        yield 9000
        yield {"do": "rehearse", "on": False}

    session, result = talk(bench(seconds=90, steps=False), script)
    assert [line.get("kind") for line in session.told[1:]] == ["watch", "danger", "true_cancel"]
    assert not [event for event in result.events if event["ev"] == "at_submit"]


# -- the alert goes first ----------------------------------------------------------------------


@pytest.mark.parametrize("host", HOSTS)
@pytest.mark.parametrize("board", ("t_a7670x_s3", "generic_esp32"))
def test_the_line_that_presses(host, board):
    """{"do":"press","count":3} alone raises danger, on the bench of a board without PSRAM, too."""

    def script(session):
        yield {"do": "info"}
        session.type('{"do":"press","count":3}')
        yield 50_000

    session, result = talk(bench(board=board, seconds=60, steps=False), script, host)
    assert session.over and result.summary["exceptions"] == []
    assert [line["ok"] for line in session.lines if "ok" in line] == [True, True]
    sent = [event for event in result.events if event["ev"] == "at_accept"]
    assert len({event["to"] for event in sent}) == 5


def flooding(session, for_ms):
    """Lines of all kinds, as fast as the port takes them."""
    lines = [b'{"do": "info"}', b'{"do": "hello"}', b"\xff" * 300, b"[" * 1500, b'{"do": "hash"}']
    end_ms = session.world.now_ms + for_ms
    while session.world.now_ms < end_ms:
        for line in lines:
            session.type(line)
            yield len(line) // 11 + 1


def delays(scenario, begin, flood_ms, host="cpython"):
    """(from the press to the first message, to the last one taken), less the network's part."""

    def script(session):
        yield from begin(session)
        session.world.after(2000, session.stage.button.press, 3, 300, 150)
        yield from flooding(session, flood_ms)

    session, result = talk(scenario, script, host)
    assert result.summary["exceptions"] == []
    assert (len(session.lines) > 12) == (flood_ms > 0 and begin is not in_the_field)
    summary = result.summary
    return summary["first_submit_ms"] - summary["trigger_ms"], (
        summary["last_accepted_ms"] - summary["trigger_ms"] - summary["radio_ms"]
    )


def on_the_bench(_session):
    yield 10_000


def in_the_field(session):
    yield from to_the_field(session)
    yield 10_000


def in_a_window(session):
    yield from to_the_field(session)
    yield from open_window(session)
    session.stage.board.line("charging").set(1)


@pytest.mark.parametrize("begin", (on_the_bench, in_the_field, in_a_window))
def test_a_flood_delays_no_alert(begin):
    scenario = bench(seconds=45, steps=False)
    quiet, flooded = (delays(scenario, begin, flood_ms) for flood_ms in (0, 18_000))
    assert all(abs(a - b) <= LATENCY_MS for a, b in zip(quiet, flooded)), (quiet, flooded)


@pytest.mark.skipif(len(HOSTS) == 1, reason="no MicroPython VM for this machine")
def test_a_flood_on_a_board_without_psram():
    """In the heap of such a board: no service is restarted for want of memory."""
    scenario = bench(board="generic_esp32", seconds=20, steps=False)

    def begin(_session):
        yield 6000

    quiet, flooded = (delays(scenario, begin, ms, "micropython") for ms in (0, 2500))
    assert abs(quiet[0] - flooded[0]) <= LATENCY_MS


def test_a_scenario_types():
    scenario = load_with("evening_walk", {"mode": "bench"})
    from simulator import commands
    from simulator.scenario import Step

    step = Step(5000, commands.Command("console", {"line": '{"do": "info", "id": 3}'}))
    scenario = replace_in(scenario, duration_ms=8000, expect=[], steps=[step])
    from simulator.run import simulate

    said = [event["text"] for event in simulate(scenario).events if event["ev"] == "console"]
    assert [json.loads(text).get("id") for text in said] == [None, 3]


@pytest.mark.skipif(len(HOSTS) == 1, reason="no MicroPython VM for this machine")
def test_a_board_without_psram_is_provisioned_bare():
    """There the rules of a configuration find room beside the console, and not beside the core."""
    scenario = bench(board="generic_esp32", seconds=40, steps=False)
    seen = []

    def script(session):
        session.type('{"do": "restart", "bare": true}')
        yield 3000
        seen.append((yield {"do": "info"})["configured"])
        wrong = yield from put(session, {**scenario.device.config, "item": -1})
        seen.append(wrong["error"])
        yield from put(session, {**scenario.device.config, "name": "Zoe"})
        session.type('{"do": "restart"}')
        yield 3000
        seen.append((yield {"do": "info"})["configured"])
        yield 300
        session.type('{"do": "restart"}')
        yield 3000
        seen.append((yield {"do": "info"})["configured"])

    session, result = talk(scenario, script, "micropython")
    assert session.over and result.summary["exceptions"] == []
    assert seen == [False, "value", True, True]


@pytest.mark.parametrize("mode", ("bench", "field"))
def test_handed_over_to_the_repl(mode):
    """The program ends and nothing resets the board: the watchdog is given an hour."""

    def script(session):
        if mode == "field":
            yield from to_the_field(session)
            yield from open_window(session)
            yield from unlocked(session)
        answer = yield {"do": "repl"}
        assert answer["ok"]
        yield 120_000

    session, result = talk(bench(seconds=160, steps=False), script)
    assert session.over and result.ended_by_itself
    causes = [event["cause"] for event in result.events if event["ev"] == "reset"]
    assert causes == ["software"] * (mode == "field")
