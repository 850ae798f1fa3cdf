"""Keys, segments and seals against their formulas, as the association's side computes them."""

import struct
from hashlib import sha256

import ev1_reader as reader
from evidence_bench import IDENTIFIER, SECRET, public
from harness import Rng, depth

from firmware.evidence import anchor, opening
from firmware.evidence.agreement import Agreement
from firmware.evidence.ratchet import Ratchet
from firmware.evidence.seals import Seals

KEY, OPENED, SEED = bytes(range(1, 33)), bytes(range(40, 72)), bytes(range(90, 122))


def ratchets(q=5):
    return [Ratchet(q, which, OPENED, KEY) for which in (1, 2, 3)]


def page(fill):
    plain = bytearray(4096)
    struct.pack_into("<BHi", plain, 48, 7, 3, -9)
    plain[55:58] = bytes([fill]) * 3
    return plain


def class_key(which, m):
    key = reader.mac(KEY, b"EV1 class\0", bytes([which]))
    for _ in range(m):
        key = reader.mac(key, b"EV1 next\0")
    return key


def test_segments_are_read_with_the_key_of_their_class():
    it = Ratchet(5, 2, OPENED, KEY)
    whole = reader.Recording(opened_sector())
    whole.q, whole.opened = 5, OPENED
    whole.key = lambda secret, psk: KEY
    for m in range(5):
        assert it.count == m
        sector = page(65 + m)
        it.close(sector)
        whole.segments[2].append(bytes(sector))
        assert it.head == sha256(sector).digest()
        assert sector[:16] == b"EVS1" + struct.pack("<III", 5, 2, m)
    told = whole.read(None, None, 2)
    assert told == [[(7, -9, bytes([65 + m]) * 3)] for m in range(5)]


def test_of_its_past_a_ratchet_keeps_nothing():
    it = Ratchet(5, 1, OPENED, KEY)
    for m in range(4):
        assert it._key == class_key(1, m)
        it.close(page(m))
    it.forget()
    assert not any(it._key)


def test_classes_differ_in_keys_and_heads():
    made = ratchets()
    assert len({bytes(one.head) for one in made}) == len({bytes(one._key) for one in made}) == 3
    digests = bytearray(96)
    for k, one in enumerate(made):
        one.digest(digests, 32 * k)
        want = sha256(b"EV1 head\0" + struct.pack("<BI", k + 1, 0) + one.head).digest()
        assert digests[32 * k : 32 * k + 32] == want


def opened_sector():
    sector = bytearray(4096)
    opening.write(sector, 1, b"devid..8", 5, public(), public(), bytes(32), IDENTIFIER)
    return bytes(sector)


def test_the_opening_sector():
    sector = opened_sector()
    it = reader.Recording(sector)
    assert (it.flags, it.devid, it.q, it.public) == (1, b"devid..8", 5, public())
    assert it.fingerprint == sha256(public()).digest()[:8] and it.identifier == IDENTIFIER
    for at in opening.COPIES_AT:
        assert opening.read(sector[at : at + 256]) == (5, it.opened)
    for bit in range(0, 2048, 1 + 100 // depth(100)):
        spoilt = bytearray(sector[:256])
        spoilt[bit // 8] ^= 1 << bit % 8
        assert opening.read(spoilt) is None


def seal(it, made, final=0):
    sector = bytearray(4096)
    for _ in it.make(made, final, sector):
        pass
    return bytes(sector)


def test_each_seal_signs_the_next():
    made, it = ratchets(), Seals(5, IDENTIFIER, OPENED, SEED)
    whole = reader.Recording(opened_sector())
    whole.q, whole.opened = 5, OPENED
    for j in range(3):
        for which in range(1, 4):
            for _ in range(which if j else 1):
                sector = page(j)
                made[which - 1].close(sector)
                whole.segments[which].append(bytes(sector))
        whole.seals.append(seal(it, made, j == 2))
        assert it.count == j + 1
        assert it.last == sha256(whole.seals[-1][:144]).digest()
    first = bytearray(32)
    private = reader.mac(SEED, b"EV1 seal\0")
    reader.run(reader.lmots.public_key(IDENTIFIER, 5, private, first))
    assert whole.check_seals(bytes(first)) == [(1, 1, 1), (2, 3, 4), (3, 5, 7)]


def test_the_randomizer_follows_from_key_and_message():
    it = Seals(5, IDENTIFIER, OPENED, SEED)
    sector = seal(it, ratchets())
    key = reader.mac(SEED, b"EV1 seal\0")
    assert sector[148:180] == reader.mac(key, b"EV1 C\0", b"EV1 seal\0", OPENED, sector[:144])
    assert it._key == reader.mac(key, b"EV1 seal next\0") and not any(it._next)


def test_after_the_last_seal_there_is_no_key():
    it = Seals(5, IDENTIFIER, OPENED, SEED)
    sector = seal(it, ratchets(), 1)
    assert sector[12:16] == b"\x01\0\0\0" and sector[112:144] == bytes(32)
    assert not any(it._key) and not any(it._next)


def test_a_seal_that_is_given_up_before_it_signs_can_be_made_anew():
    for steps in (1, 3, 8):
        it, made = Seals(5, IDENTIFIER, OPENED, SEED), ratchets()
        making = it.make(made, 0, bytearray(4096))
        assert [next(making) for _ in range(steps)] == [None] * steps
        making.close()
        assert not any(it._next) and it.count == 0
        assert seal(it, made) == seal(Seals(5, IDENTIFIER, OPENED, SEED), made)


def test_a_seal_that_is_given_up_while_it_signs_was_the_last():
    it, made = Seals(5, IDENTIFIER, OPENED, SEED), ratchets()
    making = it.make(made, 0, bytearray(4096))
    while next(making) != 1:
        pass
    next(making)
    making.close()
    assert not any(it._key) and not any(it._next) and it.count == 0


def test_it_tells_what_is_so_when_it_signs():
    it, made = Seals(5, IDENTIFIER, OPENED, SEED), ratchets()
    sector = bytearray(4096)
    making = it.make(made, 0, sector)
    next(making)
    made[0].close(page(1))  # written while the next key was computed
    for signing in making:
        if signing:
            counted = bytearray(32)
            made[0].digest(counted, 0)
    assert sector[16:48] == counted and bytes(sector[48:80]) != bytes(counted)


def test_an_agreement_only_the_association_can_repeat():
    rng = Rng(6)
    drawn = []

    def random32():
        drawn.append(bytearray(rng.bytes(32)))
        return drawn[-1]

    it = Agreement(public(), random32)
    whole = reader.Recording(opened_sector())
    for _ in range(2):
        assert not it.ready
        steps = sum(1 for _ in it.prepare())
        assert it.ready and steps > 30 and not any(drawn[-1])
        whole.public, whole.opened = bytes(it.public), OPENED
        key, psk = bytearray(32), bytearray(b"k" * 32)
        it.take(psk, OPENED, key)
        assert key == whole.key(SECRET, b"k" * 32)
        assert not any(psk) and not any(it._root)


def test_a_key_that_agrees_with_everybody_is_refused():
    it = Agreement(bytes(32), lambda: bytearray(b"s" * 32))
    for _ in it.prepare():
        pass
    assert it.refused and not it.ready


def test_codes():
    digest = b"\xfb\xff" + bytes(range(30))
    assert anchor.code(17, anchor.OPENED, digest) == "17o-_8AAQIDBAUGBwgJ"
    assert len(anchor.code(0, anchor.SEALED, OPENED)) == 18
