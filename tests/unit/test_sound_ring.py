"""sound_ring: pieces and losses come out in their order, and nothing is overwritten too early."""

from harness import Rng, depth

from firmware.services.sound_ring import NONE, PIECE_BYTES, PIECE_SAMPLES, SOUND, SoundRing


def put(ring, first, samples, fill):
    """A piece of so many samples in steps of 256."""
    assert ring.open(first, first % 1000, first % 89, first // 8)
    while samples:
        at = ring.end()
        ring.bytes[at : at + 128] = bytes([fill & 255]) * 128
        ring.grew(256)
        samples -= 256


def test_against_a_list():
    rng = Rng(1)
    for _ in range(depth(300)):
        ring, model, first = SoundRing(rng.between(2, 12)), [], 0
        for _ in range(200):
            if rng.chance(40):
                samples = 256 * rng.between(1, 5)
                if len(model) < ring.slots:
                    put(ring, first, samples, first)
                    ring.close()
                    model.append((SOUND, first, samples))
                    first += samples
                else:
                    assert not ring.open(first, 0, 0, 0)
            elif rng.chance(30):
                reason, count = rng.between(1, 3), 256 * rng.between(1, 9)
                joins = model and model[-1][0] == reason
                assert ring.lose(first, count, reason, 0) == bool(joins or len(model) < ring.slots)
                if joins:
                    model[-1] = (reason, model[-1][1], model[-1][2] + count)
                    first += count
                elif len(model) < ring.slots:
                    model.append((reason, first, count))
                    first += count
            else:
                slot = ring.pop()
                if not model:
                    assert slot == NONE
                    continue
                reason, began, count = model.pop(0)
                assert (ring.reason[slot], ring.first[slot], ring.count[slot]) == (
                    reason,
                    began,
                    count,
                )
                if reason == SOUND:
                    assert bytes(ring.data(slot)) == bytes([began & 255]) * (count // 2)
                    assert ring.prediction[slot] == began % 1000
                    assert (ring.index[slot], ring.at_ms[slot]) == (began % 89, began // 8)
            assert ring.used == len(model)
            assert ring.oldest_first() == (model[0][1] if model else NONE)


def test_a_full_piece_is_closed_and_an_open_one_not_given():
    ring = SoundRing(3)
    assert ring.open(0, 0, 0, 0)
    for _ in range(4):
        ring.grew(256)
        assert ring.pop() == NONE and ring.filling != NONE
    ring.grew(256)
    assert ring.filling == NONE and ring.pop() == 0
    assert ring.open(PIECE_SAMPLES, 0, 0, 0) and ring.end() == PIECE_BYTES
    ring.close()
    slot = ring.pop()
    assert slot == 1 and len(ring.data(slot)) == 0


def test_numbers_can_be_shifted():
    ring = SoundRing(4)
    for first in (5000, 6280):
        put(ring, first, PIECE_SAMPLES, 1)
    ring.lose(7560, 256, 1, 0)
    ring.renumber(5000)
    assert [ring.first[ring.pop()] for _ in range(3)] == [0, 1280, 2560]
    ring.clear()
    assert ring.used == 0 and ring.pop() == NONE
