"""The features of an impact: against plain arithmetic, and what must not move them."""

from array import array

from fall_motion import FLAT, UP, fall, noise, stream
from harness import Rng, depth

from firmware.policy import fall_features as features
from firmware.policy.fall_features import AFTER, BEFORE, BLOCK, BLOCKS, WINDOW, Features
from firmware.policy.motion_ring import SLOTS, MotionRing

IMPACT = 440  # of fall()
COUNT = 76
ORDERS = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
LEAST, MOST = -8192, 8191


def ring_of(samples, shift=0):
    """A ring that was given these, from sample number `shift` on."""
    ring = MotionRing()
    ring.count = shift
    ring.restart()
    for at in range(len(samples)):
        ring.samples[(3 * shift + at) % (3 * SLOTS)] = samples[at]
    ring.count += len(samples) // 3
    return ring


def of(samples, impact=IMPACT):
    return Features().of(ring_of(samples), impact)


def changed(samples, change):
    """Every sample as change(x, y, z) has it."""
    out = array("h", samples)
    for at in range(0, len(out), 3):
        out[at], out[at + 1], out[at + 2] = change(out[at], out[at + 1], out[at + 2])
    return out


def moved(rng):
    """A fall, and all that moves besides."""
    samples = fall(400, 500)
    shaken = noise(len(samples) // 3, rng, rng.choice((5, 40, 300)), (0, 0, 0))
    for at in range(len(samples)):
        samples[at] += shaken[at]
    return samples


# -- what must make no difference


def test_exchanged_axes_give_the_same():
    for seed in range(depth(500)):
        samples = moved(Rng(seed))
        want = of(samples)
        assert len(want) == COUNT
        for order in ORDERS:
            got = of(changed(samples, lambda *xyz: [xyz[axis] for axis in order]))  # noqa: B023
            assert got == want, order


BENDS, MAGNITUDES = 21, range(33, 64)  # of what follows from these, nothing has a direction


def test_other_turns_give_the_same_but_for_the_rounding():
    """Mirrored axes, and turns by a right-angled triangle of 3, 4 and 5: exact in integers."""
    for seed in range(depth(500)):
        samples = changed(moved(Rng(seed)), lambda x, y, z: (x // 5 * 5, y // 5 * 5, z // 5 * 5))
        want = of(samples)
        for turn, same in (
            (lambda x, y, z: (-x, y, z), range(22, 64)),
            (lambda x, y, z: (-x, -y, -z), range(22, 64)),
            (lambda x, y, z: ((3 * x - 4 * y) // 5, (4 * x + 3 * y) // 5, z), MAGNITUDES),
            (lambda x, y, z: (x, (4 * y - 3 * z) // 5, (3 * y + 4 * z) // 5), MAGNITUDES),
        ):
            got = of(changed(samples, turn))
            for number in range(COUNT):
                most = 30 if number == BENDS else 16  # a sum of twelve small angles
                apart = abs(got[number] - want[number])
                assert apart <= (0 if number in same else most), (number, apart)


def test_where_it_lies_in_the_ring_makes_no_difference():
    samples = moved(Rng(1))
    want = of(samples)
    for shift in (1, SLOTS - 500, SLOTS - 1, SLOTS, 5 * SLOTS + 7, (1 << 31) - 300, 1 << 40):
        assert Features().of(ring_of(samples, shift), shift + IMPACT) == want


def test_it_remembers_nothing():
    one = Features()
    first, second = ring_of(moved(Rng(1))), ring_of(moved(Rng(2)))
    want = one.of(first, IMPACT)
    one.of(second, IMPACT)
    assert one.of(first, IMPACT) == want


def test_the_first_sample_stands_for_what_is_missing():
    for missing in (1, 24, 25, 26, 130, 180, 250, 299):
        samples = moved(Rng(missing))
        begin = IMPACT - BEFORE + missing
        first = tuple(samples[3 * begin : 3 * begin + 3])
        held = stream((begin, first), samples[3 * begin :])
        ring = ring_of(samples)
        ring.count = begin
        ring.restart()
        ring.count = len(samples) // 3
        assert ring.first == begin
        got, want = Features().of(ring, IMPACT), of(held)
        same = COUNT if missing <= 180 else 64  # what is along gravity begins with what is there
        assert got[:same] == want[:same], missing
        for at in range(3 * begin):
            ring.samples[at] = 4321  # what is before the gap
        assert Features().of(ring, IMPACT) == got


def test_who_strides_on_has_none():
    """350 mg of mean deviation from 3.25 to 4.5 s after the impact."""
    for deviation, there in ((340, True), (360, False)):
        samples = fall()
        for at in range(IMPACT + 325, IMPACT + 450):
            samples[3 * at] += deviation if at & 1 else -deviation
        assert (of(samples) is not None) == there


# -- against plain arithmetic


def root(value):
    """The whole part, by halving."""
    low, high = 0, value + 1
    while high - low > 1:
        middle = (low + high) // 2
        if middle * middle <= value:
            low = middle
        else:
            high = middle
    return low


def some(rng, count):
    return rng.choice(
        (
            lambda: noise(count, rng, 30, UP),
            lambda: noise(count, rng, 4000, FLAT),
            lambda: stream((count, (LEAST, LEAST, LEAST))),
            lambda: stream((count, (MOST, MOST, LEAST))),
            lambda: noise(count, rng, MOST, (0, 0, 0)),
        )
    )()


def test_the_survey():
    for seed in range(depth(300)):
        rng = Rng(seed)
        samples = some(rng, WINDOW)
        ring = ring_of(samples, rng.below(SLOTS))
        mags, blocks = array("h", bytes(2 * WINDOW)), array("i", bytes(4 * 6 * BLOCKS))
        span = array("i", (ring.first % SLOTS, SLOTS, 0))
        features._survey(ring.samples, mags, blocks, span)
        xyz = [samples[3 * at : 3 * at + 3] for at in range(WINDOW)]
        want = [root(x * x + y * y + z * z) for x, y, z in xyz]
        assert list(mags) == want
        for block in range(BLOCKS):
            at = block * BLOCK
            mine = range(at, at + BLOCK)
            sums = [sum(xyz[k][axis] + 16384 for k in mine) for axis in range(3)]
            total = sum(want[k] for k in mine)
            spread = sum(abs(want[k] - total // BLOCK) for k in mine)
            jerk = sum(
                abs(xyz[k][axis] - xyz[k - 1][axis]) for k in mine if k for axis in range(3)
            )
            assert list(blocks[6 * block : 6 * block + 6]) == sums + [total, spread, jerk]


def test_extremes_and_levels():
    for seed in range(depth(1000)):
        rng = Rng(seed)
        most = rng.choice((1000, 3500, 14189))
        mags = noise(WINDOW // 3, rng, most // 2, 3 * (most // 2,))
        width, start = 1 + rng.below(20), rng.below(500)
        for at, level in enumerate((450, 700, 1000, 1500, 2000, 3000)):
            mags[start + at] = level + rng.between(-1, 1)
        stop = start + width + rng.below(WINDOW - start - width)
        found = array("i", (width, start, stop, 0, 0, 0, 0, 0))
        features._extremes(mags, found)
        sums = [sum(mags[at : at + width]) for at in range(start, stop - width + 1)]
        assert (found[0], found[1]) == (max(sums), min(sums))
        found[0], found[1] = start, stop
        features._levels(mags, found)
        part = mags[start:stop]
        want = [sum(1 for m in part if m < level) for level in (450, 700)]
        want += [sum(1 for m in part if m > level) for level in (1500, 2000, 3000)]
        want += [sum(max(0, 1000 - m) for m in part), sum(max(0, m - 1000) for m in part)]
        assert list(found[:7]) == want


def test_directions_and_cosines():
    for seed in range(depth(1000)):
        rng = Rng(seed)
        reach = rng.choice((3, 60, 1000, 8192))
        blocks = array("i", bytes(4 * 6 * BLOCKS))
        for at in range(0, len(blocks), 6):
            for axis in range(3):
                blocks[at + axis] = BLOCK * (16384 + rng.between(-reach, reach - 1))
        width = 1 + rng.below(6)
        first, times = rng.below(6), 1 + rng.below(20)
        units = array("h", bytes(2 * 3 * 33))
        features._directions(blocks, units, array("i", (first, width, times, 3)))
        want = []
        for block in range(first, first + times):
            mean = [
                sum(blocks[6 * k + axis] for k in range(block, block + width)) // (width * BLOCK)
                - 16384
                for axis in range(3)
            ]
            norm = max(50, root(sum(part * part for part in mean)))
            want.append([part * 1024 // norm for part in mean])
        assert [list(units[9 + 3 * k : 12 + 3 * k]) for k in range(times)] == want
        assert not any(units[:9]) and not any(units[9 + 3 * times :])
        one, other = want[0], want[-1]
        dot = sum(a * b for a, b in zip(one, other)) >> 10
        assert features._cosine(units, 3, 2 + times) == dot


def test_along_and_across():
    for seed in range(depth(300)):
        rng = Rng(seed)
        count = 1 + rng.below(130)
        samples = some(rng, count)
        shift = rng.below(SLOTS)
        ring = ring_of(samples, shift)
        axis = rng.choice(((0, 1024, 0), (-1024, 0, 0), (591, -591, 591), (-600, 20, 830)))
        found = array("i", (shift, SLOTS, count, 0))
        features._along(ring.samples, found, array("i", [part + 1024 for part in axis]), found)
        along, across = [], 0
        for at in range(count):
            sample = samples[3 * at : 3 * at + 3]
            v = sum(a * b for a, b in zip(sample, axis)) >> 10
            along.append(v - 1000)
            across += (sum(a * a for a in sample) - v * v) >> 10
        got = (found[0] - 65536, found[1] - 65536, found[2] - 4194304, found[3])
        assert got == (max(along), min(along), sum(along), across)


def test_the_logarithm():
    for value, want in ((0, 0), (1, 1), (15, 15), (16, 16), (18, 17), (48, 32), (112, 48)):
        assert features._log(value) == want
    for octave in range(25):
        assert features._log((16 << octave) - 16) == 16 * octave
    before = -16
    for value in range(-16, depth(300000)):
        now = features._log(value)
        assert before <= now <= before + 1
        before = now


# -- any samples at all


def test_the_greatest_numbers():
    ends = stream((WINDOW // 2, (LEAST, LEAST, LEAST)), (WINDOW // 2, (MOST, MOST, MOST)))
    for samples in (
        stream((WINDOW, (LEAST, LEAST, LEAST))),
        stream((WINDOW, (MOST, MOST, MOST))),
        stream((WINDOW, (0, 0, 0))),
        stream((WINDOW, (1, 0, -1))),
        ends,
    ):
        found = of(samples, BEFORE)
        assert len(found) == COUNT and all(abs(value) < 1 << 17 for value in found)
    assert AFTER + BEFORE == WINDOW


def test_random_numbers():
    for seed in range(depth(300)):
        rng = Rng(seed)
        samples = noise(WINDOW, rng, 8000, (0, 0, 0))
        samples[3 * 600 :] = stream((150, UP))  # else it strides
        found = of(samples, BEFORE)
        assert len(found) == COUNT and all(abs(value) < 1 << 17 for value in found)
