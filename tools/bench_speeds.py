"""How fast the parsers and codecs are, each beside a plain piece of code that does the same.

Separate from tools/bench.py because this half runs on every interpreter, the MicroPython VM
included: `micropython tools/bench_speeds.py`. One line of JSON: {name: [ours, plain]} in times a
second. Imports array, sys, time, json, binascii, lib/ and the microphone's driver.
"""

import json
import sys
import time
from array import array
from binascii import hexlify

_ROUNDS = 3  # the best counts: what else the machine does only makes it slower
_ROUND_MS = 300

_SENTENCES = (
    b"$GNRMC,204512.000,A,4545.62580,N,00450.13960,E,2.33,20.10,051126,,,A,V*3F\r\n"
    b"$GNGGA,204512.000,4545.62580,N,00450.13960,E,1,11,0.92,171.3,M,49.5,M,,*70\r\n"
    b"$GNGSA,A,3,05,13,15,18,20,23,24,29,,,,,1.61,0.92,1.32,1*08\r\n"
    b"$GPGSV,3,1,11,05,43,301,38,13,58,089,41,15,77,322,40,18,21,260,33,0*6A\r\n"
)
_CHUNK = 120  # bytes of a read: 9600 baud for 125 ms
_TEXT = (
    "DANGER Julie 21:40. Appelez le 17, lisez-leur ce lieu. Ne l'appelez pas. https://maps.google"
    ".com/?q=45.76053,4.83566 +/-12m à 21:40. Bat 80%. Répondez OK"
)
_NUMBER = "+33639980001"
DRIVER = "firmware/drivers/microphone"


def now_us():
    return time.ticks_us() if hasattr(time, "ticks_us") else time.perf_counter_ns() // 1000


def since_us(start_us):
    if hasattr(time, "ticks_diff"):
        return time.ticks_diff(time.ticks_us(), start_us)
    return now_us() - start_us


def per_s(work):
    """How many times a second, at best; work() returns how many it did."""
    best = 0
    for _ in range(_ROUNDS):
        done = spent_us = 0
        start_us = now_us()
        while spent_us < _ROUND_MS * 1000:
            done += work()
            spent_us = since_us(start_us)
        best = max(best, done * 1000000 // spent_us)
    return best


def nmea_work():
    import nmea

    reader = nmea.Reader()
    chunks = [_SENTENCES[at : at + _CHUNK] for at in range(0, len(_SENTENCES), _CHUNK)]
    lines = _SENTENCES.count(b"$")

    def work():
        for chunk in chunks:
            reader.feed(chunk)
        return lines

    work()
    assert reader.good == lines - 1, (reader.good, reader.bad_checksum, reader.damaged)
    return work


def plain_nmea_work():
    """Split and float, as a first sketch would do it: no checksum, no damage, no integers."""
    lines = _SENTENCES.count(b"$")

    def degrees(field):
        value = float(field)
        whole = value // 100
        return whole + (value - whole * 100) / 60

    def work():
        for line in _SENTENCES.split(b"\r\n"):
            fields = str(line, "ascii").split(",")
            if fields[0] == "$GNRMC":
                degrees(fields[3]), degrees(fields[5]), float(fields[7]), float(fields[1])
            elif fields[0] == "$GNGGA":
                degrees(fields[2]), degrees(fields[4]), int(fields[7]), float(fields[8])
            elif fields[0] == "$GNGSA":
                int(fields[2]), float(fields[16])
        return lines

    return work


def pdu_work():
    import tpdu

    def work():
        tpdu.submit(_NUMBER, _TEXT, 1, 240, 7)
        return 1

    return work


def plain_pdu_work():
    """The seven bits of each character by way of one long integer, and a head by hand."""
    alphabet = {"à": 127, "é": 5}
    for code in range(32, 127):
        alphabet[chr(code)] = code

    def work():
        packed = 0
        for at, character in enumerate(_TEXT):
            packed |= alphabet[character] << 7 * at
        octets = packed.to_bytes((len(_TEXT) * 7 + 7) // 8, "little")
        hexlify(b"\x31\x07\x0b\x91\x33\x36\x99\x08\x00\xf1\x00\x00\x8f" + octets)
        return 1

    return work


def run(generator):
    for _ in generator:
        pass
    return 1


def agreement_work(x25519):
    secret, out = bytes(range(32)), bytearray(32)
    return lambda: run(x25519.public_key(secret, out))


def sound_work(adpcm):
    """Samples a second: a tenth of a second of 8 kHz at a time."""
    samples = array("h", [k * 7919 % 20000 - 10000 for k in range(800)])
    encoder, out = adpcm.Encoder(), bytearray(400)

    def work():
        encoder.encode(samples, 800, out)
        return 800

    return work


def words_work(microphone):
    """Samples a second: a block of words at a time, offset removed, amplified, measured."""
    port = Words()
    driver = microphone.Microphone(lambda *how: port)
    driver.start(8000)

    def work():
        driver.read()
        return 256

    return work


class Words:
    """A port that has always got something."""

    def readinto(self, buffer):
        return len(buffer)


def key_work(lmots):
    seed, out = bytes(range(32)), bytearray(32)
    return lambda: run(lmots.public_key(bytes(16), 1, seed, out))


def sign_work(lmots):
    seed, out = bytes(range(32)), bytearray(lmots.SIGNATURE_BYTES)
    return lambda: run(lmots.sign(bytes(16), 1, seed, seed, (b"statement",), out))


def segment_work():
    """A sector of 4096 bytes: keys derived, encrypted, authenticated, hashed, the keys gone."""
    from firmware.evidence.ratchet import Ratchet

    page, ratchet = bytearray(4096), Ratchet(1, 1, bytes(32), bytes(32))

    def work():
        ratchet.close(page)
        return 1

    return work


def seal_work():
    """The key of the next seal, the statement, its signature."""
    from firmware.evidence.ratchet import Ratchet
    from firmware.evidence.seals import Seals

    sector, seals = bytearray(4096), Seals(1, bytes(16), bytes(32), bytes(32))
    ratchets = [Ratchet(1, which, bytes(32), bytes(32)) for which in (1, 2, 3)]
    return lambda: run(seals.make(ratchets, 0, sector))


def beside_careless(work):
    """Times a second, and when nothing is overwritten."""
    import aes_cbc
    import wipe

    kept = wipe.take, wipe.clear, aes_cbc.KEEPS_NO_KEY
    ours = per_s(work())
    wipe.take, wipe.clear, aes_cbc.KEEPS_NO_KEY = Careless.take, Careless.clear, False
    plain = per_s(work())
    wipe.take, wipe.clear, aes_cbc.KEEPS_NO_KEY = kept
    return [ours, plain]


class Module:
    """A module of lib/ without its viper."""

    def __init__(self, name):
        for folder in sys.path:
            try:
                with open(folder + "/" + name + ".py") as source:
                    text = source.read()
                break
            except OSError:
                continue
        names = {"__name__": name}
        exec(text.replace("@micropython.viper\n", ""), names)
        for key in names:
            if not key.startswith("__"):
                setattr(self, key, names[key])
        self.names = names


class Careless:
    """In place of wipe: digests are left where they are."""

    @staticmethod
    def take(state, out, at=0):
        out[at : at + 32] = state.digest()

    @staticmethod
    def clear(_):
        pass


def sealing():
    """With viper and without; signatures beside those that leave keys behind."""
    import adpcm
    import lmots
    import x25519

    from firmware.drivers import microphone

    careless = Module("lmots")
    careless.names["wipe"] = Careless
    return {
        "agreements": [
            per_s(agreement_work(x25519)),
            per_s(agreement_work(Module("x25519"))),
        ],
        "sound_samples": [per_s(sound_work(adpcm)), per_s(sound_work(Module("adpcm")))],
        "sound_words": [per_s(words_work(microphone)), per_s(words_work(Module(DRIVER)))],
        "seal_keys": [per_s(key_work(lmots)), per_s(key_work(careless))],
        "seals": [per_s(sign_work(lmots)), per_s(sign_work(careless))],
        "whole_seals": beside_careless(seal_work),
        "segments": beside_careless(segment_work),
    }


def loop_work():
    """What the machine itself is worth: nothing of ours."""

    def work():
        total = 0
        for value in range(1000):
            total = (total * 31 + value) & 0xFFFF
        return 1

    return work


def main():
    report = {
        "loops": [per_s(loop_work()), None],
        "nmea_sentences": [per_s(nmea_work()), per_s(plain_nmea_work())],
        "pdu_encodes": [per_s(pdu_work()), per_s(plain_pdu_work())],
    }
    if sys.implementation.name != "cpython":  # which has no viper
        report.update(sealing())
    print(json.dumps(report))


if __name__ == "__main__":
    here = __file__.rsplit("/", 1)[0] if "/" in __file__ else "."
    if sys.implementation.name == "cpython":
        sys.path.insert(0, here + "/../tests/shims")
    sys.path[:0] = [here + "/../lib", here + "/.."]
    main()
