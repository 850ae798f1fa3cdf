"""Acceleration for the tests of the detector of falls, made by integer arithmetic alone.

The same on every interpreter. A stream is an array("h") of x y z in mg, 100 samples a second;
a level is the same array, of `count` samples. Imports only what MicroPython has.
"""

from array import array

UP = (0, 1000, 0)
FLAT = (1000, 0, 0)
FACE = (0, 0, 1000)


def stream(*parts):
    """Parts joined: (count, (x, y, z)) that hold still, or arrays."""
    length = sum(3 * part[0] if isinstance(part, tuple) else len(part) for part in parts)
    out = array("h", bytes(2 * length))
    at = 0
    for part in parts:
        if isinstance(part, tuple):
            count, sample = part
            for _ in range(count):
                for axis in range(3):
                    out[at + axis] = sample[axis]
                at += 3
        else:
            for value in part:
                out[at] = value
                at += 1
    return out


def noise(count, rng, amount, around=UP):
    """`amount` mg to either side of a sample, on each axis.

    One draw of the generator, whose 32 bits are no small ints on a board, and from there on a
    linear congruence (Press et al., Numerical Recipes, "quick and dirty") that stays below 2**30.
    """
    out = array("h", bytes(6 * count))
    state = rng.below(244944)
    for at in range(3 * count):
        state = (state * 1597 + 51749) % 244944
        out[at] = around[at % 3] + (state >> 2) % (2 * amount + 1) - amount
    return out


def fall(before=400, after=600):
    """Standing, a slip, the blow of 0.2 s, lying: the middle of the blow is before + 40."""
    return stream(
        (before, UP),
        (10, (100, 700, 0)),
        (20, (200, 300, 100)),
        (5, (2500, 2000, 300)),
        (10, (4500, 1000, 500)),
        (5, (2000, -300, 200)),
        (after, FLAT),
    )


def bumps(*steps):
    """Standing, with blows of 0.2 s along gravity: (samples of rest before, mg) of each."""
    parts = []
    for rest, mg in steps:
        parts.append((rest, UP))
        if mg:
            parts.append((20, (0, mg, 0)))
    return stream(*parts)


def play(detector, samples, size=20):
    """Feed it all, `size` samples at a time, or as many as size() says; returns the findings.

    (number of the impact's sample since the beginning, number of the last sample fed, score,
    features) of each.
    """
    found = []
    at = 0
    total = len(samples) // 3
    while at < total:
        count = min(size if isinstance(size, int) else size(), total - at)
        answer = detector.feed(samples[3 * at : 3 * (at + count)], count)
        at += count
        if answer is not None:
            age, score, features = answer
            found.append((at - 1 - age, at - 1, score, features))
    return found
