"""A recorder on flash that tests can look into: its keys are known, its minutes pass at once."""

from hashlib import sha256

import ev1_reader as reader
import hmac256
import lmots
from harness import Rng
from nor import SECTOR, Nor

from firmware.evidence import keys, recorder, records
from firmware.evidence.identity import Identity
from firmware.store import PartitionLog

SECRET = bytes(range(7, 39))  # a, of the association
IDENTIFIER = bytes(range(16))
SEED, PSK = sha256(b"S").digest(), sha256(b"psk").digest()
SETTINGS = records.Settings(8000, 16, 0, 1, 1, 7, 4100, b"firmware", b"settings", 100, 4)
DANGER = 1

_BLANK = b"\xff" * SECTOR
_made = {}


class Chip(Nor):
    """The same flash, sector by sector, so that small heaps have room for it."""

    def __init__(self, sectors):
        super().__init__(0)
        self.sectors = sectors
        self.held = {}

    def readblocks(self, number, buffer, offset=0):
        assert number < self.sectors
        self._check(number)
        buffer[:] = memoryview(self.held.get(number, _BLANK))[offset : offset + len(buffer)]

    def writeblocks(self, number, data, offset=None):
        assert number < self.sectors and offset is not None
        self._check(number)
        if number not in self.held:
            self.held[number] = bytearray(_BLANK)
        sector = self.held[number]
        first, last = self._part(len(data))
        for i in range(first, last):
            sector[offset + i] &= data[i]
        self.programs.append((number, offset, len(data)))
        self._die()

    def reborn(self):
        fresh = Chip(self.sectors)
        fresh.held = {number: bytearray(sector) for number, sector in self.held.items()}
        return fresh

    def in_order(self):
        return [self.held[number] for number in sorted(self.held)]


def public():
    """A, computed once."""
    if "A" not in _made:
        _made["A"] = reader.public_of(SECRET)
    return _made["A"]


def identity():
    return Identity(b"devid..8", IDENTIFIER, public(), bytes(8), 0)


def psk_of(q):
    psk = PSK
    for _ in range(q):
        psk = reader.mac(psk, b"EV1 psk next\0")
    return psk


def seed_of(q):
    seed = SEED
    for _ in range(q):
        seed = reader.mac(seed, b"EV1 S next\0")
    return seed


def seal_key_of(q):
    """pk_(q, 0), as the registry has it."""
    if q not in _made:
        out = bytearray(32)
        private = hmac256.into(bytearray(32), seed_of(q), b"EV1 seal\0")
        reader.run(lmots.public_key(IDENTIFIER, q, private, out))
        _made[q] = bytes(out)
    return _made[q]


def planted(sectors=4):
    """A keys partition with slot 0."""
    nor = Nor(sectors)
    made = keys.Keys(PartitionLog(nor))
    assert made.plant(SEED, PSK)
    return nor


class Bench:
    """One start of the recorder on these flashes; `told` collects its events."""

    def __init__(self, keys_nor, ev_nor, seed=1, pages=24):
        self.keys_nor, self.ev_nor = keys_nor, ev_nor
        rng = Rng(seed)
        log = PartitionLog(keys_nor) if keys_nor else None
        self.it = recorder.Recorder(
            log, PartitionLog(ev_nor), identity(), lambda: bytearray(rng.bytes(32)), pages
        )
        self.now_ms = 1000
        self.told = []
        self.slices = 0

    def standby(self):
        """Let it do its chores."""
        while self.it.wake_ms(self.now_ms) is not None and not self.it.open:
            self.now_ms = self.it.wake_ms(self.now_ms)
            self.it.idle_step(self.now_ms)
            self.slices += 1
            assert self.slices < 20000, "it never comes to rest"

    def start(self, settings=SETTINGS):
        self.start_ms, self.sample = self.now_ms, 0
        return self.it.start(DANGER, self.now_ms, settings)

    def work(self):
        """Step for as long as it has something to do."""
        while self.it.wake_ms(self.now_ms) == self.now_ms and self.it.open:
            self.told += self.it.step(self.now_ms)
            self.slices += 1
            assert self.slices < 200000, "it never comes to rest"

    def second(self, count=1, rate_hz=8000, work=True):
        """Let so many seconds of sound come in, in pieces of an eighth."""
        for _ in range(8 * count):
            self.it.audio(self.sample, 5, 3, sound(self.sample, rate_hz // 16), self.now_ms)
            self.sample += rate_hz // 8
            self.now_ms += 125
            if work:
                self.work()

    def close(self, reason=3):
        self.it.close(reason, self.now_ms)
        self.work()

    def recordings(self):
        return reader.recordings(self.ev_nor.in_order())


def sound(sample, count):
    """Bytes that tell where they belong."""
    block = sha256(str(sample).encode()).digest()
    return (block * (count // 32 + 1))[:count]
