"""The birth of the keys: what the desk gets, and that power may fail at any time."""

import json
from binascii import hexlify, unhexlify
from hashlib import sha256

import ev1_reader as reader
from evidence_bench import IDENTIFIER, PSK, public
from harness import Rng, depth
from lfs import available, formatted, store_on
from nor import Nor, PowerCut

from firmware.evidence import birth, identity, seed
from firmware.evidence.keys import Keys
from firmware.store import PartitionLog

ENTROPY = bytes(range(200, 232))
FILE_BLOCKS = 40


class Files:
    """A store without a flash: whole files, and the documents by name."""

    def __init__(self, **files):
        self.files = {"/" + name: data for name, data in files.items()}
        self.kept = {}
        self.full = False

    def read(self, path, limit):
        data = self.files.get(path)
        return None if data is None else data[: limit + 1]

    def write(self, path, *pieces):
        if not self.full:
            self.files[path] = b"".join(pieces)
        return not self.full

    def remove(self, path):
        self.files.pop(path, None)
        return True

    def documents(self, name):
        return self.kept.get(name, [])

    def commit(self, name, data):
        self.kept[name] = [data] + self.kept.get(name, [])[:1]
        return not self.full


def desk(**changed):
    fields = {"format": 1, "agreement_key": hexlify(public()).decode()}
    fields["psk_0"] = hexlify(PSK).decode()
    fields["entropy"] = hexlify(ENTROPY).decode()
    fields.update(changed)
    return json.dumps(fields).encode()


def born(files, nor, seed_of_chance=1, radio=1, shaken=b"\1\0\1"):
    """Run it to its end; returns (what it says, the keys partition, what was drawn)."""
    rng, drawn = Rng(seed_of_chance), []

    def entropy(count):
        drawn.append(rng.bytes(count))
        return bytes(bytearray(drawn[-1]))  # it will be overwritten

    keys = Keys(PartitionLog(nor) if nor else None)
    said = reader.run(birth.give(files, keys, entropy, lambda: shaken, radio))
    return said, keys, drawn


class few:
    """Three numbers in the registry instead of 256: quicker."""

    def __enter__(self):
        birth.SEALED_MAX = 3

    def __exit__(self, *_):
        birth.SEALED_MAX = 256


def check(files, keys, nor, count):
    """The hand-over fits the keys; returns the identity."""
    told = json.loads(files.read(birth.HANDOVER, 20000))
    it = identity.load(files)
    assert (told["format"], unhexlify(told["devid"])) == (1, it.devid)
    assert unhexlify(told["identifier"]) == it.identifier and it.agreement_key == public()
    assert len(it.devid) == 8 and len(it.identifier) == 16
    assert len(told["seal_keys"]) == count and files.read(birth.DESK, 1) is None
    seed_bytes, psk = bytearray(32), bytearray(32)
    assert keys.q == 0
    for q in range(min(count, 3)):
        assert keys.take(seed_bytes, psk) == (q, 1)
        out = bytearray(32)
        private = reader.mac(bytes(seed_bytes), b"EV1 seal\0")
        reader.run(reader.lmots.public_key(it.identifier, q, private, out))
        assert told["seal_keys"][q] == hexlify(out).decode()
    return it


def test_without_a_file_of_the_desk_nothing_happens():
    nor = Nor(4)
    said, keys, drawn = born(Files(), nor)
    assert said is None and keys.q is None and drawn == [] and nor.operations == 0


def test_all_256_keys_are_handed_over():
    files, nor = Files(**{"desk.json": desk()}), Nor(4)
    said, keys, drawn = born(files, nor)
    assert said is None
    want = sha256(b"EV1 S\0" + drawn[1] + b"\1\0\1" + ENTROPY).digest()
    assert nor.image[4:36] == want and nor.image[36:68] == PSK
    it = check(files, keys, nor, 256)
    name = sha256(b"EV1 name\0" + drawn[0] + ENTROPY).digest()
    assert it.devid + it.identifier == name[:24] and it.flags == 0


def test_a_silent_radio_is_told():
    files = Files(**{"desk.json": desk()})
    with few():
        assert born(files, Nor(4), radio=0)[0] is None
    assert identity.load(files).flags == 1
    assert json.loads(files.files[birth.HANDOVER])["radio_entropy"] == 0


def test_a_file_that_is_none_is_refused():
    bad = (b"", b"{", b"[]", desk(format=2), desk(psk_0="00"), desk(entropy=5), b"\xff" * 2000)
    for raw in bad + (desk(agreement_key="zz" * 32),):
        files, nor = Files(**{"desk.json": raw}), Nor(4)
        said, _, drawn = born(files, nor)
        assert "desk.json" in said and drawn == [] and nor.operations == 0


def test_what_cannot_be_written_is_told():
    with few():
        said, keys, _ = born(Files(**{"desk.json": desk()}), None)
        assert "keys" in said
        broken = Nor(4)
        broken.broken = {0}
        assert "keys" in born(Files(**{"desk.json": desk()}), broken)[0]
        files = Files(**{"desk.json": desk()})
        files.full = True
        assert "document" in born(files, Nor(4))[0]


def test_again_with_another_file_makes_other_keys():
    nor = Nor(4)
    files = Files(**{"desk.json": desk()})
    with few():
        _, keys, _ = born(files, nor)
        first = check(files, keys, nor, 3)
        files.files[birth.DESK] = desk(entropy="11" * 32)
        _, keys, _ = born(files, nor, 2)
        second = check(files, keys, nor, 3)
    assert first.devid != second.devid and first.birth != second.birth


def test_the_same_file_left_behind_changes_nothing():
    """The desk's file could not be removed; then recordings were made."""
    nor = Nor(4)
    files = Files(**{"desk.json": desk()})
    with few():
        _, keys, _ = born(files, nor)
        handed = files.files[birth.HANDOVER]
        files.files[birth.DESK] = desk()
        born(files, nor, 2)
        assert files.files[birth.HANDOVER] == handed
        keys.take(bytearray(32), bytearray(32))
        files.files[birth.DESK] = desk()
        image = bytes(nor.image)
        said, again, _ = born(files, nor, 3)
    assert said is None and again.q == 1 and bytes(nor.image) == image
    assert files.files[birth.HANDOVER] == handed and birth.DESK not in files.files


def test_an_identity_is_read_back():
    files = Files()
    assert identity.load(files) is None
    it = identity.Identity(b"devid..8", IDENTIFIER, public(), b"birth..8", 1)
    assert identity.save(files, it) and identity.load(files) == it
    good = files.kept[identity.DOCUMENT][0]
    for bad in (b"", b"7", good.replace(b'"flags": 1', b'"flags": -1'), good.replace(b"6", b"g")):
        assert identity.parse(bad) is None
    files.kept[identity.DOCUMENT].insert(0, b"rubbish")
    assert identity.load(files) == it


def test_seeds_never_repeat():
    files, seen = Files(), []
    for start in range(4):
        drawn = bytearray(32)  # the radio gives the same each time: the flash does not
        it = seed.Seed(files, drawn, start != 2)
        seen += [bytes(it.random32()) for _ in range(3)]
        seen.append(bytes(it._state))
    # The third could not write: what it drew last, the fourth draws first, its radio being dead.
    assert len(set(seen[:12])) == len(set(seen[:8] + seen[12:])) == 12
    assert len(files.kept[seed.DOCUMENT]) == 2
    for data in files.kept[seed.DOCUMENT]:
        assert data not in seen


def test_a_seed_leaves_nothing_of_what_was_drawn():
    drawn = bytearray(b"drawn" * 6 + b"12")
    it = seed.Seed(Files(), drawn, True)
    before = bytes(it._state)
    it.random32()
    assert not any(drawn) and bytes(it._state) != before


def test_power_cut_at_any_operation():
    """On a real file system: the birth goes on with the same keys, or begins anew."""
    if not available():
        return
    start = formatted(Nor(FILE_BLOCKS))
    assert store_on(start).write(birth.DESK, desk())
    keys_start = Nor(4, 0xA5)
    with few():
        total = one_birth(start, keys_start, None)
        assert total > 20
        stride = 1 + 20 // depth(20)
        for after in range(0, total, stride):
            one_birth(start, keys_start, after)


def one_birth(start, keys_start, after):
    """Cut after so many operations of either flash; returns how many there are without a cut."""
    files_nor, nor = start.reborn(), keys_start.reborn()
    files = store_on(files_nor)
    shared = Shared(files_nor, nor, after)
    try:
        said, keys, _ = born(files, nor)
        assert said is None
        count, shared.after = shared.count, None
        check(files, keys, nor, 3)  # which uses keys up
        return count
    except PowerCut:
        pass
    files_nor, nor = files_nor.reborn(), nor.reborn()
    files = store_on(files_nor)
    before = identity.load(files)
    said, keys, _ = born(files, nor, 2)
    assert said is None
    if keys.q is None:  # cut once the desk's file was gone: there is nothing more to do
        reader.run(keys.scan())
    if files.read(birth.HANDOVER, 20000) is not None:
        it = check(files, keys, nor, 3)
        assert before is None or it == before
    return None


class Shared:
    """One count of operations for two flashes; at the wanted one power fails half way."""

    def __init__(self, one, other, after):
        self.count = 0
        self.after = after
        for nor in (one, other):
            nor._part = self._of(nor)

    def _of(self, nor):
        def part(size):
            self.count += 1
            if self.after is None or self.count <= self.after:
                return 0, size
            nor.off = True
            return 0, size // 2

        return part
