"""The console: lines, refusals, the lock, and what a board without PSRAM does."""

from binascii import hexlify, unhexlify

import hmac256
from console_rig import DEVID, KEY, Rig
from harness import Rng, pieces

from firmware.console import contact
from firmware.services.console import LINE_MAX

# name, what is typed (with its end), the errors that are answered
LINES = (
    ("empty", b"\n", []),
    ("blanks and a return", b"  \r\n", []),
    ("not JSON", b"hello\n", ["json"]),
    ("not an object", b"[1, 2]\n", ["json"]),
    ("a number", b"7\n", ["json"]),
    ("cut off", b'{"do": "in\n', ["json"]),
    ("a key that is a list", b"{[]: 1}\n", ["json"]),
    ("not text", b'{"do": "\xff\xfe"}\n', ["json"]),
    ("zeros", b"\0\0\0\n", ["json"]),
    ("deep", b"[" * 900 + b"\n", ["json"]),
    ("as long as can be", b'{"do": "' + b"x" * (LINE_MAX - 10) + b'"}\n', ["unknown"]),
    ("too long", b'{"do": "' + b"x" * LINE_MAX + b'"}\n', ["long"]),
    ("without do", b"{}\n", ["unknown"]),
    ("do is no text", b'{"do": 1}\n', ["unknown"]),
    ("do is blank", b'{"do": " "}\n', ["unknown"]),
    ("do is two", b'{"do": "info press"}\n', ["unknown"]),
    ("a helper's name", b'{"do": "values"}\n', ["unknown"]),
    ("of another version", b'{"do": "info", "v": 2}\n', ["version"]),
    ("version is text", b'{"do": "info", "v": "1"}\n', ["version"]),
    ("presses none", b'{"do": "press", "count": 0}\n', ["value"]),
    ("presses true", b'{"do": "press", "count": true}\n', ["value"]),
    ("presses nine", b'{"do": "press", "count": 9}\n', ["value"]),
    ("holds for ever", b'{"do": "press", "hold_ms": 99999}\n', ["value"]),
    ("a key too short", b'{"do": "service", "key": "00", "devid": "00"}\n', ["value"]),
    ("keys", b'{"do": "hash", "name": "keys"}\n', ["denied"]),
    ("vfs", b'{"do": "hash", "name": "vfs"}\n', ["value"]),
    ("no such partition", b'{"do": "hash", "name": "ev"}\n', ["absent"]),
    ("no file of ours", b'{"do": "get", "name": "/mode"}\n', ["denied"]),
    ("nothing to put", b'{"do": "put", "name": "config.json"}\n', ["value"]),
    ("another device", b'{"do": "wipe", "devid": "00"}\n', ["value"]),
    ("no device", b'{"do": "wipe"}\n', ["value"]),
)
# A text from a contact whose code is 4821, and what it means
ANSWERS = (
    ("OUI 4821", "yes"),
    ("oui 4821.", "yes"),
    (" Oui, 4821 merci", "yes"),
    ("Yes 4821", "yes"),
    ("OUI", "wrong"),
    ("OUI 4822", "wrong"),
    ("OUI4821", None),
    ("4821", None),
    ("NON", "no"),
    ("non merci", "no"),
    ("OK", None),
    ("", None),
    ("{}", None),
    ("WIPE", None),
)


def errors(lines):
    return [line["error"] for line in lines]


def mac_of(challenge, key=KEY):
    mac = hmac256.into(bytearray(32), key, b"galet console 1\0", unhexlify(challenge))
    return hexlify(bytes(mac)).decode()


def test_a_bench_says_that_it_is_there():
    (ready,) = Rig().greeting
    assert (ready["ev"], ready["board"], ready["mode"]) == ("ready", "bench", "bench")
    assert Rig("field").greeting == []


def test_refusals():
    for name, typed, expected in LINES:
        assert errors(Rig().type(typed)) == expected, name


def test_chunks_make_no_difference():
    typed = b"".join([line for _, line, _ in LINES if len(line) < 200])
    whole = []
    for _, line, _ in LINES:
        if len(line) < 200:
            whole += Rig().type(line)
    for seed in range(5):
        rig, got = Rig(), []
        for chunk in pieces(typed, Rng(seed)):
            got += rig.type(chunk)
        assert errors(got) == errors(whole), seed


def test_the_number_comes_back():
    rig = Rig()
    (answer,) = rig.say({"do": "info", "id": 7, "v": 1})
    assert (answer["id"], answer["ok"], answer["v"]) == (7, True, 1)
    for other in ("7", 7.5, True, 1 << 40, None):
        (answer,) = rig.say({"do": "info", "id": other})
        assert answer["ok"] and "id" not in answer


def test_lines_at_once_are_answered_in_their_order():
    rig = Rig()
    lines = [b'{"do": "info", "id": %d}\n' % number for number in range(20)]
    heard = rig.type(b"".join(lines) + b'{"do": "in')
    assert [line["id"] for line in heard] == list(range(20))
    assert [line["ok"] for line in rig.type(b'fo"}\n')] == [True]


def test_what_is_kept_has_an_end():
    rig = Rig()
    for _ in range(200):
        rig.type(b"x" * 1000, 20)
        assert len(rig.console._line) <= LINE_MAX + 1
    assert errors(rig.type(b"\n")) == ["long"]


def test_the_vector_of_the_page():
    told = "f00d4dfa40b3445793876f1bb7e62e96aac1294133fe8bc2e0b646c9f7414bfd"
    assert mac_of("000102030405060708090a0b0c0d0e0f") == told


def test_nothing_is_answered_before_the_greeting():
    rig = Rig("field")
    for name, typed, _ in LINES:
        assert rig.type(typed) == [], name
    for do in ("info", "press", "restart", "repl", "lock", "put", "read", "wipe", "service"):
        assert rig.say({"do": do}) == [], do
    assert rig.say({"do": "hello", "v": 2}) == []
    assert rig.core.board.resets == 0 and rig.core.finger == 0


def test_the_right_answer_unlocks():
    rig = Rig("field")
    (hello,) = rig.say({"do": "hello", "id": 1})
    assert hello["devid"] == hexlify(DEVID).decode()
    assert rig.say({"do": "info"}) == []
    (answer,) = rig.say({"do": "unlock", "mac": mac_of(hello["challenge"])})
    assert answer["ok"]
    (answer,) = rig.say({"do": "info"})
    assert answer["ok"] and answer["mode"] == "field"
    assert errors(rig.say({"do": "press", "count": 3})) == ["locked"]
    assert errors(rig.say({"do": "service"})) == ["locked"]
    rig.say({"do": "lock"})
    assert not rig.goes_on


def test_a_challenge_serves_once():
    rig = Rig("field")
    (hello,) = rig.say({"do": "hello"})
    mac = mac_of(hello["challenge"])
    (other,) = rig.say({"do": "hello"})
    assert other["challenge"] != hello["challenge"]
    assert errors(rig.say({"do": "unlock", "mac": mac})) == ["denied"]  # voided by the next one
    assert errors(rig.say({"do": "unlock", "mac": mac_of(other["challenge"])})) == ["denied"]
    assert rig.console.locked
    (hello,) = rig.say({"do": "hello"})
    (answer,) = rig.say({"do": "unlock", "mac": mac_of(hello["challenge"])})
    assert answer["ok"]
    assert errors(rig.say({"do": "unlock", "mac": mac_of(hello["challenge"])})) == ["denied"]


def test_three_wrong_answers_close_it():
    for wrong in ({}, {"mac": "00" * 32}, {"mac": "x"}, {"mac": 5}):
        rig = Rig("field")
        for _ in range(3):
            assert rig.goes_on
            (hello,) = rig.say({"do": "hello"})
            assert hello["ok"]
            wrong["do"] = "unlock"
            assert errors(rig.say(wrong)) == ["denied"]
        assert not rig.goes_on


def test_the_wrong_key_does_not_unlock():
    rig = Rig("field")
    (hello,) = rig.say({"do": "hello"})
    mac = mac_of(hello["challenge"], bytes(32))
    assert errors(rig.say({"do": "unlock", "mac": mac})) == ["denied"]
    assert rig.say({"do": "info"}) == []


def test_the_window_ends_with_time_and_power():
    rig = Rig("field")
    rig.run(599000)
    assert rig.goes_on
    rig.run(2000)
    assert not rig.goes_on
    rig = Rig("field")
    rig.core.board.power = 0
    rig.run()
    assert not rig.goes_on


def test_without_a_service_key():
    rig = Rig("bench", given=False)
    assert errors(rig.say({"do": "hello"})) == ["absent"]
    assert errors(rig.say({"do": "mode", "mode": "field"})) == ["absent"]
    key, devid = hexlify(KEY).decode(), hexlify(DEVID).decode()
    (answer,) = rig.say({"do": "service", "key": key, "devid": devid})
    assert answer["ok"]
    (hello,) = rig.say({"do": "hello"})
    (answer,) = rig.say({"do": "unlock", "mac": mac_of(hello["challenge"])})
    assert answer["ok"]


def test_during_an_alert():
    rig = Rig()
    rig.core.alert = True
    for do in ("info", "counters", "hello"):
        if do != "counters":
            assert rig.say({"do": do})[0]["ok"], do
    for do in ("selftest", "hash", "put", "get", "record", "rehearse", "test", "wipe", "mode"):
        assert errors(rig.say({"do": do})) == ["busy"], do


def test_a_press_comes_and_goes():
    for psram in (1, 0):
        rig = Rig(psram=psram)
        (answer,) = rig.say('{"do":"press","count":3}', 0)
        assert answer["ok"]
        levels = []
        for _ in range(30):
            rig.run(50)
            levels.append(rig.core.finger)
        assert levels[-1] == 0 and rig.console.task is None
        assert [levels[k - 1 : k + 1] for k in range(1, 30)].count([0, 1]) in (2, 3)


def test_a_small_board_says_what_it_cannot():
    rig = Rig(psram=0)
    assert errors(rig.say({"do": "selftest"})) == ["unknown"]
    assert rig.say({"do": "info", "id": 1})[0]["ok"]
    rig.core.alert = True
    assert errors(rig.say({"do": "info", "id": 1})) == ["busy"]
    rig.core.alert = False
    assert errors(rig.say({"do": "x" * 300})) == ["long"]


def test_restart_comes_after_its_answer():
    rig = Rig()
    (answer,) = rig.say({"do": "restart"})
    assert answer["ok"] and rig.core.board.resets == 1


def test_what_an_answer_means():
    for text, expected in ANSWERS:
        assert contact.meaning(text, "4821") == expected, text
