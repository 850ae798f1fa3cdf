"""A reference writer of EV1, from docs/ev1.md alone: devices, recordings, the published container.

python tests/system/ev1_writer.py FOLDER writes the published container anew, byte for byte.

It shares no code with the firmware or the kit, and takes pyhsslms for LM-OTS. All chance comes
from labels, so that everything can be made again; none of these keys protects anybody.
"""

import hmac
import json
import math
import struct
import sys
from hashlib import sha256
from pathlib import Path

import pyhsslms
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

SECTOR = 4096
ROOM = 4016
AUDIO, PLACE, LOG = 1, 2, 3
PUBLISHED = Path(__file__).resolve().parents[2] / "kit/published"


def digest(*parts):
    return sha256(b"".join(parts)).digest()


def mac(key, *parts):
    return hmac.new(key, b"".join(parts), sha256).digest()


def chance(*labels):
    """32 bytes that are the same at every run."""
    return digest(b"Galet test container", *(str(label).encode() + b"\0" for label in labels))


class Association:
    """Its two key pairs."""

    def __init__(self, label="association"):
        self.private = X25519PrivateKey.from_private_bytes(chance(label, "agreement"))
        self.signing = Ed25519PrivateKey.from_private_bytes(chance(label, "signing"))
        self.public = self.private.public_key().public_bytes_raw()

    def pem(self):
        return self.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def registry(self, devices, issued_utc="2026-10-01T09:00:00Z"):
        entry = {
            "format": 1,
            "association": {
                "name": "Association d'essai",
                "signing_key": self.signing.public_key().public_bytes_raw().hex(),
            },
            "devices": [device.entry(self, issued_utc) for device in devices],
        }
        text = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        entry["signature"] = self.signing.sign(text.encode()).hex()
        entry["stamp"] = None
        return (json.dumps(entry, indent=1, ensure_ascii=False) + "\n").encode()


def secrets(devices):
    entry = {device.devid.hex(): {"psk_0": device.psk_0.hex()} for device in devices}
    return (json.dumps({"format": 1, "devices": entry}, indent=1) + "\n").encode()


class Device:
    """What a device draws at its birth, and where its two ratchets go from there."""

    _keys = {}

    def __init__(self, label="device"):
        self.label = label
        self.devid = chance(label, "devid")[:8]
        self.identifier = chance(label, "I")[:16]
        self.psk_0 = chance(label, "psk")
        self.seed_0 = chance(label, "S")

    def psk(self, q):
        return self._ratchet(self.psk_0, b"EV1 psk next\0", q)

    def seal_key(self, q):
        """sk_(q,0)."""
        return mac(self._ratchet(self.seed_0, b"EV1 S next\0", q), b"EV1 seal\0")

    def _ratchet(self, value, label, steps):
        for _ in range(steps):
            value = mac(value, label)
        return value

    def public_key(self, q, j, key):
        """pk_(q,j): K of LM-OTS."""
        return lmots(self.identifier, q, j, key).publicKey().K

    def seal_keys(self):
        if self.label not in self._keys:
            keys = [self.public_key(q, 0, self.seal_key(q)).hex() for q in range(256)]
            self._keys[self.label] = keys
        return self._keys[self.label]

    def entry(self, association, issued_utc):
        return {
            "devid": self.devid.hex(),
            "identifier": self.identifier.hex(),
            "agreement_key": association.public.hex(),
            "seal_keys": self.seal_keys(),
            "hashes": {"firmware": chance("firmware").hex()},
            "issued_utc": issued_utc,
        }


def lmots(identifier, q, j, key):
    leaf = struct.pack(">I", j << 8 | q)
    kind = pyhsslms.lmots_sha256_n32_w4
    return pyhsslms.LmotsPrivateKey(identifier, leaf, key, lmots_type=kind)


def signature(identifier, q, j, key, message):
    """pyhsslms draws C itself; the format fixes it, so the chains are walked here."""
    c = mac(key, b"EV1 C\0", message)
    prefix = identifier + struct.pack(">I", j << 8 | q)
    top = digest(prefix, b"\x81\x81", c, message)
    digits = [half for byte in top for half in (byte >> 4, byte & 15)]
    total = sum(15 - digit for digit in digits)
    digits += [total >> 8 & 15, total >> 4 & 15, total & 15]
    values = []
    for chain, digit in enumerate(digits):
        start = prefix + struct.pack(">H", chain)
        value = digest(start, b"\xff", key)
        for position in range(digit):
            value = digest(start, bytes((position,)), value)
        values.append(value)
    return struct.pack(">I", 3) + c + b"".join(values)


class Recording:
    """One recording as a device writes it; sectors are in the order of the log.

    keys: K_(c,0) by class. All of its state is open, so that tests can lie with it.
    """

    def __init__(self, device, association, q, previous=bytes(32), label="", flags=0):
        self.device, self.q = device, q
        ephemeral = X25519PrivateKey.from_private_bytes(chance(device.label, q, label, "e"))
        self.public = ephemeral.public_key().public_bytes_raw()
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(association.public))
        agreed = mac(digest(b"EV1 salt\0", self.public, association.public), shared)
        fields = struct.pack("<4sBBH", b"EVO1", 1, 1, flags) + device.devid
        fields += struct.pack("<I", q) + self.public + digest(association.public)[:8]
        fields += previous + device.identifier
        signed = fields.ljust(224, b"\xff")
        self.digest = digest(signed)
        copy = signed + self.digest
        self.sectors = [(copy.ljust(2048, b"\xff") + copy).ljust(SECTOR, b"\xff")]
        psk = bytes(32) if q == 0xFFFFFFFF else device.psk(q)
        key = mac(mac(psk, agreed), b"EV1 rec\0", self.digest)
        self.keys = {c: mac(key, b"EV1 class\0", bytes((c,))) for c in (AUDIO, PLACE, LOG)}
        self.running = dict(self.keys)  # K_(c,m) of the segment to come
        self.heads = {c: digest(b"EV1 genesis\0", self.digest, bytes((c,))) for c in self.keys}
        self.counts = dict.fromkeys(self.keys, 0)
        self.pending = dict.fromkeys(self.keys, b"")
        self.j = 0
        self.seal_key = device.seal_key(q) if q < 256 else None
        self.statements = []

    def add(self, class_, kind, at_ms, value):
        """A record; a segment that is full is written first."""
        record = struct.pack("<BHi", kind, len(value), at_ms) + value
        if len(self.pending[class_]) + len(record) > ROOM:
            self.flush(class_)
        self.pending[class_] += record

    def flush(self, class_):
        """Write the open segment of a class, if it holds anything."""
        if self.pending[class_]:
            self.sectors.append(self.segment(class_, self.pending[class_]))
            self.pending[class_] = b""

    def segment(self, class_, plaintext):
        """The next sector of a class."""
        m = self.counts[class_]
        made = sector(self.q, class_, m, self.heads[class_], self.running[class_], plaintext)
        self.running[class_] = mac(self.running[class_], b"EV1 next\0")
        self.heads[class_] = digest(made)
        self.counts[class_] = m + 1
        return made

    def seal(self, final=False):
        """Seal what is written."""
        self.sectors.append(self.sealed(final))

    def sealed(self, final=False):
        """The next seal's sector."""
        heads = [
            digest(b"EV1 head\0", bytes((c,)), struct.pack("<I", self.counts[c]), self.heads[c])
            for c in (AUDIO, PLACE, LOG)
        ]
        key = self.seal_key
        following = mac(key, b"EV1 seal next\0")
        public = bytes(32)
        if not final:
            public = self.device.public_key(self.q, self.j + 1, following)
        statement = struct.pack("<4sIII", b"EVSG", self.q, self.j, int(final))
        statement += b"".join(heads) + public
        made = self.sign(statement, self.j, key)
        self.statements.append(statement)
        self.seal_key, self.j = following, self.j + 1
        return made

    def sign(self, statement, j, key):
        message = b"EV1 seal\0" + self.digest + statement
        made = signature(self.device.identifier, self.q, j, key, message)
        return (statement + made).ljust(SECTOR, b"\xff")

    def data(self):
        return b"".join(self.sectors)

    def name(self):
        """What the next recording has as H_prev."""
        return digest(self.statements[-1]) if self.statements else self.digest


def sector(q, class_, m, link, key, plaintext):
    """One segment under K_(c,m)."""
    header = struct.pack("<4sIB3sI32s", b"EVS1", q, class_, b"\0\0\0", m, link)
    cipher = Cipher(algorithms.AES(mac(key, b"EV1 enc\0")), modes.CBC(digest(header)[:16]))
    encryptor = cipher.encryptor()
    body = encryptor.update(plaintext.ljust(ROOM, b"\0")) + encryptor.finalize()
    return header + body + mac(mac(key, b"EV1 mac\0"), header, body)


# -- records ---------------------------------------------------------------------------------


def config(class_, ticks_ms=123456, rate_hz=8000):
    if class_ == AUDIO:
        return struct.pack("<IBHHI", ticks_ms, 1, rate_hz, 64, 0)
    if class_ == PLACE:
        return struct.pack("<IB", ticks_ms, 1)
    hashes = chance("firmware")[:8] + chance("settings")[:8]
    return struct.pack("<IBBIH", ticks_ms, 1, 1, 12, 3980) + hashes + struct.pack("<HH", 25, 16)


def time(utc_s, source=1, uncertainty_ms=60):
    return struct.pack("<IBI", utc_s, source, uncertainty_ms)


def fix(lat_e7, lon_e7, radius_m=8, utc_s=0xFFFFFFFF):
    return struct.pack("<iiHHBBHI", lat_e7, lon_e7, radius_m, 110, 9, 3, 40, utc_s)


def event(kind, value=0):
    return struct.pack("<BI", kind, value)


def accel(first, count):
    wave = [(k % 7 - 3, 5 - k % 11, 62 + k % 3) for k in range(first, first + count)]
    return struct.pack("<IH", first, count) + b"".join(struct.pack("<hhh", *xyz) for xyz in wave)


def close(count, reason, ticks_ms, totals):
    return struct.pack("<IBIIII", count, reason, ticks_ms, *totals)


class Tone:
    """IMA ADPCM of a rising tone: blocks as an AUDIO record holds them."""

    CHANGES = (-1, -1, -1, -1, 2, 4, 6, 8)

    def __init__(self, rate_hz=8000):
        self._rate_hz, self.samples, self._value, self._index = rate_hz, 0, 0, 0

    def block(self, count):
        head = struct.pack("<IhBB", self.samples, self._value, self._index, 0)
        codes = [self._code(self._sample(self.samples + k)) for k in range(count)]
        self.samples += count
        return head + bytes(codes[k] | codes[k + 1] << 4 for k in range(0, count, 2))

    def _sample(self, number):
        at_s = number / self._rate_hz
        return round(9000 * math.sin(2 * math.pi * (220 + 60 * at_s) * at_s))

    def _code(self, sample):
        step = _STEPS[self._index]
        left = sample - self._value
        code, change = (8, step >> 3) if left < 0 else (0, step >> 3)
        left = abs(left)
        for bit in (4, 2, 1):
            if left >= step:
                code |= bit
                left -= step
                change += step
            step >>= 1
        self._value = max(-32768, min(32767, self._value + (-change if code & 8 else change)))
        self._index = max(0, min(88, self._index + self.CHANGES[code & 7]))
        return code


# The step sizes of the IMA's "Recommended Practices", 1992: each a tenth more, with exceptions.
_STEPS = [
    int(word)
    for word in """7 8 9 10 11 12 13 14 16 17 19 21 23 25 28 31 34 37 41 45 50 55 60 66 73 80 88
    97 107 118 130 143 157 173 190 209 230 253 279 307 337 371 408 449 494 544 598 658 724 796 876
    963 1060 1166 1282 1411 1552 1707 1878 2066 2272 2499 2749 3024 3327 3660 4026 4428 4871 5358
    5894 6484 7132 7845 8630 9493 10442 11487 12635 13899 15289 16818 18500 20350 22385 24623 27086
    29794 32767""".split()
]

START_UTC_S = 847_226_467  # seconds since 2000: 2026-11-05 20:41:07


def tell(recording, seals=3, audio=4, finish=True, place=None, reason=3):
    """A short evening with every type of record, into a recording; returns it.

    seals: how many, the last of them FINAL if it is finished. audio: segments of sound. place:
    how many fixes before each seal, (2, 1, 1, ...) if not given. It seals sooner than a device
    would, to be small.
    """
    tone = Tone()
    add = recording.add
    for class_ in (AUDIO, PLACE, LOG):
        add(class_, 0x01, 0, config(class_))
        add(class_, 0x05, 40, time(START_UTC_S))
    add(LOG, 0x06, 0, event(3, 2))
    add(LOG, 0x06, 2, event(7, 2))
    found = struct.pack("<I", 2) + chance("found O") + struct.pack("<IB", 1, 1)
    found += b"".join(struct.pack("<I", k) + chance("found", k) for k in (9, 3, 3))
    add(LOG, 0x09, 5, found)
    add(LOG, 0x08, 6, struct.pack("<HB", 3980, 0))
    add(PLACE, 0x07, 300, b"208-01-1A2B-0123456")
    fixes = events = accels = 0
    lost = 0
    for j in range(seals):
        at_ms = tone.samples // 8
        for _ in range(audio * (j + 1) // seals - audio * j // seals):
            for _ in range(3):
                add(AUDIO, 0x02, tone.samples // 8, tone.block(2560))
            if tone.samples == 7680:  # after the first three
                add(AUDIO, 0x0A, 960, struct.pack("<IIB", tone.samples, 256, 1))
                tone.samples += 256
                lost = 256
        for k in range((place or (2, 1, 1, 1, 1, 1))[j]):
            add(PLACE, 0x04, at_ms + k, fix(457604300 + 90 * fixes, 48356600 - 70 * fixes))
            fixes += 1
        add(LOG, 0x03, at_ms, accel(25 * j, 25))
        accels += 25
        add(LOG, 0x06, at_ms + 9, event(4, j % 5))
        events += 1
        end_ms = tone.samples // 8
        for class_ in (AUDIO, PLACE, LOG):
            add(class_, 0x05, end_ms, time(START_UTC_S + (end_ms + 40) // 1000, 2, 1500))
        if j == seals - 1 and finish:
            totals = {
                AUDIO: (tone.samples - lost, lost, 0),
                PLACE: (fixes, 1, 0),
                LOG: (events + 2, accels, 0),
            }
            for class_, sums in totals.items():
                count = recording.counts[class_] + 1
                add(class_, 0x7F, end_ms, close(count, reason, end_ms, sums))
        for class_ in (AUDIO, PLACE, LOG):
            recording.flush(class_)
        recording.seal(j == seals - 1 and finish)
    return recording


def publish(folder):
    """The container of docs/ev1.md and its keys."""
    folder.mkdir(parents=True, exist_ok=True)
    association, device = Association(), Device()
    recording = tell(Recording(device, association, 3, chance("previous")))
    files = {
        "recording.ev1": recording.data(),
        "key.pem": association.pem(),
        "registry.json": association.registry([device]),
        "secrets.json": secrets([device]),
        "audio_key.json": class_key(recording, AUDIO),
        "anchors.csv": anchors(recording),
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return files


def class_key(recording, class_):
    entry = {"format": 1, "devid": recording.device.devid.hex(), "q": recording.q}
    entry |= {"class": class_, "key": recording.keys[class_].hex()}
    return (json.dumps(entry, indent=1) + "\n").encode()


def code(q, kind, whole):
    from base64 import urlsafe_b64encode

    return f"{q}{kind}{urlsafe_b64encode(whole[:12]).decode()}"


def anchors(recording):
    """As an association's relay keeps them: the opening, and the first seal."""
    rows = ["received_utc,from,text"]
    first = code(recording.q, "o", recording.digest)
    then = code(recording.q, "h", digest(recording.statements[0]))
    rows.append(f'2026-11-05T20:41:19Z,+33 6 39 98 00 09,"Julie, lieu plus précis. Code {first}"')
    rows.append(f"2026-11-05T20:41:31Z,+33 6 39 98 00 09,{then}")
    return ("\n".join(rows) + "\n").encode()


if __name__ == "__main__":
    for path, content in publish(Path(sys.argv[1] if sys.argv[1:] else PUBLISHED)).items():
        print(f"{sha256(content).hexdigest()}  {path}")
