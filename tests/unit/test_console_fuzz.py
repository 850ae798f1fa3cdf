"""Whatever is typed: no exception, nothing told before the lock is open, nothing kept for ever."""

from binascii import hexlify, unhexlify

import hmac256
from console_rig import DEVID, KEY, Rig
from harness import Rng, depth

from firmware.services.console import LINE_MAX

WORDS = (
    "info counters hello unlock lock put get remove service mode partition hash read rehearse "
    "test wipe press record selftest"
).split()
NAMES = ("do", "id", "v", "name", "data", "at", "of", "mac", "count", "on", "contact", "devid")
VALUES = (
    "0",
    "1",
    "-1",
    "2147483648",
    "1e400",
    "null",
    "true",
    "[]",
    "{}",
    '""',
    '"ev"',
    '"keys"',
)
VALUES += ('"config.json"', '"/etc"', '"\\u0000"', '"\\ud800"', '"' + "00" * 32 + '"', "9" * 400)


def request(rng):
    fields = ['"do": "' + rng.choice(WORDS) + '"']
    for _ in range(rng.below(5)):
        fields.append('"' + rng.choice(NAMES) + '": ' + rng.choice(VALUES))
    return ("{" + ", ".join(fields) + "}").encode()


def line(rng, heard):
    kind = rng.below(8)
    if kind == 0:
        return rng.bytes(rng.below(600))
    if kind == 1:
        return b'{"do": "' + b"x" * (LINE_MAX - 100 + rng.below(3000))
    if kind == 2 and heard:
        return rng.choice(heard)  # a replayed answer to a challenge
    made = request(rng)
    if kind < 5:
        for _ in range(1 + rng.below(4)):
            at = rng.below(len(made))
            made = made[:at] + rng.bytes(rng.below(3)) + made[at + rng.below(3) :]
    return made


def answer_to(challenge):
    mac = hmac256.into(bytearray(32), KEY, b"galet console 1\0", challenge)
    return b'{"do": "unlock", "mac": "' + hexlify(bytes(mac)) + b'"}'


def bounded(rig):
    console = rig.console
    assert len(console._line) <= LINE_MAX + 1 and len(console._ahead) <= 64
    assert len(console.out) <= 8192
    assert len(console._told) <= 8


def test_locked():
    """Nothing but challenges and refusals of them, and no replayed answer opens it."""
    rng = Rng(1)
    rig, heard, last = Rig("field"), [], None
    for _ in range(depth(100000)):
        if not rig.goes_on:
            rig, heard, last = Rig("field"), heard[-7:] + [last or b""], None
        typed = line(rng, heard)
        for told in rig.type(typed + b"\n", 5):
            names = sorted([name for name in told if name != "id"])
            if told["ok"]:
                assert names == ["challenge", "devid", "ok", "v"], told
                assert told["devid"] == hexlify(DEVID).decode()
                # Somebody hears the right answer, too late: the next challenge has voided it.
                heard = heard[-7:] + [last] if last else heard
                last = answer_to(unhexlify(told["challenge"]))
            else:
                assert names == ["error", "ok", "v"] and told["error"] == "denied", told
        assert rig.console.locked, typed
        bounded(rig)


def test_on_the_bench():
    """Whatever is asked for is answered, or refused with a word."""
    rng = Rng(2)
    rig = Rig()
    # What would carry out something that this rig has not.
    rig.core.config.contacts = ()
    for number in range(depth(100000)):
        typed = line(rng, [])
        if b"wipe" in typed or b"selftest" in typed or b"rehearse" in typed:
            typed = b"{}"
        if b"put" in typed or b"counters" in typed or b"get" in typed or b"remove" in typed:
            typed = b'{"do": "info"}'
        for told in rig.type(typed + b"\n", 5):
            assert told["v"] == 1 and (told["ok"] or told["error"]), told
            assert "ev" not in told
        bounded(rig)
        if number % 50 == 0:
            rig.type(b"\n", 400)
            assert rig.say({"do": "info", "id": number}, 100)[-1]["ok"]
